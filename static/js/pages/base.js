// What every page does: themes, keys, numbers in fields and the laser pointer.

import "../theme.js";
import "../keys.js";
import "../number_fields.js";
import "../laser_pointer.js";
