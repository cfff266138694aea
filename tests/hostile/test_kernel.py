"""The model of a receiver against a real one: steps go through a TUN device into this machine's own TCP (root only).

Everything happens in a network namespace of its own, in a child process that leaves nothing behind.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.attacks import FAMILIES

ROOT = Path(__file__).parents[2]
# what a TUN device cannot show: link addresses, hops that run out on the way, pieces the device refuses itself; and
# bytes out of band, of which those that are not read before the next one comes stay in the stream
LEFT_OUT = ("foreign link", "few hops", "length zero", "bad header checksum", "acknowledged before", "urgent bytes")
CASES = [name for name in FAMILIES if not any(part in name for part in LEFT_OUT)]

SCRIPT = """
import ctypes, fcntl, os, random, select, socket, struct, sys, threading, time

CLONE_NEWNET = 0x40000000
if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
    sys.exit(77)
from tests.hostile.attacks import FAMILIES
from tests.hostile.wire import ACK, CLIENT_ISN, FIN, PSH, SERVER, SYN, State, Step, packets

device = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(device, 0x400454CA, struct.pack("16sH", b"t0", 0x1001))
os.system("ip addr add 47.96.10.20/32 dev t0; ip link set t0 up; ip link set lo up; ip route add 192.168.1.0/24 dev t0")
server = socket.create_server(("47.96.10.20", 80))
got = []


def serve():
    end, _ = server.accept()
    end.settimeout(8)
    try:
        while data := end.recv(65536):
            got.append(data)
    except OSError:
        pass


thread = threading.Thread(target=serve, daemon=True)
thread.start()
name, seed = sys.argv[1], sys.argv[2]
chance = random.Random(f"{name}/{seed}")
text = chance.randbytes(chance.choice([900, 6000, 20_000]))
state, ports = State(), (40000, 80)
heard = [0]


def listen(wait):
    while select.select([device], [], [], wait)[0]:
        packet = os.read(device, 65536)
        if packet[0] >> 4 != 4 or packet[9] != 6:
            continue
        head = packet[20:]
        if head[13] & SYN:
            state.server_isn = int.from_bytes(head[4:8], "big")
        if head[13] & ACK:
            heard[0] = (int.from_bytes(head[8:12], "big") - CLIENT_ISN - 1) & 0xFFFFFFFF
        options, at = head[20 : (head[12] >> 4) * 4], 0
        while at < len(options):
            if options[at] == 1:
                at += 1
            elif options[at] == 8:
                state.echo = int.from_bytes(options[at + 2 : at + 6], "big")
                at += 10
            else:
                at += max(options[at + 1], 2) if options[at] and at + 1 < len(options) else 99


def send(step):
    for packet in packets(step, state, ports):
        os.write(device, packet)


listen(0.2)
send(Step(0, b"", SYN))
listen(0.3)
send(Step(0, b"", ACK))
steps = FAMILIES[name](chance, text)
for step in steps:
    state.clock += step.pause
    send(step)
    listen(0.002 if not step.settle else 0.01)
end = len(text) + sum(bool(step.urgent and step.flags & 32) for step in steps)
send(Step(end, b"", FIN | ACK))
listen(0.1)
thread.join(4)
sys.exit(0 if b"".join(got) == text else 1)
"""


@pytest.mark.skipif(os.geteuid() if hasattr(os, "geteuid") else True, reason="needs root")
@pytest.mark.skipif(not Path("/dev/net/tun").exists() or not shutil.which("ip"), reason="needs TUN devices")
@pytest.mark.parametrize(
    "name", random.Random("sample").sample(CASES, 4) if not os.environ.get("HOSTILE_ALL") else CASES
)
def test_a_real_receiver_takes_the_text(name, tmp_path):
    script = tmp_path / "receiver.py"
    script.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), name, "0"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip("no namespace may be made here")
    assert done.returncode == 0, (name, done.stderr[-500:])
