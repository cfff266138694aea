"""Uploads in chunks, whatever the product: the picture is one, whole, and nothing is told twice."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

import netaudit
from netaudit.protocols.message import Message
from netaudit.tables import named_chunks
from netaudit.tables.chunks import chunk_of
from pcaps.lab import photos
from tests.spoken import Capture, reply, request

if TYPE_CHECKING:
    from pathlib import Path

CAMERA, CLOUD = "192.168.1.64", "203.0.113.80"
Way = Callable[[int, int, bytes], bytes]


def of_one_size(*pictures: bytes) -> list[bytes]:
    """The pictures, the smaller ones with a comment that makes them as large as the largest."""
    most = max(map(len, pictures)) + 64
    sizes = [most - len(one) - 2 for one in pictures]
    return [
        one[:2] + b"\xff\xfe" + size.to_bytes(2, "big") + bytes(size - 2) + one[2:]
        for one, size in zip(pictures, sizes, strict=True)
    ]


PICTURE, OTHER = of_one_size(*(photos.jpeg(photos.portrait(seed, 480), seed) for seed in (3, 4)))
SIZE = 9000
PIECES = [(at, PICTURE[at : at + SIZE]) for at in range(0, len(PICTURE), SIZE)]
COUNT = len(PIECES)
BYTES = "application/octet-stream"


def form(piece: bytes, file: str = "blob", **fields: object) -> tuple[bytes, str]:
    """A form with some fields and a file."""
    out = b"".join(
        f'--xx\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    out += f'--xx\r\nContent-Disposition: form-data; name="file"; filename="{file}"\r\nContent-Type: {BYTES}\r\n\r\n'.encode()
    return out + piece + b"\r\n--xx--\r\n", "multipart/form-data; boundary=xx"


def tus(number: int, at: int, piece: bytes) -> bytes:
    return request(
        "PATCH",
        "/files/24e533e",
        piece,
        "application/offset+octet-stream",
        Upload_Offset=str(at),
        Tus_Resumable="1.0.0",
    )


def azure_block(number: int, at: int, piece: bytes) -> bytes:
    block = base64.b64encode(f"block-{number:06d}".encode()).decode().replace("=", "%3D")
    return request("PUT", f"/faces/a.jpg?comp=block&blockid={block}&sig=x", piece, BYTES)


def azure_append(number: int, at: int, piece: bytes) -> bytes:
    return request("PUT", "/faces/b.jpg?comp=appendblock&sig=x", piece, BYTES)


def azure_page(number: int, at: int, piece: bytes) -> bytes:
    return request("PUT", "/faces/c.jpg?comp=page", piece, BYTES, x_ms_range=f"bytes={at}-{at + len(piece) - 1}")


def azure_file(number: int, at: int, piece: bytes) -> bytes:
    return request("PUT", "/share/c.jpg?comp=range", piece, BYTES, x_ms_range=f"bytes={at}-{at + len(piece) - 1}")


def s3(number: int, at: int, piece: bytes) -> bytes:
    upload = [PICTURE, OTHER].index(_picture_of(at, piece))  # no two have one id
    return request("PUT", f"/faces/a.jpg?partNumber={number + 1}&uploadId=VXBsb2Fk{upload}", piece, BYTES)


def google(number: int, at: int, piece: bytes) -> bytes:
    whole = len(PICTURE) if number == COUNT - 1 else "*"
    return request(
        "PUT", "/upload/storage/v1/b/x/o?uploadType=resumable&upload_id=AE", piece, BYTES,
        Content_Range=f"bytes {at}-{at + len(piece) - 1}/{whole}",
    )  # fmt: skip


def unknown_length(number: int, at: int, piece: bytes) -> bytes:
    return request("PUT", "/up/a.jpg", piece, BYTES, Content_Range=f"bytes {at}-{at + len(piece) - 1}/*")


def plupload(number: int, at: int, piece: bytes) -> bytes:
    return request("POST", "/upload.php", *form(piece, name="p1a2.jpg", chunk=number, chunks=COUNT))


def webuploader(number: int, at: int, piece: bytes) -> bytes:
    fields = {
        "id": "WU_FILE_0",
        "name": "a.jpg",
        "type": "image/jpeg",
        "size": len(PICTURE),
        "chunks": COUNT,
        "chunk": number,
    }
    return request("POST", "/api/upload", *form(piece, "a.jpg", **fields))


def dropzone(number: int, at: int, piece: bytes) -> bytes:
    fields = {"dzuuid": "0e8b-11", "dzchunkindex": number, "dztotalchunkcount": COUNT, "dzchunkbyteoffset": at}
    return request("POST", "/dz", *form(piece, "a.jpg", **fields))


def resumable(number: int, at: int, piece: bytes) -> bytes:
    query = f"resumableChunkNumber={number + 1}&resumableTotalChunks={COUNT}&resumableIdentifier=9-a&resumableFilename=a.jpg"
    return request("POST", f"/up?{query}", piece, BYTES)


def nextcloud(number: int, at: int, piece: bytes) -> bytes:
    return request("PUT", f"/remote.php/dav/uploads/hall/web-file-upload-77/{number + 1:05d}", piece, BYTES)


def owncloud(number: int, at: int, piece: bytes) -> bytes:
    return request("PUT", f"/remote.php/dav/uploads/hall/78/{at:015d}-{at + len(piece):015d}", piece, BYTES)


def by_head(number: int, at: int, piece: bytes) -> bytes:
    return request(
        "POST", "/push", piece, BYTES, X_Chunk_Index=str(number), X_Total_Chunks=str(COUNT), X_Upload_Id="u-1"
    )


def by_own_names(number: int, at: int, piece: bytes) -> bytes:
    return request("POST", "/v1/pic/slice", *form(piece, taskId="t9", sliceNo=number + 1, sliceTotal=COUNT))


def by_offset(number: int, at: int, piece: bytes) -> bytes:
    return request("POST", f"/put?fileId=77&offset={at}&total={COUNT}", piece, BYTES)


def dav(number: int, at: int, piece: bytes) -> bytes:
    return request(
        "PATCH",
        "/dav/a.jpg",
        piece,
        "application/x-sabredav-partialupdate",
        X_Update_Range=f"bytes={at}-{at + len(piece) - 1}",
    )


def nextcloud_by_offset(number: int, at: int, piece: bytes) -> bytes:
    return request("PUT", f"/remote.php/dav/uploads/u/0abc/{at:016d}", piece, BYTES)


def in_json(number: int, at: int, piece: bytes) -> bytes:
    said = {"uploadId": "u-9", "index": number, "total": COUNT, "data": base64.b64encode(piece).decode()}
    return request("POST", "/api/face/slice", said)


def test_short_slices_in_documents_are_one_picture(tmp_path: Path) -> None:
    """Of less than what a document leaves out of its values."""
    step, capture = 2000, Capture()
    for number, at in enumerate(range(0, len(PICTURE), step), 1):
        content = base64.b64encode(PICTURE[at : at + step]).decode()
        said = {"fileMd5": "9e107d9d372bb6826bd81d3542a419d6", "fileName": "0.jpg", "index": number}
        said |= {"total": -(-len(PICTURE) // step), "content": content}
        capture.talk(CAMERA, CLOUD, (request("POST", "/api/file/slice", said), reply()))
    assert wholes(capture, tmp_path) == [sha256(PICTURE).hexdigest()]


@pytest.mark.parametrize("file", ["blob", "file"])
def test_a_short_last_chunk_of_a_form_without_a_type_is_one(tmp_path: Path, file: str) -> None:
    """It is as short as a field, and its file is named as the field is or otherwise."""
    capture, step = Capture(), -(-(len(PICTURE) - 300) // 3)
    for number, at in enumerate(range(0, len(PICTURE), step)):
        body, kind = form(PICTURE[at : at + step], file, taskId="task-9", sliceNo=number, sliceTotal=4)
        body = body.replace(f"Content-Type: {BYTES}\r\n".encode(), b"")
        capture.talk(CAMERA, CLOUD, (request("POST", "/v1/pic/slice", body, kind), reply()))
    assert wholes(capture, tmp_path) == [sha256(PICTURE).hexdigest()]


def nested_json(number: int, at: int, piece: bytes) -> bytes:
    said = {"head": {"fileId": "u-9", "offset": at}, "body": {"content": base64.b64encode(piece).decode()}}
    return request("POST", "/api/face/slice", said)


def cut_base64(number: int, at: int, piece: bytes) -> bytes:
    """The text of the whole, cut anywhere: no piece of it is base64 by itself."""
    whole = base64.b64encode(_picture_of(at, piece)).decode()
    step = -(-len(whole) // COUNT)
    step += 1 - step % 2  # never a multiple of four
    said = {"fileMd5": "9e107d9d372bb6826bd81d3542a419d6", "chunkIndex": number, "chunkTotal": COUNT}
    return request("POST", "/api/chunk", said | {"chunk": whole[number * step : (number + 1) * step]})


def _picture_of(at: int, piece: bytes) -> bytes:
    return next(one for one in (PICTURE, OTHER) if one[at : at + SIZE] == piece)


def blueimp(number: int, at: int, piece: bytes) -> bytes:
    body, kind = form(piece, "a.jpg")
    whole = f"bytes {at}-{at + len(piece) - 1}/{len(PICTURE)}"
    return request("POST", "/server/php/", body, kind, Content_Range=whole)


def metadata_in_json(number: int, at: int, piece: bytes) -> bytes:
    said = {"FileName": "a.jpg", "Index": number, "TotalCount": COUNT, "FileGuid": "c5b9"}
    return request("POST", "/upload", *form(piece, "a.jpg", chunkMetadata=json.dumps(said)))


def dropbox(number: int, at: int, piece: bytes) -> bytes:
    said = json.dumps({"cursor": {"session_id": "AAAAAAAAAdY", "offset": at}, "close": number == COUNT - 1})
    return request("POST", "/2/files/upload_session/append_v2", piece, BYTES, Dropbox_API_Arg=said)


def google_photos(number: int, at: int, piece: bytes) -> bytes:
    command = "upload, finalize" if number == COUNT - 1 else "upload"
    return request(
        "POST", "/v1/uploads?upload_id=ABg5&upload_protocol=resumable", piece, BYTES,
        X_Goog_Upload_Command=command, X_Goog_Upload_Offset=str(at),
    )  # fmt: skip


def fine_uploader(number: int, at: int, piece: bytes) -> bytes:
    fields = {"qquuid": "3d-1", "qqpartindex": number, "qqtotalparts": COUNT, "qqpartbyteoffset": at, "qqfilename": "a"}
    return request("POST", "/endpoint", *form(piece, "blob", **fields))


def disk(number: int, at: int, piece: bytes) -> bytes:
    path = f"/rest/2.0/pcs/superfile2?method=upload&path=%2Fa.jpg&uploadid=P1-MTA&partseq={number}"
    return request("POST", path, *form(piece, "blob"))


def tus_created(number: int, at: int, piece: bytes) -> bytes:
    """With the first bytes in the request that makes it (tus 1.0, creation-with-upload)."""
    if number:
        return tus(number, at, piece)
    head = {"Upload_Length": str(len(PICTURE)), "Tus_Resumable": "1.0.0"}
    return request("POST", "/files", piece, "application/offset+octet-stream", **head)


def draft_created(number: int, at: int, piece: bytes) -> bytes:
    """The same of its successor (draft-ietf-httpbis-resumable-upload)."""
    done = "?1" if number == COUNT - 1 else "?0"
    if number:
        return request(
            "PATCH", "/files/24e533e", piece, "application/partial-upload",
            Upload_Offset=str(at), Upload_Complete=done,
        )  # fmt: skip
    return request("POST", "/files", piece, "image/jpeg", Upload_Complete=done)


def by_head_alone(number: int, at: int, piece: bytes) -> bytes:
    return request("POST", "/store/4_z0/0011", piece, "", X_Bz_Part_Number=str(number + 1))


def by_offset_in_head(number: int, at: int, piece: bytes) -> bytes:
    return request("POST", "/v20.0/upload:MTph", piece, "", file_offset=str(at))


def by_product(number: int, at: int, piece: bytes) -> bytes:
    return request("PUT", "/snap/a.jpg", piece, "", X_Upyun_Multi_Uuid="3e33-98", X_Upyun_Part_Id=str(number))


def in_short(number: int, at: int, piece: bytes) -> bytes:
    return request("PUT", f"/blob?id=a0&n={number}&of={COUNT}", piece, "")


def segments(number: int, at: int, piece: bytes) -> bytes:
    return request("PUT", f"/v1/AUTH_q/seg/a.jpg/{number:08d}", piece, "")


def hdfs(number: int, at: int, piece: bytes) -> bytes:
    return request("POST", "/webhdfs/v1/face/a.jpg?op=APPEND", piece, BYTES)


def patched(number: int, at: int, piece: bytes) -> bytes:
    if not number:
        return request("PUT", "/dav/a.jpg", piece, "")
    span = "append" if number == COUNT - 1 else f"bytes={at}-{at + len(piece) - 1}"
    return request("PATCH", "/dav/a.jpg", piece, "application/x-sabredav-partialupdate", X_Update_Range=span)


def byteranges(number: int, at: int, piece: bytes) -> bytes:
    """Two ranges in a request."""
    half, body = len(piece) // 2, b""
    for first, part in ((at, piece[:half]), (at + half, piece[half:])):
        span = f"Content-Range: bytes {first}-{first + len(part) - 1}/{len(PICTURE)}"
        body += f"--THIS\r\nContent-Type: image/jpeg\r\n{span}\r\n\r\n".encode() + part + b"\r\n"
    return request("PUT", "/snap/a.jpg", body + b"--THIS--\r\n", "multipart/byteranges; boundary=THIS")


WAYS = [
    byteranges,
    by_head_alone, by_offset_in_head, by_product, in_short, segments, hdfs, patched,
    in_json, nested_json, cut_base64, blueimp, metadata_in_json, dropbox, google_photos, fine_uploader, disk,
    tus_created, draft_created,
    nextcloud_by_offset,
    tus, azure_block, azure_append, azure_page, azure_file, s3, google, unknown_length, plupload, webuploader, dropzone, resumable,
    nextcloud, owncloud, by_head, by_own_names, by_offset, dav,
]  # fmt: skip


CREATED = (tus_created, draft_created)
IN_ORDER = (azure_append, hdfs, patched, *CREATED)  # nothing else can be said in another order


def answer_to(way: Way, number: int) -> bytes:
    """What makes an upload names its place."""
    return reply(b"", status="201 Created", Location="/files/24e533e") if way in CREATED and not number else reply()


def capture_of(way: Way, order: Iterable[int]) -> Capture:
    capture = Capture()
    for number in order:
        at, piece = PIECES[number]
        capture.talk(CAMERA, CLOUD, (way(number, at, piece), answer_to(way, number)))
    return capture


def by_sender(capture: Capture, folder: Path) -> dict[str, list[str]]:
    """What pictures each sender's are, by their digests; all of them whole."""
    case = netaudit.audit(capture.write(folder / "a.pcap"), folder / "case", faces=False, workers=1)
    client = {row["flow_id"]: row["client_ip"] for row in case.table("flows").to_pylist()}
    sender = {row["message_id"]: client[row["flow_id"]] for row in case.table("messages").to_pylist()}
    pictures = [row for row in case.table("objects").to_pylist() if row["kind"] == "jpeg"]
    assert all(row["complete"] for row in pictures)
    found: dict[str, list[str]] = {}
    for row in pictures:
        found.setdefault(sender[row["message_id"]], []).append(row["sha256"])
    return found


