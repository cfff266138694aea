"""The folders are the stages, the doors are the edges: no stage reaches into another but through a door."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "netaudit"
STAGES = sorted(
    folder.name for folder in PACKAGE.iterdir() if folder.is_dir() and folder.name not in {"cli", "live", "__pycache__"}
)
OUTSIDE = {"files", "wire", "tables", "case"}  # what doors take from that is no stage


def imported_stages(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        found |= {name.split(".")[1] for name in names if name.startswith("netaudit.") and name.split(".")[1] in STAGES}
    return found


def modules() -> list[Path]:
    return sorted(path for stage in STAGES for path in (PACKAGE / stage).rglob("*.py"))


def test_doors_make_a_graph_without_circles() -> None:
    graph: dict[str, set[str]] = {stage: set() for stage in STAGES}
    for path in modules():
        if path.name.startswith("from_"):
            source = path.stem.removeprefix("from_")
            assert source in STAGES or source in OUTSIDE, f"{path}: no stage {source}"
            if source in STAGES:
                graph[path.parent.relative_to(PACKAGE).parts[0]].add(source)
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert (
        order.index("capture")
        < order.index("packets")
        < order.index("streams")
        < order.index("messages")
        < order.index("objects")
    )


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_doors_import_other_stages(path: Path) -> None:
    stage = path.relative_to(PACKAGE).parts[0]
    others = imported_stages(path) - {stage}
    if path.name.startswith("from_"):
        source = path.stem.removeprefix("from_")
        allowed = {source} if source in STAGES else set(STAGES)
        assert others <= allowed, f"door {path.name} also imports {others - allowed}"
    else:
        assert not others, f"{path} imports {others}: only a from_ door may"
