"""`python -m engine` compiles the native backend, which is then found on disk when needed."""

from engine import native

print(native.best())
