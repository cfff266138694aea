"""Whose end of a flow an address is, where several devices had it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.core.schema import BINDINGS, FLOWS
from netaudit.core.schema.holders import Holders
from netaudit.findings.ends import Ends
from tests.findings.test_moments import filled

if TYPE_CHECKING:
    import pyarrow as pa
    import pytest

CAMERA, OTHER, ROUTER = "08:54:11:00:00:01", "9a:21:5e:00:00:02", "00:0a:eb:31:c0:02"
IP, CLOUD = "192.168.1.64", "47.96.10.20"


def scope(ip: str) -> str:
    return "inside" if ip.startswith("192.") else "outside"


def tables(*flows: tuple[str, int, str]) -> dict[str, pa.Table]:
    """Two devices that held one address, the second from 100 on; flows as (id, time, link address)."""
    held = [(CAMERA, 0, 50), (OTHER, 100, 200)]
    return {
        "flows": filled(
            FLOWS,
            [
                {"flow_id": name, "first_ts": ts, "client_ip": IP, "client_mac": mac, "server_ip": CLOUD, "server_mac": ROUTER}
                for name, ts, mac in flows
            ],
        ),
        "bindings": filled(
            BINDINGS,
            [{"device_id": mac, "mac": mac, "ip": IP, "from_ts": first, "to_ts": last} for mac, first, last in held]
            + [{"device_id": ROUTER, "mac": ROUTER, "ip": ""}],
        ),
    }  # fmt: skip


def test_flows_are_renamed_by_who_held_the_address_then() -> None:
    some = tables(("a", 10, CAMERA), ("b", 150, OTHER), ("c", 20, ROUTER), ("d", 160, ROUTER))
    named = Ends(some).renamed(some["flows"], scope)
    assert named["client_ip"].to_pylist() == [CAMERA, OTHER, CAMERA, OTHER]  # behind a router by its time
    assert named["server_ip"].to_pylist() == [CLOUD] * 4


def test_an_address_of_one_device_stays_as_it_is() -> None:
    some = tables(("a", 10, CAMERA))
    some["bindings"] = some["bindings"].slice(0, 1)
    assert Ends(some).renamed(some["flows"], scope) is some["flows"]


def test_addresses_that_nobody_is_known_to_have_held_are_not_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody can write from a million addresses: only those that a device held can be several devices'."""
    asked: list[str] = []
    several = Holders.several
    monkeypatch.setattr(Holders, "several", lambda self, ip: asked.append(ip) or several(self, ip))
    held = [
        {"device_id": mac, "mac": mac, "ip": "10.0.0.1", "from_ts": at, "to_ts": at + 5}
        for at, mac in ((0, "a"), (9, "b"))
    ]
    sent = [
        {"flow_id": f"f{n}", "client_ip": f"10.1.{n >> 8}.{n & 255}", "client_mac": "r", "server_ip": "10.0.0.1"}
        for n in range(9000)
    ]
    ends = Ends({"flows": filled(FLOWS, sent), "bindings": filled(BINDINGS, held)})
    assert asked == ["10.0.0.1"]
    assert ends.device("10.0.0.1", "f1") == "a"


def test_behind_a_router_the_holder_is_named_where_several_held_the_address() -> None:
    some = tables(("a", 10, OTHER), ("b", 20, ROUTER), ("c", 10, CAMERA))
    alone = some | {"bindings": filled(BINDINGS, [row | {"to_ts": 50} for row in some["bindings"].to_pylist() if row["mac"] != OTHER])}  # fmt: skip
    ends = Ends(alone)
    assert ends.named(IP, "a", "inside") == OTHER  # its frames say another one
    assert ends.named(IP, "b", "inside") == IP
    assert ends.named(IP, "c", "inside") == IP
    assert ends.named(IP, "a", "outside") == IP
    assert (ends.disputed(IP, "a"), ends.disputed(IP, "b"), ends.disputed(IP, "c")) == (OTHER, "", "")
    assert Ends(some).named(IP, "b", "inside") == CAMERA
    told = [row | {"device_id": f"box {row['mac']}"} for row in some["bindings"].to_pylist()]
    assert Ends(some | {"bindings": filled(BINDINGS, told)}).named(IP, "b", "inside") == IP  # no link address


def test_whose_an_end_is_by_link_address_and_time() -> None:
    ends = Ends(tables(("a", 10, CAMERA), ("b", 150, OTHER)))
    assert (ends.device(IP, "a"), ends.device(IP, "b"), ends.device(IP)) == (CAMERA, OTHER, OTHER)
    assert (ends.device(CAMERA), ends.device(CLOUD, "a")) == (CAMERA, CLOUD)
    assert (ends.holder_is(IP, "a", CAMERA), ends.holder_is(IP, "b", CAMERA), ends.holder_is(IP, "a", "")) == (True, False, False)  # fmt: skip
    assert (ends.holder_is(IP, "", OTHER), ends.holder_is(CLOUD, "a", CAMERA)) == (True, False)
    assert (ends.holds(CAMERA), ends.holds("00:00:00:00:00:09"), ends.forwards(ROUTER), ends.forwards(CAMERA)) == (True, False, True, False)  # fmt: skip
    assert (ends.of_link(CAMERA, IP), ends.of_link(CAMERA, "")) == (CAMERA, CAMERA)
