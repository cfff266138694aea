"""Which identity data on its way is a finding, how sure, and what is none."""

from __future__ import annotations

import pyarrow as pa
import pytest

from netaudit.core.contracts.reasons import parsed
from netaudit.core.schema import BY_NAME, FINDINGS
from netaudit.findings.from_tables import judge, other_records
from netaudit.findings.identity import SAYINGS, Group, saying_of
from netaudit.findings.transfers import transfers
from netaudit.findings.vocabulary import FACE_IN_CLEAR, IDENTITY_IN_CLEAR, KINDS
from netaudit.report.texts import catalogue
from tests.wording import english

TERMINAL, SERVER, PC, PHONE, CRM = "192.168.1.70", "192.168.1.10", "192.168.1.100", "192.168.1.201", "47.98.60.33"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120"
HANDSET = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)"


def scope(ip: str) -> str:
    return "inside" if ip.startswith("192.168.") else "outside"


def person(
    message="m1", field="$.idNumber", kind="id_number", certainty="checked", masked="110***********002X", **more
):
    row = {"message_id": message, "object_id": f"o{message}", "kind": kind, "field": field, "certainty": certainty}
    return row | {"value_masked": masked, "value_hmac": f"h-{masked}-{kind}"} | more


def name(message="m1", field="$.name"):
    return person(message, field, "name", "named", "张*")


def message(identity="m1", flow="f1", direction="up", **more):
    row = {"message_id": identity, "flow_id": flow, "capture_id": "c", "protocol": "http", "direction": direction}
    return (
        row
        | {"host": "crm.example", "path": "/p", "user_agent": "", "first_ts": 5, "last_ts": 6, "complete": True}
        | more
    )


def flow(identity="f1", client=TERMINAL, server=CRM):
    return {
        "flow_id": identity, "capture_id": "c", "transport": "tcp", "client_ip": client, "server_ip": server,
        "server_port": 80, "protocol": "http", "first_ts": 1, "last_ts": 9, "client_mac": "02:00:00:00:00:07",
        "packets_up": 9, "packets_down": 9, "payload_up": 900, "payload_down": 90, "handshake": "SA",
    }  # fmt: skip


def document(message="m1", complete=True):
    return {
        "object_id": f"o{message}",
        "message_id": message,
        "sha256": "",
        "size": 90,
        "kind": "json",
        "complete": complete,
        "unwrap_path": "request body › json",
    }


def picture(message="m1", face="yes"):
    digest = f"{len(message):064x}"
    thing = {
        "object_id": f"i{message}",
        "message_id": message,
        "sha256": digest,
        "size": 900,
        "kind": "jpeg",
        "complete": True,
        "unwrap_path": "request body › json $.photo › base64 › jpeg",
    }
    return thing, {"sha256": digest, "face": face, "decodable": True, "problem": ""}


def judged(**rows):
    given = {"flows": [flow()], "messages": [message()], "objects": [document()], "persons": [person(), name()]} | rows
    tables = {}
    for title, table in BY_NAME.items():
        schema = table.schema()
        tables[title] = pa.Table.from_pylist(
            [{column: row.get(column) for column in schema.names} for row in given.get(title, [])], schema=schema
        )
    moved = transfers(tables["objects"], tables["images"], tables["messages"], tables["flows"])
    return judge(tables, moved, scope)


def found(**rows):
    return judged(**rows).findings.to_pylist()


def told_apart(**rows):
    return judged(**rows).apart.to_pylist()


def told(**rows):
    return [(row["certainty"], row["act"], row["records"], row["persons"], row["images"]) for row in found(**rows)]


