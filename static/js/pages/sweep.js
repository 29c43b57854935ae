// The page of a sweep.

import "../figures.js";
import "../heatmap.js";
