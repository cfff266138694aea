"""Build the captures of device protocols: `python pcaps/frames/build.py [gb28181 …]`, as root on Linux.

Needs tcpdump, editcap, iproute2, and PyAV for the video. What is said follows the project's fact sheet and is marked
`synthetic`; the transport is real. Times and ports differ from run to run: the committed captures are the reference.
"""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "carriers"), str(HERE.parents[1])]

import frame
import peers
import rig

from pcaps.lab import photos
from tests.protocols.vendors import device_frames as made

if TYPE_CHECKING:
    from collections.abc import Callable

DEVICE, PLATFORM = True, False
OUTSIDE = "203.0.113.7"  # a platform on the internet
Facts = list[list[str]]  # kind, field, value as observations show it


def says(data: bytes) -> tuple[bool, bytes]:
    """A turn of the device."""
    return DEVICE, data


def hears(data: bytes) -> tuple[bool, bytes]:
    """A turn of the other side."""
    return PLATFORM, data


def face(seed: int) -> bytes:
    """A JPEG with a face, as a capture camera cuts it out."""
    return photos.jpeg(photos.portrait(seed, 240), seed)


def video(seed: int) -> list[bytes]:
    """Access units of H.264 of a hall with a person in it, one key frame and seven others; each with start codes."""
    import av

    scene = photos.hall(seed).resize((480, 272))
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = 480, 272, "yuv420p"
    context.time_base, context.framerate = Fraction(1, 25), 25
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "50", "crf": "30"}
    packets = []
    for _ in range(8):
        packets += context.encode(av.VideoFrame.from_image(scene).reformat(format="yuv420p"))
    return [bytes(packet) for packet in [*packets, *context.encode(None)]]


def media(seed: int) -> list[bytes]:
    """RTP packets of the video as a program stream."""
    out: list[bytes] = []
    for number, unit in enumerate(video(seed)):
        whole = made.access_unit(unit, key=not number)
        out += made.packets(whole, 1000 + len(out), 90_000 + 3600 * number)
    return out


def gb28181(transport: str) -> dict[str, Any]:
    """Registration, facts and an invitation; then the video it asked for."""
    stream = media(11)
    if transport == "udp":
        peers.talk(made.dialogue(), 5060, transport="udp", listens="server", own=5060)
        sent = [says(packet) for packet in stream]
        peers.talk(sent, 30000, transport="udp", listens="server", own=15060, pause=0.002)
    else:
        peers.talk(made.dialogue("TCP/RTP/AVP", OUTSIDE), 5060, listens="server", server=OUTSIDE)
        sent = [says(made.over_tcp(packet)) for packet in stream]
        peers.talk(sent, 30000, listens="server", pause=0.002, server=OUTSIDE)
    found = {} if transport == "udp" else {"findings": [["A", "video", rig.DEVICE, OUTSIDE]]}
    return {
        "protocol": "sip",
        "facts": [
            ["sip", "gb_type", "132 IPC"], ["sip", "gb_type", "200 SIP server"], ["sip", "gb_Model", "X-1"],
            ["sip", "realm", made.REALM], ["sip", "user", "990***************01"], ["gb28181", "gb_Model", "X-2"],
        ],
        "device": {"class": "ip_camera", "model": "X-1", "firmware": "V1.0"},
        "stills": 1,
        "streams": [["offer", "Play", "address and source"]],
        **found,
    }  # fmt: skip


