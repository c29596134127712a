# MedCore: `make run` shows it, `make test` checks it, `make help` lists the rest.
# Needs git, make and Python 3.11 or newer with venv; everything else goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UPGRADE ?=

REQUIREMENTS := $(VENV)/.requirements
REQUIREMENTS_DEV := $(VENV)/.requirements-dev
PACKAGE := $(VENV)/.package
CHROMIUM := $(VENV)/.chromium
UV := $(VENV)/.uv
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
# uv unpacks several packages at once; where it does not get at them as pip has been told to, pip does it.
PINNED = $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement $(1) 2> /dev/null \
	|| $(INSTALL) --require-hashes --requirement $(1)
VIEWER := $(BIN)/python assets/viewer/build.py
VIEWER_FILES := viewer.js viewer.js.gz licenses.txt inputs.sha256
OUT_OF_REACH := 75 # what $(VIEWER) ends with where there is no Node or no registry
PROCESSES = $(shell $(BIN)/python -c "import os; print(min(os.cpu_count() + 1, 4))") # they wait half of their time
VERSION = $(shell $(BIN)/python -c "import medcore; print(medcore.__version__)")
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock" $(UPGRADE)

# What is imported is compiled once and kept: the tests start hundreds of processes.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help run test check viewer lock bench prove dist clean
.DELETE_ON_ERROR:

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(PACKAGE) ## install, add the demonstration studies, serve on http://127.0.0.1:8501
	@$(VIEWER) || true
	@$(BIN)/medcore demo
	@$(BIN)/streamlit run app.py

test: $(PACKAGE) $(REQUIREMENTS_DEV) $(CHROMIUM) ## run every test, those in a real browser too
	@$(VIEWER) && $(VIEWER) npm test || [ "$$CI" != true -a $$? = $(OUT_OF_REACH) ]
	@$(BIN)/python -m pytest --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder

check: $(PACKAGE) $(REQUIREMENTS_DEV) ## lint, check the format and the types, look for unsafe code
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive app.py medcore pages
	@$(VIEWER) npm run check

viewer: $(PACKAGE) ## build the viewer, as run and test do; needs npm's registry
	@$(VIEWER)

lock: $(REQUIREMENTS_DEV) ## pin what pyproject.toml asks for, with hashes (UPGRADE=--upgrade for newer versions)
	@$(COMPILE) pyproject.toml --output-file requirements.txt
	@$(COMPILE) pyproject.toml --group dev --constraint requirements.txt --output-file requirements-dev.txt

bench: $(PACKAGE) $(REQUIREMENTS_DEV) $(CHROMIUM) ## measure each stage and the share of this machine's own limit
	@$(BIN)/python -m tests.bench

prove: $(PACKAGE) $(REQUIREMENTS_DEV) $(CHROMIUM) ## prove the loop from labels to a live model on the real films (half an hour); logs what it found
	@$(VIEWER)
	@bash -o pipefail -c '$(BIN)/python -m tests.prove | tee tests/prove.log'

# An unpacked archive takes no Node and no registry: the bundle in it is built from the same sources.
dist: viewer ## pack dist/medcore-VERSION.tar.gz with the viewer built, for places that npm's registry does not reach
	@test -z "`git status --porcelain --untracked-files=no``git status --porcelain assets/viewer`" || { echo "Commit first: the archive is made of what is committed, and the viewer of what is here."; exit 1; }
	@mkdir -p dist
	@git archive --format=tar.gz --output=dist/medcore-$(VERSION).tar.gz --prefix=medcore-$(VERSION)/assets/viewer/dist/ \
		$(VIEWER_FILES:%=--add-file=assets/viewer/dist/%) --prefix=medcore-$(VERSION)/ HEAD
	@echo "Packed dist/medcore-$(VERSION).tar.gz"

clean: ## remove the virtual environment, caches and the built viewer; the library stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache *.egg-info assets/viewer/node_modules assets/viewer/.build-*
	[ ! -e .git ] || rm -rf assets/viewer/dist # an archive's own could not be built again out of npm's reach

$(BIN)/python:
	@command -v $(PYTHON) > /dev/null || { echo "MedCore needs Python 3.11 or newer. There is no $(PYTHON) here: install it, or name another, as in: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "MedCore needs Python 3.11 or newer, and $(PYTHON) is `$(PYTHON) --version`. Name a newer one, as in: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv is missing. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(UV): requirements-dev.txt | $(BIN)/python
	@awk '/^uv==/ { on = 1 } on { print } on && !/\\$$/ { exit }' $< > $@.new
	@$(INSTALL) --require-hashes --requirement $@.new
	@mv $@.new $@

$(REQUIREMENTS): requirements.txt | $(UV)
	@echo "Installing what requirements.txt pins (minutes, the first time)"
	@$(call PINNED,$<)
	@touch $@

$(REQUIREMENTS_DEV): requirements-dev.txt $(REQUIREMENTS)
	@$(call PINNED,$<)
	@touch $@

$(PACKAGE): pyproject.toml $(REQUIREMENTS)
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# Debian's Chromium by apt where that asks no password; Playwright's own elsewhere.
$(CHROMIUM): $(REQUIREMENTS_DEV)
	@if [ ! -x /usr/bin/chromium ]; then \
		sudo=; [ "`id -u`" = 0 ] || sudo="sudo -n"; \
		if command -v apt-get > /dev/null && $$sudo true 2> /dev/null; then \
			{ $$sudo apt-get -qq update && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends chromium > /dev/null; } \
				|| $(BIN)/playwright install --with-deps chromium; \
		else \
			$(BIN)/playwright install chromium; \
		fi; \
	fi
	@touch $@
