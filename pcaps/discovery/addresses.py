"""Who gives and takes addresses: dnsmasq serves, ISC dhclient and udhcpc of busybox ask, radvd advertises."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from peers import LINKS, MACS, OF_DEVICE, SERVER, captured, expected, fact, network, run, running

PREFIX = "2001:db8:63::"
ADVERTISE = f"""interface {LINKS["na-server"]} {{
 AdvSendAdvert on; AdvManagedFlag on; MaxRtrAdvInterval 4; MinRtrAdvInterval 3;
 prefix {PREFIX}/64 {{ }};
 RDNSS {PREFIX}3 {{ }};
}};
"""
DHCLIENT = """
send host-name "cam-hall";
send vendor-class-identifier "acme-ipc-2";
send dhcp-client-identifier "acme-0001";
send fqdn.fqdn "cam-hall.example.";
request subnet-mask, routers, ntp-servers, domain-name-servers;
"""


def build() -> None:
    """One capture with both versions."""
    with tempfile.TemporaryDirectory() as scratch, network():
        folder = Path(scratch)
        (folder / "dhclient.conf").write_text(DHCLIENT)
        (folder / "radvd.conf").write_text(ADVERTISE)
        run("na-server", "ip", "addr", "add", f"{PREFIX}3/64", "dev", LINKS["na-server"], "nodad")
        run("na-server", "sysctl", "-w", "net.ipv6.conf.all.forwarding=1")
        dnsmasq = (
            "dnsmasq",
            "--keep-in-foreground",
            "--user=root",
            "--conf-file=/dev/null",
            f"--interface={LINKS['na-server']}",
            "--dhcp-range=10.99.0.100,10.99.0.150,1h",
            f"--dhcp-range={PREFIX}100,{PREFIX}150,1h",
            "--dhcp-authoritative",
            f"--dhcp-leasefile={folder}/leases",
            "--pid-file=",
            "--port=0",
            "--dhcp-host=02:0a:5e:63:c0:02,10.99.0.117",
        )
        client = LINKS["na-device"]
        lease = ("-cf", str(folder / "dhclient.conf"), "-lf", str(folder / "lease"), "-pf", str(folder / "pid"))
        quiet = ("-sf", "/bin/true")  # addresses stay as they are
        with (
            running("na-server", *dnsmasq),
            running(
                "na-server",
                "radvd",
                "-n",
                "-m",
                "stderr",
                "-C",
                str(folder / "radvd.conf"),
                "-p",
                str(folder / "radvd.pid"),
            ),
            captured("addresses"),
        ):
            time.sleep(5)
            run("na-device", "dhclient", "-4", "-1", *lease, *quiet, client)
            run("na-device", "pkill", "-F", str(folder / "pid"), check=False)
            run("na-device", "dhclient", "-6", "-1", "-D", "LL", *lease[:-1], str(folder / "pid6"), *quiet, client)
            run("na-device", "pkill", "-F", str(folder / "pid6"), check=False)
            run(
                "na-device",
                "busybox",
                "udhcpc",
                "-n",
                "-q",
                "-i",
                client,
                "-s",
                "/bin/true",
                "-V",
                "acme-gate",
                "-x",
                "hostname:gate-1",
            )
    expected(
        "addresses.pcapng",
        "dnsmasq, radvd; ISC dhclient, busybox udhcpc",
        [
            fact("dhcp", "hostname", "cam-hall", **OF_DEVICE),
            fact("dhcp", "vendor_class", "acme-ipc-2", **OF_DEVICE),
            fact("dhcp", "client_id", b"acme-0001".hex(":"), **OF_DEVICE),
            fact("dhcp", "fqdn", "cam-hall.example.", **OF_DEVICE),
            fact("dhcp", "params", "1,3,42,6", **OF_DEVICE),
            fact("dhcp", "message", "discover", **OF_DEVICE),
            fact("dhcp", "message", "request", **OF_DEVICE),
            fact("dhcp", "hostname", "gate-1", **OF_DEVICE),
            fact("dhcp", "vendor_class", "acme-gate", **OF_DEVICE),
            fact("dhcp", "leased", SERVER, mac=MACS["na-device"], ip="10.99.0.117"),
            fact("dhcp", "serves", "leases", ip=SERVER),
            fact("dhcpv6", "message", "solicit", **OF_DEVICE),
            fact("dhcpv6", "duid", "00:03:00:01:" + MACS["na-device"], **OF_DEVICE),
            fact("dhcpv6", "duid_mac", MACS["na-device"], **OF_DEVICE),
            fact("dhcpv6", "serves", "leases", mac=MACS["na-server"]),
            fact("ra", "prefix", f"{PREFIX}/64", mac=MACS["na-server"]),
            fact("ra", "dns", f"{PREFIX}3", mac=MACS["na-server"]),
        ],
    )
