"""What was gathered from tests is sent as it was said: every byte, in its order, with what was lost left out."""

from __future__ import annotations

import struct

from netaudit.validate.pack import altered, gathered
from netaudit.validate.pack.bent import bent
from netaudit.validate.pack.cases import pack
from netaudit.validate.pack.draw import Draw

V4 = ["00000000000000000000ffffc0a80102", "00000000000000000000ffffcb007105"]


def sent(head, data):
    """Direction, number and bytes of each segment or datagram of a conversation."""
    out = []
    for one in gathered._talk({"times": [1] * len(head["steps"]), **head}, data, 0):
        up = one.data[26:30] == bytes((192, 168, 1, 2))
        total = int.from_bytes(one.data[16:18], "big")
        segment = one.data[34 : 14 + total]
        if head["proto"] == 17:
            out.append((up, 0, segment[8:]))
        else:
            out.append((up, struct.unpack_from(">I", segment, 4)[0], segment[(segment[12] >> 4) * 4 :]))
    return out


def test_segments_carry_what_was_said_and_skip_what_was_lost() -> None:
    head = {"proto": 6, "ports": [40000, 80], "ends": V4, "opened": 3, "steps": [[0, 2000], [1, 4], [0, -50], [0, 3]]}
    data = bytes(range(250)) * 8 + b"back" + b"end"
    found = [(up, number, part) for up, number, part in sent(head, data) if part]
    assert found == [
        (True, 1001, data[:1400]),
        (True, 2401, data[1400:2000]),
        (False, 5001, b"back"),
        (True, 3051, b"end"),
    ]


def test_datagrams_stay_apart() -> None:
    head = {"proto": 17, "ports": [68, 67], "ends": V4, "opened": 0, "steps": [[0, 3], [0, 2], [1, 1]]}
    assert sent(head, b"aaabbc") == [(True, 0, b"aaa"), (True, 0, b"bb"), (False, 0, b"c")]


def test_things_are_of_every_kind_and_of_no_other() -> None:
    found = gathered.things()
    assert set(found) == {"talk", "body", "frames", "file"}
    assert all(len(data) == head["size"] for things in found.values() for head, data in things)


def test_small_messages_are_cut_at_every_length_and_every_byte_is_another_one() -> None:
    data = bytes(range(60, 100))
    found = list(altered.variants(Draw("x"), data))
    assert found[: len(data) - 1] == [data[:size] for size in range(1, len(data))]
    changed = found[len(data) - 1 :]
    assert [[a == b for a, b in zip(one, data, strict=True)].index(False) for one in changed] == list(range(len(data)))
    assert all(sum(a != b for a, b in zip(one, data, strict=True)) == 1 for one in changed)


def test_changed_captures_are_captures_and_are_changed() -> None:
    known = pack()
    changed = list(bent(known))
    by_name = {one.name: one.data for one in known}
    for one in changed:
        assert one.data
        name = one.name.partition("-")[2]
        if one.room.startswith("bent-") and len(by_name[name]) > 30_000:  # of a few packets none may be drawn
            assert one.data != by_name[name], name
    assert len({one.data for one in changed if one.room.startswith("broken-")}) > 50
