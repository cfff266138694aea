"""Measure true and false matches of relayed images: made-up offices in numbers (tests/findings/correlation/offices.py).

    python benchmarks/relays.py nulls 10000        offices in which nothing is sent on: endpoints named (all are wrong)
    python benchmarks/relays.py unlike 5000        same, other offices (tests/findings/correlation/unlike.py)
    python benchmarks/relays.py steered 3000       the same, both steered by light or visitor (benchmarks/nulls.md)
    python benchmarks/relays.py batches 3000       the same with several uploads in one request
    python benchmarks/relays.py anew 500           the same where another photograph, encoded anew, follows each image
    python benchmarks/relays.py relays 200         offices of each form: precision, recall, calibration
    python benchmarks/relays.py scale              100,000 images, 1,000,000 units, 200 endpoints: seconds and memory

Seeds are those kept for reports; `--development` takes the others.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import Counter, defaultdict
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))
from netaudit.findings.correlation.nulls import corrected
from tests.findings.correlation import offices, steered, unlike

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa


def nulls(
    count: int,
    first: int,
    kinds: Sequence[str],
    office: Callable[[int, str], offices.Office],
    stacks: Sequence[str] = offices.STACKS,
) -> None:
    """Endpoints named, and told to go together, where nothing is sent on, by kind of upload; chances, by mode."""
    wrong, alike, images, started = Counter[str](), Counter[str](), 0, time.process_time()
    chances: defaultdict[str, list[float]] = defaultdict(list)
    for k in range(count):
        seed = first + k
        stack = stacks[seed // len(kinds) % len(stacks)]
        result = offices.judged(office(seed, stack), seed)
        images += len(result.matches)
        if result.claimed:
            wrong[f"{kinds[seed % len(kinds)]}, {stack}"] += 1
        if result.together is not None:
            alike[result.together.mode] += 1
        for test in result.tests:
            if test.chance is not None:
                chances[test.mode].append(corrected(test.chance.p, test.tried))
    named = f"{sum(wrong.values())} endpoints named wrongly {dict(wrong)}, {images} images told"
    print(f"{count} offices, {named}; go together: {dict(alike)}")
    for mode, found in sorted(chances.items()):
        below = ", ".join(f"{sum(p <= limit for p in found)} below {limit:g}" for limit in (0.1, 0.01, 0.001))
        print(f"{mode:10} {len(found)} tests: {below}")
    print(f"{time.process_time() - started:.0f} s of processor time")


def relays(count: int, first: int, chosen: str | None, *, partly: bool) -> None:
    """Precision, recall and calibration by form; endpoints named, and told to go together."""
    print("form        named  go together  sent   told  right  precision  recall  wrong expected (95 % of it)")
    for place, form in enumerate(offices.FORMS):
        if chosen not in (None, form):
            continue
        named = together = sent = told = right = 0
        expected = 0.0
        for k in range(count):
            seed = first + 100_000 * (place + 1) + k
            office = offices.relay_office(seed, form, partly=partly)
            result = offices.judged(office, seed)
            named += result.claimed
            together += result.together is not None
            sent += len({image for image, _ in office.truth})
            told += len(result.matches)
            right += sum((match.image, match.unit) in office.truth for match in result.matches)
            expected += sum(1 - match.probability for match in result.matches)
        spread = 1.96 * math.sqrt(max(expected, 1.0))
        precision, recall = (100 * right / max(of, 1) for of in (told, sent))
        print(
            f"{form:10} {named:4}/{count:<4} {together:4} {sent:6} {told:6} {right:6} "
            f"{precision:8.2f} % {recall:6.1f} %  "
            f"{told - right} of {expected:.1f} ({max(expected - spread, 0):.1f}-{expected + spread:.1f})",
            flush=True,
        )


IMAGES, UNITS, ENDPOINTS = 100_000, 1_000_000, 200


def scale() -> None:
    """Time and memory of the stage at the size that is asked for: one endpoint receives a third of all images.

    Memory is what the process holds at the peak beyond what it held with the tables read (an audit only maps them) and
    all loaded, with the allocators of an audit.
    """
    import tempfile
    from multiprocessing import get_context

    from netaudit.pipeline.startup import load_arrow, own_process, trim

    own_process()
    load_arrow()
    import pyarrow as pa

    from netaudit.findings.correlation import judging  # noqa: F401 - an audit has its kernels loaded when it comes here
    from netaudit.findings.correlation.from_tables import find_relays

    offices.judged(offices.null_office(7), 7)
    with tempfile.TemporaryDirectory() as folder:
        maker = get_context("spawn").Process(target=_write_case, args=(folder,))
        maker.start()
        maker.join()
        names = ("encrypted_uploads", "flows", "seen")
        tables = {name: pa.ipc.open_file(pa.OSFile(f"{folder}/{name}.arrow")).read_all() for name in names}
        seen = tables.pop("seen")
        tables |= {"images": seen, "messages": _messages(seen), "captures": None}
        rows = _transfers(seen)
        trim()
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before, started = _held("VmRSS"), time.process_time()
        images, tests = find_relays(tables, rows, lambda address: "inside" if address.startswith("10.") else "outside")
        spent, more = time.process_time() - started, _held("VmHWM") - before
        named = {row["receiver"] for row in tests.to_pylist() if row["standing"] == "claimed"}
        size = f"{IMAGES} images, {UNITS} units, {ENDPOINTS} endpoints"
        held = f"{more} MiB more than {before} ({pa.total_allocated_bytes() >> 20} of these tables)"
        told = f"named {sorted(named)}, {images.num_rows} images told of {IMAGES // 3}"
        print(f"{size}: {spent:.1f} s of processor time, {held}; {told}")


def _held(what: str) -> int:
    """MiB that this process holds, or held at most."""
    return int(Path("/proc/self/status").read_text().partition(f"{what}:")[2].split()[0]) >> 10


def _write_case(folder: str) -> None:
    """Tables of a made-up day, in a process of its own, so that making them costs the other nothing."""
    import numpy as np
    import pyarrow as pa

    from netaudit.core.schema import ENCRYPTED_UPLOADS, FLOWS

    random = np.random.default_rng(1)
    day, second, each = 86_400, 1_000_000_000, UNITS // ENDPOINTS
    times = np.sort(random.uniform(0, day, IMAGES) * second).astype(np.int64)
    sizes = (20_000 * np.exp(random.normal(0, 0.5, IMAGES))).astype(np.int64)
    first = np.sort(random.uniform(0, day, (ENDPOINTS, each)) * second, 1).astype(np.int64).ravel()
    size = (20_000 * np.exp(random.normal(0, 0.5, UNITS))).astype(np.int64)
    sent = np.sort(random.choice(IMAGES, IMAGES // 3, replace=False))  # to the endpoint that follows the others
    first = np.r_[first[: -len(sent)], times[sent] + (random.uniform(0.2, 3, len(sent)) * second).astype(np.int64)]
    size = np.r_[size[: -len(sent)], sizes[sent] + 411 + random.integers(0, 6, len(sent))]
    endpoint = np.r_[
        np.arange(UNITS - len(sent)) * (ENDPOINTS - 1) // (UNITS - len(sent)), np.full(len(sent), ENDPOINTS - 1)
    ]
    order = np.lexsort((first, endpoint))
    first, size, endpoint = first[order], size[order], endpoint[order]
    flow = endpoint * 1000 + np.arange(UNITS) // 50 % 1000
    order = np.lexsort((first, flow))
    first, size, endpoint, flow = first[order], size[order], endpoint[order], flow[order]
    starts = np.flatnonzero(np.r_[True, flow[1:] != flow[:-1]])
    ordinal = np.arange(UNITS) - np.repeat(starts, np.diff(np.r_[starts, UNITS]))
    octets = size + 17 * (size // 16384 + 1)
    one = {"flow_id": "f", "client_ip": "10.0.0.2", "tls_alpn": "http/1.1", "tls_version": "0304", "tls_cipher": "1301"}
    uploads = {
        "unit_id": [f"{k:032x}" for k in range(UNITS)],
        "flow_id": [f"{k:032x}" for k in flow],
        "capture_id": ["c"] * UNITS,
        "first_frame": np.arange(UNITS), "last_frame": np.arange(UNITS),
        "first_ts": first, "last_ts": first + 20_000_000, "answered_ts": first + 50_000_000,
        "ordinal": ordinal, "records": size // 16384 + 1, "octets": octets,
        "lengths": pa.ListArray.from_arrays(np.arange(UNITS + 1, dtype=np.int32), octets),
        "repeats": pa.ListArray.from_arrays(np.arange(UNITS + 1, dtype=np.int32), np.ones(UNITS, np.int64)),
        "before_records": np.ones(UNITS, np.int64), "before_octets": np.full(UNITS, 300),
        "from_start": [False] * UNITS, "lossy": [False] * UNITS, "rule": ["aead13"] * UNITS,
        "plaintext_low": size, "plaintext_high": size, "padded": np.zeros(UNITS, np.int64),
    }  # fmt: skip
    flows = [
        {name: one.get(name) for name in FLOWS.names}
        | {
            "flow_id": f"{k:032x}",
            "server_ip": f"203.0.113.{k // 1000}",
            "server_name": "",
            "payload_up": 9,
            "payload_down": 1,
        }
        for k in np.unique(flow).tolist()
    ]
    _save(folder, "encrypted_uploads", pa.table(uploads, schema=ENCRYPTED_UPLOADS.schema()))
    _save(folder, "flows", pa.Table.from_pylist(flows, schema=FLOWS.schema()))
    _save(folder, "seen", pa.table({"sha256": [f"{k:064x}" for k in range(IMAGES)], "ts": times, "size": sizes}))


def _save(folder: str, name: str, table: pa.Table) -> None:
    import pyarrow as pa

    with pa.OSFile(f"{folder}/{name}.arrow", "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _messages(seen: pa.Table) -> pa.Table:
    import pyarrow as pa

    ids, zeros = seen["sha256"].cast(pa.string()), pa.array([0] * seen.num_rows)
    return pa.table({"message_id": ids, "capture_id": ids, "first_frame": zeros, "last_frame": zeros})


def _transfers(seen: pa.Table) -> Iterator[SimpleNamespace]:
    """Rows of `transfers`, one after the other."""
    for batch in seen.to_batches(1024):
        for row in batch.to_pylist():
            yield SimpleNamespace(
                sha256=row["sha256"], object_id=row["sha256"], message_id=row["sha256"], capture_id="c",
                receiver="10.0.0.2", complete=True, size=row["size"], first_ts=row["ts"], last_ts=row["ts"],
            )  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("nulls", "unlike", "steered", "batches", "anew", "relays", "scale"))
    parser.add_argument("count", nargs="?", type=int, default=200)
    parser.add_argument("--development", action="store_true")
    parser.add_argument("--form", choices=offices.FORMS, help="of relays: this one only")
    parser.add_argument("--stack", choices=offices.STACKS, help="of offices in which nothing is sent on: this one only")
    parser.add_argument("--partly", action="store_true", help="of relays: only a part of the images is sent on")
    parser.add_argument("--skip", type=int, default=0, help="offices left out at the beginning, to go on later")
    given = parser.parse_args()
    start = (offices.DEVELOPMENT if given.development else offices.REPORTED) + given.skip
    steered_start = (steered.DEVELOPMENT if given.development else steered.REPORTED) + given.skip
    stacks = (given.stack,) if given.stack else offices.STACKS
    batched = partial(steered.null_office, batched=True)
    {
        "nulls": lambda: nulls(given.count, start, offices.NULLS, offices.null_office, stacks),
        "steered": lambda: nulls(given.count, steered_start, steered.KINDS, steered.null_office, stacks),
        "batches": lambda: nulls(given.count, steered_start, steered.KINDS, batched, stacks),
        "unlike": lambda: nulls(given.count, start + 1_000_000, unlike.NULLS, unlike.null_office, stacks),
        "anew": lambda: nulls(given.count, start, ("encoded anew",), unlike.unrelated_anew),
        "relays": lambda: relays(given.count, start + 2_000_000, given.form, partly=given.partly),
        "scale": scale,
    }[given.what]()
