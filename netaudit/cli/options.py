"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from netaudit.cli.texts import default_language

CaseFolder = Annotated[Path, typer.Argument(metavar="CASE", help="Folder of a case.")]
Language = Annotated[
    str | None, typer.Option("--lang", metavar="zh|en", help="zh or en; by the locale when not given.")
]


def _known_zone(zone: str | None) -> str | None:
    if zone is not None:
        from netaudit.text.time_zones import named_zone

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
ProjectKey = Annotated[
    Path | None,
    typer.Option(
        "--project-key", metavar="FILE", help="Secret of a project: makes keyed hashes comparable between its cases."
    ),
]
TlsKeys = Annotated[
    list[Path] | None,
    typer.Option(
        "--tls-keys",
        metavar="FILE",
        help="Key log (SSLKEYLOGFILE) or RSA private key that opens TLS and QUIC.",
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
Captures = Annotated[
    list[Path] | None,
    typer.Option("--captures", metavar="PATH", help="Where the captures are now, if moved; repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


def language(lang: str | None) -> str:
    """The language of --lang, else that of the settings or the locale."""
    if lang is None:
        return default_language()
    if lang not in {"zh", "en"}:
        raise typer.BadParameter("say zh or en", param_hint="--lang")
    return lang


def from_settings(ctx: typer.Context, name: str) -> bool:
    """Whether the value of a parameter is that of the settings, and nobody said it now."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "DEFAULT_MAP"


def settings_of(ctx: typer.Context) -> dict[str, Any] | None:
    """What is noted of the settings that gave a command some of its options; None where none did."""
    from netaudit.cli.settings import Settings, took_part

    told = ctx.obj if isinstance(ctx.obj, Settings) else Settings()
    return took_part(told, [name for name in ctx.params if from_settings(ctx, name)])


def certainty(fail_on: str | None) -> str:
    """The letter of --fail-on; empty when it was not given."""
    least = (fail_on or "").upper()
    if fail_on is not None and least not in {"A", "B", "C", "D"}:
        raise typer.BadParameter("say A, B, C or D", param_hint="--fail-on")
    return least
