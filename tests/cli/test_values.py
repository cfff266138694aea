"""Values are taken without pydantic, and are what Typer would make of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

from netaudit.cli.app import app
from netaudit.cli.values import LEFT, plain, plainly

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPED = (
    "", "-", "1", "64", "65", "01", "1.5", "٣", "9" * 5_000, "~", "a\0b", "no such file", ".", "en", "2026-05-01", "10.0.0.0/8",
    "a\udcffb",
)  # fmt: skip
GIVEN = (None, 1, 0, 100, True, Path())
START = """
import sys
from netaudit.cli.app import app
try:
    app(["audit", "nowhere.pcap", "--case", "case", "--workers", "2", "--inside", "10.0.0.0/8"], standalone_mode=False)
except Exception as error:
    assert "nowhere" in str(error), error
print("pydantic" in sys.modules)
"""


def _commands(command: Any) -> Iterator[Any]:
    yield command
    for one in getattr(command, "commands", {}).values():
        yield from _commands(one)


def _params() -> list[Any]:
    root = typer.main.get_command(app)
    return [pytest.param(one, param, id=f"{one.name}-{param.name}") for one in _commands(root) for param in one.params]


@pytest.mark.parametrize(("command", "param"), _params())
def test_a_plain_value_is_what_typer_makes_of_it(command: Any, param: Any) -> None:
    coercion = pytest.importorskip("typer._coercion")
    several = param.multiple or param.nargs == -1
    typed: list[Any] = [*TYPED, *GIVEN]
    values = [*([one] for one in TYPED), list(TYPED[-3:]), None, [1]] if several else typed
    ctx = typer.main.get_command(app).make_context("netaudit", ["doctor"], resilient_parsing=True)
    plain_ones = 0
    for value in values:
        taken = plain(value, param)
        if taken is not LEFT:
            theirs = coercion.build_runtime_param(param.type_descriptor).coerce(value, param=param, ctx=ctx)
            assert (taken, type(taken)) == (theirs, type(theirs))
            plain_ones += value is not None
    assert plain_ones or param.type_descriptor.annotation in (bool, float), f"{command.name} {param.name}: never plain"


def test_what_is_refused_is_refused_in_words_of_typer() -> None:
    command = next(one for one in _commands(typer.main.get_command(app)) if one.name == "audit")
    workers = next(one for one in plainly(list(command.params)) if one.name == "workers")
    with pytest.raises(Exception, match="64"):
        workers.process_value(command.make_context("audit", ["x"]), "65")


def test_an_audit_begins_without_pydantic() -> None:
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
