// The network lab.

import "../fields.js";
import "../kept_fields.js";
import "../address.js";
import "../stream.js";
import "../drawing.js";
import "../clipboard.js";
import "../downloads.js";
import "../room_pointer.js";
import "../lesson.js";
