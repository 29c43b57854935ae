// The expression lab.

import "../requests.js";
import "../address.js";
import "../stream.js";
import "../clipboard.js";
import "../downloads.js";
import "../room_pointer.js";
import "../expression_table.js";
