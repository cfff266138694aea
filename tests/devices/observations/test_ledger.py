"""What finds no room is counted, wherever it came from and in whatever order."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from netaudit.core.schema import OBSERVATIONS
from netaudit.core.storage.table_streams import BATCH_ROWS, TableWriter, read_streams, table_of
from netaudit.devices.observations import ledger as ledger_module
from netaudit.devices.observations.ledger import Ledger
from netaudit.evidence.case.writing import make_folders


def test_the_place_of_what_was_dropped_does_not_depend_on_the_order_of_shards() -> None:
    places = [(0, 7, 700), (0, 3, 300), (1, 5, 500)]
    rows = set()
    for order in itertools.permutations(enumerate(places)):
        ledger = Ledger(most=0)
        for shard, place in order:
            ledger.at(shard)
            ledger.note("http", "", "192.0.2.1", "server", "x", *place)
        rows |= set(ledger.rows())
    assert rows == {("limit", "", "", "dropped", "facts beyond the bounds", "#0", 3, 300, 3)}


@pytest.mark.parametrize("seed", range(20))
def test_the_earliest_facts_have_the_room_in_whatever_order_they_are_read(seed) -> None:
    """Fields of 3 values in a shard of 12 facts; facts are said several times, some of them at one place."""
    rng = random.Random(seed)
    said = [
        (at // 3 % 2, f"192.0.2.{rng.randrange(5)}", rng.choice(("server", "name")), f"v{rng.randrange(12)}")
        for at in range(300)
    ]
    kept: dict[tuple[int, str, str, str], list[int]] = {}  # by the book: first come, first served
    dropped = []
    for at, (shard, ip, field, value) in enumerate(said):
        place, own = at // 3, [one for one in kept if one[0] == shard]
        crowded = field != "name" and sum(one[1:3] == (ip, field) for one in own) >= 3
        if (shard, ip, field, value) in kept:
            kept[shard, ip, field, value][1] += 1
        elif crowded or len(own) >= 12:
            dropped.append(place)
        else:
            kept[shard, ip, field, value] = [place, 1]
    told = sorted((*one[1:], *places) for one, places in kept.items())
    told.append(("", "dropped", "facts beyond the bounds", dropped[0], len(dropped)))
    for disorder in (0, 3, 100):
        ledger = Ledger(most=12, most_values=3)
        for place in sorted(range(len(said) // 3), key=lambda at: at + rng.uniform(0, disorder)):
            for shard, ip, field, value in said[3 * place : 3 * place + 3]:
                ledger.at(shard)
                ledger.note("http", "", ip, field, value, 0, place, place)
        assert sorted((row.ip, row.field, row.value, row.frame, row.count) for row in ledger.rows()) == sorted(told)


@pytest.mark.parametrize("seed", range(10))
def test_facts_of_a_field_in_a_row_are_noted_as_one_by_one(seed) -> None:
    """Also where one of them takes the room of another, of the same field or of another host."""
    rng = random.Random(seed)
    ledgers = [Ledger(most=8, most_values=3) for _ in range(2)]
    for _ in range(200):
        shard, place = rng.randrange(2), (0, rng.randrange(50), rng.randrange(50))
        notes = []
        for _ in range(rng.randrange(1, 4)):
            host = (shard, "http", "", f"192.0.2.{rng.randrange(4)}", rng.choice(("server", "name")))
            notes += [(host, f"v{rng.randrange(9)}", place, rng.randrange(1, 3)) for _ in range(rng.randrange(4))]
        ledgers[0].note_all(notes)
        for host, *rest in notes:
            ledgers[1].note_all([((*host,), *rest)])
    first, second = (list(ledger.rows()) for ledger in ledgers)
    assert first == second
    assert ledgers[0].dropped


def test_a_flood_that_goes_back_in_time_is_not_remembered() -> None:
    """Each fact is earlier than those before it, so that one gives way to each: in crowded fields of a full shard."""
    ledger = Ledger(most=12, most_values=3)
    ledger.at(0)
    for at in range(2_000):
        ledger.note("http", "", f"192.0.2.{at // 7 % 60}", "server", f"v{at}", 0, 1, -at)
    assert sum(map(len, ledger._latest.values())) < 200
    told = [(row.value, row.count) for row in ledger.rows()]
    assert told[-1] == ("facts beyond the bounds", 2_000 - 12)
    assert ("v1999", 1) in told


def test_facts_are_written_by_columns(tmp_path) -> None:
    """All of them and each as it was noted, also where they fill more than a batch."""
    make_folders(tmp_path)
    ledger, noted = Ledger(most=BATCH_ROWS, most_values=4), []
    for number in range(BATCH_ROWS + 100):
        ledger.at(number // 5000)
        place = (number % 3, number, 7 * number)
        host = f"192.0.2.{number % 251}"
        ledger.note("http", "", host, f"f{number}", "x", *place)
        noted.append(("http", "", host, f"f{number}", "x", f"#{place[0]}", *place[1:], 1))
    assert all(tuple(columns) == OBSERVATIONS.names for columns in ledger.columns())
    assert sorted(map(tuple, ledger.rows())) == sorted(noted)
    writer = TableWriter(tmp_path, OBSERVATIONS, "0")
    ledger.write(writer)
    writer.close()
    written = read_streams(tmp_path, "observations")
    assert written.equals(table_of(list(ledger.rows()), OBSERVATIONS))


def test_facts_that_come_together_are_those_that_come_one_by_one() -> None:
    rng = random.Random(7)
    said = [
        (
            rng.randrange(2),
            f"192.0.2.{rng.randrange(4)}",
            rng.choice(("asked", "name")),
            f"v{rng.randrange(40)}",
            at // 2,
        )
        for at in range(400)
    ]
    one_by_one, together = Ledger(most=24, most_values=3), Ledger(most=24, most_values=3)
    for shard, ip, field, value, at in said:
        one_by_one.at(shard)
        one_by_one.note("dns", "", ip, field, value, 0, at, at, masked=True, times=2)
    for start in range(0, len(said), 64):
        together.note_all(
            ((shard, "dns", "", ip, field), value, (0, at, at), 2)
            for shard, ip, field, value, at in said[start : start + 64]
        )
    assert set(together.rows()) == set(one_by_one.rows())
    assert together.dropped == one_by_one.dropped > 0


@pytest.mark.parametrize("seed", range(20))
def test_what_comes_too_late_is_only_counted_before_its_turn(seed, monkeypatch) -> None:
    """The facts of many packets, looked through together and then noted in order, are those noted one by one."""
    monkeypatch.setattr(ledger_module, "LATE", 10)
    rng = random.Random(seed)
    notes = [
        (
            (rng.randrange(2), "dns", "", f"192.0.2.{rng.randrange(4)}", rng.choice(("asked", "server", "name"))),
            f"v{rng.randrange(60)}",
            (rng.randrange(3), at, at + rng.randrange(5)),
            rng.randrange(1, 4),
        )
        for at in range(600)
    ]
    one_by_one, together = Ledger(most=24, most_values=2), Ledger(most=24, most_values=2)
    one_by_one.note_all(notes)
    passed = 0
    for start in range(0, len(notes), 50):
        some = notes[start : start + 50]
        hosts = list(dict.fromkeys(host for host, *_ in some))
        which = np.array([hosts.index(host) for host, *_ in some])
        places = tuple(np.array([place[column] for _, _, place, _ in some]) for column in range(3))
        times = np.array([count for *_, count in some])
        left = together.in_time(hosts, which, [value for _, value, *_ in some], places, times)
        passed += len(some) - left.size
        together.note_all(some[place] for place in left.tolist())
    assert set(together.rows()) == set(one_by_one.rows())
    assert passed > 50


def test_what_another_fact_of_the_batch_says_as_well_is_not_too_late(monkeypatch) -> None:
    """Two names that are masked alike, the earlier of which finds room: told together or one after the other."""
    monkeypatch.setattr(ledger_module, "LATE", 10)
    host = (0, "dns", "", "192.0.2.1", "server")
    batch = [("same", (0, 1, 50), 1), ("same", (0, 9, 150), 1)]
    ledgers = []
    for groups in ([batch], [[one] for one in batch]):
        ledger = Ledger(most=100, most_values=2)
        ledger.at(0)
        ledger.note_all([(host, f"v{at}", (0, at, 100 + at), 1) for at in range(4)])
        for some in groups:
            places = tuple(np.array([place[column] for _, place, _ in some]) for column in range(3))
            which, times = np.zeros(len(some), np.int64), np.ones(len(some), np.int64)
            left = ledger.in_time([host], which, [value for value, *_ in some], places, times)
            ledger.note_all([(host, *some[place]) for place in left.tolist()])
        ledgers.append((set(ledger.rows()), ledger.dropped))
    assert ledgers[0] == ledgers[1]
