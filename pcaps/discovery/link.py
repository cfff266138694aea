"""Who is next door: lldpd speaks LLDP with its inventory and CDP, the kernel's bridge the spanning tree."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from peers import LINKS, MACS, OF_SERVER, captured, expected, fact, named, network, run, running

CONFIG = """
configure system hostname hall-switch
configure system description "Acme Switch 24, version 3.1"
configure system ip management pattern 10.99.0.3
configure lldp tx-interval 3
configure inventory hardware-revision B2
configure inventory firmware-revision 3.1.7
configure inventory software-revision 3.1
configure inventory serial-number ACME-0007
configure inventory manufacturer Acme
configure inventory model Switch-24
configure inventory asset A-17
"""


def build() -> None:
    """One capture."""
    with tempfile.TemporaryDirectory() as scratch, network():
        config = Path(scratch) / "lldpd.conf"
        config.write_text(CONFIG)
        Path(scratch).chmod(0o755)  # its half without privileges reads there, too
        Path("/run/lldpd").mkdir(exist_ok=True)
        link = LINKS["na-server"]
        command = (
            "lldpd",
            "-d",
            "-l",
            "-ccccc",
            "-M",
            "4",
            "-I",
            link,
            "-O",
            str(config),
            "-u",
            f"{scratch}/socket",
            "-S",
            "Acme Switch 24, version 3.1",
        )
        with captured("link"):
            with running("na-server", *named("hall-switch", *command)):
                time.sleep(9)
            for words in (
                ("add", "br0", "type", "bridge", "stp_state", "1", "priority", "4096", "hello_time", "100"),
                ("set", "br0", "address", MACS["na-server"]),
                ("set", link, "master", "br0"),
                ("set", "br0", "up"),
            ):
                run("na-server", "ip", "link", *words)
            time.sleep(12)
    expected(
        "link.pcapng",
        "lldpd, the bridge of Linux",
        [
            fact("lldp", "system_name", "hall-switch", **OF_SERVER),
            fact("lldp", "system_description", "Acme Switch 24, version 3.1", **OF_SERVER),
            fact("lldp", "chassis", MACS["na-server"], **OF_SERVER),
            fact("lldp", "management", "10.99.0.3", **OF_SERVER),
            fact("lldp", "serial", "ACME-0007", **OF_SERVER),
            fact("lldp", "manufacturer", "Acme", **OF_SERVER),
            fact("lldp", "model", "Switch-24", **OF_SERVER),
            fact("lldp", "firmware", "3.1.7", **OF_SERVER),
            fact("lldp", "hardware", "B2", **OF_SERVER),
            fact("lldp", "asset", "A-17", **OF_SERVER),
            fact("cdp", "device_id", "hall-switch", **OF_SERVER),
            fact("cdp", "software", "Acme Switch 24, version 3.1", **OF_SERVER),
            fact("cdp", "address", "10.99.0.3", **OF_SERVER),
            fact("cdp", "port", link, **OF_SERVER),
            fact("stp", "bridge", MACS["na-server"], **OF_SERVER),
            fact("stp", "root", "itself", **OF_SERVER),
            fact("stp", "version", "stp", **OF_SERVER),
        ],
    )
