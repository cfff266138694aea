"""What counts as an occasion on which an upload is to be expected."""

from __future__ import annotations

from dataclasses import replace

from netaudit.findings.recheck.occasions import MOST_SPENT, STRETCH, Texts, power_of, texts_of
from tests.findings.recheck.visits import (
    CAMERA,
    LATER,
    SECOND,
    SERVER,
    after_passes,
    beats,
    channel,
    device,
    office,
    visit,
)

UP = "face.example.cn"


def test_a_stretch_counts_where_it_was_captured_whole_and_the_device_was_heard() -> None:
    before, after = office(marks=[]), visit(LATER, [beats(LATER)])
    route, seen = before.channels[CAMERA, UP], after.spans
    power = power_of(before, after, route, route.times(), CAMERA, seen)
    assert (power.kind, power.occasions, power.followed, power.asked) == ("stretches", 3, 3, 3)
    after.heard[CAMERA] = [(LATER, LATER + STRETCH // 2)]
    assert power_of(before, after, route, route.times(), CAMERA, seen).asked == 1
    after.spans = [(LATER, LATER + STRETCH - 1)]
    assert power_of(before, after, route, route.times(), CAMERA, seen).seen == 0
    after.spans = [(LATER, LATER + 3 * STRETCH)]
    before.heard[CAMERA] = [(SECOND, 2 * SECOND)]
    power = power_of(before, after, route, route.times(), CAMERA, seen)
    assert (power.kind, power.occasions) == ("stretches", 1)


def test_pictures_that_others_move_are_no_occasion() -> None:
    def moved(start: int, who: str, to: str):
        one = channel(who, to, after_passes(start), ip="192.168.1.10")
        one.inside = True
        return one

    before = visit(SECOND, [channel(CAMERA, UP, after_passes(SECOND)), moved(SECOND, CAMERA, SERVER)], marks=[])
    route = before.channels[CAMERA, UP]
    own = visit(LATER, [moved(LATER, CAMERA, SERVER), beats(LATER)], marks=[])
    assert power_of(before, own, route, route.times(), CAMERA, own.spans).asked == 12
    others = visit(LATER, [moved(LATER, "08:54:11:00:00:09", SERVER), beats(LATER)], marks=[])
    assert power_of(before, others, route, route.times(), CAMERA, others.spans).asked == 0


def test_a_mark_names_a_camera_by_the_word_that_only_its_name_has() -> None:
    door, desk = (
        replace(device(), device_id=word, name=f"{word}-IPC-B2A5", model="IPC-B2A5") for word in ("door", "desk")
    )
    before = visit(SECOND, [], devices=[door, desk], text="test person passes the door camera")
    before.marks += [(ts + 40 * SECOND, "test person passes the desk camera") for ts, _ in before.marks]
    assert texts_of(before, [door], []) == Texts(frozenset({"test person passes the door camera"}))
    same = replace(desk, name="door-2")
    before.devices["desk"] = same  # now two have the word: it names neither
    assert texts_of(before, [door], []) == Texts()


def test_the_bound_pays_only_for_kinds_that_could_have_been_enough() -> None:
    """Five of five passes, five now: enough where no other kind of occasion could have been chosen."""
    before, after = (visit(start, [beats(start, 5)], passes=5) for start in (SECOND, LATER))
    route = channel(CAMERA, UP, after_passes(SECOND, passes=5), "uploaded")
    before.channels[CAMERA, UP] = route
    power = power_of(before, after, route, route.times(), CAMERA, after.spans)
    assert (power.kind, power.looked, power.of_100) == ("passes", 1, 98)


def test_a_text_that_is_followed_as_no_accident_is_costs_next_to_nothing() -> None:
    before = visit(SECOND, [], passes=15)
    before.marks = [
        (ts, f"经过{'门口沙盘前台'[2 * (k % 3) : 2 * (k % 3) + 2]}摄像机") for k, (ts, _) in enumerate(before.marks)
    ]
    sent = [ts + 3 * SECOND for ts, text in before.marks if "沙盘" in text]
    told = texts_of(before, [device()], sent)
    assert (told.own, told.looked) == (frozenset({"经过沙盘摄像机"}), 1)
    assert 0 < told.spent <= MOST_SPENT
    few = texts_of(before, [device()], sent[:3])  # three of five, and none of the others: that may be an accident
    assert (few.own, few.looked, few.spent) == (frozenset({"经过沙盘摄像机"}), 3, 0.0)
