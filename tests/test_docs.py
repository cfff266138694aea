"""The documentation: Chinese and English say the same by their form, and what is generated covers everything."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

from netaudit.cli.exits import Exit
from netaudit.cli.settings import SETTINGS
from netaudit.messages.readers import READERS
from netaudit.tables import TABLES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CHINESE = sorted(path.relative_to(DOCS / "zh").as_posix() for path in (DOCS / "zh").rglob("*.md"))
BEHIND = "> 英文版此后有改动，有出入处以英文版为准。"  # a reader is told where a translation has yet to follow
MEASURED = {"campaigns.md"}  # whose tables of figures follow their measurement
IDEOGRAPHS = re.compile(r"[\u4e00-\u9fff]")


# entries of READERS and words of the first cell of their row in carriers.md: in both languages, or (English, Chinese)
CARRIERS = {
    "http": "HTTP/1.0", "http2": "HTTP/2", "websocket": "WebSocket", "socks": "SOCKS", "rtsp": "RTSP", "rtp": "RTP",
    "ftp": "FTP", "smtp": "SMTP", "imap": "IMAP", "pop3": "POP3", "mqtt": "MQTT", "tftp": "TFTP", "msrp": "MSRP",
    "coap": "CoAP", "gelf": "GELF", "smb": "SMB", "nfs": "NFS", "sip": "SIP", "ps": "MPEG-PS", "mpegts": "MPEG-TS",
    "dahua": ("Dahua", "大华"), "sofia": ("Xiongmai", "雄迈"), "hcnet": ("Hikvision 8000", "海康威视 8000"),
    "ezviz": ("EZVIZ", "萤石"), "ezviz_vtm": ("EZVIZ", "萤石"), "ehome": "EHome", "tplink": "TP-Link",
    "idcard": ("ID-card readers", "身份证阅读器"), "mongodb": "MongoDB", "kafka": "Kafka", "amqp": "AMQP", "redis": "Redis",
    "opcua": "OPC UA", "rtps": "RTPS", "ymodem": "YMODEM", "telnet": "Telnet",
    "unknown": ("documents of protocols that nobody knows", "无人知晓的协议中的文档"),
}  # fmt: skip
ONLY_FACTS = {  # entries that carry nothing to look at: facts about hosts, names, handshakes of what is encrypted
    "tls", "quic", "dtls", "ssh", "dns", "dhcp", "dhcpv6", "nbns", "nbdgm", "snmp", "syslog", "ntp", "ssdp",
    "discovery", "stun",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted({entry.name for entry in READERS}))
def test_every_reader_has_its_row_among_the_carriers(name: str) -> None:
    if name in ONLY_FACTS:
        assert name not in CARRIERS
        return
    assert name in CARRIERS, f"{name}: a row in docs/carriers.md and docs/zh/carriers.md, and its words here"
    words = CARRIERS[name]
    for page, word in zip(
        ("carriers.md", "zh/carriers.md"), (words, words) if isinstance(words, str) else words, strict=True
    ):
        firsts = re.findall(r"^\| ([^|]*) \|", (DOCS / page).read_text("utf-8"), re.MULTILINE)
        assert any(word in first for first in firsts), f"{page} has no row of {word}"


def test_no_reader_that_is_gone_stands_among_the_carriers() -> None:
    assert {entry.name for entry in READERS} == CARRIERS.keys() | ONLY_FACTS


def site():
    spec = importlib.util.spec_from_file_location("netaudit_site", ROOT / "packaging" / "site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def form(text: str) -> dict[str, object]:
    """What does not depend on the language: headings by level, code without its words, links, pictures, rows."""
    lines, inside = [], False
    for line in text.splitlines():
        inside ^= line.startswith("```")
        if inside or line.startswith("    "):
            lines.append(line.partition("  #")[0])
    named = re.compile(r"netaudit [a-z]+|--[a-z-]+|case\.\w+|make \w+|openssl \w+")
    commands = [word for line in lines for word in named.findall(line)]
    return {
        "headings": [len(found) for found in re.findall(r"^(#+) ", text, re.MULTILINE)],
        "commands": commands,
        "links": [re.sub(r"#.*|-(en|zh)\b|(\.\./)+", "", link) for link in re.findall(r"\]\(([^)]+)\)", text)],
        "figures": re.findall(r"\{\{.*?\}\}", text),
        "rows": len(re.findall(r"^\|", text, re.MULTILINE)),
        "points": len(re.findall(r"^\* ", text, re.MULTILINE)),
    }


def test_there_are_pages_for_every_user() -> None:
    for user in site().USERS:
        assert f"tutorials/{user}.md" in CHINESE


@pytest.mark.parametrize("name", CHINESE)
def test_both_languages_have_the_same_form(name: str) -> None:
    english, chinese = (form((folder / name).read_text("utf-8")) for folder in (DOCS, DOCS / "zh"))
    if name in MEASURED:
        del english["rows"], chinese["rows"]
    if BEHIND in (DOCS / "zh" / name).read_text("utf-8"):
        assert english != chinese, f"{name}: says that it is behind, and is not"
    else:
        assert english == chinese, f"{name}: translate what changed, or say in it: {BEHIND}"


@pytest.mark.parametrize("name", CHINESE)
def test_chinese_pages_are_chinese(name: str) -> None:
    inside = False
    for line in (DOCS / "zh" / name).read_text("utf-8").splitlines():
        inside ^= line.startswith("```")
        if not inside and line.strip() and not line.startswith(("    ", "```", "|---", "{{")):
            prose = re.sub("`[^`]*`", "", line)
            assert IDEOGRAPHS.search(prose) or not re.search("[a-z]{4} [a-z]{3}", prose), line


def test_no_page_has_a_place_left_to_fill() -> None:
    for path in DOCS.rglob("*.md"):
        assert "@@" not in path.read_text("utf-8"), path


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_references_are_whole(lang: str) -> None:
    module = site()
    tables = module.tables(lang)
    for table in TABLES:
        assert f"## {table.name}\n" in tables
        for column in table.columns:
            assert f"| `{column.name}` |" in tables
    settings = module.settings(lang)
    for name in SETTINGS:
        assert f"| `{name}` |" in settings
    for code in Exit:
        assert f"* `{int(code)}`" in settings
    python = module.python(lang)
    for name in (
        "netaudit.audit",
        "Case.device",
        "Case.sql",
        "Case.report",
        "Case.search",
        "Case.plot",
        "Device.claims",
    ):
        assert f"## {name}\n" in python
    commands = module.cli(lang)
    for name in ("audit", "live", "show", "browse", "docs", "campaign run", "decide"):
        assert f"## netaudit {name}\n" in commands


def test_pictures_that_pages_show_are_there() -> None:
    for path in [*DOCS.glob("*.md"), *DOCS.rglob("tutorials/*.md"), *DOCS.glob("zh/*.md")]:
        for link in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", path.read_text("utf-8")):
            there = {(path.parent / link).resolve(), (DOCS / link.replace("../", "")).resolve()}
            assert any(one.is_file() for one in there), f"{path}: {link}"


def test_whatever_a_page_would_fetch_is_found() -> None:
    module = site()
    assert module.fetched('<script src="https://cdn.example/x.js"></script>') == ["https://cdn.example/x.js"]
    assert module.fetched('<a href="https://example.com/">') == []


@pytest.mark.tools
def test_the_site_is_searched_from_the_disk() -> None:
    """Where it was built: its search works, and nothing is fetched from elsewhere."""
    from tests.browse.chromium import PROGRAM, Chromium

    pages = ROOT / "netaudit" / "_docs"
    if PROGRAM is None or not pages.is_dir():
        pytest.skip("NO SITE OR NO CHROMIUM: make docs")
    with Chromium() as browser:
        for lang, word in (("", "keyed"), ("zh/", "笔录")):
            browser.open((pages / lang / "index.html").as_uri())
            assert all(one.startswith(("file:", "data:")) for one in browser.requested())
            browser.run(
                f"document.querySelector('[name=query]').focus(); document.querySelector('[name=query]').value = {json.dumps(word)};"
                "document.querySelector('[name=query]').dispatchEvent(new Event('keyup', {bubbles: true}))"
            )
            script = """new Promise((done) => { let tries = 0; const look = () => {
                const found = document.querySelectorAll('.md-search-result__link').length;
                if (found || tries++ > 100) done(found); else setTimeout(look, 100); }; look(); })"""
            assert browser.run(script) > 0, lang
            assert all(one.startswith(("file:", "data:", "blob:")) for one in browser.requested())


def test_a_page_that_holds_both_languages_is_cut_in_two() -> None:
    module = site()
    english, chinese = module.page_of("keys.md", "en"), module.page_of("keys.md", "zh")
    assert not IDEOGRAPHS.search(english.partition("中文")[0])
    assert chinese.startswith("# 密钥")
    assert form(english)["headings"] == form(chinese)["headings"]
    assert form(english)["rows"] == form(chinese)["rows"]
