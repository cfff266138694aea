"""Classes of differences: how one is known, its cause, and who is right. What fits none is unexplained.

A class is as narrow as its cause: by peer, kind, and what both say. Each was looked at in the bytes of an example.
"""

from __future__ import annotations

from tests.agreement.comparing import ends_of

FEW = 8  # bytes of a first chunk
CHANGED = "packets that were damaged"


def class_of(one, ours, touched=frozenset()) -> str:
    """Name of the class of a difference; `ours` are netaudit's records of the capture, `touched` ends with changed packets.

    Bytes that were changed behind the checksum have no truth: netaudit doubts such a packet where sound ones were seen,
    tshark and dpkt take it as it stands, suricata is told not to look at checksums. All that has no such packet must agree.
    """
    if touched and frozenset((one.key[0] if isinstance(one.key[0], tuple) else one.key)[1:]) in touched:
        return CHANGED
    for name, (peers, kind, fits, _, _) in CLASSES.items():
        if one.peer in peers and one.kind == kind and fits(one, ours):
            return name
    return "unexplained"


def _silent(one, _):
    return one.theirs is None


def _told(value, name):
    return {dict(row).get(name) for row in value or ()}


def _of(one, ours, kind):
    ends = one.key[0] if isinstance(one.key[0], tuple) else one.key
    return [record for record in ours if record["kind"] == kind and ends_of(record["way"]) == ends]


def _form(one, ours):
    """The body as sent, of a size that netaudit tells of a form or an archive in pieces."""
    sizes = {
        record[f"{side}_size"]
        for record in _of(one, ours, "exchange")
        for side in ("asked", "answered")
        if str(record[f"{side}_type"]).startswith("multipart/")
    }
    return one.ours is None and one.key[2] in sizes


def _of_form(one, ours):
    """No body as sent, of a conversation with a form: a file that the peer took out of it, otherwise than it was sent."""
    asked = _of(one, ours, "exchange")
    forms = any(str(record["asked_type"]).startswith("multipart/") for record in asked)
    return (
        one.ours is None
        and forms
        and one.key[2] not in {record[f"{side}_size"] for record in asked for side in ("asked", "answered")}
    )


def _first_chunk_apart(one, ours):
    """All but the first few bytes of an answer's body as it was sent."""
    sizes = {record["answered_size"] for record in _of(one, ours, "exchange")}
    return one.ours is None and any(one.key[2] + first in sizes for first in range(1, FEW + 1))


def _crumb(one, _):
    """A body of a byte or two that nobody sent: what follows a chunk's size."""
    return one.ours is None and one.key[2] <= 2


def _no_certificate(one, _):
    return one.theirs is None and all(str(value).startswith("t12") for value in _told(one.ours, "ja4"))


def _no_status(one, _):
    return one.ours is not None and one.theirs is not None and _told(one.theirs, "status") == {"None"} and (
        {(dict(row)["method"], dict(row)["host"]) for row in one.ours} == {(dict(row)["method"], dict(row)["host"]) for row in one.theirs}
    )  # fmt: skip


ALL = ("tshark", "suricata", "dpkt")
CLASSES: dict[str, tuple] = {
    # name: peers, kind, how it is known, cause, who is right
    "form taken apart": (ALL, "content", _form,
        "the peer gives the body of a form as one, netaudit its fields and files", "both"),
    "file in a form": (("suricata",), "content", _of_form,
        "suricata's reader of forms gives some binary files other bytes, or fewer, than were sent", "netaudit (the hash is the generator's)"),
    "first chunk of deflate apart": (("suricata",), "content", _first_chunk_apart,
        "where the first chunk has but a few bytes of a body in deflate, suricata loses it and leaves the rest in its coding",
        "netaudit (the hash is the generator's)"),
    "chunks out of order": (("tshark",), "content", _crumb,
        "of an answer in chunks whose segments came in another order tshark takes line ends for bodies",
        "netaudit (the hash is the generator's)"),
    "answer out of order": (("tshark",), "exchange", _no_status,
        "such an answer tshark gives to no request", "netaudit (the generator's)"),
    "hello without certificate": (("suricata",), "hello", _no_certificate,
        "suricata tells of TLS 1.2 once a certificate came; these servers send none", "netaudit tells more"),
    "answer that dpkt does not read": (("dpkt",), "exchange", _no_status,
        "dpkt's reader of HTTP stops at extensions of chunks, and at what HEAD, 204 and 304 answer", "netaudit (RFC 9112, 6.3 and 7.1.1)"),
}  # fmt: skip
