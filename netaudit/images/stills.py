"""Has key frames decoded by a helper process, which may crash or hang on hostile bytes: then one still is lost only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.core.system.programs import helper
from netaudit.images.cpu_limit import Limits
from netaudit.images.processes import LENGTH, Asked, NotStartedError

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITS = Limits()  # for one key frame
MOST_STILL = 64 << 20  # bytes of a JPEG that is taken back
MOST_DEATHS = 4  # helpers that may die of one logical shard before no more of its key frames are decoded


FILE = "file"  # in place of a codec, with a number behind it


def _question(what: str, data: bytes) -> bytes:
    return what.encode("ascii") + b"\n" + LENGTH.pack(len(data)) + data


@dataclass(slots=True)
class Patience:
    """How often decoders died of the bytes of one logical shard; what else the same worker has must not count."""

    deaths: int = 0


class Stills:
    """Decodes one key frame after the other; the helper starts with the first one. Not shared between threads."""

    def __init__(self, limits: Limits = LIMITS, command: list[str] | None = None) -> None:
        self._helper = Asked(command or helper("netaudit.images.still_helper"), limits, MOST_STILL)

    def decode(self, data: bytes, codec: str, patience: Patience) -> tuple[bytes, str]:
        """The first picture of an elementary stream as JPEG, or nothing and why."""
        return self._asked(_question(codec, data), patience)

    def decode_file(self, data: bytes, most: int, patience: Patience) -> Iterator[bytes]:
        """Up to `most` key frames of a file of video as JPEG, each as soon as it is there; the file is sent once."""
        question, owed = _question(f"{FILE} {most}", data), most
        try:
            while owed:
                still, _ = self._asked(question, patience)
                owed, question = owed - 1 if still else 0, b""
                if still:
                    yield still
        finally:
            if owed:  # answers that nobody waits for
                self._helper.close()

    def _asked(self, question: bytes, patience: Patience) -> tuple[bytes, str]:
        if patience.deaths >= MOST_DEATHS:
            return b"", "too many key frames crash the decoder"
        try:
            return self._helper.ask(question), ""
        except NotStartedError as error:
            return b"", f"the decoder cannot be started: {error}"
        except OSError:
            patience.deaths += 1
            return b"", "the decoder crashed, or did not end in time"

    def close(self) -> None:
        """End the helper."""
        self._helper.close()
