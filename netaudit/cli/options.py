"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

CaseFolder = Annotated[Path, typer.Argument(metavar="CASE", help="Folder of a case.")]


def _known_zone(zone: str | None) -> str | None:
    if zone is not None:
        from netaudit.core.text.time_zones import named_zone

        named_zone(zone)
    return zone


Zone = Annotated[
    str | None,
    typer.Option(
        "--zone",
        metavar="ZONE",
        callback=_known_zone,
        help="Zone of the site's times, e.g. Asia/Shanghai; reports and tables show it.",
    ),
]
Site = Annotated[str | None, typer.Option("--site", metavar="NAME", help="Name of the audited site.")]
Inside = Annotated[
    list[str] | None, typer.Option("--inside", metavar="CIDR", help="Network that is inside; repeatable.")
]
NoFaces = Annotated[bool, typer.Option("--no-faces", help="Do not decode images or look for faces.")]
FailOn = Annotated[
    str | None,
    typer.Option("--fail-on", metavar="A|B|C|D", help="Exit 10 when a finding is at least this certain."),
]
Signatures = Annotated[
    Path | None,
    typer.Option("--signatures", metavar="DIR", help="Folder of your own signatures, added to those of netaudit."),
]
TlsKeys = Annotated[
    list[Path] | None,
    typer.Option(
        "--tls-keys", metavar="FILE", help="Key log (SSLKEYLOGFILE) or RSA private key that opens TLS and QUIC."
    ),
]
KeysFor = Annotated[
    list[str] | None,
    typer.Option(
        "--keys-for",
        metavar="HOST|CIDR|all",
        help="Connections that keys, also those in the captures, may open; repeatable. Nothing is opened without it.",
    ),
]
Authority = Annotated[
    str | None,
    typer.Option("--authority", metavar="TEXT", help="By what consent or authority they are opened; recorded."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace that file.")]
Captures = Annotated[
    list[Path] | None,
    typer.Option("--captures", metavar="PATH", help="Where the captures are now, if moved; repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


def held(ctx: typer.Context) -> dict[str, Any]:
    """What the settings say, for what a command has no option of its own for."""
    from netaudit.cli.settings import Settings

    return ctx.obj.values if isinstance(ctx.obj, Settings) else {}


def folder_held(ctx: typer.Context, name: str) -> Path | None:
    """A folder or file that the settings name; None where they do not."""
    return Path(held(ctx)[name]) if name in held(ctx) else None


def from_settings(ctx: typer.Context, name: str) -> bool:
    """Whether the value of a parameter is that of the settings, and nobody said it now."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "DEFAULT_MAP"


def settings_of(ctx: typer.Context, without_option: tuple[str, ...] = ()) -> dict[str, Any] | None:
    """What is noted of the settings that gave a command some of its options; None where none did.

    `without_option` are settings that the command takes and has no option for.
    """
    from netaudit.cli.settings import Settings, took_part

    settings = ctx.obj if isinstance(ctx.obj, Settings) else Settings()
    given = [name for name in ctx.params if from_settings(ctx, name)]
    return took_part(settings, [*given, *(name for name in without_option if name in settings.values)])


def certainty(fail_on: str | None) -> str:
    """The letter of --fail-on; empty when it was not given."""
    least = (fail_on or "").upper()
    if fail_on is not None and least not in {"A", "B", "C", "D"}:
        raise typer.BadParameter("say A, B, C or D", param_hint="--fail-on")
    return least
