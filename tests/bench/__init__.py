"""How fast the engine trains, beside its peers, in one run on one core: `python -m tests.bench`.

Everything that is compared stands in one process and takes turns, so that what else the machine
does meets all alike. Before anything is timed, all must have made the same losses.
"""
