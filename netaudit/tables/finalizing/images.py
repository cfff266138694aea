"""The table of distinct images: what the objects that carry them say, then what decoding and the face model say.

What lies within other pictures only comes after all of these: where all of them show a face and it shows the same, it
is no further picture of one, and is not looked at for any.

Works some rows at a time, so that memory follows neither the number of transfers nor, but for a few numbers and the
digest of each, that of distinct images.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.content.part import FOREIGN
from netaudit.content.sniff import IMAGE_KINDS
from netaudit.core.contracts.judgements import AS_HOLDER, NOT_WHOLE, STOPPED
from netaudit.core.contracts.reasons import reason
from netaudit.core.masking.mask import mask
from netaudit.core.schema import ANSWERS, IMAGES
from netaudit.core.storage.object_store import object_path
from netaudit.core.storage.table_streams import TableWriter, read_parts, stream_parts
from netaudit.images.answers import PLACE, Answer, Look, answer_row
from netaudit.images.face_verdict import beside_of
from netaudit.tables.finalizing.sorting import settle
from netaudit.tables.finalizing.thumbnails import holders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from netaudit.images.face_verdict import FaceVerdict
    from netaudit.images.judge import Holder, Judged

AT_ONCE = 65_536  # objects, or images, looked at together
JUDGED_AT_ONCE = 4_096
PART = "judged"
LATER = "later"  # names the stream of what is answered here; it sorts behind what was known before

Row = dict[str, Any]
Known = Callable[[Collection[str]], dict[Look, Answer]]
"""Answers that are there already for some images, by SHA-256 and whether turned pictures were looked at too."""


def image_table(
    folder: Path,
    tables: dict[str, pa.Table],
    known: Known | None,
    progress: Callable[[str, int, int], None],
    capture_ids: list[str],
    *,
    count: bool,
    stopped: Callable[[], bool] = lambda: False,
) -> pa.Table:
    """The `images` table, settled. `known` are answers that are there already; None: no face is looked for.

    Where somebody wants to stop what is not known yet is not judged.
    """
    seen = _seen(tables["objects"], tables["messages"])
    sizes = read_parts(stream_parts(folder, "images"), IMAGES.schema())
    if known is None or not seen.num_rows:
        return settle(folder, IMAGES, _not_judged(seen, sizes), capture_ids)
    writer, names, image = TableWriter(folder, IMAGES, PART), IMAGES.names, IMAGES.row
    within = holders(tables["objects"])
    judge = _Judging(folder, known, within, seen.num_rows, progress, count=count)
    try:
        for some in _in_turn(seen, within):
            rows = {row["sha256"]: row for row in _plain(some)}
            judge.complete(rows, stopped)
            _measure({sha256: row for sha256, row in rows.items() if "width" not in row}, sizes)
            for row in rows.values():
                writer.append(image(*map(row.get, names)))
            writer.flush()
    finally:
        judge.close()
        writer.close()
    done = [path for path in stream_parts(folder, "images") if path.name == f"images.{PART}.arrows"]
    return settle(folder, IMAGES, read_parts(done, IMAGES.schema()), capture_ids)


def _not_judged(seen: pa.Table, sizes: pa.Table) -> pa.Table:
    """Rows of images in which no face is looked for."""
    where = pc.index_in(seen["sha256"], value_set=sizes["sha256"].combine_chunks())
    known = {name: seen[name] for name in IMAGES.names if name in seen.column_names} | {
        "width": sizes["width"].take(where), "height": sizes["height"].take(where),
        "face": pa.repeat(pa.scalar("not judged"), seen.num_rows),
    }  # fmt: skip
    columns = [
        known[field.name].cast(field.type) if field.name in known else pa.nulls(seen.num_rows, field.type)
        for field in IMAGES.schema()
    ]
    return pa.Table.from_arrays(columns, schema=IMAGES.schema())


def _in_turn(seen: pa.Table, within: dict[str, frozenset[str]]) -> Iterator[pa.Table]:
    """Some images at a time, those within others last."""
    inner = pc.is_in(seen["sha256"], pa.array(within, pa.string()))
    for images in (seen.filter(pc.invert(inner)), seen.filter(inner)):
        for start in range(0, images.num_rows, JUDGED_AT_ONCE):
            yield images.slice(start, JUDGED_AT_ONCE)


def _seen(objects: pa.Table, messages: pa.Table) -> pa.Table:
    """One row per distinct image, by digest: sha256, kind, size, complete, foreign, first_ts, up, n_seen."""
    objects = objects.select(["sha256", "message_id", "kind", "size", "complete", "notes"])
    messages = messages.select(["message_id", "first_ts", "direction"])
    kinds = pa.array(sorted(IMAGE_KINDS))
    parts = []
    for start in range(0, objects.num_rows, AT_ONCE):
        some = objects.slice(start, AT_ONCE)
        carried = _without_notes(some.filter(pc.is_in(some["kind"], kinds)).combine_chunks())
        senders = messages.filter(pc.is_in(messages["message_id"], value_set=pc.unique(carried["message_id"])))
        where = pc.index_in(carried["message_id"], value_set=senders["message_id"].combine_chunks())
        known = carried.append_column("first_ts", senders["first_ts"].combine_chunks().take(where))
        up = pc.equal(senders["direction"].combine_chunks(), "up").take(where)
        known = known.append_column("up", up.cast(pa.int8())).append_column(
            "n_seen", pa.repeat(pa.scalar(1, pa.int64()), known.num_rows)
        )
        parts.append(_grouped(known.filter(pc.is_valid(where))))
    if not parts:
        return pa.table({name: pa.array([], pa.string()) for name in ("sha256", "first_ts")})
    return _grouped(pa.concat_tables(parts)).sort_by("sha256")


def _without_notes(objects: pa.Table) -> pa.Table:
    """Objects with `foreign`, whether an image holds bytes that are none of it, in place of their notes."""
    notes = objects["notes"].combine_chunks()
    found = pc.list_parent_indices(notes).filter(pc.starts_with(pc.list_flatten(notes), FOREIGN))
    foreign = np.zeros(objects.num_rows, np.int8)
    foreign[found.to_numpy()] = 1
    return objects.drop_columns(["notes"]).append_column("foreign", pa.array(foreign))


def _grouped(rows: pa.Table) -> pa.Table:
    how = {
        "kind": "min",
        "size": "min",
        "complete": "max",
        "foreign": "max",
        "first_ts": "min",
        "up": "max",
        "n_seen": "sum",
    }
    grouped = rows.group_by("sha256", use_threads=False).aggregate(list(how.items()))
    names = {f"{name}_{function}": name for name, function in how.items()}
    return grouped.rename_columns([names.get(name, name) for name in grouped.column_names])


def _plain(seen: pa.Table) -> Iterator[Row]:
    place = seen.column_names.index("first_ts")
    for row in seen.set_column(place, "first_ts", seen["first_ts"].cast(pa.int64())).to_pylist():
        yield row | {"face": "not judged", "rotate": bool(row["up"])}


def _measure(rows: dict[str, Row], sizes: pa.Table) -> None:
    """Width and height from the head of each stored image, without decoding."""
    if not rows:
        return
    known = sizes.select(["sha256", "width", "height"])
    for row in known.filter(pc.is_in(known["sha256"], pa.array(list(rows), pa.string()))).to_pylist():
        rows[row["sha256"]] |= {"width": row["width"], "height": row["height"]}


def _certain(verdict: FaceVerdict, doubt: str) -> FaceVerdict:
    """The verdict, but that there is no face, or none of its own, is said only of what is whole and all there is."""
    doubted = doubt and verdict.face in {"no", AS_HOLDER}
    return replace(verdict, face="not judged", reason=reason(NOT_WHOLE, inner=doubt)) if doubted else verdict


class _Judging:
    """Hands images to the helper process and takes its answers."""

    def __init__(
        self,
        folder: Path,
        known: Known,
        within: dict[str, frozenset[str]],
        total: int,
        progress: Callable[[str, int, int], None],
        *,
        count: bool,
    ) -> None:
        from netaudit.images.judge_pool import Judges

        self._within = within
        self._holding = frozenset[str]().union(*within.values())
        self._faces: dict[str, str] = {}  # pictures with a face that hold others, and their kinds
        self._objects = folder / "private" / "objects"
        self._known, self._total, self._progress = known, total, progress
        self._count = count
        self._judge = Judges(faces=True, count=count)  # a process starts with the first image that nobody knows
        self._done = 0
        self._later = TableWriter(folder, ANSWERS, LATER, place=PLACE)

    def complete(self, rows: dict[str, Row], stopped: Callable[[], bool]) -> None:
        """Complete some rows; once somebody wants to stop, those of which the answers are known."""
        known = self._known(rows.keys())
        for sha256, row in rows.items():
            beside = self._beside(sha256)
            if (answer := known.get((sha256, row["rotate"]))) and self._usable(answer[1], beside):
                self._answers(rows, [(sha256, *answer)])
            elif stopped():
                row["why"] = STOPPED
            else:
                path = object_path(self._objects, sha256, row["kind"])
                self._judge.submit(sha256, path, row["kind"], rotate=row["rotate"], beside=beside)
                self._answers(rows, self._kept(rows, self._judge.results()))
        self._answers(rows, self._kept(rows, self._judge.finish(stopped)))
        for row in rows.values():
            if "width" not in row:
                row["why"] = STOPPED

    def _beside(self, sha256: str) -> tuple[Holder, ...]:
        """The pictures that hold an image, where all show a face and lie in none: these are judged before it."""
        from netaudit.images.judge import holder_at

        holding = sorted(self._within.get(sha256, ()))
        if not all(one in self._faces and one not in self._within for one in holding):
            return ()
        return tuple(holder_at(self._objects, one, self._faces[one]) for one in holding)

    def _usable(self, verdict: FaceVerdict, beside: tuple[Holder, ...]) -> bool:
        """Whether an answer is that to what would be asked now."""
        if self._count and verdict.face == "yes" and verdict.n_faces is None:
            return False
        return verdict.beside == beside_of(beside) or (not beside and verdict.face != AS_HOLDER)

    def _kept(self, rows: dict[str, Row], answers: Iterable[Judged]) -> Iterator[Judged]:
        """The answers, which are kept for an audit that goes on."""
        for sha256, facts, verdict in answers:
            self._later.append(answer_row((sha256, rows[sha256]["rotate"]), (facts, verdict)))
            yield sha256, facts, verdict
        self._later.flush(least=JUDGED_AT_ONCE)

    def _answers(self, rows: dict[str, Row], answers: Iterable[tuple[str, Any, Any]]) -> None:
        for sha256, facts, verdict in answers:
            whole = bool(rows[sha256]["complete"])
            doubt = facts.problem or ("" if whole else "image_cut") or ("image_more" if rows[sha256]["foreign"] else "")
            face = _certain(verdict, doubt)
            if face.face == "yes" and sha256 in self._holding:
                self._faces[sha256] = rows[sha256]["kind"]
            rows[sha256] |= {
                "width": facts.width,
                "height": facts.height,
                "decodable": facts.decodable,
                "problem": facts.problem,
                "exif_make": mask(facts.exif_make),
                "exif_model": mask(facts.exif_model),
                "exif_time": mask(facts.exif_time),
                "phash": facts.phash,
                "face": face.face,
                "why": face.reason if face.face in {"not judged", "undecodable"} else "",
                "n_faces": face.n_faces,
                "face_score": face.score,
                "rotated": face.rotated,
            }
            self._done += 1
            self._progress("images", self._done, self._total)

    def close(self) -> None:
        """End the helper process."""
        self._judge.close()
        self._later.close()
