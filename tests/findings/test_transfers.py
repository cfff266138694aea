"""Which image went from whom to whom, and what is known of it on its way."""

from __future__ import annotations

import pytest

from netaudit.core.contracts.unwrapping_steps import STILL, UNDONE
from netaudit.findings.transfers import CLEAR, Transfer, transfer_tables, transfers
from tests.findings.examples import CAM, CLOUD, filled, flow


def moved(
    *things: dict[str, object], picture: dict[str, object] | None = None, said: dict[str, object] | None = None,
    flows: list[dict[str, object]] | None = None,
) -> list[Transfer]:  # fmt: skip
    """Transfers of some objects of one picture (`s`), in one message."""
    message = {"message_id": "m", "flow_id": "f", "direction": "up", "first_ts": 5, "last_ts": 7, "host": "h"}
    whole = {"sha256": "5" * 64, "face": "yes", "decodable": True, "problem": "", "face_score": 0.9}
    tables = filled(
        objects=[
            {"object_id": f"o{n}", "message_id": "m", "sha256": "5" * 64, "size": 9, "complete": True} | thing
            for n, thing in enumerate(things)
        ],
        images=[whole | (picture or {})],
        messages=[message | (said or {})],
        flows=flows or [flow(client_ip=CAM, server_ip=CLOUD)],
    )
    return list(transfers(tables["objects"], tables["images"], tables["messages"], tables["flows"]))


@pytest.mark.parametrize(
    ("direction", "sender", "receiver", "up"), [("up", CAM, CLOUD, True), ("down", CLOUD, CAM, False)]
)
def test_it_goes_the_way_of_its_message(direction: str, sender: str, receiver: str, up: bool) -> None:
    (one,) = moved({}, said={"direction": direction})
    assert (one.sender, one.receiver, one.upload) == (sender, receiver, up)
    assert (one.client, one.server, one.server_port, one.transport) == (CAM, CLOUD, 80, "tcp")
    assert (one.object_id, one.message_id, one.host, one.size) == ("o0", "m", "h", 9)
    assert (one.first_ts, one.last_ts, one.digest) == (5, 7, int("5" * 15, 16))


def test_times_that_are_not_known_are_none() -> None:
    (one,) = moved({}, said={"first_ts": None, "last_ts": None})
    assert (one.first_ts, one.last_ts, one.opened) == (0, 0, "")


@pytest.mark.parametrize(
    ("picture", "whole"),
    [
        ({"decodable": True, "problem": ""}, True),
        ({"decodable": False, "problem": ""}, False),
        ({"decodable": None, "problem": ""}, False),
        ({"decodable": True, "problem": "truncated"}, False),
    ],
)
def test_a_picture_is_whole_that_decodes_without_a_problem(picture: dict[str, object], whole: bool) -> None:
    assert [one.whole_image for one in moved({}, picture=picture)] == [whole]


@pytest.mark.parametrize(("score", "sure"), [(None, True), (CLEAR, True), (CLEAR - 0.001, False)])
def test_a_face_is_sure_from_a_score_on(score: float | None, sure: bool) -> None:
    assert [one.sure for one in moved({}, picture={"face_score": score})] == [sure]


@pytest.mark.parametrize(
    ("way", "still", "undone"),
    [(None, False, False), (f"a › {STILL} 3", True, False), (f"a › {UNDONE}", False, True), ("a › jpeg", False, False)],
)
def test_how_it_was_had_is_known(way: str | None, still: bool, undone: bool) -> None:
    assert [(one.still, one.undone) for one in moved({"unwrap_path": way})] == [(still, undone)]


@pytest.mark.parametrize(
    "thing",
    [
        {"sha256": "6" * 64},  # no picture
        {"kind": "part"},  # the one piece of a file has its bytes, and is not sent again
        {"message_id": "another"},
    ],
)
def test_what_moves_nothing(thing: dict[str, object]) -> None:
    assert [one.object_id for one in moved({}, thing)] == ["o0"]


def test_a_message_without_its_connection_moves_nothing() -> None:
    """Connections beyond what is judged are set aside, what they carried is not."""
    assert moved({}, flows=[flow(flow_id="another", client_ip=CAM, server_ip=CLOUD)]) == []


@pytest.mark.parametrize(
    ("other", "ids"),
    [
        ({"sha256": "5" * 64}, ["o0"]),  # the first reading has it as well
        ({"sha256": "6" * 64}, ["o0", "o1"]),
    ],
)
def test_the_other_reading_of_a_connection_comes_last_and_says_nothing_twice(
    other: dict[str, object], ids: list[str]
) -> None:
    ends = {"client_ip": CAM, "server_ip": CLOUD}
    things = [
        {"object_id": "o1", "message_id": "v"} | other,
        {"object_id": "o0", "message_id": "m", "sha256": "5" * 64},
    ]
    tables = filled(
        objects=things,
        images=[{"sha256": f"{digit}" * 64, "face": "yes"} for digit in (5, 6)],
        messages=[{"message_id": one, "flow_id": one, "direction": "up"} for one in "mv"],
        flows=[flow(flow_id="m", **ends, doubts=[]), flow(flow_id="v", **ends, doubts=["conflict", "variant"])],
    )
    found = transfers(tables["objects"], tables["images"], tables["messages"], tables["flows"])
    assert [one.object_id for one in found] == ids


def test_as_tables_they_are_the_same() -> None:
    flows = [
        flow(client_ip=CAM, server_ip=CLOUD),
        flow(flow_id="g", client_ip=CAM, server_ip=CLOUD, doubts=["variant"]),
    ]
    for some in (flows[:1], flows):
        tables = filled(
            objects=[
                {
                    "object_id": f"o{n}",
                    "message_id": "mn"[n % 2],
                    "sha256": f"{n % 3}" * 64,
                    "size": n,
                    "complete": True,
                }
                for n in range(6)
            ],
            images=[{"sha256": f"{n}" * 64, "face": "yes", "decodable": True, "problem": ""} for n in range(3)],
            messages=[
                {"message_id": "m", "flow_id": "f", "direction": "up"},
                {"message_id": "n", "flow_id": "g", "direction": "up"},
            ],
            flows=some,
        )
        asked = (tables["objects"], tables["images"], tables["messages"], tables["flows"])
        rows = [Transfer(**row) for table in transfer_tables(*asked) for row in table.to_pylist()]
        assert sorted(rows) == sorted(transfers(*asked))
        assert len(rows) == 3
