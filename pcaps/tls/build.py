"""Build the captures of TLS, DTLS and QUIC: `python pcaps/tls/build.py`, as root on Linux.

Needs openssl, dumpcap, tshark, ethtool, iproute2, and aioquic for QUIC. Times, ports and keys differ from run to run:
the committed captures are the reference. What was asked for stands in expected.json, beside what tshark made of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SPACE, CLIENT, SERVER = "na-tls", "10.99.0.2", "10.99.0.3"
INSIDE = ("ip", "netns", "exec", SPACE)
ALPN = "h2,http/1.1"
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
STARTTLS = {"smtp": 25, "imap": 143, "pop3": 110, "ftp": 21, "postgres": 5432, "ldap": 389, "xmpp": 5222}
Hello = dict[str, Any]


def run(*command: str) -> None:
    """Run a command to its end."""
    subprocess.run(command, check=True, timeout=60, **QUIET)


@contextlib.contextmanager
def network() -> Iterator[None]:
    """A namespace of its own with two addresses on its loopback link, and frames as short as on a wire."""
    subprocess.run(("ip", "netns", "del", SPACE), check=False, **QUIET)
    run("ip", "netns", "add", SPACE)
    try:
        for address in (CLIENT, SERVER):
            run("ip", "-n", SPACE, "addr", "add", f"{address}/24", "dev", "lo")
        run("ip", "-n", SPACE, "link", "set", "lo", "mtu", "1500", "up")
        run(*INSIDE, "ethtool", "-K", "lo", "tso", "off", "gso", "off", "gro", "off")
        yield
    finally:
        run("ip", "netns", "del", SPACE)


@contextlib.contextmanager
def running(*command: str, wait: float = 1.0) -> Iterator[None]:
    """A program inside the namespace while the block runs."""
    process = subprocess.Popen(
        [*INSIDE, *command], start_new_session=True, cwd=HERE, **QUIET | {"stdin": subprocess.PIPE}
    )
    time.sleep(wait)
    try:
        yield
    finally:
        time.sleep(0.3)
        os.killpg(process.pid, signal.SIGINT)
        process.wait(10)


@contextlib.contextmanager
def captured(name: str) -> Iterator[None]:
    """Capture the namespace's link into `<name>.pcapng` while the block runs, without a word about this machine."""
    classic = HERE / "build" / f"{name}.pcap"
    with running("dumpcap", "-P", "-q", "-i", "lo", "-f", "ip", "-w", str(classic), wait=2.0):
        yield
    run("editcap", "-F", "pcapng", str(classic), str(HERE / f"{name}.pcapng"))


def python(script: str, *arguments: str) -> tuple[str, ...]:
    """Command of a script beside this file."""
    return (sys.executable, script, *arguments)


def openssl(*arguments: str, port: int, name: str = "", alpn: str = ALPN) -> Hello:
    """Say hello with `openssl s_client`."""
    options = [
        "-connect",
        f"{SERVER}:{port}",
        "-bind",
        f"{CLIENT}:0",
        *(("-servername", name) if name else ("-noservername",)),
    ]
    options += ["-alpn", alpn] if alpn else []
    subprocess.run([*INSIDE, "openssl", "s_client", *options, *arguments], check=False, timeout=30, cwd=HERE, **QUIET)
    return {"port": port, "sni": name, "alpn": alpn.split(",") if alpn else []}


