"""`python -m netaudit.events.inference`: whether the words by which fields are known are sound, with their examples."""

from __future__ import annotations

import sys

from netaudit.core.signatures.field_words import meanings
from netaudit.events.inference.vocabulary import problems

if __name__ == "__main__":
    found = problems()
    sys.stdout.write("".join(f"{one}\n" for one in found) or f"{len(meanings())} meanings, all examples hold\n")
    sys.exit(bool(found))
