"""Wheels that hold compiled kernels say for which Python and system; without them a wheel is for all.

The documentation goes into both, where `make docs` has built it.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")


class KernelsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles the kernels next to their sources and takes them into the wheel; not where NETAUDIT_PURE is set."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, and tag the wheel with this system where there was a compiler. An editable one uses the checkout."""
        if version == "standard":
            build_data["artifacts"] += ["netaudit/_docs/**"]
        if os.environ.get("NETAUDIT_PURE"):
            return
        root = Path(self.root)
        build = [sys.executable, str(root / "packaging" / "build_kernels.py")]
        if subprocess.run(build, check=False).returncode or version != "standard":
            return
        minor = f"cp{sys.version_info[0]}{sys.version_info[1]}"
        build_data["pure_python"] = False
        build_data["artifacts"] += ["netaudit/_kernels/**", f"netaudit/**/kernels*{SUFFIX}"]
        build_data["tag"] = f"{minor}-{minor}-{_system()}"


def _system() -> str:
    """The oldest system that numba's own wheels are for: kernels call nothing of a system but through it."""
    if sys.platform == "linux":
        return f"manylinux_2_28_{platform.machine()}"
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
