# The book and its checks. `make` alone lists what there is.

VENV ?= .venv
# The first Python in range, unless PYTHON names one: make book PYTHON=/path/to/python3.12
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
# Chapters to execute with `make notebooks`, for instance ONLY="intro head_only"; all of them without it.
ONLY ?=

BIN := $(VENV)/bin
READY := $(VENV)/.ready
VENDOR := assets/vendor/.ready
AXE := tests/browser/vendor/axe.min.js
PAGE := _build/html/index.html

.DEFAULT_GOAL := help
.PHONY: help setup book epub browser test contract benchmarks lab notebooks lint format lock registry clean

help:  ## list the targets
	@echo "Transfer Learning with Little Data. Targets:"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
	@echo "They need Python 3.11 to 3.13 (PYTHON=... names one) and set up $(VENV)/ by themselves."

setup: $(READY)  ## virtual environment with everything in requirements.lock

$(VENV)/.locked: requirements.lock
	@if [ -z "$(PYTHON)" ]; then \
		echo "make: no Python 3.11 to 3.13 found; install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; v = sys.version_info; \
		sys.exit(None if (3, 11) <= v[:2] <= (3, 13) else f"make: $(PYTHON) is Python {v[0]}.{v[1]}; expected 3.11 to 3.13; name another: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(READY): $(VENV)/.locked pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Not a prerequisite file of the book: where the scripts can't be had, the tool says so and the book is built without them.
$(VENDOR): package.json package-lock.json tools/vendor.py tools/node.lock assets/widgets-base.js | $(READY)
	@$(BIN)/python tools/vendor.py

book: $(READY) $(VENDOR)  ## build the book, check it and print the page's path
	@rm -rf _build/html _build/.doctrees
	$(BIN)/jupyter-book build . --all -W -n --keep-going --quiet
	@$(BIN)/python tools/reader_notebooks.py
	@$(BIN)/python tools/check_book.py
	@echo "The book: file://$(CURDIR)/$(PAGE)"

epub: $(READY)  ## the book as one file for an e-book reader
	$(BIN)/jupyter-book build . --all --keep-going --quiet --builder custom --custom-builder epub
	@echo "The book: $(CURDIR)/$$(ls _build/epub/*.epub)"

# Where these can't be had, the tests are skipped, and the last line says so.
$(VENV)/.browser: tests/browser/requirements.txt | $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/browser/requirements.txt -c requirements.txt \
		&& touch $@ || echo "make: playwright can't be installed" >&2

$(AXE): package-lock.json tools/vendor.py | $(READY)
	@$(BIN)/python tools/vendor.py --tests

browser: $(READY) $(VENV)/.browser $(AXE)  ## look at the built book (make book) in a real browser: every page, three widths, light and dark
	@$(BIN)/python -m pytest -m browser --no-header tests/browser

test: $(READY)  ## all tests, the chapters' cells included
	$(BIN)/python -m pytest --nbval --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

contract: $(READY)  ## every strategy on whole networks of every family (half an hour; the usual tests take the first blocks)
	$(BIN)/python -m pytest tests/models/whole_networks.py

# Only the timings need these. Where they can't be had, the table is printed without them and says so.
$(VENV)/.peers: benchmarks/requirements.txt requirements.txt | $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt -c requirements.txt \
		&& touch $@ || echo "make: KerasHub and PyTorch can't be installed; they are left out" >&2

benchmarks: $(READY) $(VENV)/.peers  ## time ours against other recipes (an hour; on a quiet machine; head_only needs TLBOOK_DATA_DIR)
	$(BIN)/python -m benchmarks.peers
	$(BIN)/python -m benchmarks.activation_cache
	$(BIN)/python -m benchmarks.head_only

# Copies to work in: what a reader changed there is never overwritten, and `make clean` leaves it too.
lab: $(READY)  ## open the chapters in JupyterLab, as notebooks of your own (_build/reader/)
	@$(BIN)/python tools/reader_notebooks.py
	cd _build/reader && ../../$(BIN)/jupyter lab

notebooks: $(READY)  ## execute the chapters anew from their text (ONLY="name name" for some)
	$(BIN)/python tools/notebooks.py $(ONLY)

lint: $(READY)  ## style of the code, rooms import one way; text and notebook of every chapter agree
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/python tools/notebooks.py --check
	$(BIN)/python tools/exercises.py --check

format: $(READY)  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(READY)  ## work requirements.lock out anew from requirements.txt (needs uv: pip install uv)
	uv pip compile requirements.txt --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements.lock
	uv pip compile tools/node.txt --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --output-file tools/node.lock

registry: $(READY)  ## list the checksums of what data/ ships, in data/registry.txt
	$(BIN)/python -c "from tlbook.datasets.fetch import write_registry; write_registry()"

clean:  ## remove what was built; your notebooks, the virtual environment and the fetched scripts stay
	rm -rf .pytest_cache .ruff_cache
	@if [ -d _build ]; then find _build -mindepth 1 -maxdepth 1 ! -name reader -exec rm -rf {} +; fi
