"""What a transfer is, by the scopes of its ends: the predicates that cases and live runs share."""

from __future__ import annotations

import pytest

from netaudit.findings import acts
from netaudit.findings.acts import KNOWN, LEAST_BYTES, LEAST_KNOWN, MOVED, RETRIEVED, SHAPED, UPLOADED, VIDEO

IN, OUT, MANY, UNKNOWN = "inside", "outside", "multicast", "unknown"


@pytest.mark.parametrize(
    ("protocol", "sender", "receiver", "collected", "expected"),
    [
        ("http", IN, OUT, False, UPLOADED),
        ("http", IN, IN, False, MOVED),
        ("http", OUT, IN, True, RETRIEVED),
        ("http", OUT, IN, False, ""),  # a news picture that someone looked at
        ("http", OUT, OUT, True, ""),
        ("http", IN, MANY, False, ""),
        ("http", UNKNOWN, UNKNOWN, True, ""),
        ("rtp", IN, OUT, False, VIDEO),
        ("ps", IN, IN, True, VIDEO),
        ("rtp", OUT, IN, True, ""),
        ("rtp", UNKNOWN, UNKNOWN, True, ""),
    ],
)
def test_act(protocol, sender, receiver, collected, expected) -> None:
    assert acts.act(protocol, sender, receiver, collected=collected) == expected


def test_the_inside_device_acts() -> None:
    assert acts.acting(UPLOADED, "in", "out") == "in"
    assert acts.acting(RETRIEVED, "out", "in") == "in"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [({}, True), ({"face": False}, False), ({"upload": False}, False), ({"personal": True}, False)],
)
def test_collects(changed, expected) -> None:
    given = {"face": True, "upload": True, "personal": False} | changed
    assert acts.collects(IN, OUT, **given) is expected
    assert acts.collects(IN, IN, **given) is False
    assert acts.collects(UNKNOWN, UNKNOWN, **given) is False


@pytest.mark.parametrize(("complete", "whole", "grade"), [(True, True, "A"), (False, True, "B"), (True, False, "B")])
def test_certainty(complete, whole, grade) -> None:
    assert acts.certainty(complete=complete, whole=whole) == grade


@pytest.mark.parametrize(
    ("up", "down", "bursts", "known", "expected"),
    [
        (LEAST_BYTES, LEAST_BYTES // 2, 1, False, SHAPED),
        (LEAST_BYTES, LEAST_BYTES // 2 + 1, 1, False, ""),
        (LEAST_BYTES - 1, 0, 1, False, ""),
        (LEAST_BYTES, 0, 0, True, ""),  # small talk for hours
        (LEAST_KNOWN, 10 * LEAST_KNOWN, 1, True, KNOWN),
        (LEAST_KNOWN - 1, 0, 1, True, ""),
        (LEAST_BYTES, 0, 1, True, SHAPED),
    ],
)
def test_upload_shape(up, down, bursts, known, expected) -> None:
    assert acts.upload_shape(up, down, bursts, known=known) == expected
