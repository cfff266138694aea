"""`netaudit interfaces`, `netaudit live`, and `netaudit audit --resume`: print, run, say how it went."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.cli.auditing import exit_code, progress_bar, summarise, tell
from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.live.settings import LiveSettings


def interfaces_command(*, as_json: bool, lang: str) -> Exit:
    """Print the interfaces, whether they can be recorded, and what would have to be done."""
    from netaudit.capture.adapters import adapters, how_to_allow

    found = adapters()
    if as_json:
        import dataclasses

        import orjson

        rows = [dataclasses.asdict(one) | {"allowed": one.allowed} for one in found]
        sys.stdout.buffer.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2) + b"\n")
        sys.stdout.buffer.flush()
        return Exit.AUDITED
    for one in found:
        state = say("interface_allowed", lang) if one.allowed else f"{say('interface_refused', lang)}: {one.problem}"
        about = ", ".join(part for part in (one.description, say(f"link_{one.link}", lang), *one.addresses) if part)
        print(f"{one.name:<12} {state}\n{'':<12} {about}")
    steps = {step: None for one in found for step in how_to_allow(one.problem)}
    if steps:
        print(say("interface_allow", lang))
        for step in steps:
            print(f"  {step}")
    return Exit.AUDITED if any(one.allowed for one in found) else Exit.USAGE


def case_folder() -> Path:
    """Where a live case goes when nothing is said: a folder named after the time."""
    import datetime

    return Path(f"live-{datetime.datetime.now().astimezone():%Y%m%d-%H%M%S}")


def live_command(
    settings: LiveSettings, folder: Path, options: dict[str, Any], *, headless: bool, fail_on: str
) -> Exit:
    """Run a live audit; print its verdict at the end."""
    from netaudit.api import Options
    from netaudit.capture.adapters import how_to_allow, may_send
    from netaudit.lean import for_days, load_lean

    for_days()
    from netaudit.live.engine import run_live
    from netaudit.live.lines import standard_lines
    from netaudit.live.onscreen import run_on_screen, screen_possible

    load_lean()
    chosen = Options(**options)
    silences = may_send(settings.interface)
    if silences:
        print(say("may_send", chosen.lang, interface=settings.interface), file=sys.stderr)
        for one in silences:
            print(f"  {say('may_send_' + one.what, chosen.lang)}: {one.command}", file=sys.stderr)
    headless = headless or not screen_possible()
    try:
        if headless:
            lines = standard_lines()
            with lines.signals():
                case = run_live(settings, folder, chosen, lines)
        else:
            case = run_on_screen(lambda show: run_live(settings, folder, chosen, show), settings.interface, chosen.lang)
    except UsageError as error:
        if steps := how_to_allow(str(error)):
            print("\n  ".join((say("interface_allow", chosen.lang), *steps)), file=sys.stderr)
        raise
    if case is None:
        print(say("recorded_only", chosen.lang, folder=folder), file=sys.stderr)
        return Exit.AUDITED
    summary = summarise(case)
    tell(summary, chosen.lang, file=sys.stderr if headless else sys.stdout)
    return exit_code(summary, fail_on)


def resume_command(folder: Path, options: dict[str, Any], *, as_json: bool, fail_on: str) -> Exit:
    """Audit a recording again."""
    from netaudit.api import Options
    from netaudit.lean import load_lean
    from netaudit.live.resuming import resume

    load_lean()
    chosen = Options(**options)
    with progress_bar(chosen.lang) as progress:
        case = resume(folder, chosen, progress)
    summary = summarise(case)
    if as_json:
        import orjson

        sys.stdout.buffer.write(orjson.dumps(summary, option=orjson.OPT_INDENT_2) + b"\n")
        sys.stdout.buffer.flush()
    tell(summary, chosen.lang, file=sys.stderr if as_json else sys.stdout)
    return exit_code(summary, fail_on)
