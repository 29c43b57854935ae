// What every page does: themes, keys and the laser pointer.

import "../theme.js";
import "../keys.js";
import "../laser_pointer.js";
