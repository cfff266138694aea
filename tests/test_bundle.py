"""The offline folder: what its wheels are checked by, where they go, and which DLLs are nowhere."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import io
import re
import struct
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

PACKAGING = Path(__file__).parents[1] / "packaging"


def script(path: str) -> ModuleType:
    """A script of the project as a module."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, PACKAGING / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


installing, imports = script("offline/installing.py"), script("windows/imports.py")


def library(*names: str) -> bytes:
    """A DLL of one section with nothing in it but what it asks for."""
    begin, size = 0x1000, 0x1000
    texts, places, at = b"", [], 20 * (len(names) + 1)
    for name in names:
        places.append(begin + at + len(texts))
        texts += name.encode() + b"\0"
    rows = b"".join(struct.pack("<5I", 1, 0, 0, place, 1) for place in places) + bytes(20)
    head = b"MZ" + bytes(0x3A) + struct.pack("<I", 0x40)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, 0x2022)
    optional = struct.pack("<H", 0x20B) + bytes(110) + bytes(8) + struct.pack("<II", begin, at) + bytes(240 - 128)
    section = b".idata\0\0" + struct.pack("<4I", size, begin, size, 0x200) + bytes(16)
    return (head + coff + optional + section).ljust(0x200, b"\0") + (rows + texts).ljust(size, b"\0")


def test_what_a_dll_asks_for_has_to_be_there_or_of_windows(tmp_path: Path) -> None:
    """Without the C++ runtime nothing started, not even `netaudit doctor`."""
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "kernels.pyd").write_bytes(library("MSVCP140.dll", "KERNEL32.dll", "beside.dll"))
    (tmp_path / "beside.dll").write_bytes(library("api-ms-win-crt-heap-l1-1-0.dll"))
    (tmp_path / "text.dll").write_bytes(b"no library")
    assert imports.imports((tmp_path / "package" / "kernels.pyd").read_bytes()) == [
        "msvcp140.dll", "kernel32.dll", "beside.dll",
    ]  # fmt: skip
    assert imports.missing(tmp_path) == {"msvcp140.dll": ["package/kernels.pyd"]}
    (tmp_path / "msvcp140.dll").write_bytes(library())
    assert imports.missing(tmp_path) == {}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "wheels").mkdir()
    wheel = tmp_path / "wheels" / "some_thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as out:
        for name in (
            "some_thing/__init__.py", "some_thing-1.0.data/data/runtime.dll", "some_thing-1.0.data/data/Scripts/x.dll",
            "some_thing-1.0.data/platlib/more.py", "some_thing-1.0.data/scripts/run", "../outside", "/absolute",
            "pandas/tests/test_all.py", "pyarrow/include/arrow.h", "numpy/_core/tests/data/a.csv", "pyarrow/arrow.lib",
            "pyarrow/arrow_flight.dll", "pyarrow/_s3fs.cp313-win_amd64.pyd", "a/b.pyi",
        ):  # fmt: skip
            out.writestr(name, name)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (tmp_path / "lock.txt").write_text(f"some-thing==1.0 --hash=sha256:{digest}\n")
    return tmp_path


def test_a_wheel_is_unpacked_below_the_folder_of_its_python_alone(bundle: Path) -> None:
    (wheel,) = installing.wheels(bundle)
    installing.unpack(wheel, bundle / "place" / "python")
    there = sorted(
        path.relative_to(bundle / "place").as_posix() for path in (bundle / "place").rglob("*") if path.is_file()
    )
    site = "python/Lib/site-packages"
    assert there == [f"{site}/more.py", f"{site}/some_thing/__init__.py", "python/runtime.dll"]
    assert not (bundle / "outside").exists()


def test_nothing_is_unpacked_that_the_lock_does_not_name(bundle: Path) -> None:
    wheel = next((bundle / "wheels").iterdir())
    whole = wheel.read_bytes()
    wheel.write_bytes(whole + b"x")
    with pytest.raises(ValueError, match=r"some_thing-1\.0"):
        installing.wheels(bundle)
    wheel.unlink()
    with pytest.raises(LookupError, match=r"some-thing 1\.0"):
        installing.wheels(bundle)
    wheel.write_bytes(whole)
    wheel.with_name("another-1.0-py3-none-any.whl").write_bytes(b"y")
    with pytest.raises(ValueError, match="another"):
        installing.wheels(bundle)


