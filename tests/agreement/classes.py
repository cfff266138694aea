"""Classes of differences: how one is known, its cause, and who is right. What fits none is unexplained.

A class is as narrow as its cause: by peer, kind, and what both say. Each was looked at in the bytes of an example.
"""

from __future__ import annotations

from tests.agreement.comparing import ends_of


def class_of(one, ours) -> str:
    """Name of the class of a difference; `ours` are netaudit's records of the capture."""
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
    "hello without certificate": (("suricata",), "hello", _no_certificate,
        "suricata tells of TLS 1.2 once a certificate came; these servers send none", "netaudit tells more"),
    "answer that dpkt does not read": (("dpkt",), "exchange", _no_status,
        "dpkt's reader of HTTP stops at extensions of chunks, and at what HEAD, 204 and 304 answer", "netaudit (RFC 9112, 6.3 and 7.1.1)"),
}  # fmt: skip
