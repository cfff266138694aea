"""Records with an identity number: what each says of itself, and when a number alone is enough."""

from __future__ import annotations

from typing import Any

import pytest

from netaudit.core.schema import TARGETS
from netaudit.findings.identity_records import Record, records_of
from tests.findings.examples import CAM, CLOUD, filled, flow
from tests.findings.test_moments import filled as filled_table


def row(kind: str = "id_number", field: str = "$.idNumber", certainty: str = "checked", value: str = "110***********002X", **more: Any) -> dict[str, Any]:  # fmt: skip
    return {
        "message_id": "m", "object_id": "o", "kind": kind, "field": field, "certainty": certainty, "value_masked": value,
        "value_hmac": f"{kind} {value}",
    } | more  # fmt: skip


FLAGS = ("named", "known", "bare", "chance", "unsupported", "phone")
NAME = row("name", "$.name", "named", "张*")


def records(*persons: dict[str, Any], **tables: Any) -> list[tuple[Record, bool]]:
    """Records and whether each is sufficient."""
    said = {"message_id": "m", "flow_id": "f", "direction": "up", "complete": True, "first_ts": 5}
    given = {
        "flows": [flow(client_ip=CAM, server_ip=CLOUD)], "messages": [said],
        "objects": [{"object_id": "o", "message_id": "m", "sha256": "d", "size": 70, "complete": True, "unwrap_path": "x"}],
    } | tables  # fmt: skip
    sufficient, alone = records_of(filled(persons=list(persons), **given))
    return [(one, True) for one in sufficient] + [(one, False) for one in alone]


@pytest.mark.parametrize(
    ("persons", "sufficient", "flags"),
    [
        ([row()], True, set()),  # its field is called so
        ([row(field="$.q"), NAME], True, {"named"}),
        ([row(field="$.q")], False, {"bare"}),
        ([row(field="$.q", certainty="chance")], False, {"bare", "chance"}),
        ([row(certainty="chance")], True, set()),
        ([row(field="$.q", certainty="chance"), row(field="$.r", value="310***********0023")], False, {"bare"}),
        ([row(certainty="shape")], None, set()),
        ([row(field="$.q"), row(field="$.r", certainty="shape", value="3" * 18)], False, {"bare"}),
        ([row(), row(field="$.r", certainty="shape", value="3" * 18)], True, set()),
        ([row(certainty="named", value="110101900101001"), NAME], True, {"named"}),  # of 15 digits
        ([row(certainty="named"), NAME], True, {"named"}),
        ([row(certainty="named", value="000***********002X"), NAME], True, {"named"}),  # whatever its region
        ([row(certainty="named"), row("phone", "$.mobile", "named")], True, {"phone"}),
        ([row(certainty="named")], True, set()),  # its field's name is clear
        ([row(certainty="named", value="000***********002X")], False, {"unsupported"}),
        ([row(certainty="named", value="110101900101001")], False, {"unsupported"}),  # 15 digits are many a number
        ([row(field="$.cardNo", certainty="named"), NAME], False, {"named", "unsupported"}),  # also of other cards
        ([row(certainty="named", value="110***********00**"), NAME], None, set()),  # its end is hidden
        ([row(certainty="named", value="110" + "*" * 12 + "2X"), NAME], None, set()),  # of 17
        ([row("phone", "$.idNumber", "named"), NAME], None, set()),
        ([NAME], None, set()),
    ],
)
def test_what_a_number_says_of_itself(persons: list[dict[str, Any]], sufficient: bool | None, flags: set[str]) -> None:
    found = records(*persons)
    assert [enough for _, enough in found] == [sufficient] * (sufficient is not None)
    for record, _ in found:
        assert {name for name in FLAGS if getattr(record, name)} == flags
        assert (record.sender, record.receiver, record.objects, record.size) == (CAM, CLOUD, {"o"}, 70)


@pytest.mark.parametrize(
    ("event", "known"),
    [
        ({}, True),
        ({"certainty": "hearsay"}, False),
        ({"id_number_hmac": "another"}, False),
        ({"message_id": "n"}, False),
        ({"recalled": ["person.id_number"]}, False),
        ({"recalled": ["person.name"]}, True),
    ],
)
def test_an_entry_that_reads_it_says_what_it_is(event: dict[str, Any], known: bool) -> None:
    said = {"message_id": "m", "certainty": "code", "id_number_hmac": row()["value_hmac"]}
    ((record, enough),) = records(row(field="$.q"), events=[said | event])
    assert (record.known, record.bare, enough) == (known, not known, known)


