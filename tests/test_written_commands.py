"""The command line takes every command that a document shows; tests/test_installed_commands.py runs them."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from netaudit.cli.app import app
from netaudit.cli.helping import language_first
from tests.written_commands import Written, named_places, written

WRITTEN = written()
STANDING = {"CAPTURE": "office.pcapng", "CASE": "case", "DEVICE": "192.168.1.64", "MESSAGE": "MESSAGE", "DIR": "mine"}


def _only_named(one: Written) -> bool:
    """Whether a sentence names a command or an option of it, and no page tells anybody to type just that."""
    behind = one.words[2 if one.words[0] in ("rules", "campaign") else 1 :]
    return not behind or (len(behind) == 2 and behind[0] == "--by")


@pytest.mark.parametrize("one", WRITTEN, ids=lambda one: f"{one.page}: {one.text[:60]}")
def test_the_command_line_takes_it(one: Written) -> None:
    """Its command is there, has these options, and as many arguments."""
    command: Any = typer.main.get_command(app)
    said = words = language_first(Written(one.page, named_places(one.text, STANDING)).words)
    if words[:1] == ["--lang"]:
        words = words[2:]
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    assert command.name != "netaudit" or words[0].startswith("-"), said
    parser = command.make_parser(typer.Context(command, **command.context_settings))
    values, left, _ = parser.parse_args(list(words))
    assert not left, said
    needed = [param.name for param in command.params if param.required and not values.get(param.name)]
    assert not needed or _only_named(one), (said, needed)
