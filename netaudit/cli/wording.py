"""Devices, claims and decisions as lines of text, in the words of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.cli.texts import say
from netaudit.core.masking.mask import visible

if TYPE_CHECKING:
    from netaudit.evidence.case.decisions import Decision
    from netaudit.evidence.case.reading import Case

WIDTH = 160  # characters of a fact
MOST_ADDRESSES = 3
WORDED = frozenset({"class", "chain"})  # claims whose values have words


def word(group: str, value: str, lang: str) -> str:
    """A value of a table in words."""
    from netaudit.report.texts import Texts

    return Texts(lang).known(group, value) or visible(value, 60)


def sentence(text: str, lang: str) -> str:
    """A sentence that was written in English, in a language; what it names is made visible."""
    from netaudit.report.texts import Texts

    return Texts(lang).phrase(text, lambda part: visible(part, 400))


def titled(device: dict[str, Any]) -> str:
    """A device by its addresses and name."""
    ips = (device["ips"] or [])[:MOST_ADDRESSES]
    parts = [", ".join(ips), device["device_id"] if device["device_id"] not in ips else ""]
    return " · ".join(part for part in (*parts, visible(device["name"] or "", 60)) if part)


def graded(device: dict[str, Any], name: str, lang: str) -> str:
    """Class or vendor with its confidence."""
    if not device[name]:
        values = [word(name, value, lang) for value in device.get("contradicted", {}).get(name, ())]
        return say(f"no_{name}", lang) + (say("contradicted", lang, values=" / ".join(values)) if values else "")
    value = word(name, device[name], lang)
    return say("graded", lang, value=value, grade=word("confidence", device[f"{name}_confidence"], lang))


def contradictions(case: Case) -> dict[str, dict[str, list[str]]]:
    """Values that contradict each other, by device and claim."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in case.table("claims", ["device_id", "claim", "value", "standing"]).to_pylist():
        if row["standing"] == "contradicts":
            values = found.setdefault(row["device_id"], {}).setdefault(row["claim"], [])
            if row["value"] not in values:
                values.append(row["value"])
    return found


def decided(decision: Decision, lang: str) -> str:
    """What an analyst decided."""
    words = [visible(decision.alias, 60), word("class", decision.kind, lang) if decision.kind else ""]
    words += [visible(decision.vendor, 60)]
    words += [visible(decision.note, 300), visible(decision.by, 60), decision.when]
    return " · ".join(one for one in words if one)


def claimed(row: dict[str, Any], lang: str) -> str:
    """A claim: what, what became of it, by which signature, on which facts and packets."""
    value = word(row["claim"], row["value"], lang) if row["claim"] in WORDED else visible(row["value"], 80)
    facts = []
    for fact, place in zip(row["facts"] or [], row["evidence"] or [], strict=True):
        frame = place.rpartition(":")[2]
        facts.append(visible(fact, WIDTH) + (say("in_frame", lang, n=frame) if frame else ""))
    sure = word("confidence", row["strength"], lang) if row["provenance"] != "rule" else ""
    why = f"{word('provenance', row['provenance'], lang)}: {row['source']}" if row["source"] else ""
    by = ", ".join(part for part in (row["by"], sure, why) if part)
    standing = word("standing", row["standing"], lang)
    return f"{word('claim', row['claim'], lang)} = {value} [{standing}] <- {by} <- {'; '.join(facts)}"
