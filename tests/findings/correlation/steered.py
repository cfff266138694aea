"""Offices in which nothing is sent on, but light, scene, visitor, hour and drift steer both series (benchmarks/nulls.md).

Logarithms of sizes are a sum of what both have in common and of a residual of each; strengths are drawn anew for each office.
"""

from __future__ import annotations

import numpy as np

from tests.findings.correlation.offices import SECOND, Office, _images, _seen, _units

KINDS = (
    "unrelated", "light", "clouds", "drift", "hour", "visitor", "some visitors", "twice", "scene", "same frame",
    "same make", "crops", "narrow", "narrow, steered", "lattice", "day and night", "few sizes", "smaller", "base64",
    "batches", "groups", "queue", "night", "vectors", "counts", "backup", "the same sizes", "by the clock", "sequence",
)  # fmt: skip
FOLLOWING = {
    "visitor", "some visitors", "twice", "scene", "same frame", "same make", "crops", "narrow", "narrow, steered",
    "lattice", "few sizes", "smaller", "base64", "batches", "groups", "queue", "night", "vectors", "sequence",
}  # fmt: skip
DEVELOPMENT, REPORTED = 11_000_000, 16_000_000  # first seeds, as in `offices.py`


def null_office(seed, stack="exact", *, batched=False):
    """An office of the kind that is in turn; `batched`: whatever it uploads goes several in one request."""
    random, kind = np.random.default_rng(seed), KINDS[seed % len(KINDS)]
    count, span = int(random.integers(30, 301)), float(np.exp(random.uniform(np.log(180), np.log(86_400))))
    times, visit = _times(random, kind, count, span)
    common = _common(random, kind, times, visit, span)
    camera = random.integers(0, random.integers(1, 7), count)
    middle = np.log(random.uniform(2e3, 5e3) if kind == "crops" else random.uniform(6e3, 80e3))
    makes = np.where(random.random() < 0.5, 0.0, random.normal(0, 0.25, 6)) * np.ones(6)
    residual = np.exp(random.uniform(np.log(0.002), np.log(0.3), 2))
    own = middle + makes[camera] + common
    if kind.startswith("narrow"):
        sizes, other = _narrow(random, kind, common, count)
    else:
        sizes = np.exp(own + random.normal(0, residual[0], count))
        other = np.exp(_other(random, kind, own, makes, camera, middle) + random.normal(0, residual[1], count))
    sizes, other = _quantised(random, kind, times, span, sizes, other)
    first, size, unit = _sent(random, kind, times, visit, sizes, other, span)
    if batched:
        kind, unit = "batches", _several(random, first)
    first, size = _requests(random, kind, first, size, unit)
    sizes = np.maximum(sizes, 1100).astype(np.int64)
    size = np.maximum(size, 900).astype(np.int64)
    if random.random() < 0.7:  # telemetry beside it
        logs = int(random.integers(2, 40))
        first = np.r_[first, random.uniform(0, span, logs)]
        size = np.r_[size, np.exp(random.normal(8.5, 1, logs)).astype(np.int64) + 300]
    order = np.argsort(times, kind="stable")
    arrived = (times[order] * SECOND).astype(np.int64) + SECOND
    sent = (np.maximum(first, 0) * SECOND).astype(np.int64) + SECOND
    return Office(_images(arrived, sizes[order]), _units(sent, *_seen(random, size, stack))[0], set())


