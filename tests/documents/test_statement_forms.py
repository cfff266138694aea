"""Ways in which devices write what they are: pairs whatever holds them, names with steps, pages and scripts."""

from __future__ import annotations

import json

import pytest

from netaudit.documents.from_unwrapping import MessageReader
from netaudit.documents.head import Head
from netaudit.documents.index import Index
from netaudit.messages.message import Message
from netaudit.unwrapping import from_messages
from netaudit.unwrapping.html_values import html_values


def stated(values: object, protocol: str = "http") -> list[dict[str, str]]:
    body = json.dumps(values).encode()
    message = Message(
        protocol, 0, 0, len(body), "POST", path="/x", headers=[("content-type", "application/json")], body=body
    )
    message.body_size, message.content_type = len(body), "application/json"
    reader = MessageReader(Index([]))
    for leaf in from_messages.leaves(message):
        reader.take(leaf, "", "")
    reader.end(Head(protocol, False, "POST", "h", "/x", []), "m")
    return [dict(one.facts) for one in reader.stated]


WANTED = {"vendor": "Exampleton", "model": "EX-Gate 2", "serial": "EXG2-0001", "firmware": "2.1.0"}
FORMS = {
    "lists of two": {"result": [["maker", "Exampleton"], ["product", "EX-Gate 2"], ["serial_no", "EXG2-0001"], ["software", "2.1.0"]]},
    "metrics with types": {"metrics": [
        {"name": f"Properties/{name}", "type": "String", "value": value}
        for name, value in (("Make", "Exampleton"), ("Model", "EX-Gate 2"), ("Serial Number", "EXG2-0001"), ("FW Version", "2.1.0"))
    ]},
    "names with steps": {"List": [
        {"Name": f"Device.DeviceInfo.{name}", "Value": value}
        for name, value in (("Manufacturer", "Exampleton"), ("ModelName", "EX-Gate 2"), ("SerialNumber", "EXG2-0001"), ("SoftwareVersion", "2.1.0"))
    ]},
    "short keys": {"uniq_id": "x", "dev": {"mf": "Exampleton", "mdl": "EX-Gate 2", "sn": "EXG2-0001", "sw": "2.1.0"}},
    "capitals": {"MFR": "Exampleton", "MODEL_NO": "EX-Gate 2", "SERIAL_NO": "EXG2-0001", "FW_VERSION": "2.1.0"},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_device_is_told_however_its_fields_are_written(form: str) -> None:
    (found,) = stated(FORMS[form])
    assert {name: found.get(name) for name in WANTED} == WANTED


def test_names_in_capitals_of_any_script_are_heard() -> None:
    (found,) = stated({"Изготовитель": "Exampleton", "МОДЕЛЬ": "EX-1", "Заводской номер": "EX1-0001"})
    assert (found["vendor"], found["model"], found["serial"]) == ("Exampleton", "EX-1", "EX1-0001")


def test_a_document_of_its_own_in_sip_is_read_and_one_of_gb28181_is_its_readers() -> None:
    assert stated({"report": {"vendor": "Exampleton", "model": "EX-1", "serial": "EX1-0001"}}, "sip") != []
    assert stated({"Response": {"Manufacturer": "A", "Model": "B-1", "SerialNumber": "AB12345"}}, "sip") == []


def test_pages_name_fields_in_scripts_and_in_boxes_one_behind_the_other() -> None:
    page = (
        '<html><script>var SYS = {brand: "Exampleton", prodModel: "EX-1", \'devSn\': "EX1-0001"}; if (a) {b: 1}</script>'
        "<div><div class='k'>Модель:</div><div class='v'>БВ-16Р</div></div><p>Статус: ок</p><p>Примечание:</p><p>Версия: 2</p></html>"
    )
    assert html_values(page) == {
        "Модель": "БВ-16Р", "Статус": "ок", "Версия": "2", "brand": "Exampleton", "prodModel": "EX-1", "devSn": "EX1-0001",
    }  # fmt: skip
