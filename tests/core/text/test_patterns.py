"""Patterns that are compiled when they are first used are patterns like any other, and sound."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import re

import pytest

import netaudit
from netaudit.core.text import patterns
from netaudit.core.text.patterns import METHODS, later, occurrence


def test_a_pattern_is_compiled_when_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(patterns.re, "compile", lambda *asked: made.append(asked) or re._compiler.compile(*asked))
    one = later(r"(\d+)-(?P<b>x)", re.IGNORECASE)
    assert made == []
    assert one.search("a 12-X").group("b") == "X"
    assert [found.span() for found in one.finditer("1-x 2-x")] == [(0, 3), (4, 7)]
    assert one.sub("-", "1-x") == "-"
    assert len(made) == 1


@pytest.mark.parametrize("method", METHODS)
def test_it_has_what_a_pattern_has(method: str) -> None:
    sound = re.compile(b"a(b)")
    one = getattr(later(b"a(b)"), method)
    assert one(b"ab").groups() == sound.match(b"ab").groups() if method == "match" else one is not None


def test_an_attribute_that_is_none_of_a_pattern_is_an_error() -> None:
    with pytest.raises(AttributeError):
        later("a").nothing  # noqa: B018


def test_every_one_in_the_package_compiles() -> None:
    for module in pkgutil.walk_packages(netaudit.__path__, "netaudit."):
        if module.name.startswith(
            (
                "netaudit.events.identity",
                "netaudit.core.masking",
                "netaudit.core.text",
                "netaudit.images",
                "netaudit.protocols",
            )
        ):
            importlib.import_module(module.name)
    found = [one for one in gc.get_objects() if type(one) is patterns._Later]
    assert len(found) > 40
    for one in found:
        re.compile(*one._asked)


@pytest.mark.parametrize(
    ("data", "there"),
    [(b"ab", True), (b"..ab..", True), (b"", False), (b"a", False), (b"AB", False), (b"a\nb", False)],
)
def test_a_pattern_occurs_anywhere_or_not(data: bytes, there: bool) -> None:
    assert occurrence(b"ab")(data) is there


def test_an_occurrence_may_be_of_any_case_and_any_byte() -> None:
    assert occurrence(b"ab", any_case=True)(b"xAbx")
    assert occurrence(b"a.b")(b"a\nb")
    assert occurrence(b"a\xffb")(b"\x80a\xffb")
    assert occurrence(b"^a")(b"ab")
    assert not occurrence(b"^a")(b"ba")
