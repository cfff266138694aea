"""What was read, judged and understood, and what was not: the table `ledgers`, which gives the verdict its rights.

`LEDGERS` is the list: a ledger is one entry (its rows, the words for its reasons). Rows with `understood` false are
what was not done or not understood; statements and exit codes are made of them, and calm sentences need their absence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts import judgements
from netaudit.core.contracts.judgements import AS_HOLDER
from netaudit.core.contracts.reasons import parsed
from netaudit.core.masking.mask import mask
from netaudit.core.schema import LEDGERS as TABLE
from netaudit.core.storage.table_streams import table_of
from netaudit.findings import (
    accounts,
    apart,
    contacts,
    documents,
    marked,
    posters,
    query_names,
    templates,
    understanding,
)
from netaudit.findings.moments import WINDOW_S
from netaudit.findings.visibility import UNRECOGNISED, encrypted
from netaudit.findings.vocabulary import TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

BOUNDS = "bounds"  # reason, count: goes from what is derived to the ledgers, and into no case
NOT_COMPARED, IN_SUMS, UNDATED = "not compared", "in sums", "clock not asked"

Tables = dict[str, pa.Table]

# what rows that are not understood make of an audit (exit codes)
REFUSED = "refused"
INTERRUPTED, UNJUDGED, DAMAGED = "interrupted", "unjudged", "damaged"
LONGEST = 300  # characters of a name or of a reason that has no code


class Entry(NamedTuple):
    """One row of `ledgers`; its ledger is that of the maker."""

    subject: str
    reason: str
    number: int | None = None
    size: int | None = None
    understood: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """What a run knows beside its tables."""

    rejected: list[dict[str, str]] = field(default_factory=list)  # what was given and is no input: name, reason
    failures: list[str] = field(default_factory=list)  # of readers, in words
    interrupted: bool = False
    read: list[int] | None = None  # bytes read of each capture, where the audit was interrupted
    faces: bool = True
    side: str = "unknown"  # of the router that was captured
    signatures: Mapping[str, Any] = field(default_factory=dict)  # how many were loaded, by kind
    contested: Mapping[str, str] = field(default_factory=dict)  # networks said to be inside, and by what: not followed
    judged: pa.Table | None = None  # flows that were judged, where others were set aside
    aside: pa.Table | None = None  # payload of those
    scraps: pa.Table | None = None  # words in heads and small bodies that nobody would read
    cut: Mapping[str, int] = field(default_factory=dict)  # messages of which bounds of learning cut something off
    moment_window_s: float = WINDOW_S  # that was asked after a marked moment
    pushes: Mapping[str, int] = field(default_factory=dict)  # entries of messages that carry a picture, by maker
    stopped: bool = False  # somebody had judging end before all images were looked at


@dataclass(frozen=True, slots=True)
class Ledger:
    """One ledger: `rows` makes its entries, `exit` is what a row not understood means."""

    name: str
    rows: Callable[[Tables, Run], Iterable[Entry]]
    exit: str = ""

    @property
    def reasons(self) -> Mapping[str, Mapping[str, str]]:
        """Words of its reasons by code, in both languages; those of skipped packets are the report's."""
        return TEXTS["ledger"].get(self.name, {})  # type: ignore[no-any-return]


def _stages(tables: Tables, run: Run) -> Iterator[Entry]:
    """Steps of the audit, and whether they came to their end."""
    read = pc.sum(tables["captures"]["packets_read"]).as_py() or 0
    yield Entry("reading", "interrupted" if run.interrupted else "ended", read, None, not run.interrupted)
    if run.stopped:
        left = pc.sum(pc.equal(tables["images"]["why"], judgements.STOPPED)).as_py() or 0
        yield Entry(JUDGING, "interrupted", left, None, understood=False)
    decoded = pc.sum(tables["captures"]["packets_decoded"]).as_py() or 0
    if not read:
        yield Entry("packets", "no packets", 0, None, understood=False)
    elif not decoded:
        yield Entry("packets", "none decoded", read, None, understood=False)
    known = run.side != "unknown"
    yield Entry("vantage", "known" if known else "vantage unknown", understood=known or not decoded)


