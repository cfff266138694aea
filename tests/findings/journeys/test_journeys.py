"""Journeys: what ties legs, what is too weak or too common to, and that neither order nor number matters."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.core.schema import BY_NAME, MESSAGES, TARGETS
from netaudit.findings.journeys import from_tables as joining
from netaudit.findings.journeys import legs
from netaudit.findings.journeys import places as found_at
from netaudit.findings.journeys.from_tables import join_journeys, with_ends
from netaudit.findings.journeys.ties import MOST_LEGS
from tests.processor_time import within

SECOND = 10**9
CAMERA, TERMINAL, SERVER, CLOUD, CRM, PC = (
    "192.168.1.64",
    "192.168.1.66",
    "192.168.1.10",
    "203.0.113.5",
    "203.0.113.9",
    "192.168.1.100",
)


def rows_of(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = BY_NAME[name].schema()
    filled = {pa.string(): "", pa.list_(pa.string()): [], pa.int64(): 0}
    return pa.Table.from_pylist(
        [{field.name: row.get(field.name, filled.get(field.type)) for field in schema} for row in rows], schema=schema
    )


class Scene:
    """Tables of a case, one message after the other."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self.flows: list[dict[str, Any]] = []
        self.objects: list[dict[str, Any]] = []
        self.phash: dict[str, str] = {}
        self.targets: list[dict[str, Any]] = []

    def says(
        self,
        at: float,
        sender: str,
        receiver: str,
        images: str = "",
        roles: str = "",
        *,
        down: bool = False,
        **said: Any,
    ) -> str:
        """A message with an event (`kind=""`: without), `images` and `roles` as words; gives its id."""
        number = f"{len(self.messages):05d}"
        client, server = (receiver, sender) if down else (sender, receiver)
        self.flows.append({"flow_id": f"f{number}", "client_ip": client, "server_ip": server, "first_ts": 0})
        if target := said.pop("target", ""):
            self.targets.append({"message_id": f"m{number}", "target_hmac": target})
        for name in said.pop("names", ()):
            self.targets.append({"message_id": f"m{number}", "target_hmac": name, "named": True})
        self.messages.append(
            {
                "message_id": f"m{number}",
                "flow_id": f"f{number}",
                "direction": "down" if down else "up",
                "first_ts": int(at * SECOND),
                "last_ts": int(at * SECOND),
                "first_frame": int(number) + 1,
                "last_frame": int(number) + 1,
                "capture_id": "c",
            }
        )
        shas = images.split()
        for sha in shas:
            self.objects.append(
                {"object_id": f"o{number}{sha}", "message_id": f"m{number}", "sha256": sha, "kind": "jpeg"}
            )
            self.phash.setdefault(sha, "")
        kind = said.pop("kind", "face_capture")
        if kind:
            named = roles.split() or ["face"] * len(shas)
            self.events.append(
                {
                    "event_id": f"e{number}",
                    "message_id": f"m{number}",
                    "kind": kind,
                    "first_ts": int(at * SECOND),
                    "images": shas,
                    "image_roles": named,
                    **said,
                }
            )
        return f"m{number}"

    def journeys(self) -> tuple[pa.Table, list[list[str]]]:
        """The events, and the messages of each journey in order."""
        tables = {name: rows_of(name, getattr(self, name)) for name in ("events", "messages", "flows", "objects")}
        in_order = [(column, "ascending") for column in MESSAGES.key]  # as it is settled
        tables["messages"] = tables["messages"].sort_by(in_order)
        images = rows_of(
            "images", [{"sha256": sha, "kind": "jpeg", "phash": value} for sha, value in sorted(self.phash.items())]
        )
        events = with_ends(
            tables["events"],
            tables["messages"],
            tables["flows"],
            lambda ip: "inside" if ip.startswith("192.") else "outside",
        )
        events, found = join_journeys(
            events,
            tables["objects"],
            images,
            tables["messages"],
            tables["flows"],
            pa.Table.from_pylist(self.targets, schema=TARGETS.schema()),
        )
        groups: dict[str, list[str]] = {}
        for row in found.sort_by([("journey_id", "ascending"), ("leg", "ascending")]).to_pylist():
            groups.setdefault(row["journey_id"], []).append(row["message_id"])
        return events, sorted(groups.values())


