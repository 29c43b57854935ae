// One panel of the network lab in another site's page.

import "../stream.js";