def _times(random, kind, count, span):
    """Times of images, s, and which visit each is of."""
    if kind == "by the clock":
        return (np.arange(count) + random.uniform(0, 1)) * span / count, np.arange(count)
    rate = np.ones(96)
    if kind in {"hour", "light", "sequence"}:
        rate = random.gamma(random.uniform(0.3, 3), 1, 96) + 1e-3
    if kind == "day and night":
        rate = np.repeat(random.uniform(0.2, 2, 6), 16)
    edges = np.cumsum(np.r_[0, rate]) / rate.sum()
    groups = max(count // int(random.integers(1, 4)), 10)
    at = np.sort(np.interp(random.random(groups), edges, np.linspace(0, span, 97)))
    visit = np.sort(random.integers(0, groups, count))
    times = at[visit] + random.uniform(0, random.uniform(0.2, 4), count)
    order = np.argsort(times, kind="stable")
    return times[order], visit[order]


def _common(random, kind, times, visit, span):
    """What both series have in common, of each image's moment (natural logarithm of size)."""
    spread, moment = random.uniform(0.05, 0.5), times / span
    if kind in {"light", "by the clock", "sequence"}:
        return spread * np.sin(2 * np.pi * (moment * random.uniform(0.3, 2) + random.random()))
    if kind == "drift":
        return 2 * spread * moment
    if kind == "clouds":
        knots = np.cumsum(random.normal(0, 1, 400))
        knots = (knots - np.convolve(knots, np.ones(40) / 40, "same")) / 4
        return spread * np.interp(moment, np.linspace(0, 1, 400), knots)
    if kind in {"hour", "day and night"}:
        return spread * random.normal(0, 1, 24)[np.minimum((moment * 24).astype(int), 23)]
    if kind in {"unrelated", "vectors", "counts", "backup", "the same sizes", "narrow", "scene"}:
        return spread * random.normal(0, 1, times.size)
    alone = kind in {"same frame", "same make"} or random.random() < 0.5  # of the picture, or of its visitor
    return spread * random.normal(0, 1, times.size)[np.arange(times.size) if alone else visit]


def _other(random, kind, own, makes, camera, middle):
    """Expected logarithm of size of the picture that is uploaded, for each image."""
    level = middle + (0.0 if kind in {"same make", "crops"} else random.normal(0, 0.4))
    if kind == "smaller":
        level = middle + np.log(random.uniform(0.35, 0.7))
    if kind == "scene":
        return level + random.permutation(makes + random.normal(0, 0.1, 6))[camera]
    if kind in {"unrelated", "vectors", "backup", "the same sizes"}:
        return level + random.permutation(own - middle)
    part = 1.0 if random.random() < 0.7 else random.uniform(0.5, 1.2)
    return level + part * (own - middle)


def _narrow(random, kind, common, count):
    residual = np.exp(random.uniform(np.log(2), np.log(300), 2))
    shared = random.uniform(10, 600) * common / max(common.std(), 1e-9) if kind.endswith("steered") else 0.0
    middle = random.uniform(6e3, 60e3, 2)
    return (middle[k] + shared + random.normal(0, residual[k], count) for k in range(2))


def _quantised(random, kind, times, span, sizes, other):
    if kind == "lattice":
        step = int(2 ** random.integers(3, 11))
        return (np.round(one / step) * step for one in (sizes, other))
    if kind == "day and night":
        night = (times / span * random.integers(2, 5)).astype(int) % 2 == 1
        levels, wide = random.uniform(6e3, 60e3, (2, 2)), np.exp(random.uniform(1, 6, 2))
        return (levels[k][night.astype(int)] + random.normal(0, wide[k], times.size) for k in range(2))
    if kind in {"few sizes", "the same sizes"}:
        levels = np.sort(random.uniform(np.quantile(sizes, 0.02), np.quantile(sizes, 0.98), random.integers(8, 41)))
        sizes = levels[np.argmin(np.abs(sizes[:, None] - levels), 1)]
        if kind == "the same sizes":
            return sizes, np.where(random.random(sizes.size) < random.uniform(0.1, 1), random.permutation(sizes), other)
        return sizes, levels[np.argmin(np.abs(other[:, None] * sizes.mean() / other.mean() - levels), 1)]
    return sizes, other


def _sent(random, kind, times, visit, sizes, other, span):
    """When what is uploaded is sent, s, its sizes, and in which request each is."""
    count = times.size
    if kind not in FOLLOWING:
        if kind == "backup":
            first = random.uniform(0, span) + np.cumsum(random.exponential(random.uniform(0.05, 1), count))
        elif kind == "by the clock":
            first = times + random.uniform(0, span / count)
        elif kind == "counts":
            edges = np.linspace(0, span, max(count // 4, 8))
            seen = np.diff(np.searchsorted(times, edges))
            first = edges[1:]
            other = random.uniform(200, 3000) * seen + random.uniform(300, 2000) + random.normal(0, 30, seen.size)
        elif kind == "unrelated" or kind == "the same sizes":
            first = random.uniform(0, span, count)
        else:  # steered by time alone: whatever is sent has what is common at its moment
            first = np.interp(random.random(count), np.linspace(0, 1, count), times) + random.uniform(-30, 30, count)
            nearest = np.clip(np.searchsorted(times, first), 0, count - 1)
            other = other[nearest] * np.exp(random.normal(0, 0.02, count))
        return first, other, np.arange(first.size)
    some = np.ones(count, bool) if kind != "some visitors" else random.random(count) < random.uniform(0.3, 0.9)
    longest = np.exp(random.uniform(np.log(0.3), np.log(20)))
    first, size = times[some] + random.uniform(0.05, longest, some.sum()), other[some]
    if kind == "twice":
        again = random.random(size.size) < 0.8
        first = np.r_[first, first[again] + random.uniform(1, 30, again.sum())]
        size = np.r_[size, size[again] * np.exp(random.normal(0, 0.01, again.sum()))]
    if kind == "vectors":
        size = np.full(size.size, random.uniform(1100, 4000)) + random.integers(0, random.integers(2, 200), size.size)
    if kind == "queue":
        first = np.maximum.accumulate(first) + random.uniform(60, 1200) + random.uniform(0, 5, size.size)
        first.sort()
    if kind == "night":
        first = span + random.uniform(10, 600) + np.cumsum(random.exponential(random.uniform(0.1, 2), size.size))
    unit = np.arange(first.size)
    if kind in {"batches", "groups"}:
        unit = np.floor(first / random.uniform(2, 15)).astype(int)
    return first, size, unit


def _several(random, first):
    """In which request each upload is where two to six go in one on the average."""
    return np.floor(first / (random.uniform(2, 6) * max(np.ptp(first), 1.0) / first.size)).astype(int)


def _requests(random, kind, first, size, unit):
    """Requests with their heads, of one picture or of several."""
    if kind == "base64":
        size = np.ceil(size / 3) * 4
    each = size + random.integers(100, 1500) + random.integers(0, random.integers(1, 10), size.size)
    if kind == "groups":
        each = each + 9 * (each // 16384 + 1)
    if kind not in {"batches", "groups"}:
        return first, each
    _, place = np.unique(unit, return_inverse=True)
    last = np.full(place.max() + 1, 0.0)
    np.maximum.at(last, place, first)
    return last, np.bincount(place, each) + (random.integers(0, 400) if kind == "batches" else 0)