JUDGING = "judging"  # a stage


def interruption(tables: Tables) -> dict[str, int]:
    """Return how far an audit got that was interrupted; empty for one that came to its end."""
    rows = tables["ledgers"].to_pylist()
    stopped = [row for row in rows if row["ledger"] == "stages" and row["reason"] == "interrupted"]
    if not stopped:
        return {}
    if all(row["subject"] == JUDGING for row in stopped):
        return {"n": stopped[0]["count"] or 0, "all": tables["images"].num_rows}
    files = Counter[str]()
    inputs = [row for row in rows if row["ledger"] == "inputs"]
    for row in inputs:
        files[row["reason"]] += row["count"] or 0
    captures = tables["captures"]
    return {
        "packets": next(row["count"] or 0 for row in stopped if row["subject"] != JUDGING),
        "until": pc.max(captures["last_ts"].cast("int64")).as_py() or 0,
        "bytes": sum(row["bytes"] or 0 for row in inputs),
        "all_bytes": pc.sum(captures["size"]).as_py() or 0,
        "files": captures.num_rows,
        "part": files["read in part"],
        "unread": files["not read"],
        "whole": captures.num_rows - files["read in part"] - files["not read"],
    }


STAGES = {"interrupted": INTERRUPTED, "no packets": UNJUDGED, "none decoded": UNJUDGED}


def _inputs(tables: Tables, run: Run) -> Iterator[Entry]:
    """Files that were given, and what became of each."""
    captures = tables["captures"].select(["name", "size", "damage", "sha256"]).to_pylist()
    for place, row in enumerate(captures):
        reason, read = "damaged" if row["damage"] else "audited", row["size"]
        if run.read is not None and not row["sha256"]:  # the hash is that of the whole file
            read = run.read[place]
            reason = "read in part" if read else "not read"
        yield Entry(row["name"] or "", reason, 1, read, reason == "audited")
    for entry in run.rejected:
        reason = entry.get("reason", REFUSED)
        yield Entry(mask(entry["name"])[:LONGEST], reason, 1, None, understood=reason != REFUSED)


SET_ASIDE = ("no capture", "same content")  # files that nothing is lost by
UNREAD = ("read in part", "not read")  # of an interrupted audit: no fault of the file
SKIPPED_ON_PURPOSE = frozenset({"fragment", "control_frame"})  # nothing of theirs is missing


def _packets(tables: Tables, _: Run) -> Iterator[Entry]:
    """Packets read, by capture: their counts add up to captures.packets_read."""
    for row in tables["captures"].select(["capture_id", "packets_decoded"]).to_pylist():
        if row["packets_decoded"]:
            yield Entry(row["capture_id"], "decoded", row["packets_decoded"])
    for row in tables["skipped"].select(["capture_id", "reason", "packets"]).to_pylist():
        yield Entry(
            row["capture_id"], row["reason"], row["packets"], None, row["reason"] in SKIPPED_ON_PURPOSE
        )  # fmt: skip


def _lost(tables: Tables, _: Run) -> Iterator[Entry]:
    """What was sent and is not in the captures: packets that the capturing side lost, bytes missing in streams."""
    for row in tables["captures"].select(["capture_id", "drops"]).to_pylist():
        if row["drops"]:
            yield Entry(row["capture_id"], "lost while capturing", row["drops"], None, understood=False)
    flows = tables["flows"]
    missing = sum(pc.sum(flows[f"missing_{way}"]).as_py() or 0 for way in ("up", "down"))
    if missing:
        gaps = pc.or_(pc.greater(flows["missing_up"], 0), pc.greater(flows["missing_down"], 0))
        yield Entry("streams", "missing bytes", pc.sum(gaps).as_py(), missing, understood=False)


FATES = (
    "duplicate",
    "conflicting",
    "evicted",
    "after_close",
)  # of payload that was captured, beside what was delivered


