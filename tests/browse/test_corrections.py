"""A field of a route: its values over time, masked, and what an analyst says that it means, which entries follow."""

from __future__ import annotations

import pytest
import yaml
from starlette.testclient import TestClient
from typer.testing import CliRunner

from netaudit.browse.access import Gate
from netaudit.browse.server import application
from netaudit.browse.shelf import Shelf
from netaudit.browse.texts import TEXTS
from netaudit.case.custody import broken, entries
from netaudit.case.decisions import fields_decided, latest
from netaudit.cli.app import app
from tests.browse.conftest import EVIL, HOST, MOUNT
from tests.routes.test_routes import NAMES, audited, named
from tests.spoken import number

HOME = f"{MOUNT}/c/0"


@pytest.fixture
def own(tmp_path):
    """A browser that was let in to a case of a dialect that nobody described."""
    case = audited(tmp_path, named)
    gate = Gate(application(Shelf([case.folder]), MOUNT, "en"), HOST, MOUNT, lambda _: None)
    client = TestClient(gate, base_url=f"http://{HOST}")
    client.get(gate.address)
    client.headers["origin"] = f"http://{HOST}"
    client.folder, client.rows = case.folder, case.table("fields").to_pylist()
    return client


def test_a_correction_is_kept_beside_what_was_found_and_entries_follow_it(own) -> None:
    table = own.folder / "tables" / "fields.parquet"
    before = table.read_bytes()
    place = next(at for at, row in enumerate(own.rows) if row["path"] == "khxm")
    other = next(at for at, row in enumerate(own.rows) if row["path"] == "xsd")
    page = own.get(f"{HOME}/row/fields/{place}")
    assert TEXTS["values_over_time"]["en"] in page.text
    assert "2025-06-01 02:1" in page.text
    assert not any(name in page.text for name in NAMES)
    answer = own.post(f"{HOME}/correct/{place}", data={"meaning": "salesperson", "note": EVIL, "by": "A"})
    assert answer.status_code == 200
    assert "#corrections" in str(answer.url)
    assert "<script>alert" not in answer.text
    assert own.post(f"{HOME}/correct/{other}", data={"meaning": "none"}).status_code == 200
    route = own.rows[place]["route_id"]
    said = fields_decided(own.folder)
    assert (said[route, "khxm"].meaning, said[route, "khxm"].found_meaning, said[route, "khxm"].by) == (
        "salesperson", "name", "A",
    )  # fmt: skip
    assert not latest(own.folder)  # of devices
    assert entries(own.folder)[-1]["what"] == "decided"
    assert not broken(own.folder)
    assert table.read_bytes() == before
    assert own.get(f"{HOME}/fields").status_code == 200
    told = CliRunner().invoke(app, ["rules", "learn", str(own.folder)]).stdout
    (entry,) = yaml.safe_load(told)
    assert entry["purpose"] == {"salesperson": ["khxm"]}
    assert "name" not in entry["person"]
    assert "score" not in entry
    assert not any(name in told or number(at) in told for at, name in enumerate(NAMES))


@pytest.mark.parametrize(("row", "meaning"), [(0, ""), (0, "no such"), (0, "act.query"), (99_999, "time")])
def test_what_is_no_correction_is_refused(own, row, meaning) -> None:
    assert own.post(f"{HOME}/correct/{row}", data={"meaning": meaning}).status_code == 400
    assert not fields_decided(own.folder)
