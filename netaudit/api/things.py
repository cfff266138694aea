"""One thing of a case with what belongs to it: a device, a flow, a message. Columns are attributes."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from netaudit.api.finding import by_scapy
from netaudit.errors import UnknownNameError, nearest

if TYPE_CHECKING:
    import pandas as pd

    from netaudit.evidence.case.decisions import Decision
    from netaudit.evidence.case.reading import Case


class Row:
    """A row of a table with its columns as attributes, and what the case has of it."""

    kind = "row"

    def __init__(self, case: Case, row: dict[str, Any]) -> None:
        self._case = case
        self._row = row

    def __getattr__(self, name: str) -> Any:
        row = self.__dict__.get("_row", {})
        if name in row:
            return row[name]
        raise AttributeError(f"a {self.kind} has no {name!r}; nearest: {nearest(name, dir(self))}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._row})

    def _where(self, table: str, *columns: str, among: list[str]) -> pd.DataFrame:
        """Rows of a table in which one of the columns has one of these values."""
        frame: pd.DataFrame = getattr(self._case, table)
        wanted = frame[columns[0]].isin(among)
        for column in columns[1:]:
            wanted |= frame[column].isin(among)
        return frame[wanted].reset_index(drop=True)

    def _images_of(self, messages: pd.DataFrame) -> pd.DataFrame:
        objects = self._where("objects", "message_id", among=messages["message_id"].tolist())
        return self._where("images", "sha256", among=objects["sha256"].unique().tolist())


def row_of(case: Case, table: str, column: str, beginning: str) -> dict[str, Any]:
    """The row whose id begins so. Raises UnknownNameError for none and for several."""
    frame: pd.DataFrame = getattr(case, table)
    found = frame[frame[column].str.startswith(str(beginning))]
    if len(found) != 1:
        problem = "{}: {} of {} begin so; give more of it" if len(found) else "{}: {} of {} begin so"
        raise UnknownNameError(problem, repr(beginning), len(found), table)
    return {str(name): value for name, value in found.iloc[0].items()}


class Device(Row):
    """A row of `devices` with what belongs to it; columns are attributes (`device.vendor`, `device.ips` …)."""

    kind = "device"

    def __repr__(self) -> str:
        row = self._row
        facts = ", ".join(str(row[name]) for name in ("class", "vendor", "name") if row[name])
        return f"<Device {row['device_id']}: {facts or 'unknown'}>"

    @functools.cached_property
    def addresses(self) -> list[str]:
        """Its IP and link addresses, and its id: what other tables call it."""
        return list(dict.fromkeys([*self._row["ips"], *self._row["macs"], self._row["device_id"]]))

    @property
    def claims(self) -> pd.DataFrame:
        """What signatures and rules say of it, on which facts, and what became of that."""
        return self._where("claims", "device_id", among=self.addresses)

    @property
    def observations(self) -> pd.DataFrame:
        """What was said of it."""
        return self._where("observations", "ip", "mac", among=self.addresses)

    @property
    def findings(self) -> pd.DataFrame:
        """Findings in which it sends or receives."""
        return self._where("findings", "sender", "receiver", among=self.addresses)

    @property
    def flows(self) -> pd.DataFrame:
        """Its conversations."""
        return self._where("flows", "client_ip", "server_ip", among=self.addresses)

    @property
    def messages(self) -> pd.DataFrame:
        """Messages of its conversations."""
        return self._where("messages", "flow_id", among=self.flows["flow_id"].tolist())

    @property
    def images(self) -> pd.DataFrame:
        """The distinct images that went in them, to it or from it."""
        return self._images_of(self.messages)

    @property
    def events(self) -> pd.DataFrame:
        """Events that it sends or receives."""
        return self._where("events", "sender", "receiver", among=self.addresses)

    @property
    def decision(self) -> Decision | None:
        """What an analyst decided about it."""
        return self._case.decided().get(self._row["device_id"])


class Flow(Row):
    """A row of `flows` with what went over it."""

    kind = "flow"

    def __repr__(self) -> str:
        row = self._row
        protocol = row["protocol"] or row["transport"]
        return f"<Flow {row['flow_id'][:12]}: {row['client_ip']} to {row['server_ip']}, {protocol}>"

    @property
    def messages(self) -> pd.DataFrame:
        """Its messages, as they went."""
        return self._where("messages", "flow_id", among=[self._row["flow_id"]]).sort_values(
            "first_ts", ignore_index=True
        )

    @property
    def images(self) -> pd.DataFrame:
        """The distinct images in them."""
        return self._images_of(self.messages)

    def packets(self) -> Any:
        """Its packets as a scapy PacketList (optional extra `scapy`)."""
        return by_scapy(self._case, self._row["flow_id"], ())


class Message(Row):
    """A row of `messages` with what was in it."""

    kind = "message"

    def __repr__(self) -> str:
        row = self._row
        facts = " ".join(str(row[name]) for name in ("protocol", "method", "path") if row[name])
        return f"<Message {row['message_id'][:12]}: {facts}>"

    @property
    def objects(self) -> pd.DataFrame:
        """What was recovered from it; the bytes of one lie at `case.object_path(sha256)`."""
        return self._where("objects", "message_id", among=[self._row["message_id"]])

    @property
    def images(self) -> pd.DataFrame:
        """The distinct images among them."""
        return self._where("images", "sha256", among=self.objects["sha256"].unique().tolist())

    @property
    def events(self) -> pd.DataFrame:
        """What it says of a capture, a check or a person, masked."""
        return self._where("events", "message_id", among=[self._row["message_id"]])

    @property
    def flow(self) -> Flow:
        """The flow it went over."""
        return Flow(self._case, row_of(self._case, "flows", "flow_id", self._row["flow_id"]))
