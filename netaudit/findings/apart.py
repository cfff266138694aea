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
WORDS = {
    NOBODYS: ("无法指明发送者", "sender cannot be told"),
    IMAGES: ("人脸图像", "images with a face"),
    NUMBERS: (
        "形似身份证件号码而旁无任何名称：同一去向不足三人，或与不正确的号码同列",
        "numbers alone in the form of identity numbers: of fewer than three persons, or beside some not right",
    ),
    UNCHECKED: (
        "字段称为证件号码而无校验位可核对的号码（15 位），或校验位不符的号码",
        "numbers that fields call identity numbers, of 15 digits without a check digit, or with a wrong one",
    ),
    OWNS: (
        "浏览器向同一网站发出的同一个证件号码，如表单或 Cookie 所带",
        "one and the same identity number from a browser to one site, as a form or a cookie carries it",
    ),
    CHANCE: (
        "与校验位不正确的号码同列，其中校验位正确者不多于偶然",
        "numbers of a series in which no more check digits are right than chance gives",
    ),
    RECORDS: ("含身份证件号码的记录", "records with an identity number"),
}
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
