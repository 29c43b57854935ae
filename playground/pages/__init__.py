"""One blueprint a page: read the request, call a function that knows nothing of Flask, render."""
