"""TFTP (tftpd-hpa, tftp), MQTT (mosquitto, paho), SMB (samba, smbclient) and MongoDB (pymongo against a stub)."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from rig import SERVER, captured, expected, image, picture, python, python_server, server

MQTT_CLIENT = """
import sys, time
import paho.mqtt.client as mqtt
from paho.mqtt.properties import Properties
from paho.mqtt.packettypes import PacketTypes
for level, qos in ((mqtt.MQTTv311, 1), (mqtt.MQTTv5, 2), (mqtt.MQTTv31, 0)):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, f"cam-{level}", protocol=level)
    client.username_pw_set("cam", "secret")
    client.connect(sys.argv[1])
    client.loop_start()
    properties = None
    if level == mqtt.MQTTv5:
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType = "image/jpeg"
    sent = client.publish(f"cam/{level}/face", open(sys.argv[level - 1], "rb").read(), qos, properties=properties)
    sent.wait_for_publish()
    time.sleep(0.2)
    client.disconnect()
    client.loop_stop()
"""
MONGO_STUB = """
import socket, struct, threading, zlib
import bson
def serve(sock):
    def take(n):
        data = b""
        while len(data) < n:
            piece = sock.recv(n - len(data))
            if not piece:
                raise SystemExit
            data += piece
        return data
    stored = []
    while True:
        length, ident, _, code = struct.unpack("<iiii", take(16))
        body = take(length - 16)
        document, documents = {}, []
        if code == 2012:
            code, body = struct.unpack("<i", body[:4])[0], zlib.decompress(body[9:])
        if code == 2004:
            at = body.index(b"\\0", 4) + 9
            document = bson.decode(body[at:])
        else:
            at = 4
            while at + 5 <= len(body):
                size = struct.unpack("<i", body[at + 1:at + 5])[0]
                if body[at] == 0:
                    document = bson.decode(body[at + 1:at + 1 + size])
                else:
                    name = body.index(b"\\0", at + 5)
                    documents += bson.decode_all(body[name + 1:at + 1 + size])
                at += 1 + size
        answer = {"ok": 1.0}
        command = next(iter(document), "")
        if command.lower() in ("ismaster", "hello"):
            answer |= {"ismaster": True, "isWritablePrimary": True, "maxWireVersion": 21, "minWireVersion": 0,
                       "maxBsonObjectSize": 16777216, "maxMessageSizeBytes": 48000000, "maxWriteBatchSize": 100000,
                       "compression": document.get("compression", [])}
        elif command == "insert":
            stored += documents
            answer["n"] = len(documents)
        elif command == "find":
            answer["cursor"] = {"id": 0, "ns": document["$db"] + "." + document["find"], "firstBatch": stored}
        raw = bson.encode(answer)
        if code == 2004:
            out = struct.pack("<iiii", 36 + len(raw), 1, ident, 1) + struct.pack("<iqii", 8, 0, 0, 1) + raw
        else:
            out = struct.pack("<iiii", 21 + len(raw), 1, ident, 2013) + bytes(5) + raw
        sock.sendall(out)
listener = socket.create_server(("0.0.0.0", 27017))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
MONGO_CLIENT = """
import base64, sys
import pymongo
data = [open(name, "rb").read() for name in sys.argv[2:]]
plain = pymongo.MongoClient(sys.argv[1], maxPoolSize=1)["wcb-core"]
plain.faceDetectCustomer.insert_one({"name": "x", "faceImage": base64.b64encode(data[0]).decode(), "verifyScore": 87.5})
plain.faceDetectImageDatail.insert_many([{"faceImage": data[1], "score": 3}, {"note": "no face"}])
list(plain.faceDetectImageDatail.find())
packed = pymongo.MongoClient(sys.argv[1], maxPoolSize=1, compressors="zlib")["wcb-core"]
packed.faceDetectCustomerFreshCardInfo.insert_one({"idImage": data[2]})
"""
SMB_CONFIG = """[global]
workgroup = SHOP
server role = standalone server
server min protocol = NT1
client min protocol = NT1
map to guest = Bad User
guest account = root
disable spoolss = yes
load printers = no
private dir = {base}
lock directory = {base}
state directory = {base}
cache directory = {base}
pid directory = {base}
ncalrpc dir = {base}/ncalrpc
log file = {base}/log
smb ports = 445
[snap]
path = {base}/share
guest ok = yes
read only = no
force user = root
"""


