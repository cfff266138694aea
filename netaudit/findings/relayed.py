"""Findings of certainty C: what left encrypted fits, by sizes and times, images that the sender had received in clear.

Counted are matched images that have a face where they were seen in clear; the others are told apart. No content was
seen, so the words are "consistent with", and the chance said is never below what validation bears. Where sizes and
times only go together, as those of other pictures of the same moments might, it is D with that reason, without odds and
without images.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from netaudit.core.contracts.reasons import reason
from netaudit.core.schema import LEAST_UNIT
from netaudit.core.storage.arrow_rows import integer_times
from netaudit.findings import finding
from netaudit.findings.acts import KNOWN_CLASSES
from netaudit.findings.encrypted import services_of
from netaudit.findings.finding import Finding, display_filter
from netaudit.findings.vocabulary import FOLLOW_PICTURES, GO_TOGETHER, KIND, RELAYED, UPLOADED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    import pyarrow as pa

    from netaudit.findings.roles import Actors

FOLLOWING = "following"  # relay_tests.mode
TOGETHER = "go together"  # relay_tests.standing


def relayed_findings(tables: dict[str, pa.Table], actors: Actors, named: pa.Table) -> list[Finding]:
    """Findings, one for each host, sender and endpoint that is named in `relay_tests`.

    `named` are the flows with their ends as those are named (`Ends.renamed`).
    """
    if not tables.get("relay_tests"):
        return []
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in integer_times(tables["relayed_images"]).to_pylist():
        groups[row["holder"], row["sender"], row["receiver"]].append(row)
    faces = dict(zip(*(tables["images"][name].to_pylist() for name in ("sha256", "face")), strict=True))
    tests = tables["relay_tests"].to_pylist()
    services = services_of(tables.get("endpoints"))
    findings = [_finding(*key, rows, faces, tests, tables["flows"], actors) for key, rows in sorted(groups.items())]
    findings += [_together(test, tables, actors, named) for test in together_tests(tests)]
    for one in findings:
        service, service_class = services.get(one.receiver, ("", ""))
        if service_class in KNOWN_CLASSES:
            one.reasons.append(reason("relay_service", service=service))
    return findings


def way_of(test: dict[str, Any]) -> tuple[str, str, str]:
    """Holder, sender and endpoint of a row of `relay_tests`."""
    return test["holder"], test["sender"], test["receiver"]


def tried_for(tests: Iterable[dict[str, Any]], ways: AbstractSet[tuple[str, str, str]]) -> int:
    """Seconds within which images were looked for on each of some ways: no more is said of any of them."""
    longest: dict[tuple[str, str, str], int] = defaultdict(int)
    for test in tests:
        if (way := way_of(test)) in ways:
            longest[way] = max(longest[way], test["longest_s"] or 0)
    return min(longest.values(), default=0)


def together_tests(tests: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of `relay_tests` by which what was sent goes together with images, the best for each way."""
    best: dict[tuple[str, str, str], dict[str, Any]] = {}
    for test in tests:
        key = way_of(test)
        if test["standing"] == TOGETHER and (key not in best or test["p_model"] < best[key]["p_model"]):
            best[key] = test
    return [best[key] for key in sorted(best)]


def _finding(
    holder: str,
    sender: str,
    receiver: str,
    rows: list[dict[str, Any]],
    faces: dict[str, str],
    tests: list[dict[str, Any]],
    flows: pa.Table,
    actors: Actors,
) -> Finding:
    own = [test for test in tests if (test["holder"], test["sender"], test["receiver"]) == (holder, sender, receiver)]
    decided = min((test for test in own if test["p"] is not None and test["told"]), key=lambda test: test["p_model"])
    with_face = [row for row in rows if faces.get(row["sha256"]) == "yes"]
    return Finding(
        kind=KIND["matched"],
        **_ends("C", holder, sender, receiver),
        role=actors.role(holder, rows[0]["flow_id"]),
        rules=[RELAYED],
        images=len(with_face),
        distinct_images=len({row["sha256"] for row in with_face}),
        bytes=sum(row["size"] for row in rows),
        first_ts=min(row["sent_ts"] for row in rows),
        last_ts=max(row["sent_ts"] for row in rows),
        capture_ids=sorted({row[name] for row in rows for name in ("capture_id", "image_capture_id")}),
        object_ids=sorted({row["object_id"] for row in rows}),
        **_flows(rows, flows),
        reasons=_reasons(rows, len(with_face), faces, decided, sender if sender != holder else ""),
    )


def _ends(certainty: str, holder: str, sender: str, receiver: str) -> dict[str, Any]:
    """Who had the images and who sent encrypted, to whom."""
    key = (certainty, UPLOADED.name, holder, sender, receiver)
    return {"certainty": certainty, "sender": holder, "receiver": receiver, "key": key}


