"""What a record says of a person, where several things were written together."""

from __future__ import annotations

import pytest

from netaudit.events.rules.reading import _part_number

NUMBER = "11010519491231002X"


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"name": f"张三,{NUMBER}"}, {"name": "张三", "id_number": NUMBER}),
        ({"name": f"{NUMBER}_李四"}, {"name": "李四", "id_number": NUMBER}),
        ({"name": NUMBER}, {"id_number": NUMBER}),
        ({"name": f"张三（{NUMBER}）", "id_number": "other"}, {"name": "张三", "id_number": "other"}),
        ({"name": "张三,110105194912310021"}, {"name": "张三,110105194912310021"}),  # its check digit is wrong
        ({"name": "张三"}, {"name": "张三"}),
        ({}, {}),
    ],
)
def test_a_number_that_stands_in_a_name_is_one(said: dict[str, str], wanted: dict[str, str]) -> None:
    _part_number(said)
    assert said == wanted
