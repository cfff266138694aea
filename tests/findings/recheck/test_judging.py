"""What is said of a route, for each thing that may have become of it."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from netaudit.findings.recheck import judging
from netaudit.findings.recheck.judging import compare
from netaudit.findings.recheck.saying import TEXTS, named, outcome_row, sentences
from netaudit.findings.recheck.visit import FORMS, Call, Channel, Sending
from netaudit.findings.vocabulary import KIND
from tests.findings.recheck.visits import (
    CAMERA,
    LATER,
    MINUTE,
    PHONE,
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
LIMITS = ("partial", "vantage_unknown", "drops", "damage", "missing", "inputs", "bound")  # of a visit


def told(after, before=None):
    """Outcome of the one route before."""
    return next(one for one in compare(before or office(), after) if one.status != "new")


def codes(one):
    return [code for code, _ in one.bears]


def test_what_is_met_no_more_is_gone_with_its_number() -> None:
    one = told(visit(LATER, [beats(LATER)]))
    assert one.status == "gone"
    assert (one.power.occasions, one.power.followed, one.power.asked) == (12, 12, 12)
    assert one.power.of_100 == 99


def test_how_long_was_captured_is_said_without_the_pauses() -> None:
    """A visit by day and one by night are no fourteen hours."""
    later = visit(LATER, [beats(LATER)])
    later.spans.append((LATER + 14 * 60 * MINUTE, LATER + 14 * 60 * MINUTE + 35 * MINUTE))
    said = " ".join(sentences(told(later), later, "en"))
    assert "the 1 h 5 min that were recorded" in said


def test_what_goes_on_is_still_there() -> None:
    assert told(office(LATER)).status == "still"


@pytest.mark.parametrize(
    ("sent", "status", "form"),
    [
        (after_passes(LATER, "hidden"), "now encrypted", "more"),
        (after_passes(LATER, "hidden", 3000), "now encrypted", "more"),
        (after_passes(LATER, "picture", 3000), "now other", "picture"),
        (after_passes(LATER, "video", 90_000), "now other", "video"),
        (after_passes(LATER, "face", 5000), "now other", "smaller"),
        (after_passes(LATER, "clear", 600), "now other", "vectors"),
        ([(LATER + 27 * MINUTE + k * SECOND // 2, 20_000, "face") for k in range(14)], "now other", "bulk"),
        (after_passes(LATER, delay=60), "now other", "avoids"),
        ([*after_passes(LATER, delay=60), (LATER + 2 * MINUTE + SECOND, 20_000, "face")], "still", ""),
    ],
)
def test_another_way_to_the_same_endpoint_is_no_end(sent, status, form) -> None:
    one = told(visit(LATER, [channel(CAMERA, UP, sent, "uploaded"), beats(LATER)]))
    assert (one.status, one.form) == (status, form)


def test_what_would_make_an_absence_enough_is_told() -> None:
    few = told(visit(LATER, [beats(LATER, 2)], passes=2))
    assert codes(few) == ["power_needed"]
    assert (
        "2 walk-bys are usable now (device active, its path seen). With uploads as regular as before, 4 would suffice"
        in sentences(few, office(), "en")[-2]
    )
    assert codes(told(visit(LATER, [beats(LATER)], marks=[]))) == ["unmarked_after"]
    assert codes(told(visit(LATER, [beats(LATER)]), office(marks=[]))) == ["unmarked_before"]


def test_uploads_that_avoid_the_marks_are_told_with_their_number() -> None:
    one = told(visit(LATER, [channel(CAMERA, UP, after_passes(LATER, delay=60), "uploaded"), beats(LATER)]))
    assert (one.power.asked, one.power.of_100, codes(one)) == (12, 99, ["avoids"])
    assert "12 uploads came at other times. Whether they are delayed" in sentences(one, office(), "en")[-2]
    few = told(
        visit(LATER, [channel(CAMERA, UP, after_passes(LATER, delay=60, passes=2), "uploaded"), beats(LATER)], passes=2)
    )
    assert few.status == "still"


@pytest.mark.parametrize(("form", "text"), [("face", "pass 1"), ("face", "visitor at the desk"), ("picture", "pass 1")])
def test_an_upload_after_any_mark_keeps_from_saying_that_they_are_avoided(form, text) -> None:
    late = channel(CAMERA, UP, after_passes(LATER, delay=60) + after_passes(LATER, form, delay=38), "uploaded")
    later = visit(LATER, [late, beats(LATER)])
    assert told(later).status == "now other"
    later.marks = sorted(later.marks + [(ts + 25 * SECOND, text) for ts, _ in later.marks])
    assert told(later).status == "still"


def test_without_marks_what_else_tells_when_it_was_due_is_said_to_be_too_little() -> None:
    before, later = (office(marks=[]), visit(LATER, [beats(LATER)], marks=[]))
    for one, start, count in ((before, SECOND, 12), (later, LATER, 2)):
        inside = channel(CAMERA, SERVER, after_passes(start, passes=count), ip="192.168.1.20")
        inside.inside = True
        one.channels[CAMERA, SERVER] = inside
    one = told(later, before)
    assert codes(one) == ["unmarked_before"]
    assert (one.power.kind, one.power.asked) == ("pictures", 2)
    assert "other occasions are too few to show an absence" in sentences(one, before, "en")[-2]


@pytest.mark.parametrize("form", ["face", "hidden"])
def test_another_endpoint_is_a_move(form) -> None:
    other = channel(CAMERA, "x.example.com", after_passes(LATER, form), ip="39.1.2.3")
    one = told(visit(LATER, [other, beats(LATER)]))
    assert (one.status, one.form, one.now_endpoint) == ("moved", "endpoint", "x.example.com")


def test_another_device_to_the_same_endpoint_is_a_move() -> None:
    other = channel(PHONE, UP, after_passes(LATER, "hidden"))
    devices = [device(), device(PHONE, "192.168.1.120", role="personal device")]
    one = told(visit(LATER, [other, beats(LATER)], devices=devices))
    assert (one.status, one.form) == ("moved", "device")


def test_a_phone_whose_uploads_follow_the_passes_bars_the_word() -> None:
    other = channel(PHONE, "x.example.com", after_passes(LATER, "hidden", 900), ip="39.1.2.3")
    devices = [device(), device(PHONE, "192.168.1.120", role="personal device")]
    one = told(visit(LATER, [other, beats(LATER)], devices=devices))
    assert one.status == "could not have been seen"
    assert "moved_follows" in codes(one)


def test_a_new_machine_with_room_for_it_bars_the_word() -> None:
    other = channel(SERVER, "x.example.com", [(LATER + 27 * MINUTE, 150_000, "hidden")], ip="39.1.2.3")
    one = told(visit(LATER, [other, beats(LATER)], devices=[device(), device(SERVER, "192.168.1.10", role="")]))
    assert one.status == "could not have been seen"
    assert codes(one) == ["room"]


@pytest.mark.parametrize(
    ("after", "code"),
    [
        (visit(LATER, [beats(LATER, 2)], passes=2), "power_needed"),
        (visit(LATER, [], devices=[device()]), "device_silent"),
        (visit(LATER, [], devices=[device(SERVER)]), "device_absent"),
        (visit(LATER, [beats(LATER)], sides=frozenset({"wan"})), "vantage_less"),
        (visit(LATER, [beats(LATER)], limits=["drops"]), "drops"),
        (visit(LATER, [beats(LATER)], limits=["partial"]), "partial"),
    ],
)
def test_without_power_nothing_is_called_gone(after, code) -> None:
    one = told(after)
    assert one.status == "could not have been seen"
    assert code in codes(one)


def test_a_device_whose_way_out_is_not_seen_is_not_called_silent() -> None:
    inside = channel(CAMERA, SERVER, after_passes(LATER, "clear", 300), ip="192.168.1.10")
    inside.inside = True
    one = told(visit(LATER, [inside]))
    assert "way_outside" in codes(one)


def test_what_would_make_it_tellable_is_said_for_each_thing_that_bars_it() -> None:
    """Whoever may not be told as gone is told what to do next; those that say so themselves need no step beside it."""
    silent = told(visit(LATER, [], devices=[device()]))
    said = sentences(silent, visit(LATER, []), "en")
    assert any("after a restart it requests an address" in one for one in said[said.index("What would allow a decision:") :])  # fmt: skip
    steps = {key.removeprefix("next.") for key in TEXTS if key.startswith("next.")}
    assert steps <= set(TEXTS)
    bars = {*LIMITS, "device_absent", "device_unsure", "device_silent", "source_absent", "way_outside", "way_inside", "way_outside_then", "way_inside_then", "room", "room_own", "room_seen", "moved_follows", "power", "vantage_less"}  # fmt: skip
    assert bars <= steps
    assert not any("What would allow" in one for one in sentences(told(visit(LATER, [beats(LATER)])), office(), "en"))


def test_each_device_that_bars_the_word_has_its_step() -> None:
    """An inspector who has only one of them switched off comes back and can tell no more than before."""
    names = {"08:54:11:00:00:0a": "cloud-a.example.cn", "08:54:11:00:00:0b": "cloud-b.example.cn"}
    ways = [
        channel(who, name, [(LATER + 20 * MINUTE + k * MINUTE, 90_000, "hidden") for k in range(6)], ip=f"60.1.1.{k}")
        for k, (who, name) in enumerate(names.items(), 1)
    ]
    later = visit(
        LATER, [beats(LATER), *ways],
        devices=[device(), *(device(who, f"192.168.1.7{k}") for k, who in enumerate(names))],
    )  # fmt: skip
    one = told(later)
    assert codes(one) == ["room", "room"]
    said = sentences(one, later, "en")
    steps = said[said.index("What would allow a decision:") :]
    assert [any(f"192.168.1.7{k}" in step for step in steps) for k in (0, 1)] == [True, True]


def test_who_calls_the_endpoint_in_vain_has_its_way_out_here() -> None:
    """A firewall stops it: nothing else of the device leaves, but each pass makes it call."""
    later = visit(LATER, [], devices=[device()])
    later.heard[CAMERA] = [(ts, ts + SECOND) for ts, _ in later.marks]
    assert "way_outside" in codes(told(later))
    later.tried[CAMERA] = [Call(ts, "47.96.10.20", inside=False) for ts, _ in later.marks]
    one = told(later)
    assert (one.status, one.limits) == ("gone", [("tried_only", {"count": 12})])
    assert not any("other traffic to the internet continues" in text for text in sentences(one, later, "en"))
    other = visit(LATER, [beats(LATER)])
    other.tried = later.tried
    assert told(other).limits == [("tried", {"count": 12})]


def test_what_still_goes_one_way_is_not_denied_beside_its_bytes() -> None:
    """What is sent and never answered is no exchange, and yet it is something that was carried."""
    trickle = channel(CAMERA, UP, [(LATER + k * MINUTE, 60, "hidden") for k in range(5)])
    trickle.down = 0
    later = visit(LATER, [trickle])
    later.tried[CAMERA] = [Call(ts, "47.96.10.20", inside=False) for ts, _ in later.marks]
    one = told(later)
    assert (one.status, [code for code, _ in one.limits]) == ("gone", ["goes_on", "tried_unanswered"])
    said = " ".join(sentences(one, later, "en"))
    assert "It still sends other data to this server: 5 times" in said
    assert not any(text in said for text in ("but transferred nothing", "traffic to the internet continues"))  # fmt: skip


def test_one_exchange_at_another_hour_tells_nothing_of_the_passes() -> None:
    """A clock that was set in the morning does not show where the pictures of the afternoon went."""
    later = visit(LATER, [beats(LATER)])
    ways = later.out(CAMERA)[0]
    later.heard[CAMERA] = [(later.first, later.last)]
    ways.spans = [(LATER, LATER + SECOND)]  # ten minutes after it five of twelve passes have been
    assert codes(told(later)) == ["way_outside_then"]
    ways.spans.append((LATER + 21 * MINUTE, LATER + 21 * MINUTE + SECOND))
    assert (told(later).status, told(later).power.asked) == ("gone", 12)
    ways.spans = [(LATER - 90 * MINUTE, LATER - 80 * MINUTE)]
    assert codes(told(later)) == ["way_outside"]


@pytest.mark.parametrize(("calls", "few"), [(1, ["power_needed"]), (3, []), (6, None)])
@pytest.mark.parametrize("inside", [False, True])
def test_calls_in_vain_show_the_way_only_where_they_are(calls: int, few: list[str] | None, inside: bool) -> None:
    """One call before its line fails, or is exchanged, says nothing of the passes that come after it."""
    both = [device(), device(SERVER, "192.168.1.10", role="")]
    first = [_inside(SECOND, "face", "moved"), beats(SECOND)] if inside else list(office().channels.values())
    later = visit(LATER, [beats(LATER)] if inside else [], devices=both)
    later.heard[CAMERA] = [(later.first, later.last)]
    end = "192.168.1.10" if inside else "47.96.10.20"
    later.tried[CAMERA] = [Call(ts + 2 * SECOND, end, inside=inside) for ts, _ in later.marks[:calls]]
    one = next(one for one in compare(visit(SECOND, first, devices=both), later) if one.endpoint != "time.example.org")
    assert one.status == ("gone" if few is None else "could not have been seen")
    assert codes(one) == ([] if few is None else ["way_inside_then" if inside else "way_outside_then", *few])
    assert one.power.asked == calls  # only passes with a call bear it


def test_a_computer_that_gets_no_pictures_any_more_may_browse() -> None:
    """Its own questions are no room where nothing comes to it that could leave; they are where pictures still come."""
    both = [device(), device(SERVER, "192.168.1.10", role="server")]

    def fed(start):
        one = channel(CAMERA, SERVER, after_passes(start), "moved", ip="192.168.1.10")
        one.inside = True
        return one

    web = channel(SERVER, "www.example.cn", [(LATER + k * MINUTE, 900, "hidden") for k in range(27)], ip="60.1.1.1")
    web.down = 200_000
    before = visit(SECOND, [fed(SECOND), channel(SERVER, UP, after_passes(SECOND), "uploaded"), beats(SECOND)], devices=both)  # fmt: skip
    for more, status in ([], "gone"), ([fed(LATER)], "could not have been seen"):
        later = visit(LATER, [web, beats(LATER), *more], devices=both)
        one = next(one for one in compare(before, later) if (one.device_id, one.purpose) == (SERVER, "images"))
        assert one.status == status


def test_how_much_fits_into_what_is_encrypted_now_is_said() -> None:
    one = told(visit(LATER, [channel(CAMERA, UP, after_passes(LATER, "hidden", 2700)), beats(LATER)]))
    assert (one.status, one.bears) == ("now encrypted", [("smaller_hidden", {"most": 2711, "least": 20_000})])


def test_what_only_follows_the_passes_is_not_called_more_than_before() -> None:
    """As many bytes as before, at other moments: what is told of it is when, not how much."""
    before = office()
    unseen = [(SECOND + (2 * k + 3) * MINUTE, 30_000, "hidden") for k in range(12)]  # between the passes
    before.channels[CAMERA, UP].sent += [Sending(*one) for one in unseen]
    later = visit(LATER, [channel(CAMERA, UP, after_passes(LATER, "hidden", 29_000)), beats(LATER)])
    one = told(later, before)
    assert (one.status, one.form) == ("now encrypted", "follows")
    assert "now more unknown content than before" not in " ".join(sentences(one, later, "en"))
    assert not any("多于前次" in text for text in sentences(one, later, "zh"))


def test_pictures_that_still_come_in_may_leave_at_another_hour() -> None:
    inside = channel("08:54:11:00:00:09", CAMERA, after_passes(LATER, "face"), "moved", ip="192.168.1.64")
    inside.inside = True
    later = visit(LATER, [inside, beats(LATER)])
    one = told(later)
    assert (one.status, one.limits) == ("gone", [("stored", {})])
    assert any("at other hours; that is not covered" in text for text in sentences(one, later, "en"))


def test_a_cloud_drive_that_goes_on_as_it_did_is_no_room() -> None:
    """A computer of the site backs up on both visits alike; twice as much would be room."""
    pc = device(SERVER, "192.168.1.20", role="personal device")

    def drive(start, size):
        return channel(SERVER, "pan.example.cn", [(start + k * MINUTE + 40 * SECOND, size, "hidden") for k in range(6)], ip="60.1.1.1")  # fmt: skip

    before, later = ([channel(CAMERA, UP, after_passes(SECOND), "uploaded"), beats(SECOND)], [beats(LATER)])
    visits = [visit(start, [*some, drive(start, 60_000)], devices=[device(), pc]) for start, some in ((SECOND, before), (LATER, later))]  # fmt: skip
    assert told(visits[1], visits[0]).status == "gone"
    more = visit(LATER, [beats(LATER), drive(LATER, 180_000)], devices=[device(), pc])
    assert "room_own" in codes(told(more, visits[0]))


@pytest.mark.parametrize(
    ("peer", "came", "status"),
    [("server", 0, "gone"), ("server", 90_000, ""), ("network", 0, ""), ("nvr", 0, "gone"), ("nvr", 90_000, "")],
)
def test_a_computer_to_which_nothing_came_is_told_and_bars_nothing(peer: str, came: int, status: str) -> None:
    """Only where something else was heard that passes inside: at the router's port nothing of it would be."""
    pc, other = device(SERVER, "192.168.1.20", role="personal device"), device(PHONE, "192.168.1.5", role=peer)
    other = replace(other, role="", kind=peer) if peer == "nvr" else other  # a recorder of which no finding speaks
    drive = channel(SERVER, "pan.example.cn", [(LATER + 9 * MINUTE, 400_000, "hidden")], ip="60.1.1.1")
    inside = channel(CAMERA, PHONE, [(LATER + MINUTE, 700, "video")], ip="192.168.1.5")
    share = channel(PHONE, SERVER, [(LATER + 8 * MINUTE, came, "clear")], ip="192.168.1.20")
    inside.inside = share.inside = True
    some = [beats(LATER), drive, inside, *([share] if came else [])]
    later = visit(LATER, some, devices=[device(), pc, other])
    before = visit(SECOND, [channel(CAMERA, UP, after_passes(SECOND), "uploaded"), beats(SECOND)], devices=[device(), pc, other])  # fmt: skip
    one = told(later, before)
    assert (one.status == "gone") == bool(status)
    assert ("room_own" in codes(one)) != bool(status)
    assert ("own_sends" in dict(one.limits)) == bool(status)


