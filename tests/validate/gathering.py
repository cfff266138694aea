"""Gathers what the tests of the reading rooms say to them: conversations, bodies, frames, packets, files.

`python -m tests.validate.gathering` runs these tests once, listens at the doors of the rooms, and writes
`netaudit/validate/pack/gathered.bin` (read by `netaudit/validate/pack/gathered.py`): of every test a few small things,
each once. No truth is known of them; they are what a copy has to answer as the released one did (A90). With `--add` and
paths of tests, what these say is added to what is there.
"""

from __future__ import annotations

import hashlib
import json
import struct
import sys
import zlib
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "netaudit" / "validate" / "pack" / "gathered.bin"
TESTS = ("capture", "packets", "streams", "messages", "unwrapping", "rows", "finalizing", "hostile", "pipeline")
LARGEST = {"talk": 20_000, "body": 8_000, "frames": 6_000, "file": 30_000}  # bytes of one thing
OF_ONE = {"talk": 10, "body": 12, "frames": 6, "file": 8}  # things of one test function
ENDS = ("client", "server")
PARAMETERS = 5  # of a test that are run
STEPS = 400  # runs or frames of one thing
WITHOUT = "not checked and not compiled and not plain_python and not exhaustive and not from_wire"  # say nothing new
OPTIONS = {8: b"\x01\x01\x08\x0a", 3: b"\x01\x03\x03"}


class Gathered:
    """What was heard so far, by kind; of what test it was is only counted."""

    def __init__(self) -> None:
        self.test, self.tests, self.fed = "", 0, 0
        self.things: dict[str, bytes] = {}  # by hash
        self.count: Counter[tuple[str, str]] = Counter()
        self.talks: dict[tuple[int, int], dict[str, Any]] = defaultdict(dict)

    def add(self, kind: str, head: dict[str, Any], data: bytes, **more: Any) -> None:
        """One thing, unless it is too large, was heard before, or its test has said enough; `more` tells none apart."""
        if not self.test or not 0 < len(data) <= LARGEST[kind] or self.count[self.test, kind] >= OF_ONE[kind]:
            return
        name = f"{kind} {hashlib.sha256(json.dumps(head, sort_keys=True).encode() + data).hexdigest()}"
        line = json.dumps({"kind": kind, **head, **more, "size": len(data)}, sort_keys=True, separators=(",", ":"))
        thing = line.encode() + b"\n" + data
        if name not in self.things:
            self.things[name] = thing
            self.count[self.test, kind] += 1

    def have(self) -> None:
        """Begin with what was gathered before."""
        data, at = zlib.decompress(PLACE.read_bytes()), 0
        while (begin := at) < len(data):
            end = data.index(b"\n", begin)
            head = json.loads(data[begin:end])
            kind, size, _ = head.pop("kind"), head.pop("size"), head.pop("times", None)
            self.tests = max(self.tests, head.pop("of", 0))
            at = end + 1 + size
            said = json.dumps(head, sort_keys=True).encode() + data[end + 1 : at]
            self.things[f"{kind} {hashlib.sha256(said).hexdigest()}"] = data[begin:at]

    def written(self) -> bytes:
        return zlib.compress(b"".join(self.things.values()), 9)

    # what the doors bring

    def delivery(self, conversations: object, delivery: Any) -> None:
        row = delivery.flow
        self.fed += 1
        key = id(conversations), int(row["serial"])
        talk = self.talks[key]
        if not talk:
            ports = [int(row["client_port"]), int(row["server_port"])]
            ends = [(int(row[f"{end}_hi"]) << 64 | int(row[f"{end}_lo"])).to_bytes(16, "big").hex() for end in ENDS]
            head = {"proto": int(row["proto"]), "ports": ports, "ends": ends, "opened": int(row["handshake"])}
            talk.update(head=head, steps=[], data=[])
        runs = list(delivery.runs)
        if delivery.columns is not None:
            runs += [run for _, run in delivery.columns.objects()]
        for run in runs:
            if run.is_gap:
                talk["steps"].append([run.direction, -run.length, self.fed])
                continue
            data = bytes(run.data)
            sizes = [len(data)]
            if talk["head"]["proto"] == 17:
                sizes = [int(piece["length"]) for piece in run.pieces] or sizes
            talk["steps"] += [[run.direction, size, self.fed] for size in sizes]
            talk["data"].append(data[: sum(sizes)].ljust(sum(sizes), b"\0"))
        if delivery.closed:
            self.end(key)

    def end(self, key: tuple[int, int]) -> None:
        talk = self.talks.pop(key)
        steps: list[list[int]] = []
        times: list[int] = []
        for direction, size, time in talk["steps"]:  # as it was said, not as a test cut it
            if steps and steps[-1][0] == direction and steps[-1][1] > 0 < size and talk["head"]["proto"] == 6:
                steps[-1][1] += size
            else:
                steps.append([direction, size])
                times.append(time)
        if len(steps) <= STEPS and max((-size for _, size in steps), default=0) < 1 << 20:
            self.add("talk", {**talk["head"], "steps": steps}, b"".join(talk["data"]), times=times, of=self.tests)

    def body(self, part: Any) -> None:
        head = {"type": part.content_type, "encoding": part.encoding, "name": part.name}
        text = "".join(head.values())
        if not part.missing and len(text) < 500 and not set(text) & {"\r", "\n", "\0"} and text.isprintable():
            self.add("body", head, bytes(part.data))

    def window(self, window: Any) -> None:
        of: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
        buffer = window.buffer
        for record in window.records[:STEPS]:
            at, size = int(record["offset"]), int(record["caplen"])
            of[int(record["linktype"])].append((int(record["wirelen"]), bytes(buffer[at : at + size])))
        for link, frames in of.items():
            head = {"link": link, "sizes": [[len(frame), wire] for wire, frame in frames]}
            self.add("frames", head, b"".join(frame for _, frame in frames))

    def packets(self, buffer: Any, rows: Any) -> None:
        if len(rows) > STEPS:
            return
        frames = [_frame(buffer, row) for row in rows if not row["skip"] and row["proto"] in (6, 17)]
        head = {"link": 101, "sizes": [[len(frame), wire] for wire, frame in frames]}
        self.add("frames", head, b"".join(frame for _, frame in frames))

    def file(self, path: str) -> None:
        try:
            place = Path(path)
            if place.is_file() and place.stat().st_size <= LARGEST["file"]:
                self.add("file", {"suffix": "".join(place.suffixes[-2:])[:12]}, place.read_bytes())
        except OSError:
            pass


