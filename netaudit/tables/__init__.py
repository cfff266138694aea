"""Every table of a case, declared once, by what it tells of; `TABLES` is their list and order.

`docs/tables.md` is made from it (`python -m netaudit.tables`).
"""

from __future__ import annotations

from netaudit.tables.declaring import TABLES_VERSION, Column, Row, Table
from netaudit.tables.encrypted import ENCRYPTED_UPLOADS, RELAY_TESTS, RELAYED_IMAGES, UPLOAD_COUNTS
from netaudit.tables.facts import EVENTS, EVENTS_CLEAR, OBSERVATIONS, PERSONS, PERSONS_CLEAR, TARGETS
from netaudit.tables.judgement import BINDINGS, CLAIMS, DEVICES, ENDPOINTS, FINDINGS, JOURNEYS, LEDGERS
from netaudit.tables.messages import FIELDS, FIELDS_CLEAR, LEAVES, MEDIA, MESSAGES, SCRAPS, TLS_HELLOS
from netaudit.tables.moments import AFTER_MOMENTS, MOMENT_TESTS, MOMENTS
from netaudit.tables.objects import ANSWERS, EVIDENCE, IMAGES, OBJECTS, PARTS
from netaudit.tables.traffic import CAPTURES, FLOWS, SENDINGS, SIGHTINGS, SKIPPED, VANTAGES

TABLES: tuple[Table, ...] = (
    CAPTURES, SKIPPED, FLOWS, SIGHTINGS, VANTAGES, MESSAGES, OBJECTS, EVIDENCE, PARTS, IMAGES, ENDPOINTS, FINDINGS,
    OBSERVATIONS,
    DEVICES, BINDINGS, CLAIMS, PERSONS, TLS_HELLOS, MEDIA, EVENTS, FIELDS, JOURNEYS, MOMENTS, AFTER_MOMENTS,
    ENCRYPTED_UPLOADS, UPLOAD_COUNTS, MOMENT_TESTS, RELAYED_IMAGES, RELAY_TESTS, LEDGERS,
)  # fmt: skip

BY_NAME = {table.name: table for table in TABLES}

__all__ = [
    "AFTER_MOMENTS", "ANSWERS", "BINDINGS", "BY_NAME", "CAPTURES", "CLAIMS", "DEVICES", "ENCRYPTED_UPLOADS",
    "ENDPOINTS", "EVENTS", "EVENTS_CLEAR", "EVIDENCE", "FIELDS", "FIELDS_CLEAR", "FINDINGS", "FLOWS", "IMAGES",
    "JOURNEYS", "LEAVES", "LEDGERS", "MEDIA",
    "MESSAGES", "MOMENTS", "MOMENT_TESTS", "OBJECTS", "OBSERVATIONS", "PARTS", "PERSONS", "PERSONS_CLEAR",
    "RELAYED_IMAGES", "RELAY_TESTS", "SCRAPS", "SENDINGS", "SIGHTINGS", "SKIPPED", "TABLES", "TABLES_VERSION",
    "TARGETS", "TLS_HELLOS", "UPLOAD_COUNTS", "VANTAGES", "Column", "Row", "Table",
]  # fmt: skip
