"""Every room in both languages: it is there, hostile texts stay text, and what is clear was noted first."""

import re
import zlib
from pathlib import Path

import pytest

from netaudit.browse.access import Gate
from netaudit.browse.rooms import ORDER
from netaudit.browse.server import application
from netaudit.browse.shelf import Shelf
from netaudit.browse.texts import TEXTS
from netaudit.cli.chinese import error_text
from netaudit.core.schema import TABLES
from netaudit.core.text.yaml_text import parse_yaml
from netaudit.evidence.case.custody import broken, entries
from netaudit.evidence.case.reading import open_case
from netaudit.evidence.case.report_status import SECOND_OPINION, WRITTEN
from netaudit.evidence.case.reviews import WHAT
from netaudit.evidence.signing.file_names import SIGNED, SIGNED_BY_SM2
from netaudit.findings.ledgers import LEDGERS
from netaudit.report import column_words
from netaudit.report.column_words import chinese
from tests.browse.conftest import DIGEST, HOST, HOUR, MOUNT, PICTURE, START, Browser

HOME = f"{MOUNT}/c/0"
PAGES = [
    *ORDER, "table/messages", "row/findings/0", "row/devices/0", "row/events/0", "row/messages/3", f"image/{DIGEST}",
    "search?q=script", "find/objects/object_id?value=o0", "table/claims?value=%3Cscript%3E", "findings?sort=images&down=1",
]  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_hostile_texts_stay_text(browser, path, lang):
    answer = browser.get(f"{HOME}/{path}{'&' if '?' in path else '?'}lang={lang}")
    assert answer.status_code == 200
    assert f'lang="{"zh-CN" if lang == "zh" else "en"}"' in answer.text
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "\u202e" not in answer.text
    assert len(re.findall(r"<script", answer.text)) == 2  # both our own
    assert not re.search(
        r"\bon\w+=|style=|javascript:", re.sub(r"&[#\w]+;", "", re.sub(r">[^<]*<|\"[^\"]*\"", "", answer.text))
    )


def test_texts_are_there_in_both_languages():
    assert all(set(words) == {"zh", "en"} and all(words.values()) for words in TEXTS.values())
    for words in TEXTS.values():
        assert set(re.findall(r"\{(\w+)", words["zh"])) == set(re.findall(r"\{(\w+)", words["en"]))
    told = chinese()
    assert set(told["columns"]) >= {column.name for table in TABLES for column in table.columns}
    meanings = dict.fromkeys(column.meaning for table in TABLES for column in table.columns if column.meaning)
    known = parse_yaml((Path(column_words.__file__).with_name("meanings.yaml")).read_text("utf-8"))
    want = zlib.crc32("\n".join(sorted(meanings)).encode())
    assert known["english"] == want, f"a meaning was changed: say it in meanings.yaml too, and english: {want}"
    assert set(column_words._meanings()) == set(meanings)
    assert all(
        re.search("[\u3001\u4e00-\u9fff]", column_words.column_meaning(one, "zh")) for one in meanings if " " in one
    )
    assert set(told["tables"]) == {table.name for table in TABLES}
    services = (
        (Path(__file__).parents[2] / "signatures" / "vocabulary" / "services.txt").read_text("utf-8").splitlines()
    )
    assert set(told["values"]["service_class"]) == {one for one in services if one and not one.startswith("#")}
    assert set(told["ledgers"]) == {ledger.name for ledger in LEDGERS}


def test_what_was_done_with_a_case_is_said_in_words():
    """Whatever a call writes into the chain, known by its text, or by its constant."""
    call = re.compile(r'(?:custody\.note|later)\((?:folder, |self\.folder, |case\.folder, )?"([a-z ]+)"')
    package = Path(column_words.__file__).parents[1]
    written = {what for path in package.rglob("*.py") for what in call.findall(path.read_text(encoding="utf-8"))}
    assert {"begun", "concluded", "unmasked"} <= written
    for what in written | {WHAT, WRITTEN, SECOND_OPINION, SIGNED, SIGNED_BY_SM2, "sealed"}:
        assert column_words.value_word("custody", "what", what, "zh"), what


def test_pages_hold_every_row_once(browser):
    found, path = [], f"{HOME}/table/messages?protocol=http"
    while path:
        text = browser.get(path).text
        found += re.findall(r'class="open" href="[^"]*/row/messages/(\d+)"', text)
        after = re.search(r'rel="next" href="([^"]+)"', text)
        path = f"{HOME}/table/messages{after[1].replace('&amp;', '&')}" if after else ""
    assert [int(one) for one in found] == list(range(130))


