import numpy as np
import pytest

from netaudit.findings.correlation.kernels_batches import (
    CELL,
    CELLS,
    COMBINED,
    LEAST_EACH,
    LEFT,
    LONGEST,
    SEVERAL,
    SLACK,
    SLACK_EACH,
    STEP,
    STEPS,
    lines,
)

SPAN = 1_000, 9_000
WAITS = 30, 900


def slow_lines(begins, moments, arrived, sizes, shift):
    """What `lines` finds for one draw, by tables over all constants at once."""
    moved = SPAN[0] + (arrived - SPAN[0] + shift) % (SPAN[1] - SPAN[0])
    order = np.argsort(moved, kind="stable")
    moved, totals = moved[order], np.concatenate([[0], np.cumsum(sizes[order])])
    each, constant = LEAST_EACH + STEP * np.arange(STEPS)[:, None], np.arange(CELLS)
    count, following, free_image = (np.zeros((STEPS, CELLS), int) for _ in range(3))
    free_unit = np.zeros((STEPS, CELLS), int)
    for j, moment in enumerate(moments):
        at_hand = int((moved <= moment + WAITS[0]).sum())
        oldest = int((moved < moment - WAITS[1]).sum())
        for b in range(max(at_hand - LEFT, 0), at_hand + 1):
            for c in range(COMBINED):
                for a in range(b - SEVERAL, max(oldest, b - LONGEST) - 1, -1):
                    over = begins[j, c] - (totals[b] - totals[a])
                    if begins[j, c] == 0 or over < 0:
                        break
                    rest, slack = over - each * (b - a), SLACK + SLACK_EACH * (b - a)
                    near = (rest + slack >= 0) & (rest - slack < CELL * CELLS)
                    near = near & (np.maximum(rest - slack, 0) // CELL <= constant)
                    near &= np.minimum(rest + slack, CELL * CELLS - 1) // CELL >= constant
                    near &= (free_unit <= j) & (free_image <= a)
                    following += near & (count > 0) & (free_image == a)
                    count += near
                    free_unit[near], free_image[near] = j + c + 1, b
    step, cell = np.unravel_index(np.argmax(count + following), count.shape)
    found = count[step, cell], following[step, cell], LEAST_EACH + step * STEP, cell * CELL + CELL // 2
    return [int(value) for value in found]


@pytest.mark.parametrize("seed", range(6))
def test_lines_of_all_draws_are_those_found_slowly(seed):
    random = np.random.default_rng(seed)
    images, units = 24, 9
    arrived = np.sort(random.integers(*SPAN, images))
    moments = np.sort(random.integers(*SPAN, units))
    sizes = np.array([random.permutation(random.integers(1_000, 1_300, images)) for _ in range(3)])
    runs = random.integers(2, 6, (units, COMBINED))
    begins = runs * random.integers(1_150, 1_400, (units, COMBINED))
    begins[random.random((units, COMBINED)) < 0.3] = 0
    shifts, found = np.array([0, 2_500, 7_999]), np.empty((3, 4), np.int64)
    lines(begins, moments, WAITS, arrived, sizes, shifts, SPAN, found)
    assert found.tolist() == [
        slow_lines(begins, moments, arrived, dealt, shift) for dealt, shift in zip(sizes, shifts, strict=True)
    ]
    assert found[:, 0].max() > 1


def test_where_nothing_fits_no_unit_is_explained():
    one, found = np.zeros(1, np.int64), np.empty((1, 4), np.int64)
    lines(np.zeros((1, COMBINED), np.int64), one + 5_000, WAITS, one + 4_900, one[None], one, SPAN, found)
    assert found.tolist() == [[0, 0, LEAST_EACH, CELL // 2]]
