"""As whom a receiver is told: by the names DNS led there, by what requests say, and what speaks against it."""

from __future__ import annotations

import pytest

from netaudit.core.schema import OBSERVATIONS
from netaudit.findings.ends import Ends
from netaudit.findings.receivers import MOST_HOSTS, Receivers, bare
from tests.findings.examples import CAM, CLOUD, LINK, filled, flow
from tests.findings.test_moments import filled as filled_table
from tests.wording import english


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("Up.Example.CN", "up.example.cn"),
        ("up.example.cn.", "up.example.cn"),
        ("up.example.cn:8443", "up.example.cn"),
        ("203.0.113.9:80", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:DB8:0:0::1]:8443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[Not.An.Address]:80", "not.an.address"),
        ("", ""),
    ],
)
def test_a_host_is_told_without_what_is_not_its_name(name: str, host: str) -> None:
    assert bare(name) == host


def receivers(*facts: tuple[str, str, str, str, int]) -> Receivers:
    """Of facts (kind, address, field, value, second)."""
    rows = [
        {"kind": kind, "mac": LINK, "ip": ip, "field": field, "value": value, "ts": ts}
        for kind, ip, field, value, ts in facts
    ]
    tables = filled(flows=[flow(client_ip=CAM, server_ip=CLOUD, client_mac=LINK)], devices=[
        {"device_id": LINK, "ips": [CAM]}
    ]) | {"observations": filled_table(OBSERVATIONS, rows)}  # fmt: skip
    return Receivers(tables, Ends(tables))


def looked_up(name: str, ts: int = 3, answered: int = 4) -> list[tuple[str, str, str, str, int]]:
    return [("dns_client", CAM, "query", name, ts), ("dns", CLOUD, "name", name, answered)]


@pytest.mark.parametrize(("asked", "answered", "at", "led"), [(3, 4, 4, True), (3, 4, 3, False), (5, 4, 4, False)])
def test_a_name_leads_where_it_was_asked_for_and_answered_by_then(
    asked: int, answered: int, at: int, led: bool
) -> None:
    found = receivers(*looked_up("Up.Example.", asked, answered), ("dns", CLOUD, "name", "other.example", 1))
    assert found.led(CAM, CLOUD, "f", at) == ["up.example"] * led
    assert found.led(CAM, "203.0.113.9", "f", at) == []


def test_the_first_time_that_something_was_said_counts() -> None:
    found = receivers(*looked_up("up.example", 9, 9), *looked_up("up.example", 3, 4), *looked_up("up.example", 7, 7))
    assert found.led(CAM, CLOUD, "f", 4) == ["up.example"]


@pytest.mark.parametrize(("at", "names"), [(5, ["a.example"]), (4, [])])
def test_what_a_key_was_answered_for_stands_behind_an_outer_name(at: int, names: list[str]) -> None:
    found = receivers(("dns_client", CAM, "ech", "a.example Front.Example", 5))
    assert found.behind(CAM, "front.example:443", "f", at) == names
    assert found.behind(CAM, "other.example", "f", at) == []


def way(host: str, *, got: bool = True, ts: int = 9) -> tuple[str, str, str, str, int, bool]:
    return CAM, CLOUD, "f", host, ts, got


@pytest.mark.parametrize(
    ("ways", "hosts", "more"),
    [
        ([way("a"), way("b"), way("b")], "b, a", []),
        ([way(one) for one in "dcba"], "a, b, c", []),  # MOST_HOSTS of them
        ([way(""), way("")], "", []),
        ([way("a"), way("", got=False)], "a", []),
        ([way("a", got=False), way("b", got=False), way("b", got=False)], "", ["asked under the name b, a"]),
    ],
)
def test_those_it_went_to_most_are_named_first(
    ways: list[tuple[str, str, str, str, int, bool]], hosts: str, more: list[str]
) -> None:
    named, against = receivers().told(ways)
    assert (named, len(against)) == (hosts, len(more))
    assert all("b, a" in english(one) for one in against)
    assert len(named.split(", ")) <= MOST_HOSTS


@pytest.mark.parametrize(
    ("host", "named", "against"),
    [
        ("up.example:80", "up.example:80", 0),  # DNS led there under it
        ("front.example", "up.example", 1),
        (CLOUD, "up.example", 0),  # an address says no name
        ("", "up.example", 0),
    ],
)
def test_dns_comes_before_what_a_request_says(host: str, named: str, against: int) -> None:
    hosts, more = receivers(*looked_up("up.example")).told([way(host), way(host)])
    assert (hosts, len(more)) == (named, against)
    assert all("front.example" in english(one) and "up.example" in english(one) and "2" in english(one) for one in more)