def build() -> None:
    """Write tftp.pcapng, mqtt.pcapng, mongodb.pcapng, smb.pcapng and smb1.pcapng."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        for seed in range(21, 36):
            (folder / f"{seed}.jpg").write_bytes(picture(seed))
            (folder / f"{seed}.jpg").chmod(0o666)
        _tftp(folder)
        _mqtt(folder)
        _mongodb(folder)
        _smb(folder)


def _tftp(folder: Path) -> None:
    root = folder / "tftp"
    root.mkdir()
    root.chmod(0o777)
    (root / "plan.jpg").write_bytes(picture(23))
    with server("in.tftpd", "-L", "-c", "-u", "root", "-a", f"{SERVER}:69", "-s", str(root)), captured("tftp"):
        commands = f"mode octet\nput {folder}/21.jpg t21.jpg\nget plan.jpg /dev/null\nquit\n"
        subprocess.run(
            ["ip", "netns", "exec", "na-device", "tftp", SERVER],
            input=commands.encode(),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        upload = ["curl", "-s", "--tftp-blksize", "1428", "-T", f"{folder}/22.jpg", f"tftp://{SERVER}/t22.jpg"]
        subprocess.run(["ip", "netns", "exec", "na-device", *upload], check=True)
    images = [image(21, "t21.jpg", "up"), image(22, "t22.jpg", "up"), image(23, "plan.jpg", "down")]
    expected("tftp", "tftp", {"server": "tftpd-hpa", "client": "tftp-hpa and curl"}, images)


def _mqtt(folder: Path) -> None:
    (folder / "mosquitto.conf").write_text(
        "listener 1883 0.0.0.0\nallow_anonymous true\npersistence false\nuser root\n"
    )
    with server("mosquitto", "-c", str(folder / "mosquitto.conf")), captured("mqtt"):
        python("na-device", MQTT_CLIENT, SERVER, *(f"{folder}/{seed}.jpg" for seed in (24, 25, 26, 27)))
    images = [image(24, "cam/3/face", "up"), image(25, "cam/4/face", "up"), image(26, "cam/5/face", "up")]
    expected("mqtt", "mqtt", {"server": "mosquitto", "client": "paho-mqtt"}, images)


def _mongodb(folder: Path) -> None:
    with python_server(MONGO_STUB), captured("mongodb"):
        python("na-device", MONGO_CLIENT, SERVER, *(f"{folder}/{seed}.jpg" for seed in (28, 29, 30)))
    images = [
        image(28, "faceImage", "up"),
        image(29, "faceImage", "up"),
        image(29, "faceImage", "down"),
        image(30, "idImage", "up"),
    ]
    peers = {"server": "stub of this project that speaks OP_MSG", "client": "pymongo"}
    expected(
        "mongodb", "mongodb", peers, images, paths=["wcb-core.faceDetectCustomer", "wcb-core.faceDetectImageDatail"]
    )


def _smb(folder: Path) -> None:
    base = folder / "samba"
    for part in ("share", "ncalrpc"):
        (base / part).mkdir(parents=True)
    (base / "share" / "plan.jpg").write_bytes(picture(33))
    (base / "smb.conf").write_text(SMB_CONFIG.format(base=base))
    arguments = ("smbd", "-F", "--no-process-group", "-s", str(base / "smb.conf"))
    with server(*arguments, wait=3):
        for capture, level, seed in (("smb", "SMB3", 31), ("smb1", "NT1", 32)):
            with captured(capture):
                commands = f"mkdir {level}; put {folder}/{seed}.jpg {level}\\s{seed}.jpg; get plan.jpg /dev/null"
                client = [
                    "smbclient",
                    "-N",
                    "-m",
                    level,
                    "--option=client min protocol=NT1",
                    f"//{SERVER}/snap",
                    "-c",
                    commands,
                ]
                subprocess.run(["ip", "netns", "exec", "na-device", *client], check=True, stdout=subprocess.DEVNULL)
            images = [image(seed, f"s{seed}.jpg", "up"), image(33, "plan.jpg", "down")]
            expected(capture, "smb", {"server": "samba", "client": "smbclient"}, images)
