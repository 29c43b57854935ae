"""What a server that is killed leaves behind: `python -m tests.chaos`."""
