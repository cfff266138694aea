"""`netaudit live`, `netaudit live`, and `netaudit audit --resume`: print, run, say how it went.

`netaudit live … --daily`: an appliance.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.capture.permission import briefly, forbidden, how_to_allow
from netaudit.cli.auditing import end, outcome, tell
from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.core.masking.mask import visible
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.capture.adapters import Adapter, Silence
    from netaudit.capture.permission import Step
    from netaudit.cli.settings import Settings
    from netaudit.pipeline.live.settings import LiveSettings
    from netaudit.pipeline.options import Options


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
    """Run a live audit; print its summary at the end."""
    from netaudit.capture.adapters import may_send
    from netaudit.pipeline.options import Options
    from netaudit.pipeline.startup import for_days, load_arrow

    for_days()
    from netaudit.pipeline.live.engine import run_live
    from netaudit.pipeline.live.lines import standard_lines
    from netaudit.pipeline.live.onscreen import run_on_screen, screen_possible

    load_arrow()
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
    found = outcome(case)
    out = sys.stderr if headless else sys.stdout
    tell(found, case.summary, lang, file=out)
    return end(found, fail_on, lang, file=out)


def followed_folder(interface: str) -> Path | None:
    """The folder that another recorder fills, where an interface is not what was named."""
    from netaudit.capture.adapters import interface_known

    folder = Path(interface)
    return folder.absolute() if folder.is_dir() and not interface_known(interface) else None


def daily_command(
    settings: LiveSettings, root: Path, options: dict[str, Any], *, case_size: int | None, private_days: int | None,
    alarm: str | None, certain: str,
) -> Exit:  # fmt: skip
    """Record, or follow a folder, until somebody stops it."""
    from netaudit.capture.adapters import may_send
    from netaudit.cli.living import tell_silences
    from netaudit.core.text.time_zones import named_zone
    from netaudit.pipeline.live.daily.alarms import Alarms, checked
    from netaudit.pipeline.live.daily.appliance import Appliance, Daily, refuse
    from netaudit.pipeline.live.daily.room import PART
    from netaudit.pipeline.live.lines import standard_lines
    from netaudit.pipeline.options import Options

    if settings.record_only or settings.duration is not None or options["keys"] is not None:
        raise UsageError("--daily goes on until it is stopped, audits every day, and opens nothing with keys")
    folder = followed_folder(settings.interface)
    refuse(root, folder)
    chosen = Options(**options)
    if folder is None:
        tell_silences(may_send(settings.interface), settings.interface, chosen.lang)
    daily = Daily(
        root.absolute(),
        folder,
        case_size if case_size is not None else settings.ring // PART if settings.ring is not None else None,
        private_days,
        certain or "C",
        _words(chosen),
        named_zone(chosen.zone) if chosen.zone else None,
    )
    lines = standard_lines()
    try:
        with lines.signals():
            asked = Appliance(daily, settings, chosen, lines, Alarms(checked(alarm), chosen.lang)).run()
    finally:
        lines.close()
    return Exit.AUDITED if asked else Exit.DAMAGED


def _words(options: Options) -> list[str]:
    """What an audit of a day is told on its command line; all else stands in the case that was begun."""
    words = ["--workers", "1", "--lang", options.lang]
    if options.signatures is not None:
        words += ["--signatures", str(options.signatures.absolute())]
    return words