def tls() -> list[Hello]:
    """Over TCP: versions, no name, a second hello, odd segments and records, a proxy's place in preludes."""
    with running(*python("peers.py", "starttls", "none", "443")):
        said = [
            openssl("-tls1_3", port=443, name="camera.example"),
            openssl("-tls1_2", port=443, name="recorder.example", alpn=""),
            openssl("-tls1_2", port=443, alpn=""),
        ]
        for kind in ("segments", "records"):
            run(*INSIDE, *python(str(HERE / "clients.py"), kind, "443"))
            said.append({"port": 443, "sni": f"{kind}.example", "alpn": ALPN.split(",")})
    with running(
        "openssl",
        "s_server",
        "-accept",
        f"{SERVER}:8443",
        "-cert",
        "build/server.pem",
        "-key",
        "build/server.key",
        "-groups",
        "P-384",
    ):
        said += [openssl("-groups", "X25519:P-384", port=8443, name="again.example")] * 2  # it is asked to say it again
    for protocol, port in STARTTLS.items():
        with running(*python("peers.py", "starttls", protocol, str(port))):
            said.append(openssl("-starttls", protocol, port=port, name=f"{protocol}.example", alpn=""))
    return [{"transport": "tcp"} | hello for hello in said]


def dtls() -> list[Hello]:
    """Over UDP: with a cookie, so that every hello is said twice; in one record, and in fragments."""
    said = []
    for port, version, options in (
        (4433, "-dtls1_2", ()),
        (4434, "-dtls1_2", ("-mtu", "256")),
        (4435, "-dtls1", ("-mtu", "400")),
    ):
        server = [
            "openssl",
            "s_server",
            version,
            "-listen",
            "-accept",
            f"{SERVER}:{port}",
            "-cert",
            "build/server.pem",
            "-key",
            "build/server.key",
        ]
        low = ("-cipher", "DEFAULT@SECLEVEL=0")
        with running(*server, *low):
            said += [openssl(version, *low, *options, port=port, name="dtls.example", alpn="webrtc")] * 2
    return [{"transport": "dtls"} | hello for hello in said]


def quic() -> list[Hello]:
    """QUIC: both versions, a Retry, a hello over two Initials, another library."""
    said = []
    with running(*python("peers.py", "quic", "443"), wait=3.0):
        for kind in ("first", "second", "long"):
            run(*INSIDE, *python(str(HERE / "clients.py"), kind, "443"))
            names = ["h3", *(f"protocol-number-{i}" for i in range(80))] if kind == "long" else ["h3"]
            said.append({"port": 443, "sni": f"{kind}.example", "alpn": names})
        said.append(openssl("-quic", port=443, name="openssl.example", alpn="h3"))
    with running(*python("peers.py", "quic", "8443", "retry"), wait=3.0):
        run(*INSIDE, *python(str(HERE / "clients.py"), "retry", "8443"))
        said.append({"port": 8443, "sni": "retry.example", "alpn": ["h3"]})
    return [{"transport": "quic"} | hello for hello in said]


def second_opinion(path: Path) -> list[Hello]:
    """Frame, JA3 and JA4 of every hello as tshark sees it."""
    fields = ("frame.number", "tls.handshake.ja3", "tls.handshake.ja4", "dtls.handshake.ja4")
    command = ["tshark", "-r", str(path), "-Y", "tls.handshake.type == 1 || dtls.handshake.type == 1", "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in told.splitlines()]
    seen = [{"frame": int(frame), "ja3": ja3, "ja4": ja4 or other} for frame, ja3, ja4, other in rows]
    return [row for row in seen if row["ja4"]]  # first fragments have none


def main() -> None:
    """Build all."""
    (HERE / "build").mkdir(exist_ok=True)
    subject = (
        "-subj",
        "/O=Demo Office/CN=recorder.example",
        "-addext",
        "subjectAltName=DNS:recorder.example,IP:10.99.0.3",
    )
    key = ("-newkey", "rsa:2048", "-noenc", "-keyout", "build/server.key")
    subprocess.run(
        ["openssl", "req", "-x509", *key, "-out", "build/server.pem", "-days", "3650", *subject],
        check=True,
        cwd=HERE,
        **QUIET,
    )
    expected: dict[str, Any] = {}
    for build in (tls, dtls, quic):
        with network(), captured(build.__name__):
            said = build()
        path = HERE / f"{build.__name__}.pcapng"
        expected[path.name] = {"hellos": said, "tshark": second_opinion(path)}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
