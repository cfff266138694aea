"""Every reason that a table may hold has its words in both languages, and nobody has words for what nobody says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import netaudit
from netaudit.contracts import judgements
from netaudit.contracts.reasons import MOST_ARGUMENTS, parsed, reason
from netaudit.report.texts import LANGS, Texts, catalogue

CODES = {key.removeprefix("reason."): words for key, words in catalogue().items() if key.startswith("reason.")}
OF_A_STAGE = re.compile(r"(?:image|extent|scan|helper)_[a-z_]+")  # codes as they begin in the rooms of images
ROOMS = Path(netaudit.__file__).parent
NAMED = {name: value for name, value in vars(judgements).items() if isinstance(value, str) and name.isupper()}
PLACE = re.compile(r"\{(\w+)\}")


def trees():
    """The modules that make reasons, or are handed one whose code they know."""
    for path in sorted(ROOMS.rglob("*.py")):
        text = path.read_text("utf-8")
        if path.parent == ROOMS / "images" or re.search(
            r"contracts(\.reasons|\.judgements| import judgements)|reasons? ?= ?\"|Reason\(", text
        ):
            yield path.relative_to(ROOMS).as_posix(), ast.parse(text)


def made():
    """What `reason(…)` is called with: where, code, names of arguments."""
    for path, tree in trees():
        own = {
            node.targets[0].id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        makes = any(
            isinstance(node, ast.ImportFrom) and node.module == "netaudit.contracts.reasons" for node in tree.body
        )
        for node in ast.walk(tree) if makes else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "reason":
                code = node.args[0]
                said = code.value if isinstance(code, ast.Constant) else (NAMED | FOREIGN | own)[code.id]
                yield path, said, {one.arg for one in node.keywords}


FOREIGN = {"FOREIGN": "image_foreign"}


def constants(room=""):
    return {
        node.value
        for path, tree in trees()
        if path.startswith(room)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_said_in_both_languages(code):
    words = CODES[code]
    places = {lang: sorted(PLACE.findall(words[lang])) for lang in LANGS}
    assert places["zh"] == places["en"]
    given = reason(code, **{name: f"<{name}> & 12" for name in places["en"]})
    for lang in LANGS:
        said = Texts(lang).phrase(given, str)
        assert said == words[lang].format(**{name: f"<{name}> & 12" for name in places["en"]})
    assert re.search("[\u4e00-\u9fff]", words["zh"])


def test_what_is_made_has_words_with_a_place_for_each_argument():
    calls = list(made())
    assert len(calls) > 20
    for path, code, arguments in calls:
        assert code in CODES, (path, code)
        assert set(PLACE.findall(CODES[code]["en"])) == arguments, (path, code)
        assert len(arguments) <= MOST_ARGUMENTS


def test_what_is_written_as_a_code_is_one_and_each_is_made_somewhere():
    assert {one for one in constants("images/") if OF_A_STAGE.fullmatch(one)} - CODES.keys() == set()
    assert CODES.keys() - constants() - set(NAMED.values()) - set(FOREIGN.values()) == set()


@pytest.mark.parametrize("value", ["", "a&b=c?d;e", "50 % + ü 号", "\udcff", "x" * 500])
def test_whatever_stands_in_a_place_comes_back(value):
    told = parsed(reason("image_not", said=value, n=7))
    assert told == ("image_not", {"said": value.replace("\udcff", "?"), "n": "7"})
    assert parsed(reason("image_off")) == ("image_off", {})


def test_a_reason_stands_within_another_and_an_unknown_one_as_it_is():
    given = reason("image_no_helper", inner=reason("helper_not_started", said="no such file"))
    assert (
        Texts("en").phrase(given, str)
        == "not looked at: the image helper does not work (it cannot be started: no such file)"
    )
    assert Texts("zh").phrase(given, str) == "未查看：图像处理进程无法工作（无法启动：“no such file”）"
    deep = "image_cut"
    for _ in range(9):
        deep = reason("image_unended", inner=deep)
    assert Texts("en").phrase(deep, lambda text: f"<{text[:5]}>").count("the image is not whole") == 4
    for other in ("something new", "image_small?m=1", "image_small", "&".join(["image_small?n=1"] * 99)):
        assert Texts("zh").phrase(other, lambda text: f"<{text}>") == f"<{other}>"


def test_cases_of_before_are_shown_in_the_words_they_hold():
    assert Texts("zh").phrase("smaller than 32 pixels", str) == "smaller than 32 pixels"
