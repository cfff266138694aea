"""Help of the command line: what commands are, as data in either language, and as text that fits the terminal.

Typer lays out help by counting characters, of which Chinese ones take two cells, and knows one language only.
"""

from __future__ import annotations

import shutil
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from netaudit.cli.chinese import helped, worded
from netaudit.cli.texts import default_language
from netaudit.cli.values import plainly
from netaudit.core.text.csv_text import csv_of
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NOW = dict(csv_of(__package__, "former.csv"))
OPTIONS = {former: now for former, now in _NOW.items() if " --" in former}
COMMANDS = {former: now for former, now in _NOW.items() if former not in OPTIONS}

OF_TABLES = frozenset(  # commands; those that read captures load it when they have begun what takes longer
    {"decide", "duties", "explain", "export", "extract", "new", "recheck", "show", "test", "verify"}
)


def moved(path: str, word: str, after: str = "") -> str | None:
    """The present spelling of a command below `path` ("" or "campaign"), or of an option of the command `path`."""
    name = f"{path} {word}".strip()
    if word.startswith("-"):
        return OPTIONS.get(name.partition("=")[0])
    return COMMANDS.get(f"{name} {after}") or COMMANDS.get(name)


Function = TypeVar("Function", bound="Callable[..., Any]")
NAMES = {"help_option_names": ["-h", "--help"]}
WIDEST = 100  # cells of a line
LEFT = 30  # most cells of the column of options
HELP = "Show this help and leave."


@dataclass(slots=True)
class Described:
    """A command: its words, one usage line, rows (name, text) of arguments, options and commands."""

    path: str
    usage: str
    text: str = ""
    arguments: list[tuple[str, str]] = field(default_factory=list)
    options: list[tuple[str, str]] = field(default_factory=list)
    commands: list[tuple[str, str]] = field(default_factory=list)
    example: str = ""


def describe(command: Any, ctx: Any, lang: str) -> Described:
    """What a command is, in a language."""
    described = Described(ctx.command_path, _usage(command, ctx, lang), helped(command.help or "", lang))
    for param in command.get_params(ctx):
        if getattr(param, "hidden", False):
            continue
        text = helped(getattr(param, "help", None) or "", lang)
        if param.param_type_name == "argument":
            described.arguments.append((worded(_bare(param), lang), text))
        elif param.name == "help":
            described.options.append((", ".join(sorted(param.opts, key=len)), helped(HELP, lang)))
        else:
            described.options.append((_option(param, lang), text + _default(param, lang)))
    for name, one in getattr(command, "commands", {}).items():
        if not one.hidden:
            described.commands.append((name, helped(one.help or "", lang).partition("\n\n")[0]))
    described.example = helped(command.epilog or "", lang)
    return described


def described(app: typer.Typer, lang: str) -> Iterator[Described]:
    """Every command of an application, parents first."""
    yield from _below(typer.main.get_command(app), "netaudit", None, lang)


def _below(command: Any, name: str, parent: Any, lang: str) -> Iterator[Described]:
    with command.make_context(name, [], parent=parent, resilient_parsing=True) as ctx:
        yield describe(command, ctx, lang)
        for below, one in getattr(command, "commands", {}).items():
            if not one.hidden:
                yield from _below(one, below, ctx, lang)


def _usage(command: Any, ctx: Any, lang: str) -> str:
    """The line of usage: options, arguments (those that may be left out in brackets), commands."""
    words = [ctx.command_path, worded("[OPTIONS]", lang)]
    for param in command.params:
        if param.param_type_name == "argument":
            name = worded(_bare(param), lang)
            words.append(name if param.required else f"[{name}]")
    return " ".join([*words, worded("COMMAND [ARGS]...", lang)] if hasattr(command, "commands") else words)


def _bare(param: Any) -> str:
    """What stands for an argument, without brackets."""
    return str(param.metavar or param.name.upper()).strip("[]{}")


def _option(param: Any, lang: str) -> str:
    names = ", ".join(sorted([*param.opts, *param.secondary_opts], key=len))
    return names if param.is_flag else f"{names} {worded(param.metavar or 'TEXT', lang)}"


def _default(param: Any, lang: str) -> str:
    default = param.default
    if param.is_flag or callable(default) or default in (None, "") or isinstance(default, (list, tuple)):
        return ""
    return f" [{worded('default', lang)}: {default}]"