def test_a_face_that_was_overlooked_is_a_pass_that_was_followed() -> None:
    sent = after_passes(SECOND, passes=5)
    sent[2] = (sent[2][0], sent[2][1], "picture")
    before = visit(SECOND, [channel(CAMERA, UP, sent, "uploaded"), beats(SECOND, 5)], passes=5)
    one = told(visit(LATER, [beats(LATER, 7)], passes=7), before)
    assert (one.status, one.power.followed) == ("gone", 5)
    before.channels[CAMERA, UP].sent[2] = Sending(sent[2][0], 900_000, "picture")  # another kind of picture
    assert told(visit(LATER, [beats(LATER, 7)], passes=7), before).power.followed == 4


def test_numbers_alone_after_the_passes_are_no_form_of_pictures() -> None:
    counts = channel(CAMERA, UP, after_passes(LATER, "clear", 90), ip="47.96.10.20")
    later = visit(LATER, [counts, beats(LATER)])
    one = told(later)
    assert one.status == "gone"
    assert one.limits[0][0] == "goes_on"
    features = channel(CAMERA, UP, after_passes(LATER, "clear", 700), ip="47.96.10.20")
    assert told(visit(LATER, [features, beats(LATER)])).form == "vectors"


def test_an_address_alone_is_not_enough_for_gone() -> None:
    unlinked = device()
    from dataclasses import replace

    bare = replace(unlinked, macs=frozenset(), device_id="192.168.1.64")
    before, after = office(), visit(LATER, [beats(LATER)])
    for side in (before, after):
        side.devices = {"192.168.1.64": bare}
        side.channels = {("192.168.1.64", end): one for (_, end), one in side.channels.items()}
        for one in side.channels.values():
            one.device = "192.168.1.64"
        side.heard["192.168.1.64"] = side.heard[CAMERA]
    one = told(after, before)
    assert one.status == "could not have been seen"
    assert "device_unsure" in codes(one)


