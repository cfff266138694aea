"""Offices unlike those of `offices.py`: other rhythms, laws of size, stacks and habits, none of which a rule was made for.

What they upload looks like a relay in one way each.
"""

from __future__ import annotations

import numpy as np

from tests.findings.correlation.offices import SECOND, Office, _images, _seen, _sizes, _units, _visits

NULLS = (
    "after each", "nearly constant", "nearly constant, after each", "hours", "by the clock", "bursts", "same quarter",
    "chunks", "mirror of sizes", "keep-alive",
)  # fmt: skip


def null_office(seed, stack="exact"):
    """An office in which nothing is sent on, by `NULLS` in turn."""
    random = np.random.default_rng(seed)
    kind = NULLS[seed % len(NULLS)]
    count, rate = int(random.integers(20, 160)), random.uniform(0.05, 2)
    times, sizes = _visits(random, count, rate), _sizes(random, count)
    span = times[-1] + int(random.uniform(5, 60) * SECOND)
    size = random.permutation(sizes) * np.exp(random.normal(0, 0.25, count))
    first = np.sort(random.uniform(0, span, count))
    if kind.endswith("after each"):  # somebody uploads other photographs whenever a picture is taken
        first = times + random.uniform(0.1, random.uniform(0.5, 6), count) * SECOND
    if kind.startswith("nearly constant"):  # snapshots of a still scene
        scatter, middle = np.exp(random.uniform(1, 6.5)), random.uniform(8e3, 60e3)
        sizes, size = (middle + random.normal(0, scatter, count) for _ in range(2))
        sizes = sizes.astype(np.int64)
    elif kind == "hours":  # both only in opening hours, in a capture of the whole day
        times, first = times + int(3 * span), np.sort(times[random.integers(0, count, count)] + 3 * span)
        first = first + random.uniform(-20, 20, count) * SECOND
        times[-1] += int(random.uniform(1, 4) * span)
    elif kind == "by the clock":
        period = random.uniform(1, 20)
        times = ((np.arange(count) * period + 2) * SECOND).astype(np.int64)
        first = (np.arange(count) * period * random.choice([1, 1, 2]) + random.uniform(0, period)) * SECOND
    elif kind == "bursts":  # several goes of a backup
        first = np.concatenate(
            [random.uniform(0, span) + np.cumsum(random.exponential(0.2, 40)) * SECOND for _ in range(count // 25 + 1)]
        )[:count]
    elif kind == "same quarter":  # uploads of the same minutes, by another camera that sees the same visitors
        first = np.repeat(times, random.integers(0, 3, count))
        first = first + random.uniform(-3, 8, len(first)) * SECOND
        size = random.choice(sizes, len(first)) * np.exp(random.normal(0, 0.05, len(first)))
    elif kind == "chunks":  # files in pieces of one size, and their rests
        size = np.where(random.random(count) < 0.7, int(random.choice([16384, 32768, 65536])), size)
    elif kind == "mirror of sizes":  # the same sizes, at times that have nothing to do with it
        size = random.permutation(sizes)
        first = np.sort(random.uniform(0, span, count))
    elif kind == "keep-alive":  # many small ones of a few sizes among photographs
        size = np.where(random.random(count) < 0.8, random.choice([1100, 1600, 2300], count), size)
    size = np.maximum(size, 1100).astype(np.int64) + int(random.integers(100, 3000))
    n = min(len(first), len(size))
    first = np.maximum(first[:n], 0).astype(np.int64)
    return Office(_images(np.sort(times), sizes), _units(first, *_seen(random, size[:n], stack))[0], set())


def unrelated_anew(seed, stack="exact"):
    """An office that encodes photographs of its own anew and uploads one after all or some images, as it gets them."""
    random = np.random.default_rng(seed)
    count = int(random.integers(25, 120))
    times, sizes = _visits(random, count, random.uniform(0.1, 1.2)), _sizes(random, count)
    after = np.flatnonzero(random.random(count) < random.choice([1.0, random.uniform(0.3, 0.8)]))
    first = times[after] + (random.uniform(0.1, random.uniform(1, 5), len(after)) * SECOND).astype(np.int64)
    other = random.permutation(sizes)[: len(after)] if seed % 2 else _sizes(random, len(after))
    size = other * random.uniform(0.35, 0.7) * np.exp(random.normal(0, 0.03, len(after)))
    size = size.astype(np.int64) + int(random.integers(90, 1500))
    return Office(_images(times, sizes), _units(first, *_seen(random, size, stack))[0], set())
