"""What the processor can do: its vectors' width, and whether it can run the native backend."""

from __future__ import annotations

from functools import cache


@cache
def features() -> frozenset[str]:
    """Return what the processor can do, by LLVM's names, as far as numba may use it."""
    import llvmlite.binding
    import numba

    if numba.config.CPU_FEATURES is not None:
        names = numba.config.CPU_FEATURES.split(",")
        return frozenset(name.removeprefix("+") for name in names if name.startswith("+"))
    return frozenset(name for name, has in llvmlite.binding.get_host_cpu_features().items() if has)


@cache
def width() -> int:
    """Return the doubles in a vector of the kernels, 0 where the processor cannot run them.

    They need vectors of 256 bits (or 128 and twice as many registers, on ARM) and fused
    multiply-adds.
    """
    available = features()
    if "avx512f" in available and "avx512dq" in available:
        return 8
    return 4 if {"avx2", "fma"} <= available or "neon" in available else 0


def name() -> str:
    """Return the name of the native backend of this machine."""
    return f"native-{width()}"


@cache
def unsupported() -> str:
    """Return why this machine has no native backend, empty where it has one."""
    try:
        if not width():
            return "the processor has no fused multiply-add over vectors of 256 bits"
    except (ImportError, OSError) as error:
        return f"numba is not available ({error})"
    return ""
