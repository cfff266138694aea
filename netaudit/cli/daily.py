"""`netaudit live … --daily`: an appliance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.cli.exits import Exit
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.live.settings import LiveSettings
    from netaudit.pipeline.task import Options


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
    from netaudit.live.daily.alarms import Alarms, checked
    from netaudit.live.daily.appliance import Appliance, Daily, refuse
    from netaudit.live.daily.room import PART
    from netaudit.live.lines import standard_lines
    from netaudit.pipeline.task import Options
    from netaudit.text.time_zones import named_zone

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
