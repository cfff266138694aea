"""Build captures with keys: `python pcaps/opened/build.py [tls tls12 curl quic]`, as root on Linux.

Real peers (OpenSSL's s_client and s_server, curl, aioquic) in one network namespace, captured on its loopback by
dumpcap. Needs iproute2, dumpcap, openssl 3, curl with HTTP/3, node, aioquic. Times, keys and ports differ from run to
run: the committed captures are the reference. expected.json knows what was sent; `<name>.keylog` or `server.key` open
them.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
SPACE = "na-opened"
PORT = "4433"
EXPECTED: dict[str, dict] = {}
WORK = Path(tempfile.mkdtemp(prefix="opened-"))


def picture(seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (15, 20, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((160, 120), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def inside(*words: str) -> list[str]:
    return ["ip", "netns", "exec", SPACE, *words]


def sh(*words: str, check: bool = True) -> None:
    subprocess.run(words, check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def network():
    sh("ip", "netns", "del", SPACE, check=False)
    sh("ip", "netns", "add", SPACE)
    sh("ip", "-n", SPACE, "link", "set", "lo", "up", "mtu", "1500")
    try:
        yield
    finally:
        sh("ip", "netns", "del", SPACE, check=False)


def stop(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def captured(name: str, **facts):
    """Capture while the block runs; `facts` go into expected.json beside the pictures that the block appends."""
    target = HERE / f"{name}.pcapng"
    target.unlink(missing_ok=True)
    (HERE / f"{name}.keylog").unlink(missing_ok=True)
    pictures: list[bytes] = []
    dumpcap = subprocess.Popen(
        inside("dumpcap", "-q", "-i", "lo", "-w", str(target)),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    time.sleep(2)
    try:
        yield pictures
        time.sleep(1.2)
    finally:
        stop(dumpcap)
    EXPECTED[name] = {"sha256": [hashlib.sha256(data).hexdigest() for data in pictures], **facts}
    (HERE / "expected.json").write_text(json.dumps(dict(sorted(EXPECTED.items())), indent=1) + "\n", "utf-8")


def keylog(name: str) -> str:
    return str(HERE / f"{name}.keylog")


def certificate() -> None:
    sh(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(HERE / "server.key"), "-out",
        str(HERE / "server.pem"), "-days", "3650", "-subj", "/CN=cloud.example", "-addext",
        "subjectAltName=DNS:cloud.example",
    )  # fmt: skip


def post(data: bytes, path: str = "/face") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: cloud.example\r\nCookie: sid=secret\r\nContent-Type: image/jpeg\r\n"
    return head.encode() + f"Content-Length: {len(data)}\r\n\r\n".encode() + data


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"


@contextlib.contextmanager
def s_server(*options: str):
    process = subprocess.Popen(
        inside(
            "openssl", "s_server", "-accept", PORT, "-key", str(HERE / "server.key"), "-cert", str(HERE / "server.pem"),
            *options,
        ),
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    time.sleep(1)
    try:
        yield process.stdin
    finally:
        process.stdin.close()
        stop(process)


def s_client(name: str, *options: str, parts: list[bytes], answer=None, wait: float = 0.6) -> None:
    """Send parts one by one: what begins with a capital command letter is one of s_client's commands."""
    client = subprocess.Popen(
        inside(
            "openssl", "s_client", "-connect", f"127.0.0.1:{PORT}", "-servername", "cloud.example", "-keylogfile",
            keylog(name), *options,
        ),
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    time.sleep(1)
    for part in parts:
        with contextlib.suppress(BrokenPipeError):  # refused: the test of the capture will say so
            client.stdin.write(part)
            client.stdin.flush()
        time.sleep(wait)
    if answer is not None:
        answer.write(ANSWER)
        answer.flush()
        time.sleep(wait)
    client.stdin.close()
    try:
        client.wait(4)
    except subprocess.TimeoutExpired:
        stop(client)


def halves(data: bytes) -> tuple[bytes, bytes]:
    """Two parts of a request, the second of which is no command."""
    at = len(data) // 2
    while data[at : at + 1] in b"BCKkQRrSP":
        at += 1
    return data[:at], data[at:]


def simple(name: str, seed: int, client: tuple[str, ...] = (), server: tuple[str, ...] = (), **facts) -> None:
    with captured(name, **facts) as pictures, s_server("-quiet", *server) as answer:
        pictures.append(picture(seed))
        s_client(name, *client, parts=[post(pictures[-1])], answer=answer)


def tls() -> None:
    with captured("tls13_key_update", shows=["KeyUpdate"]) as pictures, s_server() as answer:
        data = picture(1)
        pictures.append(data)
        first, second = halves(post(data))
        s_client("tls13_key_update", "-tls1_3", parts=[first, b"K\n", second, b"k\n"], answer=answer)
    simple("tls13_retry", 2, ("-tls1_3", "-groups", "X25519:P-384"), ("-groups", "P-384"), shows=["HelloRetryRequest"])
    early()
    for number, suite in enumerate(("CHACHA20_POLY1305_SHA256", "AES_128_CCM_SHA256", "AES_128_CCM_8_SHA256")):
        name = f"TLS_{suite}"
        given = ("-ciphersuites", name, "-cipher", "DEFAULT:@SECLEVEL=0")
        simple(f"tls13_{suite.lower()}", 10 + number, ("-tls1_3", *given), given, shows=[name])
    simple("tls13_padded", 14, ("-tls1_3", "-record_padding", "512"), ("-record_padding", "512"), shows=["padding"])


def tls12() -> None:
    for number, (suite, more) in enumerate((
        ("ECDHE-RSA-CHACHA20-POLY1305", ()), ("AES128-CCM", ()), ("AES256-CCM8", ()), ("ECDHE-RSA-AES256-SHA384", ()),
        ("AES128-SHA256", ("-no_etm",)), ("CAMELLIA128-SHA", ("-no_etm",)),
    )):  # fmt: skip
        given = ("-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0", *more)
        server = ("-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
        simple(f"tls12_{suite.lower().replace('-', '_')}", 20 + number, given, server, shows=[suite, *more])
    for number, version in enumerate(("tls1", "tls1_1")):
        given = (f"-{version}", "-cipher", "AES256-SHA:@SECLEVEL=0")
        simple(f"{version}_aes256_sha", 30 + number, given, given, shows=[version])
    name = "tls12_renegotiation"
    with captured(name, shows=["renegotiation"]) as pictures, s_server("-tls1_2", "-client_renegotiation") as answer:
        data = picture(40)
        pictures.append(data)
        first, second = halves(post(data))
        s_client(name, "-tls1_2", parts=[first, b"R\n", second], answer=answer, wait=1)
    own = ("-cert", str(HERE / "server.pem"), "-key", str(HERE / "server.key"))
    for number, version in enumerate(("tls1_2", "tls1_3")):
        shows = ["client certificate"]
        simple(
            f"{version.replace('1_', '1')}_client_certificate",
            41 + number,
            (f"-{version}", *own),
            ("-Verify", "1"),
            shows=shows,
        )
    resumed()


def early() -> None:
    session, request = str(WORK / "early.session"), WORK / "early.bin"
    name = "tls13_early_data"
    with captured(name, shows=["0-RTT"]) as pictures, s_server("-early_data") as answer:
        pictures += [picture(50), picture(51)]
        s_client(name, "-tls1_3", "-sess_out", session, parts=[post(pictures[0])], answer=answer)
        request.write_bytes(post(pictures[1], "/early"))
        s_client(name, "-tls1_3", "-sess_in", session, "-early_data", str(request), parts=[b""], answer=answer)


def resumed() -> None:
    """The server's RSA key alone opens these: later connections have no key exchange of their own."""
    for number, (name, more) in enumerate((("tls12_session_id", ("-no_ticket",)), ("tls12_session_ticket", ()))):
        session = str(WORK / f"{name}.session")
        suite = ("-tls1_2", "-cipher", "AES128-SHA256:@SECLEVEL=0")
        facts = {"shows": ["resumption", "RSA private key"], "key": "server.key"}
        with captured(name, **facts) as pictures, s_server("-quiet", *suite, *more) as answer:
            pictures += [picture(60 + 2 * number), picture(61 + 2 * number)]
            s_client(name, *suite, "-sess_out", session, parts=[post(pictures[0])], answer=answer)
            s_client(name, *suite, "-sess_in", session, parts=[post(pictures[1])], answer=answer)


def curl() -> None:
    """HTTP/2 by curl, whose keys stand in the capture itself, behind the packets."""
    name = "http2_curl"
    server = subprocess.Popen(
        inside("node", "-e", NODE, str(HERE / "server.key"), str(HERE / "server.pem"), PORT),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    time.sleep(1.5)
    try:
        with captured(name, shows=["HTTP/2", "secrets behind the packets"], embedded=True) as pictures:
            for seed in (70, 71):
                pictures.append(picture(seed))
                fetch(name, pictures[-1], "--http2")
    finally:
        stop(server)
    embed(HERE / f"{name}.pcapng", HERE / f"{name}.keylog")


NODE = """
const [key, cert, port] = process.argv.slice(1);
const fs = require('fs');
require('http2').createSecureServer({key: fs.readFileSync(key), cert: fs.readFileSync(cert)}, (q, s) => {
  q.on('data', () => 0); q.on('end', () => s.end('ok'));
}).listen(+port);
"""


def fetch(name: str, data: bytes, *options: str) -> None:
    body = WORK / "body.jpg"
    body.write_bytes(data)
    subprocess.run(
        inside(
            "curl", "-sk", *options, "--resolve", f"cloud.example:{PORT}:127.0.0.1", "-H", "Content-Type: image/jpeg",
            "-H", "Cookie: sid=secret", "--data-binary", f"@{body}", f"https://cloud.example:{PORT}/face?token=secret",
        ),
        env=os.environ | {"SSLKEYLOGFILE": keylog(name)}, timeout=30, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def embed(capture: Path, log: Path) -> None:
    """Append a decryption secrets block (pcapng, 4.7) behind all packets."""
    data = log.read_bytes()
    padded = data + bytes(-len(data) % 4)
    size = 20 + len(padded)
    block = b"".join(number.to_bytes(4, "little") for number in (0x0A, size, 0x544C534B, len(data)))
    with capture.open("ab") as file:
        file.write(block + padded + size.to_bytes(4, "little"))
    log.unlink()


def quic() -> None:
    pem = ["--certificate", str(HERE / "server.pem"), "--private-key", str(HERE / "server.key")]
    for number, (name, server, client, shows) in enumerate((
        ("quic_v1_key_update", [], ["--key-update", "--change-id"], ["key update", "connection id change"]),
        ("quic_v1_retry", ["--retry"], [], ["Retry"]),
        ("quic_v1_early_data", [], ["--early"], ["0-RTT"]),
        ("quic_v2", ["--v2"], ["--v2"], ["version 2"]),
        ("quic_v1_chacha20", ["--chacha"], ["--chacha"], ["ChaCha20"]),
    )):  # fmt: skip
        peer = [sys.executable, str(HERE / "quic_peer.py")]
        process = subprocess.Popen(
            inside(*peer, "server", *pem, *server), start_new_session=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(2.5)
        try:
            with captured(name, shows=shows) as pictures:
                pictures += [picture(80 + 3 * number + k) for k in range(3)]
                files = []
                for k, data in enumerate(pictures):
                    (WORK / f"{k}.jpg").write_bytes(data)
                    files.append(str(WORK / f"{k}.jpg"))
                subprocess.run(
                    inside(*peer, "client", "--keylog", keylog(name), *client, *files), check=True, timeout=60
                )
        finally:
            stop(process)
    process = subprocess.Popen(
        inside(sys.executable, str(HERE / "quic_peer.py"), "server", *pem), start_new_session=True
    )
    time.sleep(2.5)
    try:
        with captured("http3_curl", shows=["HTTP/3 by curl"]) as pictures:
            pictures.append(picture(99))
            fetch("http3_curl", pictures[0], "--http3-only")
    finally:
        stop(process)


def main() -> None:
    known = HERE / "expected.json"
    if known.exists():
        EXPECTED.update(json.loads(known.read_text("utf-8")))
    with network():
        if not (HERE / "server.pem").exists():
            certificate()
        for name in sys.argv[1:] or ["tls", "tls12", "curl", "quic"]:
            {"tls": tls, "tls12": tls12, "curl": curl, "quic": quic}[name]()


if __name__ == "__main__":
    main()
