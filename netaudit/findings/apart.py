"""What is told apart: face images and records with an identity number that are no finding, and are not passed over.

Those of what calls itself a personal device: visitors send pictures of themselves, and who wants to hide calls himself
one. And those in frames whose sender cannot be told: their link address did not hold the address that they name, and
nobody took them, so that anybody on the link may have written them. And identity numbers, all digits of them right,
that nothing names: a few of them may be numbers of something else; and those that a field calls so beside a name,
though no check digit bears it. All accuse nobody, have a line of their own, and
forbid every calm sentence; but those of a series of wrong numbers, of which as many are right as chance gives, are told
in the ledger and forbid only the sentence that nothing was left open.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

IMAGES, RECORDS = "face images", "identity records"
NOBODYS, NUMBERS, CHANCE = "sender cannot be told", "numbers alone", "numbers as chance gives"
UNCHECKED = "numbers called so"
OWNS = "one person's number"  # sent by a browser to one receiver: may be its user's
COLUMNS = ("device", "what", "number", "size")
TABLE = "told_apart"  # goes from judgement to the ledgers, and into no case


class Apart:
    """Counts what is told apart, by device."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])

    def note(self, device: str, what: str, size: int, number: int = 1) -> None:
        """One image or record, or several numbers."""
        total = self._sums[device, what]
        total[0] += number
        total[1] += size

    def table(self) -> pa.Table:
        """The counts as a table."""
        rows = [(*key, *total) for key, total in sorted(self._sums.items())]
        columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
        kinds = (pa.string(), pa.string(), pa.int64(), pa.int64())
        return pa.table([pa.array(one, kind) for one, kind in zip(columns, kinds, strict=True)], names=list(COLUMNS))


def lines(tables: Mapping[str, pa.Table]) -> Iterator[tuple[str, str, int, int, bool]]:
    """Entries of the ledger: device, what, how many, bytes; never understood."""
    table = tables.get(TABLE)
    if table is not None:
        for row in table.to_pylist():
            yield row["device"], row["what"], row["number"], row["size"], False
