"""The backends of this machine; tests run on each of them."""

import pytest

from engine.compiler import native_backend, processor

BACKENDS = (
    [native_backend.NUMPY] if processor.unsupported() else [native_backend.NUMPY, processor.name()]
)
EVERY_BACKEND = pytest.mark.parametrize("backend", BACKENDS)
