"""What the live screen says, in both languages; notes by their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.core.masking.mask import visible
from netaudit.core.text.bilingual import speaker
from netaudit.core.text.yaml_text import yaml_of
from netaudit.pipeline.live.from_report import Terms

if TYPE_CHECKING:
    from netaudit.core.text.bilingual import Texts
    from netaudit.pipeline.live.news import Note

TEXTS: Texts = yaml_of(__package__, "texts.yaml")


say = speaker(TEXTS)


def note_text(note: Note, lang: str) -> str:
    """What a note says; one that is not in the catalogue is shown by its code and figures."""
    figures = {key: visible(str(value), 200) for key, value in note.figures.items()}
    if "side" in figures:
        figures["side"] = Terms(lang).word("side", figures["side"])
    try:
        return TEXTS[f"note_{note.code}"][lang].format(**figures)
    except (KeyError, IndexError, ValueError):
        arguments = ", ".join(f"{visible(key, 40)} {value}" for key, value in list(figures.items())[:8])
        return visible(f"{note.code} {arguments}".strip(), 400)