def dahua() -> dict[str, Any]:
    """A login by DVRIP, facts by both framings, a face event, and its picture in a frame of unknown layout."""
    picture = face(21)
    event = {"Action": "Pulse", "Code": "FaceDetection", "Data": {"Faces": [{"Sex": "Man"}]}, "Index": 0}
    notice = made.text({"id": 9, "method": "client.notifyEventStream", "params": {"SID": 513, "eventList": [event]}})
    asked = {
        "magicBox.getDeviceType": {"type": "IPC-EXAMPLE"},
        "magicBox.getSerialNo": {"sn": made.SERIAL},
        "magicBox.getSoftwareVersion": {"version": {"Version": "2.800.0000000.1", "BuildDate": "2024-01-01"}},
    }
    turns = [hears(made.ASK_REALM), says(made.realm_reply("Login to 0123456789abcdef0123456789abcdef"))]
    turns += [hears(made.dvrip_login("admin")), says(made.login_reply())]
    for number, (method, params) in enumerate(asked.items(), 3):
        frames = made.dvrip if number % 2 else made.dhip
        turns.append(hears(frames({"id": number, "method": method, "params": None, "session": 77}, number, 77)))
        turns.append(says(frames({"id": number, "params": params, "result": True, "session": 77}, number, 77)))
    turns.append(hears(made.dhip({"id": 8, "method": "eventManager.attach", "params": {"codes": ["All"]}}, 8, 77)))
    turns.append(
        says(made.dhip(notice[:60], 9, 77, total=len(notice)) + made.dhip(notice[60:], 9, 77, total=len(notice)))
    )
    binary = b"\xbc\x00\x00\x00" + len(picture).to_bytes(4, "little") + bytes(24)
    turns.append(says(binary + picture))
    peers.talk(turns, 37777)
    search = made.dhip({"method": "DHDiscover.search", "params": {"mac": "", "uni": 1}})
    found = {"DeviceType": "IPC-EXAMPLE", "SerialNo": made.SERIAL, "Version": "2.800", "HttpPort": 80, "Port": 37777}
    answer = made.dhip({"method": "client.notifyDevInfo", "params": {"deviceInfo": found}})
    peers.talk([hears(search), says(answer)], 37810, transport="udp", own=40810)
    return {
        "protocol": "dahua",
        "images": [picture],
        "facts": [
            ["dahua", "SerialNo", made.SERIAL], ["dahua", "Version", "2.800.0000000.1"],
            ["dahua_client", "user", "admin"],
            ["dahua", "realm", "Login to 0123456789abcdef0123456789abcdef"], ["dhdiscover", "SerialNo", made.SERIAL],
        ],
        "device": {"vendor": "Dahua", "class": "face_capture_camera", "model": "IPC-EXAMPLE", "serial": made.SERIAL},
        "framed": False,  # the picture stands between frames
        "events": ["face_capture"],
    }  # fmt: skip


def xiongmai() -> dict[str, Any]:
    """Search, login, facts, a snapshot in three frames; an alarm pushed to a centre."""
    picture = face(31)
    common = {
        "MAC": "00:00:5e:00:53:09",
        "HostName": "hall",
        "HostIP": "0x0200630A",
        "TCPPort": 34567,
        "SN": made.SERIAL,
    }
    reply = made.sofia(1531, {"NetWork.NetCommon": common, "Ret": 100})
    peers.talk([hears(made.sofia(1530, b"")), says(reply)], 34569, transport="udp", own=40569)
    login = {"EncryptType": "MD5", "LoginType": "DVRIP-Web", "PassWord": "XXXXXXXX", "UserName": "admin"}
    system = {"SerialNo": made.SERIAL, "HardWare": "EXAMPLE-H1", "SoftWareVersion": "V4.02.R11"}
    third = len(picture) // 3
    pieces = [picture[:third], picture[third : 2 * third], picture[2 * third :]]
    snapshot = b"".join(made.sofia(1561, piece, pieces=3, piece=i, session=1) for i, piece in enumerate(pieces))
    turns = [
        hears(made.sofia(1000, login)),
        says(made.sofia(1001, {"AliveInterval": 20, "Ret": 100, "SessionID": "0x1"})),
    ]
    turns += [
        hears(made.sofia(1020, {"Name": "SystemInfo"})),
        says(made.sofia(1021, {"Name": "SystemInfo", "SystemInfo": system})),
    ]
    turns += [hears(made.sofia(1560, {"Name": "OPSNAP"})), says(snapshot)]
    turns += [hears(made.sofia(1006, {"Name": "KeepAlive"})), says(made.sofia(1007, {"Ret": 100}))]
    peers.talk(turns, 34567)
    alarm = {"Address": "0x0200630A", "Channel": 0, "Event": "HumanDetect", "SerialID": made.SERIAL, "Status": "Start"}
    peers.talk([says(made.sofia(1504, alarm)), hears(made.sofia(1505, {"Ret": 100}))], 15002, listens="server")
    return {
        "protocol": "sofia",
        "images": [picture],
        "facts": [
            ["sofia", "SN", made.SERIAL], ["sofia", "HostIP", "10.99.0.2"], ["sofia", "HardWare", "EXAMPLE-H1"],
            ["sofia", "Event", "HumanDetect"], ["sofia_client", "user", "admin"],
        ],
        "device": {"vendor": "Xiongmai", "model": "EXAMPLE-H1", "serial": made.SERIAL},
    }  # fmt: skip


