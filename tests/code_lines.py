"""Count lines of code by tokens: no blank lines, comments or docstrings. `python -m tests.code_lines` prints a table."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
IGNORED = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER,
    tokenize.ENCODING,
}  # fmt: skip


def code_lines(source: str) -> int:
    """Return the number of lines that hold a token other than a comment or a docstring."""
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                docstrings.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in IGNORED:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstrings)


def by_package(folder: Path = ROOT / "netaudit") -> tuple[Counter[str], Counter[str]]:
    """Return lines of code and numbers of modules by top-level package; modules at the root count under their names."""
    lines: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.pyx")]):
        name = path.relative_to(folder).parts[0]
        source = path.read_text(encoding="utf-8")
        lines[name] += code_lines(source) if path.suffix == ".py" else cython_lines(source)
        modules[name] += 1
    return lines, modules


def cython_lines(source: str) -> int:
    """Return the number of lines that are neither blank nor comments; docstrings count, since Cython is not parsed."""
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in source.splitlines())


def main() -> None:
    """Print lines and modules by package, and of the tests."""
    lines, modules = by_package()
    for name, count in lines.most_common():
        print(f"{name:14} {count:7,} {modules[name]:4}")
    print(f"{'netaudit':14} {sum(lines.values()):7,} {sum(modules.values()):4}")
    tests, files = by_package(ROOT / "tests")
    print(f"{'tests':14} {sum(tests.values()):7,} {sum(files.values()):4}")


if __name__ == "__main__":
    main()
