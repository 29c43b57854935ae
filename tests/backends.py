"""The backends of this machine; tests run on each of them."""

import pytest

from engine.compiler import native_backend

BACKENDS = (
    [native_backend.NUMPY]
    if native_backend.unsupported()
    else [native_backend.NUMPY, native_backend.name()]
)
EVERY_BACKEND = pytest.mark.parametrize("backend", BACKENDS)
