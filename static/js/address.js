// Replaces the page's address with the one that stands for what it shows, as `data-address` says.

const { address } = document.body.dataset;
if (address) history.replaceState(history.state, "", address);
