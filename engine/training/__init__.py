"""A training run as a plain value: settings, data, model, the run, commands that change it, and
how it is saved and recomputed. All functions are pure: no clock, no global state, no I/O.
"""
