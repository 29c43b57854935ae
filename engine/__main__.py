"""`python -m engine` compiles the native backend, so that later processes load it from disk."""

from engine.compiler import native_backend

print(native_backend.best())