def test_cameras_that_share_the_marks_keep_each_its_own_power() -> None:
    macs = [f"08:54:11:00:00:1{k}" for k in range(3)]
    some = [device(mac, f"192.168.1.7{k}") for k, mac in enumerate(macs)]
    sent = after_passes(SECOND, passes=9)
    before = visit(SECOND, [channel(mac, UP, sent[k::3], "uploaded") for k, mac in enumerate(macs)], devices=some, passes=9)  # fmt: skip
    quiet = [channel(mac, "time.example.org", [(LATER + k * MINUTE, 200, "hidden") for k in range(20)], ip="121.40.77.19") for mac in macs]  # fmt: skip
    for one in [channel(mac, "time.example.org", [(SECOND + k * MINUTE, 200, "hidden") for k in range(20)], ip="121.40.77.19") for mac in macs]:  # fmt: skip
        before.channels[one.device, one.endpoint] = one
    outcomes = compare(before, visit(LATER, quiet, devices=some, passes=9))
    assert {one.status for one in outcomes} == {"could not have been seen"}
    assert {tuple(codes(one)) for one in outcomes} == {("power_needed",)}
    assert {(one.devices, one.together.followed, one.together.asked) for one in outcomes} == {(3, 9, 9)}
    said = sentences(outcomes[0], visit(LATER, quiet, devices=some, passes=9), "en")
    assert any("This does not apply to a single one of them" in one for one in said)


