"""What strangers may send to a server that anybody can reach: `python -m tests.strangers`."""
