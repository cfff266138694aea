"""Web pages as values of the one tree: tables, lists, labels, forms, data attributes, JSON in scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.content.html_values import LARGEST, MOST_SCRIPTS, html_values
from netaudit.content.part import Leaf, Part
from netaudit.content.tree import notation, values
from netaudit.events.rules.nodes import Document, Tree
from tests.processor_time import within

PAGE = """<html><head><title>About</title><script>serial: 1</script><style>a: b</style></head><body><!-- c: d -->
<dl><dt>Producent</dt><dd>Example Optyka</dd></dl><table><tr><th>Serial Number:</th><td>AB-12345</td></tr>
<tr><td>Firmware</td><td>V1.2.3</td></tr><tr><td>one</td><td>two</td><td>three</td></tr></table>
<p>Device name: Hall 1</p><label>MAC</label><input type="text" value="02:00:00:00:00:01"><li>型号：<b>XX-1</b></li>
<p>no pair here</p></body></html>"""


def test_a_page_shows_names_and_values_beside_each_other() -> None:
    assert html_values(PAGE) == {
        "Producent": "Example Optyka", "Serial Number": "AB-12345", "Firmware": "V1.2.3", "Device name": "Hall 1",
        "MAC": "02:00:00:00:00:01", "型号": "XX-1",
    }  # fmt: skip


PERSONS = [{"姓名": "张三", "证件号": "1", "照片": "/a/b.jpg"}, {"姓名": "李四", "证件号": "2", "照片": "/a/c.jpg"}]
TWO = [{"姓名": "张三", "电话": "1"}, {"姓名": "李四", "电话": "2"}]
FORM = {"vname": "王五", "idn": "12", "sex": "m", "note": "a b"}
FORMS = {
    "table with a heading": (
        ("<table><thead><tr><th>姓名</th><th>证件号</th><th>照片</th></tr></thead><tbody><tr><td>张三</td><td>1</td>"
        "<td><img src='/a/b.jpg'></td></tr><tr><td>李四</td><td>2</td><td><img src=\"/a/c.jpg\"/></td></tr></table>"),
        {"table": PERSONS},
    ),
    "ends left out": (
        "<TABLE><TR><TH>姓名<TH>证件号<TH>照片<TR><TD>张三<TD>1<TD><IMG SRC=/a/b.jpg><TR><TD>李四<TD>2<TD><IMG SRC=/a/c.jpg></TABLE>",
        {"table": PERSONS},
    ),
    "heading of plain cells": (
        "<table><tr><td>姓名</td><td>电话</td></tr><tr><td>张三</td><td>1</td></tr><tr><td>李四</td><td>2</td></tr></table>", {"table": TWO}
    ),
    "names and values by turns": ("<table><tr><th>姓名</th><td>张三</td><th>电话</th><td>1</td></tr></table>", TWO[0]),
    "cards": (
        "<div><p>姓名：张三</p><p>电话：1</p></div><div><p>姓名：李四</p><p>电话：2</p></div>", {"row": TWO}
    ),
    "definition list": ("<dl><dt>姓名<dd>张三<dt>电话<dd>1</dl>", TWO[0]),
    "form": (
        ("<form action=/x><input name=vname value=王五><input type=hidden name=idn value='12'><input type=password name=p value=x>"
        "<input type=radio name=r value=1><select name=sex><option value=f>F<option value=m selected>M</select>"
        "<textarea name=note>a b</textarea></form>"), {"form": FORM},
    ),
    "data attributes": ("<li data-name='张三' data-phone=1></li>", {"data": {"name": "张三", "phone": "1"}}),
    "a document in a data attribute": ("<li data-v='{&quot;name&quot;: &quot;a&quot;}'>", {"data": {"v": {"name": "a"}}}),
    "JSON": ("<script type='application/json'>{\"p\": [{\"name\": \"q\"}]}</script>", {"script": {"p": [{"name": "q"}]}}),
    "a variable": ("<script>window.__STATE__ = {p: [{name: 'q'}]};</script>", {"script": {"p": [{"name": "q"}]}}),
    "fields of a script": ("<script>f({brand: 'A', sn: \"B-1\"}); if (a) {b: 1}</script>", {"brand": "A", "sn": "B-1"}),
    "a table in a table": (
        "<table><tr><td>x</td><td><table><tr><th>姓名</th><td>张三</td></tr></table></td></tr></table><p>电话: 1</p>", TWO[0]
    ),
    "nothing": ("<p>some words</p><script>var a = 1;</script>", {}),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_what_a_page_says_by_its_form(form: str) -> None:
    page, wanted = FORMS[form]
    assert html_values(page) == wanted


def test_a_page_is_a_document_of_the_one_tree() -> None:
    leaf = Leaf(Part(f"<html>{FORMS['table with a heading'][0]}</html>".encode()), "html")
    assert notation(leaf) == "html"
    tree = Tree([Document("o", leaf.part.way, "", values(leaf), complete=True, turn=1, notation="html")], [])
    assert [node.value for node in tree.by_key["姓名"]] == ["张三", "李四"]
    assert tree.by_key["姓名"][1].path == "$.table[1].姓名"


@pytest.mark.parametrize(
    "piece",
    [
        "<input value=", "<script", "<script>", "<style>", "<a", "a:", "<td>a", "a ", "<!--", "&#x41;", "<a '", '<a "', "<table><tr><td>a",
        "<div data-a=1 data-b=2>", "<select><option>", "<p>a:b", "<form><input name=a value=b>", "<script>a={", "<textarea>",
    ],
)  # fmt: skip
def test_a_hostile_page_takes_no_time(piece: str) -> None:
    with within(2):
        html_values(piece * (LARGEST // len(piece)))


@given(st.text(max_size=400) | st.text("<>/ =\"'atdrhscipo-:：!x", max_size=200))
def test_any_text_is_a_page(page: str) -> None:
    assert all(isinstance(name, str) for name in html_values(page))


def test_scripts_that_are_no_documents_are_tried_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr("netaudit.content.html_values.document_in", tried.append)
    html_values("<script>x={'a':[[[[</script>" * 400)
    assert len(tried) == MOST_SCRIPTS
