# What people and machines do with this project. Needs Python 3.11 and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
FONTS := frontend/fonts_built

.PHONY: install run test check format bench torture vandals lock fonts screenshots pictures clean

install: $(INSTALLED)

# Every package at the version of the lock, checked by its hash; then the project itself.
$(INSTALLED): requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "realmchat needs Python 3.11 or newer; make PYTHON=python3.11 names one")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

run: install $(FONTS)
	$(BIN)/realmchat up

# Most tests wait for others half of their time, so that there are more of them than cores.
WORKERS ?= 3

test: install
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install
	$(BIN)/python -m benchmarks

# Real servers, faults, and people who send all the while; for hours:
# make torture TORTURE='--messages 1000000 --faults 500 --minutes 60'
torture: install
	$(BIN)/python -m tests.torture $(TORTURE)

# A minute of noise, floods and sudden ends at the listeners of text lines.
vandals: install
	$(BIN)/python -m tests.realm_lines.vandals $(VANDALS)

# Renews both locks from pyproject.toml; CONTRIBUTING.md says when.
lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --upgrade $(LOCK_FORM) --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --constraint requirements.lock $(LOCK_FORM) --output-file requirements-dev.lock

# The window's fonts for emoji, Chinese, Arabic and other scripts, from Debian's packages
# fonts-noto-core, -mono, -color-emoji and -cjk; without them it shows boxes there, and says so.
# Two seconds, before the first run; `make fonts` once more when they have been installed since.
fonts: install
	$(BIN)/python -m frontend.fonts

$(FONTS): $(INSTALLED)
	$(BIN)/python -m frontend.fonts

# What people see at the end of each test of the window, and the README's pictures; needs Chromium.
screenshots: pictures
	mkdir -p build/screenshots
	REALMCHAT_SCREENSHOTS=build/screenshots $(BIN)/python -m pytest tests/window

# The README's two alone.
pictures: install $(FONTS)
	$(BIN)/python -m tests.window.readme_pictures

LOCK_FORM := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links

clean:
	rm -rf $(VENV) $(FONTS) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