@pytest.mark.parametrize(
    ("values", "whole", "sound"),
    [
        ((True, True), True, True),
        ((False, True), False, True),
        ((True, False), False, True),
    ],
)
def test_it_is_whole_with_its_message_and_its_documents(values: tuple[bool, bool], whole: bool, sound: bool) -> None:
    said = {"message_id": "m", "flow_id": "f", "direction": "down", "complete": values[0]}
    thing = {"object_id": "o", "message_id": "m", "sha256": "d", "size": 70, "complete": values[1]}
    ((record, _),) = records(row(), messages=[said], objects=[thing])
    assert (record.whole, record.sound, record.sender, record.receiver) == (whole, sound, CLOUD, CAM)
    ((record, _),) = records(row(object_id=""), messages=[said | {"complete": True}], objects=[thing])
    assert (record.whole, record.objects, record.size) == (True, set(), 0)
    ((record, _),) = records(row(value="999***********0019"))
    assert not record.sound


@pytest.mark.parametrize(
    ("numbers", "ways", "sufficient"),
    [
        (3, 1, True),
        (2, 1, False),
        (3, 2, False),  # by different ways
    ],
)
def test_numbers_that_nothing_names_are_enough_from_three_persons_of_a_way_on(numbers: int, ways: int, sufficient: bool) -> None:  # fmt: skip
    flows = [flow(flow_id=f"f{n}", client_ip=CAM, server_ip=f"47.96.1.{n}") for n in range(ways)]
    messages = [
        {"message_id": f"m{n}", "flow_id": f"f{n % ways}", "direction": "up", "complete": True} for n in range(numbers)
    ]
    persons = [row(field="$.q", value=f"110***********00{n}X", message_id=f"m{n}") for n in range(numbers)]
    found = records(*persons, flows=flows, messages=messages)
    assert [enough for _, enough in found] == [sufficient] * numbers
    named = row(value="110***********009X", message_id="m0")
    more = records(*persons, named, flows=flows, messages=messages)
    assert all(enough for _, enough in more) is (sufficient or (numbers, ways) == (2, 1))  # one more of that way


def test_pictures_of_a_record_are_those_at_its_place() -> None:
    images = [{"sha256": sha, "face": "yes"} for sha in "st"]
    objects = [
        {"object_id": "o", "message_id": "m", "sha256": "d", "size": 70, "complete": True, "unwrap_path": "body › json"}
    ]
    objects += [
        {"object_id": f"i{sha}", "message_id": "m", "sha256": sha, "size": 9, "complete": True,
         "unwrap_path": f"body › json $.l[{n}].photo › base64 › jpeg"}
        for n, sha in enumerate("st")
    ]  # fmt: skip
    two = [row(field=f"$.l[{n}].idNumber", value=f"110***********00{n}X") for n in range(2)]
    assert [record.images for record, _ in records(*two, images=images, objects=objects)] == [{"is"}, {"it"}]
    ((record, _),) = records(two[0], images=images, objects=objects)
    assert record.images == {"is", "it"}  # of the only one, all of the message
    assert [record.images for record, _ in records(row(object_id="is"), images=images, objects=objects)] == [{"is"}]


def test_a_picture_that_went_elsewhere_is_known_by_its_address() -> None:
    images = [{"sha256": sha, "face": "yes"} for sha in "st"]
    objects = [{"object_id": f"o{n}", "message_id": f"g{n}", "sha256": sha, "size": 9} for n, sha in enumerate("sst")]
    address = row("picture", "$.photo", "named", "http://x", value_hmac="p")
    targets = [{"message_id": f"g{n}", "picture_hmac": "p"} for n in range(2)]
    for some, elsewhere in ((targets, {"o0", "o1"}), ([*targets, {"message_id": "g2", "picture_hmac": "p"}], set())):
        tables = filled(
            flows=[flow(client_ip=CAM, server_ip=CLOUD)], persons=[row(), address], images=images, objects=objects,
            messages=[{"message_id": "m", "flow_id": "f", "direction": "up", "complete": True}],
        )  # fmt: skip
        tables["targets"] = filled_table(TARGETS, some)
        (record,) = records_of(tables).sufficient
        assert record.elsewhere == elsewhere