def test_every_rule_on_records_says_how_they_are_told_and_counts_what_its_kinds_count() -> None:
    empty = {title: table.schema().empty_table() for title, table in BY_NAME.items()}
    rules = {IDENTITY_IN_CLEAR, *other_records(empty)}
    assert set(SAYINGS) == rules, "SAYINGS of identity.py, and what judge looks for (other_records)"
    for rule, saying in SAYINGS.items():
        figures = saying.figures(Group())
        assert set(figures) <= set(FINDINGS.names), rule.name
        kinds = [kind for kind in KINDS if rule in kind.rules]
        assert kinds
        for kind in kinds:
            assert kind.counts in figures or kind.counts == "images", f"{kind.name}: its findings do not count that"
        for code in (saying.alone, saying.for_hosts, saying.odd):
            assert not code or f"reason.{code}" in catalogue(), (rule.name, code)


def test_records_of_a_rule_that_nobody_knows_are_never_told_as_others() -> None:
    with pytest.raises(ValueError, match="face-image-in-clear"):
        saying_of(FACE_IN_CLEAR)


def test_a_record_that_left_whole_is_a_finding_of_certainty_a() -> None:
    (row,) = found()
    assert (row["certainty"], row["act"], row["sender"], row["receiver"]) == ("A", "uploaded outside", TERMINAL, CRM)
    assert (row["records"], row["persons"], row["transfers"], row["images"]) == (1, 1, 1, 0)
    assert (row["document_ids"], row["object_ids"], row["flow_ids"]) == (["om1"], [], ["f1"])
    assert english(row["reason"]) == (
        "records with an identity number: 1, distinct numbers: 1, for crm.example; a name beside the number: 1"
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"persons": [person()]}, "A"),  # its field says what it is
        ({"persons": [person(field="$.q"), name()]}, "A"),  # a name says so
        ({"persons": [person(field="$.q")]}, ""),
        ({"persons": [person(certainty="named"), name()]}, "B"),  # a wrong check digit
        ({"persons": [name()]}, ""),
        ({"persons": [name(), person(kind="phone", certainty="named", field="$.phone", masked="138******00")]}, ""),
        ({"persons": [person(masked="990***********0019"), name()]}, "B"),  # of no region
        ({"messages": [message(complete=False)]}, "B"),
        ({"objects": [document(complete=False)]}, "B"),
    ],
)
def test_what_a_record_must_have(rows, expected) -> None:
    assert [row[0] for row in told(**rows)] == ([expected] if expected else [])


def test_a_document_that_is_known_says_what_the_number_is() -> None:
    event = {
        "event_id": "e",
        "message_id": "m1",
        "certainty": "code",
        "id_number_hmac": person()["value_hmac"],
        "recalled": [],
    }
    rows = {"persons": [person(field="$.q")]}
    assert told(**rows, events=[event])[0][0] == "A"
    assert told(**rows, events=[event | {"certainty": "hearsay"}]) == []
    assert told(**rows, events=[event | {"recalled": ["person.id_number"]}]) == []


def test_a_request_that_was_challenged_and_came_again_counts_once() -> None:
    refused = message("r1", direction="down") | {"status": 401, "request_id": "m1"}
    again = message("m2") | {"first_ts": 1_000_000_005}
    rows = {
        "messages": [message(), refused, again],
        "objects": [document(), document("m2")],
        "persons": [person(), name(), person("m2"), name("m2")],
    }
    (row,) = found(**rows)
    assert (row["records"], row["transfers"]) == (1, 1)
    both = found(**rows | {"messages": [message(), refused | {"status": 500}, again]})
    assert sorted((row["outcome"], row["records"]) for row in both) == [("completed", 1), ("refused", 1)]
    (row,) = found(**rows | {"messages": [message(), refused], "persons": [person(), name()], "objects": [document()]})
    assert row["records"] == 1  # it never came again: it was sent nevertheless


def test_moved_inside_and_answers_to_outsiders() -> None:
    assert told(flows=[flow(server=SERVER)])[0][:2] == ("A", "moved inside")
    reply = message(direction="down")
    assert told(flows=[flow(client="8.8.8.8", server=SERVER)], messages=[reply])[0][:2] == ("A", "uploaded outside")


