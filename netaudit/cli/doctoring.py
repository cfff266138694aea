"""`netaudit doctor`: is this computer ready, and what helps where it is not."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.cli.chinese import message
from netaudit.cli.exits import Exit
from netaudit.core.masking.mask import visible
from netaudit.core.text.bilingual import speaker
from netaudit.core.text.yaml_text import yaml_of
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.pipeline.doctor import Check

PAGE = "netaudit-try.txt"
WIDEST = 300  # characters of what a system said

STATES, NAMES, REMEDIES, ENDINGS = (
    yaml_of(__package__, "doctoring.yaml")[key] for key in ("states", "names", "remedies", "endings")
)
state_of, name_of, remedy_of, ending_of = map(speaker, (STATES, NAMES, REMEDIES, ENDINGS))


def doctor_command(*, as_json: bool, lang: str, config: Path | None = None, trying: bool = False) -> Exit:
    """Examine and tell, each check as it is done; `Exit.DAMAGED` when something an audit needs is bad.

    `trying`: try more than is looked at, and write all of it to a page, without names of places of this computer.
    """
    from netaudit.pipeline.doctor import BAD, examine
    from netaudit.pipeline.startup import load_arrow

    load_arrow()
    found: list[Check] = []
    page: list[str] = []
    for check in chain([settings_check(config)], examine(), _trials() if trying else ()):
        found.append(check)
        page += lines(check, lang)
        if not as_json:
            print(*lines(check, lang), sep="\n", flush=True)
    fit = all(check.state != BAD for check in found)
    if as_json:
        import orjson

        rows = [
            {"name": check.name, "state": check.state, "remedy": remedy(check, lang), "facts": check.facts}
            for check in found
        ]
        print(orjson.dumps({"ready": fit, "checks": rows}, option=orjson.OPT_INDENT_2).decode())
    else:
        print(ending_of("fit" if fit else "unfit", lang))
    if trying:
        _write_page([*page, ending_of("fit" if fit else "unfit", lang)], lang)
    return Exit.AUDITED if fit else Exit.DAMAGED


def _trials() -> Iterator[Check]:
    from netaudit.pipeline.trying import try_out

    yield from try_out(Path.cwd())


def _write_page(checks: list[str], lang: str) -> None:
    """What was said, where it was said, with a head by which it can be placed."""
    from netaudit.version import __version__

    head = f"netaudit {__version__}, doctor --try, {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC"
    text = "\n".join([head, *checks]) + "\n"
    for place, name in ((Path.cwd(), "."), (Path.home(), "~")):
        text = text.replace(str(place), name)
    Path(PAGE).write_text(text, "utf-8-sig", newline="\r\n")  # as every editor of Windows reads it
    print(ending_of("page", lang, name=PAGE), file=sys.stderr)


def settings_check(config: Path | None) -> Check:
    """Which file of settings holds, what it sets, or what is wrong with it; and where it is looked for."""
    from netaudit.cli.settings import find, places, read, shown
    from netaudit.pipeline.doctor import BAD, GOOD, Check

    try:
        settings = read(find(config))
    except UsageError as error:
        return Check("settings", BAD, "settings", {"said": str(error)})
    where = " ".join(map(str, places()))
    return Check(
        "settings", GOOD, "", dict(shown(settings)) if settings.file else {"file": "–", "places": f"({where})"}
    )


def lines(check: Check, lang: str) -> list[str]:
    """A line of what was found, and one of what helps."""
    facts = ", ".join(
        visible(message(_fact(value), lang), WIDEST) for value in check.facts.values() if value not in ("", [], False)
    )
    out = [f"{state_of(check.state, lang)}  {name_of(check.name, lang)}" + (f": {facts}" if facts else "")]
    return [*out, f"      → {remedy(check, lang)}"] if check.remedy else out


def remedy(check: Check, lang: str) -> str:
    """What helps; empty where nothing has to be done."""
    from netaudit.core.system.programs import with_interpreter

    return with_interpreter(remedy_of(check.remedy, lang)) if check.remedy else ""


def _fact(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
