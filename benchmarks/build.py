"""Build the captures of the benchmarks: `python benchmarks/build.py [--size MB] [name…]`.

They go to $NETAUDIT_BENCH (default: .bench in the project), each with NAME.truth.txt: the SHA-256 of all its images.

* upload_heavy  HTTP uploads, all images distinct      * video_heavy    RTP, RTSP and TLS video with 10 % uploads
* single_pair   the same between one pair of addresses * small_packets  3 M packets: keep-alives, DNS, voice, MQTT
* small_exchanges  100,000 POSTs of a few bytes, a connection each * http_hosts  29,000 of them, a host each
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import struct
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import template
import traffic

if TYPE_CHECKING:
    import synth

ROOT = Path(__file__).parent.parent
HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
BEGIN = 1_773_451_800 * 10**9
EXCHANGE = 780  # bytes of `small_exchanges` for each POST
Chunk = tuple[np.ndarray, np.ndarray, np.ndarray]  # times in ns, offsets of records (one more at the end), bytes


def folder() -> Path:
    """Where the captures are."""
    return Path(os.environ.get("NETAUDIT_BENCH", ROOT / ".bench"))


def captures() -> Path | None:
    """The shared capture suite, if this machine has it."""
    found = [Path(p) for p in (os.environ.get("NETAUDIT_CAPTURES"), ROOT.parent / "shared" / "captures") if p]
    return next((path for path in found if (path / "office" / "office.pcap").is_file()), None)


def load_template() -> template.Template:
    """Uploads of the shared office capture, else of the demo office of this project."""
    import dpkt

    if shared := captures():
        with (shared / "office" / "truth.csv").open(encoding="utf-8") as rows:
            images = {row["sha256"]: int(row["size"]) for row in csv.DictReader(rows) if row["proto"] == "http"}
        path, reader = shared / "office" / "office.pcap", dpkt.pcap.Reader
    else:
        office = ROOT / "pcaps" / "sales_office"
        truth = json.loads((office / "expected.json").read_text(encoding="utf-8"))["captures"]["lan.pcapng"]["images"]
        images = {row["sha256"]: row["size"] for row in truth if row["visible"] and row["kind"] == "jpeg"}
        path, reader = office / "lan.pcapng", dpkt.pcapng.Reader
    with path.open("rb") as file:
        return template.make([(int(ts * 1e9), frame) for ts, frame in reader(file)], images)


def copies(
    made: template.Template, size: int, *, one_pair: bool = False, spread: int = 0
) -> Iterable[tuple[Chunk, list[str]]]:
    """Copies of the template up to `size` bytes, one after the other or over `spread` ns."""
    count = max(1, size // len(made.buffer))
    step = spread // count if spread else made.span
    edges = np.append(made.records, len(made.buffer))
    for number in range(count):
        data, times, hashes = made.copy(number, one_pair=one_pair)
        yield (BEGIN + number * step + times, edges, data), hashes


def upload_heavy(size: int, *, one_pair: bool = False) -> Iterable[tuple[Chunk, list[str]]]:
    """HTTP uploads and nothing else."""
    return copies(load_template(), size, one_pair=one_pair)


def single_pair(size: int) -> Iterable[tuple[Chunk, list[str]]]:
    """The same between two addresses."""
    return upload_heavy(size, one_pair=True)


def video_heavy(size: int) -> Iterable[tuple[Chunk, list[str]]]:
    """55 % RTP over UDP, 20 % RTSP-interleaved, 15 % TLS, 10 % uploads, merged in slices of time."""
    rng = np.random.default_rng(11)
    uploads = list(copies(load_template(), size // 10, spread=40 * traffic.SLICE))
    times, edges, data = merge([], [chunk for chunk, _ in uploads])
    slices = 40
    for part in range(slices):
        begin, share = BEGIN + part * traffic.SLICE, size // slices
        rows = traffic.rtp_video(rng, begin, share * 55 // 100) + traffic.interleaved(
            rng, begin, share * 20 // 100, part
        )
        rows += traffic.tls_video(rng, begin, share * 15 // 100, part)
        first, last = np.searchsorted(times, (begin, begin + traffic.SLICE if part + 1 < slices else times[-1] + 1))
        inside = (times[first:last], edges[first : last + 1] - edges[first], data[edges[first] : edges[last]])
        yield merge(rows, [inside]), [h for _, hashes in uploads for h in hashes] if part == 0 else []


def small_packets(size: int) -> Iterable[tuple[Chunk, list[str]]]:
    """Mean record of 100 bytes: 40 % keep-alives and their answers, 25 % voice, 15 % DNS, 20 % MQTT."""
    rng = np.random.default_rng(12)
    slices = 30
    for part in range(slices):
        count = size // 100 // slices
        begin = BEGIN + part * 10 * 10**9
        rows = traffic.keep_alives(rng, begin, count * 40 // 100) + traffic.voice(rng, begin, count * 25 // 100)
        rows += traffic.dns(rng, begin, count * 15 // 100) + traffic.mqtt(rng, begin, count * 20 // 100, part)
        yield merge(rows), []


def small_exchanges(size: int, hosts: int = 200) -> Iterable[tuple[Chunk, list[str]]]:
    """Connections of one tiny POST and its answer: what an exchange costs whatever it carries."""
    count, slices = size // EXCHANGE, 20
    for part in range(slices):
        first, last = count * part // slices, count * (part + 1) // slices
        begin = BEGIN + first * traffic.PACKETS * traffic.STEP_NS
        yield merge(traffic.exchanges(begin, first, last - first, hosts)), []


def http_hosts(size: int) -> Iterable[tuple[Chunk, list[str]]]:
    """The same, each from a host of its own: what is remembered of each."""
    return small_exchanges(size, size // EXCHANGE)


def merge(rows: list[synth.Rows], chunks: list[Chunk] | None = None) -> Chunk:
    """All in the order of time, as one chunk."""
    parts = [
        (r.times, np.arange(len(r.rows) + 1) * r.rows.shape[1], r.rows.reshape(-1)) for r in rows if len(r.rows)
    ] + (chunks or [])
    base = np.cumsum([0, *(len(data) for _, _, data in parts)])
    data = np.concatenate([data for _, _, data in parts])
    times = np.concatenate([times for times, _, _ in parts])
    starts = np.concatenate([edges[:-1] + at for (_, edges, _), at in zip(parts, base, strict=False)])
    ends = np.concatenate([edges[1:] + at for (_, edges, _), at in zip(parts, base, strict=False)])
    order = np.argsort(times, kind="stable")
    view = memoryview(data)
    joined = b"".join([view[a:b] for a, b in zip(starts[order].tolist(), ends[order].tolist(), strict=True)])
    edges = np.concatenate([[0], np.cumsum((ends - starts)[order])])
    return times[order], edges, np.frombuffer(bytearray(joined), np.uint8)


def write(path: Path, chunks: Iterable[tuple[Chunk, list[str]]]) -> tuple[int, list[str]]:
    """The capture and its truth, a name appears only when its file is whole; how many packets, and images' hashes."""
    partial, hashes, packets = path.with_suffix(".part"), [], 0
    with partial.open("wb") as out:
        out.write(HEADER)
        for (times, edges, data), found in chunks:
            for shift, value in ((0, times // 10**9), (4, times % 10**9 // 1000)):
                for byte in range(4):
                    data[edges[:-1] + shift + byte] = value >> (8 * byte) & 0xFF
            out.write(data.data)
            hashes += found
            packets += len(times)
    path.with_suffix(".truth.txt").write_text("".join(f"{h}\n" for h in sorted(set(hashes))))
    partial.rename(path)
    return packets, hashes


BUILDERS = {
    "upload_heavy": 1000,
    "video_heavy": 1000,
    "small_packets": 300,
    "single_pair": 1000,
    "small_exchanges": 78,
    "http_hosts": 23,
}


def build(name: str, size: int = 0) -> Path:
    """Make one capture unless it is there; size in MB."""
    path = folder() / f"{name}.pcap"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file():
        started = time.perf_counter()
        packets, hashes = write(path, globals()[name]((size or BUILDERS[name]) * 1_000_000))
        size = path.stat().st_size // 1_000_000
        print(f"{path.name}: {size} MB, {packets} packets, {len(hashes)} images, {len(set(hashes))} distinct")
        print(f"  built in {time.perf_counter() - started:.1f} s")
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", default=list(BUILDERS))
    parser.add_argument("--size", type=int, default=0, help="MB instead of the usual size")
    arguments = parser.parse_args()
    for chosen in arguments.names:
        build(chosen, arguments.size)
