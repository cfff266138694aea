"""Who calls itself what: avahi announces services, minidlna a UPnP device, samba a machine and its workgroup."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from peers import DEVICE, MACS, OF_SERVER, SERVER, captured, expected, fact, named, network, run, running

AVAHI = """[server]
host-name=cam-hall
enable-dbus=no
use-ipv6=no
[publish]
publish-workstation=yes
publish-hinfo=no
[rlimits]
"""
SERVICE = """<?xml version="1.0"?><!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group><name>Acme IPC-2 hall</name>
<service><type>_http._tcp</type><port>8080</port>
<txt-record>ty=Acme IPC-2</txt-record><txt-record>mac=020a5e63c003</txt-record></service>
<service><type>_rtsp._tcp</type><port>554</port></service></service-group>
"""
MEDIA = """port=8200
friendly_name=Hall recorder
uuid=6d1a2b3c-0000-4000-8000-020a5e63c003
model_name=Acme NVR-8
model_number=8
serial=ACME0008
notify_interval=5
inotify=no
"""
SAMBA = """[global]
netbios name = NAS-HALL
workgroup = OFFICE
server string = records of the hall
server min protocol = NT1
client min protocol = NT1
map to guest = never
disable spoolss = yes
load printers = no
local master = yes
preferred master = yes
os level = 65
interfaces = {link}
bind interfaces only = yes
private dir = {folder}
lock directory = {folder}
state directory = {folder}
cache directory = {folder}
pid directory = {folder}
ncalrpc dir = {folder}/ncalrpc
log file = {folder}/log
passdb backend = tdbsam:{folder}/passdb.tdb
[records]
path = {folder}
guest ok = no
"""


def services() -> None:
    """mDNS (a responder that probes, announces and says goodbye)."""
    with tempfile.TemporaryDirectory() as scratch, network():
        config = Path(scratch) / "avahi.conf"
        config.write_text(AVAHI)
        service = Path("/etc/avahi/services/netaudit-demo.service")
        service.write_text(SERVICE)
        try:
            avahi = ("avahi-daemon", "-f", str(config), "--no-drop-root", "--no-chroot")
            with captured("mdns"), running("na-server", *avahi):
                time.sleep(5)
        finally:
            service.unlink()
    expected(
        "mdns.pcapng",
        "avahi",
        [
            fact("mdns", "hostname", "cam-hall", **OF_SERVER),
            fact("mdns", "name", "cam-hall.local", ip=SERVER),
            fact("mdns", "service", "_http._tcp", **OF_SERVER),
            fact("mdns", "service", "_rtsp._tcp", **OF_SERVER),
            fact("mdns", "instance", "Acme IPC-2 hall", **OF_SERVER),
            fact("mdns", "port", "_http._tcp 8080", **OF_SERVER),
            fact("mdns", "port", "_rtsp._tcp 554", **OF_SERVER),
            fact("mdns", "txt", "ty=Acme IPC-2", **OF_SERVER),
            fact("mdns", "txt", "mac=020a5e63c003", **OF_SERVER),
            fact("mdns_client", "asked", "cam-hall", **OF_SERVER),
        ],
    )


def upnp() -> None:
    """SSDP, and the description that another host fetches."""
    with tempfile.TemporaryDirectory() as scratch, network():
        config = Path(scratch) / "minidlna.conf"
        config.write_text(
            f"{MEDIA}media_dir={scratch}\ndb_dir={scratch}\nlog_dir={scratch}\nnetwork_interface=na-veth1\n"
        )
        with (
            captured("upnp"),
            running("na-server", "minidlnad", "-S", "-f", str(config), "-P", f"{scratch}/pid", wait=8),
        ):
            run("na-device", "curl", "-s", "-A", "Hall viewer/1.0", f"http://{SERVER}:8200/rootDesc.xml")
    expected(
        "upnp.pcapng",
        "minidlna; curl",
        [
            fact("ssdp", "location", f"http://{SERVER}:8200/rootDesc.xml", **OF_SERVER),
            fact("ssdp", "type", "upnp:rootdevice", **OF_SERVER),
            fact("ssdp", "type", "urn:schemas-upnp-org:device:MediaServer:1", **OF_SERVER),
            fact("upnp", "name", "Hall recorder", **OF_SERVER),
            fact("upnp", "model", "Acme NVR-8", **OF_SERVER),
            fact("upnp", "model_number", "8", **OF_SERVER),
            fact("upnp", "serial", "ACME0008", **OF_SERVER),
            fact("upnp", "type", "urn:schemas-upnp-org:device:MediaServer:1", **OF_SERVER),
            fact("http_client", "user_agent", "Hall viewer/1.0", ip=DEVICE),
            fact("http_server", "path", "/rootDesc.xml", **OF_SERVER),
            fact("flow", "serves", "http", **OF_SERVER),
            fact("flow", "uses", "http", ip=DEVICE),
        ],
    )


def windows() -> None:
    """NetBIOS names, browser announcements, sessions of SMB with NTLM."""
    with tempfile.TemporaryDirectory() as scratch, network():
        config = Path(scratch) / "smb.conf"
        config.write_text(SAMBA.format(link="na-veth1", folder=scratch))
        client = Path(scratch) / "client.conf"
        client.write_text("[global]\nnetbios name = PC-FRONT\nworkgroup = OFFICE\nclient min protocol = NT1\n")
        Path("/run/samba").mkdir(exist_ok=True)  # of nmbd's packet server
        common = ("-F", "--no-process-group", "-s", str(config))
        with captured("windows"), running("na-server", *named("nas-hall", "nmbd", *common), wait=6):
            run("na-device", "nmblookup", "-s", str(client), "-B", "10.99.0.255", "NAS-HALL", check=False)
            run("na-device", "nmblookup", "-s", str(client), "-A", SERVER, check=False)
            with running("na-server", *named("nas-hall", "smbd", *common), wait=3):
                for version in ("SMB3", "NT1"):
                    run(
                        "na-device",
                        *named(
                            "pc-front",
                            "smbclient",
                            "-s",
                            str(client),
                            "-m",
                            version,
                            "-U",
                            "demo%demo",
                            f"//{SERVER}/records",
                            "-c",
                            "ls",
                        ),
                        check=False,
                    )
            time.sleep(25)  # until it is the master browser
    expected(
        "windows.pcapng",
        "samba: nmbd, smbd; nmblookup, smbclient",
        [
            fact("ntlm", "computer", "NAS-HALL", **OF_SERVER),
            fact("ntlm", "computer", "PC-FRONT", ip=DEVICE),
            fact("smb", "native_os", "Unix", ip=DEVICE),
            fact("flow", "serves", "smb", mac=MACS["na-server"]),
        ],
    )


def build() -> None:
    """All three."""
    services()
    upnp()
    windows()
