"""Collect the content of the record of extraction: fields, findings and the list of electronic data, as texts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.unwrapping_steps import spoken
from netaudit.core.text.bilingual import speaker
from netaudit.core.text.yaml_text import yaml_of
from netaudit.evidence.case.report_status import moment
from netaudit.evidence.case.writing import MANIFEST
from netaudit.findings.summary import Sentences
from netaudit.report.judgements import Judgements, device
from netaudit.report.parties import Parties
from netaudit.report.sections_checking import checking
from netaudit.report.sections_endpoints import Hosts
from netaudit.report.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.evidence.case.reading import Case
    from netaudit.report.texts import Lang

TEXTS = yaml_of(__package__, "texts.yaml")

say = speaker(TEXTS)


MOST_IMAGES = 200  # listed one by one; a record that nobody can read proves nothing
MOST_FINDINGS = 200
WITH_CONTENT, HIDDEN = ("A", "B"), ("C", "D")


@dataclass(slots=True)
class Record:
    """Texts only, masked: pairs of a field, rows of tables, heads first."""

    lang: Lang
    site: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    method: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)  # what was found
    findings: list[list[str]] = field(default_factory=list)
    items: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def record_of(case: Case, lang: Lang, zone: str | None = None, officers: Sequence[str] = ()) -> Record:
    """The record of a case in a language; times in `zone`, else in that of the case, else as a report has them."""
    words = Wording(lang, zone or case.zone)
    site = words.exact(case.manifest.get("site") or "", 120)
    record = Record(lang, site)
    record.fields = [*_officers(lang, officers), *_known(case, words, site)]
    record.method = _method(case, words)
    record.sentences = _sentences(case, words)
    heads = ("no", "id", "certainty", "act", "sender", "receiver", "images", "encrypted", "records", "span")
    record.findings = [_heads(lang, *heads)]
    record.findings += _findings(case, words)
    record.items = [_heads(lang, "no", "data", "kind", "size", "source", "way", "hash")]
    items, left = _items(case, words)
    record.items += [[str(number), *item] for number, item in enumerate(items, 1)]
    if left:
        record.notes.append(say("more", lang, n=f"{left:,}"))
    if (beyond := case.table("findings", ["finding_id"]).num_rows - MOST_FINDINGS) > 0:
        record.notes.append(say("more_findings", lang, n=f"{beyond:,}"))
    if not (case.folder / MANIFEST).is_file():
        record.notes.append(say("unsealed", lang))
    record.notes += [say("masked", lang), say("form", lang)]
    return record


def _heads(lang: str, *keys: str) -> list[str]:
    return [say(key, lang) for key in keys]


def _officers(lang: str, officers: Sequence[str]) -> list[tuple[str, str]]:
    """Fields that people fill in; who extracts may be known already."""
    keys = ("cause", "party", "place", "time", "officers", "witness", "medium", "no_medium")
    join = "、" if lang == "zh" else ", "
    filled = {"officers": join.join(officers)}
    return [(say(key, lang), filled.get(key) or say("fill", lang)) for key in keys]


def _known(case: Case, words: Wording, site: str) -> list[tuple[str, str]]:
    """Fields that the case answers by itself."""
    lang = words.lang
    captures = case.table("captures", ["first_ts", "last_ts"])
    first, last = (pc.min(captures["first_ts"]), pc.max(captures["last_ts"]))
    run = case.run
    clocks = [
        say(
            "clock_line", lang, source=words.exact(one.get("source")), median=one.get("median_offset_s"),
            low=one.get("lowest_offset_s"), high=one.get("highest_offset_s"), n=one.get("samples"),
        )
        for one in case.manifest.get("clock") or []
    ]  # fmt: skip
    audited = f"{words.exact(run.get('started_utc'))} – {words.exact(run.get('finished_utc'))}" if run else ""
    return [
        (say("site", lang), site or say("fill", lang)),
        (say("packets_from", lang), _span(words, first.cast(pa.int64()).as_py(), last.cast(pa.int64()).as_py())),
        (say("audited", lang), audited),
        (say("clock", lang), "\n".join(clocks) or say("clock_none", lang)),
        (say("zone", lang), words.zone_line()),
    ]


def _span(words: Wording, first: int | None, last: int | None) -> str:
    return f"{words.when(first).local} – {words.when(last).local}"


def _short_span(words: Wording, first: int | None, last: int | None) -> str:
    """To the second, the day once where it is one: for a narrow column. The record says the zone."""
    begin, end = words.when(first).local[:19], words.when(last).local[:19]
    if begin[:10] != end[:10]:
        return f"{begin} –\n{end}"
    return f"{begin[:10]}\n{begin[11:]}" + (f" –\n{end[11:]}" if begin != end else "")


def _method(case: Case, words: Wording) -> list[str]:
    lang = words.lang
    known = case.manifest.get("signatures") or {}
    lines = [
        say(
            "method_text", lang, version=case.manifest.get("netaudit_version", ""),
            signatures=known.get("version", ""), digest=known.get("sha256", ""),
        )
    ]  # fmt: skip
    if case.partial:
        lines.append(say("partial", lang))
    lines.append(say("command_repeat", lang))
    standing = checking(case, words, moment(case.folder))
    lines.append(f"{standing['seal']} {standing['manifest']}".strip())
    lines += [one for one in (standing["signed"], standing["issuer"], standing["stamped"]) if one]
    lines += standing["problems"] + standing["opinions"]
    return lines


def _sentences(case: Case, words: Wording) -> list[str]:
    """The summary, as page 1 of the report has it."""
    text = Sentences(case.summary, words.lang, words.zone_given)
    space = "" if words.lang == "zh" else " "
    lines = [f"{text.headline()} · {text.period}", f"{text.explanation}{space}{text.meaning}"]
    for heading, texts in text.blocks():
        lines += [heading, *(f"– {one}" for one in texts)]
    return lines


def _findings(case: Case, words: Wording) -> list[list[str]]:
    """Findings as the report numbers and names them."""
    judged = Judgements(case)
    parties = Parties(case, Hosts(case, words), words)
    rows = []
    for finding in judged.all[:MOST_FINDINGS]:
        near = device(finding)
        ends = {near: parties.device(near)}
        rows.append([
            str(finding["number"]),
            finding["finding_id"],
            finding["certainty"],
            words.term("act", finding["act"]),
            *(
                ends.get(finding[end]) or parties.endpoint([finding[end] or ""]) for end in ("sender", "receiver")
            ),
            words.number(finding["images"]) if finding["certainty"] != "D" else say("not_applicable", words.lang),
            words.short(finding["bytes"]) if finding["certainty"] in HIDDEN else say("not_applicable", words.lang),
            words.number(finding["records"]),
            _short_span(words, finding["first_ts"], finding["last_ts"]),
        ])  # fmt: skip
    return rows


def _items(case: Case, words: Wording) -> tuple[list[list[str]], int]:
    """Captures, the manifest, then images of findings with content; and how many of these are left out."""
    lang = words.lang
    items = [
        [
            _file_name(words, row),
            say("kind_line", lang, what=say("capture", lang), format=words.listed("format", row["file_format"])),
            str(row["size"]),
            say("provided", lang),
            say("captured_how", lang),
            _sums(row["sha256"], row["sm3"]),
        ]
        for row in case.table("captures", ["name", "file_format", "size", "sha256", "sm3"]).to_pylist()
    ]
    manifest = case.folder / MANIFEST
    if manifest.is_file():
        data = manifest.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        cells = [say(key, lang) for key in ("manifest", "case_folder", "generated")]
        items.append([MANIFEST, cells[0], str(len(data)), *cells[1:], _sums(digest)])
    images, left = images_of_findings(case)
    names = {
        row["capture_id"]: _file_name(words, row) for row in case.table("captures", ["capture_id", "name"]).to_pylist()
    }
    for row in images:
        capture = names.get(row["capture_id"], row["capture_id"])
        items.append(
            [
                f"{say('image', lang)} {row['sha256'][:12]}",
                words.listed("format", row["kind"]),
                str(row["size"]),
                say("frames", lang, capture=capture, frames=_unbroken(words.exact(row["frames"], 120))),
                say("recovered", lang, path=words.text(spoken(row["unwrap_path"], lang), 120)),
                _sums(row["sha256"]),
            ]
        )
    return items, left


def _file_name(words: Wording, row: dict[str, Any]) -> str:
    return words.text(row["name"].replace("\\", "/").rpartition("/")[2])


def _sums(sha256: str, sm3: str = "") -> str:
    return f"SHA-256 {sha256}" + (f"\nSM3 {sm3}" if sm3 else "")


def images_of_findings(case: Case, most: int | None = MOST_IMAGES) -> tuple[list[dict[str, Any]], int]:
    """Distinct objects of findings of A and B, by their first packets."""
    findings = case.table("findings", ["certainty", "object_ids"]).to_pylist()
    wanted = {one for row in findings if row["certainty"] in WITH_CONTENT for one in row["object_ids"]}
    objects = case.table("objects", ["object_id", "sha256", "kind", "size", "unwrap_path"])
    mine = objects.filter(pc.is_in(objects["object_id"], pa.array(sorted(wanted), pa.string())))
    evidence = case.table("evidence", ["object_id", "capture_id", "first_frame", "frames"])
    rows = mine.join(evidence, "object_id", join_type="inner")
    rows = rows.sort_by([("capture_id", "ascending"), ("first_frame", "ascending"), ("object_id", "ascending")])
    distinct: dict[str, dict[str, Any]] = {}
    for row in rows.to_pylist():
        distinct.setdefault(row["sha256"], row)
    chosen = list(distinct.values())
    kept = chosen[:most]
    return kept, len(chosen) - len(kept)


def _unbroken(frames: str) -> str:
    """Ranges of frames that no line breaks within: with hyphens that do not break, and room behind commas."""
    return frames.replace("-", "\N{NON-BREAKING HYPHEN}").replace(",", ", ")
