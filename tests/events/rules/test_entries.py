"""The entries of signatures/documents: their form, and every example in them."""

from __future__ import annotations

import json

import jsonschema
import yaml

from netaudit.core.signatures.loading import default_folder
from netaudit.events.rules.entries import ACTS, KINDS, PERSON, PURPOSE, ROLES
from netaudit.events.rules.form import PROVENANCE
from netaudit.events.rules.loading import load
from netaudit.events.rules.page import catalogue
from netaudit.evidence.rule_drafting.document_examples import failed_examples

FOLDER = default_folder() / "documents"
SCHEMA = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))


def test_every_example_gives_what_it_promises() -> None:
    loaded = load()
    assert loaded.entries
    assert failed_examples(loaded) == []


def test_every_file_fits_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for path in sorted(FOLDER.glob("*.yaml")):
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert [f"{path.name}: {error.json_path}: {error.message}" for error in validator.iter_errors(entries)] == []


def test_what_the_page_says_has_its_chinese() -> None:
    entries = load().entries
    said = {
        "messages": {entry.message for entry in entries},
        "makers": {entry.maker for entry in entries},
        "unread": {why for entry in entries for why in entry.raw.get("unread", {})},
        "provenance": set(PROVENANCE),
        "kinds": set(KINDS),
        "roles": set(ROLES),
    }
    for group, texts in said.items():
        assert texts - set(catalogue()[group]) == set(), f"netaudit/events/rules/chinese.yaml lacks {group}"
    fields = set(PERSON) | set(PURPOSE)
    assert fields - set(catalogue()["fields"]) == set()
    assert catalogue()["messages"].keys() - said["messages"] == set(), "nobody says this"


def test_schema_and_code_know_the_same_words() -> None:
    entry = SCHEMA["$defs"]["entry"]["properties"]
    assert tuple(entry["kind"]["enum"]) == KINDS
    assert tuple(entry["act"]["enum"]) == ACTS
    assert tuple(entry["person"]["propertyNames"]["enum"]) == PERSON
    assert tuple(entry["purpose"]["propertyNames"]["enum"]) == PURPOSE
    assert tuple(entry["provenance"]["properties"]["kind"]["enum"]) == PROVENANCE
    assert tuple(SCHEMA["$defs"]["images"]["properties"]["role"]["enum"]) == ROLES
