// What every page does: requests, menus, themes, keys, numbers in fields, the laser pointer, links back
// to the labs.

import "../requests.js";
import "../menus.js";
import "../theme.js";
import "../keys.js";
import "../number_fields.js";
import "../laser_pointer.js";
import "../lab_links.js";
