"""Mutated captures and key files against opening: `python -m tests.fuzz.keyed [--minutes 10] [--seed 1]`.

Each round takes a capture of pcaps/opened or of the shared suite with its keys, changes the one, the other or both at
random, and reads it to messages. No reader may fail, and what is opened whole was sent: of a body of some length that is
called complete, the original has the same. Exit code 1 when anything was found; a seed says all of a round.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

from netaudit.errors import NetauditError
from netaudit.protocols.decryption.keylog import read_source
from tests.fuzz.run import ROOT, mutate
from tests.opened_streams import Given, Keys, read, wanted

LARGEST = 4_000_000  # bytes of a capture
LIMIT = 20.0  # seconds of a processor for one round
BODY = 512  # bytes from which on a body tells where it is from
SHARED = {
    "pcapFS__all_ciphers.pcap": "pcapFS__all_ciphers.key",
    "pcapFS__feature_test.pcap": "pcapFS__master_and_premaster.key",
    "pcapFS__tls1-aes128-cbc-file_e_large.pcap": "pcapFS__tls1-aes128-cbc-file_e_large.key",
}


def corpus() -> list[tuple[Path, Path]]:
    """Captures with their keys, in a fixed order."""
    opened = ROOT / "pcaps" / "opened"
    expected = json.loads((opened / "expected.json").read_text("utf-8"))
    found = [(opened / f"{name}.pcapng", opened / said.get("key", f"{name}.keylog")) for name, said in expected.items()]
    shared = Path(os.environ.get("NETAUDIT_CAPTURES") or ROOT.parent / "shared" / "captures")
    for path in sorted(shared.rglob("*.pcap")):
        if path.name in SHARED:
            found.append((path, shared / "keys" / SHARED[path.name]))
        elif path.with_suffix(".keylog").is_file():
            found.append((path, path.with_suffix(".keylog")))
    return sorted(pair for pair in found if pair[1].is_file() and pair[0].stat().st_size < LARGEST)


def opened_in(path: Path, log: bytes) -> set[str]:
    """Bodies that were opened and are called complete, by their hashes."""
    messages, _ = read(path, Keys(Given((read_source("keys", log),), wanted(("all",)))))
    whole = (m.body for m in messages if m.opened and m.complete and m.method in ("POST", "PUT") and not m.status)
    return {hashlib.sha256(body).hexdigest() for body in whole if len(body) >= BODY}


def round_of(seed: int, pairs: list[tuple[Path, Path]], sent: dict[Path, set[str]], target: Path) -> str:
    """What went wrong in one round, '' for nothing."""
    rng = random.Random(seed)
    path, keys = rng.choice(pairs)
    capture, log = path.read_bytes(), keys.read_bytes()
    if path not in sent:
        sent[path] = opened_in(path, log)
    what = rng.randrange(4)
    target.write_bytes(mutate(capture, rng) if what != 1 else capture)
    began = time.process_time()
    try:
        strange = opened_in(target, mutate(log, rng) if what in (1, 2) else log) - sent[path]
    except NetauditError:
        strange = set()
    except Exception:
        return f"{path.name}: {traceback.format_exc()}"
    if strange:
        return f"{path.name}: opened what nobody sent"
    took = time.process_time() - began
    return f"{path.name}: {took:.0f} s" if took > LIMIT else ""


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    pairs, sent, found, seed = corpus(), {}, 0, arguments.seed
    end = time.monotonic() + 60 * arguments.minutes
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            problem = round_of(seed, pairs, sent, Path(folder) / "mutated.pcap")
            if problem:
                found += 1
                print(f"seed {seed}: {problem}", flush=True)
            seed += 1
    print(f"{seed - arguments.seed} rounds from seed {arguments.seed} over {len(pairs)} captures, {found} problems")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
