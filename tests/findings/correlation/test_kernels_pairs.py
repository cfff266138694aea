import numpy as np
import pytest

from netaudit.findings.correlation.kernels_pairs import CELL, CELLS, MOST_OVERHEAD, peaks_by_chance

SPAN, WINDOW = (1_000, 9_000), 600


def slow_peak(arrived, lead, sizes, groups, sent, low, high, width):
    """Most images of distinct size, with as many units, that one constant explains, and that constant."""
    cells, begins = np.arange(CELLS), [[] for _ in sizes]
    explained = np.zeros(CELLS, int)
    for group in np.unique(groups):
        fits = np.zeros(CELLS, bool)
        for i in np.flatnonzero(groups == group):
            begins[i] = np.flatnonzero((sent >= arrived[i] - lead[i]) & (sent <= arrived[i] + WINDOW)).tolist()
            for j in begins[i]:
                least, most = low[j] - sizes[i] - width, high[j] - sizes[i]
                if most >= 0 and least < MOST_OVERHEAD:
                    fits |= (cells >= max(least, 0) // CELL) & (cells <= min(most, MOST_OVERHEAD - 1) // CELL)
        explained += fits
    place = int(np.argmax(explained))
    count, overhead = int(explained[place]), place * CELL
    if count < 2:
        return [count, overhead]
    used = {
        j
        for i, units in enumerate(begins)
        for j in units
        if low[j] - sizes[i] - width < overhead + CELL and high[j] - sizes[i] >= overhead
    }
    return [min(count, len(used)), overhead]


@pytest.mark.parametrize("wide", [0, 90])
@pytest.mark.parametrize("seed", range(4))
def test_peaks_of_all_draws_are_those_found_slowly(seed, wide):
    random = np.random.default_rng(seed)
    sizes = np.sort(random.integers(2_000, 9_000, 30))
    sizes[1::3] = sizes[::3]
    groups = np.unique(sizes, return_inverse=True)[1].astype(np.int64)
    arrived, lead = random.integers(*SPAN, 30), random.integers(0, 200, 30)
    sent = np.sort(random.integers(*SPAN, 14))
    low = sizes[random.integers(0, 30, 14)] + 300 + random.integers(0, 5, 14)
    high = low + random.integers(0, wide + 1, 14)
    shifts = np.array([0, 3_000, 0, 7_999])
    orders = np.array([np.arange(30), np.arange(30), random.permutation(30), random.permutation(30)])
    found = np.empty((4, 2), np.int64)
    peaks_by_chance(arrived, lead, sizes, groups, sent, low, high, WINDOW, 16, shifts, orders, SPAN, found)
    moved = SPAN[0] + (arrived[orders] - SPAN[0] + shifts[:, None]) % (SPAN[1] - SPAN[0])
    assert found.tolist() == [
        slow_peak(times, lead[order], sizes, groups, sent, low, high, 16)
        for times, order in zip(moved, orders, strict=True)
    ]
    assert found[:, 0].max() > 1
