"""The kernels of plain lookups and their twins agree, with bounds checks too; what is plain is never anything else."""

from __future__ import annotations

import ipaddress
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from netaudit.content.from_messages import object_id
from netaudit.core.contracts.details import ControlDetails
from netaudit.protocols import ids as ids_module
from netaudit.protocols.dns import lookups
from netaudit.protocols.dns import reader as dns
from netaudit.protocols.dns.layouts import ADDRESS4, ASKED, LOOKUP, ORDINARY, PLAIN, RESUMED
from netaudit.protocols.expected import Expected, Said
from netaudit.protocols.flow import flow_id
from netaudit.protocols.ids import flow_ids, ids_within, message_ids
from netaudit.protocols.kernels_ids import LANES, digests
from netaudit.protocols.message import Message, message_id
from netaudit.protocols.reader import Opening
from netaudit.protocols.readers import choose
from netaudit.streams.from_packets import Assembler
from netaudit.streams.layouts import FLOW, PIECE
from tests.protocols.dns.lookup_traffic import CLIENTS, NAMES, RESOLVERS, question, traffic
from tests.protocols.dns.test_reader import AAAA, CNAME, A, answer, query
from tests.reference import lookups as twin
from tests.reference.messages import flow_row
from tests.streams.wire import batch, packet

ROOT = Path(__file__).parents[3]


def hexed(array):
    text = array.tobytes().decode()
    return [text[at : at + 32] for at in range(0, len(text), 32)]


def test_digests_are_those_of_hashlib():
    import hashlib

    rng = random.Random(4)
    for length, count in ((0, 1), (1, 2), (32, LANES - 1), (49, LANES), (63, LANES + 1), (127, 3), (128, 2 * LANES)):
        data = [rng.randbytes(length) for _ in range(count)]
        blocks, out = b"".join(one.ljust(128, b"\0") for one in data), np.zeros(32 * count, np.uint8)
        digests(np.frombuffer(blocks, np.uint8).copy(), length, out)
        assert hexed(out) == [hashlib.blake2b(one, digest_size=16).hexdigest() for one in data]


@pytest.mark.parametrize("at_once", [7, 1024])
def test_ids_are_those_of_the_ordinary_way(at_once, monkeypatch):
    monkeypatch.setattr(ids_module, "AT_ONCE", at_once)
    rng = np.random.default_rng(5)
    flows = np.frombuffer(rng.bytes(40 * FLOW.itemsize), FLOW).copy()
    flows["first_ts"] = rng.integers(-(1 << 62), 1 << 62, 40)
    flows["server_hi"][:20], flows["server_lo"][:9] = flows["client_hi"][:20], flows["client_lo"][:9]
    flows["server_port"][:3] = flows["client_port"][:3]
    ids = flow_ids(flows)
    assert hexed(ids) == [flow_id(row).hex() for row in flows]
    messages = np.zeros(60, LOOKUP)
    messages["flow"], messages["direction"] = rng.integers(0, 40, 60), rng.integers(0, 2, 60)
    messages["start"] = rng.integers(0, 1 << 60, 60)
    out = message_ids(messages, ids, "dns")
    wanted = [
        message_id(flow_id(flows[m["flow"]]), int(m["direction"]), int(m["start"]), "dns").hex() for m in messages
    ]
    assert hexed(out) == wanted
    made = [Message("dns", 0, 0, 0, message_id=bytes.fromhex(one)) for one in wanted]
    assert hexed(ids_within(out, "body/json")) == [object_id(one, "body/json").hex() for one in made]
    assert not len(flow_ids(flows[:0]))


def taken(reader, brought):
    return reader.feed(brought.flows, brought.slots(), brought.closed, brought.runs, brought.pieces, brought.payload)


def rows_of(found, place):
    """Messages of one of the flows found, as the twin gives them; sayings apart."""
    first = int(np.flatnonzero(found.messages["flow"] == place)[0])
    return [
        (
            int(m["id"]), int(m["response"]), found.names[m["name"]], dns.TYPES[int(m["kind"])], int(m["status"]),
            int(m["request"]) - first if m["request"] >= 0 else -1,
        )
        for m in found.messages[found.messages["flow"] == place]
    ]  # fmt: skip


