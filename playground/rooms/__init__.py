"""Rooms: who leads, what followers see, and what is sent to them, in one process or over Redis."""
