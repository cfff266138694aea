"""Why devices are called what they are called, in the report's words: from the coded rows of `claims`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netaudit.report import reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.wording import Wording

MOST = 6  # signatures and rules shown of one device
MOST_FACTS = 3
MOST_CLAIMS = 6  # of one signature
COLUMNS = (
    "device_id", "claim", "value", "standing", "strength", "by", "origin", "provenance", "source", "facts", "evidence",
)  # fmt: skip
ORDER = ("taken", "contradicts", "wider", "outvoted", "supports only")  # what stands first
STRENGTHS = ("declared", "strong", "weak")
WORDED = frozenset({"class", "chain"})  # claims whose values are words of a vocabulary
RULE = "rule"
_NOTED = re.compile(r" ?\(([^()]*)\)")
CHINESE = "\u3000"  # between such characters stands no space


class Reasons:
    """The claims of a case by device."""

    def __init__(self, case: CaseLike, w: Wording) -> None:
        self._w = w
        self._claims = case.table("claims")
        self._by_device: dict[str, dict[str, list[Row]]] = {}

    def choose(self, device_ids: Iterable[str]) -> None:
        """Take in the claims about these devices: those that are shown, however many there are."""
        for row in reading.rows(reading.having(self._claims, "device_id", device_ids), *COLUMNS):
            signatures = self._by_device.setdefault(row["device_id"] or "", {})
            signatures.setdefault(row["by"] or "", []).append(row)

    def of(self, device_id: str | None) -> dict[str, Any]:
        """Contradictions, then what each signature and rule says, surest first."""
        w = self._w
        groups = sorted(self._by_device.get(device_id or "", {}).values(), key=_rank)
        more = len(groups) - MOST
        return {
            "reasons": [*self._conflicts(groups), *(self._reason(rows) for rows in groups[:MOST])],
            "reasons_more": w.t("device_reasons_more", n=w.number(more)) if more > 0 else "",
        }

    def _conflicts(self, groups: list[list[Row]]) -> list[dict[str, str]]:
        values: dict[str, dict[str, None]] = {}
        for row in (row for rows in groups for row in rows if row["standing"] == "contradicts"):
            values.setdefault(row["claim"] or "", {})[self._value(row)] = None
        join = " / ".join
        return [
            {
                "claim": self._w.t("device_conflict", claim=self._claim(claim), values=join(list(conflicting)[:MOST])),
                "by": "",
                "facts": "",
            }
            for claim, conflicting in sorted(values.items())
        ]

    def _reason(self, rows: list[Row]) -> dict[str, str]:
        w, first = self._w, rows[0]
        claims = [
            w.t("device_claim", claim=self._claim(row["claim"]), value=self._value(row)) for row in rows[:MOST_CLAIMS]
        ]
        return {
            "claim": w.t("device_join").join(claims),
            "by": " · ".join(part for part in self._by(first, rows) if part),
            "id": w.text(first["by"], 60),
            "facts": w.t("device_join").join(self._facts(first)),
        }

    def _by(self, first: Row, rows: list[Row]) -> list[str]:
        w = self._w
        if first["provenance"] == RULE:
            return [w.term("rule", (first["by"] or "").removeprefix("rule: "))]
        standings = dict.fromkeys(row["standing"] for row in rows)
        notes = [w.term("standing", standing) for standing in standings if standing != "taken"]
        added = w.t("device_added") if first["origin"] == "added" else ""
        source = self._source(w.text(first["source"], 80))
        provenance = w.term("provenance", first["provenance"])
        name = w.text(first["by"], 60) if w.lang == "en" else ""  # a word of the program: `id` has it
        return [*notes, w.term("confidence", first["strength"]), provenance, name, source, added]

    def _source(self, source: str) -> str:
        """Where a signature comes from: the section of our facts in words, what stands in brackets is English."""
        if self._w.lang == "en":
            return source
        words = source.replace("facts", self._w.t("source_facts"), 1) if source.startswith("facts") else source
        return _NOTED.sub("", words).strip()

    def _facts(self, row: Row) -> list[str]:
        found = []
        places = row["evidence"] or []
        for number, text in enumerate((row["facts"] or [])[:MOST_FACTS]):
            field, equals, value = text[:1200].partition("=")
            frame = places[number].rpartition(":")[2] if number < len(places) else ""
            shown = f"{self.field(field)} = {self._fact_value(field, value)}" if equals else self._w.text(text, 200)
            found.append(shown + (self._w.t("device_frame", n=frame) if frame.isdecimal() and len(frame) < 20 else ""))
        return found

    def _fact_value(self, field: str, value: str) -> str:
        if field == "class":
            return self._w.term("class", value)
        return self._w.t.known("fact_value", value) or self._w.text(value, 200)

    def field(self, name: str) -> str:
        """A field of observations in words: 'dhcp.hostname' is a host name told by DHCP."""
        w = self._w
        kind, dot, field = name.partition(".")
        if not dot:
            return w.t.known("fact_field", name) or w.text(name, 60)
        kind_word = w.t.known("fact_kind", kind) or w.text(kind, 30)
        what = w.t.known("fact_field", field) or w.text(field, 40)
        return kind_word + what if kind_word[-1:] >= CHINESE and what[:1] >= CHINESE else f"{kind_word} {what}"

    def _claim(self, claim: str | None) -> str:
        return self._w.t.known("claim", claim or "") or self._w.text(claim, 30)

    def _value(self, row: Row) -> str:
        value = row["value"]
        if row["claim"] == "product":
            return self._w.names("product_name", value)
        if row["claim"] == "vendor":
            return self._w.maker(value, 80)
        if row["claim"] in WORDED:
            return self._w.term(row["claim"], value)
        shown = self._w.text(value, 80)
        return self._w.t("quoted", said=shown) if " " in shown else shown


def _rank(rows: list[Row]) -> tuple[int, bool, int, str]:
    standing = min((ORDER.index(row["standing"]) if row["standing"] in ORDER else len(ORDER)) for row in rows)
    strength = rows[0]["strength"]
    place = STRENGTHS.index(strength) if strength in STRENGTHS else len(STRENGTHS)
    return standing, not any(row["claim"] == "class" for row in rows), place, rows[0]["by"] or ""
