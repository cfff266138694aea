"""What is reckoned once from whole tables and kept: who sent each image, who spoke with whom, times in bars."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.browse.paging import Tables
    from netaudit.evidence.case.reading import Case
    from netaudit.report.judgements import Judgements
    from netaudit.report.parties import Parties
    from netaudit.report.topology_layout import Drawing

HOUR = 3_600_000_000_000  # ns
ALIKE = 8  # of 64 bits of the perceptual hash that may differ
FACES = ("yes", "possible")
ADDRESSES = ("client_ip", "server_ip")  # columns of flows
NAMED = ("client_named", "server_named")
TRACKS = {  # of the timeline: what is counted, its table, its time
    "faces": ("images", "first_ts"),
    "events": ("events", "first_ts"),
    "encrypted": ("encrypted_uploads", "first_ts"),
    "messages": ("messages", "first_ts"),
}


class Overviews:
    """Overviews of one case."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._known: dict[str, Any] = {}
        self._lock = threading.RLock()  # times need images

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        with self._lock:
            if name not in self._known:
                self._known[name] = make()
            return self._known[name]

    def prepare(self) -> None:
        """Reckon all of them, before anybody asks."""
        self.images()
        self.journeys_in_order()
        for track in TRACKS:
            self.times(track)

    def journeys(self) -> pa.Table:
        """Ends and times (ns) of all legs: journey_id, sender, receiver, first_ts."""
        found: pa.Table = self._once("journeys", self._journeys)
        return found

    def journeys_in_order(self) -> pa.Table:
        """All of them by their beginning: journey_id, first_ts_min (ns)."""
        found: pa.Table = self._once("journeys in order", lambda: in_order(self.journeys()))
        return found

    def _journeys(self) -> pa.Table:
        table = self._tables.columns("journeys", ["journey_id", "sender", "receiver", "first_ts"])
        return table.set_column(3, "first_ts", table["first_ts"].cast(pa.int64()))

    def drawing(self, case: Case, lang: str) -> Drawing | None:
        """The drawing of who talks to whom, as the report has it."""

        def drawn() -> Drawing | None:
            from netaudit.report.topology import topology
            from netaudit.report.wording import Wording

            w = Wording(lang, case.zone)
            return topology(case, self.judged(case), self.parties(case, lang).known, w)

        found: Drawing | None = self._once(f"drawing {lang}", drawn)
        return found

    def judged(self, case: Case) -> Judgements:
        """The findings as the report has them."""
        from netaudit.report.judgements import Judgements

        found: Judgements = self._once("judged", lambda: Judgements(case))
        return found

    def parties(self, case: Case, lang: str) -> Parties:
        """Names of devices and far sides in words, with what is known of each address."""

        def made() -> Parties:
            from netaudit.report.parties import Parties
            from netaudit.report.sections_endpoints import Hosts
            from netaudit.report.wording import Wording

            w = Wording(lang, case.zone)
            return Parties(case, Hosts(case, w), w)

        found: Parties = self._once(f"parties {lang}", made)
        return found

    def images(self) -> pa.Table:
        """Images with `sender` (address that sent it first), by time: sha256, face, phash, first_ts (ns), sender."""
        found: pa.Table = self._once("images", self._images)
        return found

    def _images(self) -> pa.Table:
        read = self._tables.columns
        images = read("images", ["sha256", "face", "phash", "first_ts"])
        objects = read("objects", ["sha256", "message_id"])
        place = pc.index_in(images["sha256"], value_set=_one(objects["sha256"]))
        message = objects["message_id"].take(place)
        messages = read("messages", ["message_id", "flow_id", "direction"])
        place = pc.index_in(message, value_set=_one(messages["message_id"]))
        up = pc.equal(messages["direction"].take(place), "up")
        flows = read("flows", ["flow_id", "client_ip", "server_ip"])
        place = pc.index_in(messages["flow_id"].take(place), value_set=_one(flows["flow_id"]))
        sender = pc.if_else(up, flows["client_ip"].take(place), flows["server_ip"].take(place))
        table = pa.table(
            {
                "sha256": images["sha256"],
                "face": images["face"],
                "phash": images["phash"],
                "first_ts": images["first_ts"].cast(pa.int64()),
                "sender": pc.fill_null(sender, ""),
            }
        )
        return table.sort_by([("first_ts", "ascending"), ("sha256", "ascending")]).combine_chunks()

    def times(self, track: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Times of a track (ns) in order."""
        found: np.ndarray[Any, np.dtype[np.int64]] = self._once(f"times {track}", lambda: self._times(track))
        return found

    def _times(self, track: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        if track == "faces":
            images = self.images()
            column = images.filter(pc.is_in(images["face"], pa.array(FACES)))["first_ts"]
        else:
            table, name = TRACKS[track]
            column = self._tables.columns(table, [name])[name].cast(pa.int64())
        return np.sort(column.drop_null().to_numpy())

    def alike(self, sha256: str, most: int = 24) -> list[str]:
        """Images that look like one, the likest first."""
        images = self.images()
        place = pc.index(images["sha256"], sha256).as_py()
        if place < 0 or not (own := images["phash"][place].as_py()):
            return []
        known = self._once("phash", lambda: _bits(images["phash"]))
        far = np.bitwise_count(known[0] ^ np.uint64(int(own, 16)))
        far[known[1]] = 65
        far[place] = 65
        near = np.argsort(far, kind="stable")[:most]
        return [images["sha256"][int(one)].as_py() for one in near if far[one] <= ALIKE]


def in_order(legs: pa.Table) -> pa.Table:
    """Journeys of legs by their beginning: journey_id, first_ts_min."""
    grouped = legs.group_by("journey_id").aggregate([("first_ts", "min")])
    return grouped.sort_by([("first_ts_min", "ascending"), ("journey_id", "ascending")])


def _one(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)


def _bits(column: pa.ChunkedArray) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    texts = column.to_pylist()
    return (
        np.array([int(text, 16) if text else 0 for text in texts], np.uint64),
        np.array([not text for text in texts], bool),
    )
