"""The words by which fields are known are sound, in both languages, with their examples."""

from __future__ import annotations

import pytest

from netaudit.core.signatures import field_words
from netaudit.core.signatures.field_words import meanings
from netaudit.events.inference.shapes import FORMS, SHAPES, form_of
from netaudit.events.inference.vocabulary import meaning_of, problems


def test_every_example_holds() -> None:
    assert problems() == []
    assert len(meanings()) > 20


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"shape": "colour"}, "no shape"),
        ({"wrong": 1}, "wrong"),
        ({"examples": {"match": [["snapTime", "later"]], "no_match": [["a", "b"]]}}, "is not found"),
        ({"examples": {"match": [["snapTime", "2026-06-01 10:20:30"]], "no_match": [["zpsj", "20260601102030"]]}}, "is found"),
        ({"examples": {"match": [["snapTime", "2026-06-01 10:20:30"]]}}, "both kinds"),
        ({"names": ["sfzh"], "shape": "id18", "examples": {"match": [["sfzh", "11010519491231002X"]], "no_match": [["a", "b"]]}}, "already"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(monkeypatch, change, problem) -> None:
    raw = [dict(one) for one in field_words.written()]
    raw[0] |= change
    monkeypatch.setattr(field_words, "written", lambda: raw)
    monkeypatch.setattr(field_words, "remembered", lambda _kind, text, make: make(text))  # the files are as they were
    field_words.meanings.cache_clear()
    field_words.named.cache_clear()
    try:
        assert any(problem in one for one in problems())
    finally:
        monkeypatch.undo()
        field_words.meanings.cache_clear()
        field_words.named.cache_clear()


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("11010519491231002X", "id number"), ("2026-06-01T10:20:30.5+08:00", "time"), ("1780280430123", "time"),
        ("2026/06/01", "date"), ("13800138000", "phone"), ("0.93", "decimal"), ("12", "int"), ("", "empty"),
        ("0b0e4b1a-3c1e-4b7e-9a53-0c7d2b1f0a11", "uuid"), ("http://a.example.com/x", "url"), ("东门", "chinese"),
        ("http://a.example.com/x.jpg", "picture's address"), ("GATE-01", "code"), ("word", "word"), ("{a: b}", "text"),
    ],
)  # fmt: skip
def test_forms(value: str, form: str) -> None:
    assert form_of(value) == form


def test_every_form_and_shape_has_a_use() -> None:
    used = {one.shape for one in meanings()}
    assert used <= set(SHAPES)
    assert len({name for name, _ in FORMS}) == len(FORMS)


def test_a_name_counts_only_with_its_shape_and_its_neighbours() -> None:
    assert meaning_of("captureTime", "2026-06-01 10:20:30") == "time"
    assert meaning_of("captureTime", "soon") == ""
    assert meaning_of("userType", "VIP") == ""
    assert meaning_of("userType", "VIP", ["name"]) == "group"


@pytest.mark.parametrize(
    ("key", "value", "meaning"),
    [
        ("төхөөрөмжийн_дугаар", "AB12CD34", "device"), ("ציון_התאמה", "77.6", "score"), ("ονοματεπώνυμο", "Νίκος Παππάς", "name"),
        ("henkilötunnus", "11010519491231002X", "id_number"), ("ұқсастық_пайызы", "96,4", "score"), ("เพศ", "ชาย", "gender"),
        ("жынысы", "әйел", "gender"), ("sukupuoli", "nainen", "gender"), ("numărul_dispozitivului", "AB12CD34", "device"),
        ("час_проходу", "2026-06-01 10:20:30", "time"), ("vieraan_ikä", "37", "age"),
        ("küszöb_hasonlóság", "0.6", ""), ("κατώφλι_ομοιότητας", "0.6", ""),
    ],
)  # fmt: skip
def test_further_languages(key: str, value: str, meaning: str) -> None:
    assert meaning_of(key, value) == meaning
