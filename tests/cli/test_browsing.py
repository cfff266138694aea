"""`netaudit browse` without its extra, and without a case."""

import importlib.util

import pytest

from netaudit.cli.app import asked_for
from netaudit.cli.browsing import browse_command
from netaudit.errors import UsageError


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_missing_extra_names_its_remedy(missing, lang, tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    with pytest.raises(UsageError, match=r"python -m pip install starlette uvicorn"):
        browse_command([tmp_path], [], None, asked_for, show=False, lang=lang)


def test_a_folder_without_a_case_is_refused(tmp_path):
    pytest.importorskip("uvicorn")
    with pytest.raises(UsageError, match="no case is in it"):
        browse_command([tmp_path], [], None, asked_for, show=False, lang="en")
