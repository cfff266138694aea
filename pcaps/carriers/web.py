"""HTTP/2 (hypercorn, nghttp2, httpx, curl), gRPC, WebSocket (websockets), proxies (tinyproxy, pproxy, microsocks)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rig import SERVER, captured, expected, image, picture, python, python_server, run, server

APP = """
import asyncio, sys
from hypercorn.asyncio import serve
from hypercorn.config import Config
face = open(sys.argv[1], "rb").read()
async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            answer = {"bytes": face} if event.get("text") == "get" else {"text": "stored"}
            await send({"type": "websocket.send", **answer})
        return
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    got = scope["method"] == "GET"
    headers = [(b"content-type", b"image/jpeg" if got else b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": face if got else b"stored"})
config = Config()
config.bind = ["0.0.0.0:8080"]
asyncio.run(serve(app, config))
"""
HTTPX = """
import asyncio, sys, httpx
async def main():
    async with httpx.AsyncClient(http1=False, http2=True) as client:
        url = f"http://{sys.argv[1]}:8080/face/"
        files = [open(name, "rb").read() for name in sys.argv[2:]]
        jpeg = {"content-type": "image/jpeg"}
        puts = [client.put(url + str(i), content=data, headers=jpeg) for i, data in enumerate(files[:3])]
        await asyncio.gather(*puts)
        form = {"face": ("visitor.jpg", files[3], "image/jpeg")}
        await client.post(url + "form", files=form, data={"name": "nobody"})
        await client.get(url + "stored.jpg")
asyncio.run(main())
"""
GRPC_SERVER = """
import grpc
from concurrent import futures
class Any(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method.endswith("Stream"):
            return grpc.stream_unary_rpc_method_handler(lambda parts, context: b"\\x08%c" % len(list(parts)))
        return grpc.unary_unary_rpc_method_handler(lambda request, context: b"\\x08\\x01")
server = grpc.server(futures.ThreadPoolExecutor(2))
server.add_generic_rpc_handlers((Any(),))
server.add_insecure_port("0.0.0.0:50051")
server.start()
server.wait_for_termination()
"""
GRPC_CLIENT = """
import sys, grpc
def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])
def field(number, value):
    return varint(number << 3 | 2) + varint(len(value)) + value
files = [open(name, "rb").read() for name in sys.argv[2:]]
with grpc.insecure_channel(f"{sys.argv[1]}:50051") as channel:
    channel.unary_unary("/face.Faces/Register")(field(1, b"gate-7") + field(2, field(3, files[0])))
    pieces = [field(1, files[1][i:i + 1000]) for i in range(0, len(files[1]), 1000)]
    channel.stream_unary("/face.Faces/RegisterStream")(iter(pieces))
with grpc.insecure_channel(f"{sys.argv[1]}:50051", compression=grpc.Compression.Gzip) as channel:
    channel.unary_unary("/face.Faces/Register")(field(2, field(3, files[2])) + field(9, b"A" * 3000))
"""
WS_SERVER = """
import asyncio, sys
from websockets.asyncio.server import serve
face = open(sys.argv[1], "rb").read()
async def talk(socket):
    async for message in socket:
        await socket.send(face if message == "get" else "stored")
async def main(deflate, port):
    async with serve(talk, "0.0.0.0", port, compression=deflate):
        await asyncio.Future()
async def both():
    await asyncio.gather(main(None, 8081), main("deflate", 8082))
asyncio.run(both())
"""
WS_CLIENT = """
import asyncio, base64, json, sys
from websockets.asyncio.client import connect
files = [open(name, "rb").read() for name in sys.argv[2:]]
def pieces(data):
    return [data[i:i + 1500] for i in range(0, len(data), 1500)]
async def main():
    for port, deflate in ((8081, None), (8082, "deflate")):
        async with connect(f"ws://{sys.argv[1]}:{port}/device/events", compression=deflate) as socket:
            first, second, third = (files.pop(0) for _ in range(3))
            text = json.dumps({"face": base64.b64encode(third).decode()})
            for message in (first, pieces(second), text, "get"):
                await socket.send(message)
                await socket.recv()
asyncio.run(main())
"""
SINK = """
from http.server import BaseHTTPRequestHandler, HTTPServer
class Sink(BaseHTTPRequestHandler):
    def do_PUT(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()
HTTPServer(("0.0.0.0", 8090), Sink).serve_forever()
"""


def build() -> None:
    """All captures of this module."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = Pictures(Path(folder))
        _http2(pictures)
        _grpc(pictures)
        _websocket(pictures)
        _proxies(pictures)
        _ranges(pictures)


class Pictures:
    """Files of pictures, by seed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, seed: int) -> str:
        """Path of a file."""
        path = self.folder / f"{seed}.jpg"
        path.write_bytes(picture(seed))
        return str(path)


def _curl(*arguments: str) -> None:
    run("ip", "netns", "exec", "na-device", "curl", "-s", "-o", "/dev/null", *arguments)


def _http2(file: Pictures) -> None:
    with captured("http2"):
        with python_server(APP, file(540), wait=3):
            python("na-device", HTTPX, SERVER, *map(file, (541, 542, 543, 544)))
            _curl("--http2", f"http://{SERVER}:8080/stored.jpg")
        with server("nghttpd", "--no-tls", "-d", str(file.folder), "-b", "100", "8083"):
            target = f"http://{SERVER}:8083/"
            run("ip", "netns", "exec", "na-device", "nghttp", "-n", "-b", "50", "-d", file(546), f"{target}541.jpg")
            run("ip", "netns", "exec", "na-device", "nghttp", "-n", f"{target}542.jpg", f"{target}543.jpg")
    rows = [image(seed, str(i), "upload") for i, seed in enumerate((541, 542, 543))]
    rows += [image(544, "visitor.jpg", "upload"), image(540, "stored.jpg", "download")]
    rows += [image(546, "541.jpg", "upload")]
    rows += [image(seed, f"{seed}.jpg", "download") for seed in (541, 542, 543)]
    peers = {"server": "hypercorn, nghttpd", "client": "httpx, curl, nghttp"}
    expected("http2", "http2", peers, rows, notes="prior knowledge, upgraded, interleaved, padded")


def _grpc(file: Pictures) -> None:
    with captured("grpc"), python_server(GRPC_SERVER, wait=2):
        python("na-device", GRPC_CLIENT, SERVER, *map(file, (550, 551, 552)))
    rows = [image(seed, "", "upload") for seed in (550, 551, 552)]
    expected("grpc", "http2", {"server": "grpcio", "client": "grpcio"}, rows, notes="one streamed, one compressed")


def _websocket(file: Pictures) -> None:
    seeds = range(561, 567)
    with captured("websocket"), python_server(WS_SERVER, file(560), wait=2):
        python("na-device", WS_CLIENT, SERVER, *map(file, seeds))
    names = ("events", "events", "face") * 2
    rows = [image(seed, name, "upload") for seed, name in zip(seeds, names, strict=True)]
    rows.append(image(560, "events", "download"))
    expected("websocket", "websocket", {"server": "websockets", "client": "websockets"}, rows)


NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/log; events {{}}
http {{ access_log off; types {{ image/jpeg jpg; }} server {{ listen 8084; root {folder};
  location /slow/ {{ alias {folder}/; limit_rate 30k; }} }} }}
"""


def _ranges(file: Pictures) -> None:
    """Pictures fetched and sent in ranges, each range over a connection of its own; of one a range is left out.

    One more is broken off by its client after a second, which then fetches the rest.
    """
    whole, torn, sent, resumed = (picture(seed, 640, 480) for seed in (631, 632, 633, 634))
    for seed, data in ((631, whole), (632, torn), (633, sent), (634, resumed)):
        (file.folder / f"{seed}.jpg").write_bytes(data)
    (file.folder / "nginx.conf").write_text(NGINX.format(folder=file.folder))
    last, step = len(sent) - 1, 30_000
    with captured("ranges"), server("nginx", "-c", f"{file.folder}/nginx.conf"), python_server(SINK):
        for seed, ranges in ((631, ("20000-39999", "0-19999", "40000-")), (632, ("0-19999", "30000-"))):
            for one in ranges:
                _curl("-r", one, f"http://{SERVER}:8084/{seed}.jpg")
        slow = ("ip", "netns", "exec", "na-device", "curl", "-s", "-C", "-", "-o", f"{file.folder}/back.jpg")
        for patience in ("1", "20"):
            run(*slow, "--max-time", patience, f"http://{SERVER}:8084/slow/634.jpg", check=False)
        for at in range(0, len(sent), step):
            (file.folder / "range").write_bytes(sent[at : at + step])
            place = f"Content-Range: bytes {at}-{min(at + step - 1, last)}/{len(sent)}"
            _curl("-T", f"{file.folder}/range", "-H", place, f"http://{SERVER}:8090/face/633.jpg")
    images = [image(631, "631.jpg", "down", whole), image(633, "633.jpg", "up", sent)]
    images.append(image(634, "634.jpg", "down", resumed))
    partial = [{"name": "632.jpg", "missing": [[20_000, 30_000]], "size": len(torn)}]
    peers = {"server": "nginx; for what is sent, a stub of this project", "client": "curl"}
    expected("ranges", "http", peers, images, partial=partial)


def _proxies(file: Pictures) -> None:
    target = f"http://{SERVER}:8090/face.jpg"
    (file.folder / "tinyproxy.conf").write_text(
        "Port 8888\nListen 0.0.0.0\nTimeout 60\nAllow 10.99.0.0/24\nConnectPort 8090\n"
    )
    tiny = server("tinyproxy", "-d", "-c", str(file.folder / "tinyproxy.conf"))
    socks = server("pproxy", "-l", "socks4+socks5://0.0.0.0:1080", wait=2)
    with (
        captured("proxy"),
        python_server(SINK),
        tiny,
        socks,
        server("microsocks", "-p", "1081", "-u", "cam", "-P", "pw"),
    ):
        _curl("-p", "-x", f"http://{SERVER}:8888", "-T", file(570), target)
        _curl("-x", f"http://{SERVER}:8888", "-T", file(571), target)
        _curl("--socks4", f"{SERVER}:1080", "-T", file(572), target)
        _curl("--socks5", f"{SERVER}:1080", "-T", file(573), target)
        _curl("--socks5-hostname", f"cam:pw@{SERVER}:1081", "-T", file(574), target)
    rows = [image(seed, "face.jpg", "upload") for seed in range(570, 575)]
    expected("proxy", "http", {"server": "tinyproxy, pproxy, microsocks", "client": "curl"}, rows)
