"""What can be seen of a run: frames, metrics, the health of its layers, one update of a weight, the
graph of one sample. Reads runs, never changes them.
"""
