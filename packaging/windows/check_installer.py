"""Steps: what the installer does, and what takes it back."""

from __future__ import annotations

from pathlib import Path

from checking import LAST, Check
from wheel import size


def steps(check: Check, bundle: Path) -> None:
    """Installed, on PATH, with shortcuts; changed wheels are refused."""
    check.step("installed by install.cmd", lambda: _installed(check, bundle))
    check.step("a changed wheel is refused", lambda: _refused(check, bundle))
    check.step("installed again over it", lambda: _installed(check, bundle))
    check.step("version", lambda: check.ran(0, "--version"))
    check.step("doctor", lambda: check.ran(0, "doctor", "--lang", "en"))


def _installed(check: Check, bundle: Path) -> str:
    wine = check.wine
    done, seconds = wine.install(bundle)
    text = done.stdout.decode("utf-8", "replace")
    path = wine.run("reg", "query", r"HKCU\Environment", "/v", "Path").stdout
    well = not done.returncode and len(_links(check)) == 2 and path.count(b"netaudit-program") == 1
    files = sum(1 for one in wine.program.rglob("*") if one.is_file())
    if well and "安装完成" in text and not list(wine.program.parent.glob("netaudit-program.*")):
        return f"ok {files} files, {size(wine.program):.0f} MB, {seconds:.0f} s"
    return f"{done.returncode}: {text[-LAST:]}"


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
    """The folder, PATH, shortcuts and the entry are gone, the cases are there."""
    wine = check.wine
    wine.run("cmd", "/c", str(wine.program / "uninstall.cmd").replace(str(wine.disk), "C:").replace("/", "\\"))
    path = wine.run("reg", "query", r"HKCU\Environment", "/v", "Path").stdout
    entry = wine.run("reg", "query", r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\netaudit").returncode
    rest = [*wine.program.parent.glob("netaudit-program*"), *_links(check)]
    well = not rest and entry and b"netaudit-program" not in path and (check.data / "demo" / "case.json").is_file()
    return "ok" if well else f"left: {rest[:3]} {path[-100:]!r} entry {entry}"


def _links(check: Check) -> list[Path]:
    return [path for path in check.wine.disk.rglob("netaudit.lnk") if {"Desktop", "Programs"} & {*path.parts}]
