"""The audit beside a recording: the same way of the data as from files, fed by what was recorded so far."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from netaudit.capture.from_wire import Followed
from netaudit.packets.from_capture import Decoder
from netaudit.pipeline.inputs import outcome_of
from netaudit.pipeline.keys import Growing, gather
from netaudit.pipeline.workers import Alone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netaudit.evidence.case.reading import Case
    from netaudit.images.answers import EarlyAnswers
    from netaudit.pipeline.options import Options
    from netaudit.pipeline.witness import Witness

WINDOW = 4 << 20  # bytes read at once: as fast as the larger ones of files, and a quarter of the memory
CHECKPOINT = 1.0  # seconds of the audit that a kill may cost


class LiveAudit:
    """Follows the recorded files of a case and audits them. With `decode=False` they are read and hashed only."""

    def __init__(
        self, case: Path, record: Path, options: Options, witness: Witness | None = None, *, decode: bool = True
    ) -> None:
        self.followed = Followed(record, WINDOW, sm3=options.sm3)
        self.decoder = Decoder(since=options.since, until=options.until)
        keep, added = options.keep_all, options.signatures
        self._keys = gather(options.keys, ())
        given = self._keys.given if self._keys is not None else None
        self._growing = Growing(options.keys) if options.keys is not None else None
        self.crew = (
            Alone(case, keep_all=keep, seconds=True, witness=witness, signatures=added, given=given) if decode else None
        )
        if self._growing is not None and self.crew is not None and self.crew.shard.keys is not None:
            self.crew.shard.keys.ring.growing = True
        self.packets = self.bytes = 0
        self.last_ts = 0
        self._case, self._options = case, options
        self._checkpoint_at = time.monotonic() + CHECKPOINT

    def step(self, *, ended: bool) -> bool:
        """Audit one window; False when there is nothing now."""
        window = self.followed.read(ended=ended)
        if window is None:
            return False
        records = window.records
        if len(records):
            self.packets += len(records)
            self.bytes += int(records["wirelen"].sum())
            self.last_ts = max(self.last_ts, int(records["ts"].max()))
            if self.crew is not None:
                if self._growing is not None and self.crew.shard.keys is not None:
                    self._growing.refresh(self.crew.shard.keys.ring)
                self.crew.feed(self.decoder.feed(window))
        return True

    def facts(self) -> Iterator[tuple[Any, ...]]:
        """Rows of `observations` so far."""
        if self.crew is not None:
            yield from self.crew.watch.ledger.rows()
            yield from self.crew.shard.ledger.rows()

    def checkpoint(self) -> None:
        """From time to time have all rows on the disk."""
        if self.crew is not None and time.monotonic() >= self._checkpoint_at:
            self.crew.shard.checkpoint()
            self._checkpoint_at = time.monotonic() + CHECKPOINT

    def conclude(self, statements: EarlyAnswers | None) -> Case:
        """End all flows and make a whole case of what was audited; `said`: of images that were judged already."""
        from netaudit.pipeline.conclusion import conclude

        assert self.crew is not None
        self.decoder.finish()
        followed = self.followed
        failures = self.crew.finish()
        outcome = outcome_of(followed.sources, followed.rejected, self.decoder, failures, self._options)
        outcome.keys = self._keys.facts if self._keys is not None else None
        outcome.early_answers = statements
        return conclude(self._case, outcome, lambda *_: None)
