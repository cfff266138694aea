"""A masked case holds no clear identity of the demo's truth outside private/, in whatever coding, and shows no face."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest

import netaudit

OFFICE = Path(__file__).parents[3] / "pcaps" / "sales_office"
TRUTH = json.loads((OFFICE / "expected.json").read_text(encoding="utf-8"))["captures"]


def codings(text: str) -> set[bytes]:
    """The ways in which a value might stand somewhere, in lower case."""
    found = set()
    for charset in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
        raw = text.encode(charset)
        found |= {raw, quote(raw).encode(), raw.hex().encode()}
        for shift in range(3):  # base64 of it at any place of a longer text
            coded = base64.b64encode(bytes(shift) + raw)
            certain = coded[(0, 2, 3)[shift] : len(coded) // 4 * 4 - 4]
            if len(certain) >= 6:  # shorter ones stand by chance in the base64 of pictures
                found.add(certain)
        whole = "".join(f"%{byte:02x}" for byte in raw).encode()
        found |= {whole, whole.replace(b"%", b"%25"), whole.replace(b"%", b"%2525")}
    found.add("".join(f"\\u{ord(char):04x}" for char in text).encode())
    escaped = text.encode("ascii", "backslashreplace")
    found |= {escaped, escaped.replace(b"\\", b"\\\\"), "".join(f"&#{ord(char)};" for char in text).encode()}
    return {one.lower() for one in found if len(one) >= 4}


def secrets(capture: str) -> dict[str, set[bytes]]:
    values = {
        person[kind]
        for person in TRUTH[capture]["persons"]
        for kind in ("name", "agent", "id_number", "phone")
        if kind in person
    }
    return {value: codings(value) for value in values}


def contents(folder: Path) -> dict[str, bytes]:
    """Everything that may be shared, tables as the text of their cells."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "private" not in path.relative_to(folder).parts:
            name = path.relative_to(folder).as_posix()
            data = path.read_bytes()
            if path.suffix == ".parquet":
                table = pq.read_table(path)
                columns = [str(table[column].to_pylist()) for column in table.column_names if "ts" not in column]
                data += "\n".join(columns).encode("utf-8", "surrogatepass")
            found[name] = data.lower()
    return found


def leaks(folder: Path, capture: str) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, data in contents(folder).items()
        for value, ways in secrets(capture).items()
        if any(way in data for way in ways)
    ]


@pytest.fixture(scope="module", params=["lan.pcapng", "wan.pcapng", "ipv6.pcapng"])
def case(request, tmp_path_factory) -> tuple[str, netaudit.Case]:
    """Without faces: the texts are the same, and the images take most of the time."""
    folder = tmp_path_factory.mktemp("masked")
    return request.param, netaudit.audit(OFFICE / request.param, folder / "case", faces=False, keep_all=True, lang="zh")


def test_the_search_finds_what_is_there(tmp_path):
    for number, way in enumerate(sorted(codings("张三丰"))):
        (tmp_path / str(number)).write_bytes(b"before" + way + b"after")
    assert len(leaks(tmp_path, "lan.pcapng")) == len(codings("张三丰")) > 12


def test_no_identity_in_clear_outside_private(case):
    capture, audited = case
    assert len(contents(audited.folder)) > 10
    assert leaks(audited.folder, capture) == []


def test_every_person_of_the_truth_is_known_and_joined_to_the_photos(case):
    capture, audited = case
    clear = audited.clear_persons()
    records = audited.records().set_index("message_id")
    for person in TRUTH[capture]["persons"]:
        mine = clear[(clear["kind"] == "id_number") & (clear["value_clear"] == person["id_number"])]
        paths = {message: records.loc[message, "path"] for message in mine["message_id"]}
        (message,) = [message for message, path in paths.items() if path == person["path"]]
        assert sorted(records.loc[message, "images"]) == sorted(person["images"])
        rows = clear[clear["message_id"] == message]
        said = set(zip(rows["kind"], rows["value_clear"], strict=True))
        stated = {("name", person[key]) for key in ("name", "agent") if key in person}
        assert {one for one in said if one[0] == "name"} == stated
        if "phone" in person:
            assert ("phone", person["phone"]) in said
    assert b"private/persons.parquet" in (audited.folder / "private" / "unmasked.jsonl").read_bytes()


def test_people_are_counted(case):
    capture, audited = case
    numbers = {person["id_number"] for person in TRUTH[capture]["persons"]}
    people = audited.manifest["people"]
    names = {person[key] for person in TRUTH[capture]["persons"] for key in ("name", "agent") if key in person}
    assert people["id_numbers_checked"] + people["id_numbers_named"] == len(numbers) == 3
    assert people["names"] == len(names) == 5  # two of them are agents
    assert people["id_numbers_checked"] == 1  # the demo's other two numbers have a wrong check digit
    assert people["phones"] == len({person["phone"] for person in TRUTH[capture]["persons"] if "phone" in person})


def test_no_embedded_picture_shows_a_face(tmp_path):
    """The report of a whole audit: every picture in it is pixelated, none is the original, none holds a face."""
    from netaudit.images.face_verdict import FaceDetector
    from netaudit.images.pictures import Picture

    audited = netaudit.audit(OFFICE / "wan.pcapng", tmp_path / "case", lang="en")
    html = (audited.folder / "report.html").read_text(encoding="utf-8")
    embedded = [base64.b64decode(text) for text in re.findall(r"data:image/\w+;base64,([A-Za-z0-9+/=]+)", html)]
    assert len(embedded) > 20
    assert audited.images["face"].sum() > 20
    originals = {path.read_bytes() for path in (audited.folder / "private" / "objects").rglob("*.*")}
    assert not originals & set(embedded)
    detector = FaceDetector()
    for data in embedded:
        assert detector.judge(Picture(data, "jpeg"), rotate=False).face != "yes"
