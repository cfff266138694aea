"""Everything that the command line says by itself is said in Chinese too, and fits the terminal."""

from __future__ import annotations

import ast
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

import netaudit
from netaudit.cli.app import app
from netaudit.cli.chinese import catalogue, error_text, helped, message
from netaudit.cli.helping import cells, described, folded, render
from netaudit.errors import CaptureError, CaseError, ReasonedError, UnreadableError, UsageError

PACKAGE = Path(netaudit.__file__).parent
OURS = {"UsageError", "UnreadableError", "CaseError", "SignatureError", "StoreError", "LostError", "PartsDifferError"}
RAISED = {"UsageError", "UnreadableError", "CaseError", "SignatureError", "BadParameter"}
OTHERWISE = ("browse/", "api/")  # a room with texts of its own; words for callers from Python
PLAIN = {"PEM", "TSR", "BPF", "GB", "JSON", "zh|en", "A|B|C|D", "auto|dumpcap|socket", "wireshark|dpkt|netaudit", "OUT"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def templates() -> dict[str, str]:
    """Templates of all messages that are raised for people: {} for what is put in; with the first place of each."""
    found: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith(OTHERWISE) or name == "errors.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in RAISED and node.args and (text := template(node.args[0])):
                found.setdefault(text, f"{name}:{node.lineno}")
    return found


def template(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):  # only Typer's, whose messages are sentences
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
    return ""  # said elsewhere, by `say`


def test_errors_of_ours_are_templates_and_parts() -> None:
    """An f-string would be a sentence already, to be taken apart again by whoever says it in another language."""
    made = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in OURS
        if node.args and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert not made


def test_an_error_is_said_from_its_parts() -> None:
    """A part may be an error, or hold what a pattern would take for a template's own words."""
    inner = CaseError("{}: is no case (no case.json in it)", "/tmp/a")
    error = UsageError("{}: {}", "x {0} {}", inner)
    assert str(error) == "x {0} {}: /tmp/a: is no case (no case.json in it)"
    assert error_text(error, "zh") == "x {0} {}：/tmp/a：不是分析结果目录（其中没有 case.json）"
    assert error_text(error, "en") == str(error)
    assert str(UsageError("braces {} stay")) == "braces {} stay"
    told = "'1.2' does not appear to be an IPv4 or IPv6 network"
    assert error_text(UsageError("--inside {}: {}", "1.2", told), "zh") == "--inside 1.2：'1.2' 不是 IPv4 或 IPv6 网段"
    rejected = UnreadableError("nothing could be read: {}", "a.pcap: No such file or directory; b: Permission denied")
    assert error_text(rejected, "zh") == "没有任何内容可以读取：a.pcap：没有该文件或文件夹；b：权限不足"
    for one in (error, CaptureError("a.pcap", 7, "cut")):
        again = pickle.loads(pickle.dumps(one))
        assert (type(again), str(again)) == (type(one), str(one))


def test_every_message_that_is_raised_has_its_chinese() -> None:
    known, raised = catalogue()["errors"] | catalogue()["texts"], templates()
    assert len(raised) > 120
    missing = {
        text: place
        for text, place in raised.items()
        if re.search("[a-z]{2}", text.replace("{}", "")) and text not in known
    }
    assert not missing


def test_chinese_messages_name_what_english_ones_do() -> None:
    for english, chinese in (catalogue()["errors"] | catalogue()["texts"]).items():
        places = english.count("{}") if '{"' not in english else 2
        assert set(re.findall(r"\{(\d)\}", chinese)) == {str(number) for number in range(places)}, english
        own = re.sub(r"--[a-z-]+|\{\}", "", english)  # without names of options
        assert CHINESE.search(chinese) or not re.search("[a-z]{2}", own), english


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_help_is_whole_and_fits(lang: str) -> None:
    commands = list(described(app, lang))
    assert len(commands) > 20
    for told in commands:
        text = render(told, lang, 80)
        assert max(map(cells, text.splitlines())) <= 80, told.path
        assert "-h" in text
        for _, said in [("", told.text), *told.arguments, *told.options, *told.commands]:
            assert said, told.path
            assert lang == "en" or CHINESE.search(said) or not re.search("[a-z]{3} [a-z]", said), said


def test_what_stands_for_values_is_worded() -> None:
    for told in described(app, "zh"):
        for name, _ in [*told.arguments, *told.options]:
            for word in re.findall(r"\b[A-Z]{3,}\b", name):
                assert word in PLAIN | {"UTF", "HOST", "PORT"}, name


def test_texts_are_folded_between_chinese_characters() -> None:
    assert folded("甲乙丙，丁 戊", 6) == ["甲乙", "丙，丁", "戊"]
    assert folded("one two three", 7, 2) == ["one two", "  three"]
    assert helped("No such text", "zh") == "No such text"


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("a.pcap: No such file or directory", "a.pcap：没有该文件或文件夹"),
        ("No such option: --wrong", "没有选项 --wrong"),
        ("words that nobody knows", "words that nobody knows"),
    ],
)
def test_messages(english: str, chinese: str) -> None:
    assert message(english, "zh") == chinese
    assert message(english, "en") == english


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["audit"], "请给出抓包文件"),
        (["audit", "a", "--workers", "x"], "应为整数"),
        (["audit", "a", "--workers", "99"], "应不大于 64"),
        (["audit", "a", "--wrong"], "没有选项 --wrong"),
        (["audit", "a", "--site"], "需要"),
        (["show"], "缺少参数"),
        (["show", "a", "b", "c"], "多余的参数"),
        (["nothing"], "没有命令 'nothing'"),
        (["show", "/no/such"], "没有这个文件夹"),
        (["audit", "/no/such.pcap"], "没有任何内容可以读取"),
        (["-h", "--lang", "zh"], "用法: netaudit [选项] 命令 [参数]..."),
        (["audit", "-h"], "用法: netaudit audit [选项] [抓包文件...]"),
    ],
)
def test_errors_in_a_chinese_locale(words: list[str], told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "netaudit", *words], capture_output=True, encoding="utf-8", check=False,
        env={"LC_ALL": "zh_CN.UTF-8", "PYTHONUTF8": "1", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert told in said
    assert done.returncode == (0 if "-h" in words else 4 if "such.pcap" in said else 2)
    for english in ("Usage", "Error", "Try", "Invalid", "Options", "Missing", "argument", "Commands"):
        assert english not in said


def test_a_name_that_is_a_code_of_a_reason_stays_a_name_and_reasons_are_said() -> None:
    assert error_text(UsageError("{}: is no folder", "shared"), "zh").startswith("shared：")
    told = CaseError(
        "{}: its seal is broken: {} (netaudit verify tells all)", "shared", ReasonedError("seal_never?name=a.json")
    )
    assert error_text(told, "zh").startswith("shared：")
    assert "a.json 不存在" in error_text(told, "zh")
    assert "a.json is gone" in str(told)
    assert "a.json is gone" in error_text(told, "en")
    unknown = ReasonedError(
        "input_unread?name=a.pcap&inner=Permission+denied; input_unread?name=b&inner=not_capture_empty"
    )
    assert error_text(UnreadableError("nothing could be read: {}", unknown), "zh") == (
        "没有任何内容可以读取：a.pcap：权限不足；b：不是抓包文件：文件为空"
    )
