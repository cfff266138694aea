"""Steps: what audits give, in several ways of carrying them out, against the same audit on this system."""

from __future__ import annotations

import shutil

from checking import DEMO, KEYS, OFFICE, Check

OLD = ";icu=d"  # Windows before 10 1903 has no such library


def steps(check: Check) -> None:
    """Demo, office, workers, keys; without a list of time zones; what is left, what others may read."""
    check.step("compiled once", lambda: check.ran(0, "doctor", "--warm"))
    check.step("demo: as on this system", lambda: check.same("demo", DEMO.name))
    check.step("office: as on this system", lambda: check.same("office", OFFICE.name))
    check.step("two workers: as on this system", lambda: check.same("two", DEMO.name, "--workers", "2"))
    check.step("keys: as on this system", lambda: _opened(check))
    check.step("no C++ runtime of the system", lambda: _own_runtime(check))
    check.step("without Windows' list of time zones", lambda: _old(check))
    check.step("nothing but tables is left", lambda: _left(check))
    check.step("doctor --try", lambda: _tried(check))
    check.step("private is private", lambda: _private(check))


def _old(check: Check) -> str:
    """As before Windows 10 1903: an audit ends, and doctor is content."""
    without = check.wine.environment()["WINEDLLOVERRIDES"] + OLD
    shutil.copy(KEYS.with_suffix(".pcapng"), check.data / "old.pcapng")
    ran = check.ran(0, "audit", "old.pcapng", "--overwrite", WINEDLLOVERRIDES=without)
    return ran if ran != "ok" else check.ran(0, "doctor", WINEDLLOVERRIDES=without)


def _own_runtime(check: Check) -> str:
    """Every runtime DLL that an audit has loaded lies in the program's folder: wine's own are switched off."""
    asked = (
        "import ctypes, sys; from ctypes import wintypes as w; import numba, onnxruntime, pyarrow.parquet;"
        "k = ctypes.WinDLL('kernel32'); k.GetModuleHandleW.restype = ctypes.c_void_p;"
        "b = ctypes.create_unicode_buffer(2000); out = []\n"
        "for name in ('msvcp140', 'msvcp140_1', 'vcruntime140', 'vcruntime140_1'):\n"
        "    h = k.GetModuleHandleW(name + '.dll')\n"
        "    n = k.GetModuleFileNameW(ctypes.c_void_p(h), b, 2000) if h else 0\n"
        '    out.append(f\'{name}:{"own" if n and "netaudit-program" in b.value else b.value if n else "none"}\')\n'
        "print(*out)"
    )
    said = check.python(asked)
    return f"ok {said}" if said.count(":own") == len(said.split()) == 4 else said


def _left(check: Check) -> str:
    """Working files that a case was sealed with."""
    cases = [path.parent for path in check.data.rglob("manifest.json")]
    rest = [path.name for case in cases for path in (case / "tables").iterdir() if path.suffix != ".parquet"]
    rest += [str(path) for case in cases for path in case.glob("private/resume*")]
    return f"ok {len(cases)} cases" if not rest and cases else f"left: {rest}"


def _opened(check: Check) -> str:
    """A connection that a key log opens: pieces go by the cipher library's own functions there, too."""
    words = (KEYS.name + ".pcapng", "--tls-keys", KEYS.name + ".keylog", "--keys-for", "all", "--authority", "own")
    found = check.same("opened", *words)
    said = check.python("from netaudit.messages.decryption.libcrypto import library; print(library() is not None)")
    return found if said == "True" else f"the cipher library was not found: {said}"


def _tried(check: Check) -> str:
    """The page that users send back, with the cost of a file there."""
    ran = check.ran(0, "doctor", "--try", "--lang", "en")
    page = (check.data / "netaudit-try.txt").read_text("utf-8-sig")
    file = next(line for line in page.splitlines() if "a small file" in line)
    return f"{ran} {file.strip()}" if "ok    a small audit with a known answer" in page else page[-600:]


def _private(check: Check) -> str:
    """By its access list, as Windows spells it, for the private part of a case."""
    asked = (
        "import sys; from pathlib import Path; from netaudit.system import windows_rights as w;"
        "print(w._told(Path(sys.argv[1])), w.nobody_else_writes(Path(sys.argv[1])))"
    )
    said = check.python(asked, r"C:\data\demo\private")
    return f"ok {said}" if "D:" in said and "WD)" not in said.partition("D:")[2] and "True" in said else said
