"""What a statement and a kind of statement are, and statements made from findings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netaudit.core.text.addresses import is_link_address
from netaudit.findings.vocabulary import Words, kind_of, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa

    from netaudit.findings.vocabulary import Kind as FindingKind

Tables = dict[str, "pa.Table"]
FIRST, SECOND, LAST = 1, 2, 3  # sentences of a first page
CAP = 1000  # what validation bears: a chance is not said to be below 1 in so many
MOST_NAMED = 100  # subjects, and pieces of evidence, of a statement; counts tell of all


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing the verdict says."""

    kind: str
    grade: str = ""  # letters of findings.certainty it rests on
    counts: dict[str, int] = field(default_factory=dict)
    why: dict[str, int] = field(default_factory=dict)  # by reason (ledgers.reason of `ledger`), in `unit`
    unit: str = ""  # of `why`: bytes, or empty for a number
    ledger: str = ""  # whose reasons these are
    subjects: list[str] = field(default_factory=list)  # addresses, or subjects of the ledger
    evidence: list[str] = field(default_factory=list)  # ids of findings
    endpoints: list[str] = field(default_factory=list)  # addresses, where a wording names one


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of statement: who makes it, how it is worded, where it stands on a first page."""

    name: str
    make: Callable[[Tables], Iterable[Statement]]
    page: int
    tells: tuple[str, ...] = ()  # kinds of findings (`findings/vocabulary.py`)

    @property
    def words(self) -> Words:
        """Its wordings. Raises KeyError where it has none."""
        return words_of("statement", self.name)


def parties(rows: Iterable[dict[str, Any]], near: str) -> dict[str, int]:
    """How many devices the inside ends of some findings are, and how many addresses that may stand for many."""
    ends = {row[f"{near}_device"] or row[near] for row in rows}
    devices = sum(map(is_link_address, ends))
    return {"devices": devices, "addresses": len(ends) - devices}


def near_and_far(finding_kind: FindingKind) -> tuple[str, str]:
    """Columns of the devices inside and of the others."""
    return ("sender", "receiver") if finding_kind.act.device == "sender" else ("receiver", "sender")


def of_findings(
    tables: Tables, kind: str, finding_kind: FindingKind, only: Callable[[dict[str, Any]], bool] = lambda _: True
) -> Iterator[Statement]:
    """One statement of a kind on the findings of a kind, those with images where these are seen."""
    columns = [
        "finding_id", "certainty", "act", "sender", "receiver", "images", "bytes", "rule", "sender_device",
        "receiver_device",
    ]  # fmt: skip
    rows = [
        row
        for row in tables["findings"].select(columns).to_pylist()
        if kind_of(row) == finding_kind and (row["images"] or not finding_kind.seen) and only(row)
    ]
    if not rows:
        return
    near, far = near_and_far(finding_kind)
    by_grade = Counter[str]()
    for row in rows:
        by_grade[row["certainty"]] += row["images"] or 0
    devices = {row[near] for row in rows}
    yield Statement(
        kind,
        "".join(sorted({row["certainty"] for row in rows})),
        {
            "images": by_grade.total(), "a": by_grade["A"], "b": by_grade["B"], "c": by_grade["C"],
            "bytes": sum(row["bytes"] or 0 for row in rows),
            **parties(rows, near), "endpoints": len({row[far] for row in rows}), "findings": len(rows),
        },
        subjects=sorted(devices)[:MOST_NAMED],
        evidence=sorted(row["finding_id"] for row in rows)[:MOST_NAMED],
        endpoints=sorted({row[far] for row in rows})[:MOST_NAMED] if not finding_kind.seen else [],
    )  # fmt: skip