def test_what_comes_from_outside_needs_a_ground() -> None:
    reply = message("m2", "f2", "down")
    back = {"flows": [flow(), flow("f2", PC)], "messages": [message(), reply], "objects": [document(), document("m2")]}
    alone = {"persons": [person("m2"), name("m2")]}
    assert told(**back, **alone) == []  # person records alone
    again = {"persons": [person(), name(), person("m2"), name("m2")]}
    assert ("A", "retrieved from outside", 1, 1, 0) in told(**back, **again)  # a person who was sent out comes back
    named = [{"endpoint_id": CRM, "ip": CRM, "scope": "outside", "service": "x", "service_class": "sales_platform"}]
    assert [row[1] for row in told(**back, **alone, endpoints=named)] == ["retrieved from outside"]
    store = [named[0] | {"service_class": "object_store"}]
    assert told(**back, **alone, endpoints=store) == []


def test_a_visitors_own_phone_and_ones_own_form_are_no_findings() -> None:
    page = {"flow": "f2", "identity": "m2", "user_agent": HANDSET}
    two = {"flows": [flow(client=PHONE), flow("f2", PHONE, "1.1.1.1")]}
    assert told(**two, messages=[message(user_agent=HANDSET), message(**page)]) == []
    assert told(flows=[flow(client=PHONE)], messages=[message(user_agent=HANDSET)])[0][0] == "B"  # one fact only
    browser = {"flows": [flow(client=PC)], "messages": [message(user_agent=BROWSER)]}
    assert told(**browser) == []  # one person: may be its user
    two = [person(), name(), person(field="$.list[1].idNumber", masked="310***********0023")]
    assert told(**browser, persons=two)[0][0] == "A"


def test_images_and_records_are_one_story() -> None:
    thing, image = picture()
    (row,) = found(objects=[document(), thing], images=[image])
    assert (row["images"], row["with_identity"], row["records"], row["persons"]) == (1, 1, 1, 1)
    assert row["object_ids"] == ["im1"]
    assert row["document_ids"] == ["om1"]
    assert "sent with an identity number beside: 1" in english(row["reason"])
    assert row["rule"] == "face-image-in-clear/2 identity-in-clear/1"


def test_a_possible_face_counts_in_a_damaged_image_only() -> None:
    thing, image = picture(face="possible")
    rows = {"persons": [], "images": [image]}
    assert told(objects=[thing], **rows) == []
    (row,) = found(objects=[thing | {"complete": False}], **rows)
    assert (row["certainty"], row["images"], row["possible"]) == ("B", 1, 1)
    assert "the face only possible: 1" in english(row["reason"])


def test_a_pushed_image_that_comes_back_was_retrieved() -> None:
    thing, image = picture()
    back = thing | {"object_id": "i2", "message_id": "m2"}
    rows = {
        "flows": [flow(), flow("f2", PC, "47.1.1.1")],
        "messages": [message(), message("m2", "f2", "down", host="other.example")],
        "persons": [],
        "images": [image],
    }
    assert {row[1] for row in told(objects=[thing, back], **rows)} == {"uploaded outside", "retrieved from outside"}
    assert told(objects=[back], **rows) == []


def test_times_files_and_figures_of_a_finding_on_records() -> None:
    rows = {
        "flows": [flow(), flow("f2")],
        "messages": [message(first_ts=5, last_ts=6), message("m2", "f2", first_ts=3, last_ts=4, opened="k.log"),
                     message("m3", "f2", first_ts=8, last_ts=9, complete=False, opened="k.log")],
        "objects": [document(), document("m2"), document("m3")],
        "persons": [person(), name(), person("m2", masked="310***********0023"), person("m3"), person("m3", "$.other")],
    }  # fmt: skip
    made = judged(**rows).findings
    by_grade = {row["certainty"]: row for row in made.drop_columns(["first_ts", "last_ts"]).to_pylist()}
    assert list(zip(*(made[name].cast("int64").to_pylist() for name in ("first_ts", "last_ts")), strict=True)) == [
        (3, 6), (8, 9),
    ]  # fmt: skip
    assert (by_grade["A"]["records"], by_grade["A"]["persons"], by_grade["A"]["transfers"], by_grade["A"]["bytes"]) == (
        2,
        2,
        2,
        180,
    )
    assert (by_grade["A"]["flow_ids"], by_grade["A"]["opened"], by_grade["A"]["document_ids"]) == (["f1", "f2"], ["k.log"], ["om1", "om2"])  # fmt: skip
    codes = {parsed(one).code: parsed(one).arguments for one in by_grade["A"]["reason"].split("; ")}
    assert codes["records_for"] == {"n": "2", "m": "2", "hosts": "crm.example"}
    assert (codes["records_opened"], codes["records_named"]) == ({"n": "1"}, {"n": "1"})
    assert "records_broken" not in codes
    assert {parsed(one).code for one in by_grade["B"]["reason"].split("; ")} == {"records_for", "records_opened", "records_broken"}  # fmt: skip


