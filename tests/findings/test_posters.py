"""Faces that stay alike for hours are counted apart; who comes and goes, and scenes, are not."""

from __future__ import annotations

import pytest

from netaudit.findings.ledgers import Run, ledger_table
from netaudit.findings.posters import ALIKE, LARGEST, Face, posters
from netaudit.findings.summary import summarise
from netaudit.findings.summary.reading import Unfinished
from tests.findings.examples import CAM, capture, filled, finding

HOUR = 3_600_000_000_000
POSTER = 0x9F3A5C7712E4B08D


def tables(hashes: list[int], *, step: int = HOUR // 2, side: int = 160, face: str = "yes", up: bool = True):
    """What a camera sent, a picture at each step."""
    rows = range(len(hashes))
    images = [
        {"sha256": f"{n:064x}", "phash": f"{one:016x}", "width": side, "height": side + n % 2, "face": face}
        for n, one in enumerate(hashes)
    ]
    objects = [
        {"object_id": f"o{n:04}", "message_id": f"m{n}", "sha256": f"{n:064x}", "size": 9, "complete": True}
        for n in rows
    ]
    messages = [
        {"message_id": f"m{n}", "flow_id": "f", "capture_id": "c", "protocol": "http", "direction": "up" if up else "down",
         "host": "", "path": "/", "first_ts": n * step, "last_ts": n * step, "opened": ""}
        for n in rows
    ]  # fmt: skip
    flow = {"flow_id": "f", "client_ip": CAM, "server_ip": "47.96.10.20", "server_port": 80, "transport": "tcp"}
    found = filled(images=images, objects=objects, messages=messages, captures=[capture()])
    return found | filled(flows=[flow]) | {name: found[name] for name in ("images", "objects", "messages", "captures")}


def counted(found) -> list[tuple[str, str, int, int]]:
    return [(line.subject, line.reason, line.number, line.size) for line in posters(found)]


def test_a_poster_is_counted_apart() -> None:
    shots = [POSTER ^ (1 << n % 3) for n in range(8)]
    assert counted(tables(shots)) == [(CAM, ALIKE, 8, 72)]


@pytest.mark.parametrize(
    "made",
    [
        lambda: tables([POSTER ^ (0xFF << 8 * (n % 7)) for n in range(8)]),  # somebody who moves
        lambda: tables([POSTER] * 8, step=HOUR // 60),  # of minutes
        lambda: tables([POSTER] * 4),  # few shots
        lambda: tables([POSTER] * 8, side=1280),  # a scene
        lambda: tables([POSTER] * 8, face="no"),
        lambda: tables([POSTER] * 8, up=False),  # looked at again and again
    ],
)
def test_what_is_none(made) -> None:
    assert counted(made()) == []


def test_it_is_told_in_a_sentence_and_left_out_nowhere() -> None:
    found = tables([POSTER] * 8) | filled(findings=[finding("uploaded outside", "A", images=8)])
    found = tables([POSTER] * 8) | {"findings": found["findings"]}
    found["ledgers"] = ledger_table(found, Run(side="lan"))
    summary = summarise(Unfinished(found))
    assert sum(one.transfers for one in summary.sent) == 8


@pytest.mark.parametrize(
    ("side", "bits", "fits"),
    [(0, 0, True), (0, 4, True), (0, 5, False), (9, 0, True), (-9, 0, True), (10, 0, False), (-10, 0, False)],
)
def test_shots_are_alike_within_four_bits_and_four_per_cent_of_a_side(side: int, bits: int, fits: bool) -> None:
    face = Face(POSTER, (200, 300), 0, 0, 1, 9, {0})
    assert face.fits(POSTER ^ ((1 << bits) - 1), (200 + side, 300)) is fits
    assert face.fits(POSTER, (200, 300 + 13))
    assert not face.fits(POSTER, (200, 300 + 14))


@pytest.mark.parametrize(
    ("count", "hours", "lasted", "stays"),
    [
        (5, 3, 2 * HOUR, True),
        (4, 3, 2 * HOUR, False),
        (5, 2, 2 * HOUR, False),
        (5, 3, 2 * HOUR - 1, False),
    ],
)
def test_it_stays_from_so_many_shots_in_so_many_hours_on(count: int, hours: int, lasted: int, stays: bool) -> None:
    assert Face(POSTER, (9, 9), 7, 7 + lasted, count, 9, set(range(hours))).stays is stays


def test_hours_are_those_of_the_clock() -> None:
    """Shots at 0:59:59 and from 1:00 on are of two hours."""
    given = tables([POSTER] * 8, step=HOUR)
    given["messages"] = given["messages"].slice(0, 5)
    assert counted(given) == [(CAM, ALIKE, 5, 45)]
    assert counted(tables([POSTER] * 5, step=HOUR // 2)) == [(CAM, ALIKE, 5, 45)]  # of 0:00, 0:30, 1:00, 1:30 and 2:00
    assert counted(tables([POSTER] * 5, step=HOUR // 2 - 1)) == []


@pytest.mark.parametrize(("side", "told"), [(LARGEST - 1, True), (LARGEST, False)])
def test_only_pictures_that_show_hardly_more_than_a_face_are_asked(side: int, told: bool) -> None:
    """Every second one is a pixel higher."""
    assert bool(counted(tables([POSTER] * 8, side=side))) is told