@pytest.fixture
def program(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it was installed once; a second time brings another netaudit.exe."""
    (bundle / "python").mkdir()
    for name in installing.BESIDE:
        (bundle / name).write_text("old", "ascii")
    monkeypatch.setattr(installing, "HERE", bundle)
    monkeypatch.setattr(installing, "WAITS", (0.0, 0.0))
    place = bundle / "programs" / "netaudit-program"
    installing.install(place)
    (bundle / "netaudit.exe").write_text("new", "ascii")
    return place


def rename_refused(monkeypatch: pytest.MonkeyPatch, name: str, times: int) -> list[str]:
    """A folder of that name is in use for the first times it is to be renamed; gives all renames that were tried."""
    renames, rename = [], Path.rename

    def tried(path: Path, to: Path) -> Path:
        renames.append(path.name)
        if path.name == name and renames.count(name) <= times:
            raise PermissionError(13, "in use", str(path))
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", tried)
    return renames


def test_a_program_against_viruses_that_still_looks_at_what_is_new_is_waited_for(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename_refused(monkeypatch, "netaudit-program.new", 2)
    installing.install(program)
    assert (program / "netaudit.exe").read_text("ascii") == "new"
    assert [path.name for path in program.parent.iterdir()] == [program.name]


@pytest.mark.parametrize(
    ("name", "error"), [("netaudit-program", installing.InUseError), ("netaudit-program.new", PermissionError)]
)
def test_what_was_there_stays_where_the_new_one_cannot_take_its_place(
    name: str, error: type[OSError], program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename_refused(monkeypatch, name, 99)
    with pytest.raises(error, match="in use"):
        installing.install(program)
    assert (program / "netaudit.exe").read_text("ascii") == "old"
    assert [path.name for path in program.parent.iterdir()] == [program.name]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "cannot be written. What was there before is as it was. (No space"),
        (installing.InUseError(13, "refused"), "is in use; close netaudit and try again. (refused)"),
        (installing.StrangeError("office-case"), "holds what is not of netaudit (office-case)"),
    ],
)
def test_why_nothing_was_installed_is_said(
    error: Exception, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk was told as a program in use."""

    def refused(_: Path) -> None:
        raise error

    out = io.TextIOWrapper(io.BytesIO(), "utf-8")
    monkeypatch.setattr(installing, "install", refused)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), "utf-8"))
    assert installing.main([str(tmp_path / "place")]) == 1
    out.seek(0)
    assert said in out.read()


def test_no_folder_of_somebody_is_replaced(program: Path) -> None:
    """It was moved away whole and removed: cases, and whatever else lay in a folder that somebody named."""
    (program / "office-case").mkdir()
    with pytest.raises(installing.StrangeError, match="office-case"):
        installing.install(program)
    assert (program / "office-case").is_dir()
    assert (program / "netaudit.exe").read_text("ascii") == "old"


@pytest.mark.parametrize("path", ["", "C:\\a;C:\\b", 'C:\\a;"C:\\Program\\";C:\\b', "c:\\program\\;C:\\a;C:\\b;"])
def test_the_search_path_has_the_program_once_and_then_not_at_all(path: str) -> None:
    place = "C:\\Program"
    others = [one for one in path.split(";") if one and "rogram" not in one]
    assert installing.with_place(path, place).split(";") == [*others, place]
    assert installing.without_place(installing.with_place(path, place), place) == ";".join(others)


def test_what_the_installer_says_is_in_both_languages() -> None:
    for texts in installing.TEXTS.values():
        assert any(ord(sign) > 0x4E00 for text in texts for sign in text)
        assert any(text.isascii() or "…" in text for text in texts)


@pytest.mark.parametrize("name", ["install.cmd", "uninstall.cmd"])
def test_a_window_waits_until_it_was_read(name: str) -> None:
    """A double click on install.cmd closed its window before anything could be read."""
    lines = (PACKAGING / "offline" / name).read_text("utf-8").splitlines()
    ends = [number for number, line in enumerate(lines) if line.strip().startswith(("exit /b", "(goto)"))]
    said = [line for line in lines if "pause" in line]
    assert len(said) >= 2
    assert all("pause" in "\n".join(lines[max(0, end - 3) : end]) for end in ends if "python.exe" not in lines[end])


def test_the_frozen_folder_asks_for_what_is_installed() -> None:
    """It asked for a distribution `netaudit`, which is called otherwise: nothing could be frozen."""
    names = re.findall(r'copy_metadata\("([^"]+)"\)', (PACKAGING / "netaudit.spec").read_text("utf-8"))
    assert names
    for name in names:
        pytest.importorskip(name)
        assert importlib.metadata.version(name)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into libraries of Linux")
def test_the_frozen_folder_leaves_out_no_library_that_another_is_linked_with() -> None:
    """Without Arrow's substrait library, which no command uses, pyarrow was not loaded: no frozen audit began."""
    left = re.search(r"^NOT_USED = \((.*)\)$", (PACKAGING / "netaudit.spec").read_text("utf-8"), re.MULTILINE)
    assert left
    names = re.findall(r'"(libarrow\w+)"', left[1])
    import pyarrow

    place = Path(pyarrow.__file__).parent
    loaded = [*place.glob("lib.*.so"), *place.glob("libarrow_python.so.*"), *place.glob("_parquet.*.so")]
    assert names
    assert loaded
    assert [(path.name, name) for path in loaded for name in names if name.encode() in path.read_bytes()] == []
