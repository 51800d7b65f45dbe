# The menu. `make demo` and `make test` need python3, python3-venv and make, nothing else.
VENV := .venv
PY := $(VENV)/bin/python
STAMP := .make
.DEFAULT_GOAL := help

.PHONY: help setup demo test test-web test-kill test-long bench bench-labels bench-stories bench-crossing check format lock clean

help: ## Show this menu
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(STAMP)/installed: requirements/dev.lock pyproject.toml hatch_build.py
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@mkdir -p $(STAMP) && touch $@

setup: $(STAMP)/installed ## Install everything and build the web interface
	@$(PY) tools/build_ui.py

demo: setup ## A simulated company, the platform, and the web page
	$(VENV)/bin/fanlight demo

check: $(STAMP)/installed ## Lint, types, import contract
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

test: setup check ## Unit and HTTP tests
	$(PY) -m pytest -q -n 2 --dist loadfile -m "not web and not long"

test-web: setup ## Browser tests (needs Chromium)
	$(PY) -m pytest -q -m web tests/web

test-kill: setup ## Five kills -9 at random instants
	$(PY) -m pytest -q -m long tests/long/test_kills.py --kills 5

test-long: setup ## Kills, size M, seeds, fuzz
	$(PY) -m pytest -q -m long tests/long

bench-stories: setup ## Nine stories found, nine twins silent, on seeds drawn now
	$(PY) benchmarks/stories.py --seeds 3

bench-crossing: setup ## Stories that only several sources tell, and their twins, on seeds drawn now
	$(PY) benchmarks/crossing.py --seeds 3

bench-labels: setup ## Labels beside other engines, same documents (installs those outside the repository)
	$(PY) benchmarks/labels.py peers --write

bench: setup ## Every figure in the documents
	$(PY) benchmarks/run.py

format: $(STAMP)/installed ## Format and fix
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

lock: $(STAMP)/installed ## Pin dependencies again, with hashes and without addresses
	$(PY) tools/lock.py

clean:
	rm -rf $(VENV) $(STAMP) dist build
