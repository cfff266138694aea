"""What pairs outside documents say of who sends them."""

from __future__ import annotations

import pytest

from netaudit.core.contracts.details import DnsDetails, SnmpDetails
from netaudit.events.rules.from_messages import stated_in_pairs
from netaudit.protocols.message import Message

WANTED = {"vendor": "Exampleton", "model": "EX-1", "serial": "EX1-0001", "firmware": "2.1.0"}


def facts(message: Message) -> list[dict[str, str]]:
    return [dict(one.facts) for one in stated_in_pairs(message)]


def announced(*, response: bool) -> Message:
    message = Message("mdns", 0, 0, 1)
    texts = ["brand=Exampleton", "model=EX-1", "sn=EX1-0001", "fw=2.1.0", "users=63", "txtvers"]
    message.details = DnsDetails(
        response=response, answers=[("x._y._tcp.local", "TXT", texts), ("x.local", "A", "192.168.1.7")]
    )
    return message


def test_texts_of_a_service_are_of_the_address_that_is_named_with_them() -> None:
    (found,) = facts(announced(response=True))
    assert found == WANTED | {"ip": "192.168.1.7"}


def test_known_answers_in_a_question_say_nothing() -> None:
    assert facts(announced(response=False)) == []


def test_the_device_id_of_a_printer() -> None:
    message = Message("snmp", 1, 0, 1)
    message.details = SnmpDetails(
        "2c", True, [("device_id", "MFG:Exampleton;CMD:PCL,PDF;MDL:EX-1;CLS:PRINTER;SN:EX1-0001;")]
    )
    (found,) = facts(message)
    assert (found["vendor"], found["model"], found["serial"], found["type"]) == (
        "Exampleton",
        "EX-1",
        "EX1-0001",
        "PRINTER",
    )


UPDATE = "/ota/check?vendor=Exampleton&model=EX-1&sn=EX1-0001&fwver=2.1.0"
HEADS = [
    ("x-device-vendor", "Exampleton"),
    ("x-device-model", "EX-1"),
    ("x-device-sn", "EX1-0001"),
    ("x-firmware-version", "2.1.0"),
]
BROWSER = [("user-agent", "Mozilla/5.0")]


@pytest.mark.parametrize(
    ("path", "heads", "wanted"),
    [
        (UPDATE, [], [WANTED]),
        ("/ota", HEADS, [WANTED]),
        (UPDATE, BROWSER, []),
        ("/ota", HEADS + BROWSER, []),
        ("/find?vendor=Exampleton&model=EX-1&sn=EX1-0001", [], []),  # asks for one
        ("/ota?page=1&size=100&order=newest", [], []),
    ],
)
def test_what_a_request_says_in_its_query_or_heads(
    path: str, heads: list[tuple[str, str]], wanted: list[dict[str, str]]
) -> None:
    assert facts(Message("http", 0, 0, 1, "GET", path=path, headers=heads)) == wanted
