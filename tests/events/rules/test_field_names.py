"""Names of fields in many languages; which of several groups describes the sender."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.events.rules.field_names import LONGEST
from netaudit.events.rules.nodes import plain
from netaudit.events.rules.statements import words

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
