"""Plots of a case, drawn with matplotlib (optional extra `notebooks`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from netaudit.case.reading import Case

MOST_ROWS = 40  # senders or receivers drawn; the busiest ones
_COLOURS = {
    "uploaded outside": "C3",
    "retrieved from outside": "C1",
    "moved inside": "C0",
    "queried": "C2",
    "video": "C4",
}
_UNSEEN = "0.5"  # content not visible


class Plots:
    """What `case.plot` offers. Each method draws into `ax`, or into a figure of its own, and gives the axes back."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def timeline(self, ax: Axes | None = None) -> Axes:
        """When each sender moved face images; encrypted uploads in grey, from the first to the last packet."""
        rows = transfers(self._case)
        senders = _busiest(rows, "sender")
        ax = ax or _axes(9, 1 + 0.4 * max(2, len(senders)))
        places = {sender: place for place, sender in enumerate(senders)}
        rows = rows[rows["sender"].isin(senders)]
        for act, some in rows[rows["seen"]].groupby("act"):
            ax.scatter(
                some["first_ts"], some["sender"].map(places), s=18, color=_COLOURS.get(str(act), "C4"), label=str(act)
            )
        hidden = rows[~rows["seen"]]
        label = "content not visible"
        for sender, first, last in zip(hidden["sender"], hidden["first_ts"], hidden["last_ts"], strict=True):
            place = places[sender] + 0.2
            ax.plot([first, last], [place, place], color=_UNSEEN, linewidth=4, label=label)
            label = "_"  # one entry in the legend
        ax.set_yticks(range(len(senders)), senders)
        ax.set_xlabel("time (UTC)")
        if len(rows):
            ax.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        ax.figure.autofmt_xdate()
        return ax

    def matrix(self, ax: Axes | None = None) -> Axes:
        """How many face images went from whom to whom; D where there were encrypted uploads only."""
        rows = transfers(self._case)
        senders, receivers = _busiest(rows, "sender"), _busiest(rows, "receiver")
        ax = ax or _axes(2 + 0.9 * max(2, len(receivers)), 1 + 0.45 * max(2, len(senders)))
        counts = rows.groupby(["sender", "receiver"])["seen"].sum()
        grid = [[int(counts.get((sender, receiver), 0)) for receiver in receivers] for sender in senders]
        if grid:
            ax.imshow(grid, cmap="Blues", aspect="auto")
        pairs = zip(counts.index.tolist(), counts.tolist(), strict=True)
        for (sender, receiver), count in pairs:
            if sender in senders and receiver in receivers:
                x, y = receivers.index(receiver), senders.index(sender)
                dark = count > max(map(max, grid)) / 2
                ax.text(x, y, str(count or "D"), ha="center", va="center", color="white" if dark else "black")
        ax.set_xticks(range(len(receivers)), receivers, rotation=45, ha="right")
        ax.set_yticks(range(len(senders)), senders)
        ax.set_xlabel("receiver")
        ax.set_ylabel("sender")
        return ax


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
        raise UsageError("plots need matplotlib: pip install 'netaudit[notebooks]'") from error
    return pyplot.subplots(figsize=(width, height), layout="constrained")[1]
