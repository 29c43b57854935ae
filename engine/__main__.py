"""`python -m engine` compiles the native backend, which is then found on disk when needed."""

from engine.compiler import native_backend

print(native_backend.best())
