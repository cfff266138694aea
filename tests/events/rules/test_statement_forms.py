"""Ways in which devices write what they are: pairs whatever holds them, names with steps, pages and scripts."""

from __future__ import annotations

import json

import pytest

from netaudit.content import from_messages
from netaudit.content.html_values import html_values, script_values
from netaudit.events.rules.from_unwrapping import MessageReader
from netaudit.events.rules.head import Head
from netaudit.events.rules.index import Index
from netaudit.events.rules.statements import asks, words
from netaudit.protocols.message import Message
from tests.processor_time import within


def stated(values: object, protocol: str = "http") -> list[dict[str, str]]:
    body = json.dumps(values).encode()
    message = Message(
        protocol, 0, 0, len(body), "POST", path="/x", headers=[("content-type", "application/json")], body=body
    )
    message.body_size, message.content_type = len(body), "application/json"
    reader = MessageReader(Index([]))
    for leaf in from_messages.leaves(message):
        reader.append(leaf, "", "")
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
    "values that are objects": {name: {"t": "str", "rw": "r", "v": value} for name, value in (("maker", "Exampleton"), ("model", "EX-Gate 2"), ("sn", "EXG2-0001"), ("fw version", "2.1.0"))},
    "rows in several languages": {"plate": [
        {"code": f"A{at}", "zh": zh, "en": en, "val": value}
        for at, (zh, en, value) in enumerate((("厂家", "Maker", "Exampleton"), ("型号", "Model", "EX-Gate 2"), ("编号", "Serial", "EXG2-0001"), ("程序版本", "Firmware", "2.1.0")))
    ]},
    "parts of one thing": {"deviceBasic": {"manufacturerName": "Exampleton", "productModel": "EX-Gate 2", "deviceSn": "EXG2-0001"}, "versionInfo": {"firmware": "2.1.0", "app": "9.9.9"}},
    "names with the device before them": {"sysVendor": "Exampleton", "modelName": "EX-Gate 2", "sysSN": "EXG2-0001", "fwVer": "2.1.0"},
    "sources in a list of one": {"vendor": "Exampleton", "model": "EX-Gate 2", "sn": "EXG2-0001", "fw_version": "2.1.0", "streams": [{"vendor": "Another", "model": "AN-1", "sn": "AN1-00001"}]},
    "capitals": {"MFR": "Exampleton", "MODEL_NO": "EX-Gate 2", "SERIAL_NO": "EXG2-0001", "FW_VERSION": "2.1.0"},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_device_is_told_however_its_fields_are_written(form: str) -> None:
    (found,) = stated(FORMS[form])
    assert {name: found.get(name) for name in WANTED} == WANTED


HELD = {"brand": "Exampleton", "model": "EX-1", "sn": "EX1-00001"}


@pytest.mark.parametrize(
    "counts",
    [
        {"stored": {"faces": 12, "persons": 14}},
        {"cnt": {"faces": 12, "persons": 14, "faces_max": 5000}},
        {"libInfo": {"personTotal": 14, "faceTotal": 12, "faceCapacity": 10000}},
        {"已用": {"人员": "14人", "人脸": "12张", "记录": "900条"}},
        {"devinfo": {"usersize": 3000, "useduser": 14, "usedface": 12}},
    ],
)
def test_what_is_stored_is_told_by_the_word_of_what_holds_it(counts: dict[str, object]) -> None:
    (found,) = stated(HELD | counts)
    assert (found["faces"], found["persons"]) == ("12", "14")


@pytest.mark.parametrize("counts", [{"today": {"faces": 12}}, {"capacity": {"faces": 12}}, {"count": {"persons": 14}}])
def test_what_passed_or_could_be_held_is_no_store(counts: dict[str, object]) -> None:
    (found,) = stated(HELD | counts)
    assert not {"faces", "persons"} & found.keys()


def test_a_table_of_others_in_parameters_is_not_the_senders() -> None:
    rows = [
        ("Device.DeviceInfo.Manufacturer", "Exampleton"),
        ("Device.DeviceInfo.ModelName", "EX-1"),
        ("Device.Hosts.Host.1.X_Manufacturer", "Another"),
    ]
    (found,) = stated({"List": [{"Name": name, "Value": value} for name, value in rows]})
    assert found["vendor"] == "Exampleton"


def test_the_name_of_an_object_beside_is_no_name_of_the_device() -> None:
    (found,) = stated({"Name": "SystemInfo", "SystemInfo": {"a": 1}, **HELD})
    assert "name" not in found


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


def test_scripts_say_what_they_give_names_to() -> None:
    page = '<html><script>var g_brand = "Exampleton"; var g_sn = \'EX1-0001\'; if (a == "b") {}</script></html>'
    assert html_values(page) == {"g_brand": "Exampleton", "g_sn": "EX1-0001"}
    script = '// made at boot\nwindow.CFG = {\n  maker: "Exampleton", // who\n  ver: {sys: "7.2.0", web: "3.0"},\n};\nvar title = "Hall";\n'
    assert script_values(script) == {
        "title": "Hall",
        "script": {"maker": "Exampleton", "ver": {"sys": "7.2.0", "web": "3.0"}},
    }


@pytest.mark.parametrize("piece", ["a = {", 'a = "', "a.b.", "a=", "{"])
def test_a_hostile_script_takes_no_time(piece: str) -> None:
    with within(0.7):
        script_values(piece * ((64 << 10) // len(piece)))


@pytest.mark.parametrize(
    "path",
    [
        "/ISAPI/System/deviceInfo", "/isapi/system/DEVICEINFO/", "/ISAPI/System/deviceInfo/x", "/x/ISAPI/System/deviceInfo",
        "/ISAPI/System/Video/inputs/channels/12/overlays", "/ISAPI/System/Video/inputs/channels/a", "/cgi-bin/recordFinder.cgi",
        "/cgi-bin/recordFinderXcgi", "/iclock/cdata.aspx", "/redfish/v1/Systems/中文", "/redfish/v1/Systems/", "", "/", "中文",
    ],
)  # fmt: skip
def test_a_path_is_asked_for_where_an_entry_has_it(path: str) -> None:
    """All at once by one automaton, as by one pattern after the other."""
    patterns = [one.path for one in words().asked if one.path is not None]
    assert len(patterns) > 10
    assert asks(path) == any(pattern.search(path) for pattern in patterns)
