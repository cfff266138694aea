"""Kernels give the same compiled and uncompiled."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import random
import re
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from netaudit.capture.layouts import RECORD
from netaudit.cli.auditing import warn_uncompiled
from netaudit.core import uncompiled as stand_in
from netaudit.images import kernels_segments

ROOT = Path(__file__).parents[1]
KERNELS = sorted(
    path
    for path in (ROOT / "netaudit").rglob("kernels*.py")
    if re.search(r"^import cython$", path.read_text(), re.MULTILINE)
)


def uncompiled(name: str) -> ModuleType:
    """Load the source of a kernel module beside its compiled form."""
    path = ROOT / f"{name.replace('.', '/')}.py"
    spec = importlib.util.spec_from_file_location(f"uncompiled_{path.stem}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def both(name: str) -> tuple[Any, Any]:
    """Return the module as it is imported, and its source uncompiled."""
    return importlib.import_module(name), uncompiled(name)


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: str(path.relative_to(ROOT)))
def test_is_compiled(path: Path) -> None:
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert str(module.__file__).endswith(sysconfig.get_config_var("EXT_SUFFIX")), "run packaging/build_kernels.sh"


@pytest.mark.parametrize(("file", "lines"), [("kernels_segments.py", 1), ("kernels_segments.so", 0)])
def test_uncompiled_kernels_are_reported(
    file: str, lines: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kernels_segments, "__file__", file)
    for lang in ("en", "zh"):
        warn_uncompiled(lang)
        said = capsys.readouterr()
        assert said.out == ""
        assert len(said.err.splitlines()) == lines
        assert ("gcc" in said.err) == bool(lines)


def samples() -> list[bytes]:
    chosen = random.Random(5)
    marks = [b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"token"]
    found = [b"", b"\xff", *marks]
    for size in (3, 40, 700):
        data = bytearray(chosen.randbytes(size))
        place = chosen.randrange(size)
        data[place:place] = chosen.choice(marks)
        found.append(bytes(data))
    return [*found, b"\xff\0" * 400 + b"\xff\xd9", b"policy" * 3, b'{"a":[1,true,null]}']


@pytest.mark.parametrize("data", samples(), ids=lambda data: f"{len(data)}-{data[:4].hex()}")
def test_marks_and_texts(data: bytes) -> None:
    octets = np.frombuffer(data, np.uint8)
    for name, functions in (
        ("netaudit.content.kernels", ("image_marks", "store_marks")),
        ("netaudit.content.kernels_documents", ("is_plain",)),
        ("netaudit.core.text.kernels_pairs", ("longest_run",)),
    ):
        for module_function in functions:
            one, other = (getattr(module, module_function) for module in both(name))
            assert one(octets) == other(octets), module_function


@pytest.mark.parametrize("data", samples(), ids=lambda data: f"{len(data)}-{data[:4].hex()}")
def test_written_bytes(data: bytes) -> None:
    octets = np.frombuffer(data, np.uint8)
    for name, function in (
        ("netaudit.core.text.kernels_escapes", "write_plain"),
        ("netaudit.core.text.kernels_escapes", "write_unslashed"),
        ("netaudit.content.kernels_letters", "write_bytes"),
    ):
        results = []
        for module in both(name):
            out = np.zeros(len(data) + 2, np.uint8)
            size = getattr(module, function)(octets, out)
            results.append((size, out[: max(size, 0)].tobytes()))
        assert results[0] == results[1], function


def test_addresses() -> None:
    low = np.array([0, 1, 0xFFFF_0A00_0001, 2**64 - 1, 0x0001_0000_0000_0001], np.uint64)
    high = np.array([0, 0, 0, 2**64 - 1, 0x2001_0DB8_0000_0000], np.uint64)
    texts = []
    for module in both("netaudit.core.text.kernels_addresses"):
        out, ends = np.zeros(39 * low.size, np.uint8), np.zeros(low.size + 1, np.int32)
        module.write_addresses(high, low, False, out, ends)
        texts.append(out[: ends[-1]].tobytes())
    assert texts[0] == texts[1]
    assert texts[0].startswith(b"::::110.0.0.1ffff:ffff")


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 1100])
def test_entropy_coded_data(size: int) -> None:
    data = np.frombuffer(b"\x12\xff\0" * (size // 3) + bytes(size % 3) + b"\xff\xd9", np.uint8)
    compiled, source = both("netaudit.images.kernels_segments")
    assert compiled.scan_end(data, 0) == source.scan_end(data, 0) == size


LAYOUTS = sorted((ROOT / "netaudit").rglob("layouts*.pxd"))
C_TYPES = {f"{sign}int{size}_t": f"c_{sign}int{size}" for sign in ("", "u") for size in (8, 16, 32, 64)}
C_TYPES |= {"float": "c_float", "double": "c_double"}


def c_structs(path: Path) -> dict[str, type[ctypes.Structure]]:
    """Return the structs that a `.pxd` file declares."""
    found: dict[str, Any] = {}
    declared = re.compile(r"^cdef (packed )?struct (\w+):\n((?:    .+\n)+)", re.MULTILINE)
    for packed, name, body in declared.findall(path.read_text()):
        fields = []
        for kind, field, sizes in re.findall(r"    (\w+) (\w+)((?:\[\d+\])*)\n", body):
            c_type = found[kind] if kind in found else getattr(ctypes, C_TYPES[kind])
            for size in reversed(re.findall(r"\d+", sizes)):
                c_type = c_type * int(size)
            fields.append((field, c_type))
        found[name] = type(name, (ctypes.Structure,), {"_fields_": fields} | ({"_pack_": 1} if packed else {}))
    return found


@pytest.mark.parametrize("path", LAYOUTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_structs_are_laid_out_as_the_dtypes(path: Path) -> None:
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    dtypes = {
        name.title().replace("_", ""): value for name, value in vars(module).items() if isinstance(value, np.dtype)
    }
    for name, struct in c_structs(path).items():
        dtype = dtypes.pop(name)
        assert ctypes.sizeof(struct) == dtype.itemsize, name
        offsets = {field: getattr(struct, field).offset for field, *_ in struct._fields_}
        assert offsets == {field: dtype.fields[field][1] for field in dtype.names}
        assert [getattr(struct, field).size for field in offsets] == [dtype[field].itemsize for field in offsets]
    assert not dtypes, "no struct for these"


def test_rows_of_uncompiled_kernels_are_structs() -> None:
    rows = np.zeros(2, RECORD)
    row = stand_in.address(rows[1])
    row.ts, row.capture = -5, 0x1_2345
    row.capture += 1
    assert (rows[1]["ts"], rows[1]["capture"], rows[0]["capture"]) == (-5, 0x2346, 0)
    assert type(row.capture) is int
    rows[0] = row[0]
    assert rows[0] == rows[1]
    scratch = stand_in.declare(RECORD)
    stand_in.address(scratch)[0] = rows[0]
    assert scratch.capture == 0x2346
