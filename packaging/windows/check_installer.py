"""Steps: what the installer does, and what takes it back."""

from __future__ import annotations

from pathlib import Path

from checking import LAST, OFFICE, Check
from wheel import size
from wine import HOME


def steps(check: Check, bundle: Path) -> None:
    """Installed, on PATH, with shortcuts; changed wheels are refused."""
    check.step("installed below a Chinese name: as on this system", lambda: _named(check, bundle))
    check.step("installed by install.cmd", lambda: _installed(check, bundle))
    check.step("a changed wheel is refused", lambda: _refused(check, bundle))
    check.step("installed again over it", lambda: _installed(check, bundle))
    check.step("version", lambda: check.ran(0, "--version"))
    check.step("doctor", lambda: check.ran(0, "doctor", "--lang", "en"))


def _named(check: Check, bundle: Path) -> str:
    """Program and cache of somebody with a Chinese name: kernels, models, DLLs are found there; removed again."""
    check.wine.home = r"C:\users\张三\程序 审计"
    try:
        done = [
            _installed(check, bundle),
            check.same("named", OFFICE.name, NETAUDIT_CACHE=r"C:\users\张三\缓存"),
            _taken_back(check),
        ]
    finally:
        check.wine.home = HOME
    return done[1] if all(one.startswith("ok") for one in done) else f"{done}"


def _installed(check: Check, bundle: Path) -> str:
    wine = check.wine
    done, seconds = wine.install(bundle)
    text = done.stdout.decode("utf-8", "replace")
    well = not done.returncode and len(_links(check)) == 2 and _path(check).count(wine.program.name) == 1
    files = sum(1 for one in wine.program.rglob("*") if one.is_file())
    if well and "安装完成" in text and not list(wine.program.parent.glob(f"{wine.program.name}.*")):
        return f"ok {files} files, {size(wine.program):.0f} MB, {seconds:.0f} s"
    return f"{done.returncode}, PATH {_path(check)[-100:]}: {text[-LAST:]}"


def _path(check: Check) -> str:
    """The user's search path, as the registry has it; empty where there is none."""
    asked = "import winreg as w; print(w.QueryValueEx(w.OpenKey(w.HKEY_CURRENT_USER, 'Environment'), 'Path')[0])"
    return check.python(asked, PYTHONIOENCODING="utf-8")


def _refused(check: Check, bundle: Path) -> str:
    wheel = next((bundle / "wheels").glob("lz4-*.whl"))
    whole = wheel.read_bytes()
    wheel.write_bytes(whole[:-1] + b"x")
    try:
        done, _ = check.wine.install(bundle)
    finally:
        wheel.write_bytes(whole)
    named = done.returncode == 1 and wheel.name.encode() in done.stdout
    return "ok" if named else f"{done.returncode}: {done.stdout[-LAST:]!r}"


def removed(check: Check) -> str:
    """All of it is taken back, and the cases are there."""
    found = _taken_back(check)
    return found if (check.data / "demo" / "case.json").is_file() else f"{found}; the case is gone"


def _taken_back(check: Check) -> str:
    """The folder, PATH, shortcuts and the entry are gone."""
    wine = check.wine
    wine.run("cmd", "/c", wine.inside / "uninstall.cmd")
    path = wine.run("reg", "query", r"HKCU\Environment", "/v", "Path").stdout.decode("utf-8", "replace")
    entry = wine.run("reg", "query", r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\netaudit").returncode
    rest = [*wine.program.parent.glob(f"{wine.program.name}*"), *_links(check)]
    listed = wine.program.name in path or "?" in path  # as which a code page may show a Chinese name
    well = not rest and entry and not listed
    return "ok" if well else f"left: {rest[:3]} {path[-100:]!r} entry {entry}"


def _links(check: Check) -> list[Path]:
    return [path for path in check.wine.disk.rglob("netaudit.lnk") if {"Desktop", "Programs"} & {*path.parts}]
