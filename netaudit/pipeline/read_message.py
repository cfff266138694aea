"""A message on its way through the stages, with where it came from and what they found so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netaudit.content.budget import Patience
    from netaudit.content.part import Leaf
    from netaudit.core.contracts.details import Statement
    from netaudit.devices.observations.ends import Ends
    from netaudit.pipeline.finds import Known
    from netaudit.protocols.message import Message


@dataclass(slots=True)
class ReadMessage:
    """A message that readers made."""

    message: Message
    ends: Ends  # of its flow
    patience: Patience  # of its logical shard
    known: Known | None = None  # its flow as it stands, where images are told as they are found
    shard: int = 0  # logical
    flow: int = 0  # index of its flow in the batch of the assembler
    written: bool = False  # by `Documents`, or later by them
    looked_into: bool = True
    stated: list[Statement] = field(default_factory=list)  # what it says of devices
    waited_for: bool = False  # its events wait for a picture, which may take long


Opened = tuple[ReadMessage, "Leaf | None"]  # an object of a message; None stands for the end of the message
