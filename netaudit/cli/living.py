"""`netaudit live`, `netaudit live`, and `netaudit audit --resume`: print, run, say how it went."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.capture.permission import briefly, forbidden, how_to_allow
from netaudit.cli.auditing import end, summarise, tell
from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.errors import UsageError
from netaudit.masking.mask import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.capture.adapters import Adapter, Silence
    from netaudit.capture.permission import Step
    from netaudit.cli.settings import Settings
    from netaudit.live.settings import LiveSettings


def interfaces_command(*, as_json: bool, lang: str) -> Exit:
    """Print the interfaces, whether they can be recorded, and what would have to be done."""
    from netaudit.capture.adapters import adapters

    found = adapters()
    if as_json:
        import dataclasses

        import orjson

        rows = [
            dataclasses.asdict(one)
            | {"allowed": one.allowed, "allow": [step.command for step in how_to_allow(one.problem)]}
            for one in found
        ]
        sys.stdout.buffer.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2) + b"\n")
        sys.stdout.buffer.flush()
        return Exit.AUDITED
    if not found:
        print(say("interface_none", lang))
    for one in found:
        _print_interface(one, lang)
    print(
        "".join(
            f"{line}\n" for line in _ways({step: None for one in found for step in how_to_allow(one.problem)}, lang)
        ),
        end="",
    )
    return Exit.AUDITED if any(one.allowed for one in found) else Exit.USAGE


def _print_interface(one: Adapter, lang: str) -> None:
    """Name and whether it may be recorded; below what it is, and its addresses."""
    name = visible(one.name, 60)
    state = say("interface_allowed", lang)
    if not one.allowed:
        key = "interface_forbidden" if forbidden(one.problem) else "interface_refused"
        state = say(key, lang, why=visible(briefly(one.problem), 200))
    link = say(f"link_{one.link}", lang, command=f"sudo ip link set dev {shlex.quote(name)} up")
    about = ", ".join(part for part in (visible(one.description, 80), link, *one.addresses) if part)
    print(f"{name:<12} {state}\n{'':<12} {about}")


def _ways(steps: Iterable[Step], lang: str) -> list[str]:
    """How to be allowed to record, under a heading; nothing where there are no steps."""
    commands = [f"  {say(f'allow_{step.what}', lang, command=step.command)}" for step in steps]
    return [say("interface_allow", lang), *commands] if commands else []


def case_folder(settings: Settings) -> Path:
    """Where a live case goes when nothing is said: a folder named after the time."""
    import datetime

    return (settings.cases or Path()) / Path(f"live-{datetime.datetime.now().astimezone():%Y%m%d-%H%M%S}")


def tell_silences(silences: list[Silence], interface: str, lang: str) -> None:
    """What the system may send by itself on an interface, and the command that stops each."""
    if silences:
        print(say("may_send", lang, interface=visible(interface, 60)), file=sys.stderr)
        for one in silences:
            print(f"  {say('may_send_' + one.what, lang)}: {one.command}", file=sys.stderr)


def live_command(
    settings: LiveSettings, folder: Path, options: dict[str, Any], *, headless: bool, fail_on: str
) -> Exit:
    """Run a live audit; print its verdict at the end."""
    from netaudit.capture.adapters import may_send
    from netaudit.pipeline.startup import for_days, load_lean
    from netaudit.pipeline.task import Options

    for_days()
    from netaudit.live.engine import run_live
    from netaudit.live.lines import standard_lines
    from netaudit.live.onscreen import run_on_screen, screen_possible

    load_lean()
    chosen = Options(**options)
    lang = chosen.lang
    tell_silences(may_send(settings.interface), settings.interface, lang)
    headless = headless or not screen_possible()
    try:
        if headless:
            lines = standard_lines()
            with lines.signals():
                case = run_live(settings, folder, chosen, lines)
        else:
            case = run_on_screen(lambda show: run_live(settings, folder, chosen, show), settings.interface, lang)
    except UsageError as error:
        if not (steps := how_to_allow(str(error))):
            raise
        why = say("live_forbidden", lang, interface=visible(settings.interface, 60), why=briefly(str(error)))
        raise UsageError("\n".join([why, *_ways(steps, lang)])) from error
    if case is None:
        print(say("recorded_only", lang, folder=folder), file=sys.stderr)
        return Exit.AUDITED
    summary = summarise(case)
    out = sys.stderr if headless else sys.stdout
    tell(summary, lang, file=out)
    return end(summary, fail_on, lang, file=out)
