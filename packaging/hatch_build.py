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


class KernelsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Takes netaudit/_kernels into the wheel, which `make kernels` fills; not where NETAUDIT_PURE is set."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Set the tag of the wheel. An editable one uses what lies in the checkout."""
        if version == "standard":
            build_data["artifacts"] += ["netaudit/_docs/**"]
        kernels = Path(self.root) / "netaudit" / "_kernels"
        if version != "standard" or os.environ.get("NETAUDIT_PURE") or not kernels.is_dir():
            return
        minor = f"cp{sys.version_info[0]}{sys.version_info[1]}"
        build_data["pure_python"] = False
        subprocess.run([sys.executable, str(Path(self.root) / "packaging" / "build_kernels.py")], check=True)
        build_data["artifacts"] += ["netaudit/_kernels/**", "netaudit/**/kernels*.so", "netaudit/**/kernels*.pyd"]
        build_data["tag"] = f"{minor}-{minor}-{_system()}"


def _system() -> str:
    """The oldest system that numba's own wheels are for: kernels call nothing of a system but through it."""
    if sys.platform == "linux":
        return f"manylinux_2_28_{platform.machine()}"
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
