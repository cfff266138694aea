"""How long pages of `netaudit browse` take on a large case: `python -m benchmarks.browse [--messages 1000000]`.

The case is made up: messages, a fifth as many flows, a tenth as many images, and what hangs on them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
from starlette.testclient import TestClient

from netaudit.browse.access import Gate
from netaudit.browse.server import application
from netaudit.browse.shelf import Shelf
from netaudit.case.custody import Custody
from netaudit.case.seal import seal
from netaudit.case.writing import make_folders
from netaudit.finalizing.sorting import write_table
from netaudit.tables import BY_NAME, TABLES_VERSION

START = 1_700_000_000_000_000_000
BLANK = {"string": "", "int64": 0, "int32": 0, "bool": False, "double": 0.0}
PAGES = (
    "verdict", "findings", "gallery", "timeline", "topology", "traffic", "journeys", "encrypted", "relays",
    "devices", "events",
    "persons", "endpoints", "ledgers", "tables", "table/messages", "table/messages?from=500000", "row/messages/700000",
    "table/flows", "search?q=camera", "about?value=192.168.0.5", "about?value=203.0.3.7", "about?value=http",
)  # fmt: skip
SORTED = ("first_ts", "path", "host", "message_id", "body_size")


def ids(random: np.random.Generator, count: int) -> list[str]:
    """Hashes of 32 digits."""
    return [one.tobytes().hex() for one in np.frombuffer(random.bytes(16 * count), np.uint8).reshape(count, 16)]


def rows(count: int) -> dict[str, dict[str, object]]:
    """Columns of the tables that matter."""
    random = np.random.default_rng(7)
    flows, images = count // 5, count // 10
    flow_ids, digests = ids(random, flows), [one + one for one in ids(random, images)]
    times = np.sort(random.integers(0, 8 * 3600 * 10**9, count)) + START
    hosts = [f"192.168.{one >> 8}.{one & 255}" for one in random.integers(0, 2000, flows)]
    servers = [f"203.0.{one >> 8}.{one & 255}" for one in random.integers(0, 5000, flows)]
    messages = ids(random, count)
    objects = ids(random, images)
    return {
        "messages": {
            "message_id": messages, "flow_id": [flow_ids[one] for one in random.integers(0, flows, count)],
            "protocol": ["http"] * count, "direction": ["up" if one else "down" for one in random.integers(0, 2,
            count)],
            "host": [f"host{one}.example" for one in random.integers(0, 400, count)],
            "path": [f"/camera/{one % 50}/{one:x}" for one in random.integers(0, 2**40, count)],
            "first_ts": times, "last_ts": times, "body_size": random.integers(0, 10**6, count),
        },
        "flows": {"flow_id": flow_ids, "client_ip": hosts, "server_ip": servers, "bytes_up": random.integers(0,
            10**7, flows),
                  "bytes_down": random.integers(0, 10**6, flows), "first_ts": np.full(flows, START),
                  "last_ts": np.full(flows, START)},
        "images": {"sha256": digests, "kind": ["jpeg"] * images, "face": ["yes"] * images, "first_ts": times[:images],
                   "phash": [one[:16] for one in digests]},
        "objects": {"object_id": objects, "message_id": messages[:images], "sha256": digests,
            "kind": ["jpeg"] * images},
        "findings": {"finding_id": [f"F{one:08x}" for one in range(2000)], "certainty": list("ABCD") * 500,
                     "act": ["uploaded outside"] * 2000,
                     "rule": ["face-image-in-clear/2", "face-image-in-clear/2", "relayed-by-size-and-time/2",
                              "upload-shaped-encrypted/6"] * 500,
                     "sender": hosts[:2000], "receiver": servers[:2000]},
        "devices": {"device_id": [f"02:00:00:00:{one >> 8:02x}:{one & 255:02x}" for one in range(2000)],
                    "ips": [[one] for one in sorted(set(hosts))[:2000]] + [[] for _ in range(2000 - len(set(hosts)))]},
        "journeys": {"journey_id": [f"J{one // 3:08x}" for one in range(images)],
            "leg": [one % 3 + 1 for one in range(images)],
                     "sender": hosts[:images], "receiver": servers[:images], "first_ts": times[:images],
                     "images": [[one] for one in digests]},
        "encrypted_uploads": {"unit_id": objects, "flow_id": [flow_ids[one % flows] for one in range(images)],
            "octets": random.integers(0, 10**6, images),
                              "first_ts": times[:images]},
    }  # fmt: skip


def write(folder: Path, count: int) -> None:
    """A sealed case."""
    make_folders(folder)
    given = rows(count)
    for name, table in BY_NAME.items():
        columns = given.get(name, {})
        size = len(next(iter(columns.values()), ()))  # type: ignore[arg-type]
        arrays = []
        for field in table.schema():
            blank: object = [] if pa.types.is_list(field.type) else BLANK.get(str(field.type))
            arrays.append(pa.array(columns.get(field.name, [blank] * size), field.type))
        write_table(folder, table, pa.table(arrays, schema=table.schema()))
    (folder / "run.json").write_bytes(b"{}")
    manifest = {
        "tables_version": TABLES_VERSION,
        "partial": False,
        "statements": [],
        "totals": {"rows": {}},
        "seal": True,
    }
    (folder / "case.json").write_bytes(orjson.dumps(manifest))
    with Custody(folder) as custody:
        custody.note("begun")
        custody.note("concluded")
        seal(folder, custody)


def main() -> None:
    """Make it, ask for every page twice, tell the seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=1_000_000)
    count = parser.parse_args().messages
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "case"
        folder.mkdir()
        write(folder, count)
        shelf = Shelf(folder)
        gate = Gate(application(shelf, "/m", "en"), "127.0.0.1:1", "/m", lambda _: None)
        browser = TestClient(gate, base_url="http://127.0.0.1:1")
        browser.get(gate.address)
        begun = time.perf_counter()
        shelf.book(0).overviews.prepare()
        shelf.book(0).overviews.drawing(shelf.book(0).case, "en")
        print(f"reckoned from whole tables: {time.perf_counter() - begun:.2f} s")
        for page in (*PAGES, *(f"table/messages?sort={one}&down={down}" for one in SORTED for down in (0, 1))):
            taken = []
            for _ in range(2):
                begun, busy = time.perf_counter(), time.process_time()
                assert browser.get(f"/m/c/0/{page}").status_code == 200, page
                taken.append((time.perf_counter() - begun, time.process_time() - busy))
            first, again = (f"{wall:.2f} s ({cpu:.2f} s of a processor)" for wall, cpu in taken)
            print(f"{page:45} {first}, again {again}")


if __name__ == "__main__":
    main()
