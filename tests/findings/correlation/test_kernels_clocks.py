import numpy as np
import pytest

from netaudit.findings.correlation.kernels_clocks import commons
from netaudit.findings.correlation.kernels_pairs import MOST_OVERHEAD

APART, WIDTH, SPREAD = 900, 16, 50


def slow_common(arrived, sizes, sent, plain):
    """Most images of distinct size, and units, that one overhead and one difference of times explain."""
    over, apart = plain[None, :] - sizes[:, None], sent[None, :] - arrived[:, None]
    image, unit = np.nonzero((over >= 0) & (over < MOST_OVERHEAD) & (np.abs(apart) <= APART))
    over, apart = over[image, unit], apart[image, unit]
    order = np.argsort(over, kind="stable")
    best = (0, 0, 0)
    for first in range(over.size):
        near = order[first:][over[order[first:]] < over[order[first]] + WIDTH]
        for anchor in near:
            fits = near[(apart[near] >= apart[anchor]) & (apart[near] <= apart[anchor] + SPREAD)]
            count = min(len(set(sizes[image[fits]].tolist())), len(set(unit[fits].tolist())))
            if count > best[0]:
                best = (count, int(over[order[first]]), int(apart[anchor]))
    return list(best)


@pytest.mark.parametrize("seed", range(6))
def test_what_all_draws_have_in_common_is_found_slowly_too(seed):
    random = np.random.default_rng(seed)
    sizes = random.integers(2_000, 9_000, 30)
    sizes[1::3] = sizes[::3]  # several of one size
    arrived, sent = np.sort(random.integers(0, 5_000, 30)), np.sort(random.integers(0, 5_000, 12))
    plain = sizes[random.integers(0, 30, 12)] + 300 + random.integers(0, 5, 12)
    groups = np.unique(sizes, return_inverse=True)[1].astype(np.int64)
    orders = np.array([np.arange(30), random.permutation(30), random.permutation(30)])
    found = np.empty((3, 3), np.int64)
    commons(arrived, sizes, groups, sent, plain, APART, (WIDTH, SPREAD), orders, found)
    assert found.tolist() == [slow_common(arrived, sizes[order], sent, plain) for order in orders]
    assert found[:, 0].max() > 1
