"""The native loops, compiled with numba. Only `native_backend.py` imports them: that takes
seconds.
"""
