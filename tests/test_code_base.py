"""The size of the code base and its imports stay within what this release reached."""

from __future__ import annotations

import ast

from tests.code_lines import ROOT, by_package, code_lines

MOST_LINES, MOST_MODULES, MOST_PACKAGES, MOST_TEST_LINES = 85_900, 851, 19, 58_000
"""Reached on the way to 60,000 lines, 500 modules, 16 packages and 50,000 lines of tests: lower them, never raise them."""


def test_only_lines_with_code_count() -> None:
    source = (
        '"""Text."""\n\n# why\nx = 1  # what\n\n\ndef f():\n    """Do\n    it."""\n    return (\n        x\n    )\n'
    )
    assert code_lines(source) == 5


def test_sizes_stay_within_their_limits() -> None:
    lines, modules = by_package()
    tests, _ = by_package(ROOT / "tests")
    packages = [path for path in (ROOT / "netaudit").iterdir() if (path / "__init__.py").is_file()]
    assert sum(lines.values()) <= MOST_LINES
    assert sum(modules.values()) <= MOST_MODULES
    assert len(packages) <= MOST_PACKAGES
    assert sum(tests.values()) <= MOST_TEST_LINES


def test_scripts_import_modules_that_exist() -> None:
    """Scripts run seldom and some imports are late, so a renamed module would be missed here first."""

    def exists(name: str) -> bool:
        place = ROOT / name.replace(".", "/")
        return place.is_dir() or any(place.with_suffix(ending).is_file() for ending in (".py", ".pyx"))

    scripts = [path for place in ("benchmarks", "packaging", "pcaps", "tests") for path in (ROOT / place).rglob("*.py")]
    missing = {
        (str(path.relative_to(ROOT)), name)
        for path in scripts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (name := node.module or "").startswith(("netaudit.", "tests."))
        if not exists(name)
    }
    assert not missing
