"""What devices say of themselves, in the notations of several makers and of one that nobody wrote anything for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

import netaudit
from tests.spoken import Capture, reply, request

if TYPE_CHECKING:
    from pathlib import Path

DEVICE, ASKING, SITE = "192.168.1.64", "192.168.1.9", "203.0.113.5"
GET = lambda path: request("GET", path, host=DEVICE)  # noqa: E731
XML = "application/xml"
LAPI = {
    "Response": {
        "ResponseURL": "/LAPI/V1.0/System/DeviceInfo", "StatusCode": 0,
        "Data": {"DeviceName": "hall", "DeviceModel": "IPC3614LE", "SerialNumber": "210235EXAMPLE00000001", "FirmwareVersion": "IPC_D1203-B0001"},
    }
}  # fmt: skip
ONVIF = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><tds:GetDeviceInformationResponse '
    'xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><tds:Manufacturer>Tiandy</tds:Manufacturer><tds:Model>IPC-X1</tds:Model>'
    "<tds:FirmwareVersion>1.2.3</tds:FirmwareVersion><tds:SerialNumber>TD0000000001</tds:SerialNumber>"
    "<tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse></s:Body></s:Envelope>"
)
ISAPI = (
    '<?xml version="1.0"?><DeviceInfo version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><deviceName>hall</deviceName>'
    "<model>DS-2CD2146G2-ISU</model><serialNumber>DS-2CD2146G2-ISU20200715AAWRE13800138000</serialNumber>"
    "<macAddress>02:00:5e:00:53:01</macAddress><firmwareVersion>V5.7.17</firmwareVersion><deviceType>IPCamera</deviceType></DeviceInfo>"
)
OPTIONS = "~DeviceName=SpeedFace-V5L,MAC=00:17:61:00:00:01,~SerialNumber=EXAMPLE00017,FWVersion=ZAM180-NF-Ver1.1.17,UserCount=35,FaceCount=33"


def told(folder: Path, *talks: tuple[str, str, bytes, bytes]) -> dict[str, dict[str, Any]]:
    """The inventory by address."""
    capture = Capture()
    for client, server, asked, answered in talks:
        capture.talk(client, server, (asked, answered))
    case = netaudit.audit(capture.write(folder / "a.pcap"), folder / "case", faces=False)
    rows = case.table("devices").to_pylist()
    return {ip: row for row in rows for ip in row["ips"]}


ASKED = {
    "isapi": (GET("/ISAPI/System/deviceInfo"), reply(ISAPI, XML), ("Hikvision", "ip_camera", "DS-2CD2146G2-ISU", "DS-2CD2146G2-ISU20200715AAWRE13800138000", "V5.7.17")),
    "isapi, bare head": (GET("/ISAPI/System/deviceInfo"), b"HTTP/1.1 200 OK\r\n\r\n" + ISAPI.encode(), ("Hikvision", "ip_camera", "DS-2CD2146G2-ISU", "DS-2CD2146G2-ISU20200715AAWRE13800138000", "V5.7.17")),
    "lapi": (GET("/LAPI/V1.0/System/DeviceInfo"), reply(LAPI), ("", "ip_camera", "IPC3614LE", "210235EXAMPLE00000001", "IPC_D1203-B0001")),
    "dahua cgi": (GET("/cgi-bin/magicBox.cgi?action=getSystemInfo"), reply("deviceType=DH-IPC-HF8242F\r\nserialNumber=3K0EXAMPLE00001\r\n", "text/plain"), ("Dahua", "ip_camera", "DH-IPC-HF8242F", "3K0EXAMPLE00001", "")),
    "dahua cgi, version": (GET("/cgi-bin/magicBox.cgi?action=getSoftwareVersion"), reply("version=2.800.0000000.18.R,build:2021-11-18\r\n", "text/plain"), ("", "", "", "", "2.800.0000000.18.R,build:2021-11-18")),
    "onvif": (request("POST", "/onvif/device_service", "<s:Envelope/>", "application/soap+xml", host=DEVICE), reply(ONVIF, "application/soap+xml"), ("Tiandy", "ip_camera", "IPC-X1", "TD0000000001", "1.2.3")),
    "nobody's": (GET("/api/v2/about"), reply({"code": 0, "data": {"brand": "Uniview", "product_model": "NVR301-04", "dev_sn": "QX00000017", "sw_version": "3.1.9"}}), ("Uniview", "nvr", "NVR301-04", "QX00000017", "3.1.9")),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_about_itself(name: str, tmp_path: Path) -> None:
    asked, answered, wanted = ASKED[name]
    found = told(tmp_path, (ASKING, DEVICE, asked, answered))
    row = found[DEVICE]
    assert tuple(row[field] for field in ("vendor", "class", "model", "serial", "firmware")) == wanted
    assert not found[ASKING]["model"]


def test_a_terminal_says_what_it_is_and_how_many_faces_it_holds(tmp_path: Path) -> None:
    sent = request("POST", "/iclock/cdata?SN=EXAMPLE00017&table=options", OPTIONS, "text/plain")
    found = told(tmp_path, (DEVICE, SITE, sent, reply("OK", "text/plain")))[DEVICE]
    assert (found["model"], found["serial"], found["firmware"]) == (
        "SpeedFace-V5L",
        "EXAMPLE00017",
        "ZAM180-NF-Ver1.1.17",
    )
    claims = pq.read_table(tmp_path / "case" / "tables" / "claims.parquet").to_pylist()
    held = {(row["claim"], row["value"]) for row in claims if row["by"] == "rule: said by the device"}
    assert held == {("faces", "33"), ("persons", "35")}


def test_a_request_without_a_body_says_it_in_its_target(tmp_path: Path) -> None:
    sent = request("GET", "/iclock/getrequest?SN=EXAMPLE00017&INFO=Ver%208.0.4.2,12,5,300,192.168.1.64")
    found = told(tmp_path, (DEVICE, SITE, sent, reply("OK", "text/plain")))[DEVICE]
    assert (found["serial"], found["firmware"]) == ("EXAMPLE00017", "Ver 8.0.4.2")


def test_a_recorder_says_what_its_cameras_are(tmp_path: Path) -> None:
    channels = "".join(
        f"<InputProxyChannel><id>{number}</id><name>hall {number}</name><sourceInputPortDescriptor><ipAddress>192.168.1.{number}</ipAddress>"
        f"<model>DS-2CD2386G2-IU</model><serialNumber>DS-2CD2386G2-IU20200715AAWRE0000000{number}</serialNumber></sourceInputPortDescriptor></InputProxyChannel>"
        for number in (71, 72)
    )
    answered = reply(f"<InputProxyChannelList>{channels}</InputProxyChannelList>", XML)
    found = told(tmp_path, (ASKING, DEVICE, GET("/ISAPI/ContentMgmt/InputProxy/channels"), answered))
    assert not found[DEVICE]["model"]
    assert [(found[ip]["class"], found[ip]["model"]) for ip in ("192.168.1.71", "192.168.1.72")] == [
        ("ip_camera", "DS-2CD2386G2-IU")
    ] * 2


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (GET("/api/devices"), reply({"list": [{"model": "DS-2CD2043G2-I", "sn": "EXAMPLE01"}, {"model": "DS-2CD2043G2-I", "sn": "EXAMPLE02"}]})),
        (GET("/api/device/100234"), reply({"data": {"model": "DS-2CD2043G2-I", "sn": "EXAMPLE01"}})),
        (GET("/api/a"), reply({"data": {"model": "DS-2CD2043G2-I", "sn": "EXAMPLE01", "mac": "02:00:00:00:00:17"}})),
        (GET("/api/a"), reply({"data": {"model": "DS-2CD2043G2-I", "sn": "EXAMPLE01", "ip": "198.51.100.9"}})),
        (GET("/cars"), reply({"model": "Model 3", "year": 2024, "brand": "Example"})),
    ],
)  # fmt: skip
def test_what_is_said_of_others_is_not_the_hosts_own(asked: bytes, answered: bytes, tmp_path: Path) -> None:
    row = told(tmp_path, (ASKING, DEVICE, asked, answered))[DEVICE]
    assert (row["model"], row["serial"], row["class"]) == ("", "", "") or asked.startswith(b"GET /cars")
    assert row["class"] == ""


def test_whose_words_are_of_several_devices_passes_them_on(tmp_path: Path) -> None:
    talks = [
        (
            DEVICE,
            SITE,
            request("POST", "/beat", {"sn": f"EXAMPLE0{number}", "model": "IPC-X1", "version": "1.0"}),
            reply(),
        )
        for number in (1, 2)
    ]
    row = told(tmp_path, *talks)[DEVICE]
    assert (row["model"], row["serial"]) == ("", "")


def test_a_browser_that_registers_a_camera_is_no_camera(tmp_path: Path) -> None:
    sent = request(
        "POST",
        "/add",
        {"sn": "EXAMPLE01", "model": "IPC-X1", "vendor": "Dahua"},
        user_agent="Mozilla/5.0 (Windows NT 10.0)",
    )
    row = told(tmp_path, (ASKING, SITE, sent, reply()))[ASKING]
    assert (row["model"], row["class"], row["vendor"]) == ("", "pc", "")


INFORM = """<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:cwmp="urn:dslforum-org:cwmp-1-0"><soap:Body><cwmp:Inform><DeviceId><Manufacturer>Acme</Manufacturer><OUI>00E0FC</OUI>
<ProductClass>HG-8245</ProductClass><SerialNumber>48575443ABCDEF01</SerialNumber></DeviceId><ParameterList>
<ParameterValueStruct><Name>Device.DeviceInfo.HardwareVersion</Name><Value xsi:type="xsd:string">V1.2A</Value></ParameterValueStruct>
<ParameterValueStruct><Name>Device.DeviceInfo.SoftwareVersion</Name><Value xsi:type="xsd:string">V5R019C10</Value></ParameterValueStruct>
<ParameterValueStruct><Name>Device.IP.Interface.1.IPv4Address.1.IPAddress</Name><Value xsi:type="xsd:string">10.9.9.9</Value></ParameterValueStruct>
</ParameterList></cwmp:Inform></soap:Body></soap:Envelope>"""


def test_what_a_router_tells_its_server(tmp_path: Path) -> None:
    """CWMP: its parameters are names with steps, and values with an attribute of XML beside."""
    one = told(tmp_path, (DEVICE, SITE, request("POST", "/acs", INFORM, "text/xml"), reply(b"")))[DEVICE]
    assert [one[name] for name in ("model", "serial", "firmware")] == ["HG-8245", "48575443ABCDEF01", "V5R019C10"]


def test_faces_are_counted_by_kind_of_light(tmp_path: Path) -> None:
    options = "~SerialNumber=EXAMPLE00017\nFWVersion=V8\nUserCount=11\nMultiBioDataCount=0:9:3:0:0:0:0:0:0:7\nMaxMultiBioDataCount=0:0:500:0:0:0:0:0:0:600\n"
    one = told(
        tmp_path,
        (DEVICE, SITE, request("POST", "/iclock/registry?SN=EXAMPLE00017", options, "text/plain"), reply(b"OK")),
    )[DEVICE]
    assert (one["serial"], one["firmware"]) == ("EXAMPLE00017", "V8")
    counts = {
        (row["field"], row["value"])
        for row in pq.read_table(tmp_path / "case" / "tables" / "observations.parquet").to_pylist()
    }
    assert ("faces", "10") in counts
    assert ("persons", "11") in counts


def about(path: str, body: object, **headers: str) -> bytes:
    return request("POST", path, body, **headers)


MINE = {"manufacturer": "Acme", "model": "AC-Cube 3", "serialNumber": "ACC3-0091", "firmwareVersion": "1.6.1"}


@pytest.mark.parametrize(
    ("path", "told_of_itself"),
    [("/device/register", True), ("/device/add", False), ("/api/bindDevice", False), ("/camera_import", False)],
)
def test_who_adds_a_device_tells_of_another(path: str, told_of_itself: bool, tmp_path: Path) -> None:
    one = told(tmp_path, (DEVICE, SITE, about(path, MINE, user_agent="okhttp/4.9.1"), reply({"code": 0})))[DEVICE]
    assert one["model"] == ("AC-Cube 3" if told_of_itself else "")


def test_what_others_say_of_a_host_gives_way_to_its_own_words(tmp_path: Path) -> None:
    other = {
        "ip": DEVICE,
        "manufacturer": "Hikvision",
        "model": "DS-K5671",
        "serialNumber": "DS-K5671EXAMPLE00001",
        "deviceType": "face terminal",
    }
    one = told(
        tmp_path,
        (ASKING, DEVICE, GET("/me"), reply(MINE)),
        (ASKING, SITE, about("/register", other), reply({"code": 0})),
    )[DEVICE]
    assert [one[name] for name in ("vendor", "model", "serial")] == ["Acme", "AC-Cube 3", "ACC3-0091"]
    assert one["class"] != "access_terminal"


def test_blocks_of_a_device_and_its_modules(tmp_path: Path) -> None:
    answer = {
        "基本信息": {"生产厂家": "示例电子", "产品型号": "EX-T8S"},
        "硬件信息": {
            "出厂编号": "EXT8S25120033",
            "读卡模块": {"厂家": "别家", "型号": "ZD-M2", "模块序列号": "05.01-20251130"},
        },
        "软件信息": {"固件版本": "V2.8.15"},
    }
    one = told(tmp_path, (ASKING, DEVICE, GET("/v2/about"), reply(answer)))[DEVICE]
    assert [one[name] for name in ("model", "serial", "firmware")] == ["EX-T8S", "EXT8S25120033", "V2.8.15"]


@pytest.mark.parametrize("answer", [
    {"result": [["maker", "Acme"], ["model", "AC-Reader 12"], ["serial_no", "ACR12-77401"], ["firmware", "5.5.0"]]},
    {"info": [{"tên": "Kiểu máy", "giáTrị": "AC-Reader 12"}, {"tên": "Số sê-ri", "giáTrị": "ACR12-77401"}, {"tên": "firmware", "giáTrị": "5.5.0"}]},
    {"brand": "Acme", "productNumber": "AC-Reader 12", "productType": "Card Reader", "serialNo": "ACR12-77401", "firmware": "5.5.0"},
])  # fmt: skip
def test_pairs_whatever_they_are_called(answer: object, tmp_path: Path) -> None:
    one = told(tmp_path, (ASKING, DEVICE, GET("/about"), reply(answer)))[DEVICE]
    assert [one[name] for name in ("model", "serial", "firmware")] == ["AC-Reader 12", "ACR12-77401", "5.5.0"]
