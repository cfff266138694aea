"""How many faces and persons devices say that they store, held against the number from which filing is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from netaudit.findings.duties.cards import Card, article, duties, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow as pa

FIELDS = ("persons", "faces")  # of observations; the one that counts people first
OWN = ("device", "said")  # kinds of facts by which a host speaks of itself
MOST = 10  # devices named


def stored_rows(observations: pa.Table) -> list[dict[str, Any]]:
    """Rows of `observations` that state such a number."""
    chosen = pc.is_in(observations["field"], value_set=_words(FIELDS, observations["field"].type))
    return list(observations.filter(chosen).select(["kind", "mac", "ip", "field", "value"]).to_pylist())


def _words(words: tuple[str, ...], kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    return pa.array(words, kind.value_type if pa.types.is_dictionary(kind) else kind)


def stored_card(rows: Iterable[Mapping[str, Any]], lang: str) -> Card | None:
    """A card of what devices state, the highest number of each; None where none does.

    Numbers are not added up: several devices of a site store the same people.
    """
    most: dict[tuple[str, str], int] = {}
    for row in rows:
        text = str(row["value"])
        if row["kind"] in OWN and row["field"] in FIELDS and text.isascii() and text.isdecimal() and len(text) < 10:
            key = (str(row["ip"] or row["mac"]), str(row["field"]))
            most[key] = max(most.get(key, 0), int(text))
    if not most:
        return None
    given = duties()["stored"]
    order = sorted(most.items(), key=lambda one: (-one[1], one[0]))
    told = [stored_text(device, say(f"stored.{field}", lang), count, lang) for (device, field), count in order[:MOST]]
    if len(order) > MOST:
        told.append(say("stored_more", lang, n=len(order) - MOST))
    return Card(
        "stored",
        say("stored_heading", lang),
        (" " if lang == "en" else "").join(told),
        say("stored_not", lang),
        [article(name, lang) for name in given["articles"]],
        [duties()["papers"][name][lang] for name in given["ask"]],
    )


def stored_text(device: str, what: str, count: int, lang: str) -> str:
    """A number that a device states, in one sentence and what it is beside the threshold."""
    threshold = duties()["stored"]["threshold"]
    key = "stored_above" if count >= threshold else "stored_below"
    return say("stored", lang, device=device, what=what, count=count) + (" " if lang == "en" else "") + say(
        key, lang, threshold=threshold
    )  # fmt: skip