def test_cameras_of_which_one_goes_on_are_not_counted_together() -> None:
    macs = [f"08:54:11:00:00:1{k}" for k in range(2)]
    some = [device(mac, f"192.168.1.7{k}") for k, mac in enumerate(macs)]

    def beating(start):
        return [channel(mac, "time.example.org", [(start + k * MINUTE, 200, "hidden") for k in range(20)], ip="121.40.77.19") for mac in macs]  # fmt: skip

    up = [channel(mac, UP, after_passes(SECOND, passes=9)[k::2], "uploaded") for k, mac in enumerate(macs)]
    before = visit(SECOND, up, devices=some, passes=9)
    for one in beating(SECOND):
        before.channels[one.device, one.endpoint] = one
    still = channel(macs[0], UP, after_passes(LATER, passes=9)[::2], "uploaded")
    outcomes = compare(before, visit(LATER, [still, *beating(LATER)], devices=some, passes=9))
    assert {one.status for one in outcomes} == {"still", "could not have been seen"}
    assert not any(one.together for one in outcomes)


def test_the_text_of_a_mark_says_whose_camera_was_passed() -> None:
    before, after = office(text="pass 192.168.1.64 {}"), visit(LATER, [beats(LATER)], text="pass 192.168.1.65 {}")
    before.marks += [(ts + 50 * SECOND, "pass 192.168.1.65") for ts, _ in before.marks]
    after.marks += [(ts + 50 * SECOND, "pass 192.168.1.64") for ts, _ in after.marks[:6]]
    one = told(after, before)
    assert (one.power.occasions, one.power.followed, one.power.asked) == (12, 12, 6)


