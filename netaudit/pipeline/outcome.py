"""What a run knows at its end beyond the tables that it streamed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netaudit.findings.moments import WINDOW_S

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from netaudit.images.answers import EarlyAnswers


@dataclass(slots=True)
class Outcome:
    """What the run itself knows beyond the streams."""

    captures: pa.Table  # `captures` rows
    skipped: dict[tuple[str, str], int]  # (capture id, reason) → packets
    capture_ids: list[str]  # by running index
    rejected: list[dict[str, str]]  # what was given and is no input: name, problem, reason as `Rejected` has them
    options: dict[str, Any]  # those that change the result
    inside: list[str]
    faces: bool = True
    count_faces: bool = False
    interrupted: bool = False  # while captures were read
    stopped: bool = False  # while its images were judged
    snap_lengths: list[int] = field(default_factory=list)  # that packets were cut to: two where there are more
    read: list[int] | None = None  # bytes read of each capture, where the audit was interrupted
    failures: list[str] = field(default_factory=list)
    signatures: Path | None = None  # a folder added to netaudit's own
    early_answers: EarlyAnswers | None = None  # of images, while captures were read
    keys: dict[str, Any] | None = None  # what is known of the keys that were given
    moment_window_s: float = WINDOW_S  # how long after a marked moment what is sent is told with it

    @property
    def partial(self) -> bool:
        """Whether something is left to go on with."""
        return self.interrupted or self.stopped
