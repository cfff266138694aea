"""`netaudit export`: every form has its name beside the case; options go with the forms that have them."""

from __future__ import annotations

from pathlib import Path

import pytest

import netaudit
from netaudit.cli.exporting import FORMS, WRITERS, Asked, export_command
from netaudit.errors import UsageError

SMALL = Path(__file__).parents[2] / "pcaps" / "carriers" / "s3.pcapng"


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> netaudit.Case:
    return netaudit.audit(SMALL, tmp_path_factory.mktemp("exported") / "case", faces=False)


@pytest.mark.parametrize("form", [form for form in WRITERS if form != "pdf"])
def test_a_form_is_written_beside_the_case_and_not_over_another(case, form: str, capsys) -> None:
    out = Path(f"{case.folder}{WRITERS[form][0]}")
    export_command(case.folder, form, Asked(None, "en"))
    assert out.exists()
    assert capsys.readouterr().out.startswith(str(out))
    with pytest.raises(UsageError, match="exists"):
        export_command(case.folder, form, Asked(None, "en"))
    export_command(case.folder, form, Asked(None, "en", overwrite=True))


def test_the_report_is_written_in_the_case_or_elsewhere(case, tmp_path: Path) -> None:
    before = (case.folder / "report.html").read_text("utf-8")
    export_command(case.folder, "html", Asked(tmp_path / "r.html", "zh"))
    assert '<html lang="zh-CN"' in (tmp_path / "r.html").read_text("utf-8")
    assert (case.folder / "report.html").read_text("utf-8") == before
    with pytest.raises(UsageError, match="exists"):
        export_command(case.folder, "html", Asked(tmp_path / "r.html", "en"))
    (tmp_path / "r.html").rename(tmp_path / "other.html")
    with pytest.raises(UsageError, match="exists"):  # of another report
        export_command(case.folder, "html", Asked(tmp_path / "r.html", "en"))
    export_command(case.folder, "html", Asked(tmp_path / "r.html", "en", overwrite=True))
    export_command(case.folder, "html", Asked(None, "zh"))
    assert (case.folder / "report.html").read_text("utf-8") != before


@pytest.mark.parametrize(
    ("form", "more", "told"),
    [
        ("odt", {}, "say one of html, pdf"),
        ("html", {"annexes": True}, "--annexes goes with pdf"),
        ("zip", {"unmask": True}, "--unmask goes with html"),
        ("html", {"recipient": "x"}, "--for goes with --unmask"),
        ("zip", {"zone": "Asia/Shanghai"}, "--zone goes with html, pdf, docx"),
    ],
)
def test_what_does_not_go_together_is_refused(case, tmp_path: Path, form: str, more: dict, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        export_command(case.folder, form, Asked(tmp_path / "x", "en", **more))
    assert set(FORMS) == {"html", "pdf", "docx", "xlsx", "zip", "tables"}
