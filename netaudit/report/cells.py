"""Values of tables as cells of a page: words of the report, times of the site, links to what an id names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from netaudit.core.schema import BY_NAME
from netaudit.findings.bearing import REASONS
from netaudit.findings.ledgers import reason_word
from netaudit.report.column_words import chinese, column_meaning, ledger, value_word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.report.texts import Texts
    from netaudit.report.wording import Wording

Row = dict[str, Any]
SHA256 = re.compile(r"[0-9a-f]{64}")
MOST_LISTED = 4  # of a list in a line
MOST_IN_FULL = 200  # of a list on a row's own page
SHOWN = 16  # characters of a hash or id in a line
TERMS = {  # column → words of the report; of a table where its name is another one elsewhere
    "act": "act", "sender_role": "role", "role_hint": "role", "class": "class", "scope": "scope", "face": "face",
    "country": "country", "class_confidence": "confidence", "vendor_confidence": "confidence", "standing": "standing",
    "provenance": "provenance", "claim": "claim", "chain": "chain", "events.kind": "event_kind",
    "persons.kind": "person", "vendor": "vendor", "product": "product_name", "service": "service_name",
    "receiver_scope": "scope", "skipped.reason": "skip", "journeys.ties": "tie", "visibility": "moment_visibility",
}  # fmt: skip
SEVERAL = frozenset({"service_name", "product_name"})  # of which a value may name some, with semicolons between
ID_OF = {  # column of an id → table and column that it identifies
    "finding_id": ("findings", "finding_id"),
    "flow_id": ("flows", "flow_id"),
    "flow_ids": ("flows", "flow_id"),
    "message_id": ("messages", "message_id"),
    "request_id": ("messages", "message_id"),
    "object_id": ("objects", "object_id"),
    "object_ids": ("objects", "object_id"),
    "document_ids": ("objects", "object_id"),
    "event_id": ("events", "event_id"),
    "journey_id": ("journeys", "journey_id"),
    "unit_id": ("encrypted_uploads", "unit_id"),
    "device_id": ("devices", "device_id"),
    "endpoint_id": ("endpoints", "endpoint_id"),
    "capture_id": ("captures", "capture_id"),
    "capture_ids": ("captures", "capture_id"),
}
CODED = frozenset({("findings", "rule"), ("findings", "doubts"), ("ledgers", "reason")})
_COUNT = re.compile(r"(: |：)\{n\}$")  # what a doubt ends with where it is counted
REASONED = frozenset((name, one.name) for name, table in BY_NAME.items() for one in table.columns if one.reasons)
EXACT = re.compile(
    r".*(_id|_ids|hmac|hmacs|_ip|_ips|_mac|sha256|frames?|evidence|lengths|hash|ja3|ja4|filter|_outer)$|ips?|macs?|sender|receiver"
    r"|holder|client|server|images|certainty|facts|document|by|sm3|upload|links"
)
PIVOTS = re.compile(  # columns whose values lead to everything about them
    r".*(_ip|_ips|_mac|_hmac|ja3|ja4)|ips?|macs?|sender|receiver|holder|host|server_name|sni|names|user_agent|serial"
    r"|device_ref|place|upload"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a cell: text, whereto it leads (below the case), and how it is shown."""

    text: str
    link: str = ""
    kind: str = ""  # badge, image, time, soft
    full: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: its column, its pieces, how many of a list are left out."""

    column: str
    parts: list[Part] = field(default_factory=list)
    more: int = 0
    number: bool = False
    meaning: str = ""


def line(table: str, columns: Iterable[str], row: Row, w: Wording) -> list[Cell]:
    """The cells of a row in a list."""
    if table == "ledgers":
        row = worded_ledger(row, w.lang)
    return [cell(table, column, row.get(column), w) for column in columns]


def whole(table: str, row: Row, w: Wording) -> list[Cell]:
    """The cells of a row on its own page: every column, with what it means, empty ones left out."""
    if table == "ledgers":
        row = worded_ledger(row, w.lang)
    cells = [
        cell(table, column.name, row.get(column.name), w, full=True, meaning=column_meaning(column.meaning, w.lang))
        for column in BY_NAME[table].columns
    ]
    return [one for one in cells if one.parts]


def worded_ledger(row: Row, lang: str) -> Row:
    """A row of `ledgers` with its reason, and the name of the ledger, in words."""
    name, reason = str(row.get("ledger") or ""), str(row.get("reason") or "")
    return {**row, "ledger": ledger(name, lang), "reason": reason_word(name, reason, lang)}


def cell(
    table: str, column: str, value: Any, w: Wording, *, full: bool = False, meaning: str = "", most: int = 0
) -> Cell:
    """A value of a column as a cell, `most` of a list where there is no room for all."""
    kind = next((one.kind for one in BY_NAME[table].columns if one.name == column), "string")
    if isinstance(value, list):
        most = most or (MOST_IN_FULL if full else MOST_LISTED)
        parts = [_part(table, column, kind, one, w, full=full) for one in value[:most]]
        return Cell(column, parts, max(0, len(value) - most), meaning=meaning)
    if value is None or value == "":
        return Cell(column, meaning=meaning)
    number = kind in ("int64", "int32", "float64")
    return Cell(column, [_part(table, column, kind, value, w, full=full)], number=number, meaning=meaning)


def has_words(table: str, column: str) -> bool:
    """Whether values of a column have words, other than reasons."""
    places = {column, f"{table}.{column}"}
    return bool(places & (TERMS.keys() | chinese()["values"].keys())) or (table, column) in CODED


def in_words(table: str, column: str, value: str, texts: Texts) -> str:
    """A value in the words of a language; one without words as it stands. Reasons are `Texts.phrase`'s."""
    word = value_word(table, column, value, texts.lang) or code_words(table, column, value, texts)
    if word is None and (group := TERMS.get(f"{table}.{column}") or TERMS.get(column)):
        parts = value.split("; ") if group in SEVERAL else [value]
        word = texts("reasons_join").join(texts.known(group, part) or part for part in parts)
    return value if word is None else word