def test_records_without_a_region_are_counted_as_such() -> None:
    (row,) = found(persons=[person(masked="999***********0019"), name()])
    assert "records_region?n=1" in row["reason"].split("; ")
    (row,) = found()
    assert "records_region" not in row["reason"]


@pytest.mark.parametrize(
    ("again", "direction", "status", "records"),
    [
        (30 * 10**9, "down", 407, 1),
        (30 * 10**9 + 1, "down", 401, 2),  # half a minute after
        (-1, "down", 401, 2),  # before
        (1, "down", 403, 2),
    ],
)
def test_a_challenged_request_comes_again_within_half_a_minute(
    again: int, direction: str, status: int, records: int
) -> None:
    refused = message("r1", direction=direction) | {"status": status, "request_id": "m1"}
    rows = {
        "messages": [message(first_ts=100), refused, message("m2", first_ts=100 + again)],
        "objects": [document(), document("m2")], "persons": [person(), name(), person("m2"), name("m2")],
    }  # fmt: skip
    assert sum(row["records"] for row in found(**rows)) == records


@pytest.mark.parametrize(
    ("rows", "apart"),
    [
        ({"persons": [person(field="$.q")]}, [("numbers alone", 1)]),
        ({"persons": [person(field="$.q", certainty="chance")]}, [("numbers as chance gives", 1)]),
        ({"persons": [person(field="$.q"), person(field="$.q", masked="310***********0023")]}, [("numbers alone", 2)]),
        ({"persons": [person(field="$.q")], "flows": [flow(server=SERVER)]}, []),  # it stayed inside
        ({"persons": [person(field="$.q")], "messages": [message(direction="down")]}, []),  # it came
        ({}, []),
    ],
)
def test_numbers_that_nothing_names_are_told_apart_where_they_left(rows, apart: list[tuple[str, int]]) -> None:
    assert [(row["what"], row["number"]) for row in told_apart(**rows)] == apart


@pytest.mark.parametrize(("persons", "findings"), [(2, 0), (3, 1)])
def test_three_persons_on_one_way_are_taken_for_such(persons: int, findings: int) -> None:
    numbers = [person(field="$.q", masked=f"110***********00{n}X") for n in range(persons)]
    made = found(persons=numbers)
    assert len(made) == findings
    assert [row["doubts"] for row in made] == [["numbers alone"]] * findings
    assert sum(row["number"] for row in told_apart(persons=numbers)) == (0 if findings else persons)


def test_what_a_visitors_own_phone_or_a_form_sent_is_told_apart() -> None:
    page = {"flow": "f2", "identity": "m2", "user_agent": HANDSET}
    own = {"flows": [flow(client=PHONE), flow("f2", PHONE, "1.1.1.1")]}
    own |= {"messages": [message(user_agent=HANDSET), message(**page)]}
    assert [(row["what"], row["number"], row["size"]) for row in told_apart(**own)] == [("identity records", 1, 90)]
    form = {"flows": [flow(client=PC)], "messages": [message(user_agent=BROWSER)]}
    assert [(row["what"], row["number"], row["size"]) for row in told_apart(**form)] == [("one person's number", 1, 90)]
    thing, image = picture()  # with a picture it is no form
    assert told(**form, objects=[document(), thing], images=[image])[0][:3] == ("A", "uploaded outside", 1)
    inside = {"flows": [flow(client=PHONE, server=SERVER), flow("f2", PHONE, "1.1.1.1")], "messages": own["messages"]}
    assert told_apart(**inside) == []
    assert told(**inside) == []


