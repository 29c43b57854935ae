"""Real pages of the real server in a real browser."""