def test_the_whole_chain_is_one_journey() -> None:
    scene = Scene()
    chain = [
        scene.says(0, CAMERA, SERVER, "face scene", "face scene", event_hmac="p1"),
        scene.says(3, SERVER, CLOUD, "face", kind="", target="t1"),
        scene.says(4, SERVER, CRM, kind="query", url_hmacs=["t1"]),
        scene.says(60, TERMINAL, SERVER, "live card", "face id_photo", kind="id_verification", id_number_hmac="n1"),
        scene.says(62, SERVER, CLOUD, "live", kind="id_verification", id_number_hmac="n1"),
        scene.says(70, SERVER, CRM, kind="id_verification", id_number_hmac="n1", url_hmacs=["t1"]),
        scene.says(900, CLOUD, PC, "face", kind="", down=True, target="t1"),
    ]
    events, groups = scene.journeys()
    assert groups == [chain]
    rows = {
        row["message_id"]: row
        for row in events.select(["message_id", "leg", "journey_id", "sender", "receiver", "endpoint_id"]).to_pylist()
    }
    assert [rows[message]["leg"] for message in chain if message in rows] == [1, 3, 4, 5, 6]
    assert rows[chain[4]]["endpoint_id"] == rows[chain[4]]["receiver"] == CLOUD
    assert rows[chain[0]]["endpoint_id"] == SERVER


def test_a_single_message_is_no_journey_and_what_is_only_fetched_is_none() -> None:
    scene = Scene()
    scene.says(0, CAMERA, SERVER, "a b", "face scene")
    scene.says(1, CLOUD, PC, "x", kind="", down=True)
    scene.says(2, CLOUD, SERVER, "x", kind="", down=True)
    events, groups = scene.journeys()
    assert groups == []
    assert set(events["journey_id"].to_pylist()) == {""}


def test_the_same_bytes_over_two_ways_are_a_journey_without_any_document() -> None:
    scene = Scene()
    passed = [scene.says(0, CAMERA, SERVER, "x", kind=""), scene.says(9, SERVER, CLOUD, "x", kind="")]
    fetched = [scene.says(20, TERMINAL, CLOUD, "y", kind=""), scene.says(90, CRM, PC, "y", kind="", down=True)]
    for at, receiver in enumerate((CLOUD, CRM, SERVER, TERMINAL)):  # spread to many: no way of a capture
        scene.says(100 + at, PC, receiver, "z", kind="")
    scene.says(200, CAMERA, SERVER, "again", kind="")
    scene.says(201, CAMERA, SERVER, "again", kind="")
    _, groups = scene.journeys()
    assert groups == [passed, fetched]


def test_an_address_that_any_document_names_ties_it_to_its_image() -> None:
    scene = Scene()
    sent = scene.says(0, CAMERA, CLOUD, "x", kind="", target="t1")
    told = scene.says(1, CAMERA, CRM, kind="", names=["t1"])
    fetched = scene.says(60, CLOUD, PC, "x2", kind="", down=True, target="t1")
    scene.says(61, CRM, PC, kind="", down=True, names=[f"u{number}" for number in range(9)])  # a list of many
    for number in range(9):
        scene.says(62 + number, CLOUD, PC, f"p{number}", kind="", down=True, target=f"u{number}")
    scene.says(80, CRM, PC, kind="", down=True, names=["v"])  # who answers with an address that is fetched then
    scene.says(81, CRM, PC, "v", kind="", down=True, target="v")
    _, groups = scene.journeys()
    assert groups == [[sent, told, fetched]]


def test_the_picture_that_follows_its_event_on_a_stream_is_no_leg() -> None:
    scene = Scene()
    scene.says(0, CAMERA, SERVER, "a", "face", down=True)
    scene.says(0.1, CAMERA, SERVER, "a", kind="", down=True)  # the next part of the stream, on the same flow
    scene.messages[1]["flow_id"] = scene.messages[0]["flow_id"]
    assert scene.journeys()[1] == []
    handed_on = scene.says(5, SERVER, CRM, "a", kind="")
    assert scene.journeys()[1] == [["m00000", handed_on]]


