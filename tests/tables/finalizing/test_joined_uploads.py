"""Files put together in the last step: each upload by itself, and what their messages gave is told once."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from netaudit.content.codecs import video as codecs_video
from netaudit.core.schema import BY_NAME
from netaudit.core.storage.object_store import ObjectStore
from netaudit.core.storage.table_streams import table_of
from netaudit.tables.finalizing import joined_uploads
from netaudit.tables.finalizing.joined_parts import join_upload
from netaudit.tables.finalizing.joined_uploads import join_parts
from netaudit.tables.finalizing.stored import StoredPart
from netaudit.tables.pieces import CHUNK, END, LISTED, PART, RANGE
from netaudit.tables.pieces import TEXT as BASE64
from tests.content.samples import JPEG
from tests.tables.finalizing.joining import STORE, joined, stored

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from netaudit.content.budget import Patience

TEXT = b"%PDF-1.4 " + bytes(range(256)) * 4


class Audit:
    """The tables and the folder of an audit of ranges."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "private" / "objects").mkdir(parents=True)
        (folder / "tables").mkdir()
        self.store = ObjectStore(folder)
        self.parts: list[tuple[Any, ...]] = []
        self.objects: list[tuple[Any, ...]] = []

    def range(self, upload: str, message: str, first: int, last: int, data: bytes) -> None:
        body = data[first:last]
        sha256 = hashlib.sha256(body).hexdigest()
        self.store.put(sha256, "part", body)
        ts = len(self.parts)
        self.parts += [
            (upload, 0, "a", message, f"p{ts}", sha256, len(body), True, ts, RANGE, first, []),
            (upload, 0, "", message, "", "", len(data), True, ts, END, -1, []),
        ]

    def object(self, message: str, kind: str, data: bytes, path: str) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        self.store.put(sha256, kind, data)
        self.objects.append((f"o{len(self.objects)}", message, sha256, len(data), kind, False, [], path, "", True, []))

    def joined(self) -> list[dict[str, Any]]:
        rows = {"parts": self.parts, "objects": self.objects, "evidence": []}
        tables: dict[str, pa.Table] = {
            name: table_of([BY_NAME[name].row(*row) for row in some], BY_NAME[name]) for name, some in rows.items()
        }
        join_parts(self.folder, tables)
        return tables["objects"].to_pylist()

    def kept(self, data: bytes, kind: str) -> bool:
        sha256 = hashlib.sha256(data).hexdigest()
        return (self.folder / "private" / "objects" / sha256[:2] / f"{sha256}.{kind}").exists()


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    return Audit(tmp_path)


