"""The door from persons: what makes rows of `persons` one record, and what says that a number is an identity number."""

from __future__ import annotations

from netaudit.identity_data.from_unwrapping import RIGHT, TEMPLATE, known_region, names_id
from netaudit.identity_data.records import grouped, is_of, pictures_of

__all__ = ["RIGHT", "TEMPLATE", "grouped", "is_of", "known_region", "names_id", "pictures_of"]