def _frame(buffer: Any, row: Any) -> tuple[int, bytes]:
    """A row of packets as the IPv4 packet that it may have been, and its length on the wire."""
    at, size = int(row["payload"]), int(row["length"])
    data = bytes(buffer[at : at + size])
    options = b""
    if row["scale"]:
        options += OPTIONS[3] + bytes([int(row["scale"]) - 1, 1])[:1]
    if row["stamp"]:
        options += OPTIONS[8] + struct.pack(">II", int(row["stamp"]), 0)
    options += b"\1" * (-len(options) % 4)
    ports = int(row["sport"]), int(row["dport"])
    if row["proto"] == 6:
        words = 5 + len(options) // 4
        flags = int(row["tcp_flags"])
        head = struct.pack(">HHIIBBHHH", *ports, int(row["seq"]), int(row["ack"]), words << 4, flags, int(row["window"]), 0, int(row["urgent"]))  # fmt: skip
        head += options
    else:
        head = struct.pack(">HHHH", *ports, 8 + int(row["wire_length"]), 0)
    ends = [b"\x0a" + (int(row[name]) & 0xFFFFFF).to_bytes(3, "big") for name in ("src_lo", "dst_lo")]
    whole = 20 + len(head) + int(row["wire_length"])
    outer = struct.pack(">BBHHHBBH", 0x45, 0, whole & 0xFFFF, 0, 0, int(row["ttl"]) or 64, int(row["proto"]), 0)
    return whole, outer + ends[0] + ends[1] + head + data


HEARD = Gathered()


def listen() -> None:
    """Stand at the doors, before any test imports them."""
    from netaudit.capture import reading
    from netaudit.messages.from_streams import NOTHING_BEFORE, Conversations
    from netaudit.packets.from_capture import Decoder
    from netaudit.streams.from_packets import Assembler
    from netaudit.unwrapping import unwrap as unwrapping

    feed, take, decode, unwrap, opened = (
        Conversations.feed, Assembler.assemble, Decoder.feed, unwrapping.unwrap, reading.CaptureReader.__init__,
    )  # fmt: skip

    def fed(self, delivery, *, after=NOTHING_BEFORE):
        HEARD.delivery(self, delivery)
        return feed(self, delivery, after=after)

    def taken(self, buffer, packets):
        HEARD.packets(buffer, packets)
        return take(self, buffer, packets)

    def decoded(self, window):
        HEARD.window(window)
        return decode(self, window)

    def unwrapped(part, budget):
        HEARD.body(part)
        return unwrap(part, budget)

    def read(self, source, *more, **named):
        HEARD.file(str(source.path))
        opened(self, source, *more, **named)

    Conversations.feed, Assembler.assemble, Decoder.feed = fed, taken, decoded
    unwrapping.unwrap, reading.CaptureReader.__init__ = unwrapped, read


def spread(items):
    """Of a test with many parameters some, spread over all."""
    of = defaultdict(list)
    for item in items:
        of[item.nodeid.partition("[")[0]].append(item)
    items[:] = [one for same in of.values() for one in same[:: -(-len(same) // PARAMETERS)]]


class Listener:
    """Says which test is running."""

    pytest_collection_modifyitems = staticmethod(spread)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        HEARD.test = item.nodeid.partition("[")[0]
        HEARD.tests += 1
        HEARD.fed = 0
        try:
            return (yield)
        finally:
            HEARD.test = ""
            HEARD.talks.clear()
            if HEARD.tests % 100 == 0:  # what was heard so far is not lost where it is ended
                PLACE.write_bytes(HEARD.written())


def main() -> None:
    listen()
    given = sys.argv[1:]
    if given[:1] == ["--add"]:
        given.pop(0)
        HEARD.have()
    words = given or [str(ROOT / "tests" / room) for room in TESTS]
    pytest.main(["-q", "-p", "no:cacheprovider", "-k", WITHOUT, *words], plugins=[Listener()])
    PLACE.write_bytes(HEARD.written())
    kinds = Counter(name.partition(" ")[0] for name in HEARD.things)
    print(dict(kinds), sum(map(len, HEARD.things.values())), PLACE.stat().st_size)


if __name__ == "__main__":
    main()
