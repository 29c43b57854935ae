"""How many one process can serve: `python -m tests.load`."""
