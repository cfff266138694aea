"""How many people the records of some findings are of: by identity number, else by phone number."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.bearing import NO_REGION, NOT_VALIDATED
from netaudit.findings.from_identity_data import RIGHT, grouped, known_region

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VALIDATED = "validated"  # check digit and region are right
NAME, PHONE, NUMBER = "name", "phone", "id_number"


@dataclass(frozen=True, slots=True)
class People:
    """People by the keyed hash that stands for each: of an identity number, or of a phone number where none is known.

    `at_least`: some records were joined by a name or a shared phone number only, so there may be more people.
    """

    validity: dict[str, str]  # VALIDATED, NO_REGION or NOT_VALIDATED; empty for phone numbers
    at_least: bool

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.validity)

    def with_number(self, validity: str) -> int:
        """Return how many people have an identity number of this validity."""
        return sum(one == validity for one in self.validity.values())


class Identities:
    """Which identity numbers, phone numbers and names of a case stand in the same records."""

    def __init__(self, persons: pa.Table) -> None:
        self._numbers: dict[tuple[str, str], set[str]] = defaultdict(set)  # numbers beside a phone number or name
        self._names: dict[str, set[str]] = defaultdict(set)  # names beside a phone number
        self._validity: dict[str, str] = {}
        chosen = persons.filter(pc.is_in(persons["kind"], pa.array([NAME, PHONE, NUMBER])))
        by_message: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in chosen.to_pylist():
            by_message[row["message_id"]].append(row)
        for rows in by_message.values():
            for _, own in grouped(rows):
                self._note(own)

    def people(self, findings: Iterable[Mapping[str, Any]]) -> People:
        """Count the people of some rows of `findings` by their `person_hmacs`."""
        found: dict[str, str] = {}
        at_least = False
        for hmac in sorted({one for row in findings for one in row["person_hmacs"] or ()}):
            if hmac in self._validity:
                found[hmac] = self._validity[hmac]
            elif hmac in self._names:  # a phone number
                numbers, sure = self._numbers_of_phone(hmac)
                at_least |= not sure
                found.update({one: self._validity[one] for one in numbers} or {hmac: ""})
        return People(found, at_least)

    def _note(self, own: list[dict[str, Any]]) -> None:
        of_kind: dict[str, set[str]] = defaultdict(set)
        for row in own:
            of_kind[row["kind"]].add(row["value_hmac"])
            if row["kind"] == NUMBER:
                right, known = row["certainty"] in RIGHT, known_region(row["value_masked"])
                validity = VALIDATED if right and known else NO_REGION if right else NOT_VALIDATED
                self._validity.setdefault(row["value_hmac"], validity)
        for kind in (PHONE, NAME):
            for one in of_kind[kind]:
                self._numbers[kind, one] |= of_kind[NUMBER]
        for one in of_kind[PHONE]:
            self._names[one] |= of_kind[NAME]

    def _numbers_of_phone(self, phone: str) -> tuple[set[str], bool]:
        """Return the number of the person with a phone number, if known, and whether that is beyond doubt."""
        numbers = self._numbers[PHONE, phone]
        if numbers:
            return (numbers, True) if len(numbers) == 1 else (set(), False)
        by_name = {one for name in self._names[phone] for one in self._numbers[NAME, name]}
        return (by_name, False) if len(by_name) == 1 else (set(), not by_name)
