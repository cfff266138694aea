"""Says statements in words: the one place where the verdict becomes text, whoever shows it.

A wording names counts in braces: `{images}` is a number, `{images:face image|face images}` a number with its noun in
the singular or plural, `{bytes:size}` a size, `{until:time}` a time (UTC nanoseconds; 0: none); `{why}` are the
reasons, each with its count where there are several. `{by}` and `{to}` are the only device and endpoint by their
addresses, else how many there are.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from netaudit.core.masking.mask import visible
from netaudit.findings.ledgers import reason_word
from netaudit.findings.statements import BY_NAME, FIRST, LAST, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_CLAUSES = 3  # of a sentence of a first page
MOST_REASONS = 3  # named of a statement
LONGEST = 120  # characters of a reason that has no word
MORE = {"zh": "另有 {n} 项", "en": "{n} more below"}
PARTIES: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {  # part of a statement: what is counted, in which words
    "subjects": (
        ("devices", {"zh": " {:d} 台内部设备", "en": "{:inside device|inside devices}"}),
        ("addresses", {"zh": " {:d} 个内部地址", "en": "{:inside address|inside addresses}"}),
    ),
    "endpoints": (("endpoints", {"zh": " {:d} 个端点", "en": "{:endpoint|endpoints}"}),),
}
AND = {"zh": "和", "en": " and "}
OTHERS = {"zh": "其他", "en": "other"}


class Count(int):
    """A number that a wording may ask for with its noun, or as a size."""

    def __format__(self, spec: str) -> str:
        if spec == "size":
            return size_text(self)
        if spec == "time":
            return time_text(self)
        one, bar, many = spec.partition("|")
        if bar:
            return f"{int(self):,} {one if self == 1 else many}"
        return f"{int(self):,}"


def sentence(statement: Mapping[str, Any], lang: str) -> str:
    """One statement in words, without a full stop. One of a kind that is not known here is shown by its name."""
    kind = BY_NAME.get(statement.get("kind", ""))
    if kind is None:
        return visible(str(statement.get("kind", "?")), LONGEST)
    counts = {name: Count(value) for name, value in _numbers(statement.get("counts")).items()}
    wording = str(getattr(kind.words, lang))
    ends = {name: _named(statement, lang, part) for name, part in (("by", "subjects"), ("to", "endpoints"))}
    who = _counted(counts, lang, "subjects")
    return wording.format_map(_Figures(counts, why=_why(statement, lang), who=who, **ends)).strip()


def _named(statement: Mapping[str, Any], lang: str, part: str) -> str:
    """The only device or endpoint by its address, else how many there are."""
    named, counts = statement.get(part), _numbers(statement.get("counts"))
    number = sum(counts.get(count, 0) for count, _ in PARTIES[part])
    if isinstance(named, list) and len(named) == 1 and number <= 1:
        return f" {visible(str(named[0]), LONGEST)} " if lang == "zh" else visible(str(named[0]), LONGEST)
    return _counted(counts, lang, part)


def _counted(counts: Mapping[str, int], lang: str, part: str) -> str:
    """How many devices there are, and how many addresses that may stand for several; the others are left out."""
    parts = [words[lang].format(Count(n)) for count, words in PARTIES[part] if (n := counts.get(count, 0))]
    return AND[lang].join(parts) or PARTIES[part][0][1][lang].format(Count(0))


def _numbers(part: object) -> dict[str, int]:
    """The numbers of a part of a statement, which comes from a file."""
    numbers = part if isinstance(part, dict) else {}
    return {str(name): value for name, value in numbers.items() if isinstance(value, int)}


class _Figures(dict[str, Any]):
    """What a wording names; a count that a statement does not have is zero."""

    def __missing__(self, _: str) -> Count:
        return Count(0)


def _why(statement: Mapping[str, Any], lang: str) -> str:
    """The commonest reasons."""
    why = _numbers(statement.get("why"))
    ledger = str(statement.get("ledger", ""))
    words = [(visible(reason_word(ledger, reason, lang), LONGEST), count) for reason, count in why.items()]
    if len(words) == 1:
        return words[0][0]
    rest = sum(count for _, count in words[MOST_REASONS:])
    shown = words[:MOST_REASONS] + ([(OTHERS[lang], rest)] if rest else [])
    unit = "size" if statement.get("unit") == "bytes" else ""
    return ("，" if lang == "zh" else ", ").join(f"{word} {Count(n):{unit}}" if n else word for word, n in shown)


def sentences(statements: Iterable[Mapping[str, Any]], lang: str) -> list[str]:
    """All statements in words, in their order."""
    return [sentence(one, lang) for one in statements]


def first_page(statements: Iterable[Mapping[str, Any]], lang: str) -> list[str]:
    """At most three sentences: what was seen; what was not visible, or stayed inside; what was not judged or read."""
    lines = []
    for clauses in _by_page(statements, lang).values():
        rest = len(clauses) - MOST_CLAUSES
        if clauses:
            shown = clauses[:MOST_CLAUSES] + ([MORE[lang].format(n=rest)] if rest > 0 else [])
            text = ("；" if lang == "zh" else "; ").join(shown)
            lines.append(text[:1].upper() + text[1:] + ("。" if lang == "zh" else "."))
    return lines


def beyond_first_page(statements: Iterable[Mapping[str, Any]], lang: str) -> list[str]:
    """What a first page has no room for, one sentence each."""
    return [one for clauses in _by_page(statements, lang).values() for one in clauses[MOST_CLAUSES:]]


def _by_page(statements: Iterable[Mapping[str, Any]], lang: str) -> dict[int, list[str]]:
    pages: dict[int, list[str]] = {FIRST: [], SECOND: [], LAST: []}
    for one in statements:
        kind = BY_NAME.get(one.get("kind", ""))
        pages[kind.page if kind else LAST].append(sentence(one, lang))
    return pages


def limits(statements: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The statements on what was not judged or not read."""
    return [one for one in statements if (kind := BY_NAME.get(one.get("kind", ""))) is None or kind.page == LAST]


def verdict_text(statements: Iterable[Mapping[str, Any]], lang: str) -> str:
    """The verdict as one paragraph."""
    return ("" if lang == "zh" else " ").join(first_page(statements, lang))


def time_text(ts: int) -> str:
    """UTC nanoseconds for a person, to the second."""
    if not ts:
        return "—"
    return f"{datetime.datetime.fromtimestamp(ts // 1_000_000_000, datetime.UTC):%Y-%m-%d %H:%M:%S} UTC"


def size_text(size: int) -> str:
    """Bytes for a person."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
