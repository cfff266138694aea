"""`netaudit duties`: which articles findings touch, and which papers to ask for."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import orjson

from netaudit.cli.exits import Exit
from netaudit.core.storage.arrow_rows import integer_times
from netaudit.evidence.case.reading import open_case
from netaudit.findings.duties.cards import card, cards_of, edition, say
from netaudit.findings.duties.stored import stored_card, stored_rows
from netaudit.findings.vocabulary import KIND

if TYPE_CHECKING:
    from pathlib import Path


def duties_command(folder: Path | None, *, as_json: bool, lang: str) -> Exit:
    """Cards of a case, or all there are."""
    if folder is None:
        cards = [card(kind, lang) for kind in KIND]
    else:
        case = open_case(folder)
        endpoints = case.table("endpoints", ["endpoint_id", "country"]).to_pylist()
        countries = {row["endpoint_id"]: row["country"] or "" for row in endpoints}
        stored = stored_card(stored_rows(case.table("observations")), lang)
        cards = cards_of(integer_times(case.table("findings")).to_pylist(), countries, lang) + (
            [stored] if stored else []
        )
    if as_json:
        print(orjson.dumps([asdict(one) for one in cards], option=orjson.OPT_INDENT_2).decode())
        return Exit.AUDITED
    print(say("note", lang), edition(lang), sep="\n")
    for one in cards:
        print(f"\n{one.heading}")
        print(f"  {say('shows', lang)}: {one.shows}")
        print(f"  {say('not', lang)}: {one.not_shown}")
        print(f"  {say('articles', lang)}:")
        for row in one.articles:
            print(f"    {row['name']}: {row['says']} {row['source']}".rstrip())
        print(f"  {say('ask', lang)}:")
        for paper in one.papers:
            print(f"    {paper}")
    return Exit.AUDITED
