"""Who is told of what goes by while an audit runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from netaudit.content.part import Leaf
    from netaudit.core.schema import Row
    from netaudit.protocols.from_streams import Conversations
    from netaudit.protocols.message import Message
    from netaudit.streams.batch import Batch
    from netaudit.streams.layouts import Delivery


class Witness(Protocol):
    """Is told of what goes by while an audit runs; must be quick, and changes nothing."""

    def delivered(self, delivery: Delivery, conversations: Conversations, messages: list[Message]) -> None:
        """A flow brought something, or ended; its readers made these messages of it, which are taken next."""

    def found(self, message: Message, leaf: Leaf, object_id: str, sha256: str, holder: tuple[str, str] | None) -> None:
        """An object was found in a message of the flow last delivered, and stored; within which picture, if any."""

    def named(self, message: Message, row: Row) -> None:
        """A row of `persons` was made of a message of the flow last delivered."""

    def addressed(self, row: Row) -> None:
        """A row of `targets` was made: under which address a picture went, or which one a document names."""

    def spoke(self, message: Message, events: list[Row], *, names_pictures: bool) -> None:
        """A message of the flow last delivered was read: its rows of `events`, and whether it names pictures."""

    def sent(self, units: list[Row]) -> None:
        """Units of what left encrypted ended: their rows of `encrypted_uploads`."""

    def claimed(self, batch: Batch, indexes: npt.NDArray[np.int64], ids: npt.NDArray[np.uint8], protocol: str) -> None:
        """Flows of a batch were read in columns: their indexes, their ids as 32 hexadecimal digits each."""
