"""How computing time is shared: how long a slice of training lasts, how often frames come, how much
of the loop and of the processor each visitor gets. Nothing here knows what a run is for.
"""
