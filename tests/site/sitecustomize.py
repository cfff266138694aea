"""Loaded by each Python that a test starts: it keeps Windows' rule for files, too."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
import windows_rules

sys.path.pop()
windows_rules.keep_here()
