#!/usr/bin/env bash
# (Re)build changed kernels in place, for the tree that this script lies in.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
for place in "$root/.venv/bin/python" "$(dirname "$(git -C "$root" rev-parse --path-format=absolute --git-common-dir)")/.venv/bin/python"; do
  if [ -x "$place" ]; then python=$place; break; fi
done
exec "$python" "$root/packaging/build_kernels.py"
