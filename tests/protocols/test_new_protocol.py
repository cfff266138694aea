"""A protocol is one entry and one module: a made-up one is found in messages, objects, facts, tables, report, live lines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from pcaps.lab import photos, wire
from pcaps.lab.files import write_pcap

ROOT = Path(__file__).parents[2]

# What a newcomer would write: a module with a recogniser and a reader, and an entry with its traits.
MODULE = '''
from netaudit.core.contracts.details import StatedDetails
from netaudit.protocols.message import Message
from netaudit.protocols.reader import BaseReader, Opening, Verdict

MAGIC = b"ZZCAM "

def recognise(opening: Opening) -> Verdict:
    if opening.up[:6] == MAGIC:
        return Verdict.YES
    return Verdict.MORE if MAGIC.startswith(opening.up[:6]) else Verdict.NO

class ZzReader(BaseReader):
    """Requests `ZZCAM <length>` with a body, answered by lines."""

    def __init__(self):
        self.held, self.at, self.last = [b"", b""], [0, 0], None

    def feed(self, direction, offset, data):
        self.held[direction] += data
        out = []
        while b"\\r\\n" in self.held[direction]:
            line, _, rest = self.held[direction].partition(b"\\r\\n")
            size = int(line.split()[1]) if direction == 0 else 0
            if len(rest) < size:
                break
            start = self.at[direction]
            end = start + len(line) + 2 + size
            message = Message("zz", direction, start, end, body=rest[:size], body_size=size, body_start=end - size)
            if direction == 0:
                message.method, self.last = "PUT", message
                message.details = StatedDetails("discovery", [("model", "ZZ-9"), ("serial", "ZZ0001")])
            else:
                message.status, message.request = 200, self.last
            out.append(message)
            self.held[direction], self.at[direction] = rest[size:], end
        return out

    def needed_from(self, direction):
        return self.at[direction]
'''

RUN = """
import json, sys, pathlib
sys.path.insert(0, sys.argv[3])
import zz
from netaudit.protocols import readers
entry = readers.Entry("zz", "tcp", zz.recognise, zz.ZzReader, states_hosts=True)
readers.READERS = (entry, *readers.READERS)
readers.BY_TRANSPORT["tcp"] = (entry, *readers.BY_TRANSPORT["tcp"])
import netaudit
from netaudit.pipeline.live.witness import Memory
from netaudit.pipeline.workers import Alone
from netaudit.capture.from_files import open_captures
from netaudit.packets.from_capture import Decoder
case = netaudit.audit(sys.argv[1], sys.argv[2], faces=True, inside=["192.168.1.0/24"])
memory = Memory()
from netaudit.evidence.case.writing import make_folders
live = pathlib.Path(sys.argv[2] + "-live"); make_folders(live)
crew, decoder = Alone(live, keep_all=False, witness=memory), Decoder()
for window in open_captures([sys.argv[1]]).windows():
    crew.feed(decoder.feed(window))
crew.finish()
print(json.dumps({
    "flows": case.table("flows", ["protocol"]).to_pydict(),
    "messages": case.table("messages", ["protocol", "method", "status", "complete"]).to_pylist(),
    "objects": case.table("objects", ["kind", "complete", "unwrap_path"]).to_pylist(),
    "facts": case.table("observations", ["field", "value"]).to_pylist(),
    "findings": case.table("findings", ["certainty", "act", "images"]).to_pylist(),
    "live": [[find.known.protocol, find.kind, find.complete] for find in memory.finds],
    "report": "203.0.113.7" in (case.folder / "report.html").read_text(encoding="utf-8"),
}))
"""


def conversation(turns: list[tuple[bool, bytes]]) -> list[tuple[int, bytes]]:
    """Frames of a connection from a camera to an outside server, on the inside of the router."""
    ends = [("9c:14:63:00:00:09", "192.168.1.9", 40_001), ("00:00:5e:00:01:01", "203.0.113.7", 9_999)]
    numbers, frames = [1_000, 9_000], []

    def send(up: bool, flags: int, payload: bytes = b"") -> None:
        near, far = ends if up else ends[::-1]
        me = 0 if up else 1
        segment = wire.tcp(near[1], far[1], (near[2], far[2]), (numbers[me], numbers[1 - me]), flags, 501, b"", payload)
        packet = wire.ip(near[1], far[1], wire.TCP, segment, 64, len(frames))
        frames.append(
            (1_770_000_000_000_000_000 + len(frames) * 1_000_000, wire.ethernet(near[0], far[0], 0x0800, packet))
        )
        numbers[me] += len(payload) + bool(flags & (wire.SYN | wire.FIN))

    send(True, wire.SYN)
    send(False, wire.SYN | wire.ACK)
    send(True, wire.ACK)
    for up, data in turns:
        for start in range(0, len(data), 1400):
            send(up, wire.ACK | wire.PSH, data[start : start + 1400])
        send(not up, wire.ACK)
    send(True, wire.FIN | wire.ACK)
    send(False, wire.FIN | wire.ACK)
    return frames


def test_an_entry_and_a_module_are_enough(tmp_path: Path) -> None:
    picture = photos.jpeg(photos.portrait(77, 320), 77)
    turns = [(True, b"ZZCAM %d\r\n" % len(picture) + picture), (False, b"OK\r\n")] * 2
    write_pcap(tmp_path / "zz.pcap", conversation(turns))
    (tmp_path / "zz.py").write_text(MODULE, encoding="utf-8")
    words = [sys.executable, "-c", RUN, str(tmp_path / "zz.pcap"), str(tmp_path / "case"), str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["flows"] == {"protocol": ["zz"]}
    assert [(one["method"], one["status"], one["complete"]) for one in said["messages"]] == [
        ("PUT", 0, True), ("PUT", 200, True),
    ] * 2  # fmt: skip
    assert [(one["kind"], one["complete"]) for one in said["objects"]] == [("jpeg", True)] * 2
    assert {one["value"] for one in said["facts"]} >= {"ZZ-9", "ZZ0001"}
    assert said["findings"] == [{"certainty": "A", "act": "uploaded outside", "images": 2}]
    assert said["live"] == [["zz", "jpeg", True]] * 2
    assert said["report"]