def test_a_library_photo_never_ties() -> None:
    scene = Scene()
    for number in range(1000):
        scene.says(number * 20, CAMERA, SERVER, f"face{number} known", "face library_photo", kind="comparison")
        scene.says(number * 20 + 1, SERVER, CLOUD, f"face{number} known", "face unknown", kind="comparison")
    _, groups = scene.journeys()
    assert len(groups) == 1000
    assert {len(group) for group in groups} == {2}


def test_a_placeholder_that_goes_the_same_way_again_and_again_does_not_tie() -> None:
    scene = Scene()
    for number in range(4):
        scene.says(number * 20, CAMERA, SERVER, "nobody", "unknown")
    assert scene.journeys()[1] == []


def test_two_persons_are_never_one_journey() -> None:
    scene = Scene()
    scene.says(0, TERMINAL, SERVER, "a", id_number_hmac="n1")
    scene.says(1, SERVER, CLOUD, "a", id_number_hmac="n1")
    scene.says(2, TERMINAL, SERVER, "a", id_number_hmac="n2")
    scene.says(3, SERVER, CLOUD, "a", id_number_hmac="n2")
    _, groups = scene.journeys()
    assert groups == [["m00000", "m00001"], ["m00002", "m00003"]]


def test_weak_ids_tie_only_what_is_handed_on_and_soon() -> None:
    scene = Scene()
    scene.says(0, CAMERA, SERVER, "a", event_hmac="17")
    scene.says(1, TERMINAL, SERVER, "b", event_hmac="17")  # another station's 17
    scene.says(2, SERVER, CLOUD, "c", event_hmac="17")  # handed on: the last before it
    scene.says(9000, SERVER, CLOUD, "d", event_hmac="17")  # much later
    assert scene.journeys()[1] == [["m00001", "m00002"]]


def test_an_id_number_ties_within_half_an_hour() -> None:
    scene = Scene()
    scene.says(0, TERMINAL, SERVER, "a", id_number_hmac="n")
    scene.says(1700, CRM, PC, "b", id_number_hmac="n", down=True)
    scene.says(9000, TERMINAL, SERVER, "c", id_number_hmac="n")
    assert scene.journeys()[1] == [["m00000", "m00001"]]


def test_copies_that_look_alike_tie_where_they_are_handed_on_and_nothing_else_is_as_like() -> None:
    scene = Scene()
    scene.phash = {
        "a": "00ff00ff00ff00ff",
        "a2": "00ff00ff00ff00fe",
        "b": "f0f0f0f0f0f0f0f0",
        "b2": "f0f0f0f0f0f0f0f1",
        "b3": "f0f0f0f0f0f0f0f2",
        "plain": "0000000000000001",
        "plain2": "0000000000000003",
    }
    scene.says(0, CAMERA, SERVER, "a")
    scene.says(5, SERVER, CLOUD, "a2")
    scene.says(6, CAMERA, CRM, "a2")  # not from who got it, but the same image
    scene.says(10, CAMERA, SERVER, "b2")
    scene.says(11, CAMERA, SERVER, "b3")
    scene.says(12, SERVER, CLOUD, "b")  # one bit from either
    scene.says(20, CAMERA, SERVER, "plain")
    scene.says(21, SERVER, CLOUD, "plain2")
    assert scene.journeys()[1] == [["m00000", "m00001", "m00002"]]


def test_no_journey_grows_without_end() -> None:
    scene = Scene()
    for number in range(3 * MOST_LEGS):
        scene.says(number, f"192.168.2.{number}", f"192.168.2.{number + 1}", f"i{number} i{number + 1}")
    _, groups = scene.journeys()
    assert max(map(len, groups)) == MOST_LEGS


