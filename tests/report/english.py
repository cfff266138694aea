"""Finds English words in a Chinese page, where nothing marks them as quoted: what the tests of both languages share."""

from __future__ import annotations

import html.parser
import re

QUOTING = frozenset({"bdi", "code", "style", "script", "title"})  # elements whose text is somebody else's, or a command
VOID = frozenset({"meta", "br", "img", "line", "rect", "circle", "path", "text"})
# Names of protocols, formats, units, tools and laws of form, which Chinese texts write in Latin letters too.
NAMES = frozenset(
    [
        "A",
        "AI",
        "API",
        "ARP",
        "B",
        "BMP",
        "C",
        "CASE",
        "CIDR",
        "COS",
        "CSV",
        "D",
        "DER",
        "DHCP",
        "DNS",
        "EXIF",
        "FTP",
        "GIF",
        "HTTP",
        "HTTPS",
        "ICMP",
        "ID",
        "IP",
        "IPv",
        "ISAPI",
        "JPEG",
        "JSON",
        "LAN",
        "LAPI",
        "LLDP",
        "MAC",
        "MB",
        "MQTT",
        "NAT",
        "NDP",
        "NTP",
        "OBS",
        "OSS",
        "OpenSSL",
        "PNG",
        "POST",
        "QUIC",
        "RTP",
        "RTSP",
        "SADP",
        "SHA",
        "SIP",
        "SM",
        "SMB",
        "SMTP",
        "SNI",
        "SQL",
        "SSDP",
        "SYN",
        "TCP",
        "TLS",
        "TOS",
        "TTL",
        "UDP",
        "UPnP",
        "URL",
        "UTC",
        "User-Agent",
        "VLAN",
        "WAN",
        "WebP",
        "WebSocket",
        "Wireshark",
        "XML",
        "YuNet",
        "ZIP",
        "kB",
        "GB",
        "B",
        "TB",
        "s",
        "KiB",
        "MiB",
        "netaudit",
        "pcap",
        "pcapng",
        "dpkt",
        "tshark",
        "OpenSSL",
        "Linux",
        "Windows",
        "Server",
        "base",
        "XMEye",
        "ONVIF",
        "Date",
        "UAC",
        "PyAV",
        "Application",
        "Data",
        "LLMNR",
        "mDNS",
        "NetBIOS",
        "VIID",
        "mar",
        "Asia",
        "Shanghai",
        "facesluice",
        "HTTPv",
        "gzip",
        "zstd",
        "IEND",
        "ONNX",
    ]
)
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*[A-Za-z]|[A-Za-z]")
_QUOTED = re.compile(r"“[^“”]{0,400}”|'[^']{0,200}'|目标主机名 \S+")
_TOKEN = re.compile(  # addresses, file names, hashes, ids of rules and signatures, paths, versions, times, fields
    r"\d{4}-\d\d-\d\dT[\d:.+-]+Z?|"
    r"[\w.+-]+@[\w.-]+|\S*[/_=\\]\S*|[\w-]+(?:\.[\w-]+)+\S*|\b[0-9a-fA-F:]{6,}\b…?|[a-z0-9]+(?:-[a-z0-9]+)+|\b[A-Z]+(?:-\w+)+|\b\w*\d\w*\b"
)


class _Plain(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.parts: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        if tag in self.stack:
            while self.stack.pop() != tag:
                pass

    def handle_data(self, data):
        if not QUOTING.intersection(self.stack):
            self.parts.append(data)


def english_in(source: str) -> dict[str, str]:
    """English words of a page with the text around each."""
    plain = _Plain()
    plain.feed(source)
    plain.close()
    found: dict[str, str] = {}
    for part in plain.parts:
        text = _TOKEN.sub(" ", _QUOTED.sub(" ", part))
        for word in _WORD.findall(text):
            if word not in NAMES:
                found.setdefault(word, " ".join(part.split())[:160])
    return found
