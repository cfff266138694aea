"""Which processor machine code was compiled for: what is kept in a home that several machines see fits one of them."""

from __future__ import annotations

import functools
import os
import platform
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

GENERIC = "generic"  # numba's name of a processor without extensions
SAID = re.compile(rb"(?:vendor_id|cpu family|model|model name|stepping|flags|Features|CPU [a-z]+)\s*:.*")
ENOUGH = 16 << 10  # bytes of what Linux says of its first processor


@functools.cache
def processor() -> str:
    """What a compiler would ask about this processor before it chooses instructions; `GENERIC` where any was asked for.

    Its kind, as far as the system tells, and the extensions that numpy has found: those that the system uses, too.
    """
    name, features = os.environ.get("NUMBA_CPU_NAME"), os.environ.get("NUMBA_CPU_FEATURES")
    if name == GENERIC and not features:
        return GENERIC
    found: Any = import_module("numpy._core._multiarray_umath").__cpu_features__
    known = [extension for extension, there in found.items() if there]
    return "\0".join((str(name), str(features), platform.machine(), _kind(), *known))


def _kind() -> str:
    if sys.platform == "win32":
        return os.environ.get("PROCESSOR_IDENTIFIER", "")
    if sys.platform == "darwin":
        return _of_mac()
    try:
        with Path("/proc/cpuinfo").open("rb") as file:  # a processor is told when it is read
            first = file.read(ENOUGH).split(b"\n\n")[0]
    except OSError:
        return ""
    return b"\n".join(SAID.findall(first)).decode("ascii", "replace")


def _of_mac() -> str:
    import ctypes

    size = ctypes.c_size_t(256)
    said = ctypes.create_string_buffer(size.value)
    ctypes.CDLL(None).sysctlbyname(b"machdep.cpu.brand_string", said, ctypes.byref(size), None, ctypes.c_size_t(0))
    return said.value.decode("ascii", "replace")
