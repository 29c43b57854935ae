"""The expression lab without Flask: its state as one value, the commands that change it, and the
scene that the page shows.
"""
