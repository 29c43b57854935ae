// Sets the page's address to the one in `data-address`, which describes what the page shows.

const { address } = document.body.dataset;
if (address) history.replaceState(history.state, "", address);