def test_an_outcome_says_what_it_does_not_show_and_where_the_cases_have_it() -> None:
    hidden = channel(CAMERA, UP, after_passes(LATER, "hidden", 30_000))
    later = visit(LATER, [hidden, beats(LATER)])
    said = sentences(told(later), later, "en")
    assert any("whether it contains images is not shown" in text for text in said)
    assert said[-1] == "Finding numbers: before F1; now none."


def test_an_endpoint_inside_is_called_by_what_it_is() -> None:
    both = [device(), device(SERVER, "192.168.1.10", role="server")]
    before = visit(SECOND, [_inside(SECOND, "face", "moved"), beats(SECOND)], devices=both)
    (one,) = [one for one in compare(before, visit(LATER, [beats(LATER)], devices=both)) if one.purpose == "inside"]
    assert one.endpoint == "Hikvision (192.168.1.10)"


def test_makers_are_named_in_the_language_of_the_reader() -> None:
    """As the report names them: who moves it now, who has room for it, and to whom inside it goes."""
    both = [device(), device(SERVER, "192.168.1.10", role="")]
    inside = told(visit(LATER, [_inside(LATER, "face"), beats(LATER)], devices=both), visit(SECOND, [_inside(SECOND, "face", "moved"), beats(SECOND)], devices=both))  # fmt: skip
    room = told(visit(LATER, [beats(LATER), channel(SERVER, "a.example.cn", [(LATER + MINUTE, 900_000, "hidden")], ip="60.1.1.1")], devices=both))  # fmt: skip
    moved = told(visit(LATER, [channel(CAMERA, "b.example.cn", after_passes(LATER), ip="60.1.1.2")]))
    for one, maker in itertools.product((inside, room, moved), (("zh", "海康威视"), ("en", "Hikvision"))):
        row = outcome_row(one, office(LATER), maker[0])
        words = " ".join([row["device"], row["endpoint"], *row["said"]])
        assert maker[1] in row["device"]
        assert maker[0] == "en" or "Hikvision" not in words
    assert outcome_row(inside, office(LATER), "zh")["endpoint"] == "海康威视 (192.168.1.10)"
    assert named("Hikvisionary", "zh") == "Hikvisionary"
    assert named("Hikvisionary", "zh") == "Hikvisionary"


