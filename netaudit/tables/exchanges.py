"""Rows of whole exchanges of HTTP/1 (`protocols/http1/from_streams.py`): of plain documents columns alone.

Whatever may say more than that, of a person, a picture, a part, a device, makes messages of all that its connection
brings, which are read one by one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.content.from_messages import are_plain_texts, has_coding
from netaudit.content.scraps import SPARE, scraps_of_head
from netaudit.content.unwrap import declares
from netaudit.core.masking.number_forms import holds_masked_number
from netaudit.core.storage.structured import picked
from netaudit.devices.observations.ends import ends_of
from netaudit.devices.observations.web import is_plain, note_plain, plain_facts
from netaudit.events.rules.addresses import picture_urls
from netaudit.events.rules.head import path_of
from netaudit.events.rules.index import plain_text
from netaudit.events.rules.statements import asks, words
from netaudit.protocols.from_streams import LetGo
from netaudit.protocols.http1.from_streams import HTTP
from netaudit.tables.chunks import TARGETS, speak_of_parts
from netaudit.tables.columns import DIGITS, ids_of_some
from netaudit.tables.document_batch import DocumentBatch, Head
from netaudit.tables.documents import LEAST, hits
from netaudit.tables.taker import Taker, Turns, distinct

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.core.contracts.heads import Fields
    from netaudit.devices.observations.ledger import Ledger
    from netaudit.protocols.from_streams import Conversations
    from netaudit.protocols.http1.from_streams import Exchanges, Known
    from netaudit.streams.batch import Batch
    from netaudit.tables.documents import Documents
    from netaudit.tables.flows import FlowRows

    Flags = npt.NDArray[np.bool_]

_SENDING = frozenset({"GET", "POST", "DELETE"})
_PAGES = ("html", "xml")
_TELLING = frozenset({"content-disposition", "grpc-status"})
_TEXT = re.compile(rb"[\t\r\n\x20-\xff]*")
_VALUE = re.compile(rb":\s?-?[0-9.]+")
_REDIRECTIONS = range(300, 400)


class ExchangeRows(Taker):
    """Takes whole exchanges out of batches, and brings them into the tables (`pipeline/takers.py`)."""

    def __init__(
        self, ledger: Ledger, conversations: Conversations, flows: FlowRows, documents: Documents, *, columns: bool
    ) -> None:
        """`columns`: whether any may be columns; else all are messages."""
        self._ledger, self._conversations, self._flows = ledger, conversations, flows
        self._documents, self._columns = documents, columns
        super().__init__()

    def feed(self, batch: Batch, left: Flags) -> tuple[Flags, dict[int, LetGo]]:
        """See `pipeline/takers.py`."""
        if self._conversations.keys is not None:
            return left, {}
        found, let_go = self._conversations.whole(batch, left)
        quiet = self._quiet_ones(found)
        for flow in np.flatnonzero(~quiet).tolist():
            let_go[int(found.flows[flow])] = LetGo(read=(found, flow))
        over = np.flatnonzero(quiet & batch.closed[found.flows])
        ids = found.ids.reshape(-1, DIGITS)[over].reshape(-1)
        names = [found.standing[flow].server_name for flow in over.tolist()]
        self._flows.add_many(picked(batch.flows, found.flows[over]), ids, HTTP, names)
        chosen = np.flatnonzero(quiet[found.rows["flow"]])
        if chosen.size:
            plain = _as_documents(found, chosen)
            self.turns = _turns(found, chosen, plain, self._ledger)
            self._documents.write(plain)
        others = left.copy()
        others[found.flows[quiet]] = False
        return others, let_go

    def _quiet_ones(self, found: Exchanges) -> Flags:
        """Of which flows nothing but columns is needed: those whose messages are plain documents that say nothing."""
        none: Flags = np.zeros(found.flows.size, bool)
        if not self._columns:
            return none
        rows = found.rows
        heads = np.array([one is not None and _is_quiet(one) for one in found.known], bool)
        good = heads[rows["block"]] & (rows["body"] - rows["at"] <= SPARE)
        good &= np.fromiter((method in _SENDING for method, _ in found.asked), bool, rows.size)
        quiet = ~none
        if rows.size:
            good[good] = are_plain_texts(found.batch.payload, rows[good])
            quiet[rows["flow"][~good]] = False
            quiet &= np.bincount(rows["flow"], minlength=quiet.size) % 2 == 0
            places = np.flatnonzero(quiet[rows["flow"]])
            if places.size < LEAST:
                quiet[rows["flow"][places]] = False
            else:
                quiet[rows["flow"][places[list(_stating(found, places))]]] = False
        return quiet


def _is_quiet(known: Known) -> bool:
    """Whether the head of a message leaves it to a plain document in its body what is said."""
    return (
        known.status not in _REDIRECTIONS
        and _TEXT.fullmatch(known.raw) is not None
        and not scraps_of_head(known.raw)
        and known.form.read(_says_nothing)
        and (known.status > 0 or not known.form.read(speak_of_parts))
        and not declares(known.content_type)
        and not any(page in known.content_type for page in _PAGES)
    )


def _says_nothing(fields: Fields) -> bool:
    return is_plain(fields) and not has_coding(fields) and not any(name in _TELLING for name, _ in fields)


def _stating(found: Exchanges, places: npt.NDArray[np.int64]) -> set[int]:
    """Which of these may speak of parts, of a device or a picture (`may_concern_parts`, `EventRows.may_state`)."""
    bodies, targets = _bodies(found, places), [found.asked[place][1] for place in places.tolist()]
    told = {*hits(bodies, lambda text: words().named(plain_text(text))), *hits(bodies, holds_masked_number)}
    told.update(place for place in hits(bodies, lambda text: b"/" in text) if picture_urls(bodies[place]))
    some = {
        one: bool(TARGETS.search(one) or asks(path_of(one)) or scraps_of_head(one.encode())) for one in set(targets)
    }
    return told | {place for place, target in enumerate(targets) if some[target]}


def _bodies(found: Exchanges, places: npt.NDArray[np.int64]) -> list[bytes]:
    rows, payload = picked(found.rows, places), found.batch.payload.data
    return [bytes(payload[at:stop]) for at, stop in zip(rows["body"].tolist(), rows["stop"].tolist(), strict=True)]


def _as_documents(found: Exchanges, chosen: npt.NDArray[np.int64]) -> DocumentBatch:
    """These messages, as columns."""
    rows, batch = picked(found.rows, chosen), found.batch
    methods, targets = zip(*[found.asked[place] for place in chosen.tolist()], strict=True)
    paths = dict.fromkeys(targets)
    number = {path: place for place, path in enumerate(paths)}
    asked = chosen - rows["direction"]
    kinds, head, heads = dict[Any, int](), list[int](), list[Head]()
    blocks = found.rows["block"][asked].tolist()
    for place, like in enumerate(
        zip(rows["block"].tolist(), blocks, methods, [one.partition("?")[0] for one in targets], strict=True)
    ):
        if kinds.setdefault(like, len(kinds)) == len(heads):
            heads.append(Head.of(found.message(int(chosen[place]))))
        head.append(kinds[like])
    return DocumentBatch(
        heads, np.array(head), list(paths), np.array([number[path] for path in targets]), _bodies(found, chosen),
        rows["direction"], np.ascontiguousarray(found.message_ids.reshape(-1, DIGITS)[chosen].reshape(-1)),
        ids_of_some(found.ids, rows["flow"]),
        ids_of_some(found.message_ids, np.where(rows["direction"] > 0, asked, -1)),
        picked(batch.pieces, rows["first"]), picked(batch.pieces, rows["last"]), rows["first"] == rows["last"],
        lambda place: found.message(int(chosen[place])),
    )  # fmt: skip


def _turns(found: Exchanges, chosen: npt.NDArray[np.int64], documents: DocumentBatch, ledger: Ledger) -> Turns:
    """What they say of hosts, made distinct: by the two ends, the head and the fields of the body."""
    rows, flows = picked(found.rows, chosen), picked(found.batch.flows, found.flows)
    ends = np.stack([flows[name] for name in _ENDS], axis=1).astype(np.uint64)
    shapes = dict[bytes, int]()
    shape = [
        0 if way else shapes.setdefault(_VALUE.sub(b":0", body), len(shapes))
        for way, body in zip(rows["direction"].tolist(), documents.bodies, strict=True)
    ]
    said = np.column_stack([ends[rows["flow"]], documents.head, shape]).astype(np.uint64)
    turns, _ = distinct(said, documents.first)

    def note(first: int, last: int) -> None:
        for _, place, often in turns[first:last].tolist():
            flow, (_, ts, frame, _, capture) = flows[int(rows["flow"][place])], documents.first[place].item()
            ledger.at(int(flow["shard"]))
            note_plain(
                plain_facts(documents.message(place)), ends_of(flow, turned=False), ledger, (capture, frame, ts), often
            )

    return Turns(found.flows[rows["flow"][turns[:, 0]]].tolist(), note)


_ENDS = ("shard", "client_mac", "client_hi", "client_lo", "server_mac", "server_hi", "server_lo")