def code_words(table: str, column: str, value: str, texts: Texts) -> str | None:
    """Rules and doubts of findings in words; None of anything else, and where none of them has any."""
    if (table, column) == ("findings", "rule"):
        known = [(one, texts.known("finding_rule", one.partition("/")[0])) for one in value.split()]
        if any(word for _, word in known):
            return texts("reasons_join").join(word or one for one, word in known)
    if (table, column) == ("findings", "doubts") and value in REASONS:
        return _COUNT.sub("", texts(f"reason.{REASONS[value]}"))
    return None


def _part(table: str, column: str, kind: str, value: Any, w: Wording, *, full: bool) -> Part:
    if kind == "time":
        when = w.when(value)
        return Part(when.local, kind="time", full=when.utc)
    if kind == "bool":
        return Part(w.t("yes" if value else "no"))
    if kind == "float64":
        return Part(f"{value:.6g}")
    if kind.endswith(("int64>", "int64", "int32")):
        unit = next((one.unit for one in BY_NAME[table].columns if one.name == column), "")
        return Part(
            w.size(value)
            if unit == "bytes" and "list" not in kind
            else f"{value}"
            if "frame" in column
            else w.number(value)
        )
    return _text(table, column, str(value), w, full=full)


def _text(table: str, column: str, value: str, w: Wording, *, full: bool) -> Part:
    limit = 4000 if full else 160
    if SHA256.fullmatch(value) and column in ("sha256", "images") and table not in ("captures", "parts"):
        return Part(value if full else value[:SHOWN], f"image/{value}", "image", value)
    if column == "certainty" and len(value) == 1:
        return Part(w.exact(value), kind="badge")
    if (word := value_word(table, column, value, w.lang) or code_words(table, column, value, w.t)) is not None:
        return Part(w.text(word, limit), full=w.exact(value, 200))
    if group := TERMS.get(f"{table}.{column}") or TERMS.get(column):
        word = w.names(group, value) if group in SEVERAL else w.term(group, value)
        return Part(word, full=w.exact(value))
    if column in ID_OF:
        there, name = ID_OF[column]
        shown = w.exact(value, limit if full else 24)
        return Part(shown, f"find/{there}/{name}?value={quote(value, safe='')}", "id", w.exact(value, 200))
    if (table, column) in REASONED:
        return Part(w.sentence(value, limit))
    if PIVOTS.fullmatch(column):
        shown = w.exact(value, limit) if EXACT.fullmatch(column) else w.text(value, limit)
        return Part(shown, f"about?value={quote(value, safe='')}", "value", w.exact(value, 200))
    if EXACT.fullmatch(column):
        return Part(w.exact(value, limit))
    return Part(w.text(value, limit))