def test_what_is_only_in_the_later_visit_is_new() -> None:
    first = visit(SECOND, [beats(SECOND)])
    found = compare(first, office(LATER))
    assert [(one.status, one.endpoint) for one in found] == [("new", UP)]
    assert any("may have existed without being recorded" in text for text in sentences(found[0], office(LATER), "en"))


def test_a_server_whose_cameras_are_away_is_not_called_gone() -> None:
    """Nothing comes to it, so nothing could leave: found where cameras had been unplugged for the visit."""
    fed = channel("08:54:11:00:00:09", CAMERA, after_passes(SECOND, "face"), "moved", ip="192.168.1.64")
    fed.inside = True
    before = office()
    before.channels[fed.device, CAMERA] = fed
    before.devices[fed.device] = device(fed.device, "192.168.1.69")
    one = next(o for o in compare(before, visit(LATER, [beats(LATER)])) if o.purpose == "images")
    assert one.status == "could not have been seen"
    assert codes(one) == ["source_absent"]


def test_what_is_hidden_and_small_now_is_not_gone() -> None:
    """Features instead of pictures, in the same encrypted connection: below what counts as an upload."""
    before = visit(SECOND, [channel(CAMERA, UP, after_passes(SECOND, "hidden"), "hidden"), beats(SECOND)])
    one = told(visit(LATER, [channel(CAMERA, UP, after_passes(LATER, "hidden", 700)), beats(LATER)]), before)
    assert (one.status, one.form) == ("now other", "smaller")


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize(("size", "status"), [(220, "moved"), (40, "gone")])
def test_names_that_are_asked_lead_outside(size: int, status: str, inside: bool) -> None:
    """Pictures in names that a resolver passes on; plain questions after the passes are the endpoint's own."""
    names = channel(CAMERA, "DNS 192.168.1.1", after_passes(LATER, "clear", size), ip="192.168.1.1")
    names.inside, names.asks = inside, True
    one = told(visit(LATER, [names, beats(LATER)]))
    assert one.status == status
    if status == "moved":
        assert (one.now_endpoint, codes(one)) == ("DNS 192.168.1.1", ["moved_follows"])


