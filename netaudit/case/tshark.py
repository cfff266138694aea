"""What Wireshark's dissectors make of a capture: one run of tshark, its reassembled bodies and the files it exports."""

from __future__ import annotations

import contextlib
import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Reassembled bodies, by the names of Wireshark 4.x; one that a version does not know is left out.
BODIES = (
    "http.file_data", "http2.body.reassembled.data", "http2.data.data", "mqtt.msg", "websocket.payload",
)  # fmt: skip
ENDS = (
    "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport",
)  # fmt: skip
LAYERS = "frame.protocols"  # from the outside inwards
EXPORTS = ("ftp-data", "imf", "smb", "tftp")  # what tshark gives as files, not as fields
PREFERENCES = ("tcp.reassemble_out_of_order:TRUE", "http.decompress_body:TRUE", "http.desegment_body:TRUE")
_UNKNOWN_FIELDS = re.compile(r"^\s+([\w.-]+)\s*$", re.MULTILINE)


class Frame(NamedTuple):
    """A frame in which a body ends."""

    number: int
    ends: frozenset[str]  # all addresses and ports of it, of every layer
    source: str  # sender of its outermost IP packet


def version(program: str) -> str:
    """What tshark says of itself, in its first line."""
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, errors="replace")  # noqa: S603
    return told.stdout.partition("\n")[0].strip()


def bodies(program: str, path: Path, folder: Path) -> Iterator[tuple[Frame, bytes]]:
    """Reassembled bodies with the frame that completes them; exported files come to lie in `folder`, by kind.

    Raises UsageError where tshark cannot read the capture.
    """
    names = list(BODIES)
    while True:
        command = [program, "-n", "-r", str(path), "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a"]
        command += [part for name in ("frame.number", LAYERS, *ENDS, *names) for part in ("-e", name)]
        command += [part for choice in PREFERENCES for part in ("-o", choice)]
        command += ["-Y", " or ".join(f"{name}" for name in names)]
        command += [part for kind in EXPORTS for part in ("--export-objects", f"{kind},{folder / kind}")]
        errors = folder / "errors"
        with errors.open("wb") as log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as process:  # noqa: S603
            assert process.stdout is not None
            for line in process.stdout:
                yield from _row(line)
        said = errors.read_text("utf-8", "replace")
        if process.returncode == 0:
            return
        unknown = {name for name in _UNKNOWN_FIELDS.findall(said) if name in names}
        unknown |= {name for name in names if f'"{name}"' in said}
        if not unknown:
            reason = next((line for line in reversed(said.splitlines()) if line.strip()), "no reason given")
            raise UsageError("tshark cannot read {}: {}", path.name, reason.strip())
        names = [name for name in names if name not in unknown]


def _row(line: bytes) -> Iterator[tuple[Frame, bytes]]:
    number, _, rest = line.rstrip(b"\r\n").partition(b"\t")
    if not number.isdigit():
        return
    layers, *values = rest.decode("ascii", "replace").split("\t")
    told = [value.split(",") for value in values[: len(ENDS)]]
    outermost = next((name for name in layers.split(":") if name in {"ip", "ipv6"}), "")
    source = told[ENDS.index(f"{outermost}.src")][0] if outermost else ""
    frame = Frame(int(number), frozenset(one for value in told for one in value), source)
    for value in values[len(ENDS) :]:
        for one in filter(None, value.split(",")):
            with contextlib.suppress(ValueError):
                yield frame, bytes.fromhex(one.replace(":", ""))
