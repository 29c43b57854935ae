"""Who advances runs, and when: the only part that knows the time."""
