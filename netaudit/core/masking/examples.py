"""What may be shown of a value of a field whose dialect nobody described, so that it names nobody."""

from __future__ import annotations

from netaudit.core.masking.mask import mask

SHORTEST_NUMBER = 7  # digits of a number that somebody may be called by
_SHOWN = frozenset({"time", "score", "gender", "age", "device", "direction"})  # meanings whose values name nobody


def shown(value: str, meaning: str, form: str) -> str:
    """The value masked; of persons, of texts and of long numbers only what kind of value it is."""
    shown = meaning in _SHOWN or (not meaning and form in {"int", "decimal"} and _is_short(value))
    return mask(value) if shown else f"<{form}>" if value else ""


def _is_short(value: str) -> bool:
    """Whether a number has too few digits for one of a person, with or without a fraction or an exponent."""
    return sum(map(str.isdigit, value)) < SHORTEST_NUMBER and "e" not in value.lower()
