"""Kernels linked by LLVM, where they are not by ourselves (`linking.py`): its library is loaded, numba is not."""

from __future__ import annotations

import ctypes
import functools
from importlib import import_module
from typing import Any

from netaudit.jit import numba_parts

WORDS = ctypes.POINTER(ctypes.c_uint64)


def load(code: bytes, values: dict[str, int], entry: str) -> tuple[int, object]:
    """Where `entry` of an object lies in memory, ready to be run, and what holds it there.

    `values` are written into its own variables. Raises RuntimeError where it is no object.
    """
    binding: Any = import_module("llvmlite.binding")
    engine = _engine()
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    for name, value in values.items():
        ctypes.cast(engine.get_global_value_address(name), WORDS)[0] = value
    if not (at := engine.get_function_address(entry)):
        raise RuntimeError(f"no function {entry}")
    return at, engine


@functools.cache
def _engine() -> Any:
    binding: Any = import_module("llvmlite.binding")
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    for name, at in numba_parts.own_names().items():
        binding.add_symbol(name, at)
    machine = binding.Target.from_default_triple().create_target_machine(jit=True, codemodel="jitdefault")
    return binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
