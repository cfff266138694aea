#!/bin/sh
# Installs netaudit from this folder alone, into a folder "netaudit-program" in your home, or the one you name.
# Needs no pip and no venv package of the system: pip lies in this folder, and is checked like every other file.
set -e
here=$(cd "$(dirname "$0")" && pwd)
place=${1:-$HOME/netaudit-program}
python=${PYTHON:-python@PYTHON@}
pip="$here/@PIP@"
command -v "$python" >/dev/null || { echo "Python @PYTHON@ is needed / 需要 Python @PYTHON@"; exit 1; }
sum=$("$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$pip")
[ "$sum" = "@PIP_HASH@" ] || { echo "@PIP@: not as it was packed / 与打包时不符"; exit 1; }
"$python" -m venv --without-pip "$place"
"$place/bin/python" "$pip/pip" install -q --disable-pip-version-check --no-index --no-deps --require-hashes \
    --find-links "$here/wheels" -r "$here/lock.txt"
"$place/bin/netaudit" doctor || true
echo "Run / 运行: $place/bin/netaudit"
