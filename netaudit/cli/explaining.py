"""`netaudit explain`: what something of a case is, how that is known, and where else it occurs.

What `netaudit explain` says of a device: every claim, its signature and facts, what would have contradicted it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from netaudit.cli.exits import Exit
from netaudit.cli.rules_testing import headed
from netaudit.cli.texts import say
from netaudit.cli.wording import WIDTH, claimed, decided, word
from netaudit.core.masking.mask import visible
from netaudit.errors import UsageError
from netaudit.evidence.case.occurrences import named, occurrences, spellings
from netaudit.evidence.case.reading import open_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from netaudit.core.signatures.signature import SignatureSet
    from netaudit.evidence.case.occurrences import Occurrence
    from netaudit.evidence.case.reading import Case

    Told = tuple[dict[str, Any], list[str]]

PACKET = 7  # digits up to which a number is that of a packet, whatever ids begin so
MOST = 30  # places named where a value occurs


def explain_command(
    folder: Path, what: str, captures: list[Path], signatures: Path | None, *, as_json: bool, lang: str
) -> Exit:
    """Print what is meant. Raises UsageError where nothing is, or several things are."""
    case = open_case(folder)
    kind, identity = meant(case, what)
    facts, lines = _tellers(case, captures, signatures, lang)[kind](identity)
    value = "" if kind == "packet" else identity
    places = occurrences(case.table, value) if value else []
    if kind == "value" and not places:
        raise UsageError("{}: nothing of this case is called so, and no row has it", visible(what, 200))
    if as_json:
        import orjson

        document = {"kind": kind, "id": identity} | facts | {"occurrences": [asdict(one) for one in places]}
        print(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
    else:
        print("\n".join([*lines, *_occurring(case, value, places, lang)]))
    return Exit.AUDITED


def meant(case: Case, what: str) -> tuple[str, str]:
    """Kind and id of what somebody names; `value` where it names nothing itself. Raises UsageError for several."""
    from netaudit.evidence.rule_drafting.naming import find_device, is_device, plain_devices

    what = what.strip()
    frame = what.rpartition(":")[2]
    if what.isdigit() and len(what) <= PACKET:
        return "packet", what
    found = named(case.table, what)
    if len(found) > 1:
        raise UsageError(
            "{}: may be any of {}; give more of it", visible(what, 200),
            ", ".join(f"{kind} {visible(one, 80)}" for kind, one in found),
        )  # fmt: skip
    if found:
        return found[0]
    devices = plain_devices(case)
    if is_device(devices, what):
        return "device", str(find_device(devices, what)["device_id"])
    captures = case.table("captures", ["capture_id"])["capture_id"].to_pylist()
    if frame.isdigit() and any(one.startswith(what.rpartition(":")[0]) for one in captures):
        return "packet", what
    return "value", what


def _tellers(case: Case, captures: list[Path], signatures: Path | None, lang: str) -> dict[str, Callable[[str], Told]]:
    """By kind of thing: what tells of it."""

    def flow(identity: str) -> Told:
        from netaudit.cli.tracing import facts, lines
        from netaudit.pipeline.tracing import trace

        traced = trace(case, identity, captures)
        return facts(traced), lines(traced, lang)

    def device(identity: str) -> Told:
        from netaudit.cli.explaining import explained

        return explained(case, identity, signatures, lang)

    def message(identity: str) -> Told:
        from netaudit.cli.explaining_messages import explained

        return explained(case, identity, captures, signatures, lang)

    def finding(identity: str) -> Told:
        from netaudit.cli.explaining_findings import explained

        return explained(case, identity, lang)

    def row(identity: str) -> Told:
        return {}, [visible(identity, 200)]

    def address(identity: str) -> Told:
        from netaudit.cli.explaining_findings import host

        return host(case, identity, lang)

    return {
        "packet": flow, "flow": flow, "object": flow, "device": device, "message": message, "event": message,
        "finding": finding, "journey": row, "moment": row, "image": row, "value": address,
    }  # fmt: skip


def _occurring(case: Case, value: str, places: list[Occurrence], lang: str) -> Iterator[str]:
    """How often a value occurs, from when to when, and in which columns."""
    from netaudit.report.column_words import heading
    from netaudit.report.wording import Wording

    if not places:
        return
    words = Wording(lang, case.zone)
    times = [time for one in places for time in (one.first_ts, one.last_ts) if time is not None]
    span = f" ({words.when(min(times)).local} – {words.when(max(times)).local})" if times else ""
    yield say("occurs", lang, n=sum(one.rows for one in places)) + span
    for one in places[:MOST]:
        yield f"  {one.rows:>7,}  {one.table}: {heading(one.column, lang) if lang == 'zh' else one.column}"
    if len(places) > MOST:
        yield f"  … +{len(places) - MOST}"
    if others := spellings(case.table, value):
        yield say("spelt", lang, names=", ".join(visible(one, 80) for one in others))


MOST_TRIED = 12  # signatures named that did not hold


def explained(case: Case, identity: str, signatures: Path | None, lang: str) -> tuple[dict[str, Any], list[str]]:
    """Why a device is called what it is called, as values and as lines."""
    from netaudit.core.signatures.loading import load
    from netaudit.evidence.case.decisions import latest
    from netaudit.evidence.rule_drafting.explaining import JUDGED, explain
    from netaudit.evidence.rule_drafting.naming import find_device, plain_devices

    row = find_device(plain_devices(case), identity)
    used = load(signatures)
    explained = explain(case, row, used)
    decision = latest(case.folder).get(row["device_id"])
    whole = asdict(explained) | {"decision": asdict(decision) if decision else None, "same_set": _same(case, used)}
    lines = [headed(row, lang)]
    if decision:
        lines.append(f"  {say('decision', lang)} {decided(decision, lang)}")
    for claim in explained.claims:
        lines.append(f"  {claimed(claim, lang)}")
        undone = explained.undone_by.get(claim["by"], ())
        lines += [f"      {say('undone_by', lang)} {visible(text, WIDTH)}" for text in undone]
    if not explained.claims:
        lines.append(f"  {say('no_claims', lang)}")
    for name in JUDGED:
        if row[name]:
            tried = explained.tried[name]
            listed = ", ".join(tried[:MOST_TRIED]) + (" …" if len(tried) > MOST_TRIED else "")
            lines.append(say("tried", lang, claim=word("claim", name, lang), n=len(tried), ids=listed or "–"))
    if not _same(case, used):
        lines.append(say("other_set", lang))
    return whole, lines


def _same(case: Case, used: SignatureSet) -> bool:
    """Whether the case was named with this set."""
    return _hash(case.manifest.get("signatures")) == _hash(used.manifest())


def _hash(manifest: dict[str, Any] | None) -> tuple[str, str]:
    used_by_case = manifest or {}
    return str(used_by_case.get("sha256")), str((used_by_case.get("added") or {}).get("sha256"))
