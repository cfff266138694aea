"""Names of parts as senders write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.content.mime import name_of, parameter, words


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("attachment; filename=a.jpg", "a.jpg"),
        ("attachment; filename*=UTF-8''%E4%BA%BA.jpg", "人.jpg"),
        ("attachment; filename*0*=utf-8''%E4%BA; filename*1*=%BA; filename*2=\" 5%25.jpg\"", "人 5%25.jpg"),
        ('attachment; filename*0="long"; filename*1="er.jpg"', "longer.jpg"),
        ('attachment; filename="=?gb2312?B?yMvBsw==?=.jpg"', "人脸.jpg"),
        ('attachment; filename="=?nonsense?B?!!?="', "=?nonsense?B?!!?="),
    ],
)  # fmt: skip
def test_names(value, name):
    assert name_of({"content-disposition": value})[1] == name


@settings(max_examples=100, deadline=None)
@given(st.text("=?BQgb2312utf8'*;\"% \\\n", max_size=60))
def test_any_text(text):
    assert isinstance(words(text), str)
    assert isinstance(parameter(f"x; filename*0*={text}", "filename"), str)
