"""Offices made up of numbers alone: visits, cameras, what a server sends on in which form, and what others send.

Sizes, delays, forms and rhythms are drawn anew for each office, from wider ranges than any one capture shows. `DEVELOPMENT`
seeds are looked at while rules are made; `REPORTED` ones only for the figures that are published.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from netaudit.findings.correlation.judging import Pair, judge_pair
from netaudit.findings.correlation.series import Images, Names, Units

SECOND = 1_000_000_000
DEVELOPMENT, REPORTED = 1_000_000, 6_000_000  # first seeds; those of 2 and 3 millions were looked at after a report
FORMS = ("exact", "partly", "base64", "padded", "quic", "batch", "reencoded", "groups")
STACKS = ("exact", "padded", "range", "quic")  # how well the sizes of unrelated uploads are known
NULLS = ("same law", "after visits", "at will", "bulk", "constant", "few", "visits, constant")


@dataclass
class Office:
    """Images, units, and which image is in which unit."""

    images: Images
    units: Units
    truth: set[tuple[int, int]]


def _visits(random, count, rate):
    """Times of images, ns: visitors come in groups of one to three."""
    times, at = [], 0.0
    while len(times) < count:
        at += random.exponential(2 / rate)
        times += (at + np.sort(random.uniform(0, 1.5, random.integers(1, 4)))).tolist()
    return (np.sort(np.array(times[:count])) * SECOND).astype(np.int64) + SECOND


def _sizes(random, count):
    """Bytes of images of two to four makes of camera."""
    medians = random.uniform(6e3, 60e3, random.integers(2, 5))
    return (random.choice(medians, count) * np.exp(random.normal(0, random.uniform(0.15, 0.5), count))).astype(np.int64)


def _images(times, sizes):
    names = pa.array([f"{k:064x}" for k in range(len(sizes))])
    return Images(Names(names, names, names), np.arange(len(sizes)), sizes, times - 30_000_000, times)


def _units(first, size, low=None, records=None, quic=False, framed=False):
    order = np.argsort(first, kind="stable")
    first, size = first[order], size[order]
    n = len(size)
    records = np.maximum(size // 16384 + 1, 1) if records is None else records[order]
    rows = np.arange(n)
    return (
        Units(
            rows, np.ones(n, np.int64), rows // 20, first, first + 20_000_000, size if low is None else low[order],
            size, records, np.full(n, quic), rows % 20 == 0, np.full(n, framed),
            np.zeros(n, bool),
        ),
        order,
    )  # fmt: skip


def null_office(seed, stack="exact"):
    """An office in which nothing is sent on; unrelated uploads of various kinds, by one of `STACKS`."""
    random = np.random.default_rng(seed)
    kind = NULLS[seed % len(NULLS)]
    count, rate = int(random.integers(15, 90)), random.uniform(0.1, 1.5)
    times, sizes = _visits(random, count, rate), _sizes(random, count)
    span = times[-1] + int(random.uniform(5, 60) * SECOND)
    uploads = int(random.integers(4, 15)) if kind == "few" else int(random.integers(12, 90))
    if kind in ("after visits", "visits, constant"):
        chosen = random.random(count) < random.uniform(0.5, 1)
        first = times[chosen] + (random.uniform(0.1, random.uniform(1, 8), chosen.sum()) * SECOND).astype(np.int64)
    elif kind == "bulk":
        first = int(random.uniform(0, span)) + np.cumsum(random.exponential(0.3, uploads) * SECOND).astype(np.int64)
    else:
        first = np.sort(random.uniform(0, span, uploads)).astype(np.int64)
    n = len(first)
    law = random.permutation(np.concatenate([sizes] * (n // count + 1)))[:n] * np.exp(random.normal(0, 0.3, n))
    if "constant" in kind:
        law = np.full(n, law[0] if n else 0) + random.integers(0, 12, n)
        if random.random() < 0.5:
            sizes = np.full(count, sizes[0]) + random.integers(0, 3, count)
    size = law.astype(np.int64) + int(random.integers(100, 3000))
    return Office(_images(times, sizes), _units(first, *_seen(random, size, stack))[0], set())


def _seen(random, size, stack):
    """Sizes as a stack shows them: most, least, records, whether it is QUIC."""
    if stack == "padded":
        block = int(random.choice([256, 512, 1024, 1536, 2048]))
        padded = -(-size // block) * block
        return padded, padded - block + 1, None, False
    if stack == "range":  # CBC: up to 16 bytes of padding a record
        return size, size - 15 * (size // 16384 + 1), None, False
    if stack == "quic":
        each, packet = int(random.integers(24, 42)), 1200
        records = -(-size // (packet - each))
        extra = random.choice([0, 0, 0, 0, 0, 1], len(size))  # sent again
        return size + each * records - 20 * (records + extra) + extra * packet, None, records + extra, True
    return size, None, None, False


def relay_office(seed, form, *, partly=False, stack=None):
    """An office whose server sends images on in a form, all or a part, beside logs of its own; seen by one of `STACKS`."""
    random = np.random.default_rng(seed)
    count, rate = int(random.integers(25, 70)), random.uniform(0.2, 1.0)
    times, sizes = _visits(random, count, rate), _sizes(random, count)
    sent = np.flatnonzero(random.random(count) < (random.uniform(0.3, 0.6) if partly or form == "partly" else 1.0))
    head = int(random.integers(90, 1500))
    delay = (random.uniform(0.1, random.uniform(1, 5), len(sent)) * SECOND).astype(np.int64)
    first = times[sent] + delay
    body = (sizes[sent] + 2) // 3 * 4 if form == "base64" else sizes[sent]
    of = [[int(k)] for k in sent]
    if form == "reencoded":
        body = (body * random.uniform(0.35, 0.7) * np.exp(random.normal(0, 0.03, len(sent)))).astype(np.int64)
    if form == "batch":
        first, body, of = _batches(random, times, sizes)
    size = body + head + random.integers(0, 9, len(body))
    if form == "groups":
        first, size, of = _groups(random, times, sizes, head)
    logs = int(random.integers(2, 12))
    first = np.r_[first, random.uniform(0, times[-1], logs).astype(np.int64)]
    size = np.r_[size, (np.exp(random.normal(9, 1.2, logs))).astype(np.int64) + 300]
    of += [[] for _ in range(logs)]
    stack = stack or (form if form in STACKS else "exact")
    units, order = _units(first, *_seen(random, size, stack))
    if form == "groups":
        units.low[units.opens] += int(random.integers(60, 200))
        units.high[:] = units.low
    truth = {(image, place) for place, k in enumerate(order.tolist()) for image in of[k]}
    return Office(_images(times, sizes), units, truth)


def _batches(random, times, sizes):
    """Every few seconds all that has come: sums, with a head for each image."""
    period, each = random.uniform(4, 12), int(random.integers(40, 300))
    first, body, of, done = [], [], [], 0
    for k in range(1, int(times[-1] / SECOND / period) + 3):
        at = int(k * period * SECOND)
        until = int(np.searchsorted(times, at - SECOND // 10))
        if until > done:
            first.append(at)
            body.append(int(sizes[done:until].sum()) + each * (until - done))
            of.append(list(range(done, until)))
            done = until
    return np.array(first), np.array(body), of


def _groups(random, times, sizes, head):
    """Streams of HTTP/2: every so often all images that are due, each after a time of its own, in no order.

    Frames have heads; the first unit of every connection of 20 (`_units`) has a preface.
    """
    if random.random() < 0.5:
        sizes = (sizes + 2) // 3 * 4
    period = random.uniform(0.2, 3)
    due = times / SECOND + random.uniform(0.2, random.uniform(1, 7), len(times))
    poll = np.ceil(due / period)
    each = sizes + head + random.integers(0, 9, len(sizes)) + 9 * (sizes // 16384 + 1)
    rounds = np.unique(poll)
    of = [np.flatnonzero(poll == k).tolist() for k in rounds]
    preface = np.zeros(len(rounds), np.int64)
    preface[random.random(len(rounds)) < 0.1] = 13  # a window update
    size = np.array([each[k].sum() for k in of]) + preface
    return (rounds * period * SECOND).astype(np.int64), size, of


def judged(office, seed, pairs=3):
    """What the stage says of an office: matches told, and whether the endpoint is named."""
    first, last = office.images.first.min(), office.images.last.max()
    if len(office.units):
        first, last = min(first, office.units.first.min()), max(last, office.units.last.max())
    way = ("10.0.0.2", "203.0.113.9", "c")
    pair = Pair("10.0.0.2", way, office.images, office.units, (int(first), int(last) + 1), elsewhere=False)
    return judge_pair(pair, pairs)
