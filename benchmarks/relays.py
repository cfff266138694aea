"""How often relayed images are told rightly and wrongly: made-up offices in numbers (tests/relays/offices.py).

    python benchmarks/relays.py nulls 10000        offices in which nothing is sent on: endpoints named (all are wrong)
    python benchmarks/relays.py relays 200         offices of each form: precision, recall, calibration
    python benchmarks/relays.py scale              100,000 images, 1,000,000 units, 200 endpoints: seconds and memory

Seeds are those kept for reports; `--development` takes the others.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.relays import offices


def nulls(count: int, first: int) -> None:
    """Endpoints named in offices that send nothing on, by kind of unrelated upload."""
    wrong, images, started = Counter[str](), 0, time.perf_counter()
    for k in range(count):
        seed = first + k
        result = offices.judged(offices.null_office(seed), seed)
        images += len(result.matches)
        if result.claimed:
            wrong[offices.NULLS[seed % len(offices.NULLS)]] += 1
    print(f"{count} offices, {sum(wrong.values())} endpoints named wrongly {dict(wrong)}, {images} images told")
    print(f"{time.perf_counter() - started:.0f} s")


def relays(count: int, first: int) -> None:
    """Precision, recall and calibration by form."""
    print("form        named  sent   told  right  precision  recall  wrong expected (95 % of it)")
    for place, form in enumerate(offices.FORMS):
        named = sent = told = right = 0
        expected = 0.0
        for k in range(count):
            seed = first + 100_000 * (place + 1) + k
            office = offices.relay_office(seed, form)
            result = offices.judged(office, seed)
            named += result.claimed
            sent += len({image for image, _ in office.truth})
            told += len(result.matches)
            right += sum((match.image, match.unit) in office.truth for match in result.matches)
            expected += sum(1 - match.probability for match in result.matches)
        spread = 1.96 * math.sqrt(max(expected, 1.0))
        precision, recall = (100 * right / max(of, 1) for of in (told, sent))
        print(
            f"{form:10} {named:4}/{count:<4} {sent:6} {told:6} {right:6} {precision:8.2f} % {recall:6.1f} %  "
            f"{told - right} of {expected:.1f} ({max(expected - spread, 0):.1f}-{expected + spread:.1f})",
            flush=True,
        )


def scale() -> None:
    """Time and memory at the size that is asked for."""
    import resource

    import numpy as np

    from netaudit.relays.judging import Pair, judge_pair

    random = np.random.default_rng(1)
    images, units, endpoints = 100_000, 1_000_000, 200
    day = 86_400 * offices.SECOND
    times = np.sort(random.uniform(0, day, images)).astype(np.int64)
    sizes = (20_000 * np.exp(random.normal(0, 0.5, images))).astype(np.int64)
    received = offices._images(times, sizes)  # noqa: SLF001
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    table = offices._no_lists(1)  # noqa: SLF001
    named = 0
    for k in range(endpoints):
        first = np.sort(random.uniform(0, day, units // endpoints)).astype(np.int64)
        size = (20_000 * np.exp(random.normal(0, 0.5, units // endpoints))).astype(np.int64)
        sent, _ = offices._units(first, size)  # noqa: SLF001
        pair = Pair("10.0.0.2", ("10.0.0.2", f"203.0.113.{k}", "c"), received, sent, (0, day), elsewhere=False)
        named += judge_pair(pair, table, endpoints).claimed
    spent = time.perf_counter() - started
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(f"{images} images, {units} units, {endpoints} endpoints: {spent:.1f} s, {more} MiB more, {named} named")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("nulls", "relays", "scale"))
    parser.add_argument("count", nargs="?", type=int, default=200)
    parser.add_argument("--development", action="store_true")
    given = parser.parse_args()
    start = offices.DEVELOPMENT if given.development else offices.REPORTED
    {"nulls": lambda: nulls(given.count, start), "relays": lambda: relays(given.count, start), "scale": scale}[
        given.what
    ]()
