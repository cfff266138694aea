"""The manual page and completions that the wheel carries are those of the command line as it is."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

MANUAL = Path(__file__).parents[2] / "packaging" / "manual.py"


def load():
    spec = importlib.util.spec_from_file_location("netaudit_manual", MANUAL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_they_are_current() -> None:
    for path, text in load().files().items():
        assert path.read_text("utf-8") == text, f"{path.name}: run packaging/manual.py"


def test_every_command_is_in_both_manuals() -> None:
    module = load()
    pages = [module.manual(lang) for lang in ("en", "zh")]
    for page in pages:
        for command in ("audit", "live", "decide", "campaign run", "docs"):
            assert f".SS netaudit {command}" in page
        assert "\n130" not in page
        assert "\\fB130\\fR" in page
    assert pages[0].count(".SS") == pages[1].count(".SS")
    assert pages[0].count(".TP") == pages[1].count(".TP")


@pytest.mark.parametrize(("typed", "told"), [("netaudit br", "browse"), ("netaudit audit --proj", "--project-key")])
def test_a_shell_is_told_how_to_complete(typed: str, told: str) -> None:
    words = typed.split()
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv[0] = 'netaudit'; from netaudit.cli import main; main()"],
        env=os.environ | {"_NETAUDIT_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told in done.stdout