def test_filters_by_text_choice_and_time(browser):
    def count(query):
        return int((re.search(r"of ([\d,]+)", browser.get(f"{HOME}/table/{query}").text) or ["", "0"])[1])

    assert count("messages?path=%2Fp7%2F") == 1
    assert count("findings?certainty=A") == 2
    assert count(f"messages?first_ts={START}..{START + 3 * HOUR}") == 3
    assert count("messages?first_ts=nonsense") == 0
    assert count("devices?ips=192.168.1.1") == 1
    assert count("findings?object_ids=%3Do0") == 8


def test_reviews_are_lines_of_the_chain_and_change_nothing(browser, made):
    before = (made / "tables" / "findings.parquet").read_bytes()
    data = {"status": "confirmed", "note": "seen on site <b>", "by": "officer 7"}
    answer = browser.post(f"{HOME}/review/F0003", data=data)
    assert answer.status_code == 200
    assert "seen on site &lt;b&gt;" in answer.text
    line = entries(made)[-1]
    assert (line["what"], line["finding"], line["status"]) == ("finding reviewed", "F0003", "confirmed")
    assert not broken(made)
    assert open_case(made).seal.state == "sealed"
    assert (made / "tables" / "findings.parquet").read_bytes() == before
    rows = re.findall(r"/row/findings/(\d)", browser.get(f"{HOME}/findings?status=confirmed").text)
    assert set(rows) == {"3"}
    assert "/row/findings/3" not in browser.get(f"{HOME}/findings?status=open").text


@pytest.mark.parametrize("data", [{"status": "else"}, {"status": "open", "note": "x" * 2001}, {}])
def test_a_review_that_cannot_be_is_refused(browser, made, data):
    number = len(entries(made))
    assert browser.post(f"{HOME}/review/F0001", data=data).status_code == 400
    assert browser.post(f"{HOME}/review/nosuch", data={"status": "open"}).status_code == 400
    assert len(entries(made)) == number


def test_a_picture_is_clear_once_and_noted_first(browser, made):
    number = len(entries(made))
    masked = browser.get(f"{HOME}/masked/{DIGEST}").content
    assert masked[:2] == b"\xff\xd8" != PICTURE
    assert browser.post(f"{HOME}/image/{DIGEST}/unmask", data={"reason": " "}).status_code == 400
    assert browser.get(f"{HOME}/image/{DIGEST}/unmask").status_code == 405
    assert len(entries(made)) == number
    page = browser.post(f"{HOME}/image/{DIGEST}/unmask", data={"reason": "hearing 12"}).text
    line = entries(made)[-1]
    assert line["what"] == "unmasked"
    assert DIGEST in line["shown"]
    assert "hearing 12" in line["shown"]
    clear = re.search(r'src="([^"]+/clear/[^"]+)"', page)[1]
    first = browser.get(clear)
    assert first.headers["cache-control"] == "no-store"
    assert len(first.content) > len(masked)
    assert browser.get(clear).status_code == 404
    assert not broken(made)


def test_packets_are_noted_and_named_where_they_are_missing(browser, made):
    assert browser.get(f"{HOME}/packets/F0000").status_code in (404, 405)
    assert browser.post(f"{HOME}/packets/nosuch", data={}).status_code == 400
    answer = browser.post(f"{HOME}/packets/F0000", data={"a": "b"})
    assert answer.status_code == 200
    assert answer.content[:4] == b"\x0a\x0d\x0d\x0a"
    assert "packets of F0000" in entries(made)[-1]["shown"]


def test_the_timeline_leads_into_a_bar(browser):
    text = browser.get(f"{HOME}/timeline").text
    low, high = re.search(r"low=(\d+)&amp;high=(\d+)", text).groups()
    inside = browser.get(f"{HOME}/timeline?low={low}&high={high}")
    assert inside.status_code == 200
    assert 'rel="up"' in inside.text
    for bad in ("low=x&high=y", "low=9&high=1", f"low={10**19}&high={10**19}", "low=-5&high=99999999999999999999"):
        assert browser.get(f"{HOME}/timeline?{bad}").status_code == 200


def test_a_form_that_is_too_long_is_refused(browser):
    assert browser.post(f"{HOME}/review/x", data={"note": "x" * 70000}).status_code == 400


def test_errors_are_said_in_the_language_of_the_page(made):
    shelf = Shelf(made, error_text=error_text)
    gate = Gate(application(shelf, MOUNT, "zh"), HOST, MOUNT, [].append)
    client = Browser(gate, base_url=f"http://{HOST}")
    client.get(gate.address)
    told = client.get(f"{MOUNT}/c/0/message/m0")
    assert told.status_code in (400, 409)
    text = re.sub("<[^>]*>", "", told.text.partition("<main")[2])
    assert not re.search("[a-z]{3,} [a-z]{3,} [a-z]{2,}", text), text
