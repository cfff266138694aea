"""Object stores (botocore against a small S3 server of this project), MQTT over WebSocket (mosquitto, paho)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rig import SERVER, captured, expected, image, picture, python, python_server, server

S3_SERVER = """
import re, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit, parse_qs
stored = {}
class Store(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def body(self):
        if "chunked" in self.headers.get("transfer-encoding", ""):
            out = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                out += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return out
        return self.rfile.read(int(self.headers.get("content-length", 0)))
    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_PUT(self):
        if self.headers.get("expect", "").lower() == "100-continue":
            pass
        stored[self.path] = self.body()
        self.answer(200, ETag='"%032x"' % abs(hash(self.path)))
    def do_POST(self):
        url = urlsplit(self.path)
        query = parse_qs(url.query, keep_blank_values=True)
        self.body()
        if "uploads" in query:
            bucket, _, key = url.path[1:].partition("/")
            said = f"<Bucket>{bucket}</Bucket><Key>{key}</Key><UploadId>u-7</UploadId>"
            xml = f"<InitiateMultipartUploadResult>{said}</InitiateMultipartUploadResult>"
            return self.answer(200, xml.encode())
        if "uploadId" in query:
            return self.answer(200, b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")
        self.answer(204)
    def do_GET(self):
        self.answer(200, stored.get(self.path, b""), **{"Content-Type": "image/jpeg"})
    def log_message(self, *_):
        pass
ThreadingHTTPServer(("0.0.0.0", 9000), Store).serve_forever()
"""
S3_CLIENT = """
import sys, urllib.request
from botocore.session import Session
from botocore.config import Config
files = [open(name, "rb").read() for name in sys.argv[2:]]
session = Session()
session.set_credentials("AKIDEXAMPLE", "secretexample")
client = session.create_client(
    "s3", region_name="us-east-1", endpoint_url=f"http://{sys.argv[1]}:9000",
    config=Config(s3={"addressing_style": "path"}),
)
client.put_object(Bucket="faces", Key="gate/one.jpg", Body=files[0], ContentType="image/jpeg")
upload = client.create_multipart_upload(Bucket="faces", Key="gate/parts.jpg")["UploadId"]
third = len(files[1]) // 3
pieces = [files[1][:third], files[1][third:2 * third], files[1][2 * third:]]
tags = {}
for number in (2, 1, 3):
    place = {"Bucket": "faces", "Key": "gate/parts.jpg", "UploadId": upload, "PartNumber": number}
    tags[number] = client.upload_part(Body=pieces[number - 1], **place)["ETag"]
client.complete_multipart_upload(
    Bucket="faces", Key="gate/parts.jpg", UploadId=upload,
    MultipartUpload={"Parts": [{"PartNumber": n, "ETag": tags[n]} for n in (1, 2, 3)]},
)
client.get_object(Bucket="faces", Key="gate/one.jpg")["Body"].read()
form = client.generate_presigned_post("faces", "gate/form.jpg")
edge = b"----form7"
body = b"".join(
    b"--%s\\r\\nContent-Disposition: form-data; name=\\"%s\\"\\r\\n\\r\\n%s\\r\\n" % (edge, k.encode(), v.encode())
    for k, v in form["fields"].items()
)
body += b"--%s\\r\\nContent-Disposition: form-data; name=\\"file\\"; filename=\\"v.jpg\\"\\r\\n" % edge
body += b"Content-Type: image/jpeg\\r\\n\\r\\n" + files[2] + b"\\r\\n--%s--\\r\\n" % edge
headers = {"Content-Type": "multipart/form-data; boundary=" + edge.decode()}
urllib.request.urlopen(urllib.request.Request(form["url"], body, headers)).read()
link = client.generate_presigned_url("put_object", {"Bucket": "faces", "Key": "gate/signed.jpg"})
urllib.request.urlopen(urllib.request.Request(link, files[3], {"Content-Type": "image/jpeg"}, method="PUT")).read()
"""
MQTT_CLIENT = """
import sys, time
import paho.mqtt.client as mqtt
for level, name in ((mqtt.MQTTv311, sys.argv[2]), (mqtt.MQTTv5, sys.argv[3])):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, f"web-{level}", transport="websockets", protocol=level)
    client.connect(sys.argv[1], 9001)
    client.loop_start()
    client.publish(f"web/{level}/face", open(name, "rb").read(), 1).wait_for_publish()
    time.sleep(0.2)
    client.disconnect()
    client.loop_stop()
"""


def build() -> None:
    """All captures of this module."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed in range(600, 606):
            (folder / f"{seed}.jpg").write_bytes(picture(seed))
        _s3(folder)
        _mqtt(folder)


def _s3(folder: Path) -> None:
    with captured("s3"), python_server(S3_SERVER):
        python("na-device", S3_CLIENT, SERVER, *(f"{folder}/{seed}.jpg" for seed in range(600, 604)))
    names = ((600, "one.jpg", "up"), (600, "one.jpg", "down"), (601, "parts.jpg", "up"), (602, "form.jpg", "up"))
    images = [image(*row) for row in (*names, (603, "signed.jpg", "up"))]
    peers = {"server": "S3 stub of this project", "client": "botocore, urllib"}
    expected("s3", "http", peers, images, notes="put, multipart out of order, form post with a policy, presigned put")


def _mqtt(folder: Path) -> None:
    (folder / "mosquitto.conf").write_text(
        "listener 9001 0.0.0.0\nprotocol websockets\nallow_anonymous true\npersistence false\nuser root\n"
    )
    with server("mosquitto", "-c", str(folder / "mosquitto.conf")), captured("mqtt_websocket"):
        python("na-device", MQTT_CLIENT, SERVER, *(f"{folder}/{seed}.jpg" for seed in (604, 605)))
    images = [image(604, "web/4/face", "up"), image(605, "web/5/face", "up")]
    expected("mqtt_websocket", "mqtt", {"server": "mosquitto", "client": "paho-mqtt"}, images, notes="over WebSocket")
