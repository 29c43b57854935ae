"""The backends of this machine, on each of which the same is tested."""

import pytest

from engine import native

BACKENDS = [native.NUMPY] if native.unsupported() else [native.NUMPY, native.name()]
EVERY_BACKEND = pytest.mark.parametrize("backend", BACKENDS)
