"""Documents that were not understood to their end, by who sent them to whom.

What left is told from the size of an ID number on: so much could be somebody's. What came from outside, the answers to
a browser say, and fewer bytes are rows only.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.accounts import MOST_SUBJECTS, OTHERS, Line

if TYPE_CHECKING:
    from collections.abc import Iterator

Tables = dict[str, pa.Table]

LEAST = 18  # bytes of a message; an ID number has as many
LEFT, FEW, ELSEWHERE = "not understood to its end", "a few bytes", "inside or from outside"


def documents(tables: Tables) -> Iterator[Line]:
    """Of each sender and receiver: messages whose documents nobody understood to the end, and how much."""
    messages = tables["messages"]
    some = messages.select(["flow_id", "direction", "unread"]).filter(pc.greater(messages["unread"], 0))
    if not some.num_rows:
        return
    scopes = dict(zip(tables["endpoints"]["ip"].to_pylist(), tables["endpoints"]["scope"].to_pylist(), strict=True))
    flows = tables["flows"]
    ends = flows.select(["client_ip", "server_ip"]).take(pc.index_in(some["flow_id"], flows["flow_id"]))
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for client, server, way, size in zip(
        *(ends[name].to_pylist() for name in ("client_ip", "server_ip")),
        *(some[name].to_pylist() for name in ("direction", "unread")),
        strict=True,
    ):
        sender, receiver = (client, server) if way == "up" else (server, client)
        left = (scopes.get(sender), scopes.get(receiver)) == ("inside", "outside")
        subject = f"{sender} > {receiver}" if sender else OTHERS  # of connections that were set aside, neither is known
        total = sums[subject, FEW if size < LEAST else LEFT if left else ELSEWHERE]
        total[0] += 1
        total[1] += size
    largest = set(sorted(sums, key=lambda pair: (-sums[pair][1], pair))[:MOST_SUBJECTS])
    for (subject, reason), (number, size) in sorted(sums.items()):
        yield Line(subject if (subject, reason) in largest else OTHERS, reason, number, size, reason != LEFT)
