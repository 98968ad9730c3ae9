PYTHON ?= python3
PORT ?= 8000
DATA ?= var

UV_VERSION := 0.13.9
UV := .uv/bin/uv
RUN := .venv/run
DEV := .venv/dev
COMPILE := $(UV) pip compile -q --universal --generate-hashes --no-annotate --no-header

.PHONY: run test check browser pictures bench promises install image release lock clean

run: $(RUN)/.synced
	@exec $(RUN)/bin/python manage.py up --port $(PORT) --data "$(DATA)"

test: $(DEV)/.synced
	@$(DEV)/bin/python -m tests

browser: $(DEV)/.synced
	@$(DEV)/bin/python -m tests --browser

# The pictures of docs/organizing.md, taken on the way of somebody who has never seen the workspace.
pictures: $(DEV)/.synced
	@PICTURES=1 $(DEV)/bin/python -m tests --browser tests/browser/test_newcomer.py

# Twenty minutes on a machine with nothing else to do; BENCH=quick takes three.
bench: $(DEV)/.synced
	@$(DEV)/bin/python -m benchmarks

# The promises of docs/promises.md in full, and defects that their tests must notice: most of an hour.
promises: $(DEV)/.synced
	@$(DEV)/bin/python -m tests --promises
	@$(DEV)/bin/python -m tests.promises.defects

check: $(DEV)/.synced
	@$(DEV)/bin/python -m tests.check

# What runs in production, without what only tests need.
install: $(RUN)/.synced

image:
	@version=$$($(PYTHON) config/version.py) && docker build --file deploy/Dockerfile --build-arg VERSION=$$version \
	  --tag undersigned:$$version --tag undersigned:latest .

# Refuses a tree that is changed or does not pass, and a changelog that does not tell of this version.
release:
	@$(PYTHON) deploy/release.py

lock: $(UV)
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --group dev -o requirements-dev.lock

clean:
	rm -rf .uv .venv .ruff_cache .mypy_cache .pytest_cache

# uv lives beside the environments, never inside one: an exact sync would remove it again.
$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Undersigned needs Python 3.11 or newer as '$(PYTHON)'. Set PYTHON=... to name another one."; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 \
	  || { echo "Undersigned needs pip for '$(PYTHON)'. On Debian: apt install python3-pip"; exit 1; }
	@$(PYTHON) -m pip install -q --disable-pip-version-check --root-user-action=ignore --target .uv uv==$(UV_VERSION)

$(RUN)/.synced: requirements.lock $(UV)
	@$(UV) venv -q --clear --python $(PYTHON) $(RUN)
	@$(UV) pip sync -q --compile-bytecode --require-hashes --python $(RUN)/bin/python requirements.lock
	@touch $@

$(DEV)/.synced: requirements-dev.lock $(UV)
	@$(UV) venv -q --clear --python $(PYTHON) $(DEV)
	@$(UV) pip sync -q --compile-bytecode --require-hashes --python $(DEV)/bin/python requirements-dev.lock
	@touch $@
