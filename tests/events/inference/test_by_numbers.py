"""Sex, age, birthday and name of a person by the ID number beside them, whatever the fields are called."""

from __future__ import annotations

import random
from typing import Any

import pytest

from netaudit.events.inference.learning import fields_of
from netaudit.events.inference.messages import Route, RouteMessage, leaf
from tests.spoken import WEIGHTS

ROUTE = Route("192.168.1.20", "47.96.1.20", False, "http", "POST", "/x")
NS = 1_793_000_000 * 10**9  # October 2026
NAMES = ["Aino Virtanen", "Ville Korhonen", "Ülle Mägi", "דנה לוי", "Νίκος Παππάς", "Отгон Бат", "Айгүл Сейіт", "Jari Laine", "Mia Salo", "Oto Kask"]  # fmt: skip


def id_number(place: int, *, male: bool) -> str:
    bare = f"1101051{950 + 3 * place}0{place % 9 + 1}1{place % 10}0{place % 10}{1 if male else 2}"
    return bare + "10X98765432"[sum(int(one) * weight for one, weight in zip(bare, WEIGHTS, strict=False)) % 11]


def person(place: int) -> dict[str, Any]:
    number = id_number(place, male=place % 3 != 0)
    return {
        "qq.n": number, "qq.a": 2026 - int(number[6:10]) - place % 2, "qq.s": ("nainen", "mies")[int(number[16]) % 2],
        "qq.b": f"{number[6:10]}.{number[10:12]}.{number[12:14]}", "qq.w": NAMES[place % len(NAMES)],
    }  # fmt: skip


def meanings(persons: list[dict[str, Any]]) -> dict[str, str]:
    told = []
    for place, one in enumerate(persons):
        message = RouteMessage(f"{place}", ROUTE, ("f", "up"), NS, place, "c", complete=True)
        message.leaves = [leaf(path, path.rpartition(".")[2], str(value), "") for path, value in one.items()]
        told.append(message)
    return {form: one.meaning for form, one in fields_of(told).items()}


def test_what_a_number_says_is_found_beside_it() -> None:
    assert meanings([person(place) for place in range(10)]) == {
        "qq.n": "id_number", "qq.a": "age", "qq.s": "gender", "qq.b": "birthday", "qq.w": "name",
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_by_chance_nothing_is_found(seed: int) -> None:
    draw = random.Random(seed)
    drawn = []
    for place in range(10):
        by_chance = {"qq.a": draw.randint(0, 99), "qq.s": draw.choice(["kyllä", "ei"])}
        by_chance |= {"qq.b": f"19{draw.randint(50, 99)}.01.01", "qq.w": draw.choice(["pohjoinen", "itäinen", "piha"])}
        drawn.append(person(place) | by_chance)
    assert not {"gender", "age", "birthday", "name"} & set(meanings(drawn).values())


def test_numbers_of_no_province_are_somebodys_where_sex_or_age_stand_beside() -> None:
    persons = [person(place) for place in range(10)]
    for one in persons:
        bare = "99" + one["qq.n"][2:17]
        one["qq.n"] = bare + "10X98765432"[sum(int(d) * w for d, w in zip(bare, WEIGHTS, strict=True)) % 11]
    assert meanings(persons)["qq.n"] == "id_number"
    assert meanings(persons)["qq.w"] == "name"
    orders = [{"qq.n": one["qq.n"], "qq.w": one["qq.w"]} for one in persons]
    assert set(meanings(orders).values()) == {""}


def test_numbers_that_their_sender_masked_teach_nothing() -> None:
    persons = [person(place) for place in range(10)]
    for one in persons[::2]:
        one["qq.n"] = f"{one['qq.n'][:6]}xxxxxxxx{one['qq.n'][14:]}"
    assert meanings(persons)["qq.n"] in {"", "id_number"}
    masked = [one | {"personIdNo": f"110105xxxxxxxx00{place}1"} for place, one in enumerate(persons)]
    assert meanings(masked)["qq.a"] in {"", "age"}


@pytest.mark.parametrize(("key", "value"), [("qq.s", "mies"), ("qq.w", "Sama Nimi"), ("qq.b", "1999.01.01")])
def test_one_value_for_all_is_nobodys(key: str, value: str) -> None:
    assert meanings([person(place) | {key: value} for place in range(10)])[key] in {"", "place"}


@pytest.mark.parametrize(
    ("key", "values"),
    [
        (
            "qq.w",
            ["fishing", "reading", "chess", "travel", "music", "cooking", "running", "cycling", "opera", "tennis"],
        ),
        ("qq.company", NAMES),
        ("qq.agentOf", NAMES),
    ],
)
def test_words_that_differ_by_person_are_no_names(key: str, values: list[str]) -> None:
    persons = [{**person(place), key: values[place]} for place in range(10)]
    for one in persons if key != "qq.w" else ():
        one.pop("qq.w")
    assert meanings(persons)[key] != "name"


def test_of_two_that_could_be_names_neither_is_told() -> None:
    twice = [person(place) | {"qq.v": f"{NAMES[place]} Junior"} for place in range(10)]
    assert {form: meaning for form, meaning in meanings(twice).items() if meaning == "name"} == {}


def test_records_of_one_message_keep_their_numbers() -> None:
    together: dict[str, Any] = {}
    for place in range(10):
        together |= {f"rows[{place}].{path}": value for path, value in person(place).items()}
    assert meanings([together]) == {
        "rows[].qq.n": "id_number", "rows[].qq.a": "age", "rows[].qq.s": "gender",
        "rows[].qq.b": "birthday", "rows[].qq.w": "name",
    }  # fmt: skip
