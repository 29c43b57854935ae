// One panel of the network lab in another site's page.

import "../browser.js";
import "../stream.js";
