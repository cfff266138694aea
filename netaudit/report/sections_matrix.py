"""Every device of the site against the far sides of the findings: what went which way, or that nothing did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netaudit.findings.vocabulary import COUNTED
from netaudit.report.judgements import device
from netaudit.report.sections_devices import ranked

if TYPE_CHECKING:
    from netaudit.findings.vocabulary import Kind
    from netaudit.report.judgements import Judgements
    from netaudit.report.sections_endpoints import Hosts
    from netaudit.report.wording import Wording

MOST_DEVICES = 200
MOST_ENDPOINTS = 8  # columns that a page can hold
NOBODY = ("multicast", "special")


@dataclass(slots=True)
class Cell:
    """What went between a device and a far side."""

    sent: int = 0  # images in clear (A, B)
    got: int = 0
    others: Counter[str] = field(default_factory=Counter)  # records, templates … (COUNTED)
    fit: int = 0  # images that encrypted uploads fit (C)
    hidden: int = 0  # bytes (D)

    @property
    def rank(self) -> tuple[int, int, int]:
        """What comes first when there are many."""
        return self.sent + self.got + self.others.total(), self.fit, self.hidden


def matrix(judged: Judgements, hosts: Hosts, w: Wording) -> dict[str, Any]:
    """Rows are devices, those of the findings first; columns are far sides, the busiest first."""
    cells = _cells(judged)
    ends = _busiest(cells, 1)
    shown = ends[:MOST_ENDPOINTS]
    devices = _busiest(cells, 0)
    others = _others(judged, hosts, set(devices) | set(ends))
    rows = [*devices, *others]
    return {
        "endpoints": [hosts.full(ip) for ip in shown] if cells else [],
        "rows": [
            {"device": hosts.full(ip), "cells": [_cell_lines(cells.get((ip, end)), w) for end in shown]}
            for ip in rows[:MOST_DEVICES]
        ]
        if cells
        else [],
        "devices_more": max(0, len(rows) - MOST_DEVICES),
        "endpoints_more": max(0, len(ends) - MOST_ENDPOINTS),
    }


def _cells(judged: Judgements) -> dict[tuple[str, str], Cell]:
    cells: dict[tuple[str, str], Cell] = {}
    for finding in judged.all:
        near = device(finding)
        far = str(finding["receiver" if near == finding["sender"] else "sender"] or "")
        cell = cells.setdefault((near, far), Cell())
        images = finding["images"] or 0
        cell.others.update({name: finding[name] or 0 for name in COUNTED[1:]})
        kind: Kind = finding["kind"]
        match kind.counts:
            case "bytes" | "together":
                cell.hidden += finding["bytes"] or 0
            case "fitting":
                cell.fit += finding["fitting"]
            case "images" if kind.act.device == "receiver":
                cell.got += images
            case "images":
                cell.sent += images
    return cells


def _busiest(cells: dict[tuple[str, str], Cell], side: int) -> list[str]:
    total: dict[str, tuple[int, ...]] = {}
    for key, cell in cells.items():
        before = total.get(key[side], (0, 0, 0))
        total[key[side]] = tuple(a + b for a, b in zip(before, cell.rank, strict=True))
    return sorted(total, key=lambda ip: (*(-n for n in total[ip]), ip))


def _others(judged: Judgements, hosts: Hosts, met: set[str]) -> list[str]:
    """One address of every further device, in the order of the list of devices."""
    found = []
    for row in ranked(hosts.devices, judged):
        ips = row["ips"] or []
        if ips and met.isdisjoint(ips):
            found.append(ips[0])
            met.update(ips)
    return found


def _cell_lines(cell: Cell | None, w: Wording) -> list[tuple[str, str]]:
    """Lines of a cell as (text, class); the arrow tells the way, seen from the device."""
    if cell is None:
        return []
    counts = (
        (cell.sent, "→ ", "matrix_sent", "seen"),
        *((cell.others[name], "→ ", f"matrix_seen.{name}", "seen") for name in COUNTED[1:]),
        (cell.got, "← ", "matrix_got", "seen"),
        (cell.fit, "→ ", "matrix_fit", "fit"),
    )
    lines = [(arrow + w.t(key, n=w.number(n)), kind) for n, arrow, key, kind in counts if n]
    if cell.hidden:
        lines.append(("→ " + w.t("matrix_hidden_up", size=w.short(cell.hidden)), "hidden"))
    return lines
