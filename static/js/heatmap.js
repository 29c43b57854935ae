// A click on a cell of a sweep's heatmap follows the link to its run in the table.

import { byId } from "./contract.js";

const heatmap = byId("heatmap");
heatmap.on("plotly_click", ({ points: [{ x, y }] }) => {
  const { x: columns } = heatmap.data[0];
  document.getElementById(`cell-${y * columns.length + x}`).click();
});
