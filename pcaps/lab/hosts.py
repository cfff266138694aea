"""The machines of the demo.

Outside addresses and names are public-looking; the captures are synthetic and say nothing about their real holders.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True)
class Host:
    """One machine. `rtt_ms` is its distance from the office, 0 for one in it."""

    name: str
    ip4: str
    ip6: str
    mac: str = ""
    role: str = "outside"
    vendor: str = ""
    dhcp_name: str = ""
    dhcp_class: str = ""
    rtt_ms: float = 0.0
    ttl: int = 64
    kind: str = ""  # what it is, in the words of signatures/vocabulary/classes.txt
    model: str = ""  # as it says somewhere itself

    @property
    def inside(self) -> bool:
        """Whether it stands in the office."""
        return self.rtt_ms == 0

    def address(self, family: int) -> str:
        """Its address in one IP family (4 or 6)."""
        return self.ip4 if family == 4 else self.ip6


PREFIX6 = "240e:3a1:4c20:9a10"


def _in(
    name: str,
    last: int,
    mac: str,
    role: str,
    vendor: str,
    dhcp: tuple[str, str] = ("", ""),
    ttl: int = 64,
    kind: str = "",
    model: str = "",
) -> Host:
    raw = bytes.fromhex(mac.replace(":", ""))
    tail = (bytes([raw[0] ^ 2]) + raw[1:3] + b"\xff\xfe" + raw[3:]).hex(":", 2)
    ip6 = str(ipaddress.ip_address(f"{PREFIX6}:{tail}"))
    return Host(name, f"192.168.1.{last}", ip6, mac, role, vendor, *dhcp, ttl=ttl, kind=kind, model=model)


def _out(name: str, ip4: str, ip6: str, rtt: float, ttl: int = 52) -> Host:
    return Host(name, ip4, ip6, rtt_ms=rtt, ttl=ttl)


ROUTER = _in("router", 1, "00:0a:eb:31:c0:02", "router", "TP-Link", kind="router")
SERVER = _in("server", 10, "00:e0:4c:68:19:a3", "server", "Realtek", ("wxb-server", "MSFT 5.0"), kind="face_server")
HALL_CAMERA = _in(
    "hall camera", 64, "08:54:11:2a:61:0e", "capture device", "Hikvision", ("HIK-DS-2CD8A26", "udhcp 1.27.2"),
    kind="face_capture_camera", model="DS-2CD8A26",
)  # fmt: skip
DOOR_CAMERA = _in(
    "door camera", 65, "14:a7:8b:70:1d:c4", "capture device", "Dahua", ("DH-IPC-HF8242", "dh"),
    kind="face_capture_camera", model="IPC-HF8242",
)  # fmt: skip
TERMINAL = _in(
    "verification terminal",
    70,
    "48:ea:63:5b:02:77",
    "verification terminal",
    "Uniview",
    ("UNV-TERMINAL", "udhcp 1.24.2"),
    kind="id_terminal",
)
SWITCH = _in("switch", 2, "00:74:9c:15:0e:88", "switch", "Ruijie", kind="switch", model="RG-S2910-24GT4XS")
PC = _in("office pc", 100, "00:1b:21:9c:44:10", "viewer", "Intel", ("DESKTOP-SALES1", "MSFT 5.0"), ttl=128, kind="pc")
PHONE = _in("phone", 120, "9a:21:5e:0c:77:31", "personal device", "", ("Mate-60", "HUAWEI:android"), kind="phone")

RESOLVER = _out("public resolver", "223.5.5.5", "2400:3200::1", 9, 55)
CLOUD = _out("api.wangxiaobao.com", "47.96.10.20", "2408:4005:3a1:10::20", 14)
JUDGE = _out("api.source3g.com", "47.96.10.21", "2408:4005:3a1:10::21", 14)
STORE = _out("wxb-capture.oss-cn-hangzhou.aliyuncs.com", "118.31.219.200", "2408:400a:1a3::c8", 12)
PLATFORM = _out("platform.wangxiaobao.com", "47.96.10.22", "2408:4005:3a1:10::22", 14)
CRM = _out("crm.demo-estate.cn", "47.98.60.33", "2408:4005:3b2:20::33", 15)  # the developer's
NTP = _out("ntp.aliyun.com", "203.107.6.88", "2401:b180:7003::58", 11, 51)
NEWS = _out("www.hangzhou-news.cn", "115.236.112.30", "240e:965:803::30", 6, 57)
PORTAL = _out("www.baidu.com", "180.101.50.188", "240e:e9:6002::bc", 10, 51)
CHAT = _out("szshort.weixin.qq.com", "183.47.101.192", "240e:ff:f100::c0", 26, 50)
SOCIAL = _out("upload.social-photos.cn", "119.3.70.12", "2407:c080:1200::12", 22, 49)
PHOTO_CLOUD = _out("user-photos.obs.cn-north-4.myhuaweicloud.com", "121.36.121.44", "2407:c080:802::44", 30, 47)
PHOTO_TLS = _out("cloud-photo.heytapmobi.com", "106.3.18.71", "240e:95d:801::71", 28, 49)

DOORBELL = _in(
    "doorbell",
    80,
    "64:f2:fb:18:a0:5c",
    "doorbell camera",
    "EZVIZ",
    ("EZVIZ-DB2", "udhcp 1.27.2"),
    kind="ip_camera",
    model="DB2",
)
RECORDER = _in("recorder", 81, "08:a1:89:44:d1:20", "recorder", "Hikvision", ("NVR", "udhcp 1.27.2"), kind="nvr")
