// The page of a person who follows a room.

import "../stream.js";
import "../expression_table.js";
import "../room_pointer.js";
