"""Rooms: one person leads, the others see the leader's page live.

A room is a record (record.py), an audience (audience.py) and a question (question.py), held
together in room.py. `Rooms` in registry.py holds all rooms; every change to a room goes through it,
and over a bus to other processes (bus.py: a process alone, redis_bus.py: several). leader.py says
who may lead, broadcast.py renders what followers see. A room itself knows nothing of pages.
"""
