"""The entries of signatures/documents: their form, and every example in them."""

from __future__ import annotations

from netaudit.document_examples import failed_examples
from netaudit.documents.loading import load


def test_every_example_gives_what_it_promises() -> None:
    loaded = load()
    assert loaded.entries
    assert failed_examples(loaded) == []
