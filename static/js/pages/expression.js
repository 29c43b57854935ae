// The expression lab.

import "../address.js";
import "../drafts.js";
import "../stream.js";
import "../clipboard.js";
import "../downloads.js";
import "../room_pointer.js";
import "../expression_table.js";
import "../lesson.js";
import "../predictions.js";