def wholes(capture: Capture, folder: Path) -> list[str]:
    """What pictures there are, by their digests; all of them whole."""
    return sorted(one for some in by_sender(capture, folder).values() for one in some)


@pytest.mark.parametrize("way", WAYS)
def test_chunks_of_several_senders_are_a_picture_each(tmp_path: Path, way: Way) -> None:
    """Under the same name; two in turns, one in any order, one whose second chunk broke off and came again."""
    capture = Capture()
    turned, broken, other = "192.168.1.65", "192.168.1.66", "192.168.1.67"
    own = {turned: b"VXBsb2Ft", broken: b"VXBsb2Fu"}  # a server gives no id twice

    def talk(sender: str, sent: bytes, number: int, *, cut: int = 0) -> None:
        sent = sent.replace(b"VXBsb2Fk", own.get(sender, b"VXBsb2Fk"))
        capture.talk(sender, CLOUD, (sent[:-cut], b"") if cut else (sent, answer_to(way, number)))

    for place, (at, piece) in enumerate(PIECES):
        talk(CAMERA, way(place, at, piece), place)
        talk(other, way(place, at, OTHER[at : at + SIZE]), place)
        number = COUNT - 1 - place if way not in IN_ORDER else place
        talk(turned, way(number, *PIECES[number]), number)
        if place == 1:
            talk(broken, way(place, at, piece), place, cut=len(piece) // 2)
        talk(broken, way(place, at, piece), place)
    one = [sha256(PICTURE).hexdigest()]
    expected = {CAMERA: one, turned: one, broken: one, other: [sha256(OTHER).hexdigest()]}
    assert by_sender(capture, tmp_path) == expected


@pytest.mark.parametrize("way", [tus, azure_page, dav, dropbox, google_photos, by_offset])
@pytest.mark.parametrize("behind", [0, 700])
def test_what_broke_off_is_gone_on_with(tmp_path: Path, way: Way, behind: int) -> None:
    """From the byte that the server asks for: the next one, or some that it had not written yet."""
    capture = Capture()
    for number, (at, piece) in enumerate(PIECES):
        half = len(piece) // 2
        if number == 1:
            capture.talk(CAMERA, CLOUD, (way(number, at, piece)[:-half], b""))
            at, piece = at + len(piece) - half - behind, piece[len(piece) - half - behind :]
        capture.talk(CAMERA, CLOUD, (way(number, at, piece), answer_to(way, number)))
    assert wholes(capture, tmp_path) == [sha256(PICTURE).hexdigest()]


@pytest.mark.parametrize("way", [tus, azure_block, s3, plupload, dropzone, nextcloud])
def test_a_missing_chunk_makes_no_whole(tmp_path: Path, way: Callable[[int, int, bytes], bytes]) -> None:
    order = range(0, COUNT, 2) if COUNT > 2 else range(1)
    case = netaudit.audit(capture_of(way, order).write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    pictures = [row for row in case.table("objects").to_pylist() if row["kind"] == "jpeg"]
    assert pictures
    assert not any(row["complete"] for row in pictures)


@pytest.mark.parametrize(
    "sent",
    [
        request("PUT", "/users/12", b'{"name":"x","photo":1}'), request("POST", "/list?page=2&total=9", b'{"a":1}'),
        request("POST", "/api?offset=40&limit=20", b'{"a":1}'), request("PUT", "/upload/12", b'{"a":1}'),
    ],
)  # fmt: skip
def test_what_is_no_chunk_is_read_as_ever(tmp_path: Path, sent: bytes) -> None:
    capture = Capture()
    capture.talk("192.168.1.64", "203.0.113.80", (sent, reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    assert case.table("parts").num_rows == 0


def ftp(capture: Capture, port: int, piece: bytes, *words: tuple[str, str], active: bool = False) -> None:
    """A file by a connection of its own; `active`: its server opens that."""
    opened = ("PORT 192,168,1,64,{},{}", "200 ok") if active else ("PASV", "227 ok (203,0,113,80,{},{})")
    dialogue = [("USER u", "331 p"), ("PASS p", "230 in"), ("TYPE I", "200 ok")]
    dialogue += [tuple(one.format(port >> 8, port & 255) for one in opened), *words]
    said = [(f"{ask}\r\n".encode(), f"{answer}\r\n".encode()) for ask, answer in dialogue]
    capture.talk(CAMERA, CLOUD, (b"", b"220 ftp\r\n"), *said, port=21)
    if active:
        capture.talk(CLOUD, CAMERA, (b"", piece), port=port)
    else:
        capture.talk(CAMERA, CLOUD, (piece, b""), port=port)


@pytest.mark.parametrize(
    ("way", "active"),
    [
        ("REST", False), ("APPE", True), ("a.jpg.part{n}", True), ("a_part{n}.jpg", False), ("x/a.jpg.{n:03}", False),
        (f"a-{{n}}of{COUNT}.jpg", False), ("a.jpg.a{letter}", True),
    ],
)  # fmt: skip
def test_a_file_sent_by_ftp_in_pieces_is_one(tmp_path: Path, way: str, active: bool) -> None:
    """Behind each other in one file, or split before it was sent, each piece by a connection of its own."""
    capture = Capture()
    for number, (at, piece) in enumerate(PIECES):
        name = "a.jpg" if way.isupper() else way.format(n=number + 1, letter="abcdefghijklmnop"[number])
        store = ("APPE" if way == "APPE" and at else "STOR") + f" {name}"
        rest = [(f"REST {at}", "350 ok")] if way == "REST" and at else []
        ftp(capture, 50_000 + number, piece, *rest, (store, "150 ok"), active=active)
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    pictures = [row for row in case.table("objects").to_pylist() if row["kind"] == "jpeg" and row["complete"]]
    assert [row["sha256"] for row in pictures] == [sha256(PICTURE).hexdigest()]


def test_whole_pictures_with_numbers_in_their_names_are_several(tmp_path: Path) -> None:
    capture = Capture()
    for number, one in enumerate((PICTURE, OTHER)):
        ftp(capture, 50_000 + number, one, (f"STOR a_part{number}.jpg", "150 ok"))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    assert case.table("parts").num_rows == 0
    assert {row["sha256"] for row in case.table("objects").to_pylist()} == {
        sha256(one).hexdigest() for one in (PICTURE, OTHER)
    }


def test_blocks_are_put_in_the_order_of_their_list(tmp_path: Path) -> None:
    capture, names = Capture(), [f"oswKpRFxGwEal{number}W" for number in (7, 2, 9, 4, 1, 8, 5, 3)[:COUNT]]
    for number in reversed(range(COUNT)):
        sent = request("PUT", f"/faces/0.jpg?comp=block&blockid={names[number]}", PIECES[number][1], BYTES)
        capture.talk("192.168.1.64", "203.0.113.80", (sent, reply()))
    listed = "<BlockList>" + "".join(f"<Latest>{name}</Latest>" for name in names) + "</BlockList>"
    capture.talk(
        "192.168.1.64",
        "203.0.113.80",
        (request("PUT", "/faces/0.jpg?comp=blocklist", listed, "application/xml"), reply()),
    )
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    pictures = [row for row in case.table("objects").to_pylist() if row["kind"] == "jpeg"]
    assert [(row["sha256"], row["complete"]) for row in pictures] == [(sha256(PICTURE).hexdigest(), True)]


@pytest.mark.parametrize("known", ["AUTH_office", "office"])
def test_segments_are_put_in_the_order_of_their_manifest(tmp_path: Path, known: str) -> None:
    """Of Swift: under names that say no order; another object in the same account is what it is, once."""
    capture, names = Capture(), [f"seg/{name} %d" % number for number, name in enumerate("xkqbzmcd"[:COUNT])]
    token = {"X_Auth_Token": "t"} if known == "office" else {}
    for number in reversed(range(COUNT)):
        sent = request("PUT", f"/v1/{known}/{names[number].replace(' ', '%20')}", PIECES[number][1], BYTES, **token)
        capture.talk(CAMERA, CLOUD, (sent, reply()))
    capture.talk(CAMERA, CLOUD, (request("PUT", f"/v1/{known}/seg/whole", OTHER, BYTES, **token), reply()))
    listed = json.dumps([{"path": f"/{name}", "size_bytes": SIZE} for name in names])
    sent = request("PUT", f"/v1/{known}/faces/a.jpg?multipart-manifest=put", listed, "application/json", **token)
    capture.talk(CAMERA, CLOUD, (sent, reply()))
    assert wholes(capture, tmp_path) == sorted(sha256(one).hexdigest() for one in (PICTURE, OTHER))


def test_objects_that_a_store_is_told_to_compose_are_one(tmp_path: Path) -> None:
    """Of Google Cloud Storage: under names that say no order; another object is what it is, once."""
    capture, names = Capture(), [f"tmp/{name}" for name in "xkqbzmcd"[:COUNT]]
    sending = "/upload/storage/v1/b/cam/o?uploadType=media&name="
    for number in reversed(range(COUNT)):
        sent = request("POST", sending + names[number].replace("/", "%2F"), PIECES[number][1], BYTES)
        capture.talk(CAMERA, CLOUD, (sent, reply()))
    capture.talk(CAMERA, CLOUD, (request("POST", f"{sending}other", OTHER, BYTES), reply()))
    listed = json.dumps({"sourceObjects": [{"name": name} for name in names], "destination": {}})
    sent = request("POST", "/storage/v1/b/cam/o/faces%2Fa.jpg/compose", listed, "application/json")
    capture.talk(CAMERA, CLOUD, (sent, reply()))
    assert wholes(capture, tmp_path) == sorted(sha256(one).hexdigest() for one in (PICTURE, OTHER))


def test_ranges_of_one_request_are_one_picture(tmp_path: Path) -> None:
    capture, body = Capture(), b""
    for at, piece in PIECES:
        span = f"Content-Range: bytes {at}-{at + len(piece) - 1}/{len(PICTURE)}"
        body += f"\r\n--THIS\r\n{span}\r\n\r\n".encode() + piece
    sent = request("PUT", "/snap/a.jpg", body + b"\r\n--THIS--\r\n", "multipart/byteranges; boundary=THIS")
    capture.talk(CAMERA, CLOUD, (sent, reply()))
    assert wholes(capture, tmp_path) == [sha256(PICTURE).hexdigest()]


def test_whole_pictures_as_base64_are_no_chunks() -> None:
    """Of one task, numbered: each is what it is, and none a piece of a text."""
    for number in range(3):
        said = {"taskId": "T-2025-0001", "index": number, "total": 3}
        for text, whole in ((PICTURE, True), (PICTURE[: len(PICTURE) // 2], False)):
            body = json.dumps(said | {"data": base64.b64encode(text).decode()}).encode()
            message = Message("http", 0, 0, len(body), "POST", path="/up", host="a.example.com", body=body)
            message.body_size, message.content_type = len(body), "application/json"
            assert (chunk_of(message, "10.0.0.2") is None) is whole


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("chunkindex", {"number"}), ("dzchunkindex", {"number"}), ("totalchunks", {"total"}), ("index", {"bare number"}),
        ("fileoffset", {"offset", "offset in a head"}), ("qquuid", {"id"}), ("filename", {"name"}), ("md5", {"hash"}),
        ("upload" * 20 + "id", {"id", "name"}), ("temperature", set()),
    ],
)  # fmt: skip
def test_what_names_mean(name, means):
    assert named_chunks._means(name) == means
    assert named_chunks._means(name) == named_chunks._meanings(name)
