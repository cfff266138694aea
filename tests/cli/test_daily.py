"""The options of an appliance: what goes with what, and that a file of settings may hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from netaudit.cli import living as commands
from netaudit.cli.app import app
from netaudit.cli.exits import Exit
from netaudit.cli.living import daily_command, followed_folder
from netaudit.errors import UsageError
from netaudit.pipeline.live.settings import LiveSettings

if TYPE_CHECKING:
    from pathlib import Path


def options(**more: object) -> dict[str, object]:
    return {"keys": None, "lang": "en", "zone": None, "signatures": None} | more


@pytest.mark.parametrize("given", [["--case-size", "1GiB"], ["--private-days", "3"], ["--alarm", "a.jsonl"]])
def test_what_only_an_appliance_has_goes_with_daily(given: list[str]) -> None:
    told = CliRunner().invoke(app, ["live", "lo", *given])
    assert told.exit_code == 2
    assert "goes with --daily" in told.output


@pytest.mark.parametrize(
    ("settings", "more"),
    [({"duration": 5.0}, {}), ({"record_only": True}, {}), ({}, {"keys": object()})],
)
def test_an_appliance_neither_ends_nor_opens(
    tmp_path: Path, settings: dict[str, object], more: dict[str, object]
) -> None:
    with pytest.raises(UsageError, match="goes on until it is stopped"):
        daily_command(
            LiveSettings("lo", **settings), tmp_path, options(**more), case_size=None, private_days=None, alarm=None, certain=""
        )  # fmt: skip


def test_a_folder_is_followed_where_no_interface_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert followed_folder(str(tmp_path)) == tmp_path
    assert followed_folder(str(tmp_path / "none")) is None
    monkeypatch.setattr("netaudit.capture.adapters.interface_known", lambda _: True)
    assert followed_folder(str(tmp_path)) is None


def test_a_file_of_settings_holds_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And plain live runs go on as before with such a file."""
    told: list[dict[str, object]] = []

    def ran(settings: LiveSettings, root: Path, given: dict[str, object], **more: object) -> Exit:
        told.append({"ring": settings.ring, "root": root, "zone": given["zone"]} | more)
        return Exit.AUDITED

    monkeypatch.setattr(commands, "daily_command", ran)
    (tmp_path / "netaudit.toml").write_text(
        'daily = true\nring = "80GiB"\nprivate_days = 30\nalarm = "syslog"\ncase_size = "2GiB"\nzone = "Asia/Shanghai"\n'
    )
    ended = CliRunner().invoke(
        app, ["--config", str(tmp_path / "netaudit.toml"), "live", "lo", "--case", str(tmp_path)]
    )
    assert ended.exit_code == 0, ended.output
    assert told == [
        {"ring": 80 << 30, "root": tmp_path, "zone": "Asia/Shanghai", "case_size": 2 << 30, "private_days": 30,
         "alarm": "syslog", "certain": ""}
    ]  # fmt: skip
    (tmp_path / "netaudit.toml").write_text('daily = "yes"\n')
    ended = CliRunner().invoke(app, ["--config", str(tmp_path / "netaudit.toml"), "live", "lo"])
    assert "true or false" in str(ended.exception)
