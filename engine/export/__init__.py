"""A graph or a run as text for other programs: micrograd, PyTorch, NumPy, LaTeX, CSV, notebooks."""
