"""Read-outs of ID cards wherever they are: binary, in hex or base64, behind other bytes, damaged; and what is none."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.content.part import Part
from netaudit.content.unwrap import Budget, unwrap
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.events.identity.from_unwrapping import personal
from tests.protocols.carrier import check_cuts, check_gaps
from tests.protocols.vendors import device_frames as made
from tests.reference.messages import down, up

CARD = made.id_card()
FIELDS = {
    "name": "张示例", "gender": "male", "nation": "01", "birthday": "19900101", "address": "示例省示例市一号",
    "idNumber": "990101199001010019", "issuingAuthority": "示例公安局", "validFrom": "20150101", "validTo": "20350101",
}  # fmt: skip


def leaves(data, **more):
    return list(unwrap(Part(data, Way.of("body"), body_range=(0, len(data)), **more), Budget()))


def named(found, kind):
    return [leaf for leaf in found if leaf.kind == kind]


@pytest.mark.parametrize(
    "body",
    [
        CARD,
        b"\x01\x02\x03" + CARD + b"\x00",
        CARD.hex().encode(),
        json.dumps({"sn": "1", "card": CARD.hex().upper()}).encode(),
        json.dumps({"card": base64.b64encode(CARD).decode()}).encode(),
        b"--b\r\nContent-Type: application/octet-stream\r\n\r\n" + CARD + b"\r\n--b--\r\n",
        made.id_card(prints=b""),
        made.id_card(prints=bytes(range(256)) * 4),
    ],
)
def test_found_wherever_it_is(body):
    found = leaves(body)
    texts = [json.loads(leaf.part.data) for leaf in named(found, "json") if b"idNumber" in leaf.part.data]
    assert texts == [FIELDS]
    (portrait,) = named(found, "wlt")
    assert (portrait.part.data, portrait.part.complete) == (made.PORTRAIT, True)
    assert "id card portrait" in portrait.part.path


def test_bytes_on_the_wire():
    found = leaves(b"\x01" + CARD)
    (text,) = [leaf for leaf in named(found, "json") if leaf.part.path.endswith("id card text › json")]
    assert text.part.body_range == (1 + 14, 1 + 14 + 256)
    assert any("decoded" in note for leaf in found for note in leaf.notes)
    (portrait,) = named(found, "wlt")
    assert portrait.part.body_range == (1 + 14 + 256, 1 + 14 + 256 + 1024)


def test_persons():
    rows = [row for leaf in leaves(CARD) for row in personal(leaf)]
    assert {(row.kind, row.value, row.certainty) for row in rows} >= {
        ("id_number", "990101199001010019", "checked"), ("name", "张示例", "named"), ("birthday", "19900101", "named"),
        ("address", "示例省示例市一号", "named"),
    }  # fmt: skip


def test_damaged():
    (text,) = named(leaves(CARD, missing=[(20, 22)]), "json")
    assert "name" not in json.loads(text.part.data)
    assert not text.part.complete
    (portrait,) = named(leaves(CARD, missing=[(300, 340)]), "wlt")
    assert portrait.part.missing == [(30, 70)]
    cut = leaves(CARD[:500], unknown_from=500)
    (portrait,) = named(cut, "wlt")
    assert (len(portrait.part.data), portrait.part.complete) == (230, False)
    (text,) = named(cut, "json")
    assert json.loads(text.part.data) == FIELDS
    assert named(leaves(CARD[:180], unknown_from=180), "wlt") == []


@pytest.mark.parametrize(
    "data",
    [
        CARD[:5] + b"\x05\x09" + CARD[7:],
        CARD.replace(b"\x01\x00\x04\x00", b"\x01\x00\x04\x01", 1),
        b"\xaa\xaa\xaa\x96\x69" * 300,
        made.CARD_COMMAND * 100,
    ],
)
def test_none(data):
    assert {leaf.kind for leaf in leaves(data)} <= {"opaque", "text"}


@given(st.binary(max_size=80), st.integers(0, 1300), st.binary(min_size=1, max_size=3))
def test_never_raises(before, at, wrong):
    data = before + CARD[:at] + wrong + CARD[at + len(wrong) :]
    for leaf in leaves(data):
        assert leaf.kind != "wlt" or len(leaf.part.data) <= 1024


def test_reader_over_tcp():
    events = [
        up(made.CARD_COMMAND),
        down(CARD),
        up(made.CARD_COMMAND),
        down(b"\xaa\xaa\xaa\x96\x69\x00\x04\x00\x00\x80\x84"),
    ]
    messages, summary = check_cuts(events, server_port=8899)
    assert summary.protocol == "idcard"
    assert [(m.method, m.body) for m in messages if m.direction] == [("card", CARD), ("frame", b"")]
    check_gaps(events, {CARD}, length=40, step=97)
