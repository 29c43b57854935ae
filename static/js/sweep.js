// A cell of the heatmap that is clicked on is chosen by its link in the table.
(() => {
  const heatmap = document.getElementById("heatmap");
  heatmap.on("plotly_click", ({ points: [{ x, y }] }) => {
    const { x: columns } = heatmap.data[0];
    document.getElementById(`cell-${y * columns.length + x}`).click();
  });
})();
