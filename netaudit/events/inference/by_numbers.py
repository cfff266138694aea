"""What fields mean by the ID numbers beside them: sex, birthday and age stand in a number, and a name goes with one.

This holds in every language and for any code, and shows of a number of no known province that it is somebody's. A
field is only looked at where names and values by themselves told nothing, and only where every number goes with one
value.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from netaudit.core.text.patterns import later
from netaudit.events.identity.naming import could_be_name, has_family_name
from netaudit.events.inference.shapes import is_id_number, is_unset, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netaudit.events.inference.fields import Field
    from netaudit.events.inference.messages import RouteMessage

LEAST, LEAST_SEXES = 5, 8  # persons that teach something: so many of two sexes fit a field by chance once in 128
OF_BOTH = 2  # persons of either sex
SHARE = 0.9  # of persons whose name is no other's, of ages that fit
_CALLED = later(r"[^\W\d_]+(?:[ .·'’‘ʻʼ-]{1,2}[^\W\d_]+){1,4}\.?")
LONGEST = 40  # characters of a name
_BORN = slice(6, 14)  # of a number: GB 11643
_SEX = 16
_MEANINGS = ("gender", "birthday", "age", "name")
_LAST_IN_NUMBERS = "age"  # of those that stand in a number, which shows that it is somebody's
ValuesByNumber = dict[str, set[tuple[str, int]]]  # of a number: values, each with the year in which it was said


def say_by_numbers(messages: list[RouteMessage], fields: dict[str, Field], is_called: Callable[[Field], bool]) -> None:
    """Give meanings to fields of one route that have none, where numbers beside them bear these.

    `is_called` says whether a field's name is that of something else than a person's name.
    """
    numbers = {form for form, one in fields.items() if one.meaning == "id_number"}
    doubtful = {
        form for form, one in fields.items() if not one.meaning and "id number" in one.forms and one.form == "id number"
    }
    numbers = numbers or doubtful  # with a check digit, and of no known province
    open_ = {form for form, one in fields.items() if not one.meaning and one.values} - numbers if numbers else None
    if not open_:
        return
    by_form: dict[str, ValuesByNumber] = defaultdict(lambda: defaultdict(set))
    for form, of, value, year in _beside(messages, numbers, open_):
        by_form[form][of].add((value, year))
    known = {one.meaning for one in fields.values()}
    for meaning in _MEANINGS:
        fitting = [form for form in by_form if not fields[form].meaning and _bears(meaning, by_form[form])]
        if meaning == "name":  # which no number says: not of fields that are called something else
            fitting = [form for form in fitting if not is_called(fields[form])]
        if len(fitting) == 1 and meaning not in known:  # of two that fit either may be meant
            fields[fitting[0]].prove(meaning, len(by_form[fitting[0]]))
        if meaning == _LAST_IN_NUMBERS and numbers == doubtful:
            if not any(fields[form].proved for form in by_form):
                return
            for form in numbers:
                fields[form].prove("id_number", fields[form].forms["id number"])


def _beside(messages: list[RouteMessage], numbers: set[str], wanted: set[str]) -> Iterator[tuple[str, str, str, int]]:
    """(form, number, value, year) of what stands in one record with a number, or in a message that has one only."""
    for message in messages:
        held = {
            (_record(leaf.path), leaf.value.strip())
            for leaf in message.leaves
            if leaf.form in numbers and is_id_number(leaf.value.strip())
        }
        year = datetime.fromtimestamp(message.ns / 1e9, UTC).year
        of_record = defaultdict(list)
        for record, value in held:
            of_record[record].append(value)
        for leaf in message.leaves:
            if leaf.form in wanted and not leaf.head and not leaf.sha256 and not is_unset(leaf.value):
                near = of_record.get(_record(leaf.path)) or ([value for _, value in held] if len(held) == 1 else [])
                if len(near) == 1:
                    yield leaf.form, near[0], leaf.value.strip(), year


def _record(path: str) -> str:
    return path.rpartition("]")[0]


def _bears(meaning: str, of_numbers: ValuesByNumber) -> bool:
    """Whether the values that go with numbers are what these say, or what their holders are called."""
    values = {of: next(iter(found))[0] for of, found in of_numbers.items() if len({value for value, _ in found}) == 1}
    if len(of_numbers) < LEAST or (meaning != "age" and len(values) != len(of_numbers)):
        return False
    if meaning == "gender":
        return _are_sexes(values)
    if meaning == "birthday":
        return all(re.sub(r"\D", "", value) == of[_BORN] for of, value in values.items())
    return _are_ages(of_numbers) if meaning == "age" else _are_names(values)


def _are_sexes(values: dict[str, str]) -> bool:
    """Whether there are two, one of each parity."""
    of: tuple[list[str], list[str]] = ([], [])
    for id_number, value in values.items():
        of[int(id_number[_SEX]) % 2].append(value)
    women, men = of
    enough = len(values) >= LEAST_SEXES and min(len(women), len(men)) >= OF_BOTH
    return enough and len(set(women)) == len(set(men)) == 1 and women[0] != men[0]


def _are_ages(of_numbers: ValuesByNumber) -> bool:
    """Whether nearly all are as old as their numbers say, before or after their birthday."""
    fits = [
        age is not None and year - int(of[6:10]) - 1 <= age <= year - int(of[6:10])
        for of, found in of_numbers.items()
        for value, year in found
        for age in [number(value)]
    ]
    distinct = {value for found in of_numbers.values() for value, _ in found}
    return len(distinct) > 2 and sum(fits) >= SHARE * len(fits)


def _are_names(values: dict[str, str]) -> bool:
    """Whether they are of two to five words as names are, which hardly two share; one word may be anything.

    Of Chinese ones some begin with a family name that is known.
    """
    called = all(len(value) <= LONGEST and _CALLED.fullmatch(value) for value in values.values())
    family = sum(map(has_family_name, values.values()))
    called = called or (family > 0 and all(map(could_be_name, values.values())))
    return called and len(set(values.values())) >= SHARE * len(values)
