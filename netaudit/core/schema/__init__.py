"""Every table of a case, by what the files of this folder declare; `TABLES` is their list and order.

`make docs` writes the reference page from it.
"""

from __future__ import annotations

from netaudit.core.schema.declaring import LEAST_UNIT, TABLES_VERSION, Column, Row, Table, declared

(
    CAPTURES, SKIPPED, FLOWS, SIGHTINGS, VANTAGES, MESSAGES, OBJECTS, EVIDENCE, PARTS, IMAGES, ENDPOINTS,
    FINDINGS, OBSERVATIONS, DEVICES, BINDINGS, CLAIMS, PERSONS, TLS_HELLOS, MEDIA, EVENTS, FIELDS, JOURNEYS,
    MOMENTS, AFTER_MOMENTS, ENCRYPTED_UPLOADS, UPLOAD_COUNTS, MOMENT_TESTS, RELAYED_IMAGES, RELAY_TESTS, LEDGERS,
) = TABLES = declared("tables")  # fmt: skip
# what only an audit, or private/, has
SENDINGS, LEAVES, FIELDS_CLEAR, SCRAPS, ANSWERS, PERSONS_CLEAR, EVENTS_CLEAR, TARGETS = _OURS = declared("")

BY_NAME = {table.name: table for table in TABLES}
PRIVATE = {table.name: table for table in _OURS}

__all__ = [
    "AFTER_MOMENTS", "ANSWERS", "BINDINGS", "BY_NAME", "CAPTURES", "CLAIMS", "DEVICES", "ENCRYPTED_UPLOADS",
    "ENDPOINTS", "EVENTS", "EVENTS_CLEAR", "EVIDENCE", "FIELDS", "FIELDS_CLEAR", "FINDINGS", "FLOWS", "IMAGES",
    "JOURNEYS", "LEAST_UNIT", "LEAVES", "LEDGERS", "MEDIA", "MESSAGES", "MOMENTS", "MOMENT_TESTS", "OBJECTS",
    "OBSERVATIONS", "PARTS", "PERSONS", "PERSONS_CLEAR", "PRIVATE", "RELAYED_IMAGES", "RELAY_TESTS", "SCRAPS",
    "SENDINGS", "SIGHTINGS", "SKIPPED", "TABLES", "TABLES_VERSION", "TARGETS", "TLS_HELLOS", "UPLOAD_COUNTS",
    "VANTAGES", "Column", "Row", "Table",
]  # fmt: skip
