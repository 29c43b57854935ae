"""A graph of Values, compiled and run over a whole batch. `program.py` is the way in; it runs on
NumPy (`numpy_backend.py`) or natively (`native_backend.py` with `kernels/`), with equal results.
"""
