"""Plots of a case, drawn with matplotlib (optional extra `notebooks`)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from netaudit.errors import UsageError
from netaudit.findings.vocabulary import ACT

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from netaudit.evidence.case.reading import Case

MOST_ROWS = 40  # senders or receivers drawn; the busiest ones
LEAST_BAR = 0.004  # of the whole time
LONGEST_NAME = 28  # characters
CHINESE_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "SimHei",
    "WenQuanYi Zen Hei", "Heiti SC", "SimSun",
)  # fmt: skip
_UNSEEN = "0.5"  # content not visible


class Plots:
    """What `case.plot` offers. Each method draws into `ax`, or into a figure of its own, and gives the axes back.

    Times are in `zone`, else in that of the case, else in UTC. Addresses stand with the names that are known.
    """

    def __init__(self, case: Case) -> None:
        self._case = case

    def timeline(self, ax: Axes | None = None, *, zone: str | None = None) -> Axes:
        """When each sender moved face images; encrypted uploads in grey, from the first to the last packet."""
        zone = zone or (self._case.manifest.get("options") or {}).get("zone") or "UTC"
        rows = transfers(self._case)
        senders = _busiest(rows, "sender")
        left = rows["sender"].nunique() - len(senders)
        ax = ax or _axes(9, 1 + 0.4 * max(2, len(senders)))
        places = {sender: place for place, sender in enumerate(senders)}
        rows = rows[rows["sender"].isin(senders)]
        for name in ("first_ts", "last_ts"):
            rows[name] = rows[name].dt.tz_convert(zone)
        for act, some in rows[rows["seen"]].groupby("act"):
            ax.scatter(some["first_ts"], some["sender"].map(places), s=18, color=ACT[str(act)].colour, label=str(act))
        hidden = rows[~rows["seen"]]
        if len(hidden):
            least = (rows["last_ts"].max() - rows["first_ts"].min()) * LEAST_BAR  # else a short one is not seen
            starts = hidden["first_ts"]
            widths = (hidden["last_ts"] - starts).clip(lower=least)
            heights = [places[sender] + 0.25 for sender in hidden["sender"]]
            ax.barh(heights, widths, left=starts, height=0.18, color=_UNSEEN, alpha=0.7, label="content not visible")
        names = _names(self._case)
        ax.set_yticks(range(len(senders)), [_named(sender, names) for sender in senders], fontfamily=_fonts()[0])
        ax.xaxis_date(tz=zone)
        ax.set_xlabel(f"time ({zone})" + (f"; {left:,} more senders are not drawn" if left else ""))
        if len(rows):
            ax.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        ax.figure.autofmt_xdate()
        return ax

    def matrix(self, ax: Axes | None = None) -> Axes:
        """How many face images went from whom to whom; "D" and a count where there were encrypted uploads only."""
        rows = transfers(self._case)
        senders, receivers = _busiest(rows, "sender"), _busiest(rows, "receiver")
        ax = ax or _axes(3 + 0.9 * max(2, len(receivers)), 1 + 0.45 * max(2, len(senders)))
        counts = rows.groupby(["sender", "receiver"])["seen"].agg(["sum", "size"])
        seen = counts["sum"].to_dict()
        grid = [[int(seen.get((sender, receiver), 0)) for receiver in receivers] for sender in senders]
        most = max((max(line) for line in grid), default=0)
        if grid:
            ax.imshow(grid, cmap="Blues", aspect="auto")
        for (sender, receiver), images, transfers_ in counts.itertuples():
            if sender in senders and receiver in receivers:
                ax.text(
                    receivers.index(receiver),
                    senders.index(sender),
                    f"{images:,}" if images else f"D {transfers_:,}",
                    ha="center",
                    va="center",
                    color="white" if images > most / 2 else "black",
                )
        names, fonts = _names(self._case), _fonts()[0]
        ax.set_xticks(
            range(len(receivers)), [_named(one, names) for one in receivers], rotation=45, ha="right", fontfamily=fonts
        )
        ax.set_yticks(range(len(senders)), [_named(one, names) for one in senders], fontfamily=fonts)
        ax.set_xlabel("receiver")
        ax.set_ylabel("sender")
        return ax

    def topology(self, ax: Axes | None = None) -> Axes:
        """Who sent to whom: senders left, receivers right; lines as thick as images are many, grey where not seen."""
        rows = transfers(self._case)
        sides = [_busiest(rows, "sender"), _busiest(rows, "receiver")]
        ax = ax or _axes(8, 1 + 0.5 * max(2, *map(len, sides)))
        places = [{one: -at for at, one in enumerate(side)} for side in sides]
        ways = rows.groupby(["sender", "receiver"])["seen"].agg(["sum", "size"])
        most = max(int(ways["sum"].max()), 1) if len(ways) else 1
        for (sender, receiver), images, _ in ways.itertuples():
            if sender in places[0] and receiver in places[1]:
                ends = [places[0][sender], places[1][receiver]]
                colour, width = ("C3", 1 + 5 * images / most) if images else (_UNSEEN, 1)
                ax.plot([0, 1], ends, color=colour, linewidth=width, alpha=0.7, zorder=1)
        names = _names(self._case)
        for side, at, aligned in ((places[0], -0.02, "right"), (places[1], 1.02, "left")):
            ax.scatter([round(at)] * len(side), list(side.values()), color="black", s=12, zorder=2)
            for one, height in side.items():
                ax.text(at, height, _named(one, names), ha=aligned, va="center", fontfamily=_fonts()[0])
        ax.set_xlim(-0.6, 1.6)
        ax.set_axis_off()
        return ax

    def devices(self, ax: Axes | None = None) -> Axes:
        """How many face images each end sent (right) and was sent (left)."""
        rows = transfers(self._case)
        seen = rows[rows["seen"]]
        counts = {end: seen[end].value_counts() for end in ("sender", "receiver")}
        total = counts["sender"].add(counts["receiver"], fill_value=0).sort_values()[-MOST_ROWS:]
        ax = ax or _axes(8, 1 + 0.4 * max(2, len(total)))
        for end, sign, colour, label in (("sender", 1, "C3", "sent"), ("receiver", -1, "C0", "received")):
            widths = counts[end].reindex(total.index, fill_value=0) * sign
            ax.barh(range(len(total)), widths, color=colour, label=label)
        names = _names(self._case)
        ax.set_yticks(range(len(total)), [_named(str(one), names) for one in total.index], fontfamily=_fonts()[0])
        ax.xaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")
        ax.set_xlabel("face images")
        ax.legend(loc="lower right", frameon=False)
        return ax


def _names(case: Case) -> dict[str, str]:
    """Names of addresses: of a device its own, its class or maker; of an endpoint its service or first name."""
    found: dict[str, str] = {}
    for ip, service, names in case.endpoints[["ip", "service", "names"]].itertuples(index=False):
        found[ip] = (service or "").partition(";")[0].partition(" (")[0] or next(iter(names), "")
    for ips, name, kind, vendor in case.devices[["ips", "name", "class", "vendor"]].itertuples(index=False):
        for ip in ips:
            found[ip] = name or (kind or "").replace("_", " ") or vendor or ""
    return found


def _named(address: str, names: dict[str, str]) -> str:
    """An address with its name, in characters that can be drawn."""
    from netaudit.core.masking.mask import visible

    name = visible(names.get(address, ""), LONGEST_NAME)
    if not _fonts()[1]:
        name = "".join(char for char in name if char.isascii()).strip(" ()-")
    return f"{address}\n{name}" if name else address


@functools.cache
def _fonts() -> tuple[list[str], bool]:
    """Families to draw with, and whether one of them has Chinese."""
    from matplotlib import font_manager

    there = set(font_manager.get_font_names())
    chinese = [name for name in CHINESE_FONTS if name in there][:1]
    return ["DejaVu Sans", *chinese], bool(chinese)


def transfers(case: Case) -> pd.DataFrame:
    """One row per transfer in a finding: an object that was seen, or a flow whose content is not visible."""
    import pandas as pd

    base = case.findings[["finding_id", "certainty", "act", "sender", "receiver", "object_ids", "flow_ids"]]
    visible = base.explode("object_ids").dropna(subset="object_ids").rename(columns={"object_ids": "object_id"})
    times = case.objects[["object_id", "message_id"]].merge(
        case.messages[["message_id", "first_ts", "last_ts"]], on="message_id"
    )
    seen = visible.merge(times, on="object_id")
    hidden = base[base["object_ids"].map(len) == 0].explode("flow_ids").rename(columns={"flow_ids": "flow_id"})
    unseen = hidden.merge(case.flows[["flow_id", "first_ts", "last_ts"]], on="flow_id")
    columns = ["finding_id", "certainty", "act", "sender", "receiver", "first_ts", "last_ts"]
    parts = [part[columns].assign(seen=flag) for part, flag in ((seen, True), (unseen, False)) if len(part)]
    rows: pd.DataFrame = pd.concat(parts, ignore_index=True) if parts else seen[columns].assign(seen=False)
    rows["seen"] = rows["seen"].astype(bool)
    return rows.sort_values(["first_ts", "finding_id"], ignore_index=True)


def _busiest(rows: pd.DataFrame, column: str) -> list[str]:
    return sorted(rows[column].value_counts().index[:MOST_ROWS])


def _axes(width: float, height: float) -> Any:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise UsageError("plots need matplotlib: python -m pip install pandas matplotlib ipykernel") from error
    return pyplot.subplots(figsize=(width, height), layout="constrained")[1]
