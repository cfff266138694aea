"""The door from persons: what makes rows of `persons` one record, and what says that a number is an identity number."""

from __future__ import annotations

from netaudit.events.identity.from_unwrapping import RIGHT, TEMPLATE, is_id_field, known_region, names_id
from netaudit.events.identity.records import grouped, is_of, pictures_of

__all__ = ["RIGHT", "TEMPLATE", "grouped", "is_id_field", "is_of", "known_region", "names_id", "pictures_of"]
