"""The Typer application: options in, one library call, a verdict and paths out."""

from __future__ import annotations

import copy
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from netaudit.cli import app_audit, app_case, app_exports, app_recheck, campaign, rules
from netaudit.cli.endings import endings, printable
from netaudit.cli.helping import App
from netaudit.cli.options import Json
from netaudit.cli.texts import asked, default_language, say, speak
from netaudit.errors import UsageError

app = App(
    help="Find which devices moved whose face images, when and to whom, from packet captures.",
    epilog="Example: netaudit audit office.pcapng --site 'Sales office 1'",
)
for part in (app_audit.app, app_case.app, app_recheck.app, app_exports.app):
    app.registered_commands += part.registered_commands
for name, group in (("rules", rules.app), ("campaign", campaign.app)):
    app.add_typer(group, name=name)


@app.command(epilog="Example: netaudit doctor --warm    compiles once, so that the first audit starts quickly")
def doctor(
    ctx: typer.Context,
    trying: Annotated[
        bool, typer.Option("--try", help="Try a small audit and what files cost, too, and write netaudit-try.txt.")
    ] = False,
    warming: Annotated[
        bool, typer.Option("--warm", help="Instead: compile the kernels now, so that the first audit starts quickly.")
    ] = False,
    piece: Annotated[list[str] | None, typer.Option(hidden=True, help="Only this, with a dot for each kernel.")] = None,
    json: Json = False,
) -> None:
    """Say whether this computer is ready for an audit and a recording, and what helps where it is not."""
    from netaudit.cli.doctoring import doctor_command
    from netaudit.cli.warming import warm_command

    lang = default_language()
    if warming:
        warm_command(piece or [], lang)
        return
    config = ctx.find_root().params.get("config")
    raise typer.Exit(doctor_command(as_json=json, lang=lang, config=config, trying=trying))


@app.command(epilog="Example: netaudit validate --out ./validation --key officer.key.pem --cert officer.pem")
def validate(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for the certificate.")] = Path(),
    pack: Annotated[
        Path | None,
        typer.Option("--pack", metavar="DIR", help="Instead: write captures and answers, to measure another tool."),
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="PEM", help="Private key: P-256 or RSA.")] = None,
    cert: Annotated[
        Path | None, typer.Option("--cert", metavar="PEM", help="Its certificate, then those above it.")
    ] = None,
    p12: Annotated[Path | None, typer.Option("--p12", metavar="FILE", help="Instead: a PKCS#12 file.")] = None,
    json: Json = False,
) -> None:
    """Check this copy against known answers on this computer, offline, and write a certificate."""
    from netaudit.cli.validating import pack_command, validate_command

    if pack is not None:
        raise typer.Exit(pack_command(pack))
    from netaudit.cli.signing import signer_of

    signer = signer_of(key, cert, p12) if any((key, cert, p12)) else None
    raise typer.Exit(validate_command(out, signer, as_json=json, lang=default_language()))


@app.command()
def docs(
    where: Annotated[bool, typer.Option("--print", help="Print where it lies, do not open a browser.")] = False,
) -> None:
    """Open the documentation in this computer's browser; it lies in the installation, nothing is fetched."""
    from netaudit.cli.documentation import docs_command

    raise typer.Exit(docs_command(show=not where, lang=default_language()))


def _version(value: bool) -> None:
    if value:
        from netaudit.version import __version__

        typer.echo(f"netaudit {__version__}")
        raise typer.Exit


def _explain_exit(value: bool) -> None:
    if value:
        from netaudit.cli.exits import Exit

        lang = default_language()
        for code in Exit:
            typer.echo(f"{int(code):>4}  {say(f'code_{code.name.lower()}', lang)}")
        raise typer.Exit


@app.callback()
def _root(
    ctx: typer.Context,
    version: Annotated[  # noqa: ARG001  (its callback ends the command)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
    explain_exit: Annotated[  # noqa: ARG001
        bool,
        typer.Option(
            "--explain-exit", callback=_explain_exit, is_eager=True, help="Say what every exit code means, and leave."
        ),
    ] = False,
    lang: Annotated[
        str | None,
        typer.Option("--lang", metavar="zh|en", help="zh or en, anywhere in the line; by the locale when not given."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help="File of settings; else NETAUDIT_CONFIG, ./netaudit.toml or your own."
        ),
    ] = None,
) -> None:
    """Find which devices moved whose face images, when and to whom, from packet captures."""
    ctx.obj = asked_for  # commands that run another command make it by this
    from netaudit.cli.settings import NAME, Settings, find, read

    if lang not in {None, "zh", "en"}:
        raise typer.BadParameter("say zh or en", param_hint="--lang")
    try:
        settings = read(find(config))
    except UsageError:
        if ctx.invoked_subcommand != "doctor":  # which tells what is wrong with them
            raise
        settings = Settings()
    ctx.obj = settings
    ctx.default_map = settings.defaults(ctx.command)
    speak(lang or settings.language)
    if settings.file == Path(NAME):  # found, not named: it may have come with the evidence
        names = ", ".join(settings.values)
        typer.echo(say("settings_here", default_language(), file=settings.file.absolute(), names=names), err=True)


def asked_for(words: list[str]) -> App:
    """The application as far as these words ask for it: to make all commands takes twenty times as long as one.

    All of it where they do not begin with a command: other options, help, completion and what was mistyped need it.
    """
    first = words[0] if words and "_NETAUDIT_COMPLETE" not in os.environ else ""
    part = copy.copy(app)
    part.registered_commands = [one for one in app.registered_commands if first == _name(one)]
    part.registered_groups = [one for one in app.registered_groups if first == one.name]
    return part if part.registered_commands or part.registered_groups else app


def _name(command: Any) -> str:
    """Of a registered command, as Typer makes it."""
    return str(command.name or command.callback.__name__.replace("_", "-"))


def main() -> None:
    """Entry point: every failure is one line and an exit code."""
    os.umask(os.umask(0o022) | 0o022)  # nobody else writes what this makes, whatever the shell allows
    printable()
    speak(asked(sys.argv[1:]))
    with endings():
        code = asked_for(sys.argv[1:])(standalone_mode=False, prog_name="netaudit")
        raise SystemExit(code if isinstance(code, int) else 0)