def test_time_does_not_grow_with_the_square() -> None:
    scene = Scene()
    for number in range(15_000):
        scene.says(
            number / 100,
            CAMERA,
            SERVER,
            f"i{number}",
            id_number_hmac="n",
            event_hmac="e",
            person_hmac="p",
            url_hmacs=["u"],
        )
        scene.phash[f"i{number}"] = f"{0x00FF00FF00FF00FF ^ number % 7:016x}"
    with within(10):
        scene.journeys()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    rng = random.Random(seed)
    scene = Scene()
    stations = [CAMERA, TERMINAL, SERVER, CLOUD]
    for number in range(30):
        sender, receiver = rng.sample(stations, 2)
        scene.says(
            number // 3,
            sender,
            receiver,
            f"i{rng.randrange(12)}",
            id_number_hmac=rng.choice(["", "", "n1", "n2"]),
            event_hmac=rng.choice(["", "e1", "e2"]),
            kind=rng.choice(["face_capture", ""]),
        )
    once = scene.journeys()[1]
    for name in ("events", "messages", "flows", "objects"):
        rng.shuffle(getattr(scene, name))
    assert scene.journeys()[1] == once


def test_a_case_without_events_has_no_journeys() -> None:
    assert Scene().journeys()[1] == []


def test_an_event_whose_message_was_lost_is_in_no_journey() -> None:
    scene = Scene()
    kept = [scene.says(0, CAMERA, SERVER, "a"), scene.says(1, SERVER, CLOUD, "a"), scene.says(2, CLOUD, PC, "a")]
    del scene.messages[1]
    events, groups = scene.journeys()
    assert groups == [[kept[0], kept[2]]]
    lost = events.filter(pc.equal(events["message_id"], kept[1])).to_pylist()[0]
    assert (lost["journey_id"], lost["sender"], lost["receiver"]) == ("", "", "")


@settings(max_examples=40, deadline=None)
@given(
    ids=st.lists(st.integers(0, 30)), asked=st.lists(st.integers(0, 40)), rows=st.integers(1, 7), at=st.integers(1, 7)
)
def test_places_are_those_of_a_plain_search(ids: list[int], asked: list[int], rows: int, at: int) -> None:
    held = [f"m{number}" for number in dict.fromkeys(ids)]
    wanted = [f"m{number}" for number in asked]
    messages = pa.table({"message_id": pa.chunked_array([held[:3], held[3:]], pa.string())})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(found_at, "LOOKED_UP", rows)
        patch.setattr(found_at, "PASSED_BY", at)
        found = found_at.places(pa.chunked_array([wanted[:2], wanted[2:]], pa.string()), messages)
        there = np.unique(found[found >= 0])
        said = [row["message_id"] for some in found_at.rows_at(messages, there) for row in some.to_pylist()]
    assert found.tolist() == [held.index(one) if one in held else found_at.NOWHERE for one in wanted]
    assert said == [held[place] for place in there.tolist()]


def test_small_blocks_give_the_same_journeys(monkeypatch: pytest.MonkeyPatch) -> None:
    def scene() -> tuple[pa.Table, list[list[str]]]:
        played = Scene()
        for number in range(12):
            played.says(number * 40, CAMERA, SERVER, f"f{number} g{number}", "face scene", event_hmac=f"p{number}")
            played.says(number * 40 + 1, SERVER, CLOUD, f"f{number}", kind="", target=f"t{number}")
            played.says(number * 40 + 2, SERVER, CRM, kind="query", url_hmacs=[f"t{number}"])
        return played.journeys()

    events, groups = scene()
    assert len(groups) == 12
    for module, name in ((found_at, "LOOKED_UP"), (found_at, "PASSED_BY"), (legs, "LOOKED_UP"), (joining, "AT_ONCE")):
        monkeypatch.setattr(module, name, 3)
    again, same = scene()
    assert same == groups
    assert again.equals(events)


def test_events_that_go_nowhere_join_nothing() -> None:
    scene = Scene()
    scene.says(0, CAMERA, SERVER, kind="heartbeat")
    scene.says(1, CAMERA, SERVER, "a", kind="", target="t1")
    events, groups = scene.journeys()
    assert groups == []
    assert (events["sender"].to_pylist(), events["journey_id"].to_pylist()) == ([CAMERA], [""])
