"""Reasons as tables hold them, in the English words of the report: what tests say of them reads as people read it."""

from netaudit.report.texts import Texts


def english(reasons: str) -> str:
    """The sentence of some reasons."""
    return Texts("en").phrase(reasons, str)
