# One stamp target sets everything up; `make demo` and `make test` need nothing else.
PYTHON ?= python3
BIN := .venv/bin
PACKAGES := activities adapters cli dsl engines payloads store worker workflows

# Two files of tests at once, in the order of pyproject.toml: the fast ones first. A file's tests share what it
# starts, and most of the time of the slow ones is waiting.
PYTEST := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo up test nightly nightly-agents years lint bench schemas timetables lock clean

demo: .venv/.ok
	$(BIN)/kronos demo

up: .venv/.ok
	$(BIN)/kronos up

test: .venv/.ok
	$(PYTEST)

# The same with 20,000 random and mutated files, and the time that each takes.
nightly: .venv/.ok
	KRONOS_FUZZ=20000 $(PYTEST)

# Two years of a house on virtual time, a week at a time, with everything that its schedules ask for.
years: .venv/.ok
	KRONOS_WEEKS=104 $(BIN)/pytest tests/end_to_end/test_house_years.py

# The spread of the agents over ten seeds: how near the optimum, and how they do out of sample, on simulated
# prices and on real ones.
US := .kronos-nightly/us
PRICES ?= ../shared/data/skfolio_BSD3
nightly-agents: .venv/.ok
	$(BIN)/python -m benchmarks.agents 10
	$(BIN)/kronos agents evaluate --seeds 10 --data .kronos-nightly -o table
	rm -rf $(US) && mkdir -p $(US) && cp -r definitions $(US)/definitions
	cp benchmarks/us_pods/*.yaml $(US)/definitions/catalogue/
	$(BIN)/kronos data import $(PRICES) --adjusted --calendar XNYS --definitions $(US)/definitions --data $(US)/data
	$(BIN)/kronos agents evaluate --seeds 10 --definitions $(US)/definitions --data $(US)/data -o table

lint: .venv/.ok
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.ok
	$(BIN)/python -m benchmarks

# The schemas that editors check definitions with, made from the models and the definitions.
schemas: .venv/.ok
	$(BIN)/kronos definitions schema --folder definitions/.schema

# The project is installed after its locked packages, without dependencies and without
# build isolation, so that nothing arrives that the lock does not name.
.venv/.ok: requirements.lock pyproject.toml
	rm -rf .venv
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --python $(PYTHON) .venv && \
		uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock && \
		uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
		$(PYTHON) -m venv .venv && \
		$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
		$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	$(BIN)/python -m compileall -q $(PACKAGES)
	touch $@

# For maintainers: writes the sessions of every exchange anew, from exchange_calendars.
timetables: .venv/.ok
	$(BIN)/python -m tests.support.timetables

# For maintainers: writes the lock anew (all platforms, hashes, no addresses). Needs uv.
lock:
	uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
		--extra dev --upgrade pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .kronos
