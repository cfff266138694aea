"""What a computer does with cases, tried: one page that can be sent back to whoever supports its user.

Folders, times and the answer to a small audit; no name of a person, of a computer or of a file is on it.
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.core.system.reasons import why
from netaudit.pipeline.doctor import BAD, GOOD, SCARCE, Check, grey_png
from netaudit.pipeline.warm import packet, pcap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILES = 500  # made, read and removed: what a case of as many images asks of the disk
SLOW_FILE = 0.005  # seconds, from which on something looks at each
WRITTEN = 32 << 20  # bytes
SLOW_DISK = 10.0  # MB a second
LONG = "a folder 长路径 " * 4  # of names, until a path is longer than Windows takes unless it is spelt out


def try_out(place: Path) -> Iterator[Check]:
    """Each trial as soon as it is done, in a folder below `place` that is removed again."""
    with tempfile.TemporaryDirectory(prefix="netaudit-try-", dir=place, ignore_cleanup_errors=True) as folder:
        for name, trial in TRIALS.items():
            try:
                yield trial(Path(folder))
            except Exception as error:  # noqa: BLE001 - what fails is what is wanted to be known
                reason = why(error) if isinstance(error, OSError) else ""  # other texts may hold a path
                yield Check(name, BAD, "told", {"said": f"{type(error).__name__}: {reason}"})


def _private(folder: Path) -> Check:
    """Whether a folder for this user alone is that: by its rights, or by its access list."""
    from netaudit.core.system import windows_rights
    from netaudit.core.system.user_folders import make_private, nobody_else_writes

    place = folder / "private"
    make_private(place)
    kept = nobody_else_writes(place) and (sys.platform == "win32" or not place.stat().st_mode & 0o077)
    facts = {"list": windows_rights.without_names(place)} if sys.platform == "win32" else {}
    return Check("private", GOOD if kept else SCARCE, "" if kept else "private", facts)


def _files(folder: Path) -> Check:
    """Seconds to make a small file as images are stored, and to read and remove it: programs against viruses show."""
    from netaudit.core.storage.object_store import ObjectStore

    (folder / "private" / "objects").mkdir(parents=True, exist_ok=True)
    store, began = ObjectStore(folder), time.perf_counter()
    names = [f"{number:064x}" for number in range(FILES)]
    for number, name in enumerate(names):
        store.put(name, "jpg", number.to_bytes(4, "big") * 2048)
    made = time.perf_counter()
    for name in names:
        (folder / "private" / "objects" / name[:2] / f"{name}.jpg").read_bytes()
    read = time.perf_counter()
    for name in names:
        store.forget(name, "jpg")
    ended = time.perf_counter()
    slow = (made - began) / FILES > SLOW_FILE
    facts = {"made": _each(made - began), "read": _each(read - made), "removed": _each(ended - read)}
    return Check("files", SCARCE if slow else GOOD, "antivirus" if slow else "", facts)


def _each(seconds: float) -> str:
    return f"{seconds / FILES * 1000:.2f} ms"


def _speed(folder: Path) -> Check:
    from netaudit.core.storage.files import write_whole

    began = time.perf_counter()
    write_whole(folder / "large", os.urandom(1 << 20) * (WRITTEN >> 20), lasting=True)
    speed = WRITTEN / 1e6 / (time.perf_counter() - began)
    return Check("speed", GOOD if speed > SLOW_DISK else SCARCE, "" if speed > SLOW_DISK else "slow_disk", {
        "written": f"{speed:.0f} MB/s",
    })  # fmt: skip


def _long(folder: Path) -> Check:
    """A path in Chinese of some 400 characters: made, written, read."""
    from netaudit.core.system.windows_names import openable

    place = folder
    while len(str(place)) < 400:
        place /= LONG.strip()
    place = openable(place, room=110)
    place.mkdir(parents=True)
    (place / "文件").write_bytes(b"1")
    whole = (place / "文件").read_bytes() == b"1"
    return Check("long", GOOD if whole else SCARCE, "" if whole else "long")


def _audit(folder: Path) -> Check:
    """Audit a capture made on the spot, whose answer is known: one picture, uploaded over HTTP in five packets."""
    from netaudit.pipeline.options import Options
    from netaudit.pipeline.task import run

    picture = grey_png(160)
    capture, began = folder / "upload.pcap", time.perf_counter()
    capture.write_bytes(_upload(picture))
    case = run([capture], folder / "case", Options(faces=False), lambda *_: None)
    found = {
        "packets": case.manifest["totals"]["packets_decoded"],
        "images": case.table("images")["sha256"].to_pylist(),
        "ways": case.table("messages")["direction"].to_pylist(),
        "frames": case.table("evidence")["frames"].to_pylist(),
    }
    known = {"packets": 5, "images": [hashlib.sha256(picture).hexdigest()], "ways": ["up"], "frames": ["4-5"]}
    right = found == known and case.seal.state == "sealed"
    facts = {"took": f"{time.perf_counter() - began:.1f} s"} | ({} if right else {"said": str(found)})
    return Check("audit", GOOD if right else BAD, "" if right else "audit", facts)


def _upload(picture: bytes) -> bytes:
    head = b"POST /face HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n" % len(picture)
    request, half = head + picture, (len(head) + len(picture)) // 2
    client, server, flags = (40_000, 80, 1, 2), (80, 40_000, 2, 1), (0x02, 0x12, 0x10, 0x18, 0x18)
    ways, numbers = (client, server, client, client, client), ((0, 0), (0, 1), (1, 1), (1, 1), (1 + half, 1))
    payloads = (b"", b"", b"", request[:half], request[half:])
    frames = []
    for (source, target, *ends), (seq, ack), flag, payload in zip(ways, numbers, flags, payloads, strict=True):
        tcp = struct.pack(">HHIIBBHHH", source, target, seq, ack, 5 << 4, flag, 1024, 0, 0) + payload
        frames.append(packet(6, tcp, *ends))
    return pcap(frames)


TRIALS: dict[str, Callable[[Path], Check]] = {
    "private": _private, "files": _files, "speed": _speed, "long": _long, "audit": _audit,
}  # fmt: skip