def check(packets, cuts):
    """Feed to the kernels and to the twin; gives how many flows were of each state."""
    assembler, reader, plain, counts = Assembler(), lookups.PlainLookups(), set(), [0, 0, 0]
    begin = 0
    for end in [*sorted(cuts), len(packets), None]:
        brought = assembler.end() if end is None else assembler.assemble(*batch(packets[begin:end]))
        begin = end
        states, found = taken(reader, brought)
        said, place = {}, 0
        for index, delivery in brought.deliveries():
            row = delivery.flow
            serial = int(row["serial"])
            known = serial in plain
            data = [
                (run.direction, run.data[at - run.offset :][:size])
                for run in delivery.runs
                for at, size in zip(run.pieces["offset"].tolist(), run.pieces["length"].tolist(), strict=True)
            ]
            total = sum(len(run.data) for run in delivery.runs)
            fits = (
                row["proto"] == 17
                and row["server_port"] == 53
                and (row["client_port"] >= 1024 or row["client_port"] == 53)
            )
            fresh = int(row["delivered"].sum()) == total and not row["missing"].any()
            rows = twin.read_flow(data, not known) if fits and (known or fresh) and not row["missing"].any() else None
            if not delivery.runs:
                state = PLAIN if known else ORDINARY
            elif rows is not None:
                state = PLAIN
                assert rows_of(found, place) == [(*row[:5], row[6]) for row in rows]
                client = (
                    int(row["shard"]),
                    ASKED,
                    int(row["client_hi"]),
                    int(row["client_lo"]),
                    int(row["client_mac"]),
                )
                for r in rows:
                    facts = [
                        ((int(row["shard"]), len(value), int.from_bytes(value, "big")), name) for value, name in r[5]
                    ]
                    for fact in facts + ([] if r[1] else [(client, r[2])]):
                        said[fact] = said.get(fact, 0) + 1
            else:
                state = RESUMED if known else ORDINARY
            assert states[index] == state
            counts[state] += 1
            place += state == PLAIN
            plain.discard(serial)
            if state == PLAIN and not delivery.closed:
                plain.add(serial)
        assert list(said.items()) == ([] if found is None else list(Counter(sayings_of(found)).items()))
    return counts


def sayings_of(found):
    for s in found.sayings:
        who = (int(s["shard"]), ASKED, int(s["high"]), int(s["low"]), int(s["mac"]))
        if s["kind"] != ASKED:
            who = (int(s["shard"]), 4 if s["kind"] == ADDRESS4 else 16, int(s["high"]) << 64 | int(s["low"]))
        yield who, found.names[s["name"]]


def agreeing(seeds: int) -> np.ndarray:
    """How many lookups, facts and other flows kernels and their twin found alike."""
    counts = np.zeros(3, int)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookups, "LEAST", 1)
        for seed in range(seeds):
            rng = random.Random(seed)
            packets = traffic(rng, 20)
            counts += check(packets, [rng.randrange(len(packets)) for _ in range(rng.choice((0, 9, 40)))])
    return counts


def test_kernels_agree_with_their_twin():
    counts = agreeing(60)
    assert (counts > (500, 500, 15)).all(), counts


def lookup(port, *data, server=RESOLVERS[0]):
    client, far = (CLIENTS[0], port), (server, 53)
    return [
        packet(*((far, client) if d[2] & 0x80 else (client, far)), data=d, proto=17, ts=1000 * port + i)
        for i, d in enumerate(data)
    ]


def states(packets):
    reader = lookups.PlainLookups()
    found, _ = taken(reader, Assembler().assemble(*batch(packets)))
    return found.tolist()


@pytest.mark.parametrize(
    ("data", "plain"),
    [
        ([query(), answer(A)], True),
        ([query(), answer(CNAME, A, AAAA)], True),
        ([query(), answer(flags=0x8183)], True),
        ([query("oss.EXAMPLE.com"), answer(A)], True),  # the case of a name tells forged answers
        ([query(), query(), answer(A)], True),
        ([query(), answer(A), answer(A)], True),
        ([query(), query(kind=28), answer(A), answer(AAAA, kind=28)], True),  # one id for two: the later one counts
        ([query(ident=1), query(ident=2), answer(A, ident=2), answer(A, ident=1)], True),
        ([query()], False),
        ([answer(A)], False),
        ([query(), answer(A, ident=8)], False),
        ([query(), answer(A, flags=0x8380)], False),
        ([query(), answer(A)[:-1]], False),
        ([query(), answer(A) + b"\0"], False),
        ([query(kind=999), answer(A, kind=999)], False),
        ([query("a.b"), answer(A, text="a.b")], True),
        ([query("ä.cn"), answer(A, text="ä.cn")], False),
    ],
)
def test_what_is_plain(monkeypatch, data, plain):
    monkeypatch.setattr(lookups, "LEAST", 1)
    assert states(lookup(40_000, *data)) == [PLAIN if plain else ORDINARY]
    assert states(lookup(53, *data)) == [PLAIN if plain else ORDINARY]
    assert states(lookup(123, *data)) == [ORDINARY]


