"""The report may be read without seeing it: captions, scopes, levels of headings, names of pictures, contrast.

The rules are those that axe-core calls serious, and of its others those on tables and headings.
"""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import netaudit
from netaudit.report import wording
from netaudit.report.from_case import write_report

DEMO = Path(__file__).parents[2] / "pcaps" / "sales_office" / "lan.pcapng"
CSS = (Path(wording.__file__).parent / "static" / "shared.css").read_text("utf-8")
LEAST = 4.5  # contrast of text of ordinary size (WCAG 2.2, 1.4.3)
VOID = {"meta", "link", "img", "br", "input", "hr", "rect", "path", "line", "circle"}


class Outline(HTMLParser):
    """Headings in order, tables with captions and heads, pictures, regions that scroll, and what lies in them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str]]] = []
        self.headings: list[int] = []
        self.tables: list[dict] = []
        self.faults: list[str] = []
        self.lang = ""

    def handle_starttag(self, tag, attrs):
        said = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.lang = said.get("lang", "")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "table":
            self.tables.append({"caption": False, "heads": 0})
        if tag == "caption" and self.tables:
            self.tables[-1]["caption"] = True
        if tag == "th" and said.get("scope") not in {"col", "row"}:
            self.faults.append(f"th without scope: {self.getpos()}")
        if tag == "img" and "alt" not in said:
            self.faults.append(f"img without alt: {self.getpos()}")
        if tag == "a" and any(one == "svg" and about.get("role") == "img" for one, about in self.open):
            self.faults.append(f"a link in a picture: {self.getpos()}")
        if tag == "svg" and said.get("role") in {"img", "group"} and not said.get("aria-label"):
            self.faults.append(f"svg without a name: {self.getpos()}")
        if "scroll" in said.get("class", "").split() and (said.get("tabindex"), bool(said.get("aria-label"))) != (
            "0",
            True,
        ):
            self.faults.append(f"a region that no key reaches: {self.getpos()}")
        if tag not in VOID:
            self.open.append((tag, said))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> netaudit.Case:
    return netaudit.audit(DEMO, tmp_path_factory.mktemp("accessible") / "case")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_tables_headings_pictures_and_regions_have_names(case, tmp_path, lang) -> None:
    told = Outline()
    told.feed(write_report(case, tmp_path / "report.html", lang).read_text("utf-8"))
    assert not told.faults
    assert told.lang == ("zh-CN" if lang == "zh" else "en")
    assert len(told.tables) > 10
    assert all(table["caption"] for table in told.tables)
    assert told.headings[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(told.headings))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_words_stand_out_from_what_is_behind_them() -> None:
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", CSS))
    for name in ("ink", "soft", "accent", "bad", "A", "B", "C", "D"):
        for behind in ("#ffffff", colours["faint"]):
            assert contrast(colours[name], behind) >= LEAST, (name, behind)
    assert contrast("#ffffff", "#777777") < LEAST  # the test itself
