r"""Steps: where captures and cases lie: long and Chinese paths, a share, a stick with exFAT, a read-only medium.

A share is a folder that wine gives out as `\\server\share`. The stick is a file with a file system exFAT, taken by the
system's own driver (root, a loop device, exfatprogs and exfat-fuse): it has no links and keeps no rights.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from checking import OFFICE, Check, equal

NAME = "销售中心 很长的文件夹名称 " + "x" * 40
LONG = "\\".join([NAME] * 7)
MEGABYTES = 400
SHARE = r"\\server\share"


def steps(check: Check) -> None:
    """Each place with the tables of this system."""
    check.step("Chinese path of 390 characters: as on this system", lambda: _long(check))
    check.step("a share: as on this system", lambda: _share(check))
    with _stick(check) as (place, why):
        for name, look in STICK.items():
            check.step(name, lambda look=look: look(check, place) if place else f"skip {why}")


def _long(check: Check) -> str:
    """The case deep down, where no program opens it that does not spell it out; shown and verified from there."""
    lies = check.data.joinpath(*LONG.split("\\"), "案卷")
    found = check.same(LONG + r"\案卷", OFFICE.name, lies=lies)
    ran = [check.ran(0, word, LONG + r"\案卷", *more) for word, *more in (("show", "devices", "--csv"), ("verify",))]
    return found if {*ran} == {"ok"} else f"{found}, {ran}"


def _made(place: Path) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    return place


def _share(check: Check) -> str:
    server = _made(check.wine.place / "prefix" / "dosdevices" / "unc" / "server")
    share = _made(check.wine.place / "share")
    shutil.copy(OFFICE, share)
    with contextlib.suppress(FileExistsError):
        (server / "share").symlink_to(share)
    found = check.same(SHARE + r"\案卷", SHARE + "\\" + OFFICE.name, lies=share / "案卷")
    ran = [check.ran(0, word, SHARE + r"\案卷") for word in ("show", "verify")]
    return found if {*ran} == {"ok"} else f"{found}, {ran}"


@contextlib.contextmanager
def _stick(check: Check) -> Iterator[tuple[Path | None, str]]:
    """Where a fresh stick lies, as X:, or why there is none."""
    image, place = check.wine.place / "stick.img", _made(check.wine.place / "stick")
    drive = check.wine.place / "prefix" / "dosdevices" / "x:"
    if os.geteuid():
        yield None, "only root can mount a file"
        return
    with image.open("wb") as file:
        file.truncate(MEGABYTES << 20)
    try:
        _run("mkfs.exfat", "-q", image)
        loop = _run("losetup", "--find", "--show", image)
        try:
            _run("mount.exfat-fuse", loop, place)
        except (OSError, subprocess.CalledProcessError):
            _run("losetup", "--detach", loop)
            raise
    except (OSError, subprocess.CalledProcessError) as error:
        yield None, f"{error} {getattr(error, 'stderr', '')}"
        return
    try:
        drive.unlink(missing_ok=True)
        drive.symlink_to(place)
        shutil.copy(OFFICE, place)
        yield place, ""
    finally:
        check.wine.end()
        drive.unlink(missing_ok=True)
        _run("umount", place)
        _run("losetup", "--detach", loop)
        image.unlink()


def _run(*words: object) -> str:
    return subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True).stdout.strip()


def _audited_there(check: Check, place: Path) -> str:
    return check.same("案卷", OFFICE.name, folder=place)


def _tried_there(check: Check, place: Path) -> str:
    """That rights are not kept is said, and that a case there is not private."""
    ran = check.ran(0, "doctor", "--try", "--lang", "en", folder=place)
    page = (place / "netaudit-try.txt").read_text("utf-8-sig")
    lines = [line.strip() for line in page.splitlines() if "for this user alone" in line or "a small file" in line]
    return f"{ran} {lines}" if any(line.startswith("note") and "alone" in line for line in lines) else f"{ran}: {lines}"


def _read_only(check: Check, place: Path) -> str:
    """A capture and a case on a medium that cannot be written: looked at, and audited to elsewhere."""
    _mounted_anew(check, place, "ro")
    try:
        ran = [
            check.ran(0, "verify", r"X:\案卷"),
            check.ran(0, "show", r"X:\案卷", "devices", "--csv"),
            check.ran(0, "export", r"X:\案卷", "html", "-o", "office.html"),
            check.ran(0, "export", r"X:\案卷", "xlsx", "-o", "office.xlsx"),
            check.ran(2, "audit", "X:\\" + OFFICE.name),
            check.ran(0, "audit", "X:\\" + OFFICE.name, "--case", "from-stick", "--project-key", "key", "--overwrite"),
        ]
        return equal(place / "案卷", check.data / "from-stick") if {*ran} == {"ok"} else f"{ran}"
    finally:
        _mounted_anew(check, place, "rw")


def _mounted_anew(check: Check, place: Path, how: str) -> None:
    check.wine.end()
    loop = _run("findmnt", "--noheadings", "--output", "SOURCE", place)
    _run("umount", place)
    _run("mount.exfat-fuse", "-o", how, loop, place)


STICK = {
    "exFAT: as on this system": _audited_there,
    "exFAT: doctor --try says what it lacks": _tried_there,
    "read only: looked at, audited to elsewhere": _read_only,
}