def _payload(tables: Tables, _: Run) -> Iterator[Entry]:
    """Bytes of transport payload by protocol; over all rows they add up to flows.payload_up and payload_down."""
    columns = [f"{name}_{way}" for name in ("delivered", "unread", *FATES) for way in ("up", "down")]
    flows = tables["flows"].select(["protocol", "transport", "server_port", "keys", *columns])
    flows = flows.append_column("hidden", encrypted(flows)).drop_columns(["server_port", "keys"])
    sums = [("transport", "count"), *((column, "sum") for column in columns)]
    grouped = flows.group_by(["protocol", "hidden"], use_threads=False).aggregate(sums)
    for row in grouped.to_pylist():
        both = {
            name: sum(row[f"{name}_{way}_sum"] or 0 for way in ("up", "down"))
            for name in ("delivered", "unread", *FATES)
        }
        protocol, count = row["protocol"] or "unknown", row["transport_count"]
        left = "encrypted" if row["hidden"] else "unknown protocol" if protocol in UNRECOGNISED else "unread"
        parts = {"read": both["delivered"] - both["unread"], left: both["unread"]} | {
            name: both[name] for name in FATES
        }
        for reason, size in parts.items():
            if size:
                yield Entry(protocol, reason, count, size, reason in {"read", "duplicate"})


def _readers(_: Tables, run: Run) -> Iterator[Entry]:
    """Readers that failed: what they had begun to read was only searched for images."""
    for text in run.failures:
        name, _by, problem = text.partition(" reader: ")
        yield Entry(name[:LONGEST], problem.partition(" in flow ")[0][:LONGEST] or "failed", 1, None, understood=False)


LIMIT = "limit: "
VIDEO = ("video not decoded", "video not looked at")


def _noted(table: pa.Table, beginnings: tuple[str, ...]) -> Counter[str]:
    """How often notes that begin so stand in a table."""
    found: Counter[str] = Counter()
    for chunk in table["notes"].chunks:
        notes = chunk.flatten()
        for beginning in beginnings:
            for row in pc.value_counts(notes.filter(pc.starts_with(notes, beginning))).to_pylist():
                found[row["values"]] += row["counts"]
    return found


def _limits(tables: Tables, _: Run) -> Iterator[Entry]:
    """Bounds that were reached, by messages: what lies beyond was not looked at."""
    for note, count in _noted(tables["messages"], (LIMIT, "body over ", "file over ")).items():
        yield Entry("messages", note.removeprefix(LIMIT), count, None, understood=False)


def _key_frames(tables: Tables, _: Run) -> Iterator[Entry]:
    """Key frames of video streams, as far as messages tell of them."""
    for note, count in _noted(tables["messages"], VIDEO).items():
        code = "no decoder" if "PyAV" in note else "in part" if "but for" in note else "not decoded"
        yield Entry("video", code, count, None, understood=False)


JUDGED = {  # by images.face
    "yes": "face",
    "possible": "possible face",
    "no": "no face",
    AS_HOLDER: AS_HOLDER,
}
WHY = {  # why a picture was not judged, by the code of images.why
    judgements.TOO_SMALL: "too small",
    judgements.NOT_ASKED: "not asked",
    judgements.NOT_WHOLE: "not whole",
    judgements.MANY_PICTURES: "many pictures",
    judgements.GIVEN_UP: "decoder crashes",
    judgements.CRASHED: "decoder crashes",
    judgements.WORKED: "decoder stalled",
    judgements.STALLED: "decoder stalled",
    judgements.STOPPED: "interrupted",
    judgements.NO_HELPER: "helper failed",
}