@pytest.mark.parametrize(("source", "grade"), [(CRM, "B"), (SERVER, "A")])
@pytest.mark.parametrize(("held", "own"), [("", False), ("om2", True)])
def test_numbers_that_had_just_come_from_outside_are_sent_on(source: str, grade: str, held: str, own: bool) -> None:
    """In an address or a header, where pages and redirections put them; a document of its own is the device's."""
    rows = {
        "flows": [flow("f0", source, TERMINAL), flow("f2")],
        "messages": [message("m1", "f0", first_ts=3), message("m2", "f2", first_ts=5)],
        "objects": [document(), document("m2")],
        "persons": [person(), name(), person("m2", object_id=held), name("m2")],
    }
    sent = [row for row in found(**rows) if row["sender"] == TERMINAL]
    assert [row["certainty"] for row in sent] == ["A" if own else grade]
    assert [row["doubts"] for row in sent] == [["came from outside"] if grade == "B" and not own else []]


@pytest.mark.parametrize(("persons", "contested"), [(2, False), (3, True)])
def test_a_phone_that_sends_the_numbers_of_several_persons_is_told(persons: int, contested: bool) -> None:
    page = {"flow": "f2", "identity": "m2", "user_agent": HANDSET}
    own = {"flows": [flow(client=PHONE), flow("f2", PHONE, "1.1.1.1")]}
    own |= {"messages": [message(user_agent=HANDSET), message(**page)]}
    numbers = [person(field=f"$.list[{n}].idNumber", masked=f"110***********00{n}X") for n in range(persons)]
    made = found(**own, persons=[*numbers, name()])
    assert [row["role_reason"].partition("?")[0] for row in made] == ["contested_persons"] * contested


def test_a_record_in_anothers_name_that_nobody_took_is_told_apart_and_the_next_is_judged() -> None:
    own, other = "02:00:00:00:00:07", "02:00:00:00:00:09"
    forged = flow() | {"client_mac": other, "packets_down": 1, "payload_down": 0}
    rows = {
        "flows": [forged, flow("f2")], "messages": [message(), message("m2", "f2")],
        "objects": [document(), document("m2")], "persons": [person(), name(), person("m2"), name("m2")],
        "bindings": [{"device_id": own, "mac": own, "ip": TERMINAL, "from_ts": 0, "to_ts": 99, "by": ["arp"]}],
    }  # fmt: skip
    assert [(row["certainty"], row["flow_ids"]) for row in found(**rows)] == [("A", ["f2"])]
    assert [(row["what"], row["number"]) for row in told_apart(**rows)] == [("sender cannot be told", 1)]


@pytest.mark.parametrize(("answered", "host"), [(4, "real.example"), (6, "crm.example")])
def test_for_whom_records_were_is_told_by_what_dns_had_led_to_by_then(answered: int, host: str) -> None:
    mac = "02:00:00:00:00:07"
    facts = [{"kind": "dns", "ip": CRM, "ts": answered}, {"kind": "dns_client", "mac": mac, "ip": TERMINAL, "ts": 3}]
    (row,) = found(
        observations=[fact | {"field": "name", "value": "real.example"} for fact in facts],
        bindings=[{"device_id": mac, "mac": mac, "ip": TERMINAL, "from_ts": 0, "to_ts": 99, "by": ["arp"]}],
    )
    made = [parsed(one) for one in row["reason"].split("; ")]
    assert made[0].arguments["hosts"] == host
    assert ("host_against" in {one.code for one in made}) is (host == "real.example")
