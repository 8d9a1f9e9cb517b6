# Two commands matter to a new user: `make demo` and `make test`. The rest is for working on Pilothouse.
#
# Every target prepares its own virtual environment (tools/bootstrap.sh): `.venv`, or a private directory below $TMPDIR when the
# tree is read-only. PILOTHOUSE_VENV=DIR uses another one. Nothing is installed outside of it, except that `make test` as root
# installs the system packages of the end-to-end tests.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Proxies never see local traffic.
comma := ,
LOCAL := 127.0.0.1,localhost,::1,10.96.0.0/16,10.244.0.0/16,.svc,.cluster.local
export NO_PROXY := $(LOCAL)$(if $(NO_PROXY),$(comma)$(NO_PROXY))
export no_proxy := $(NO_PROXY)

BOOTSTRAP := sh tools/bootstrap.sh
DEMO_FLAGS := $(if $(ONCE),--once) $(if $(DEMO_DIR),--data-dir $(DEMO_DIR))
PATHS := src tests tools

.PHONY: help demo test check bench fmt e2e fuzz score soak clean reference changelog

help: ## show this list
	@grep -hE '^[a-z0-9]+:.*##' Makefile | sed -E 's/:[^#]*## /|/' | awk -F'|' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: ## take a chart in Git to a running application (ONCE=1: verify every step, then stop)
	@venv=$$($(BOOTSTRAP) run) && exec "$$venv/bin/pilothouse" demo $(DEMO_FLAGS)

test: ## install what the tests need and run all of them
	@venv=$$($(BOOTSTRAP) test) && sh tools/install_test_programs.sh "$$venv" && \
	  PATH="$$venv/bin:$$PATH" exec "$$venv/bin/python" -m pytest -m "not clients" $(ARGS)

check: ## the static gate: lint, format, types, import contracts, architecture
	@venv=$$($(BOOTSTRAP) check) && exec "$$venv/bin/python" tools/check.py $(PATHS)

bench: ## measure the figures of docs/benchmarks.md on this machine
	@venv=$$($(BOOTSTRAP) test) && sh tools/install_test_programs.sh "$$venv" && \
	  PATH="$$venv/bin:$$PATH" exec "$$venv/bin/python" -m tests.bench $(ARGS)

fmt: ## format and repair what can be repaired
	@venv=$$($(BOOTSTRAP) check) && "$$venv/bin/ruff" check --fix --quiet $(PATHS); "$$venv/bin/ruff" format $(PATHS)

e2e: ## only the tests with real programs and whole platforms, and with clients of others
	@venv=$$($(BOOTSTRAP) test) && sh tools/install_test_programs.sh "$$venv" && sh tools/install_clients.sh "$$venv" && \
	  PATH="$$venv/bin:$$PATH" exec "$$venv/bin/python" -m pytest -m e2e tests/e2e $(ARGS)

fuzz: ## more examples for the properties, schemathesis, and the chart engine under libFuzzer (FUZZ_SECONDS=600 CHART_FUZZ_SECONDS=60)
	@venv=$$($(BOOTSTRAP) fuzz) && sh tools/install_test_programs.sh "$$venv" && sh tools/install_clients.sh "$$venv" && \
	  "$$venv/bin/python" -m pytest tests/properties --hypothesis-profile=fuzz --timeout=1800 $(ARGS) && \
	  "$$venv/bin/python" -m tests.fuzz.charts && \
	  FUZZ_SECONDS=$${FUZZ_SECONDS:-600} PATH="$$venv/bin:$$PATH" exec "$$venv/bin/python" -m pytest tests/e2e/test_openapi.py $(ARGS)

score: ## the figures of correctness and durability as a table, and as build/score.json
	@venv=$$($(BOOTSTRAP) test) && sh tools/install_test_programs.sh "$$venv" && \
	  PATH="$$venv/bin:$$PATH" exec "$$venv/bin/python" -m tests.score $(ARGS)

soak: ## hours of it: kills, power cuts, a mixed load (KILLS=1000 POWER_CUTS=50000 SOAK_MINUTES=30 OBJECTS=50000 WATCHERS=1000)
	@venv=$$($(BOOTSTRAP) test) && KILLS=$${KILLS:-1000} PILOTHOUSE_POWER_CUTS=$${POWER_CUTS:-50000} \
	  "$$venv/bin/python" -m pytest -q -s tests/e2e/test_kill.py tests/unit/store/log/test_power.py $(ARGS) && \
	  SOAK_MINUTES=$${SOAK_MINUTES:-30} exec "$$venv/bin/python" -m tests.soak

reference: ## write the generated pages of docs/reference
	@venv=$$($(BOOTSTRAP) test) && exec "$$venv/bin/python" tools/generate_reference.py

changelog: ## write CHANGELOG.md from changes/
	@venv=$$($(BOOTSTRAP) run) && exec "$$venv/bin/python" tools/changelog.py

clean: ## remove what the targets above created in this tree
	@rm -rf "$$($(BOOTSTRAP) where)" dist build .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
