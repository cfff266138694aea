"""RTSP and RTP between ffmpeg and ffmpeg: JPEG and H.264, interleaved, over UDP, and without any announcement.

The tunnel in HTTP has GStreamer's server as its peer: run with the system's Python, which knows its bindings.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rig import HERE, SERVER, captured, picture, python_server, server, start, stop

FFMPEG = ("ffmpeg", "-nostdin", "-loglevel", "error")
RATE = "5"
GSTREAMER = """
import sys, gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer.new()
server.set_service("8554")
for name, way in (("jpeg", "avidemux ! jpegparse ! rtpjpegpay"), ("h264", "avidemux ! h264parse ! rtph264pay")):
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch(f"( filesrc location={sys.argv[1]}/{name}.avi ! {way} name=pay0 mtu=1200 )")
    server.get_mount_points().add_factory(f"/cam/{name}", factory)
server.attach(None)
GLib.MainLoop().run()
"""
# Two ends that carry a TCP connection in WebSocket messages: what is said inside is said by ffmpeg and GStreamer.
FAR_END = """
import asyncio
from websockets.asyncio.server import serve
async def carry(socket):
    reader, writer = await asyncio.open_connection("127.0.0.1", 8554)
    async def back():
        while data := await reader.read(8192):
            await socket.send(data)
        await socket.close()
    task = asyncio.create_task(back())
    async for message in socket:
        writer.write(message)
        await writer.drain()
    writer.close()
    await task
async def main():
    async with serve(carry, "0.0.0.0", 8085, subprotocols=["rtsp.onvif.org"], compression=None):
        await asyncio.Future()
asyncio.run(main())
"""
NEAR_END = """
import asyncio, sys
from websockets.asyncio.client import connect
async def carry(reader, writer):
    address = f"ws://{sys.argv[1]}:8085/rtsp-over-websocket"
    async with connect(address, subprotocols=["rtsp.onvif.org"], compression=None) as socket:
        async def back():
            async for message in socket:
                writer.write(message)
                await writer.drain()
            writer.close()
        task = asyncio.create_task(back())
        while data := await reader.read(8192):
            await socket.send(data)
    await task
async def main():
    async with await asyncio.start_server(carry, "127.0.0.1", 8554):
        await asyncio.Future()
asyncio.run(main())
"""


def build() -> None:
    """All captures of this module."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frames = _frames(folder)
        jpeg = ("-framerate", RATE, "-i", f"{folder}/frame%d.jpg", "-c", "copy")
        _push("rtsp_tcp", jpeg, "tcp", frames)
        _push("rtsp_udp", jpeg, "udp", frames)
        loop = (
            "-framerate",
            RATE,
            "-i",
            f"{folder}/frame%d.jpg",
            "-c:v",
            "libx264",
            "-crf",
            "40",
            "-g",
            "4",
            "-pix_fmt",
            "yuv420p",
        )
        _push("rtsp_h264", loop, "tcp", [], key_frames=1)
        with captured("rtp"):
            _device(*FFMPEG, "-re", *jpeg, "-f", "rtp", f"rtp://{SERVER}:5004?pkt_size=1200")
            _device(*FFMPEG, "-re", *loop, "-f", "rtp", f"rtp://{SERVER}:5006?pkt_size=1200")
            hevc = [word.replace("libx264", "libx265") for word in loop]
            _device(
                *FFMPEG,
                "-re",
                *hevc,
                "-x265-params",
                "log-level=none",
                "-f",
                "rtp",
                f"rtp://{SERVER}:5008?pkt_size=1200",
            )
        _expected("rtp", scans=frames, key_frames=2)
        _tunnel(folder, jpeg, loop, frames)


def _frames(folder: Path) -> list[dict[str, Any]]:
    """Pictures as ffmpeg's own encoder makes them, with the tables that RTP/JPEG presumes."""
    for i in range(8):
        (folder / f"noise{i}.jpg").write_bytes(picture(580 + i, 320, 240))
    source = ("-framerate", RATE, "-i", f"{folder}/noise%d.jpg")
    subprocess.run(
        [*FFMPEG, *source, "-c:v", "mjpeg", "-huffman", "default", "-pix_fmt", "yuvj420p", f"{folder}/frame%d.jpg"],
        check=True,
    )
    return [_scan((folder / f"frame{i}.jpg").read_bytes()) for i in range(1, 9)]


def _scan(data: bytes) -> dict[str, Any]:
    """The entropy-coded bytes, which are what RTP/JPEG carries."""
    at = data.index(b"\xff\xda")
    scan = data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") : data.rindex(b"\xff\xd9")]
    return {"sha256": hashlib.sha256(scan).hexdigest(), "size": len(scan)}


def _device(*command: str) -> None:
    subprocess.run(["ip", "netns", "exec", "na-device", *command], check=True, timeout=60, stdout=subprocess.DEVNULL)


def _push(name: str, source: tuple[str, ...], transport: str, scans: list[dict[str, Any]], **more: Any) -> None:
    """A device records to a server over RTSP."""
    address = f"rtsp://{SERVER}:8554/cam/live"
    with captured(name), server(*FFMPEG, "-rtsp_flags", "listen", "-i", address, "-f", "null", "-"):
        _device(*FFMPEG, "-re", *source, "-f", "rtsp", "-rtsp_transport", transport, "-pkt_size", "1200", address)
        time.sleep(0.5)
    _expected(name, scans=scans, **more)


def _tunnel(folder: Path, jpeg: tuple[str, ...], loop: tuple[str, ...], frames: list[dict[str, Any]]) -> None:
    """A viewer fetches two streams of a camera through HTTP: a GET and a POST each."""
    for name, source in (("jpeg", jpeg), ("h264", loop)):
        subprocess.run([*FFMPEG, *source, f"{folder}/{name}.avi"], check=True)
    with captured("rtsp_http"), server("/usr/bin/python3", "-c", GSTREAMER, str(folder), wait=3):
        for name in ("jpeg", "h264"):
            address = f"rtsp://{SERVER}:8554/cam/{name}"
            _device(*FFMPEG, "-rtsp_transport", "http", "-i", address, "-f", "null", "-")
    gstreamer = server("/usr/bin/python3", "-c", GSTREAMER, str(folder), wait=3)
    with captured("rtsp_websocket"), gstreamer, python_server(FAR_END):
        bridge = start("na-device", sys.executable, "-c", NEAR_END, SERVER, wait=2)
        _device(*FFMPEG, "-rtsp_transport", "tcp", "-i", "rtsp://127.0.0.1:8554/cam/jpeg", "-f", "null", "-")
        stop(bridge)
    ends = {"server": "gst-rtsp-server behind websockets", "client": "ffmpeg behind websockets"}
    _expected("rtsp_websocket", scans=frames, peers=ends)
    peers = {"server": "gst-rtsp-server", "client": "ffmpeg"}
    _expected("rtsp_http", scans=frames, key_frames=1, peers=peers)


def _expected(name: str, **what: Any) -> None:
    """Add a capture: its pictures are known by their scans, as RTP carries no headers."""
    path = HERE / "expected.json"
    known = json.loads(path.read_text("utf-8"))
    known[f"{name}.pcapng"] = {"protocol": "rtp", "peers": {"server": "ffmpeg", "client": "ffmpeg"}} | what
    text = json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", "utf-8")
