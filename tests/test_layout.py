"""The folders are the rooms, the map in docs/architecture.md says which may use which, and doors are the way in.

Late imports, imports for types only and imports of a module by name count like all others.
"""

from __future__ import annotations

import ast
import functools
import graphlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "netaudit"
AT_ROOT = {"__init__", "__main__", "errors"}  # __main__ is no room: it only starts the command line
BELOW = {  # what any room may stand on; they know no room themselves
    "contracts", "errors", "jit", "masking", "signatures", "storage", "system", "tables", "text",
}  # fmt: skip
STAGES = (  # taken from through doors only
    "capture", "packets", "streams", "messages", "images", "unwrapping", "identity_data", "documents", "observations",
    "endpoints", "devices", "findings", "journeys", "relays",
)  # fmt: skip
TABLES_OF = {"files", "wire", "tables", "case"}  # what doors take from that is no room of ours


def rooms(package: Path = PACKAGE) -> list[str]:
    """Folders of the package."""
    return sorted(path.name for path in package.iterdir() if path.is_dir() and path.name != "__pycache__")


def room_of(path: Path, package: Path = PACKAGE) -> str:
    """Folder that a module lies in, or its own name at the root."""
    parts = path.relative_to(package).parts
    return parts[0] if len(parts) > 1 else path.stem


@functools.cache
def imported(path: Path, package: Path = PACKAGE) -> frozenset[str]:
    """Modules of the package that a module imports, anywhere in it, as dotted names below the package."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import in line {node.lineno}"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                place = package.parent / inner.replace(".", "/")
                found.add(inner if place.is_dir() or place.with_suffix(".py").is_file() else str(node.module))
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module":
            found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    own = {name for name in found if name.split(".")[0] == "netaudit"}
    return frozenset(name.removeprefix("netaudit").lstrip(".") for name in own)


def edges(package: Path = PACKAGE) -> dict[str, set[str]]:
    """Which rooms (and modules at the root) use which."""
    graph: dict[str, set[str]] = {}
    for path in modules(package):
        own = room_of(path, package)
        used = {name.partition(".")[0] or "__init__" for name in imported(path, package)}
        graph.setdefault(own, set()).update(used - {own})
    return graph


def drawn() -> dict[str, set[str]]:
    """The map of docs/architecture.md: `room <- room room …`, a line each."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    block = re.search(r"```map\n(.*?)```", page, re.DOTALL)
    assert block, "docs/architecture.md has no map"
    lines = [line.partition("#")[0].partition("<-") for line in block[1].splitlines() if "<-" in line]
    return {room.strip(): set(used.split()) for room, _, used in lines}


def modules(package: Path = PACKAGE) -> list[Path]:
    return sorted(package.rglob("*.py"))


def test_only_three_modules_stand_at_the_root() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == AT_ROOT


def test_the_map_is_what_the_imports_say() -> None:
    found = {room: used - BELOW - {"__init__"} for room, used in edges().items() if room in rooms()}
    assert found == drawn(), "redraw the map in docs/architecture.md"


def test_there_is_no_circle() -> None:
    graph = {room: used - {"__init__"} for room, used in edges().items() if room != "__init__"}
    list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("room", sorted(BELOW))
def test_what_all_stand_on_knows_no_room(room: str) -> None:
    assert edges()[room] <= BELOW | {"__init__"}, f"{room} launders {edges()[room] - BELOW}"


def stage_modules() -> list[Path]:
    return [path for path in modules() if room_of(path) in STAGES]


@pytest.mark.parametrize("path", stage_modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_doors_take_from_other_stages(path: Path) -> None:
    own = room_of(path)
    others = {name for name in imported(path) if name.partition(".")[0] not in BELOW | {own, ""}}
    if path.name.startswith("kernels"):  # constants of the layout that a neighbour hands on are compiled in
        others = {
            name for name in others if not name.endswith(".layouts") or "layouts" not in declared(name.split(".")[0])
        }
    if not path.name.startswith("from_"):
        assert not others, f"{path} imports {others}: only a from_ door may"
        return
    source = path.stem.removeprefix("from_")
    assert source in rooms() or source in TABLES_OF, f"{path}: no room {source}"
    if source in TABLES_OF:
        assert not others, f"{path} imports {others}: tables are data"
    else:
        assert {name.partition(".")[0] for name in others} <= {source}, f"door {path.name} also imports {others}"
        undeclared = {name for name in others if name.partition(".")[2] not in declared(source)}
        assert not undeclared, f"{path} takes what {source} does not declare (OFFERS): {undeclared}"


def declared(room: str) -> set[str]:
    """Modules that a room offers to others: OFFERS in its `__init__`."""
    tree = ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "OFFERS":
            return set(ast.literal_eval(node.value))
    return set()


def test_scripts_beside_the_package_import_what_there_is() -> None:
    """They are run seldom, and some imports are late: a module that moved is missed here first."""
    scripts = [path for place in ("benchmarks", "packaging", "tests") for path in (ROOT / place).rglob("*.py")]
    gone = {
        (path.name, name)
        for path in scripts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (name := node.module or "").startswith("netaudit.")
        if not (place := ROOT / name.replace(".", "/")).is_dir() and not place.with_suffix(".py").is_file()
    }
    assert not gone


def test_a_planted_import_is_found(tmp_path: Path) -> None:
    """The test itself: a circle, a late import and one by name are all seen."""
    package = tmp_path / "netaudit"
    for name in ("packets", "streams"):
        (package / name).mkdir(parents=True)
        (package / name / "__init__.py").write_text("")
    (package / "packets" / "a.py").write_text("def f():\n    from netaudit import streams\n    return streams\n")
    (package / "streams" / "b.py").write_text("import importlib\nimportlib.import_module('netaudit.packets.a')\n")
    graph = edges(package)
    assert graph == {"packets": {"streams"}, "streams": {"packets"}}
    (package / "streams" / "c.py").write_text("from . import b\n")
    with pytest.raises(AssertionError, match="relative import"):
        edges(package)
