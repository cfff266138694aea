"""numba's own counting of references, which it would compile in every process that compiles."""

from __future__ import annotations

import pickle
from typing import Any

from numba.core.runtime import nrtdynmod
from numba.core.runtime.nrt import rtsys
from numba.core.serialize import dumps

from netaudit.jit.cache import remembered

NAME = "numba.nrt"

_compile = nrtdynmod.compile_nrt_functions


def start(context: Any) -> None:
    """Start it, once in a process, with the library that is kept; numba is as it came afterwards."""
    nrtdynmod.compile_nrt_functions = _library
    try:
        rtsys.initialize(context)
    finally:
        nrtdynmod.compile_nrt_functions = _compile


def _library(context: Any) -> Any:
    codegen = context.codegen()

    def make() -> bytes:
        module, library = nrtdynmod.create_nrt_module(context)
        library.enable_object_caching()
        library.add_ir_module(module)
        library.finalize()
        kept: bytes = dumps(library.serialize_using_object_code())
        return kept

    return codegen.unserialize_library(pickle.loads(remembered(NAME, make)))  # noqa: S301 - see `cache`
