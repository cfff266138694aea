"""The whole report: complete, safe, self-contained, quick."""

import base64
import hashlib
import html.parser
import re
import threading
from pathlib import Path

import pytest

import netaudit.report
from netaudit.errors import CaseError
from netaudit.report import sections_relays
from netaudit.report.from_case import SECTIONS, script, write_report
from netaudit.report.sections_images import GALLERY_BYTES, thumbnails
from netaudit.report.texts import LANGS
from tests.processor_time import within
from tests.report import fakes

VOID = {"meta", "br", "img", "line", "rect"}
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "section", "nav", "article", "h1", "h2", "h3", "h4", "h5", "p", "a", "span", "circle",
    "strong", "b", "i", "small", "bdi", "code", "div", "dl", "dt", "dd", "ol", "ul", "li", "table", "caption", "thead", "tbody", "tr", "th", "td",
    "figure", "figcaption", "img", "br", "svg", "line", "text", "rect",
    "defs", "g", "marker", "path", "tspan", "details", "summary", "script", "pre",
}  # fmt: skip


class Page(html.parser.HTMLParser):
    """Checks nesting and gathers tags, attributes, ids and text."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.parts, self.problems, self.scripts = [], [], [], [], [], []
        self.feed(source)
        self.close()
        self.text = " ".join("".join(self.parts).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(tag)

    def handle_data(self, data):
        if "script" in self.open:
            self.scripts.append(data)
        elif "style" not in self.open:
            self.parts.append(data)


def written(case, folder, lang="zh", **options):
    path = write_report(case, folder / "report.html", lang, **options)
    assert path == folder / "report.html"
    return path.read_text(encoding="utf-8")


def page(case, folder, lang="zh", **options):
    return Page(written(case, folder, lang, **options))


@pytest.fixture(params=LANGS)
def lang(request):
    return request.param


def safe(found):
    """No script but ours, no handler, nothing from outside, well nested."""
    assert (found.problems, found.open) == ([], [])
    assert found.scripts == [f"\n{script()}\n"]
    assert [one for one in found.attributes if one[0] == "script"] == []
    assert set(found.tags) <= ALLOWED
    ids = [value for _, name, value in found.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    for tag, name, value in found.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in (
            "style",
            "srcset",
            "action",
            "formaction",
            "poster",
            "data",
            "xlink:href",
            "background",
            "ping",
        )
        assert (
            "url(" not in value
            or re.fullmatch(r"url\(#to-(seen|hidden)\)", value)
            or tag == "meta"
            or name in ("title", "alt")
        )
        if name == "href":
            assert value in {f"#{one}" for one in ids}
        if name == "src":
            assert re.fullmatch(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+", value)


@pytest.mark.parametrize("make", [fakes.FakeCase, fakes.office, fakes.hostile])
def test_report_is_safe_and_has_every_section(make, lang, tmp_path):
    found = page(make(), tmp_path, lang)
    safe(found)
    assert [value for tag, name, value in found.attributes if tag == "section" and name == "id"] == list(SECTIONS)
    policy = [value for tag, name, value in found.attributes if name == "content" and "default-src" in value]
    digest = base64.b64encode(hashlib.sha256(found.scripts[0].encode()).digest()).decode()
    told = f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
    assert policy == [told + "base-uri 'none'; form-action 'none'"]


def test_the_script_of_the_page_makes_no_html_and_calls_nobody():
    text = script()
    assert len(text.splitlines()) <= 300
    forbidden = r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|fetch|XMLHttp|WebSocket|import|https?:|Storage|cookie"
    assert re.findall(forbidden, text) == []
    assert "</" not in text


def test_templates_mark_nothing_as_safe_but_the_script():
    folder = Path(netaudit.report.__file__).parent / "templates"
    found = [
        line.strip()
        for path in folder.glob("*.j2")
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"\|\s*safe|autoescape|Markup", line)
    ]
    assert found == ["{{ script | safe }}"]
    assert not re.search(r"@import|url\(", (folder / "style.css").read_text("utf-8"))


def test_hostile_content_stays_text_and_short(lang, tmp_path):
    source = written(fakes.hostile(), tmp_path, lang)
    found = Page(source)
    assert source.lower().count("<script") == 1
    most = 3 + 2 * sections_relays.MOST  # the timeline, who talks to whom, records by day; two of each relay
    assert source.count("<svg") <= most
    assert len(source) < 520_000  # though every string of the case is given with a megabyte too
    for hidden in "\u202e\u2066\u2069\u200b\ufeff\x00\x1b\x07":
        assert hidden not in source
    assert "<script>alert(1)</script>" in found.text  # shown as text
    assert "{{ 7*7 }}" in found.text


def test_an_image_of_several_findings_is_shown_with_the_first(tmp_path):
    rows = rows_of(fakes.office())
    shared = {"finding_id": "0000", "act": "moved inside", "images": 99, "object_ids": ["o0", "o39"]}
    rows["findings"].insert(0, fakes.finding(**shared))
    found = page(fakes.FakeCase(rows), tmp_path, "en")
    tiles = dict(re.findall(r"Finding (\d+) 640×480.{,40}?seen \d×([0-9a-f]{16})…", found.text))
    assert found.text.count("×0000000000000000…") == 1
    assert re.search(r"Finding 1 640×480.{,40}?seen 1×0000000000000000…", found.text)
    assert tiles["4"] == "2700000000000000"


@pytest.mark.parametrize(
    "data", [None, b"", b"<svg onload=alert(1)>", b"\x89PNG\r\n\x1a\n", fakes.jpeg(1) + bytes(200_000)]
)
def test_only_small_jpegs_are_embedded(data, tmp_path):
    case = fakes.office()
    case.thumbnails = lambda sha256: data
    found = page(case, tmp_path, "en")
    assert "img" not in found.tags
    assert "No images to show." in found.text
    assert "34 more are not shown" in found.text


def test_office_words_encrypted_uploads_exactly(tmp_path):
    found = page(fakes.office(), tmp_path, "en")
    assert (
        "192.168.1.22 (IP camera (weak evidence)) sent 4,800,000 bytes (4.8 MB) of encrypted data to 47.96.10.21 (store.example.cn, object store), "
        "connections: 4, bursts: 104. Content not visible." in found.text
    )
    assert "below 8 KiB48 8–32 KiB12 32–128 KiB36".replace(" ", "") in found.text.replace(" ", "")


def test_chinese_report_speaks_chinese_and_the_sites_time(tmp_path):
    found = page(fakes.office(), tmp_path, "zh", zone="Asia/Shanghai")
    assert "2025-10-20 10:05:00.000 +08:00" in found.text
    assert "2025-10-20 02:05:00.000 UTC" in found.text
    assert "抓拍设备（其向摄像机协议的路径推送人脸图像：/VIID/）" in found.text
    assert "其他设备向其发送了 7 幅不同图像，其中 2 幅被原样转发" in found.text
    assert "6 个私有地址在采集链路上" in found.text
    for word in ("摘要", "采集点", "发现", "确定性等级", "数据包统计", "服务器", "加密上传", "方法与局限"):
        assert word in found.text


def test_role_stands_with_the_device_that_acted(tmp_path):
    found = page(fakes.office(), tmp_path, "en")
    retrieved = found.text[found.text.index("retrieved from outside") :]
    assert (
        retrieved.index("Receiver") < retrieved.index("viewer (its User-Agent") < retrieved.index("ImagesTransfers: 1")
    )
    assert "Sender47.96.10.20 outside · China api.example.cn upload.example.cn Receiver" in retrieved


def test_masked_report_shows_no_identity_data(tmp_path):
    person = "990101199001010019"
    rows = {
        "endpoints": [{"ip": fakes.CLOUD, "endpoint_id": fakes.CLOUD, "names": [f"id{person}.example.cn"]}],
        "findings": [fakes.finding()],
    }
    assert person not in written(fakes.FakeCase(rows), tmp_path)
    assert person in written(fakes.FakeCase(rows), tmp_path, unmask=True)


def test_unmasked_report_is_marked_logged_and_clear(tmp_path):
    stored = tmp_path / "one.jpg"
    stored.write_bytes(fakes.jpeg(3))
    case = fakes.office()
    case.objects = {fakes.sha(0): stored}
    case.thumbnails = False
    found = page(case, tmp_path, "en", unmask=True)
    assert case.logged == ["report report.html"]
    assert "NOT MASKED" in found.text
    assert "Masked:" not in found.text
    assert found.tags.count("figure") == 1
    safe(found)


def test_masked_report_never_opens_objects(tmp_path):
    case = fakes.office()
    case.object_path = None  # calling it would raise
    assert page(case, tmp_path, "en").tags.count("img") > 10
    assert case.logged == []


def test_partial_case_and_unbalanced_counts_are_said_loudly(tmp_path):
    case = fakes.FakeCase({"captures": [fakes.capture()]}, {"partial": True})
    text = page(case, tmp_path, "en").text
    assert "The audit was interrupted" in text
    assert "NOT BALANCED: 50 packets are unaccounted for" in text


def test_same_case_gives_the_same_file(lang, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")  # a report says when it was made
    first = written(fakes.office(), tmp_path, lang)
    assert written(fakes.office(), tmp_path, lang) == first


def test_huge_case_is_quick_and_bounded(tmp_path):
    case = fakes.huge()
    with within(4):  # aim: 2 s; measured 0.2 s
        source = written(case, tmp_path)
    assert len(source) < 6_000_000
    found = Page(source)
    assert found.tags.count("figure") == 60
    assert "另有 3,190 行未列出" in found.text  # 3,750 findings A and B, 60 in full and 500 as lines
    safe(found)


def test_thumbnails_are_bounded_in_bytes(tmp_path):
    big = fakes.jpeg(1) + bytes(100_000)
    found = page(
        fakes.FakeCase(rows_of(fakes.huge(200, 100)), thumbnails=lambda sha256: big),
        tmp_path,
    )
    assert found.tags.count("figure") == GALLERY_BYTES // len(big)


def test_thumbnails_are_asked_for_in_order_and_no_more_than_are_shown():
    """Several at once; one that cannot be had is made up for by the next."""
    asked, lock = [], threading.Lock()

    def one(sha256):
        with lock:
            asked.append(sha256)
        return None if int(sha256, 16) % 3 == 0 else fakes.jpeg(1)

    order = [(f"{number:064x}", 1) for number in range(300)]
    made = thumbnails(one, order)
    shown = [sha256 for sha256, _ in order if int(sha256, 16) % 3]
    assert [sha256 for (sha256, _), _ in made] == shown[:60]
    assert set(asked) == {f"{number:064x}" for number in range(int(shown[59], 16) + 1)}


def test_what_is_wrong_with_a_picture_ends_the_report(tmp_path):
    """Pictures come in beside the writing; what is told of them must not be lost there."""

    def changed(sha256):
        raise CaseError(f"{sha256} was changed")

    case = fakes.office()
    case.thumbnails = changed
    with pytest.raises(CaseError, match="was changed"):
        page(case, tmp_path, "en")
    assert not (tmp_path / "report.html").exists()


def rows_of(case):
    """Rows of a fake case by table, times as integers."""
    from netaudit.report import reading

    return {name: reading.rows(table, *table.column_names) for name, table in case.tables.items()}


def test_no_half_report_is_left_and_an_unknown_language_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no such language"):
        write_report(fakes.FakeCase(), tmp_path / "report.html", "fr")
    with pytest.raises(OSError, match="nowhere"):
        write_report(fakes.FakeCase(), tmp_path / "nowhere" / "report.html", "en")
    assert list(tmp_path.iterdir()) == []


def test_the_signature_set_is_named_with_its_hash_and_what_was_added(lang, tmp_path):
    manifest = {"signatures": {"version": "2026.1", "sha256": "ab" * 32, "added": None}}
    assert f"SHA-256 {'ab' * 32}" in page(fakes.FakeCase(manifest=manifest), tmp_path, lang).text
    manifest["signatures"]["added"] = {"sha256": "cd" * 32, "devices": 2, "services": 1}
    text = page(fakes.FakeCase(manifest=manifest), tmp_path, lang).text
    assert "cd" * 32 in text
    assert re.search(r"(added|自有特征) 3 ", text)
    manifest["signatures"] = {"sha256": ["x"], "added": {"devices": "many"}}
    page(fakes.FakeCase(manifest=manifest), tmp_path, lang)
