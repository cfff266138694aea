"""`netaudit documents`: check entries and their examples, explain how a message was read, begin an entry from one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.exits import Exit
from netaudit.cli.helping import App
from netaudit.cli.options import CaseFolder, Language
from netaudit.cli.texts import language_of, say
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.documents.explaining import Verdict
    from netaudit.documents.nodes import Tree
    from netaudit.documents.reading import Event

app = App(help="Documents: what messages mean, and how that is known.")
MessageName = Annotated[str, typer.Argument(metavar="MESSAGE", help="A message_id or event_id, or its beginning.")]
Captures = Annotated[
    list[Path] | None, typer.Option("--captures", metavar="PATH", help="Where the captures are now, if moved.")
]
Folder = Annotated[
    Path | None,
    typer.Option("--signatures", metavar="DIR", help="Folder of your own, added to what netaudit comes with."),
]
WIDTH = 120  # characters of a line's value
MOST_KEYS = 40  # named


@app.command(epilog="Example: netaudit documents check ./mine/documents/terminal.yaml")
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE...]", help="Files of entries; all of netaudit's when not given."),
    ] = None,
    lang: Language = None,
) -> None:
    """Check form and examples; files of your own also beside all entries that netaudit comes with."""
    from netaudit.documents.loading import own_files, read_files
    from netaudit.rule_writing.document_examples import failed_examples

    given = tuple(files or ())
    for path in given:
        if not path.is_file():
            raise UsageError("{}: is no file", path)
    loaded = read_files((*own_files(), *given))
    mine = {path.name for path in given}
    problems = [*loaded.problems, *failed_examples(loaded)]
    for problem in problems:
        typer.echo(problem, err=True)
    entries = [entry for entry in loaded.entries if not given or entry.file.rpartition("/")[2] in mine]
    typer.echo(say("documents_checked", language_of(lang), n=len(entries), m=len(problems)))
    raise typer.Exit(Exit.USAGE if problems else Exit.AUDITED)


@app.command(epilog="Example: netaudit documents explain ./case 3fa9c1")
def explain(
    case: CaseFolder, message: MessageName, captures: Captures = None, signatures: Folder = None, lang: Language = None
) -> None:
    """Say what was read from a message, which entry fits it, and what of others does not hold."""
    from netaudit.case.reading import open_case
    from netaudit.documents.explaining import verdicts
    from netaudit.documents.loading import load
    from netaudit.masking.mask import mask, visible
    from netaudit.pipeline.rereading import reread
    from netaudit.rows.events import head_of
    from netaudit.rule_writing.document_examples import read_message, tree_of

    language = language_of(lang)
    found = reread(open_case(case), message, captures or ())
    index = load((signatures,) if signatures else ()).index
    head, tree = head_of(found), tree_of(found)
    line = f"{head.protocol} {head.method} {head.host} {head.target}"
    typer.echo(visible(mask(line), WIDTH) + (f" ({say('document_reply', language)})" if head.reply else ""))
    _tell_tree(tree, language)
    for event in read_message(index, found):
        _tell_event(event, language)
    held = verdicts(index, head, tree)
    for verdict in held:
        _tell_verdict(verdict, language)
    if not any(verdict.fits for verdict in held):
        typer.echo(say("document_unknown", language))


@app.command(epilog="Example: netaudit documents new ./case 3fa9c1 > mine/documents/terminal.yaml")
def new(case: CaseFolder, message: MessageName, captures: Captures = None) -> None:
    """Print a draft of an entry for a message, with a masked example; look it over before it is used or shared."""
    from netaudit.case.reading import open_case
    from netaudit.pipeline.rereading import reread
    from netaudit.rows.events import head_of
    from netaudit.rule_writing.document_drafts import draft
    from netaudit.rule_writing.document_examples import tree_of

    found = reread(open_case(case), message, captures or ())
    typer.echo(draft(head_of(found), tree_of(found)), nl=False)


def _tell_tree(tree: Tree, lang: str) -> None:
    from netaudit.masking.mask import mask, visible

    for node in tree.documents:
        document = node.document
        if document is not None:
            whole = "" if document.complete else f" ({say('document_cut', lang)})"
            typer.echo(f"{say('document_part', lang)}: {visible(mask(document.way.text), WIDTH)}{whole}")
    for image in tree.images:
        typer.echo(f"{say('document_image', lang)}: {visible(mask(image.way.text), WIDTH)}")
    keys = list(dict.fromkeys(nodes[0].raw for nodes in tree.by_key.values()))
    shown = ", ".join(visible(mask(key), 40) for key in keys[:MOST_KEYS])
    more = f" … (+{len(keys) - MOST_KEYS})" if len(keys) > MOST_KEYS else ""
    typer.echo(f"{say('document_keys', lang)}: {shown}{more}")


def _tell_event(event: Event, lang: str) -> None:
    from netaudit.masking.mask import mask, visible
    from netaudit.report.texts import Texts
    from netaudit.rows.events import shown_text
    from netaudit.rule_writing.document_examples import spoken

    kind = Texts(lang).known("event_kind", event.entry.kind) or event.entry.kind
    typer.echo(f"{say('document_event', lang)}: {kind} ({event.entry.id})")
    for name, value in spoken(event).items():
        if name in {"kind", "complete"} or value in ("", None, [], {}):
            continue
        if name == "images":
            text = ", ".join(f"{role} × {count}" for role, count in value.items())
        elif isinstance(value, list):
            text = ", ".join(str(one) for one in value)
        else:
            text = shown_text(name, str(value))
        typer.echo(f"  {name}: {visible(mask(text), WIDTH)}")


def _tell_verdict(verdict: Verdict, lang: str) -> None:
    entry = verdict.entry
    state = say("document_fits" if verdict.fits else "document_fits_not", lang)
    typer.echo(f"{entry.id} ({entry.maker}: {entry.message}; {entry.provenance}, {entry.source}): {state}")
    for one in verdict.checks:
        typer.echo(f"  {'+' if one.holds else '-'} {one.what}: {one.wanted}")
