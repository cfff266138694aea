"""Devices that share the marks and an endpoint, counted together: what their common silence is worth.

Where three cameras watch one door and the mark says only that somebody passed, each of them sends after a third of the
passes, and no absence of one can be told; that all of them fell silent can. It is said beside what became of each, as
what it is: of one device alone it tells nothing, since the others' uploads make its number.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from netaudit.findings.recheck.occasions import NEAR, PASSES, followed, passes, shown
from netaudit.findings.recheck.power import Power

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.findings.recheck.route import Outcome, Route
    from netaudit.findings.recheck.visit import Visit

TOO_LITTLE = frozenset({"power", "power_needed"})
SILENT = frozenset({"gone", "could not have been seen"})


def tell_together(routes: list[Route], outcomes: list[Outcome], before: Visit, after: Visit) -> None:
    """Note in the outcomes of each group of silent routes what they show together."""
    groups: dict[tuple[str, str], list[tuple[Route, Outcome]]] = defaultdict(list)
    for route, outcome in zip(routes, outcomes, strict=True):
        if not route.channel.inside:
            groups[route.purpose, route.channel.endpoint].append((route, outcome))
    for group in groups.values():
        if len(group) > 1 and all(_only_power(outcome) for _, outcome in group):
            power = _power([route for route, _ in group], before, after)
            for _, outcome in group if power.enough else ():
                outcome.together, outcome.devices = power, len(group)


def _only_power(outcome: Outcome) -> bool:
    """Whether nothing but its own small number keeps an absence from being told."""
    return outcome.status in SILENT and all(code in TOO_LITTLE for code, _ in outcome.bears)


def _power(routes: Iterable[Route], before: Visit, after: Visit) -> Power:
    """Passes of all texts, followed by an upload of any of them; now such around which all of them were heard."""
    routes = list(routes)
    sent = sorted(ts for route in routes for ts in route.alike)
    known = passes(before)
    mine = [route.match.device if route.match else "" for route in routes]
    asked = [ts for ts in passes(after) if all(after.said_around(one, ts - NEAR, ts + NEAR) for one in mine)]
    for route in routes:
        asked = shown(asked, route.way)
    return Power(PASSES, len(known), followed(known, sent), len(asked))
