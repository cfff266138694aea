"""Every reason that a table may hold has its words in both languages, and nobody has words for what nobody says."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

import netaudit
from netaudit.core.contracts.reasons import JOIN, MOST_ARGUMENTS, counted, parsed, reason
from netaudit.report.texts import LANGS, Texts, catalogue

CODES = {key.removeprefix("reason."): words for key, words in catalogue().items() if key.startswith("reason.")}
PACKAGE = Path(netaudit.__file__).parent
SOURCES = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
PLACE = re.compile(r"\{(\w+)\}")
COUNT = {"n"}  # which `counted` adds


def made():
    """What `reason(…)` is called with: where, codes that it may be, names of arguments, whether those are all."""
    for path, tree in SOURCES.items():
        where = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        calls = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "reason"
        ]
        known = vars(importlib.import_module(where)) if calls else {}
        for node in calls:
            names = [known.get(one.id) for one in ast.walk(node.args[0]) if isinstance(one, ast.Name)]
            said = [one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)]
            codes = [one for one in (*names, *said) if isinstance(one, str)]
            arguments = {one.arg for one in node.keywords} - {None}
            yield where, codes, arguments, all(one.arg for one in node.keywords)


def constants():
    return {
        node.value
        for tree in SOURCES.values()
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
        unsaid = {"ids"} if lang == "zh" else set()  # names of signatures, words of the program
        shown = {name: "" if name in unsaid else f"<{name}> & 12" for name in places["en"]}
        assert said == words[lang].format(**shown)
    if re.search("[A-Za-z]", PLACE.sub("", words["en"])):
        assert re.search("[\u4e00-\u9fff]", words["zh"])


def test_what_is_made_has_words_with_a_place_for_each_argument():
    calls = list(made())
    assert len(calls) > 100
    for where, codes, arguments, whole in calls:
        for code in codes:
            assert code in CODES, (where, code)
            left = set(PLACE.findall(CODES[code]["en"])) - arguments
            assert arguments <= set(PLACE.findall(CODES[code]["en"])), (where, code)
            assert not whole or left <= COUNT, (where, code)
            assert len(arguments) <= MOST_ARGUMENTS


def held(node, function, known, seen=frozenset()):
    """Groups of texts that an expression takes its value from: constants, and tables of its function and module."""
    match node:
        case ast.Constant(value=str(text)):
            yield [text]
        case ast.IfExp():
            yield [
                one for way in (node.body, node.orelse) for group in held(way, function, known, seen) for one in group
            ]
        case ast.Dict():
            yield [one.value for one in node.keys if isinstance(one, ast.Constant)]
            yield [one.value for one in node.values if isinstance(one, ast.Constant)]
        case ast.Name(id=name) if name not in seen:
            table = known.get(name)
            table = list(table.values()) if isinstance(table, dict) else table
            yield (
                [table]
                if isinstance(table, str)
                else table
                if isinstance(table, list | tuple | set | frozenset)
                else []
            )
            for value in assigned(name, function):
                yield from held(value, function, known, seen | {name})
        case ast.Call() | ast.Subscript() | ast.Attribute():
            for one in (*ast.iter_child_nodes(node),):
                yield from held(one, function, known, seen)


def assigned(name, function):
    """What a name of a function is assigned or goes over."""
    for node in ast.walk(function):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(
            isinstance(one, ast.Name) and one.id == name for target in targets if target for one in ast.walk(target)
        ):
            yield getattr(node, "value", None) or getattr(node, "iter", None)


def test_codes_that_come_of_a_variable_have_words_too():
    """Where a table of codes is at hand (one of them is known), none of them is without words."""
    found = 0
    for path, tree in SOURCES.items():
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            calls = [
                node
                for node in ast.walk(function)
                if isinstance(node, ast.Call)
                and getattr(node.func, "id", "") in {"reason", "counted"}
                and not isinstance(node.args[0], ast.Constant)
            ]
            where = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
            for call in calls:
                for group in held(call.args[0], function, vars(importlib.import_module(where))):
                    texts = {one for one in group if isinstance(one, str) and one}
                    if texts & CODES.keys():
                        found += len(texts)
                        assert texts <= CODES.keys(), (where, function.name, texts - CODES.keys())
    assert found > 20


def test_each_is_made_somewhere():
    assert CODES.keys() - constants() == set()


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


def test_several_stand_in_one_text_and_what_is_unknown_among_them_as_it_is():
    given = JOIN.join([reason("clear_for", n=3, m=2, hosts="a; b"), counted("possible", 4), "something new"])
    assert Texts("en").phrase(given, str.upper) == (
        "3 images with a face (2 distinct) in clear HTTP or carved from clear traffic, for A; B; "
        "damaged, and the face only possible: 4; SOMETHING NEW"
    )
    assert Texts("zh").phrase(counted(reason("front_vpn", name="x"), 2), str).endswith("：2")


EARLIER = Path(__file__).with_name("sentences_of_earlier_cases.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("sentence", EARLIER)
def test_sentences_of_cases_sealed_before_are_said_in_chinese(sentence):
    said = Texts("zh").phrase(sentence, lambda part: f"<{part}>")
    assert re.search("[\u4e00-\u9fff]", said), said
    assert not re.search("[a-z]{3,} [a-z]{2,}", re.sub("<[^>]*>|python -m pip install", "", said)), said
    assert Texts("en").phrase(sentence, str) == sentence


def test_braces_in_values_are_harmless_and_long_texts_are_none_of_ours():
    said = Texts("zh").phrase("its User-Agent is that of a phone or tablet: {0} {x.__class__}", str)
    assert said.endswith("{0} {x.__class__}")
    much = "for " * 100_000
    assert Texts("zh").phrase(much, lambda text: text[:3]) == much[:3]


@pytest.mark.parametrize("lang", LANGS)
def test_of_very_many_reasons_the_first_are_said_and_the_rest_is_counted(lang):
    texts = Texts(lang)
    many = [counted("possible", n) for n in range(1000)]
    assert texts.phrase(JOIN.join(many), str) == texts.phrase(JOIN.join(many[:200]), str) + " (+800)"
    long = reason("clear_for", n=1, m=1, hosts="人脸" * 700)
    assert texts.phrase(JOIN.join([long] * 3), str) == texts.phrase(long, str) + " (+2)"
    said = texts.phrase(reason("clear_for", n=1, m=2, hosts="人" * 20_000), str)
    assert "clear_for" not in said
    assert "%" not in said
    assert "人…" in said


def noted():
    """What messages and objects are given as notes: constants and texts with places (a 7 in each), and where."""
    for path, tree in SOURCES.items():
        if path.parent.name == "cli":
            continue
        where = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(attr="append", value=ast.Attribute(attr="notes"))):
                    given = node.args
                case ast.Call(func=ast.Attribute(attr="note", value=ast.Name(id="budget"))):
                    given = node.args
                case ast.keyword(arg="notes", value=ast.List(elts=given)):
                    pass
                case ast.keyword(arg="note"):
                    given = [node.value]
                case _:
                    continue
            for one in given:
                match one:
                    case ast.Constant(value=str(text)) if text:
                        yield where, text
                    case ast.JoinedStr(values=parts):
                        yield (
                            where,
                            "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts),
                        )
                    case ast.Name(id=name):
                        text = vars(importlib.import_module(where)).get(name)
                        if isinstance(text, str):
                            yield where, text


def test_every_note_of_a_message_or_an_object_has_words():
    """Of those that are written where they are given."""
    notes = [(where, note) for where, note in noted() if note not in CODES and re.search("[a-z]", note)]
    assert len(notes) > 50
    without = {
        (where, note) for where, note in notes if not re.search("[\u4e00-\u9fff]", Texts("zh").phrase(note, str))
    }
    assert not without
    assert all(Texts("en").phrase(note, str) == note for _, note in notes)
    assert Texts("zh").phrase("x-pack is no known coding", str) == "x-pack 不是已知编码"
    assert Texts("zh").phrase("limit: bson depth", str) == "达到界限：BSON 嵌套层数"
    assert (
        Texts("zh")
        .phrase("one key frame; at most 6 a minute of a stream are looked at", str)
        .startswith("一个关键帧；")
    )
