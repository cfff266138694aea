"""How many people some findings are of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import netaudit
from netaudit.findings.bearing import NO_REGION, NOT_VALIDATED
from netaudit.findings.people_counted import VALIDATED, Identities
from tests.findings.examples import filled

FIELDS = {"number": ("id_number", "$.idNumber"), "phone": ("phone", "$.mobile"), "name": ("name", "$.name")}


def persons(*records: str, certainty: str = "checked", masked: str = "110*************19") -> list[dict[str, Any]]:
    """Rows of one message a record, written as `number:a phone:b name:c`."""
    return [
        {"message_id": f"m{place}", "value_hmac": text, "certainty": certainty, "value_masked": masked}
        | dict(zip(("kind", "field"), FIELDS[text.partition(":")[0]], strict=True))
        for place, record in enumerate(records)
        for text in record.split()
    ]


@pytest.mark.parametrize(
    ("records", "hmacs", "count", "at_least"),
    [
        (["number:a name:x", "number:b name:y"], "number:a number:b number:a", 2, False),
        (["number:a phone:p name:x", "phone:p name:x"], "number:a phone:p", 1, False),  # joined by the phone number
        (["number:a name:x", "phone:p name:x"], "number:a phone:p", 1, True),  # by the name: may be another of it
        (["number:a name:x", "phone:p name:y"], "number:a phone:p", 2, False),
        (["phone:p name:x", "phone:q name:x"], "phone:p phone:q", 2, False),
        (["number:a phone:p", "number:b phone:p"], "phone:p", 1, True),  # one of them, or somebody else
        (["number:a name:x", "number:b name:x", "phone:p name:x"], "number:a phone:p", 2, True),
        ([], "template:t", 0, False),
    ],
)
def test_people_are_counted_by_number_else_by_phone(records: list[str], hmacs: str, count: int, at_least: bool) -> None:
    identities = Identities(filled(persons=persons(*records))["persons"])
    people = identities.people([{"person_hmacs": hmacs.split()}, {"person_hmacs": None}])
    assert (len(people), people.at_least) == (count, at_least)


@pytest.mark.parametrize(
    ("certainty", "masked", "validity"),
    [
        ("checked", "110*************19", VALIDATED),
        ("checked", "990*************19", NO_REGION),
        ("named", "110*************19", NOT_VALIDATED),
    ],
)
def test_each_number_says_how_it_was_validated(certainty: str, masked: str, validity: str) -> None:
    rows = persons("number:a name:x", certainty=certainty, masked=masked)
    people = Identities(filled(persons=rows)["persons"]).people([{"person_hmacs": ["number:a"]}])
    assert people.validity == {"number:a": validity}
    assert people.with_number(validity) == 1


def test_identity_data_of_three_people_left_the_demo_office(tmp_path: Path) -> None:
    demo = Path(__file__).parents[2] / "pcaps/sales_office/lan.pcapng"
    case = netaudit.audit(demo, tmp_path / "case", faces=False)
    left = [row for row in case.table("findings").to_pylist() if row["act"] == "uploaded outside" and row["records"]]
    people = Identities(case.table("persons")).people(left)
    assert (len(people), people.at_least) == (3, False)
    assert {row["receiver"]: row["persons"] for row in left} == {"47.96.10.21": 3, "47.98.60.33": 3}
    assert (people.with_number(NO_REGION), people.with_number(NOT_VALIDATED)) == (1, 2)
