"""The gallery of thumbnails and the list of images."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from netaudit.report import reading

if TYPE_CHECKING:
    from netaudit.report.judgements import Judgements
    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.wording import Wording

GALLERY = 60
FIRST = 12  # not folded
STRIP = 6  # tiles shown with a finding
SHOTS = 3  # and with a way on the first screen
GALLERY_BYTES = 1_100_000  # of JPEG; base64 makes a third more of it, and most stand with their finding too
ONE_THUMBNAIL = 120_000
AT_ONCE = 2  # asked for: so many helpers make them
EDGE = 160  # pixels of the longer side
TRIES = 3 * GALLERY  # thumbnails asked for, also those that cannot be had
LISTED = 500
JPEG_START = b"\xff\xd8\xff"
Pictures = Callable[[str], bytes | None]  # thumbnails by the SHA-256 of their images
Turn = tuple[str, int]  # an image by its SHA-256, and the number of its finding
FACES = {"yes": 0, "possible": 1, "undecodable": 2, "not judged": 3, "as its parent": 4, "no": 5}
COLUMNS = (
    "sha256", "kind", "size", "width", "height", "complete", "decodable", "problem", "exif_make", "exif_model",
    "exif_time", "face", "n_faces", "face_score", "n_seen", "first_ts",
)  # fmt: skip


def kept(case: CaseLike, w: Wording) -> Pictures:
    """The thumbnails of a case."""
    return lambda sha256: case.clear_picture(sha256, EDGE) if w.unmask else case.thumbnail(sha256)


def thumbnails(pictures: Pictures, order: list[Turn]) -> list[tuple[Turn, bytes]]:
    """The first that can be had, within a number and a size. Waits for a helper process: for a thread of its own."""
    made: list[tuple[Turn, bytes]] = []
    spent = 0
    left = order[:TRIES]
    with ThreadPoolExecutor(AT_ONCE) as askers:
        while left and (lacking := GALLERY - len(made)):
            some, left = left[:lacking], left[lacking:]
            for turn, data in zip(some, askers.map(lambda turn: _thumbnail(pictures, turn[0]), some), strict=True):
                if data is not None and spent + len(data) <= GALLERY_BYTES:
                    spent += len(data)
                    made.append((turn, data))
    return made


def gallery(case: CaseLike, order: list[Turn], made: list[tuple[Turn, bytes]], w: Wording) -> dict[str, Any]:
    """What is shown of the findings' images, and how many there are."""
    wanted = (sha256 for (sha256, _), _ in made)
    known = {
        row["sha256"]: row for row in reading.rows(reading.having(case.table("images"), "sha256", wanted), *COLUMNS)
    }
    shown = [_tile(sha256, number, data, known.get(sha256), w) for (sha256, number), data in made]
    return {"tiles": shown, "first": FIRST, "total": len(order), "more": len(order) - len(shown)}


def by_finding(tiles: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """The first tiles of each finding, by its number."""
    found: dict[int, list[dict[str, Any]]] = {}
    for tile in tiles:
        mine = found.setdefault(tile["number"], [])
        if len(mine) < STRIP:
            mine.append(tile)
    return found


def by_way(tiles: list[dict[str, Any]], way_of: dict[int, int], ways: int) -> list[list[dict[str, Any]]]:
    """The first tiles of each way, which `way_of` gives by the number of a finding."""
    found: list[list[dict[str, Any]]] = [[] for _ in range(ways)]
    for tile in tiles:
        place = way_of.get(tile["number"])
        if place is not None and len(found[place]) < SHOTS:
            found[place].append(tile)
    return found


def turns(judged: Judgements) -> list[Turn]:
    """Distinct images of the findings with the finding's number: the first of each finding, then the second of each."""
    number_of = {finding["row"]: finding["number"] for finding in judged.seen}
    rows = judged.transfers.select(["row", "sha256"])
    pairs = zip(rows.column("row").to_pylist(), rows.column("sha256").to_pylist(), strict=True)
    carried = [(number_of[row], sha256) for row, sha256 in pairs if sha256 and row in number_of]
    carried.sort(key=lambda pair: pair[0])  # an image of several findings belongs to the first of them
    queues: dict[int, list[str]] = {}
    met: set[str] = set()
    for number, sha256 in carried:
        if sha256 not in met:
            met.add(sha256)
            queues.setdefault(number, []).append(sha256)
    placed = [(place, number, sha) for number, queue in queues.items() for place, sha in enumerate(queue)]
    return [(sha, number) for _, number, sha in sorted(placed)]


def _thumbnail(pictures: Pictures, sha256: str) -> bytes | None:
    data = pictures(sha256)
    return data if data and data.startswith(JPEG_START) and len(data) <= ONE_THUMBNAIL else None


def _tile(sha256: str, number: int, data: bytes, row: Row | None, w: Wording) -> dict[str, Any]:
    return {
        "src": "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii"),
        "number": number,
        "sha256": w.exact(sha256[:16]),
        "dims": _dims(row) if row else "",
        "seen": w.t("gallery_seen", n=w.number(row["n_seen"])) if row else "",
        "first": w.when(row["first_ts"]) if row else w.when(None),
    }


def _dims(row: Row) -> str:
    return f"{row['width']}×{row['height']}" if row["width"] and row["height"] else ""


def images(case: CaseLike, w: Wording) -> dict[str, Any]:
    """List of distinct images, those with faces first, and their counts by verdict."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = case.table("images")
    counted = {
        entry["values"]: entry["counts"] for entry in pc.value_counts(table.column("face").combine_chunks()).to_pylist()
    }
    rank = pc.index_in(
        pc.fill_null(table.column("face"), "not judged"), value_set=pa.array(sorted(FACES, key=FACES.__getitem__))
    )
    ranked = table.append_column("rank", rank).sort_by(
        [("rank", "ascending"), ("first_ts", "ascending"), ("sha256", "ascending")]
    )
    return {
        "n": table.num_rows,
        "faces": counted.get("yes", 0),
        "possible": counted.get("possible", 0),
        "alike": counted.get("as its parent", 0),
        "unjudged": counted.get("not judged", 0) + counted.get("undecodable", 0) + counted.get(None, 0),
        "rows": [_listed(row, w) for row in reading.rows(ranked.slice(0, LISTED), *COLUMNS)],
        "more": max(0, table.num_rows - LISTED),
    }


def _listed(row: Row, w: Wording) -> dict[str, Any]:
    face = w.term("face", row["face"] or "not judged")
    if row["n_faces"] and row["face_score"] is not None:
        face = w.t("image_faces_line", face=face, n=row["n_faces"], score=f"{row['face_score']:.2f}")
    camera = [w.text(row["exif_make"], 60), w.text(row["exif_model"], 60), w.exact(row["exif_time"], 30)]
    return {
        "sha256": w.exact(row["sha256"]),
        "kind": w.listed("format", row["kind"], 20),
        "dims": _dims(row),
        "size": w.number(row["size"]),
        "complete": w.t("yes") if row["complete"] else w.t("no"),
        "problem": w.sentence(row["problem"], 120),
        "face": face,
        "camera": " ".join(part for part in camera if part),
        "seen": w.number(row["n_seen"]),
        "first": w.when(row["first_ts"]),
    }
