"""One blueprint for each page: read the request, call a function without Flask, render."""
