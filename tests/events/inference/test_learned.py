"""Routes whose messages say the same have the same fields; another value, time or entry makes others."""

from __future__ import annotations

import pytest

from netaudit.events.inference import learned, outlines, plans
from netaudit.events.inference.context import Around
from netaudit.events.inference.inferring import infer
from netaudit.events.inference.learned import Learned
from netaudit.events.inference.learning import fields_of
from netaudit.events.inference.messages import Route, RouteMessage, leaf

NOON = 1_773_455_400 * 10**9
HOUR = 3600 * 10**9


def told(sender: str, ns: int = NOON, protocol: str = "http", **more: str) -> RouteMessage:
    """A message with a picture."""
    leaves = [leaf("photo", "photo", "", f"{ns:064x}"), leaf("deviceSn", "deviceSn", "SN0123456789")]
    leaves += [leaf(key, key, value) for key, value in more.items()]
    route = Route(sender, "10.0.0.2", reply=False, protocol=protocol, method="POST", target="/up")
    return RouteMessage(f"{sender} {ns}", route, ("f", "up"), ns, 1, "c", complete=True, leaves=leaves)


def test_who_sends_and_when_is_no_matter() -> None:
    known = Learned()
    one = known.fields([told("10.0.0.3")], [{}])
    assert known.fields([told("10.0.0.4", NOON + HOUR)], [{}]) is one
    assert one["deviceSn"].meaning == fields_of([told("10.0.0.3")])["deviceSn"].meaning == "device"


@pytest.mark.parametrize(
    ("more", "ns", "protocol", "meant"),
    [
        ({"name": "Li"}, NOON, "http", {}),
        ({"ts": "1773455400"}, NOON + HOUR, "http", {}),
        ({}, NOON, "mqtt", {}),
        ({}, NOON, "http", {"SN0123456789": "place"}),
    ],
)
def test_what_changes_a_meaning_is_learned_anew(
    more: dict[str, str], ns: int, protocol: str, meant: dict[str, str]
) -> None:
    known = Learned()
    before = known.fields([told("10.0.0.3", **({"ts": "1773455400"} if "ts" in more else {}))], [{}])
    after = known.fields([told("10.0.0.3", ns, protocol, **more)], [meant])
    assert after is not before
    if meant:
        assert after["deviceSn"].meaning == "place"


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned, "MOST", 4)
    known = Learned()
    one = known.fields([told("10.0.0.3")], [{}])
    for number in range(3):
        known.fields([told("10.0.0.3", place=str(number))], [{}])
    again = known.fields([told("10.0.0.3")], [{}])
    assert again is not one
    assert again == one


def test_outlines_of_equal_leaves_are_one_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlines, "KEPT", 2)
    outlines._met.clear()
    message = told("10.0.0.3", name="Li")
    before = message.outline
    assert told("10.0.0.9", NOON + 1, name="Wu").outline is before
    message.say([*message.leaves, leaf("path[1]", "", "face")])
    assert message.outline is not before
    assert (before.path, message.path, message.outline.path) == ((), "/face", (3,))
    told("10.0.0.3", other="x")
    for number in range(5):
        assert told("10.0.0.3", **{f"k{number}": ""}).outline.keys[2:] == (f"k{number}",)
    assert len(outlines._met) <= 2


def shown(at: int, time: str) -> list:
    """An element of a list: a picture and a time."""
    return [leaf(f"list[{at}].pic", "pic", "", f"{at:064x}"), leaf(f"list[{at}].captureTime", "captureTime", time)]


def test_pictures_of_a_list_are_of_one_event_where_they_say_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MOST_PLANS", 1)
    route = Route("10.0.0.3", "10.0.0.2", reply=False, protocol="http", method="POST", target="/up")
    times = [["2026-03-14 10:30:00"] * 2, ["2026-03-14 10:30:00", "2026-03-14 10:30:05"], ["2026-03-14 10:30:00"] * 2]
    messages = [
        RouteMessage(f"m{n}", route, ("f", "up"), NOON, n, "c", True, [*shown(0, some[0]), *shown(1, some[1])])
        for n, some in enumerate(times)
    ]
    fields = fields_of(messages)
    assert fields["list[].captureTime"].meaning == "time"
    around = Around({}, {}, telling=True, known=True)
    assert [[one.place for one in infer(message, fields, around)] for message in messages] == [
        [""], ["list[0]", "list[1]"], [""],
    ]  # fmt: skip
