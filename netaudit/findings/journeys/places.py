"""Messages by their places: which row of the messages table an id means, and between whom and when that one went.

An id is a long text and a place is a number, and a table in order has its rows by time and id; so legs hold places.
All is looked up some rows at a time: memory follows the block, and a few numbers a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

Codes = npt.NDArray[np.int64]
LOOKED_UP = 65_536  # rows that are looked up in other tables together
PASSED_BY = 1_048_576  # rows of another table in which they are looked up together
NOWHERE = -1  # the place of what is not there


@dataclass(slots=True)
class Ways:
    """Time, sender and receiver of messages; addresses are codes of `addresses`, of which the first is none."""

    ts: Codes
    sender: Codes
    receiver: Codes
    addresses: list[str]

    def of(self, chosen: Codes) -> Ways:
        """The ways at these places of this one."""
        return Ways(self.ts[chosen], self.sender[chosen], self.receiver[chosen], self.addresses)


def places(ids: Any, messages: pa.Table) -> Codes:
    """Rows of `messages` with these ids, NOWHERE for ids that it does not have."""
    found = np.full(len(ids), NOWHERE, np.int64)
    for start in range(0, len(ids), LOOKED_UP):
        some = flat(ids.slice(start, LOOKED_UP)).dictionary_encode()
        rows = np.full(len(some.dictionary), NOWHERE, np.int64)
        for first in range(0, messages.num_rows, PASSED_BY):
            passed = messages["message_id"].slice(first, PASSED_BY)
            code = numbers(pc.fill_null(pc.index_in(passed, value_set=some.dictionary), NOWHERE))
            known = np.flatnonzero(code != NOWHERE)
            rows[code[known]] = first + known
        found[start : start + len(some)] = rows[numbers(some.indices)]
    return found


def ways(at: Codes, messages: pa.Table, flows: pa.Table) -> Ways:
    """Ways of the messages at these places, in their order; nothing is known of NOWHERE."""
    distinct, where = np.unique(at, return_inverse=True)
    there = distinct[distinct != NOWHERE]
    codes: dict[str, int] = {"": 0}
    sent = messages.select(["flow_id", "direction", "first_ts"])
    unknown = (np.zeros(len(distinct) - len(there), np.int64),) * 3
    parts = [unknown, *(_ways(some, flows, codes) for some in rows_at(sent, there))]
    ts, sender, receiver = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Ways(ts, sender, receiver, list(codes)).of(where)


def rows_at(table: pa.Table, there: Codes) -> Iterator[pa.Table]:
    """Rows of a table at distinct places that ascend, some at a time."""
    for first in range(0, table.num_rows, LOOKED_UP):
        low, high = np.searchsorted(there, (first, first + LOOKED_UP))
        if low < high:
            some = table.slice(first, LOOKED_UP)
            chosen = np.zeros(some.num_rows, np.bool_)
            chosen[there[low:high] - first] = True
            yield some.filter(pa.array(chosen))


def _ways(sent: pa.Table, flows: pa.Table, codes: dict[str, int]) -> tuple[Codes, Codes, Codes]:
    """Times, senders and receivers of some messages; addresses that are new get the next codes."""
    ends = flows.select(["flow_id", "client_ip", "server_ip"])
    ends = ends.filter(pc.is_in(ends["flow_id"], value_set=pc.unique(sent["flow_id"])))
    flow = pc.index_in(sent["flow_id"], value_set=flat(ends["flow_id"]))
    client, server = (_coded(ends[name], codes) for name in ("client_ip", "server_ip"))
    row = numbers(pc.fill_null(flow, len(client)))
    client, server = np.append(client, 0)[row], np.append(server, 0)[row]
    up = np.asarray(flat(pc.equal(sent["direction"], "up")).to_numpy(zero_copy_only=False), np.bool_)
    ts = numbers(pc.fill_null(sent["first_ts"].cast(pa.int64()), 0))
    return ts, np.where(up, client, server), np.where(up, server, client)


def _coded(texts: pa.ChunkedArray, codes: dict[str, int]) -> Codes:
    some = flat(pc.fill_null(texts, "")).dictionary_encode()
    of = np.array([codes.setdefault(text, len(codes)) for text in some.dictionary.to_pylist()], np.int64)
    return of[numbers(some.indices)]


def flat(column: Any) -> pa.Array:
    """A column in one piece."""
    if isinstance(column, pa.ChunkedArray):
        whole = column.combine_chunks()
        return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
    return column


def numbers(array: Any) -> Codes:
    """A column of whole numbers without nulls."""
    return np.asarray(flat(array).to_numpy(zero_copy_only=False), np.int64)
