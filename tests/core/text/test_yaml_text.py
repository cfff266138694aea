"""YAML of others becomes plain values, or a line that says why not, before anything large is made of it."""

from __future__ import annotations

import pytest

from netaudit.core.text.yaml_text import DEEPEST, parse_yaml


def test_names_of_others_are_read() -> None:
    assert parse_yaml("a: &x {k: [1, 2]}\nb: *x\n") == {"a": {"k": [1, 2]}, "b": {"k": [1, 2]}}


def laughs(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (laughs(9), r"line 6, column \d+: stands for more than"),
        ("a: &a [*a]", r"line 1, column 8: stands for more than"),
        ("[" * 500, rf"line 1, column {DEEPEST}: deeper than {DEEPEST}"),
        ("[" * 1_000_000, "line 1"),
        ("- " * 50_000 + "x", "deeper than"),
        ("[" + "1," * 1_200_000 + "]", r"line 1, column \d+: stands for more than 1,000,000 values"),
        ("x" * (17 << 20), "characters"),
    ],
    ids=["laughs", "circle", "deep", "deeper", "deep lists", "many", "long"],
)
def test_what_would_become_too_much_is_not_made(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_yaml(text)
