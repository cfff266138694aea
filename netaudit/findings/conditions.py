"""Conditions under which a device is the sender of a transfer, and what a transfer is that fails one of them.

A device is the sender of a transfer only if the capture shows that it opened the connection or answered a request,
that the receiver's side acknowledged what it sent and accepted it, that the content was its own, and that the frames
came from the link address that held its address. A condition is YES, NO, or UNKNOWN where the capture cannot show it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from netaudit.core.contracts.answers import BROKEN_OFF, IN_FIELD, LOGIN, UNACKNOWLEDGED
from netaudit.core.contracts.answers import REFUSED as IN_BODY
from netaudit.core.contracts.reasons import counted, reason

if TYPE_CHECKING:
    from collections.abc import Iterable

YES, NO, UNKNOWN = "yes", "no", "unknown"
COMPLETED, REFUSED, UNANSWERED = "completed", "refused", "unanswered"
RETURNED, CAUSED, DISPUTED = "returned", "caused", "disputed"
NAMES = ("initiated", "acknowledged", "accepted", "own_content", "address_bound")
ERROR, LAST_STATUS = 400, 599  # statuses of HTTP that refuse (RFC 9110, 15.5 and 15.6)
SENT_AGAIN = frozenset({307, 308})  # redirections after which the client sends the body elsewhere (15.4.8, 15.4.9)
DENIED = frozenset({IN_BODY, IN_FIELD, LOGIN, BROKEN_OFF})


class Conditions(NamedTuple):
    """What the capture shows of a transfer's sender: YES, NO or UNKNOWN for each."""

    initiated: str = YES
    acknowledged: str = YES
    accepted: str = YES
    own_content: str = YES
    address_bound: str = YES


class Status(NamedTuple):
    """The outcome of a transfer, why (a reason: code and arguments), and its conditions."""

    outcome: str = COMPLETED
    why: str = ""
    conditions: Conditions | None = None  # None where it was not examined: it stayed inside, or came from outside


def status_of(
    conditions: Conditions, *, status: int = 0, receiver: str = "", source: str = "", page: str = ""
) -> Status:
    """Return the outcome that follows from the conditions.

    `status`: of the answer; `source`: outside host from which the content had come; `page`: host of the web page that
    made a browser send it.
    """
    if conditions.own_content == NO:
        found = RETURNED, reason("outcome_returned", host=source or receiver)
    elif conditions.initiated == NO and page:
        found = CAUSED, reason("outcome_caused", host=page)
    elif NO in (conditions.initiated, conditions.acknowledged):
        found = UNANSWERED, reason("outcome_unanswered")
    elif conditions.accepted == NO:
        known = ERROR <= status <= LAST_STATUS
        found = REFUSED, reason("outcome_refused_status", status=status) if known else reason("outcome_refused")
    elif conditions.address_bound == NO:
        found = DISPUTED, reason("outcome_disputed")
    else:
        found = COMPLETED, ""
    return Status(*found, conditions)


def accepted_by(status: int, refusal: str) -> str:
    """Return whether an answer says that the receiver took a request's body; 0 for no status."""
    if status >= ERROR or status in SENT_AGAIN or refusal in DENIED:
        return NO
    return UNKNOWN if refusal == UNACKNOWLEDGED or not status else YES


@dataclass(slots=True)
class Sum:
    """Outcomes and conditions of the transfers of one finding."""

    found: list[Conditions] = field(default_factory=list)
    why: Counter[str] = field(default_factory=Counter)

    def add(self, one: Status) -> None:
        """Add a transfer."""
        if one.conditions:
            self.found.append(one.conditions)
        if one.why:
            self.why[one.why] += 1

    def columns(self, outcome: str) -> dict[str, Any]:
        """Return columns of `findings`: of each condition the worst value of its transfers."""
        if not self.found:
            return {}
        return {
            "outcome": outcome,
            "outcome_reasons": [counted(why, count) for why, count in sorted(self.why.items())],
            **{name: _worst(getattr(one, name) for one in self.found) for name in NAMES},
        }


def _worst(values: Iterable[str]) -> str:
    return min(values, key=(NO, UNKNOWN, YES).index, default="")
