# Two commands for newcomers: `make demo` and `make test`. Both need Python 3.11+, make and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo demo-stream test test-gcp lint fast long bench bench-dedup bench-scale bench-streaming bench-tagging emulator prism sample schemas lock clean

help: ## show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

$(VENV)/.run: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.run ## install, run the main job on the bundled sample, show what came out
	$(BIN)/warraq batch --config configs/local.yaml --input tests/sample/inputs --output out/demo
	$(BIN)/warraq verify out/demo
	$(BIN)/warraq inspect out/demo --limit 5 --fields source,title,tags
	@echo; echo "articles:  out/demo/articles/"; echo "report:    out/demo/report.html"

demo-stream: $(VENV)/.dev build/pubsub-fake ## feed server, poll, Pub/Sub fake, follow, a table that grows (needs Go)
	$(BIN)/python scripts/demo_stream.py

bench-streaming: $(VENV)/.dev ## print figures of streaming: an index of a million articles, what deciding costs
	$(BIN)/python tests/benchmarks/streaming.py index
	$(BIN)/python tests/benchmarks/streaming.py decide

test: $(VENV)/.dev ## install with the test extras, check style and types, run every test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not long"

fast: $(VENV)/.dev ## the tests that take seconds (unit, property, pipeline)
	$(BIN)/python -m pytest -n 2 --dist worksteal -q tests/unit tests/property tests/pipeline -m "not long"

lint: $(VENV)/.dev ## style and types only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

long: $(VENV)/.dev ## fault and scale runs that take minutes
	$(BIN)/python -m pytest -m long

test-gcp: $(VENV)/.dev ## the sample on Dataflow itself (needs WARRAQ_GCP_PROJECT, _REGION, _BUCKET; costs a few cents)
	$(BIN)/python -m pytest -m gcp tests/gcp

bench: $(VENV)/.dev ## print figures of the batch job beside a plain loop (needs the shared data)
	$(BIN)/python tests/benchmarks/batch.py

bench-dedup: $(VENV)/.dev ## print figures of deduplication: growth, hostile corpora (needs the shared data, 6 minutes, 8 GB)
	$(BIN)/python tests/benchmarks/dedup.py grow
	$(BIN)/python tests/benchmarks/dedup.py hostile

bench-scale: $(VENV)/.dev ## print the tables of docs/scale.md (needs the shared data, 20 minutes, 8 GB)
	for table in tables profile plan batch join stream; do $(BIN)/python tests/benchmarks/scale.py $$table; done

bench-tagging: $(VENV)/.dev ## print figures of tagging: each part, start, memory (needs the shared data, 5 minutes)
	$(BIN)/python tests/benchmarks/tagging.py

build/pubsub-fake: tests/pubsub_fake/main.go tests/pubsub_fake/go.mod tests/pubsub_fake/go.sum
	@mkdir -p build
	cd tests/pubsub_fake && CGO_ENABLED=0 go build -trimpath -ldflags=-s -o ../../build/pubsub-fake .
	@touch $@

build/gcs-fake: tests/gcs_fake/main.go tests/gcs_fake/go.mod tests/gcs_fake/go.sum
	@mkdir -p build
	cd tests/gcs_fake && CGO_ENABLED=0 go build -trimpath -ldflags=-s -o ../../build/gcs-fake .
	@touch $@

emulator: build/pubsub-fake build/gcs-fake ## build the fakes of Pub/Sub and Cloud Storage for tests and demos (needs Go)

build/prism: requirements.lock # which pins Beam: both must have one version
	@mkdir -p build
	GOBIN=$(CURDIR)/build CGO_ENABLED=0 go install -trimpath -ldflags=-s \
	  github.com/apache/beam/sdks/v2/go/cmd/prism@v$$(sed -n 's/^apache-beam\(\[.*\]\)\{0,1\}==\([0-9.]*\).*/\2/p' requirements.lock)
	@touch $@

prism: build/prism ## build Beam's Prism engine, to run on and for tests (needs Go, 5 minutes)

sample: $(VENV)/.run ## rebuild the bundled sample from its sources
	$(BIN)/python scripts/build_sample.py

schemas: $(VENV)/.run ## rewrite the JSON Schema of configurations
	$(BIN)/warraq check --schema > configs/config.schema.json

lock: $(VENV)/.dev ## renew the lock files (needs uv from the package index)
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --extra dataflow -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --extra dev --constraint requirements.lock -o requirements-dev.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --extra gcp --constraint requirements-dev.lock -o deploy/requirements-gcp.lock pyproject.toml

clean: ## remove what was built
	rm -rf $(VENV) out build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
