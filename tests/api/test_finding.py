"""Cases and findings as people meet them in a notebook: HTML, plots, packets."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pyarrow as pa
import pytest

import netaudit
from netaudit.api import Case, open_case
from netaudit.api.plots import transfers
from netaudit.core.schema import BY_NAME, TABLES, TABLES_VERSION
from netaudit.errors import UsageError
from netaudit.evidence.case.writing import make_folders, write_json
from netaudit.tables.finalizing.sorting import write_table

mpl.use("Agg")
OFFICE = Path(__file__).parents[2] / "pcaps" / "sales_office" / "lan.pcapng"
T0 = 1_760_925_600_000_000_000
HOSTILE = "<script>alert(1)</script>\u202e"


def write(folder: Path, **rows: list[dict]) -> Case:
    make_folders(folder)
    write_json(folder / "case.json", {"tables_version": TABLES_VERSION, "partial": False, "site": HOSTILE})
    for table in TABLES:
        filled = [{name: row.get(name) for name in table.names} for row in rows.get(table.name, [])]
        write_table(folder, table, pa.Table.from_pylist(filled, schema=table.schema()))
    return open_case(folder)


def finding(number: int, **more: object) -> dict:
    return {
        "finding_id": f"F{number}", "certainty": "A", "act": "uploaded outside", "sender": "10.0.0.1", "receiver": "1.2.3.4",
        "images": 2, "bytes": 5, "object_ids": [], "flow_ids": [], "reason": HOSTILE,
    } | more  # fmt: skip


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return write(
        tmp_path / "case",
        findings=[
            finding(1, object_ids=["o1", "o2"]),
            finding(12, certainty="D", receiver="5.6.7.8", flow_ids=["f1"]),
        ],
        objects=[{"object_id": f"o{n}", "message_id": f"m{n}", "sha256": "ab" * 32, "kind": "jpeg"} for n in (1, 2, 3)],
        messages=[{"message_id": f"m{n}", "first_ts": T0 + n, "last_ts": T0 + n} for n in (1, 2, 3)],
        flows=[{"flow_id": "f1", "first_ts": T0, "last_ts": T0 + 9}],
        images=[{"sha256": "ab" * 32, "face": "yes"}],
    )


def test_a_finding_by_its_id(case):
    one = case.finding("F12")
    assert (one.certainty, one.receiver) == ("D", "5.6.7.8")
    assert repr(one) == "<Finding F12: D, 10.0.0.1 uploaded outside, to 5.6.7.8>"
    assert not len(one.objects)
    with pytest.raises(AttributeError):
        _ = one.colour


@pytest.mark.parametrize(("identity", "problem"), [("F1", "more than one"), ("G", "no finding")])
def test_an_id_that_does_not_name_one_finding(case, identity, problem):
    with pytest.raises(UsageError, match=problem):
        case.finding(identity)


def test_the_images_of_a_finding(tmp_path, case):
    one = write(tmp_path / "other", findings=[finding(1, object_ids=["o1", "o2"])]).finding("F1")
    assert not len(one.images)
    found = case.table("findings")["finding_id"].to_pylist()
    assert found == ["F1", "F12"]


def test_html_escapes_what_comes_from_captures(case):
    for html in (case._repr_html_(), case.finding("F12")._repr_html_()):
        assert "<script" not in html
        assert "&lt;script&gt;" in html
        assert "\u202e" not in html
        assert html.count("<table>") == html.count("</table>") > 0


def test_a_case_without_findings_shows_itself(tmp_path):
    assert "<table>" in write(tmp_path / "case")._repr_html_()


def test_transfers_are_images_seen_and_flows_not_seen(case):
    rows = transfers(case)
    assert [(row.receiver, bool(row.seen)) for row in rows.itertuples()] == [
        ("5.6.7.8", False), ("1.2.3.4", True), ("1.2.3.4", True),
    ]  # fmt: skip


def test_the_matrix_counts_images_and_marks_what_is_not_visible(case):
    ax = case.plot.matrix()
    assert sorted(text.get_text() for text in ax.texts) == ["2", "D 1"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1.2.3.4", "5.6.7.8"]


def test_the_timeline_draws_every_transfer(case):
    ax = case.plot.timeline()
    assert sum(len(points.get_offsets()) for points in ax.collections) == 2
    assert len(ax.patches) == 1  # a bar for what is not visible
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["uploaded outside", "content not visible"]
    mpl.pyplot.close("all")


def test_plots_of_an_empty_case(tmp_path):
    empty = write(tmp_path / "case")
    assert not empty.plot.matrix().texts
    assert empty.plot.timeline().get_legend() is None
    mpl.pyplot.close("all")


def test_packets_of_a_finding(tmp_path):
    audited = netaudit.audit(OFFICE, tmp_path / "case", faces=False)
    row = audited.findings[audited.findings["certainty"] == "D"].iloc[0]
    packets = audited.finding(row.finding_id).packets()
    flows = audited.flows[audited.flows["flow_id"].isin(row.flow_ids)]
    assert len(packets) == (flows["packets_up"] + flows["packets_down"]).sum() > 0
    assert {packet.type for packet in packets} == {0x0800}


def test_records_come_as_a_frame(tmp_path):
    assert not len(write(tmp_path / "case").records())
    assert set(BY_NAME["persons"].names) >= {"value_masked", "value_hmac", "certainty"}
