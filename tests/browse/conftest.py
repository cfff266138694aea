"""A small case whose texts are hostile, its pages behind their gate, and a browser that was let in."""

from __future__ import annotations

import io

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("starlette")
pytest.importorskip("httpx2")

import hashlib

from PIL import Image
from starlette.testclient import TestClient

from netaudit.browse.access import Gate
from netaudit.browse.server import application
from netaudit.browse.shelf import Shelf
from netaudit.core.schema import BY_NAME, TABLES_VERSION
from netaudit.evidence.case.custody import Custody
from netaudit.evidence.case.seal import seal
from netaudit.evidence.case.writing import make_folders
from tests.findings.kinds import rule_of

HOST, MOUNT = "127.0.0.1:40404", "/m0unt"
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}\u202e"
HOUR = 3_600_000_000_000
START = 1_700_000_000_000_000_000


def picture() -> bytes:
    out = io.BytesIO()
    pixels = np.random.default_rng(5).integers(0, 255, (90, 120, 3), np.uint8)
    Image.fromarray(pixels).save(out, "JPEG")
    return out.getvalue()


PICTURE = picture()
DIGEST = hashlib.sha256(PICTURE).hexdigest()


def filled(name: str, rows: list[dict]) -> pa.Table:
    """Rows with an empty value in every column that they do not have."""
    schema = BY_NAME[name].schema()
    blank = {"string": "", "int64": 0, "int32": 0, "bool": False, "float64": 0.0}

    def value(field, row):
        given = row.get(field.name, blank.get(str(field.type)))
        return [] if given is None and pa.types.is_list(field.type) else given

    columns = [pa.array([value(field, row) for row in rows], field.type) for field in schema]
    return pa.table(columns, schema=schema)


def rows() -> dict[str, list[dict]]:
    times = [START + number * HOUR for number in range(130)]
    return {
        "findings": [
            {"finding_id": f"F{n:04d}", "certainty": "ABCD"[n % 4], "act": "uploaded outside", "sender": f"192.168.1.{n}",
             "receiver": "203.0.113.9", "images": n, "first_ts": START, "last_ts": START, "object_ids": ["o0"],
             "rule": rule_of("uploaded outside", "ABCD"[n % 4]), "reason": EVIL, "display_filter": "ip.addr == 192.168.1.1"}
            for n in range(8)
        ],
        "objects": [{"object_id": "o0", "message_id": "m0", "sha256": DIGEST, "kind": "jpeg", "name": EVIL, "stored": True}],
        "messages": [
            {"message_id": f"m{n}", "flow_id": "f0", "direction": "up", "protocol": "http", "host": EVIL, "path": f"/p{n}/",
             "first_ts": time, "last_ts": time}
            for n, time in enumerate(times)
        ],
        "flows": [{"flow_id": "f0", "client_ip": "192.168.1.1", "server_ip": "203.0.113.9", "bytes_up": 9, "first_ts": START, "last_ts": START}],
        "images": [{"sha256": DIGEST, "kind": "jpeg", "face": "yes", "first_ts": START, "phash": "00ff00ff00ff00ff", "exif_make": EVIL}],
        "devices": [{"device_id": "02:00:00:00:00:01", "name": EVIL, "vendor": EVIL, "ips": ["192.168.1.1"]}],
        "claims": [{"device_id": "02:00:00:00:00:01", "claim": "vendor", "value": EVIL, "by": EVIL}],
        "events": [{"event_id": "e0", "message_id": "m0", "kind": "face_capture", "name": EVIL, "first_ts": START, "images": [DIGEST]}],
        "journeys": [
            {"journey_id": f"J{n // 2}", "leg": n % 2 + 1, "event_id": "e0", "message_id": "m0", "sender": EVIL, "receiver": f"10.0.0.{n}",
             "first_ts": START + n, "images": [DIGEST], "ties": ["image"]} for n in range(4)
        ],
        "encrypted_uploads": [{"unit_id": "u0", "flow_id": "f0", "octets": 9, "first_ts": START}],
        "persons": [{"message_id": "m0", "object_id": "o0", "kind": "name", "field": EVIL, "value_masked": EVIL}],
    }  # fmt: skip


def manifest(folder) -> None:
    """What a case says of itself."""
    (folder / "run.json").write_bytes(b"{}")
    said = {
        "tables_version": TABLES_VERSION,
        "site": EVIL,
        "partial": False,
        "totals": {"rows": {}},
        "seal": True,
    }
    (folder / "case.json").write_bytes(orjson.dumps(said))


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The folder of a sealed case."""
    folder = tmp_path_factory.mktemp("browse") / "case"
    folder.mkdir()
    make_folders(folder)
    given = rows()
    for name in BY_NAME:
        pq.write_table(filled(name, given.get(name, [])), folder / "tables" / f"{name}.parquet", row_group_size=50)
    place = folder / "private" / "objects" / DIGEST[:2]
    place.mkdir()
    (place / f"{DIGEST}.jpg").write_bytes(PICTURE)
    (folder / "private" / "secret.parquet").write_bytes(b"secret")
    manifest(folder)
    with Custody(folder) as custody:
        custody.note("begun")
        custody.note("concluded")
        seal(folder, custody)
    return folder


class Browser(TestClient):
    """A browser with the cookie, at the right address."""

    gate: Gate
    home = f"{MOUNT}/c/0"


@pytest.fixture(scope="session")
def pages(made):
    return application(Shelf(made), MOUNT, "en")


@pytest.fixture
def gate(pages):
    told: list[str] = []
    gate = Gate(pages, HOST, MOUNT, told.append)
    gate.told = told
    return gate


@pytest.fixture
def stranger(gate):
    """A client at the right address without token or cookie."""
    return TestClient(gate, base_url=f"http://{HOST}", follow_redirects=False, raise_server_exceptions=False)


@pytest.fixture
def browser(gate):
    client = Browser(gate, base_url=f"http://{HOST}")
    client.gate = gate
    assert client.get(gate.address).status_code == 200
    client.headers["origin"] = f"http://{HOST}"
    return client
