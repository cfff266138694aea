"""Has key frames decoded by a helper process, which may crash or hang on hostile bytes: then one still is lost only."""

from __future__ import annotations

from dataclasses import dataclass

from netaudit.images.cpu_limit import Limits
from netaudit.images.processes import LENGTH, Asked, NotStartedError
from netaudit.system.programs import helper

LIMITS = Limits()  # for one key frame
MOST_STILL = 64 << 20  # bytes of a JPEG that is taken back
MOST_DEATHS = 4  # helpers that may die of one logical shard before no more of its key frames are decoded


@dataclass(slots=True)
class Patience:
    """How often decoders died of the bytes of one logical shard; what else the same worker has must not count."""

    deaths: int = 0


class Stills:
    """Decodes one key frame after the other; the helper starts with the first one. Not shared between threads."""

    def __init__(self, limits: Limits = LIMITS, command: list[str] | None = None) -> None:
        self._helper = Asked(command or helper("netaudit.images.still_helper"), limits, MOST_STILL)

    def decode(self, data: bytes, codec: str, patience: Patience) -> tuple[bytes, str]:
        """A JPEG, or nothing and why."""
        if patience.deaths >= MOST_DEATHS:
            return b"", "too many key frames crash the decoder"
        try:
            return self._helper.ask(codec.encode("ascii") + b"\n" + LENGTH.pack(len(data)) + data), ""
        except NotStartedError as error:
            return b"", f"the decoder cannot be started: {error}"
        except OSError:
            patience.deaths += 1
            return b"", "the decoder crashed, or did not end in time"

    def close(self) -> None:
        """End the helper."""
        self._helper.close()
