"""How kernels are compiled: each to LLVM's intermediate code, all of them once to machine code.

Left alone, numba makes machine code and two wrappers for Python of every function that another one
calls, optimises the whole callee again in every caller, and throws the machine code away. Here only
`entry` makes machine code that is called. The others are parts, which are linked into it:

- `kernel` holds a hot loop. It is optimised on its own first, and passes through the code
  generator, whose loop rewriting decides how far its loops are unrolled later.
- `inlined` is small, and copied into each of its callers.
- `calling` calls other kernels and holds no hot loop of its own; it is optimised in `entry` alone.

This takes the first compilation from 15 s to 8 s and leaves the hot loops as they were
(`python -m tests.bench.kernels`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba import _dynfunc
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONS = {"error_model": "numpy", "nogil": True, "boundscheck": False}
"""IEEE arithmetic, without the interpreter's lock."""


class _Part(JITCodeLibrary):  # type: ignore[misc]
    """The intermediate code of a kernel, optimised on its own and taken through code generation."""


class _LinkedPart(JITCodeLibrary):  # type: ignore[misc]
    """The intermediate code of a kernel that is only linked into others."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


class _Lowering(NativeLowering):  # type: ignore[misc]
    """numba's last pass for a function that only other kernels call."""

    library: type[JITCodeLibrary]

    def run_pass(self, state: Any) -> bool:
        codegen = state.targetctx.codegen()
        state.library = self.library(codegen, state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        state.library.finalize()
        lowered = state["cr"]
        # numba finds a function's code by an object that stands for its machine code.
        name = lowered.fndesc.qualname
        key = _dynfunc.make_function(
            lowered.fndesc.lookup_module(), name, "", 0, lowered.env, (state.library,)
        )
        state.targetctx.insert_user_function(key, lowered.fndesc, [state.library])
        state["cr"] = lowered._replace(cfunc=key)
        return True


@register_pass(mutates_CFG=True, analysis_only=False)
class _LowerPart(_Lowering):
    _name = "lower_part"
    library = _Part


@register_pass(mutates_CFG=True, analysis_only=False)
class _LowerLinkedPart(_Lowering):
    _name = "lower_linked_part"
    library = _LinkedPart


def _pipeline(lowering: type[_Lowering]) -> type[CompilerBase]:
    """numba's compiler with another last pass."""

    class Compiler(CompilerBase):  # type: ignore[misc]
        def define_pipelines(self) -> list[Any]:
            builder = DefaultPassBuilder
            manager = builder.define_nopython_pipeline(self.state)
            manager.passes = [
                (lowering if step is NativeLowering else step, title)
                for step, title in manager.passes
            ]
            return [manager]

    return Compiler


def _decorator(pipeline: type[CompilerBase], **options: Any) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        compiled: Function = numba.njit(
            pipeline_class=pipeline,
            no_cpython_wrapper=True,
            no_cfunc_wrapper=True,
            **options,
            **_OPTIONS,
        )(function)
        return compiled

    return decorate


_ALONE, _LINKED = _pipeline(_LowerPart), _pipeline(_LowerLinkedPart)

kernel = _decorator(_ALONE)
calling = _decorator(_LINKED)
inlined = _decorator(_LINKED, forceinline=True)


def entry(function: Function) -> Function:
    """Compile a function that Python calls."""
    compiled: Function = numba.njit(**_OPTIONS)(function)
    return compiled
