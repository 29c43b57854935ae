"""The suite: `python -m tests` runs all of it."""
