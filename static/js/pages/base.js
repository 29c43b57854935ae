// What every page does: themes, keys, numbers in fields, the laser pointer, links back to the labs.

import "../theme.js";
import "../keys.js";
import "../number_fields.js";
import "../laser_pointer.js";
import "../lab_links.js";
