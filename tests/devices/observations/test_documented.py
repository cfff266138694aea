"""The vocabulary of signatures names every field that captures produce."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from netaudit.core.signatures.loading import load
from tests.devices.observations.test_own_captures import EXPECTED, FOLDER, told

if TYPE_CHECKING:
    from pathlib import Path

    from tests.devices.observations.scoring import Score

FIELDS = load().vocabulary.fields
OTHERS = {"dns.name", "dns_client.ech", "limit.dropped"}  # not for signatures
AS_SENT = ("sadp.",)  # of makers whose every field is noted


def test_own_captures_tell_nothing_else(tmp_path: Path) -> None:
    rows = told([FOLDER / name for name in EXPECTED], tmp_path / "case")
    assert {f"{row['kind']}.{row['field']}" for row in rows} - FIELDS - OTHERS == set()


@pytest.mark.captures
def test_captures_of_others_tell_nothing_else(score: Score) -> None:
    told_of = {name for name in score.fields if not name.startswith(AS_SENT)}
    assert told_of - FIELDS - OTHERS == set()