@pytest.mark.parametrize(("role", "status"), [("network", "moved"), ("", "gone")])
def test_what_is_handed_to_the_router_may_be_passed_on(role: str, status: str) -> None:
    """A proxy or tunnel of its own: what leaves on its other side is not heard here; of a computer it would be."""
    router = device(SERVER, "192.168.1.1", role=role)
    way = channel(CAMERA, SERVER, after_passes(LATER, "hidden", 9000), ip="192.168.1.1")
    way.inside, way.names = True, set()
    one = told(visit(LATER, [way, beats(LATER)], devices=[device(), router]), office(devices=[device(), router]))
    assert one.status == status


def test_many_questions_for_names_are_room() -> None:
    names = channel(CAMERA, "DNS 192.168.1.1", [(LATER + k * 9 * SECOND, 60, "clear") for k in range(160)], ip="192.168.1.1")  # fmt: skip
    names.inside = names.asks = True
    assert codes(told(visit(LATER, [names, beats(LATER)]))) == ["room"]


def test_much_that_is_hidden_elsewhere_is_room_and_no_move() -> None:
    other = channel(CAMERA, "x.example.com", [(LATER + 27 * MINUTE, 150_000, "hidden")], ip="39.1.2.3")
    one = told(visit(LATER, [other, beats(LATER)]))
    assert (one.status, codes(one)) == ("could not have been seen", ["room"])


def test_what_no_sending_tells_of_is_room_too() -> None:
    other = channel(CAMERA, "x.example.com", [], ip="39.1.2.3")
    other.up = 150_000
    one = told(visit(LATER, [other, beats(LATER)]))
    assert (one.status, codes(one)) == ("could not have been seen", ["room"])


def test_bytes_to_the_same_endpoint_that_no_sending_tells_of_are_room() -> None:
    """A long encrypted connection of which one unit is told and the small ones are not."""
    same = channel(CAMERA, UP, [(LATER + 27 * MINUTE, 300, "hidden")])
    same.up = 30_000
    one = told(visit(LATER, [same, beats(LATER)]))
    assert (one.status, codes(one)) == ("could not have been seen", ["room"])


def test_faces_from_a_device_that_was_not_there_bar_the_word_only() -> None:
    other = channel(SERVER, "x.example.com", [(LATER + 27 * MINUTE, 20_000, "face")], "uploaded", ip="39.1.2.3")
    outcomes = compare(
        office(), visit(LATER, [other, beats(LATER)], devices=[device(), device(SERVER, "192.168.1.10")])
    )
    assert {one.status: codes(one) for one in outcomes} == {"could not have been seen": ["room_seen"], "new": []}


def test_a_call_on_a_visitors_phone_is_no_move_of_a_cameras_video() -> None:
    before = visit(SECOND, [channel(CAMERA, UP, after_passes(SECOND, "video"), "video"), beats(SECOND)])
    call = channel(PHONE, "x.example.com", [(LATER + 27 * MINUTE, 9_000, "video")], ip="39.1.2.3")
    devices = [device(), device(PHONE, "192.168.1.120", role="personal device")]
    assert told(visit(LATER, [call, beats(LATER)], devices=devices), before).status == "gone"


def test_less_is_seen_where_a_part_was_captured_outside() -> None:
    before = office(sides=frozenset({"lan", "wan"}))
    assert codes(told(visit(LATER, [beats(LATER)], sides=frozenset({"wan"})), before)) == ["vantage_less"]
    assert codes(told(visit(LATER, [beats(LATER)], sides=frozenset({"lan", "wan"})))) == ["vantage_less"]
    assert told(visit(LATER, [beats(LATER)], sides=frozenset({"both"}))).status == "gone"


def _inside(start: int, form: str, finding: str = "") -> Channel:
    one = channel(CAMERA, SERVER, after_passes(start, form), finding, ip="192.168.1.10")
    one.inside, one.names = True, set()
    return one


def test_inside_nothing_is_gone_where_nothing_passes_between_the_two() -> None:
    both = [device(), device(SERVER, "192.168.1.10", role="")]
    before = visit(SECOND, [_inside(SECOND, "face", "moved"), beats(SECOND)], devices=both)
    assert codes(told(visit(LATER, [beats(LATER)], devices=both), before)) == ["way_inside"]
    quiet = _inside(LATER, "clear")
    quiet.sent, quiet.up = [Sending(LATER + MINUTE, 200, "clear")], 300
    one = told(visit(LATER, [quiet, beats(LATER)], devices=both), before)
    assert one.status == "gone"
    said = " ".join(sentences(one, office(LATER), "en"))
    assert "other traffic between them continues" in said
    assert "traffic to the internet continues" not in said


