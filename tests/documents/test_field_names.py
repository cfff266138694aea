"""Names of fields in many languages; what a web page shows; which of several groups describes the sender."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.documents.field_names import LONGEST
from netaudit.documents.nodes import plain
from netaudit.documents.page_fields import LARGEST, page_fields
from netaudit.documents.statements import words

MEANT = {
    "serial": ["Numer seryjny", "numero_seriale", "хранение серийный номер", "sériové číslo", "製造番号", "序號", "xuliehao"],
    "firmware": ["Wersja oprogramowania", "версія_прошивки", "韌體版本", "verze firmwaru", "firmwareVersie"],
    "vendor": ["ผู้ผลิต", "výrobce", "製造商", "tillverkare", "deviceBrand", "Fabricante"],
    "model": ["รุ่น", "型番", "機型", "modello", "модель"],
    "name": ["název zařízení", "裝置名稱", "nazwaUrzadzenia", "deviceLabel", "enhetsnamn"],
    "faces": ["liczbaTwarzy", "кількість_облич", "人臉數量", "registeredFaces", "antal_ansikten", "broj_lice", "localFaceTotal"],
    "persons": ["liczbaOsob", "จำนวนผู้ใช้", "用户数量", "persone_registrate"],
    "": [
        "personName", "userId", "userAccount", "faceScore", "maxFaceCount", "serialPort", "modelVersion", "fileName",
        "interfaceCount", "interface_total", "licenseTotal", "sliceCount", "policeCount", "servicesCount", "voltinCount",
        "количество таблиц", "лицензий количество", "orangeCount", "rememberedTotal", "userCountry", "surfaceCount",
        "人员编号", "人脸参数", "序号", "staffNumber", "faceDetectCount", "personPassCount", "contentType", "",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("meaning", "name"), [(meaning, name) for meaning, names in MEANT.items() for name in names])
def test_a_name_means_what_its_words_say(meaning: str, name: str) -> None:
    assert words().names.meaning(name) == meaning


@given(st.text(max_size=4 * LONGEST))
def test_any_name_has_a_meaning_or_none(name: str) -> None:
    assert words().names.meaning(plain(name)) in {"", *words().forms}


@pytest.mark.parametrize("name", ["serijskibroj", "製造番号", "序號", "型号", "序号", "机型"])
def test_what_tells_is_looked_for_in_both_scripts(name: str) -> None:
    assert words().may_state(words().names.traditional(name).encode(), "/")


PAGE = """<html><head><title>About</title><script>serial: 1</script><style>a: b</style></head><body><!-- c: d -->
<dl><dt>Producent</dt><dd>Example Optyka</dd></dl><table><tr><th>Serial Number:</th><td>AB-12345</td></tr>
<tr><td>Firmware</td><td>V1.2.3</td></tr><tr><td>one</td><td>two</td><td>three</td></tr></table>
<p>Device name: Hall 1</p><label>MAC</label><input type="text" value="02:00:00:00:00:01"><li>型号：<b>XX-1</b></li>
<p>no pair here</p></body></html>"""


def test_a_page_shows_names_and_values_beside_each_other() -> None:
    assert page_fields(PAGE.encode()) == {
        "Producent": "Example Optyka", "Serial Number": "AB-12345", "Firmware": "V1.2.3", "Device name": "Hall 1",
        "MAC": "02:00:00:00:00:01", "型号": "XX-1",
    }  # fmt: skip


@pytest.mark.parametrize(
    "piece", [b"<input value=", b"<script", b"<script>", b"<style>", b"<a", b"a:", b"<td>a", b"a ", b"<!--", b"&#x41;"]
)
def test_a_hostile_page_takes_no_time(piece: bytes) -> None:
    begin = time.process_time()
    page_fields(piece * (LARGEST // len(piece)))
    assert time.process_time() - begin < 0.7


def test_scripts_are_read_to_their_ends() -> None:
    page = """İİİ<SCRIPT type="a">var x = {"model": "XX-1"};</Script><p>Serial: AB-1</p><script src="b"></script>
    <script>y = {, "firmware": "V1.2"}</SCRIPT><script>{"lost": "z"}"""
    assert page_fields(page.encode()) == {"Serial": "AB-1", "model": "XX-1", "firmware": "V1.2"}


@given(st.binary(max_size=400))
def test_any_bytes_are_a_page(page: bytes) -> None:
    assert all(isinstance(name, str) for name in page_fields(page))
