"""Many hostile uploads in one capture, each with ends and a face of its own, and what an audit must say of each."""

from __future__ import annotations

import functools
import hashlib
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.summary import summarise
from netaudit.findings.summary.reading import Unfinished
from pcaps.lab import photos
from tests.findings.quiet import is_quiet
from tests.hostile.attacks import FAMILIES, plain
from tests.hostile.carriers import CARRIERS
from tests.hostile.disguises import DISGUISES, OPAQUE
from tests.hostile.fields import FIELDS
from tests.hostile.patched import PATCHED
from tests.hostile.talk import BEGIN, conversation
from tests.hostile.wire import MS, State
from tests.hostile.writings import WRITINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import netaudit
    from tests.hostile.composed import Composed

HELLO = bytes.fromhex("160301002f0100002b0303") + bytes(range(32)) + bytes.fromhex("000004c02f009c0100")
GREETINGS = {  # words of a protocol, then the picture as it is
    "a bare stream": b"",
    "behind a greeting of SSH": b"SSH-2.0-OpenSSH_9.0\r\n",
    "behind a greeting of telnet": b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27",
    "behind a hello of TLS": HELLO,
    "behind words of FTP": b"USER a\r\nPASS b\r\nTYPE I\r\n",
    "behind words of SMTP": b"EHLO a\r\nMAIL FROM:<a@b.cn>\r\n",
    "behind a preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "behind a greeting of MQTT": b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02ab",
    "behind words of RTSP": b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "behind words of SIP": b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n",
}


@dataclass(frozen=True)
class Case:
    """One upload: who sends which picture to whom, and how it is hidden."""

    name: str
    seed: int
    number: int

    @property
    def sender(self) -> str:
        """Address of the device."""
        return f"192.168.{1 + self.number // 200}.{20 + self.number % 200}"

    @property
    def receiver(self) -> str:
        """Address of the cloud."""
        return f"47.96.{self.number // 200}.{20 + self.number % 200}"

    @property
    def port(self) -> int:
        """Of the cloud."""
        return 9000 if self.name in GREETINGS else 80

    @functools.cached_property
    def picture(self) -> bytes:
        """A face that nobody else sends."""
        large = self.name in GREETINGS or self.name in WRITINGS or self.name in FIELDS
        side = 480 if large else 120  # from 16 KiB on, bytes that nobody read are told one by one
        return photos.jpeg(photos.portrait(5000 + self.number, side), self.number)

    @functools.cached_property
    def sha256(self) -> str:
        """By which its image is known."""
        picture = PATCHED[self.name](self.picture)[1] if self.name in PATCHED else self.picture
        return hashlib.sha256(picture).hexdigest()

    def chance(self) -> random.Random:
        """A fresh source of chance, always the same."""
        return random.Random(f"{self.name}/{self.seed}")

    def text(self) -> bytes:
        """What is sent."""
        if self.name in GREETINGS:
            return GREETINGS[self.name] + self.picture
        chance = self.chance()
        body, kind = (DISGUISES | WRITINGS).get(self.name, DISGUISES["as it is"])(chance, self.picture)
        if self.name in PATCHED:
            body, kind = PATCHED[self.name](self.picture)[0], OPAQUE
        head = f"POST /face/{self.number} HTTP/1.1\r\nHost: s{self.number}.example.cn\r\nContent-Type: {kind}\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def log(self) -> list[tuple[int, bytes]]:
        """Its frames."""
        ends = [bytes(map(int, address.split("."))) for address in (self.sender, self.receiver)]
        mac = b"\x02\0\0\1" + self.number.to_bytes(2, "big")
        state = State(client=ends[0], server=ends[1], mac=mac)
        begin = BEGIN + self.number * 200 * MS
        if carrier := (CARRIERS | FIELDS).get(self.name):
            return carrier(self.picture, state, 30_000 + 2 * self.number, begin)
        text = self.text()
        steps = FAMILIES.get(self.name, plain)(self.chance(), text)
        return conversation(steps, text, (40_000 + self.number, self.port), state, begin)


def cases(seeds: int) -> list[Case]:
    """Every family of packets, every disguise and a quarter of the writings and fields, `seeds` times."""
    always, some = [*FAMILIES, *DISGUISES, *GREETINGS, *PATCHED, *CARRIERS], [*WRITINGS, *FIELDS]
    each = [always + some[seed % 4 :: 4] for seed in range(seeds)]
    most = max(map(len, each))
    return [Case(name, seed, most * seed + at) for seed, names in enumerate(each) for at, name in enumerate(names)]


def together(chosen: Iterable[Case]) -> list[tuple[int, bytes]]:
    """One log of all."""
    return sorted((entry for case in chosen for entry in case.log()), key=lambda entry: entry[0])


class Told:
    """Tables of an audit of many cases, read once."""

    def __init__(self, audited: netaudit.Case) -> None:
        self.findings, self.ledgers = audited.table("findings"), audited.table("ledgers")
        self.rest = {name: audited.table(name) for name in ("images", "captures")}
        self.subjects = [set(subject.split()) for subject in self.ledgers["subject"].to_pylist()]
        self.steps = [ledger == "stages" for ledger in self.ledgers["ledger"].to_pylist()]
        self.open_rows = [row for row in self.ledgers.to_pylist() if not row["understood"]]


def is_calm(told: Told, case: Case | Composed) -> bool:
    """Whether the verdict would be calm if the sender of a case were all that there is in an audit."""
    own = [case.sender in subject for subject in told.subjects]
    chosen = pa.array([one or other for one, other in zip(own, told.steps, strict=True)], pa.bool_())
    findings = told.findings.filter(pc.equal(told.findings["sender"], case.sender))
    tables = told.rest | {"findings": findings, "ledgers": told.ledgers.filter(chosen)}
    return is_quiet(summarise(Unfinished(tables)))
