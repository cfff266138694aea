"""Messages with a face, a person or a template are counted by who understands them."""

from __future__ import annotations

import pytest

from netaudit.core.contracts.judgements import HIDING, LEAVES_CUT, VALUES_CUT
from netaudit.findings import understanding as codes
from netaudit.findings.from_identity_data import TEMPLATE
from netaudit.findings.understanding import understanding
from tests.findings.examples import filled

FACES = {
    "images": [{"sha256": "s", "face": "yes"}, {"sha256": "t", "face": "no"}],
    "objects": [
        {"object_id": "o", "message_id": "m", "sha256": "s"},
        {"object_id": "p", "message_id": "n", "sha256": "t"},
    ],
}


def person(kind: str, certainty: str = "checked") -> dict[str, str]:
    return {"message_id": "m", "kind": kind, "certainty": certainty}


def event(standing: str, message: str = "m", images: tuple[str, ...] = ()) -> dict[str, object]:
    return {"message_id": message, "standing": standing, "images": list(images)}


@pytest.mark.parametrize(
    ("rows", "subject"),
    [
        (FACES, codes.FACE),
        ({"persons": [person("name")]}, codes.PERSON),
        ({"persons": [person("id_number", "shape")]}, codes.PERSON),
        (FACES | {"persons": [person("phone")]}, codes.BOTH),
        ({"persons": [person(TEMPLATE, "named")]}, codes.TEMPLATE_ONLY),
        (FACES | {"persons": [person(TEMPLATE, "named")]}, codes.FACE),
        ({"persons": [person(TEMPLATE, "named"), person("person_id")]}, codes.PERSON),
        ({"persons": [person(TEMPLATE, "shape")]}, ""),  # nothing says that it is one
        ({"persons": [person("plate")]}, ""),
    ],
)
@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([], codes.NOT_AT_ALL),
        ([event("inferred")], codes.INFERRED),
        ([event("sourced")], codes.BY_ENTRY),
        ([event("sourced", "another")], codes.NOT_AT_ALL),
    ],
)
def test_what_a_message_holds_and_who_reads_it(rows, subject: str, events, reason: str) -> None:
    found = list(understanding(filled(**rows, events=events), {}))
    expected = [(subject, reason, 1, 0, reason != codes.NOT_AT_ALL)] * bool(subject)
    assert [tuple(line) for line in found] == expected


def test_a_face_that_an_event_elsewhere_shows_is_understood_there() -> None:
    found = list(understanding(filled(**FACES, events=[event("sourced", "another", ("s",))]), {}))
    assert [(line.subject, line.reason) for line in found] == [(codes.FACE, codes.BY_ENTRY)]
    both = [event("inferred"), event("sourced", "another", ("s",))]
    found = list(understanding(filled(**FACES, events=both), {}))
    assert [line.reason for line in found] == [codes.INFERRED], "its own event says more of a message"


def test_what_bounds_cut_off_is_told_and_is_understood_where_it_hides_nobody() -> None:
    found = list(understanding(filled(), {LEAVES_CUT: 3, VALUES_CUT: 2}))
    assert {(line.subject, line.reason, line.number, line.understood) for line in found} == {
        (codes.LEARNED_FROM, LEAVES_CUT, 3, False), (codes.LEARNED_FROM, VALUES_CUT, 2, True),
    }  # fmt: skip
    assert LEAVES_CUT in HIDING
