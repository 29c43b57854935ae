// The page of a person who follows a room.

import "../fields.js";
import "../stream.js";
import "../expression_table.js";
import "../room_pointer.js";