def test_few_lookups_are_left_to_the_reader():
    few = [p for port in range(lookups.LEAST - 1) for p in lookup(40_000 + port, query(), answer(A))]
    assert set(states(few)) == {ORDINARY}
    assert set(states(few + lookup(50_000, query(), answer(A)))) == {PLAIN}


def test_many_questions_of_one_port(monkeypatch):
    """An answer far behind its question is left to the reader; one near it is not, however many there are."""
    monkeypatch.setattr(lookups, "LEAST", 1)
    asked, told = ([make(ident=n) for n in range(500)] for make in (query, lambda ident: answer(A, ident=ident)))
    assert states(lookup(40_000, *[d for pair in zip(asked, told, strict=True) for d in pair])) == [PLAIN]
    assert states(lookup(40_000, *asked[:32], *told[:32])) == [PLAIN]
    assert states(lookup(40_000, *asked, *told)) == [ORDINARY]


def test_no_room_for_more_names_changes_no_result(monkeypatch):
    """Names that fill the room are left to the reader."""
    monkeypatch.setattr(lookups, "LEAST", 1)
    long = [".".join(f"{n:04d}" + "x" * 56 for _ in range(4)) for n in range(600)]
    many = [p for n, text in enumerate(long) for p in lookup(20_000 + n, query(text), answer(A, text=text))]
    assert set(states(many)) == {PLAIN, ORDINARY}


def test_a_plain_opening_is_no_other_protocol():
    """No reader before that of DNS takes the first question of a plain flow for its own, whatever its id."""
    rng = random.Random(9)
    idents = {high << 8 | low for high in range(256) for low in (0, 1, 2, 3, 0x10, 0x30, 0x3C, 0x80, 0xFE, 0xFF)}
    idents |= {0xD0F2, 0xB300, 0xA301, 0x0D0A, 0x1603, 0x3082}
    for ident in sorted(idents):
        data = question(rng, rng.choice(NAMES[:5]), ident, rng.choice((1, 28)), 0)
        assert twin.read(data, 0, opens=True), data
        entry, swapped = choose(Opening(data, b"", rng.choice((5060, 40_000)), 53, midstream=False), "udp", final=True)
        assert (entry.name, swapped) == ("dns", False), data


def test_lookups_are_no_flow_that_was_announced():
    """Columns do not ask what was announced; so the ordinary way does not take a flow to port 53 for it either."""
    expected, control = Expected(), flow_row(1, proto=17, client_port=40_000, server_port=69)
    request = Message("tftp", 0, 0, 10, details=ControlDetails(Said("tftp", 0, 40_000)))
    request.pieces = np.zeros(1, PIECE)
    request.pieces["ts"] = control["first_ts"]
    expected.hear(request, control, swapped=False)
    for port, announced in ((3000, True), (53, False)):
        flow = flow_row(2, proto=17, client_port=40_000, server_port=port)
        flow["first_frame"] = 1  # behind the request
        assert (expected.find(flow) is not None) == announced


def test_addresses_are_written_as_by_the_reader():
    from netaudit.devices.observations.lookups import _address

    for text in ("::", "::1", "::1.2.3.4", "::ffff:1.2.3.4", "2001:db8::1", "fe80::1:0:0:1", "1:0:0:2:0:0:0:3"):
        number = int(ipaddress.ip_address(text))
        written = dns.parse(answer(AAAA[:-16] + number.to_bytes(16, "big"))).details.answers[0][2]
        assert _address(6, number >> 64, number & (1 << 64) - 1) == written
    assert _address(4, 0, 0x01020304) == "1.2.3.4"


def test_no_read_outside_in_plain_python():
    code = "from tests.protocols.dns import test_lookups as t; assert (t.agreeing(15) > 0).all(); t.test_digests_are_those_of_hashlib()"
    environment = {
        **os.environ,
        "NUMBA_DISABLE_JIT": "1",
    }  # a read outside raises; compiling with checks takes ten times as long
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
