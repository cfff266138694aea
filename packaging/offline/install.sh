#!/bin/sh
# Installs netaudit from this folder alone, into a folder "netaudit-program" in your home, or the one you name.
set -e
here=$(cd "$(dirname "$0")" && pwd)
place=${1:-$HOME/netaudit-program}
python=${PYTHON:-python@PYTHON@}
command -v "$python" >/dev/null || { echo "Python @PYTHON@ is needed / 需要 Python @PYTHON@"; exit 1; }
"$python" -m venv "$place"
"$place/bin/python" -m pip install -q --disable-pip-version-check --no-index --no-deps --require-hashes \
    --find-links "$here/wheels" -r "$here/lock.txt"
"$place/bin/netaudit" doctor || true
echo "Run / 运行: $place/bin/netaudit"