def _images(tables: Tables, run: Run) -> Iterator[Entry]:
    """Distinct images by format, and what was said of each; their counts add up to the rows of `images`."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    images = tables["images"].select(["kind", "face", "why", "problem", "size"])
    for batch in images.to_batches(max_chunksize=8192):
        for kind, face, why, problem, size in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            reason = JUDGED.get(face or "") or _unjudged(face or "", why or problem or "", faces=run.faces)
            total = sums[kind or "", reason]
            total[0] += 1
            total[1] += size or 0
    for (kind, reason), (count, size) in sorted(sums.items()):
        yield Entry(kind, reason, count, size, reason in JUDGED.values() or reason == "too small")


def _contested(tables: Tables, run: Run) -> Iterator[Entry]:
    """What is contested: senders that are called a phone (in findings of B at most), addresses said to be inside."""
    for network in run.contested:
        reason = "declared inside" if run.contested[network].startswith("declared") else "address"
        yield Entry(network, reason, 1, None, understood=False)
    rows = tables["findings"].select(
        ["certainty", "sender", "receiver", "endpoint_id", "role_reason", "images", "bytes"]
    )
    for row in rows.to_pylist():
        if parsed(row["role_reason"] or "").code.startswith("contested_"):
            device = row["receiver"] if row["sender"] == row["endpoint_id"] else row["sender"]
            yield Entry(device, "called a phone", row["images"], row["bytes"], understood=False)


def _unjudged(face: str, why: str, *, faces: bool) -> str:
    if not faces:
        return "not asked"
    return WHY.get(parsed(why).code) or ("undecodable" if face == "undecodable" else "not judged")


def _signatures(_: Tables, run: Run) -> Iterator[Entry]:
    """Signatures by kind; such as are not sound end the audit before it begins."""
    for kind in ("devices", "services"):
        if kind in run.signatures:
            yield Entry(kind, "loaded", int(run.signatures[kind]))


KEYS_DONE = frozenset({"opened", "not asked for"})


def _keys(tables: Tables, _: Run) -> Iterator[Entry]:
    """Connections that keys were given for, by what became of them; nothing where none were given."""
    flows = tables["flows"].select(["transport", "keys", "payload_up", "payload_down"])
    for row in flows.filter(pc.not_equal(pc.fill_null(flows["keys"], ""), "")).to_pylist():
        size = (row["payload_up"] or 0) + (row["payload_down"] or 0)
        yield Entry(row["transport"], row["keys"], 1, size, row["keys"] in KEYS_DONE)


def _egress(tables: Tables, run: Run) -> Iterator[Entry]:
    """The account of what left; flows that were set aside have no endpoints, and so no sides."""
    for line in accounts.egress(tables if run.judged is None else tables | {"flows": run.judged}, run.scraps):
        yield Entry(*line)
    if run.aside is not None:
        size = sum(pc.sum(run.aside[f"payload_{way}"]).as_py() or 0 for way in ("up", "down"))
        yield Entry(accounts.OTHERS, accounts.CROWD, run.aside.num_rows, size, understood=False)


def _faces(tables: Tables, run: Run) -> Iterator[Entry]:
    """The account of faces; what two captures show is in it once."""
    for line in accounts.faces(tables if run.judged is None else tables | {"flows": run.judged}):
        yield Entry(*line)


def _sightings(tables: Tables, _: Run) -> Iterator[Entry]:
    """Connections that two captures show, which are judged and counted once."""
    seen = tables.get("sightings")
    for row in seen.group_by("capture_id").aggregate([("flow_id", "count")]).to_pylist() if seen is not None else ():
        yield Entry(row["capture_id"], "seen in two captures", row["flow_id_count"])


def _marks(tables: Tables, run: Run) -> Iterator[Entry]:
    """Marked moments, by whether something that could hold an image left after them; how makers push pictures."""
    for reason, number in marked.marks(tables, run.moment_window_s):
        yield Entry("", reason, number)
    for maker, number in marked.as_made(tables, run.pushes):
        yield Entry(maker, marked.AS_MADE, number)


def _bounds(tables: Tables, _: Run) -> Iterator[Entry]:
    """Connections and answers beyond a bound of what is concluded from all of them."""
    for row in tables[BOUNDS].to_pylist() if BOUNDS in tables else ():
        if row["count"]:
            clock = row["reason"] == UNDATED  # what was sent is judged without it
            yield Entry("messages" if clock else "flows", row["reason"], row["count"], None, understood=clock)


def _understanding(tables: Tables, run: Run) -> Iterator[Entry]:
    """Messages with a face or a person, by who understands them, and what bounds of learning cut off."""
    for line in understanding.understanding(tables, run.cut):
        yield Entry(*line)


def _apart(tables: Tables, _: Run) -> Iterator[Entry]:
    """What is told apart: sent by what calls itself a personal device."""
    for line in apart.lines(tables):
        yield Entry(*line)


def _account(lines: Callable[[Tables], Iterable[accounts.Line]]) -> Callable[[Tables, Run], Iterator[Entry]]:
    """Entries of an account that has to balance."""

    def rows(tables: Tables, _: Run) -> Iterator[Entry]:
        for line in lines(tables):
            yield Entry(*line)

    return rows


LEDGERS: tuple[Ledger, ...] = (
    Ledger("stages", _stages),
    Ledger("inputs", _inputs, exit=DAMAGED),
    Ledger("packets", _packets),
    Ledger("lost", _lost),
    Ledger("payload", _payload),
    Ledger("readers", _readers, exit=UNJUDGED),
    Ledger("limits", _limits),
    Ledger("key frames", _key_frames, exit=UNJUDGED),
    Ledger("images", _images, exit=UNJUDGED),
    Ledger("egress", _egress),
    Ledger("names", _account(query_names.names)),
    Ledger("documents", _account(documents.documents)),
    Ledger("understanding", _understanding),
    Ledger("templates", _account(templates.unsaid)),
    Ledger("contacts", _account(contacts.alone)),
    Ledger("posters", _account(posters.posters)),
    Ledger("faces", _faces),
    Ledger("marks", _marks),
    Ledger("sightings", _sightings),
    Ledger("bounds", _bounds),
    Ledger("apart", _apart),
    Ledger("contradictions", _account(accounts.contradictions)),
    Ledger("evicted", _account(accounts.evicted)),
    Ledger("contested", _contested),
    Ledger("signatures", _signatures, exit=UNJUDGED),
    Ledger("keys", _keys),
)
BY_NAME = {ledger.name: ledger for ledger in LEDGERS}


def bounds_table(counts: Mapping[str, int]) -> pa.Table:
    """Connections beyond each bound, as `_bounds` takes them."""
    return pa.table({"reason": list(counts), "count": pa.array(counts.values(), pa.int64())})


def ledger_table(tables: Tables, run: Run) -> pa.Table:
    """The table `ledgers`; entries of the same subject and reason are added up."""
    sums: dict[tuple[str, str, str], dict[str, Any]] = {}
    for ledger in LEDGERS:
        for one in ledger.rows(tables, run):
            key = ledger.name, one.subject, one.reason
            row = sums.setdefault(key, {"count": None, "bytes": None, "understood": True})
            for name, value in (("count", one.number), ("bytes", one.size)):
                row[name] = row[name] if value is None else (row[name] or 0) + value
            row["understood"] &= one.understood
    rows = [dict(zip(("ledger", "subject", "reason"), key, strict=True)) | row for key, row in sums.items()]
    return table_of(rows, TABLE)


def reason_word(ledger: str, reason: str, lang: str) -> str:
    """A reason in words; one without a word as it stands."""
    words = BY_NAME[ledger].reasons.get(reason) if ledger in BY_NAME else None
    return words[lang] if words else reason


def exits(ledgers: pa.Table) -> set[str]:
    """What the rows that are not understood make of the audit: of INTERRUPTED, UNJUDGED, DAMAGED."""
    return {_exit_of(row) for row in ledgers.filter(pc.invert(ledgers["understood"])).to_pylist()} - {""}


def unjudged(ledgers: pa.Table) -> dict[str, int]:
    """How many were not judged, by ledger and reason: "images: not asked"."""
    sums = Counter[str]()
    for row in ledgers.filter(pc.invert(ledgers["understood"])).to_pylist():
        if _exit_of(row) == UNJUDGED:
            sums[f"{row['ledger']}: {row['reason']}"] += row["count"] or 0
    return dict(sums)


def _exit_of(row: dict[str, Any]) -> str:
    """What a row that is not understood makes of an audit; empty for nothing."""
    if row["ledger"] == "stages":
        return STAGES.get(row["reason"], "")
    if row["ledger"] == "inputs" and row["reason"] in UNREAD:
        return INTERRUPTED
    return BY_NAME[row["ledger"]].exit if row["ledger"] in BY_NAME else ""
