"""`netaudit rules check`: form, vocabulary and examples of signatures and documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNATURES = ("devices", "services")  # folders of a set


def check_command(paths: Sequence[Path], lang: str) -> Exit:
    """Check what was named, or all that netaudit comes with; gives `Exit.USAGE` where something does not hold."""
    from netaudit.core.signatures.loading import default_folder

    for path in paths:
        if not path.exists():
            raise UsageError("{}: is no file and no folder", path)
    folders = [folder for folder in dict.fromkeys(map(_set_of, paths)) if folder is not None]
    entries = [entry for path in paths for entry in _entries_of(path)]
    found = sum(_signatures(folder, lang) for folder in folders or ([] if paths else [default_folder()]))
    if entries or not folders:
        found += _documents(entries, lang)
    return Exit.USAGE if found else Exit.AUDITED


def _set_of(path: Path) -> Path | None:
    """The folder of a set that a path is, or that a file of signatures lies in; None for entries of documents."""
    if path.is_dir():
        return path if path.name != "documents" else None
    return path.parent.parent if path.parent.name in SIGNATURES else None


def _entries_of(path: Path) -> list[Path]:
    """Files of documents that a path is or holds."""
    if path.is_dir():
        return sorted((path if path.name == "documents" else path / "documents").glob("*.yaml"))
    return [] if path.parent.name in SIGNATURES else [path]


def _signatures(folder: Path, lang: str) -> int:
    from netaudit.core.signatures.checking import failed_examples
    from netaudit.core.signatures.loading import read
    from netaudit.evidence.rule_drafting.answers import wrong_answers

    loaded = read(folder)
    problems = [*loaded.problems, *failed_examples(loaded), *wrong_answers(loaded)]
    added = sum((loaded.added or {}).get(name, 0) for name in SIGNATURES)
    counts = {"devices": len(loaded.devices), "services": len(loaded.services), "added": added, "m": len(problems)}
    return _told(problems, say("signatures_checked", lang, version=loaded.version, digest=loaded.sha256[:16], **counts))


def _documents(given: list[Path], lang: str) -> int:
    """Entries of one's own beside all that netaudit comes with; those alone where there are none."""
    from netaudit.events.rules.loading import own_files, read_files
    from netaudit.evidence.rule_drafting.document_examples import failed_examples

    loaded = read_files((*own_files(), *given))
    mine = {path.name for path in given}
    problems = [*loaded.problems, *failed_examples(loaded)]
    entries = [entry for entry in loaded.entries if not given or entry.file.rpartition("/")[2] in mine]
    return _told(problems, say("documents_checked", lang, n=len(entries), m=len(problems)))


def _told(problems: list[str], summary: str) -> int:
    for problem in problems:
        typer.echo(problem, err=True)
    typer.echo(summary)
    return len(problems)
