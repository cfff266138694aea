"""The documentation: both languages have the same pages and commands, links resolve, references are complete."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from netaudit.cli.exits import Exit
from netaudit.cli.settings import SETTINGS
from netaudit.core.schema import TABLES
from netaudit.events.rules.loading import load
from netaudit.protocols.readers import READERS
from tests.written_commands import commands_of

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ENGLISH_ONLY = {"architecture.md"}  # for engineers
PAGES = sorted(path.name for path in DOCS.glob("*.md") if path.name not in ENGLISH_ONLY)
QUESTIONS = [
    path for path in sorted(DOCS.rglob("*.md")) if path.parent in (DOCS, DOCS / "zh") and path.name != "architecture.md"
]
ALL = [ROOT / "README.md", ROOT / "README.zh.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
PLAIN = [ROOT / "README.md", ROOT / "README.zh.md", ROOT / "CHANGELOG.md", ROOT / "pcaps/README.md", *QUESTIONS]
BANNED = yaml.safe_load((ROOT / "tests/banned_words.yaml").read_text("utf-8"))
MOST_WORDS = 35_000
IDEOGRAPHS = re.compile(r"[\u4e00-\u9fff]")
PLACES = re.compile(r"`((?:netaudit|tests|docs|pcaps|signatures|packaging)/[\w./-]+)`")


def site():
    spec = importlib.util.spec_from_file_location("netaudit_site", ROOT / "packaging" / "site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def words(text: str) -> float:
    """Words of a text: English by white space, Chinese by 1.7 ideographs a word."""
    return len(IDEOGRAPHS.sub(" ", text).split()) + len(IDEOGRAPHS.findall(text)) / 1.7


def generalised(command: str) -> str:
    """A command without its quoted words, which are translated."""
    return re.sub(r'"[^"]*"', '""', command.replace(".zh.", "."))


def test_both_languages_have_the_same_pages() -> None:
    assert sorted(path.name for path in (DOCS / "zh").glob("*.md")) == PAGES
    assert {f"{name}.md" for name in ("index", *site().GUIDES)} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_have_the_same_commands_headings_and_rows(name: str) -> None:
    english, chinese = ((folder / name).read_text("utf-8") for folder in (DOCS, DOCS / "zh"))
    told = [sorted(map(generalised, commands_of(text))) for text in (english, chinese)]
    assert told[0] == told[1]
    for mark in (r"^#+ ", r"^\| ", r"^\* ", r"^\d\. "):
        assert len(re.findall(mark, english, re.MULTILINE)) == len(re.findall(mark, chinese, re.MULTILINE)), mark


def test_both_readmes_have_the_same_commands() -> None:
    told = [
        sorted(map(generalised, commands_of((ROOT / name).read_text("utf-8"))))
        for name in ("README.md", "README.zh.md")
    ]
    assert told[0] == told[1]


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_a_page_starts_with_the_question_that_it_answers(path: Path) -> None:
    title, empty, question, *_ = path.read_text("utf-8").splitlines()
    assert title.startswith("# ")
    assert not empty
    assert re.fullmatch(r"\*[^*]+[?？]\*", question), question


@pytest.mark.parametrize("name", PAGES)
def test_chinese_pages_are_chinese(name: str) -> None:
    inside = False
    for line in (DOCS / "zh" / name).read_text("utf-8").splitlines():
        inside ^= line.startswith("```")
        if not inside and line.strip() and not line.startswith(("    ", "```", "|---")):
            prose = re.sub("`[^`]*`", "", line)
            assert IDEOGRAPHS.search(prose) or not re.search("[a-z]{4} [a-z]{3}", prose), line


def test_the_documentation_stays_short() -> None:
    assert sum(words(path.read_text("utf-8")) for path in [*DOCS.rglob("*.md"), *ROOT.glob("README*.md")]) <= MOST_WORDS


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_and_places_exist(path: Path) -> None:
    text = path.read_text("utf-8")
    generated = {f"reference/{name}.md" for name in site().REFERENCES}
    links = (
        {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link} - {""} - generated
    )
    missing = [link for link in links if not (path.parent / link).exists()]
    missing += [place for place in PLACES.findall(text) if not (ROOT / place).exists()]
    assert not missing


@pytest.mark.parametrize("path", PLAIN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_pages_use_no_banned_words(path: Path) -> None:
    prose = re.sub("```.*?```|`[^`]*`|^    .*$", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    found = [(word, instead) for word, instead in BANNED["zh"].items() if word in prose]
    for pattern, instead in BANNED["en"].items():
        found += [(match[0], instead) for match in re.finditer(pattern, prose, re.IGNORECASE)]
    assert not found


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_references_are_complete(lang: str) -> None:
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
    for name in ("netaudit.audit", "Case.device", "Case.sql", "Case.report", "Case.search", "Device.claims"):
        assert f"## {name}\n" in python
    commands = module.cli(lang)
    for name in ("audit", "live", "show", "browse", "docs", "campaign run", "decide"):
        assert f"## netaudit {name}\n" in commands
    protocols = module.protocols(lang)
    for entry in READERS:
        assert f"| {entry.name} | {entry.transport} |" in protocols
    documents = module.documents(lang)
    assert not [entry.id for entry in load().entries if f"(`{entry.id}`)" not in documents]


def test_addresses_that_a_page_would_load_are_found() -> None:
    module = site()
    assert module.fetched('<script src="https://cdn.example/x.js"></script>') == ["https://cdn.example/x.js"]
    assert module.fetched('<a href="https://example.com/">') == []


@pytest.mark.tools
def test_the_site_is_searched_from_the_disk() -> None:
    """The search of a built site works, and nothing is loaded from elsewhere."""
    from tests.browse.chromium import PROGRAM, Chromium

    pages = ROOT / "netaudit" / "_docs"
    if PROGRAM is None or not pages.is_dir():
        pytest.skip("NO SITE OR NO CHROMIUM: make docs")
    with Chromium() as browser:
        for lang, word in (("", "keyed"), ("zh/", "笔录")):
            browser.open((pages / lang / "index.html").as_uri())
            assert all(one.startswith(("file:", "data:")) for one in browser.requested())
            browser.run(
                f"document.querySelector('[name=query]').focus(); document.querySelector('[name=query]').value = '{word}';"
                "document.querySelector('[name=query]').dispatchEvent(new Event('keyup', {bubbles: true}))"
            )
            script = """new Promise((done) => { let tries = 0; const look = () => {
                const found = document.querySelectorAll('.md-search-result__link').length;
                if (found || tries++ > 100) done(found); else setTimeout(look, 100); }; look(); })"""
            assert browser.run(script) > 0, lang
            assert all(one.startswith(("file:", "data:", "blob:")) for one in browser.requested())