def test_who_calls_inside_in_vain_shows_the_way_between_the_two() -> None:
    """The server was uninstalled, and its cameras are refused: both are there, and what passes between them is heard."""
    both = [device(), device(SERVER, "192.168.1.10", role="")]
    before = visit(SECOND, [_inside(SECOND, "face", "moved"), beats(SECOND)], devices=both)
    later = visit(LATER, [beats(LATER)], devices=both)
    later.tried[CAMERA] = [Call(ts, "192.168.1.10", inside=True) for ts, _ in later.marks]
    one = next(one for one in compare(before, later) if one.purpose == "inside")
    assert (one.status, one.limits) == ("gone", [("tried_inside", {"count": 12})])
    assert "other traffic between them continues" not in " ".join(sentences(one, later, "en"))


def test_inside_pictures_that_are_encrypted_now_are_not_gone() -> None:
    both = [device(), device(SERVER, "192.168.1.10", role="")]
    before = visit(SECOND, [_inside(SECOND, "face", "moved"), beats(SECOND)], devices=both)
    assert told(visit(LATER, [_inside(LATER, "hidden"), beats(LATER)], devices=both), before).status == "now encrypted"


def test_what_only_asks_is_no_room() -> None:
    """A machine that is new browses: little questions, large answers. The same bytes with small answers are room."""
    other = device(SERVER, "192.168.1.20", role="")

    def web(down):
        one = channel(SERVER, "www.example.cn", [(LATER + k * MINUTE, 400, "hidden") for k in range(60)], ip="60.1.1.1")
        one.down = down
        return one

    later = [visit(LATER, [beats(LATER), web(down)], devices=[device(), other]) for down in (200_000, 9000)]
    assert [told(one).status for one in later] == ["gone", "could not have been seen"]


@pytest.mark.parametrize(
    ("who", "role", "rest"), [(CAMERA, "capture device", 0), (SERVER, "verification terminal", 0), (SERVER, "", 90_000)]
)
def test_small_pieces_to_who_answers_much_are_room(who: str, role: str, rest: int) -> None:
    """Of the route's own device, of one that captures, and where bytes were sent of which no sending tells."""
    pieces = [(LATER + k * 6 * SECOND, 1000, "hidden") for k in range(240)]
    way = channel(who, "new.example.cn", pieces, ip="60.1.1.1")
    way.up += rest
    way.down = 4 * way.up
    other = device(SERVER, "192.168.1.20", role=role or "server")
    assert told(visit(LATER, [beats(LATER), way], devices=[device(), other])).status == "could not have been seen"


def test_a_server_is_asked_about_all_marks() -> None:
    """Pictures of all cameras come to it: the mark that says whose camera it was tells nothing of the server."""
    sent = [one for k, one in enumerate(after_passes(SECOND, passes=18)) if k % 3 or k == 0]
    fed = channel(CAMERA, SERVER, sent, "moved", ip="192.168.1.10")
    fed.inside = True
    up = channel(SERVER, UP, sent, "uploaded")
    machine = device(SERVER, "192.168.1.10", role="server")
    before = visit(SECOND, [fed, up, beats(SECOND)], devices=[device(), machine], passes=18)
    before.marks = [(ts, f"passes camera {'ABC'[k % 3]}") for k, (ts, _) in enumerate(before.marks)]
    later = visit(LATER, [beats(LATER, 18)], devices=[device(), machine], passes=18)
    later.marks = [(ts, f"passes camera {'ABC'[k % 3]}") for k, (ts, _) in enumerate(later.marks)]
    one = next(one for one in compare(before, later) if one.endpoint == UP)
    assert (one.power.occasions, one.power.followed) == (18, len(sent))


def test_what_goes_on_is_not_told_as_new_too() -> None:
    """Hidden uploads that follow the passes on both visits, of which a finding speaks on the later one only."""
    before = visit(SECOND, [channel(CAMERA, UP, after_passes(SECOND, "hidden")), beats(SECOND)])
    later = visit(LATER, [channel(CAMERA, UP, after_passes(LATER, "hidden"), "following"), beats(LATER)])
    assert [one.status for one in compare(before, later)] == ["still"]


@pytest.mark.parametrize("form", [one for one in FORMS if one != "face"])
def test_nothing_that_is_sent_after_the_passes_to_the_same_endpoint_lets_pictures_be_called_gone(form) -> None:
    """Templates were read as records, and no one asked for these: pictures were called gone beside them."""
    other = channel(CAMERA, UP, after_passes(LATER, form, 2700))
    assert told(visit(LATER, [other, beats(LATER)])).status in {"now other", "now encrypted"}


def test_every_kind_of_finding_is_asked_after_or_said_not_to_be() -> None:
    assert judging.KINDS_OF.keys() | judging.NOT_ASKED == KIND.keys()
    assert not judging.KINDS_OF.keys() & judging.NOT_ASKED
    assert set(judging.KINDS_OF.values()) <= judging.FORMS_OF.keys()
