"""What a function compares is told, and calls are altered to where it would have come out otherwise."""

from __future__ import annotations

import ast
import random

import pytest

from tests.validate.altering import Altering
from tests.validate.comparing import Comparing, listening

SOURCE = """
def goes(data, at):
    if len(data) - at < 37:
        return 0
    if data[at] << 8 | data[at + 1] == 0x8864 and at in (3, 900):
        return 1
    return 2 if data[0] & 0x40 else 3
"""


def listens(heard: Comparing):
    tree = ast.parse(SOURCE)
    (function,) = tree.body
    tree.body = [listening(function)[0]]
    named = {"_compared_": heard.compared, "_masked_": heard.masked}
    exec(compile(ast.fix_missing_locations(tree), "goes", "exec"), named)
    return named["goes"]


@pytest.mark.parametrize(("data", "at"), [(bytes(30), 0), (bytes(60), 3), (b"@" * 60, 3), (b"\x00\x88\x64" * 20, 900)])
def test_a_function_that_listens_answers_the_same(data, at) -> None:
    plain: dict = {}
    exec(SOURCE, plain)
    heard = Comparing()
    assert listens(heard)(data, at) == plain["goes"](data, at)
    assert (len(data) - at, 37) in heard.pairs


def test_a_call_is_altered_to_where_it_would_go_another_way() -> None:
    """At the bound itself, too, which 300 random numbers would hardly meet."""
    heard = Comparing()
    function = listens(heard)
    altering = Altering(lambda data, at: None, "x")
    altering.random = random.Random(5)
    function(bytes(30), 0)
    found = [altering.one(([bytes(30), 0], {}), list(heard.pairs))[0] for _ in range(300)]
    apart = {len(data) - at for data, at in found if isinstance(data, bytes) and type(at) is int}
    assert {36, 37, 38} <= apart