def _reasons(
    rows: list[dict[str, Any]], with_face: int, faces: dict[str, str], test: dict[str, Any], through: str
) -> list[str]:
    """How many fit, how, what by chance; what it does not say."""
    unjudged = sum(faces.get(row["sha256"]) in {None, "not judged"} for row in rows)
    figures: dict[str, object] = {"n": len(rows), "modes": ", ".join(sorted({row["mode"] for row in rows}))}
    fit = reason("relay_fit_through", through=through, **figures) if through else reason("relay_fit", **figures)
    apart = reason("relay_face_unjudged", n=with_face, m=unjudged) if unjudged else reason("relay_face", n=with_face)
    chance, clock = test["expected"], test["clock_s"]
    return [
        fit,
        apart,
        *([] if chance is None else [reason("relay_chance", expected=f"{chance:.1f}")]),
        reason("relay_bound", odds=f"{round(1 / test['p']):,}"),  # what validation bears
        *([] if clock is None else [reason("relay_clock", clock=f"{clock:.1f}")]),
        reason("relay_end"),
    ]


def _flows(rows: list[dict[str, Any]], flows: pa.Table) -> dict[str, Any]:
    """Ids of the flows of some rows, and what shows them in Wireshark."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = sorted({row["flow_id"] for row in rows})
    ends = flows.filter(pc.is_in(flows["flow_id"], value_set=pa.array(ids, pa.string())))
    ends = ends.select(["client_ip", "server_ip", "transport", "server_port"])
    return {"flow_ids": ids, "display_filter": display_filter(map(finding.way_of, ends.to_pylist()))}


def _together(test: dict[str, Any], tables: dict[str, pa.Table], actors: Actors, named: pa.Table) -> Finding:
    """The finding on uploads whose sizes and times go together with those of images: all that was uploaded."""
    holder, sender, receiver = way_of(test)
    units = _units(tables["encrypted_uploads"], named, sender, receiver) or _flows_of(named, sender, receiver)
    follows = test["mode"] == FOLLOWING
    return Finding(
        kind=KIND["following" if follows else "together"],
        **_ends("D", holder, sender, receiver),
        role=actors.role(holder, units[0]["flow_id"] if units else ""),
        rules=[FOLLOW_PICTURES if follows else GO_TOGETHER],
        bytes=sum(row["plaintext_low"] or 0 for row in units),
        first_ts=min((row["first_ts"] for row in units), default=None),
        last_ts=max((row["last_ts"] for row in units), default=None),
        capture_ids=sorted({row["capture_id"] for row in units}),
        **_flows(units, tables["flows"]),
        reasons=_reasons_together(test),
    )


def _units(uploads: pa.Table, flows: pa.Table, sender: str, receiver: str) -> list[dict[str, Any]]:
    """Rows of `encrypted_uploads` of one sender to one endpoint, from the size on that is looked at."""
    import pyarrow.compute as pc

    own = flows.filter(pc.and_(pc.equal(flows["client_ip"], sender), pc.equal(flows["server_ip"], receiver)))
    large = pc.greater_equal(uploads["plaintext_high"], LEAST_UNIT)
    chosen = uploads.filter(pc.and_(large, pc.is_in(uploads["flow_id"], value_set=own["flow_id"].combine_chunks())))
    names = ["flow_id", "capture_id", "first_ts", "last_ts", "plaintext_low"]
    rows: list[dict[str, Any]] = integer_times(chosen.select(names)).to_pylist()
    return rows


def _flows_of(flows: pa.Table, sender: str, receiver: str) -> list[dict[str, Any]]:
    """Connections as units, where what was sent stood in messages that nobody understood."""
    import pyarrow.compute as pc

    own = flows.filter(pc.and_(pc.equal(flows["client_ip"], sender), pc.equal(flows["server_ip"], receiver)))
    rows = integer_times(own.select(["flow_id", "capture_id", "first_ts", "last_ts", "payload_up"])).to_pylist()
    return [row | {"plaintext_low": row["payload_up"]} for row in rows if row["payload_up"]]


def _reasons_together(test: dict[str, Any]) -> list[str]:
    """What goes together, and why nothing more is said."""
    if test["mode"] == FOLLOWING:
        figures = {"seconds": test["window_s"], "n": test["fitting"], "m": test["images"]}
        others = test["expected"]
        begun = (
            reason("relay_following", **figures)
            if others is None
            else reason("relay_following_beside", **figures, expected=f"{others:.1f}")
        )
        return [begun, reason("relay_following_why"), reason("relay_together_end")]
    fitting, mode = test["fitting"], test["mode"]
    fit = (
        reason("relay_together_uploads", n=fitting, m=test["units"], modes=mode)
        if mode == "batch"
        else reason("relay_together_images", n=fitting, m=test["images"], modes=mode)
    )
    return [fit, reason("relay_together_why"), reason("relay_together_end")]


def without_flows_of(flows: pa.Table, relayed: Iterable[Finding]) -> pa.Table:
    """`flows` without those of such findings: what is told of them is told once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = sorted({flow for one in relayed for flow in one.flow_ids})
    return flows.filter(pc.invert(pc.is_in(flows["flow_id"], value_set=pa.array(ids, pa.string())))) if ids else flows