def hikvision() -> dict[str, Any]:
    """SADP over UDP and below IP, a login at port 8000 with an event and its picture, EZVIZ's frames, EHome."""
    picture, other = face(41), face(42)
    serial = "DS-EXAMPLE20240101AAWR000000000"
    probe = b'<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>1</Uuid><Types>inquiry</Types></Probe>'
    peers.announce(made.sadp_reply(serial=serial), 37020, "239.255.255.250")
    frame.send(frame.sadp_raw(2, 3, probe), frame.sadp_raw(1, 4, made.sadp_reply(serial=serial)))
    when = "2025-06-01T10:15:00+08:00"
    seen = {"targetAttrs": {"faceTime": when, "pId": "p1"}, "faces": [{"faceId": 1}]}
    event = made.text({"eventType": "faceCapture", "channelName": "hall door", "dateTime": when, "faceCapture": [seen]})
    turns = [hears(made.hcnet_login("admin")), says(made.HCNET_CHALLENGE)]
    turns += [hears(made.HCNET_PROOF), says(made.hcnet_session(serial))]
    turns += [hears(made.hcnet_command(0x111050, bytes(4))), says(made.hcnet(1, 0, bytes(20) + event + picture))]
    half = len(other) // 2
    turns += [says(made.hcnet(1, 0, bytes(12) + other[:half]) + made.hcnet(1, 0, other[half:]))]
    peers.talk(turns, 8000)
    asks, answers = b'<?xml version="1.0"?><Request/>', b'<?xml version="1.0"?><Response><Result>0</Result></Response>'
    peers.talk([hears(made.cas(0x2001, asks)), says(made.cas(0x2001, answers, status=0))], 9010)
    peers.talk([says(made.ehome_register(serial)), hears(made.EHOME_ANSWER)], 7660, listens="server")
    units = [made.access_unit(unit, key=not number) for number, unit in enumerate(video(43))]
    peers.talk([says(b"IMKH" + bytes(60) + units[0]), *map(says, units[1:])], 7661, listens="server")
    return {
        "protocol": "hcnet",
        "images": [picture, other],
        "facts": [
            ["sadp", "DeviceDescription", "DS-EXAMPLE"], ["sadp", "raw", "reply"], ["hcnet", "speaks", "HCNetSDK"],
            ["hcnet_client", "user", "admin"], ["ezviz", "speaks", "CAS"], ["ehome", "device_id", "hall01"],
        ],
        "device": {"vendor": "Hikvision", "model": "DS-EXAMPLE"},
        "stills": 1,
        "events": ["face_capture", "heartbeat"],
    }  # fmt: skip


def tplink() -> dict[str, Any]:
    """Both discoveries, and the older one over TCP."""
    about = {"model": "HS100", "mac": "00:00:5E:00:53:07", "sw_ver": "1.2.3 Build 240101", "dev_name": "Example Plug"}
    ask, answer = {"system": {"get_sysinfo": {}}}, {"system": {"get_sysinfo": about}}
    peers.talk([hears(made.chained(ask)), says(made.chained(answer))], 9999, transport="udp", own=40999)
    peers.talk([hears(made.chained_tcp(ask)), says(made.chained_tcp(answer))], 9999)
    result = {"device_type": "IPCAMERA", "device_model": "TL-EXAMPLE", "mac": "00-00-5E-00-53-07", "ip": rig.DEVICE}
    found = made.tdp({"error_code": 0, "result": result})
    peers.talk([hears(made.tdp({"params": {"rsa_key": "x"}})), says(found)], 20002, transport="udp", own=40002)
    facts = [
        ["tplink", "model", "HS100"],
        ["tplink", "device_model", "TL-EXAMPLE"],
        ["tplink", "sw_ver", about["sw_ver"]],
    ]
    return {"protocol": "tplink", "facts": facts, "device": {"vendor": "TP-Link"}}


def idcard() -> dict[str, Any]:
    """A card reader behind a serial server: two commands, two cards, the second with fingerprints."""
    turns = [
        hears(made.CARD_COMMAND),
        says(made.id_card()),
        hears(made.CARD_COMMAND),
        says(made.id_card(prints=bytes(1024))),
    ]
    peers.talk(turns, 8899)
    return {
        "protocol": "idcard",
        "facts": [],
        "device": {"class": "id_terminal"},
        "persons": [["id_number", "990*************19"], ["birthday", None], ["name", None]],
        "events": ["id_verification"],
        "records": [["B", "moved inside", "10.99.0.2", "10.99.0.3"]],
    }


BUILDERS: dict[str, Callable[[], dict[str, Any]]] = {
    "gb28181": lambda: gb28181("udp"), "gb28181_tcp": lambda: gb28181("tcp"), "dahua": dahua, "xiongmai": xiongmai,
    "hikvision": hikvision, "tplink": tplink, "idcard": idcard,
}  # fmt: skip


def main(names: list[str]) -> None:
    """Build what was asked for, or all."""
    path = HERE / "expected.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    for name in names or BUILDERS:
        with rig.network():
            rig.run("ip", "-n", "na-server", "addr", "add", f"{OUTSIDE}/32", "dev", "na-veth1")
            rig.run("ip", "-n", "na-device", "route", "add", "default", "dev", "na-veth0")
            with rig.captured(name, HERE, what="ip or ether proto 0x8033"):
                about = BUILDERS[name]()
        images = [rig.image(0, "", "down", data) for data in about.pop("images", [])]
        known[f"{name}.pcapng"] = {"synthetic": True, **about, "images": [row["sha256"] for row in images]}
    path.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