def render(described: Described, lang: str, width: int | None = None) -> str:
    """Help as text, at most `width` cells wide; as the terminal is when not given."""
    room = min(width or shutil.get_terminal_size().columns, WIDEST)
    lines = [*folded(f"{worded('Usage', lang)}: {described.usage}", room, 7), "", *folded(described.text, room)]
    for title, rows in (
        ("Arguments", described.arguments),
        ("Options", described.options),
        ("Commands", described.commands),
    ):
        if rows:
            lines += ["", f"{worded(title, lang)}:", *_table(rows, room)]
    if described.example:
        lines += ["", *folded(described.example, room, 2)]
    return "\n".join(lines)


def _table(rows: list[tuple[str, str]], room: int) -> Iterator[str]:
    left = min(max(cells(name) for name, _ in rows), LEFT) + 2
    for name, text in rows:
        first, *others = folded(text, room - left - 2) or [""]
        if cells(name) > left - 2:
            yield f"  {name}"
            yield f"  {' ' * left}{first}"
        else:
            yield f"  {name}{' ' * (left - cells(name))}{first}".rstrip()
        yield from (f"  {' ' * left}{line}" for line in others)


def cells(text: str) -> int:
    """Cells of a terminal that a text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def folded(text: str, room: int, indent: int = 0) -> list[str]:
    """Lines of at most `room` cells, cut at spaces and between Chinese characters; all but the first indented."""
    lines, line = [], ""
    for word in _words(text):
        if line.strip() and cells(line) + cells(word.rstrip()) > room:
            lines.append(line.rstrip())
            line = " " * indent + word.lstrip()
        else:
            line += word
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(text: str) -> Iterator[str]:
    """Parts that stay together: words with the space behind them, Chinese characters with their punctuation."""
    word = ""
    for char in text:
        wide = cells(char) == 2
        if word and ((wide and char not in "，。；：、！？）”》") or word[-1] == " " or cells(word[-1]) > 1 > wide):
            yield word
            word = ""
        word += char
    if word:
        yield word


class PressedError(Exception):
    """Somebody pressed Ctrl-C; of which Typer itself would make a code like any other."""


def language_first(words: list[str]) -> list[str]:
    """The same words, the first --lang with its value before all others; nothing behind -- is looked at."""
    end = words.index("--") if "--" in words else len(words)
    for place, word in enumerate(words[:end]):
        if word == "--lang" and place + 1 < end:
            return [word, words[place + 1], *words[:place], *words[place + 2 :]]
        if word.startswith("--lang="):
            return [word, *words[:place], *words[place + 1 :]]
    return words


class Command(TyperCommand):
    """A command whose help is in the language of who asks."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Understand the words. Raises UsageError with the present spelling for a former option."""
        for word in args:
            if word == "--":
                break
            if word.startswith("--") and (new := moved(str(ctx.info_name), word)) is not None:
                raise UsageError("{} is spelt otherwise now: netaudit {}", word.partition("=")[0], new)
        return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:
        """Its parameters, and --help."""
        return plainly(super().get_params(ctx))

    def invoke(self, ctx: Any) -> Any:
        """Run it; what reads tables is loaded without what no command of them uses."""
        if ctx.info_name in OF_TABLES:
            from netaudit.pipeline.startup import load_arrow

            load_arrow()
        return super().invoke(ctx)

    def get_help(self, ctx: Any) -> str:
        """The help as text."""
        lang = default_language()
        return render(describe(self, ctx, lang), lang)


class Group(TyperGroup):
    """The same of a group. --lang may stand anywhere behind it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take --lang to the front of the words of the whole command line."""
        return super().parse_args(ctx, args if ctx.parent else language_first(args))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of a word. Raises UsageError with the present spelling for a former one."""
        if args and args[0] not in self.commands:
            new = moved("" if ctx.parent is None else str(ctx.info_name), args[0], "".join(args[1:2]))
            if new is not None:
                raise UsageError(
                    "{} is spelt otherwise now: netaudit {}",
                    " ".join(["netaudit", *([ctx.info_name] if ctx.parent else []), args[0]]),
                    new,
                )
        return super().resolve_command(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:
        """Its parameters, and --help."""
        return plainly(super().get_params(ctx))

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise PressedError from None

    def get_help(self, ctx: Any) -> str:
        """The help as text."""
        lang = default_language()
        return render(describe(self, ctx, lang), lang)


class App(typer.Typer):
    """A Typer application with this help, and -h everywhere."""

    def __init__(self, **options: Any) -> None:
        given: dict[str, Any] = {"cls": Group, "no_args_is_help": True, "context_settings": NAMES} | options
        super().__init__(rich_markup_mode=None, pretty_exceptions_enable=False, **given)

    def command(self, name: str | None = None, **options: Any) -> Callable[[Function], Function]:
        """A command, as Typer takes it."""
        given: dict[str, Any] = {"cls": Command, "context_settings": NAMES} | options
        return super().command(name, **given)
