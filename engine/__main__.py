"""`python -m engine` compiles the native backend, so that whoever needs it later finds it on disk."""

from engine import native

print(native.best())
