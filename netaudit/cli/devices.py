"""`netaudit devices`: who is there, and what an analyst decided about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from netaudit.cli.exits import Exit
from netaudit.cli.helping import App, Group
from netaudit.cli.options import CaseFolder, Language
from netaudit.cli.texts import language_of, say
from netaudit.cli.wording import contradictions, decided, graded, titled, word
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.case.decisions import Decision

SHORT = 28  # characters of a name in the list


class _ListsByDefault(Group):
    """`netaudit devices CASE` is `netaudit devices list CASE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["list", *args]
        return super().parse_args(ctx, args)


app = App(
    cls=_ListsByDefault,
    help="Devices of a case: `netaudit devices CASE` lists them, `netaudit devices set` notes your own decision.",
)


@app.command(name="list")
def list_(
    case: CaseFolder,
    json: Annotated[bool, typer.Option("--json", help="JSON lines, decisions beside what was found.")] = False,
    lang: Language = None,
) -> None:
    """List devices: address, name, class, vendor, part in the chain, and decisions."""
    from netaudit.case.decisions import latest
    from netaudit.case.reading import open_case
    from netaudit.rule_writing.naming import plain_devices

    opened = open_case(case)
    rows, noted = plain_devices(opened), latest(opened.folder)
    contradicted = contradictions(opened)
    for row in rows:
        row["contradicted"] = contradicted.get(row["device_id"], {})
    (_write_json if json else _write_text)(rows, noted, language_of(lang))


@app.command(name="set", epilog="Example: netaudit devices set ./case 192.168.1.64 --class ip_camera --note label")
def set_(
    case: CaseFolder,
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="Id, address, name, or beginning of the id.")],
    class_: Annotated[
        str, typer.Option("--class", metavar="CLASS", help="What it is: a word of vocabulary/classes.txt.")
    ] = "",
    vendor: Annotated[str, typer.Option("--vendor", metavar="NAME", help="Who made it.")] = "",
    alias: Annotated[str, typer.Option("--alias", metavar="NAME", help="A name of your own for it.")] = "",
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why: what you saw on site.")] = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides, as it shall stand in the report.")] = "",
    lang: Language = None,
) -> None:
    """Note your decision about a device, beside what netaudit found; the report shows both."""
    from netaudit.case.decisions import decide
    from netaudit.case.reading import open_case
    from netaudit.case.report_status import language as spoken
    from netaudit.report.rewriting import rewrite
    from netaudit.rule_writing.naming import find_device, plain_devices
    from netaudit.signatures.loading import load

    known = load().vocabulary.classes
    if class_ and class_ not in known:
        raise UsageError("--class {}: say one of {}", class_, ", ".join(known))
    opened = open_case(case)
    row = find_device(plain_devices(opened), device)
    decision = decide(opened.folder, row, kind=class_, vendor=vendor, note=note, by=by, alias=alias)
    language = language_of(lang)
    typer.echo(say("decided", language, device=titled(row), what=decided(decision, language)))
    typer.echo(rewrite(open_case(case), spoken(case) or language))
    raise typer.Exit(Exit.AUDITED)


def _write_json(rows: list[dict[str, Any]], noted: dict[str, Decision], _: str) -> None:
    from dataclasses import asdict

    import orjson

    for row in rows:
        decision = noted.get(row["device_id"])
        typer.echo(orjson.dumps(row | {"decision": asdict(decision) if decision else None}).decode())


def _write_text(rows: list[dict[str, Any]], noted: dict[str, Decision], lang: str) -> None:
    for row in rows:
        parts = [titled(row), graded(row, "class", lang), graded(row, "vendor", lang)]
        parts += [word("chain", part, lang) for part in row["chain"] or ()]
        if row["behind"]:
            parts.append(say("behind", lang, n=row["behind"]))
        typer.echo(" · ".join(part for part in parts if part))
        if decision := noted.get(row["device_id"]):
            typer.echo(f"    {say('decision', lang)} {decided(decision, lang)}")
