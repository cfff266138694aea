"""Wording, frames, reading, timeline and pictures, each by itself."""

import itertools

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.report import frames, reading
from netaudit.report.judgements import Judgements
from netaudit.report.sections_endpoints import Hosts
from netaudit.report.sections_findings import extract_command
from netaudit.report.timeline import BARS, LANES, timeline
from netaudit.report.wording import Wording, short_size
from tests.report import fakes

SPANS = st.lists(st.tuples(st.integers(1, 300), st.integers(0, 20)).map(lambda pair: (pair[0], sum(pair))), max_size=30)


@given(SPANS)
@settings(max_examples=100, deadline=None)
def test_merged_ranges_hold_the_same_frames_and_do_not_touch(spans):
    merged = frames.merge(spans)
    wanted = {n for first, last in spans for n in range(first, last + 1)}
    assert {n for first, last in merged for n in range(first, last + 1)} == wanted
    assert frames.count(merged) == len(wanted)
    assert all(a[1] + 1 < b[0] for a, b in itertools.pairwise(merged))
    text, more = frames.show(merged, len(merged) + 1)
    assert more == 0
    assert frames.parse(text.replace("–", "-")) == merged


def test_frames_text_of_any_shape_is_read():
    assert frames.parse("17-19,23") == [(17, 19), (23, 23)]
    assert frames.parse("") == frames.parse("none") == []
    assert frames.parse("9-3") == [(9, 9)]
    assert frames.show([(1, 2), (4, 4), (6, 9)], 2) == ("1–2, 4", 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (345_678, "346 kB"),
        (999_400, "999 kB"),
        (999_600, "1.0 MB"),
        (2_100_000_000, "2.1 GB"),
        (10**18, "1000 PB"),
    ],
)
def test_sizes_are_short(value, text):
    assert short_size(value) == text


@given(st.integers(-(2**63), 2**63 - 1))
@settings(max_examples=100, deadline=None)
def test_any_time_can_be_shown(ns):
    assert Wording("zh").when(ns).local


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_texts_are_capped_and_printable(text):
    w = Wording("en")
    for shown in (w.text(text, 50), w.exact(text, 50)):
        assert len(shown) <= 50
        assert not set(shown) & set("\u202e\u2066\u200f\ufeff\x00\x1b\n\r")


def test_masking_is_for_text_and_not_for_hashes():
    w = Wording("en")
    assert w.exact("1" * 64) == "1" * 64
    assert "13812345678" not in w.text("call 13812345678")
    assert Wording("en", unmask=True).text("call 13812345678") == "call 13812345678"


def test_extract_command_survives_any_id():
    assert extract_command("F0a1b2c3d") == "netaudit extract CASE F0a1b2c3d -o finding-F0a1b2c3d.pcapng"
    assert extract_command("$(rm x)") == "netaudit extract CASE '$(rm x)' -o finding-rmx.pcapng"


def test_rows_keep_nanoseconds_and_nulls():
    table = fakes.filled("captures", [fakes.capture(first_ts=fakes.T0 + 1, last_ts=None)])
    assert reading.rows(table, "first_ts", "last_ts", "drops") == [
        {"first_ts": fakes.T0 + 1, "last_ts": None, "drops": None}
    ]


def test_joins_by_key_find_or_give_null():
    objects = fakes.filled("objects", [{"object_id": "a", "sha256": "1"}, {"object_id": "b", "sha256": "2"}])
    (found,) = reading.looked_up(pa.array(["b", "x", None]), objects, "object_id", ["sha256"])
    assert found.to_pylist() == ["2", None, None]
    (none,) = reading.looked_up(pa.array(["b"]), fakes.filled("objects", []), "object_id", ["sha256"])
    assert none.to_pylist() == [None]


def test_exploded_lists_survive_many_chunks():
    parts = [fakes.filled("findings", [fakes.finding(object_ids=ids)]) for ids in (["a", "b"], [], None, ["c"])]
    parents, values = reading.exploded(pa.concat_tables(parts), "object_ids")
    assert parents.to_pylist() == [0, 0, 3]
    assert values.to_pylist() == ["a", "b", "c"]


def test_findings_are_ordered_by_certainty_act_and_number():
    judged = Judgements(fakes.office())
    assert [(f["certainty"], f["act"]) for f in judged.all] == [
        ("A", "uploaded outside"), ("A", "uploaded outside"), ("A", "retrieved from outside"), ("A", "moved inside"), ("B", "uploaded outside"), ("D", "uploaded outside"),
    ]  # fmt: skip
    assert [f["number"] for f in judged.all] == [1, 2, 3, 4, 5, 6]
    assert judged.transfers.num_rows == 34


def test_timeline_counts_every_transfer_once_and_stays_inside():
    case = fakes.office()
    w = Wording("zh")
    judged = Judgements(case)
    drawing = timeline(case, judged, Hosts(case, w), w)
    assert [lane.label for lane in drawing.lanes][:2] == ["192.168.1.21", "2408:8256:328…ff:fe00:21"]
    assert {box.kind for box in drawing.boxes} == {"seen", "hidden", "captured"}
    for box in drawing.boxes:
        assert drawing.left <= box.x
        assert box.x + box.width <= drawing.right + 2
        assert box.y >= 0
        assert box.y + box.height <= drawing.height
    assert [clock for _, clock, _ in drawing.ticks] == [f"{2 + n // 6:02}:{n % 6}0:00" for n in range(7)]
    assert drawing.ticks[0][2] == "2025-10-20"


def test_timeline_is_bounded_and_absent_without_times():
    w = Wording("en")
    case = fakes.huge(2000, 1000)
    drawing = timeline(case, Judgements(case), Hosts(case, w), w)
    assert len(drawing.lanes) == LANES
    assert drawing.more == 200 - LANES
    assert len(drawing.boxes) <= LANES * BARS + 401
    empty = fakes.FakeCase()
    assert timeline(empty, Judgements(empty), Hosts(empty, w), w) is None


@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_timeline_takes_any_times(times):
    w = Wording("zh")
    case = fakes.FakeCase(
        {
            "findings": [
                fakes.finding(finding_id=str(n), first_ts=a, last_ts=b, object_ids=[]) for n, (a, b) in enumerate(times)
            ]
        }
    )
    drawing = timeline(case, Judgements(case), Hosts(case, w), w)
    assert len(drawing.ticks) <= 17
