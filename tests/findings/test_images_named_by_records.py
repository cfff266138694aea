"""Images that went elsewhere, by themselves, and the records that name them by their address are one story."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import netaudit
from pcaps.lab import photos
from tests.spoken import Capture, number, reply, request
from tests.wording import english

if TYPE_CHECKING:
    from pathlib import Path

SERVER, PC, CRM, STORE = "192.168.1.10", "192.168.1.100", "47.98.60.33", "47.98.61.1"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120"
KEY = "face/2025/06/c9f0f895fb98ab91.jpg"
FACE = photos.jpeg(photos.portrait(911, 110), 911)
DONE = reply(b"", "text/plain")


def stored(path: str) -> tuple[bytes, bytes]:
    return request("PUT", path, FACE, "image/jpeg", host="store.example.com"), DONE


def form() -> tuple[bytes, bytes]:
    parts = [
        f'Content-Disposition: form-data; name="{k}"\r\n\r\n{v}'.encode() for k, v in (("key", KEY), ("policy", "e30="))
    ]
    parts.append(
        b'Content-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n' + FACE
    )
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    return request("POST", "/", body, "multipart/form-data; boundary=b", host="store.example.com"), DONE


def told(folder: Path, *talks: tuple[str, str, tuple[bytes, bytes]]) -> dict[str, tuple[int, int, str]]:
    capture = Capture()
    for client, server, exchange in talks:
        capture.talk(client, server, exchange)
    case = netaudit.audit(capture.write(folder / "a.pcap"), folder / "case")
    return {
        f"{row['sender']} {row['receiver']}": (row["images"], row["with_identity"], english(row["reason"]))
        for row in case.table("findings").to_pylist()
    }


def visit(serial: int = 1, **more: str) -> tuple[bytes, bytes]:
    return request("POST", "/visit", {"name": "王五一", "idCard": number(serial), **more}), reply()


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        (stored("/" + KEY), "https://store.example.com/" + KEY + "?Expires=1&Signature=x"),
        (stored("/bucket/" + KEY), KEY),
        (stored("/" + KEY), "http://cdn.example.com/bucket/" + KEY),
        (form(), KEY),
        (
            (request("POST", "/up", FACE, "image/jpeg"), reply({"data": {"url": "/u/" + KEY}})),
            "http://x.example/u/" + KEY,
        ),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_an_upload_and_the_record_that_names_it(
    upload: tuple[bytes, bytes], said: str, first: bool, tmp_path: Path
) -> None:
    talks = [(SERVER, STORE, upload), (SERVER, CRM, visit(photo=said))]
    images, named, reason = told(tmp_path, *(talks if first else talks[::-1]))[f"{SERVER} {STORE}"]
    assert (images, named) == (1, 0)  # it went by itself: what names it is told in words
    assert "whose address a record with an identity number names: 1; of these with a name: 1" in reason


def test_what_no_record_names_is_an_image_alone(tmp_path: Path) -> None:
    found = told(tmp_path, (SERVER, STORE, stored("/face/other-picture-0001.jpg")), (SERVER, CRM, visit(photo=KEY)))
    assert found[f"{SERVER} {STORE}"][:2] == (1, 0)


def test_an_address_of_two_pictures_names_neither(tmp_path: Path) -> None:
    other = photos.jpeg(photos.portrait(912, 110), 912)
    again = request("PUT", "/other/" + KEY, other, "image/jpeg"), DONE
    found = told(tmp_path, (SERVER, STORE, stored("/" + KEY)), (SERVER, STORE, again), (SERVER, CRM, visit(photo=KEY)))
    assert found[f"{SERVER} {STORE}"][:2] == (2, 0)


def test_of_several_records_each_names_its_own(tmp_path: Path) -> None:
    people = [
        {"name": "王五一", "idCard": number(1), "photo": KEY},
        {"name": "赵六二", "idCard": number(2), "photo": "x/y.jpg"},
    ]
    found = told(
        tmp_path, (SERVER, STORE, stored("/" + KEY)), (SERVER, CRM, (request("POST", "/v", {"l": people}), reply()))
    )
    assert found[f"{SERVER} {STORE}"][:2] == (1, 0)
    assert "whose address a record with an identity number names: 1" in found[f"{SERVER} {STORE}"][2]


def test_a_picture_fetched_by_a_browser_belongs_to_the_list_that_names_it(tmp_path: Path) -> None:
    rows = {"rows": [{"name": "王五一", "certNo": number(1), "img": "/files/" + KEY}]}
    found = told(
        tmp_path,
        (SERVER, STORE, stored("/" + KEY)),
        (SERVER, CRM, visit()),
        (PC, CRM, (request("GET", "/list", user_agent=BROWSER), reply(rows))),
        (PC, CRM, (request("GET", "/files/" + KEY, user_agent=BROWSER), reply(FACE, "image/jpeg"))),
    )
    assert found[f"{CRM} {PC}"][:2] == (1, 0)
    assert "whose address a record with an identity number names: 1" in found[f"{CRM} {PC}"][2]


def test_a_number_in_the_name_of_a_file_is_counted_once(tmp_path: Path) -> None:
    found = told(tmp_path, (SERVER, STORE, stored(f"/face/%E7%8E%8B%E4%BA%94%E4%B8%80_{number(3)}.jpg")))
    images, named, reason = found[f"{SERVER} {STORE}"]
    assert (images, named) == (1, 1)
    assert "records with an identity number: 1, distinct numbers: 1" in reason
