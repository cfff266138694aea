"""What several tests of observations share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.devices.observations.scoring import Score, score_all

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def score(captures: Path, tmp_path_factory: pytest.TempPathFactory) -> Score:
    return score_all(captures, tmp_path_factory.mktemp("discovery"))
