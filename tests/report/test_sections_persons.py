"""The section on persons: masked, or clear when the report is; every number called what it is."""

from __future__ import annotations

import pytest

from netaudit.report.sections_persons import persons
from netaudit.report.wording import Wording
from tests.report.fakes import T0, FakeCase

HOSTILE = "<b>\u202e"


def case_of(records: int = 1) -> FakeCase:
    rows = [
        {"message_id": f"m{n:03d}", "object_id": "o", "kind": kind, "field": f"$.{kind}", "value_masked": value,
         "value_hmac": f"{kind}{n}", "certainty": "checked" if kind == "id_number" else "named"}
        for n in range(records) for kind, value in (("name", "\u674e**"), ("id_number", "110*************2X"), ("device", HOSTILE))
    ]  # fmt: skip
    event = {"message_id": "event", "object_id": "o", "kind": "score", "field": "$.s", "value_masked": "88"}
    made = FakeCase(
        {
            "persons": [*rows, event],
            "messages": [{"message_id": f"m{n:03d}", "first_ts": T0 + n, "host": "h", "path": "/p", "first_frame": 7}
                         for n in range(records)],
            "objects": [{"object_id": "i", "message_id": "m000", "sha256": "ab" * 32, "unwrap_path": "x"}],
            "images": [{"sha256": "ab" * 32, "face": "yes"}],
        },
        {"people": {"names": 1, "face_images_exact": None, "first_ts": T0, "last_ts": T0}},
    )  # fmt: skip
    made.clear = [
        {"message_id": "m000", "object_id": "o", "kind": "name", "field": "$.name", "value_hmac": "name0",
         "value_clear": "\u674e\u56db\u5149"}
    ]  # fmt: skip
    return made


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_record_with_its_image(lang):
    shown = persons(case_of(), Wording(lang))
    (one,) = shown["records"]  # the capture event without a person is none
    assert [value for _, value in one["fields"]] == ["\u674e**", "110*************2X"]
    assert one["checked"]
    assert (one["images"], one["digests"], one["frame"]) == (1, ["ab" * 6], "7")
    assert one["request"] == "h/p"
    assert [value for _, value in one["around"]] == ["<b>\\u202e"]
    assert [value for _, value in shown["counts"]] == ["1", "\u2014"]
    assert shown["period"]["once"]


def test_clear_only_when_the_report_is():
    assert "\u674e\u56db\u5149" not in str(persons(case_of(), Wording("en")))
    assert "\u674e\u56db\u5149" in str(persons(case_of(), Wording("en", unmask=True)))


def test_many_records_are_capped_and_counted():
    shown = persons(case_of(250), Wording("en"))
    assert (len(shown["records"]), shown["n"], shown["more"]) == (200, 250, 50)


def test_a_case_of_an_earlier_version_has_no_people():
    shown = persons(FakeCase(), Wording("en"))
    assert shown["counts"] == shown["records"] == []
    assert shown["period"] is None
