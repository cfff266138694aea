"""What Wireshark's dissectors make of a capture: one run of tshark, its reassembled bodies and the files it exports."""

from __future__ import annotations

import contextlib
import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from netaudit.errors import UsageError
from netaudit.evidence.case.opinions import Way

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

# Reassembled bodies, by the names of Wireshark 4.x; one that a version does not know is left out.
BODIES = (
    "http.file_data", "http2.body.reassembled.data", "http2.data.data", "mqtt.msg", "websocket.payload",
)  # fmt: skip
ENDS = (
    "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport",
)  # fmt: skip
LINKS = ("eth.src", "sll.src.eth", "wlan.sa")  # who sent it on its link
LAYERS = "frame.protocols"  # from the outside inwards
FRAGMENTS = ("ip.flags.mf == 1", "ip.frag_offset > 0", "ipv6.fraghdr")
MOST_PORTS = 1000  # that a filter names; more, and all of TCP and UDP is asked for
EXPORTS = ("ftp-data", "imf", "smb", "tftp")  # what tshark gives as files, not as fields
PREFERENCES = ("tcp.reassemble_out_of_order:TRUE", "http.decompress_body:TRUE", "http.desegment_body:TRUE")
_UNKNOWN_FIELDS = re.compile(r"^\s+([\w.-]+)\s*$", re.MULTILINE)


class Frame(NamedTuple):
    """A frame, and whether a body ends in it."""

    number: int
    way: Way


def version(program: str) -> str:
    """What tshark says of itself, in its first line."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, errors="replace")  # noqa: S603
    return done.stdout.partition("\n")[0].strip()


def frames_and_bodies(
    program: str, path: Path, folder: Path, ports: Collection[int]
) -> Iterator[tuple[Frame, tuple[bytes, ...]]]:
    """Frames of some ports and their fragments with the bodies that end in them, which most have none of.

    Exported files come to lie in `folder`, by kind.

    Raises UsageError where tshark cannot read the capture.
    """
    names = [*LINKS, *BODIES]
    while True:
        command = [program, "-n", "-r", str(path), "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a"]
        command += [part for name in ("frame.number", LAYERS, *ENDS, *names) for part in ("-e", name)]
        command += [part for choice in PREFERENCES for part in ("-o", choice)]
        command += ["-Y", " or ".join([*(name for name in names if name in BODIES), *_of_ports(ports)])]
        command += [part for kind in EXPORTS for part in ("--export-objects", f"{kind},{folder / kind}")]
        errors = folder / "errors"
        with errors.open("wb") as log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as process:  # noqa: S603
            assert process.stdout is not None
            for line in process.stdout:
                if (row := _row(line, names)) is not None:
                    yield row
        log_text = errors.read_text("utf-8", "replace")
        if process.returncode == 0:
            return
        unknown = {name for name in _UNKNOWN_FIELDS.findall(log_text) if name in names}
        unknown |= {name for name in names if f'"{name}"' in log_text}
        if not unknown:
            reason = next((line for line in reversed(log_text.splitlines()) if line.strip()), "no reason given")
            raise UsageError("tshark cannot read {}: {}", path.name, reason.strip())
        names = [name for name in names if name not in unknown]


def _of_ports(ports: Collection[int]) -> list[str]:
    """Clauses of a display filter."""
    listed = ", ".join(str(port) for port in sorted(ports))
    named = [f"{name}.port in {{{listed}}}" for name in ("tcp", "udp")] if listed else []
    return [
        *(named if len(ports) <= MOST_PORTS else ["tcp", "udp"]),
        "ip.flags.mf == 1 or ip.frag_offset > 0",
        "ipv6.fraghdr",
    ]


def _row(line: bytes, names: list[str]) -> tuple[Frame, tuple[bytes, ...]] | None:
    number, _, rest = line.rstrip(b"\r\n").partition(b"\t")
    if not number.isdigit():
        return None
    layers, *values = rest.decode("ascii", "replace").split("\t")
    values_of = dict(zip((*ENDS, *names), (value.split(",") if value else [] for value in values), strict=False))
    outer_six = next((name for name in layers.split(":") if name in {"ip", "ipv6"}), "") == "ipv6"
    kinds = ("ipv6", "ip") if outer_six else ("ip", "ipv6")
    sources, targets = (
        tuple(one for kind in kinds for one in values_of.get(f"{kind}.{end}", ())) for end in ("src", "dst")
    )
    ports = [_port(values_of, end) for end in ("srcport", "dstport")]
    links = tuple(one.lower() for name in LINKS for one in values_of.get(name, ()))
    found = []
    for name in BODIES:
        for one in filter(None, values_of.get(name, ())):
            with contextlib.suppress(ValueError):
                found.append(bytes.fromhex(one.replace(":", "")))
    return Frame(int(number), Way(sources, targets, (ports[0], ports[1]), links)), tuple(found)


def _port(values_of: dict[str, list[str]], end: str) -> int:
    """The innermost port: that of TCP where there is one, for a tunnel over UDP has it within."""
    for name in ("tcp", "udp"):
        if ports := values_of.get(f"{name}.{end}"):
            return int(ports[-1]) if ports[-1].isdigit() else 0
    return 0
