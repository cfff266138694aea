"""Records of two tools set against each other: what differs, and in which class of differences it lies.

A conversation is known by its transport and its two ends, whoever is called client: tools disagree in that where a
capture begins midway, and in where one conversation on the same ports ends and the next begins. So all of the same ends
is added up. Contents are compared by hash: what a peer recovered, netaudit must have; it takes more apart than they do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """About `key` netaudit says `ours` and the peer `theirs`; None where one says nothing."""

    peer: str
    kind: str
    capture: str
    key: tuple
    ours: object
    theirs: object


@dataclass(slots=True)
class Entry:
    """A class of differences in the ledger."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


def ends_of(way):
    transport, *rest = way
    ends = tuple(sorted(((str(rest[0]), rest[1]), (str(rest[2]), rest[3]))))
    return (transport, *ends)


def _flows(records, fields):
    out = defaultdict(lambda: {name: [0, 0] for name in fields if name in ("packets", "payload")})
    for one in records:
        if one["kind"] == "flow" and one["way"][0] in ("tcp", "udp"):  # peers tell of no other conversations
            key = ends_of(one["way"])
            back = (str(one["way"][1]), one["way"][2]) != key[1]
            for name, total in out[key].items():
                for place, value in enumerate(one[name]):
                    total[place ^ back] += value
    return {key: tuple((name, tuple(value)) for name, value in sorted(told.items())) for key, told in out.items()}


def _facts(records, kind, fields, key):
    out = {}
    for one in records:
        if one["kind"] == kind:
            told = tuple((name, str(one.get(name))) for name in fields)
            out.setdefault((ends_of(one["way"]), *(one.get(name) for name in key)), set()).add(told)
    return out


KEYS = {"exchange": ("target",), "name": ("name",), "hello": ()}
COMPARED = {
    "exchange": ("method", "host", "status"),
    "name": ("form", "addresses"),
    "hello": ("name", "ja3", "ja4", "random"),
}


def differences(peer, capture, ours, theirs, tells):
    """Of one capture; also how many facts were compared, by kind."""
    found, compared = [], Counter()
    ours, theirs = [[one for one in records if one["capture"] == capture] for records in (ours, theirs)]
    fields = [name for name in ("packets", "payload") if name in tells["flow"]]
    one, other = _flows(ours, fields), _flows(theirs, fields)
    for key in {*one, *other}:
        compared["flow"] += 1
        if one.get(key) != other.get(key):
            found.append(Difference(peer, "flow", capture, key, one.get(key), other.get(key)))
    for kind, key in KEYS.items():
        fields = [name for name in COMPARED[kind] if name in tells.get(kind, ())]
        if not fields:
            continue
        one, other = _facts(ours, kind, fields, key), _facts(theirs, kind, fields, key)
        for subject in {*one, *other}:
            compared[kind] += 1
            if one.get(subject) != other.get(subject):
                found.append(Difference(peer, kind, capture, subject, one.get(subject), other.get(subject)))
    mine = defaultdict(dict)
    for record in ours:
        if record["kind"] == "content" and record["sha256"]:
            mine[ends_of(record["way"])][record["sha256"]] = record["whole"]
    for record in theirs:
        if record["kind"] == "content" and record["whole"] and record["size"]:
            compared["content"] += 1
            ends = ends_of(record["way"])
            if not mine[ends].get(record["sha256"]):
                found.append(
                    Difference(
                        peer,
                        "content",
                        capture,
                        (ends, record["sha256"], record["size"]),
                        mine[ends].get(record["sha256"]),
                        "whole",
                    )
                )
    return found, compared
