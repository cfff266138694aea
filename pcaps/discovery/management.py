"""Who is managed: net-snmp, logger and rsyslog, chrony, telnetd of busybox."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from peers import DEVICE, OF_SERVER, SERVER, captured, expected, fact, named, network, run, running

SNMPD = """agentaddress udp:10.99.0.3:161
rocommunity hush-hush
sysdescr Acme Camera IPC-2, firmware 4.2
sysname cam-hall
syslocation hall, left
sysobjectid 1.3.6.1.4.1.99999.1
rouser demo auth
createUser demo SHA demo-demo-demo AES demo-demo-demo
"""
GREETING = "Acme IPC-2 hall\\r\\nLinux 3.10 (armv7l)\\r\\n\\r\\n"
LOGIN = (
    "#!/bin/sh\nprintf 'cam-hall login: '\nread name\nprintf 'Password: '\nread word\nprintf 'Login incorrect\\r\\n'\n"
)
SYSTEM = ("1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.6.0")


def build() -> None:
    """One capture."""
    with tempfile.TemporaryDirectory() as scratch, network():
        folder = Path(scratch)
        (folder / "snmpd.conf").write_text(SNMPD)
        (folder / "issue").write_bytes(GREETING.encode().decode("unicode_escape").encode())
        login = folder / "login"
        login.write_text(LOGIN)
        login.chmod(0o755)
        (folder / "chrony.conf").write_text("local stratum 3\nallow 10.99.0.0/24\ncmdport 0\n")
        (folder / "rsyslog.conf").write_text(
            f'module(load="imudp")\ninput(type="imudp" port="514")\n*.* {folder}/log\n'
        )
        with (
            running(
                "na-server",
                "env",
                f"SNMP_PERSISTENT_DIR={folder}",
                "snmpd",
                "-f",
                "-Lf",
                str(folder / "snmp.log"),
                "-C",
                "-c",
                str(folder / "snmpd.conf"),
                "-p",
                f"{folder}/snmp.pid",
                "-I",
                "-smux",
                wait=2,
            ),
            running("na-server", "rsyslogd", "-n", "-f", str(folder / "rsyslog.conf"), "-i", f"{folder}/rsyslog.pid"),
            running("na-server", "chronyd", "-d", "-x", "-f", str(folder / "chrony.conf")),
            running("na-server", "busybox", "telnetd", "-F", "-l", str(login), "-f", str(folder / "issue")),
            captured("management"),
        ):
            run("na-device", "snmpget", "-v2c", "-c", "hush-hush", "-On", SERVER, *SYSTEM)
            run(
                "na-device",
                "snmpget",
                "-v3",
                "-u",
                "demo",
                "-l",
                "authPriv",
                "-a",
                "SHA",
                "-A",
                "demo-demo-demo",
                "-x",
                "AES",
                "-X",
                "demo-demo-demo",
                SERVER,
                SYSTEM[0],
                check=False,
            )
            for form in ("--rfc3164", "--rfc5424"):
                run(
                    "na-device",
                    *named("gate-1", "logger", form, "-n", SERVER, "-P", "514", "-d", "-t", "gated", "door opened"),
                )
            run("na-device", "chronyd", "-Q", "-t", "10", f"server {SERVER} iburst", check=False)
            talk = subprocess.Popen(
                ["ip", "netns", "exec", "na-device", "telnet", SERVER],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            assert talk.stdin is not None
            for words in (b"", b"admin\n", b"letmein\n"):
                talk.stdin.write(words)
                talk.stdin.flush()
                time.sleep(1)
            talk.stdin.close()
            talk.kill()
            talk.wait()
    expected(
        "management.pcapng",
        "net-snmp, util-linux logger and rsyslog, chrony, busybox telnetd and inetutils telnet",
        [
            fact("snmp", "description", "Acme Camera IPC-2, firmware 4.2", **OF_SERVER),
            fact("snmp", "name", "cam-hall", **OF_SERVER),
            fact("snmp", "location", "hall, left", **OF_SERVER),
            fact("snmp", "object_id", "1.3.6.1.4.1.99999.1", **OF_SERVER),
            fact("snmp", "version", "2c", **OF_SERVER),
            fact("snmp", "enterprise", "8072", **OF_SERVER),
            fact("snmp_client", "asks", "get", ip=DEVICE),
            fact("ntp", "stratum", "3", **OF_SERVER),
            fact("flow", "time_server", SERVER, ip=DEVICE),
            fact("flow", "listens", "tcp/23", **OF_SERVER),
            fact("flow", "listens", "udp/161", **OF_SERVER),
        ],
    )
