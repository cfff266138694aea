"""What is added to findings once they are made: what another capture, a tunnel or a dialogue says of their connections."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from netaudit.findings import from_tables
from netaudit.findings.vocabulary import KIND
from tests.findings.examples import CAM, CLOUD, filled, flow


def finding(*flows: str, kind: str = "uploaded") -> Any:
    return SimpleNamespace(kind=KIND[kind], flow_ids=list(flows), reasons=[], capture_ids=["c"])


@pytest.mark.parametrize(
    ("flows", "reasons"),
    [
        ([{"tunnel": "gre", "client_outer": CAM}], [f"borne?tunnel=gre&sender={CAM}"]),
        ([{"tunnel": "pppoe", "client_outer": CAM}], []),  # a subscriber's line, whose addresses are its own
        ([{"tunnel": "gre", "client_outer": "192.168.1.9"}], []),  # told of the hosts within
        ([{"tunnel": "", "client_outer": ""}], []),
        ([{}], []),
        ([{"tunnel": "gre", "client_outer": CAM}, {"tunnel": "gre", "client_outer": CAM}], [f"borne?tunnel=gre&sender={CAM}"]),
        ([{"tunnel": "ipip", "client_outer": CAM}, {"tunnel": "gre", "client_outer": CAM}],
         [f"borne?tunnel={one}&sender={CAM}" for one in ("gre", "ipip")]),
    ],
)  # fmt: skip
def test_what_a_tunnel_carried_is_said_to_be_its_senders(flows: list[dict[str, str]], reasons: list[str]) -> None:
    rows = [flow(flow_id=f"f{n}", client_ip=CAM, server_ip=CLOUD, **one) for n, one in enumerate(flows)]
    found, other = finding(*(row["flow_id"] for row in rows), "gone"), finding("g")
    from_tables._name_tunnels([found, other], filled(flows=rows)["flows"])
    assert (found.reasons, other.reasons) == (reasons, [])


@pytest.mark.parametrize(
    ("more", "named"),
    [({}, True), ({"packets_down": 0}, False), ({"tunnel": "gre"}, False), ({"server_outer": "47.96.1.1"}, False)],
)
def test_what_a_bridge_of_two_ends_here_carried_names_both(more: dict[str, Any], named: bool) -> None:
    ends = {"client_outer": "192.168.1.8", "server_outer": "192.168.1.7", "tunnel": "vxlan"}
    rows = [flow(client_ip=CAM, server_ip=CLOUD, packets_up=3, packets_down=3, **ends) | more]
    found, other = finding("f"), finding("g")
    from_tables._name_bridges([found, other], filled(flows=rows)["flows"])
    assert found.reasons == ["bridged?tunnel=vxlan&one=192.168.1.7&other=192.168.1.8"] * named
    assert other.reasons == []


@pytest.mark.parametrize(
    ("media", "kind", "reasons"),
    [
        ([("offer", "playback", "f"), ("offer", "", "f")], "video", ["video_asked?what=playback%2C+unnamed"]),
        ([("answer", "playback", "f")], "video", []),
        ([("offer", "playback", "")], "video", []),
        ([("offer", "playback", "g")], "video", []),
        ([("offer", "playback", "f")], "uploaded", []),
        (None, "video", []),
    ],
)
def test_what_video_was_asked_for(media: list[tuple[str, str, str]] | None, kind: str, reasons: list[str]) -> None:
    found = finding("f", kind=kind)
    rows = [dict(zip(("role", "purpose", "flow_id"), one, strict=True)) for one in media or ()]
    from_tables._name_dialogues([found], None if media is None else filled(media=rows)["media"])
    assert found.reasons == reasons


@pytest.mark.parametrize(
    ("seen", "captures", "reasons"),
    [
        ([("f", "d", "c")], ["c", "d"], ["seen_again?n=1"]),
        ([("f", "c", "c")], ["c"], ["seen_across?n=1"]),
        ([("f", "d", "c"), ("g", "c", "c"), ("h", "d", "c")], ["c", "d"], ["seen_again?n=1", "seen_across?n=1"]),
        ([("h", "d", "c")], ["c"], []),
        ([], ["c"], []),
    ],
)
def test_which_connections_another_capture_shows(
    seen: list[tuple[str, str, str]], captures: list[str], reasons: list[str]
) -> None:
    found = finding("f", "g")
    rows = [dict(zip(("of_flow_id", "capture_id", "of_capture_id"), one, strict=True)) for one in seen]
    from_tables._name_sightings([found], filled(sightings=rows)["sightings"])
    assert (found.capture_ids, found.reasons) == (captures, reasons)
    from_tables._name_sightings([found], None)
    assert found.capture_ids == captures
