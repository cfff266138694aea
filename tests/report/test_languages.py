"""No English word in a Chinese report and no Chinese one in an English report, but for what is quoted."""

from __future__ import annotations

import gzip
import re

import pytest

import netaudit
from netaudit.core.contracts.reasons import JOIN, parsed
from netaudit.core.contracts.unwrapping_steps import spoken
from netaudit.core.schema import TABLES
from netaudit.report.from_case import write_report
from netaudit.report.sections_checking import opinion_text, problem_text
from netaudit.report.texts import LANGS, Texts
from netaudit.report.wording import Wording
from tests.conftest import ROOT
from tests.report.english import QUOTING, _Plain, english_in
from tests.wording import english

DEMO = ROOT / "pcaps" / "sales_office" / "lan.pcapng"
CHINESE = re.compile("[\u4e00-\u9fff]+")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return netaudit.audit(DEMO, tmp_path_factory.mktemp("demo") / "case", site="Demo")


@pytest.fixture(scope="module")
def pages(demo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    return {
        lang: write_report(demo, folder / f"{lang}.html", lang).read_text(encoding="utf-8") for lang in ("zh", "en")
    }


def test_the_chinese_report_of_the_demo_office_has_no_english_word(pages):
    assert english_in(pages["zh"]) == {}


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """A case of the demo with two pictures spoilt, a block broken and its end cut off; of a cut gzip file; and none."""
    folder = tmp_path_factory.mktemp("damaged")
    data = bytearray(DEMO.read_bytes()[:500_000])
    pictures = [found.start() for found in re.finditer(b"\xff\xd8\xff\xe0", data)]
    data[pictures[0] + 20 : pictures[0] + 400] = bytes(380)  # its tables
    data[pictures[1] + 700 : pictures[1] + 900] = b"\xff\xd8" * 100  # within its scan
    blocks = [found.start() for found in re.finditer(b"\x06\0\0\0[^\0].\0\0", data)]
    data[blocks[len(blocks) // 2] + 4 : blocks[len(blocks) // 2] + 8] = b"\xff" * 4
    (folder / "damaged.pcapng").write_bytes(data)
    (folder / "cut.pcapng.gz").write_bytes(gzip.compress(DEMO.read_bytes()[:60_000])[:-9_000])
    (folder / "notes.pcap").write_bytes(b"none")
    return netaudit.audit(folder, tmp_path_factory.mktemp("cases") / "case")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_damage_of_captures_and_images_is_said_in_the_language_of_the_report(damaged, tmp_path, lang):
    damage = [one for row in damaged.table("captures").column("damage").to_pylist() for one in row]
    problems = {one for one in damaged.table("images").column("problem").to_pylist() if one}
    assert len(damage) >= 3
    assert len(problems) >= 2
    page = write_report(damaged, tmp_path / "r.html", lang).read_text(encoding="utf-8")
    if lang == "en":
        assert all(english(one) in page for one in damage)
    else:
        assert english_in(page) == {}
        assert not [one for one in (*damage, *problems) if one in page or english(one) in page]


def test_every_reason_in_the_tables_has_its_words(demo, damaged):
    """A code in both languages; notes and bounds, which are English sentences, in Chinese."""
    seen = set()
    for case in (demo, damaged):
        for table in TABLES:
            for column in (one.name for one in table.columns if one.reasons):
                for value in case.table(table.name, [column])[column].to_pylist():
                    for text in value if isinstance(value, list) else [value]:
                        for one in (text or "").split(JOIN) if text else ():
                            seen.add((table.name, column))
                            coded = all(Texts(lang).reason(parsed(one), str) for lang in LANGS)
                            assert coded or CHINESE.search(Texts("zh").phrase(one, str)), (table.name, one)
    assert seen >= {("captures", "damage"), ("findings", "reason"), ("findings", "role_reason"), ("images", "problem")}


def test_tables_for_a_spreadsheet_have_words(demo, tmp_path):
    for lang, words in (("en", "images with a face ("), ("zh", "含人脸图像")):
        text = (demo.to_csv(tmp_path / lang, lang=lang) / "findings.csv").read_text("utf-8-sig")
        assert words in text
        assert "clear_for" not in text


def test_what_a_decoder_says_is_quoted_and_sentences_stand_within_sentences():
    t = Texts("zh")
    assert t.phrase("image_not?said=broken+data+stream", str) == "无法解码：“broken data stream”"
    assert (
        t.phrase("image_not_whole?inner=extent_cut_chunk%3Fsaid%3DIDAT", str)
        == "可以解码，但不完整：在“IDAT”块内被截断"
    )
    assert t.phrase("corrupt block at offset 12: 34 bytes lost, up to the end", str) == (
        "块损坏（偏移 12）：丢失 34 字节，直至文件末尾"
    )


def test_the_check_sees_english():
    assert set(english_in("<p>共 3 images，<bdi>quoted</bdi> “as said”</p>")) == {"images"}


def test_the_english_report_quotes_what_is_chinese(pages):
    plain = _Plain()
    plain.feed(pages["en"])
    outside = [CHINESE.findall(re.sub("“[^“”]*”|\\([^()]*\\)", "", part)) for part in plain.parts]
    assert [found for found in outside if found] == []
    assert "Wangxiaobao" in pages["en"]
    assert "bdi" in QUOTING


def test_makers_are_named_in_the_language_of_the_report(pages):
    for word in ("海康威视", "大华", "宇视"):
        assert word in pages["zh"]
    for word in ("Hikvision", "Dahua", "Uniview"):
        assert word in pages["en"]


def test_every_maker_of_the_vocabulary_is_known_or_writes_itself_in_latin_letters():
    file = ROOT / "signatures" / "vocabulary" / "vendors.txt"
    makers = {line.strip() for line in file.read_text("utf-8").splitlines() if line.strip() and line[0] != "#"}
    assert set(Texts("zh").group("vendor")) <= makers
    assert len(makers - set(Texts("zh").group("vendor"))) <= 20


@pytest.mark.parametrize(
    ("said", "zh"),
    [
        ("confirmed: opinion_same", "已证实：字节相同"),
        ("not confirmable: opinion_not_whole", "无法复核：在抓包文件中不完整"),
        ("something else", "something else"),
    ],
)
def test_opinions_are_said_in_chinese(said, zh):
    assert opinion_text(said, Wording("zh")) == zh
    if said != "something else":
        assert opinion_text(said, Wording("en")).startswith(said.partition(": ")[0])


def test_problems_of_signatures_and_ways_are_said_in_chinese():
    w = Wording("zh")
    assert problem_text("signature/manifest.p7s: does not hold: it is over other bytes", w) == (
        "signature/manifest.p7s：不成立：它签署的是另外的内容"
    )
    path = "request body › multipart faceImage › json $.image › base64 › jpeg"
    assert spoken(path, "zh") == "请求正文 › 多部分表单 faceImage › json $.image › base64 › jpeg"
    assert spoken("websocket body › jpeg", "zh") == "websocket 正文 › jpeg"
    assert spoken(path, "en") == path
