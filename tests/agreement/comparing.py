"""Records of two tools set against each other: what differs, and in which class of differences it lies.

A conversation is known by its transport and its two ends, whoever is called client: tools disagree in that where a
capture begins midway, and in where one conversation on the same ports ends and the next begins. So all of the same ends
is added up. Contents are compared by hash: what a peer recovered, netaudit must have; it takes more apart than they do.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from netaudit.masking.mask import mask, mask_host, mask_path, shortened

TYPES = {  # of records that are asked for (IANA): tools write the name, or the number
    name: number for number, name in enumerate(
        ["A", "NS", "MD", "MF", "CNAME", "SOA", "MB", "MG", "MR", "NULL", "WKS", "PTR", "HINFO", "MINFO", "MX", "TXT", "RP", "AFSDB", "X25", "ISDN", "RT", "NSAP", "NSAP-PTR", "SIG", "KEY", "PX", "GPOS", "AAAA", "LOC", "NXT", "EID", "NIMLOC", "SRV", "ATMA", "NAPTR", "KX", "CERT", "A6", "DNAME", "SINK", "OPT", "APL", "DS", "SSHFP", "IPSECKEY", "RRSIG", "NSEC", "DNSKEY", "DHCID", "NSEC3", "NSEC3PARAM", "TLSA", "SMIMEA"], 1)
} | {"HIP": 55, "CDS": 59, "CDNSKEY": 60, "OPENPGPKEY": 61, "CSYNC": 62, "ZONEMD": 63, "SVCB": 64, "HTTPS": 65, "SPF": 99, "TKEY": 249,
     "TSIG": 250, "IXFR": 251, "AXFR": 252, "MAILB": 253, "MAILA": 254, "ANY": 255, "URI": 256, "CAA": 257}  # fmt: skip
WHOLE_TARGET = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?([^/?#]*)(.*)", re.DOTALL)


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


def as_netaudit_writes(record):
    """A peer's record with names masked as netaudit's tables have them, and targets split as RFC 9112, 3.2.2 has them."""
    if record["kind"] == "exchange":
        host, target = record["host"] or "", record["target"] or ""
        if whole := WHOLE_TARGET.fullmatch(target):
            host, target = whole[1], whole[2] or "/"
        host = host.rpartition("@")[2]
        method = shortened(mask, record["method"] or "", 64)
        return record | {
            "host": shortened(mask_host, host, 256),
            "target": shortened(mask_path, target, 2048),
            "method": method,
        }
    if record["kind"] in ("name", "hello"):
        return record | {"name": shortened(mask_host, record["name"] or "", 256)}
    return record


def _numbered(record):
    form = str(record.get("form")).upper().removeprefix("TYPE")
    return record | {"form": str(TYPES.get(form, form))} if record["kind"] == "name" else record


def _facts(records, kind, key):
    out = defaultdict(list)
    for one in records:
        if one["kind"] == kind:
            out[ends_of(one["way"]), *(one.get(name) for name in key)].append(one)
    return out


def _told(records, fields):
    return {tuple((name, str(one.get(name))) for name in fields) for one in records} if records else None


KEYS = {"exchange": ("target",), "name": ("name",), "hello": ()}
COMPARED = {
    "exchange": ("method", "host", "status"),
    "name": ("form", "addresses"),
    "hello": ("name", "ja3", "ja4", "random"),
}


def by_ends(records):
    """Records by the ends of their conversations."""
    out = defaultdict(list)
    for one in records:
        if "way" in one:
            out[ends_of(one["way"])].append(one)
    return out


def differences(peer, capture, ours, theirs, tells):
    """Of one capture; also how many facts were compared, by kind."""
    found, compared = [], Counter()
    ours = [_numbered(one) for one in ours if one["capture"] == capture]
    theirs = [_numbered(as_netaudit_writes(one)) for one in theirs if one["capture"] == capture]
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
        one, other = _facts(ours, kind, key), _facts(theirs, kind, key)
        for subject in {*one, *other}:
            compared[kind] += 1
            of_all = [
                name for name in fields if all(name in record or name == "status" for record in other.get(subject, ()))
            ]
            mine, his = _told(one.get(subject), of_all), _told(other.get(subject), of_all)
            if mine != his:
                found.append(Difference(peer, kind, capture, subject, mine, his))
    mine = defaultdict(dict)
    for record in ours:
        if record["kind"] == "content" and record["sha256"]:  # of one content also as a piece of a larger one
            mine[ends_of(record["way"])][record["sha256"]] = (
                mine[ends_of(record["way"])].get(record["sha256"]) or record["whole"]
            )
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
