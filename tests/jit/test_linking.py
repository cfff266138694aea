"""Machine code is laid out and linked as LLVM does it, or left to LLVM."""

from __future__ import annotations

import ctypes
import struct
import sys
from typing import Any

import llvmlite.binding as llvm
import pytest

from netaudit.jit import linking, numba_parts

SOURCE = """
@table = internal constant [4 x i64] [i64 3, i64 5, i64 7, i64 11], align 32
@own = common global i64 0, align 8
{more}
declare i64 @PyLong_AsLong(ptr)
define i64 @given(ptr %number, i64 %at) {{
  %place = getelementptr [4 x i64], ptr @table, i64 0, i64 %at
  %item = load volatile i64, ptr %place
  %value = load i64, ptr @own
  %whole = call i64 @PyLong_AsLong(ptr %number)
  %one = mul i64 %whole, %item
  %sum = add i64 %one, %value
  ret i64 %sum
}}
"""
pytestmark = pytest.mark.skipif(not linking.is_linked_here(), reason="LLVM links here")


def compiled(more: str = "", model: str = "jitdefault") -> bytes:
    """An object for this processor."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True, codemodel=model)
    code: bytes = machine.emit_object(llvm.parse_assembly(SOURCE.format(more=more)))
    return code


def test_an_object_is_run_where_it_was_laid_out() -> None:
    image = linking.image_of(compiled(), {"given", "own"})
    assert set(image.entries) == {"given", "own"}
    assert image.names == ["PyLong_AsLong"]
    for value in (0, 1 << 40):  # each where it lies now
        begin, held = linking.load(image, {"own": value})
        given = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.py_object, ctypes.c_int64)(begin + image.entries["given"])
        assert [given(9, at) for at in range(4)] == [9 * item + value for item in (3, 5, 7, 11)]
        assert held is not None


@pytest.mark.parametrize(
    ("more", "model"), [("@kept = global i64 7", "jitdefault"), ("", "small")], ids=["written", "near"]
)
def test_what_is_more_than_that_is_left_to_llvm(more: str, model: str) -> None:
    with pytest.raises(linking.Unfit):
        linking.image_of(compiled(more, model), {"given"})


def test_what_is_no_object_is_left_to_llvm() -> None:
    whole = compiled()
    for end in (0, 4, 63, 64, len(whole) // 2):
        with pytest.raises(linking.Unfit):
            linking.image_of(whole[:end], {"given"})
    for at, value in ((4, 1), (18, 183)):  # of 32 bits, for another processor
        with pytest.raises(linking.Unfit):
            linking.image_of(whole[:at] + struct.pack("<B", value) + whole[at + 1 :], {"given"})


def test_what_nobody_has_is_told() -> None:
    image = linking.image_of(compiled(), {"given", "own"})
    with pytest.raises(LookupError, match="no_such_thing"):
        linking.load(image._replace(names=["no_such_thing"]), {})


def test_names_are_those_that_numba_gives() -> None:
    """An exception is itself there, where C has a variable that holds it."""
    named: Any = numba_parts.own_names()
    assert named["PyExc_ValueError"] == id(ValueError)
    assert named["_Py_NoneStruct"] == id(None)
    assert {"NRT_MemInfo_alloc_aligned", "numba_unpickle", "log"} <= set(named)
    assert numba_parts.address("PyLong_AsLong") == ctypes.cast(ctypes.pythonapi.PyLong_AsLong, ctypes.c_void_p).value
    assert numba_parts.address("no_such_thing") is None


def test_versions_are_told_without_the_packages() -> None:
    import llvmlite
    import numba

    for package in (numba, llvmlite):
        kept = sys.modules.pop(package.__name__)
        try:
            assert numba_parts.version(package.__name__) == package.__version__
        finally:
            sys.modules[package.__name__] = kept
