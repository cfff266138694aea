"""Settings of a file: which one holds, what it sets, what it must not be."""

from __future__ import annotations

import hashlib
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from netaudit.cli import settings
from netaudit.cli.app import app
from netaudit.cli.settings import SETTINGS, find, read
from netaudit.errors import UsageError
from netaudit.evidence.case.writing import beside

TEXT = """
site = "Office 7"
zone = "Asia/Shanghai"
language = "zh"
officers = ["One", "Two"]
inside = "10.0.0.0/8"
signatures = "mine"
tls_keys = ["a.keys"]
keys_for = ["all"]
authority = "file 17"
sign_key = "key.pem"
workers = 2
cases = "cases"
"""


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    found = [tmp_path / "here" / "netaudit.toml", tmp_path / "own" / "netaudit.toml"]
    for path in found:
        path.parent.mkdir()
    monkeypatch.setattr(settings, "places", lambda: found)
    monkeypatch.setattr("netaudit.core.system.user_folders.nobody_else_writes", lambda path: True)
    monkeypatch.delenv("NETAUDIT_CONFIG", raising=False)
    return found


def test_a_user_without_a_home_has_the_settings_that_lie_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(*_: object, **__: object) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr("platformdirs.user_config_path", no_home)
    assert settings.places() == [Path(settings.NAME)]


def test_the_first_place_holds(places: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find() is None
    for number, path in reversed(list(enumerate(places))):
        path.write_text(f'site = "{number}"')
        assert read(find()).values == {"site": str(number)}
    named = tmp_path / "named.toml"
    named.write_text('site = "named"')
    monkeypatch.setenv("NETAUDIT_CONFIG", str(named))
    assert find() == named
    assert find(places[1]) == places[1]


def test_a_file_that_others_may_change_is_not_taken(places: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    places[0].write_text("")
    monkeypatch.setattr("netaudit.core.system.user_folders.nobody_else_writes", lambda path: False)
    with pytest.raises(UsageError, match="another user"):
        find()
    assert find(places[0]) == places[0]


def test_settings_become_defaults_of_the_options_that_mean_them(tmp_path: Path) -> None:
    import typer

    path = tmp_path / "s.toml"
    path.write_text(TEXT, "utf-8")
    said = read(path)
    given = said.defaults(typer.main.get_command(app))
    assert given["audit"]["site"] == "Office 7"
    assert given["audit"]["inside"] == ["10.0.0.0/8"]
    assert given["audit"]["signatures_folder"] == str(tmp_path / "mine")
    assert given["audit"]["tls_keys"] == [str(tmp_path / "a.keys")]
    assert given["audit"]["authority"] == "file 17"
    assert given["export"] == {"zone": "Asia/Shanghai"}
    assert given["sign"] == {"key": str(tmp_path / "key.pem")}  # no authority: those are certificates there
    assert given["campaign"]["show"] == {}
    assert beside(["x/a.pcapng.gz"], said.cases) == tmp_path / "cases" / "a-case"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sight = 1", "no such setting: sight"),
        ("site = 1", "site has to be a text"),
        ('workers = "2"', "workers has to be a number"),
        ("workers = true", "workers has to be a number"),
        ('language = "de"', "zh or en"),
        ('zone = "../etc/passwd"', "no such time zone"),
        ("inside = [1]", "a text, or a list of such"),
        ("= x", "cannot be read as settings"),
    ],
)
def test_what_is_wrong_is_named(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=told):
        read(path)


def test_every_setting_means_an_option() -> None:
    import typer

    names = {param.name for one in typer.main.get_command(app).commands.values() for param in one.params}
    held = {"cases", "language", "officers"}  # taken where they are needed, without an option of a command
    for key, one in SETTINGS.items():
        assert key in held or names & set(one.params), key


def test_the_command_line_comes_before_settings(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text('language = "zh"')
    run = CliRunner().invoke
    zh = run(app, ["--config", str(path), "live"])
    en = run(app, ["--config", str(path), "live", "--lang", "en"])
    assert zh.output != en.output


@pytest.mark.parametrize(
    ("capture", "folder"),
    [
        ("a/office.pcapng", "a/office-case"), ("office.PCAP.GZ", "office-case"), ("captures/", "captures-case"),
        ("a.b.cap", "a.b-case"), (".pcap", "capture-case"),
    ],
)  # fmt: skip
def test_a_case_lies_beside_its_first_capture(capture: str, folder: str) -> None:
    assert beside([capture, "other"]) == Path(folder)


def test_a_pipe_gets_a_case_here() -> None:
    assert beside(["-"]).parent == Path()


def test_an_audit_that_goes_on_does_not_take_settings_for_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.toml"
    path.write_text('site = "Office"\nzone = "Asia/Shanghai"\ninside = "10.0.0.0/8"\nworkers = 2')
    given: dict[str, object] = {}
    monkeypatch.setattr("netaudit.cli.auditing.resume_command", lambda _, options, **__: given.update(options) or 0)
    run = CliRunner().invoke
    assert run(app, ["--config", str(path), "audit", "--resume", "x"]).exit_code == 0
    assert (given["site"], given["zone"], given["inside"], given["workers"]) == (None, None, (), 2)
    assert run(app, ["--config", str(path), "audit", "--resume", "x", "--site", "Office"]).exit_code == 0
    assert given["site"] == "Office"


@pytest.mark.parametrize("named", [True, False])
def test_settings_that_were_found_here_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool) -> None:
    """A folder of evidence may bring a file of settings along, which says what is inside, say."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("netaudit.core.system.user_folders.nobody_else_writes", lambda path: True)
    monkeypatch.delenv("NETAUDIT_CONFIG", raising=False)
    (tmp_path / "netaudit.toml").write_text('inside = "0.0.0.0/0"')
    words = ["--config", str(tmp_path / "netaudit.toml")] if named else []
    done = CliRunner().invoke(app, [*words, "show", "nothing"])
    assert (str(tmp_path / "netaudit.toml") in done.stderr and "inside" in done.stderr) != named


def test_settings_that_took_part_are_named_in_run_and_report(tmp_path, monkeypatch):
    capture = Path(__file__).parents[2] / "pcaps" / "carriers" / "s3.pcapng"
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NETAUDIT_CONFIG", raising=False)
    Path("netaudit.toml").write_text('inside = ["47.96.0.0/16"]\nsite = "A"\nofficers = ["B"]\n')
    Path("netaudit.toml").chmod(0o600)
    ran = CliRunner().invoke(
        app, ["audit", str(capture), "--case", "case", "--no-faces", "--site", "C", "--lang", "en"]
    )
    assert ran.exit_code in (0, 3, 5), ran.output
    told = orjson.loads(Path("case/run.json").read_bytes())["settings"]
    digest = hashlib.sha256(Path("netaudit.toml").read_bytes()).hexdigest()
    assert told == {"name": "netaudit.toml", "of": "project", "sha256": digest, "options": ["inside"]}
    assert f"netaudit.toml (of: project), which gave inside; SHA-256 {digest}" in Path("case/report.html").read_text()
    monkeypatch.setenv("NETAUDIT_CONFIG", str(tmp_path / "netaudit.toml"))
    CliRunner().invoke(app, ["audit", str(capture), "--case", "other", "--no-faces", "--lang", "en"])
    told = orjson.loads(Path("other/run.json").read_bytes())["settings"]
    assert (told["of"], told["options"]) == ("environment", ["inside", "site"])
