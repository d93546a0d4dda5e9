# The two commands that a newcomer needs: `make run` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run install test check bench screenshots neo4j clean

.venv/run: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch .venv/run

.venv/dev: .venv/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch .venv/dev

install: .venv/dev

run: .venv/run
	$(BIN)/xianglian start

test: .venv/dev
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/dev
	$(BIN)/python -m bench
	$(BIN)/python -m bench.neo4j
	$(BIN)/python -m bench.http
	$(BIN)/python -m bench.page

# Every view of the page as a picture; needs Chromium and a Chinese font.
screenshots: .venv/dev
	$(BIN)/python -m tests.screenshots docs/pictures

# A Neo4j with the shipped data until Ctrl-C; needs a JDK (17 or 21) and Maven.
neo4j: .venv/run
	$(BIN)/python -m tests.neo4j_server

clean:
	rm -rf .venv dist build
