"""Figures of chance are the same on every processor and system."""

from __future__ import annotations

import numpy as np
import pytest

from netaudit.findings.correlation.nulls import figure, fitted


@pytest.mark.parametrize("seed", range(20))
def test_the_last_bits_of_a_logarithm_change_no_figure(seed: int) -> None:
    """NumPy's logarithms differ in them between processors, and a table of the demo did between Linux and Windows."""
    draws = np.log(np.random.default_rng(seed).random(1000) + 1)
    other = np.nextafter(draws, np.inf)
    assert (draws != other).all()
    assert fitted(1.0, draws) == fitted(1.0, other)


def test_a_figure_keeps_what_anybody_reads() -> None:
    assert figure(0.03012714879076498) == figure(0.030127148790764988) == 0.0301271487908
    assert (figure(0.0), figure(1.0), figure(1e-300)) == (0.0, 1.0, 1e-300)
