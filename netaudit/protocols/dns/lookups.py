"""Plain lookups: DNS questions and their answers that are read in columns, without a reader.

What comes out is what `dns.py` would make of the same datagrams; what is not plain is left to it
(`kernels_lookups.py`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.core.storage.structured import copied, picked
from netaudit.protocols.dns.kernels_lookups import PORT, UDP, read_lookups
from netaudit.protocols.dns.layouts import LOOKUP, NAME, ORDINARY, PLAIN, RESUMED, SAYING, Room
from netaudit.protocols.ids import flow_ids, message_ids

PROTOCOL = "dns"
LEAST = 16  # flows to the port of DNS in one batch; for fewer columns do not pay

U1 = npt.NDArray[np.uint8]
Rows = npt.NDArray[Any]


@dataclass(slots=True)
class Lookups:
    """The plain lookups of a batch."""

    indexes: npt.NDArray[np.int64]  # of the flows within the batch
    flows: Rows  # their FLOW rows
    flow_ids: U1  # 32 hexadecimal digits per flow, ASCII
    messages: Rows  # LOOKUP rows; `flow` counts these flows
    message_ids: U1  # 32 hexadecimal digits per message
    sayings: Rows  # SAYING rows, in order
    names: list[str]


class PlainLookups:
    """Remembers which flows were plain so far; nothing else of them."""

    def __init__(self) -> None:
        self._plain = np.zeros(0, np.uint64)  # by slot: serial of a flow that was plain so far
        self._room: Room | None = None
        self._seed = np.frombuffer(os.urandom(8), np.uint64)

    def feed(
        self, flows: Rows, slots: npt.NDArray[np.int64], closed: npt.NDArray[np.bool_], runs: Rows, pieces: Rows,
        payload: U1,
    ) -> tuple[U1, Lookups | None]:  # fmt: skip
        """Read what is plain in a batch.

        Args:
            flows: FLOW rows.
            slots: small numbers of them that no other flow has while one is open.
            closed: whether nothing will follow.
            runs: RUN rows, grouped by flow in the same order.
            pieces: PIECE rows the runs point into.
            payload: bytes the runs point into.

        Returns:
            ORDINARY, PLAIN or RESUMED of each flow; and what is in the plain ones, None for nothing.

        """
        known = self._known(flows, slots)
        asking = (flows["proto"] == UDP) & (flows["server_port"] == PORT)
        if np.count_nonzero(asking) >= LEAST:
            room = self._make_room(int((runs["piece_to"] - runs["piece_from"])[asking[runs["row"]]].sum()))
            states = np.empty(flows.size, np.uint8)
            read_lookups(room, flows, known, runs, pieces, payload, states)
        else:
            room = None
            speaking = np.zeros(flows.size, bool)
            speaking[runs["row"]] = True
            states = np.where(known, np.where(speaking, RESUMED, PLAIN), ORDINARY).astype(np.uint8)
        plain = states == PLAIN
        self._plain[slots[known]] = 0
        going_on = plain & ~closed
        self._plain[slots[going_on]] = flows["serial"][going_on]
        return states, self._found(flows, np.flatnonzero(plain), room) if plain.any() else None

    def _known(self, flows: Rows, slots: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether all that each flow brought so far was plain."""
        most = int(slots.max(initial=0))
        if most >= self._plain.size:
            longer = np.zeros(2 * most + 256, np.uint64)
            longer[: self._plain.size] = self._plain
            self._plain = longer
        known: npt.NDArray[np.bool_] = self._plain[slots] == flows["serial"]
        return known

    def _make_room(self, datagrams: int) -> Room:
        """Room for so many messages, and for three facts, two names and 64 letters of each on the average."""
        room = self._room
        if room is None or room.messages.size < datagrams:
            size = 1 << max(10, (datagrams - 1).bit_length())
            room = self._room = Room(
                np.zeros(size, LOOKUP), np.zeros(3 * size, SAYING), np.zeros(2 * size, NAME),
                np.zeros(64 * size, np.uint8), np.empty(4 * size, np.int32), np.zeros(256, np.uint8),
                np.zeros(4, np.int64), self._seed.copy(),
            )  # fmt: skip
        room.table.fill(-1)
        room.used.fill(0)
        return room

    def _found(self, flows: Rows, indexes: npt.NDArray[np.int64], room: Room | None) -> Lookups:
        rows = picked(flows, indexes)
        ids = flow_ids(rows)
        if room is None or not room.used[0]:
            return Lookups(indexes, rows, ids, np.empty(0, LOOKUP), np.empty(0, np.uint8), np.empty(0, SAYING), [])
        n_messages, n_sayings, n_names, n_letters = room.used.tolist()
        places = np.zeros(flows.size, np.int32)
        places[indexes] = np.arange(indexes.size)
        messages = copied(room.messages[:n_messages])
        messages["flow"] = places[messages["flow"]]
        names = _names(room, n_names, n_letters)
        digits = message_ids(messages, ids, PROTOCOL)
        return Lookups(indexes, rows, ids, messages, digits, copied(room.sayings[:n_sayings]), names)


def _names(room: Room, n_names: int, n_letters: int) -> list[str]:
    text = room.letters[:n_letters].tobytes().decode("ascii")
    ends = room.names["end"][:n_names].tolist()
    return [text[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=True)] if ends else []