@pytest.mark.parametrize("at_once", [1, 2, 4096])
def test_uploads_are_told_apart(audit: Audit, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    """However few rows are looked at together, and in whatever order the tables have them."""
    monkeypatch.setattr(joined_uploads, "AT_ONCE", at_once)
    other = JPEG[:700] + JPEG[700:720][::-1] + JPEG[720:]
    for first, last in ((0, 700), (700, len(JPEG))):
        audit.range("u", f"m{first}", first, last, JPEG)
        audit.range("v", f"n{first}", first, last, other)
    audit.parts.reverse()
    found = audit.joined()
    assert [row["sha256"] for row in found] == [hashlib.sha256(data).hexdigest() for data in (JPEG, other)]
    assert all(row["complete"] for row in found)


def test_a_torn_picture_is_called_a_part(audit: Audit) -> None:
    audit.range("u", "m0", 0, 700, JPEG)
    audit.range("u", "m1", 700, len(JPEG), JPEG)
    audit.object("m0", "jpeg", JPEG[:700], "response body")
    audit.object("m9", "jpeg", JPEG[:690], "response body")  # of another message
    audit.object("m0", "jpeg", JPEG[:680], "response body › json $.a › base64")  # something of its own
    kinds = [(row["kind"], row["stored"]) for row in audit.joined()]
    assert kinds == [("part", False), ("jpeg", True), ("jpeg", True), ("jpeg", True)]
    assert not audit.kept(JPEG[:700], "jpeg")
    assert audit.kept(JPEG[:690], "jpeg")


def test_a_picture_stays_where_the_whole_gave_none(audit: Audit) -> None:
    audit.range("u", "m0", 0, 700, TEXT)
    audit.range("u", "m1", 700, len(TEXT), TEXT)
    audit.object("m0", "jpeg", JPEG[:700], "response body › carved @12")
    audit.object("m1", "opaque", TEXT[700:], "response body")
    kinds = [row["kind"] for row in audit.joined()]
    assert kinds[:2] == ["jpeg", "part"]
    assert audit.kept(JPEG[:700], "jpeg")


def test_decoders_that_die_are_counted_over_all_uploads(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each costs seconds, and a capture may hold any number of uploads."""

    class Dying:
        asked = 0

        def decode(self, data: bytes, codec: str, patience: Patience) -> tuple[bytes, str]:
            if patience.deaths < 4:
                self.asked += 1
            patience.deaths += 1
            return b"", "crashed"

    dying = Dying()
    monkeypatch.setattr(codecs_video, "_stills", lambda: dying)
    body = b"--x\r\nContent-Type: video/h264\r\n\r\n" + bytes(900) + b"\r\n--x--\r\n"
    for upload in "abcdefgh":
        audit.range(upload, f"{upload}0", 0, 500, body)
        audit.range(upload, f"{upload}1", 500, len(body), body)
    audit.joined()
    assert dying.asked == 4


def _chunk(
    offset: int, data: bytes, ts: int, *, role: str = CHUNK, gone: bool = False, whole: bool = True
) -> StoredPart:
    sha256 = hashlib.sha256(data).hexdigest() if gone else stored(data)
    return StoredPart(
        "u", 0, "a.bin", f"m{ts}", f"o{ts}", sha256, len(data), complete=whole, ts=ts, role=role, offset=offset
    )


def test_a_chunk_that_came_again_cuts_nothing_behind_it() -> None:
    data = bytes(range(100, 200))
    (one,) = joined([_chunk(0, data, 0), _chunk(50, data[50:60], 1)])
    assert (one.leaf.part.data, one.leaf.part.complete) == (data, True)
    (one,) = joined([_chunk(0, data, 0), _chunk(50, data[50:60], 1), _chunk(100, data, 2)])
    assert (one.leaf.part.data, one.leaf.part.complete) == (data + data, True)
    (one,) = joined([_chunk(0, data[:80], 0, whole=False), _chunk(60, data[60:], 1)])
    assert (one.leaf.part.data, one.leaf.part.complete) == (data, True)


def test_a_chunk_that_says_something_else_is_not_of_the_same_object() -> None:
    data = bytes(range(100, 200))
    (one,) = joined([_chunk(0, data, 0), _chunk(50, b"elsewhere!", 1)])
    assert not one.leaf.part.complete


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_chunk_in_base64_whose_bytes_are_gone_makes_no_whole(missing: int) -> None:
    data = hashlib.sha256(str(missing).encode()).digest() * 9
    texts = [base64.b64encode(data[at : at + 96]) for at in range(0, 288, 96)]
    rows = [_chunk(n * 96, text, n, role=BASE64, gone=n == missing) for n, text in enumerate(texts)]
    STORE.pop(rows[missing].sha256, None)
    assert not any(one.leaf.part.complete for one in joined(rows))


def test_repetitions_that_broke_off_read_the_earlier_piece_once() -> None:
    data, read = bytes(range(256)) * 8, []

    def load(digest: str) -> bytes | None:
        read.append(digest)
        return STORE.get(digest)

    rows = [_chunk(0, data, 0), *(_chunk(0, data[: 9 + n], n + 1, whole=False) for n in range(50))]
    (one,) = join_upload(rows, load)
    assert one.leaf.part.complete
    assert read.count(rows[0].sha256) == 2


def _row(data: bytes, ts: int, *, role: str = CHUNK, whole: bool = True, **place: Any) -> StoredPart:
    return StoredPart(
        "u", place.get("number", LISTED if "links" in place else 0), "a.jpg", f"m{ts}", f"o{ts}", stored(data), len(data) if data else -1,
        complete=whole, ts=ts, role=role, offset=place.get("offset", -1), links=place.get("links", []),
    )  # fmt: skip


def _outcome(rows: list[StoredPart]) -> list[tuple[bytes, bool]]:
    return [(one.leaf.part.data, one.leaf.part.complete) for one in joined(rows)]


def _thirds(data: bytes) -> list[bytes]:
    third = len(data) // 3
    return [data[:third], data[third : 2 * third], data[2 * third :]]


@pytest.mark.parametrize("torn", [0, 1, 2])
def test_a_list_of_blocks_of_which_one_broke_off_makes_no_whole(torn: int) -> None:
    blocks = _thirds(JPEG)
    rows = [_row(data[:-9] if n == torn else data, n, whole=n != torn, links=[str(n)]) for n, data in enumerate(blocks)]
    rows.append(_row(b"", 9, role=END, links=["0", "1", "2"]))
    assert not any(whole for _, whole in _outcome(rows))


def test_the_last_of_many_lists_makes_its_object() -> None:
    """A commit after each block, and lists in another order, whether before or behind it."""
    step = -(-len(JPEG) // 12)
    blocks = [JPEG[at : at + step] for at in range(0, len(JPEG), step)]
    links = [f"L{n}" for n in range(len(blocks))]
    rows = []
    for n, data in enumerate(blocks):
        rows += [_row(data, 2 * n, links=[links[n]]), _row(b"", 2 * n + 1, role=END, links=links[: n + 1])]
    assert (JPEG, True) in _outcome(rows)
    turned = [links[-1], *links[:-1]]
    parts = [_row(data, n, links=[links[n]]) for n, data in enumerate(blocks)]
    for before, behind in ((4, 0), (0, 4), (40, 0)):
        lists = [turned] * before + [links] + [turned] * behind
        assert (JPEG, True) in _outcome(
            parts + [_row(b"", 100 + n, role=END, links=one) for n, one in enumerate(lists)]
        )


@pytest.mark.parametrize("junk", [b"x" * 10, JPEG[5:60]])
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("by", ["number", "offset"])
def test_a_part_that_was_sent_otherwise_before_or_later_hides_no_whole(by: str, last: bool, junk: bytes) -> None:
    parts = _thirds(JPEG)
    places = [1, 2, 3] if by == "number" else [0, len(parts[0]), len(parts[0]) + len(parts[1])]
    right = [_row(data, 10 + n, role=PART, **{by: places[n]}) for n, data in enumerate(parts)]
    other = _row(junk, 30 if last else 5, role=PART, **{by: places[1]})
    assert (JPEG, True) in _outcome([*right, other])


def test_a_part_that_came_again_with_a_hole_takes_nothing_away() -> None:
    parts = _thirds(JPEG)
    rows = [_row(data, n, role=PART, number=n + 1) for n, data in enumerate(parts)]
    rows.append(_row(parts[1][:9] + bytes(5) + parts[1][14:], 7, role=PART, number=2, whole=False))
    assert _outcome(rows) == [(JPEG, True)]
