"""Which device is which."""

from __future__ import annotations

from dataclasses import replace

from netaudit.findings.recheck.matching import LINK, SERIAL, global_mac, joined, matches
from tests.findings.recheck.visits import CAMERA, LATER, SERVER, beats, device, office, visit


def test_a_link_address_is_known_again_and_a_random_one_is_not() -> None:
    assert matches(office(), office(LATER))[CAMERA].by == LINK
    assert global_mac(CAMERA)
    assert not global_mac("02:aa:00:00:00:03")
    assert not global_mac("x")


def test_a_serial_number_outlives_a_new_link_address() -> None:
    old, new = device(serial="DS1234"), device(SERVER, serial="DS1234")
    found = matches(visit(1, [], devices=[old]), visit(LATER, [], devices=[new]))
    assert found[CAMERA].by == SERIAL


def test_another_serial_number_is_another_device() -> None:
    old, new = device(serial="DS1"), device(serial="DS2")
    assert matches(visit(1, [], devices=[old]), visit(LATER, [], devices=[new])) == {}


def test_two_that_are_alike_are_nobody() -> None:
    one = replace(device(), macs=frozenset(), model="X")
    twin = replace(one, device_id="b")
    assert matches(visit(1, [], devices=[one]), visit(LATER, [], devices=[replace(one, device_id="a"), twin])) == {}


def test_several_visits_of_one_side_are_one() -> None:
    both = joined([office(), office(LATER)])
    assert len(both.marks) == 24
    assert len(both.channels[CAMERA, "face.example.cn"].sent) == 24
    assert len(both.spans) == 2
    assert list(both.devices) == [CAMERA]
    assert joined([office(), visit(LATER, [beats(LATER)], sides=frozenset({"wan"}))]).sides == {"lan", "wan"}


def test_what_two_visits_captured_is_one_span_and_their_marks_are_once() -> None:
    both = joined([office(), office()])
    assert both.spans == office().spans
    assert len(both.marks) == 12
    assert both.recorded == 2 * office().length
