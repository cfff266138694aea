"""What it is worth that nothing left after marked passes: absence with a number, from the visit's own marks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from netaudit.findings.marked import FOLLOWED, NOT_FOLLOWED, WINDOW_S
from netaudit.findings.moments import LEAST_BYTES
from netaudit.findings.roles import CAPTURE, TERMINAL
from netaudit.findings.statements.kind import SECOND, Kind, Statement, Tables
from netaudit.findings.statements.ledger_rows import heard_nearly_all, open_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST = 3  # passes: below, only what is sent after most of them would show
SEEN = 95  # of 100 such visits


def least_share(passes: int) -> int:
    """Per cent of passes, rounded up, of which an upload would show after one of so many in SEEN of 100 visits.

    Each pass is one trial: none of n is followed with chance (1 - share) ** n.

    >>> least_share(12), least_share(3)
    (23, 64)
    """
    return math.ceil(100 * (1 - math.pow(1 - SEEN / 100, 1 / passes)))


def _unfollowed(tables: Tables) -> Iterator[Statement]:
    """A statement where no marked pass was followed, and what nearly all devices said could be heard."""
    rows = [row for row in tables["ledgers"].to_pylist() if row["ledger"] == "marks"]
    found = {row["reason"]: row["count"] or 0 for row in rows}
    passes = found.get(NOT_FOLLOWED, 0)
    if passes < LEAST or found.get(FOLLOWED) or open_rows(tables, "stages") or not heard_nearly_all(tables):
        return
    roles = tables["devices"]["role_hint"].to_pylist()
    counts = {
        "n": passes, "all": sum(found.values()), "seconds": WINDOW_S, "bytes": LEAST_BYTES,
        "percent": least_share(passes), "of": SEEN, "devices": sum(one in {CAPTURE, TERMINAL} for one in roles),
    }  # fmt: skip
    yield Statement("unfollowed", counts=counts)


_ZH = (
    "{all} 个标记时刻中有 {n} 个未发现采集丢失且互不重叠，其后 {seconds} 秒内均未见可读的图像，"
    "或不少于 {bytes:size} 的不可读内容发往某一外部端点（任何 IP 协议，无论由谁发起）"
    "（已知采集设备 {devices} 台，不含个人设备）："
    "若有 {percent}% 及以上的时刻之后有此类发送，100 次这样的检查中至少 {of} 次会看到；"
    "更少见、更小、以其他方式或在其他时刻的发送不在此列"
)
_EN = (
    "after none of {n:marked moment|marked moments} around which nothing is known to be lost, apart from each other "
    "({all} in all), did an image that can be read, or {bytes:size} or more that cannot be to one endpoint, by any "
    "protocol of IP and whoever began it, leave within {seconds} s ({devices:capture device|capture devices} known, "
    "personal devices left out): sent after {percent} % of them or more, it would have been seen in at least {of} of "
    "100 such visits; what is rarer, smaller, sent in other ways or at other moments would not"
)
MARKED = (Kind("unfollowed", _unfollowed, _ZH, _EN, SECOND),)
