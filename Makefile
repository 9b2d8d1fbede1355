# Placard: `make help` lists what there is to make.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Tools are built from the versions in tools/go.mod, plugins of protoc from go.mod.
BUF = go tool -modfile=tools/go.mod buf
GOLANGCI_LINT = go tool -modfile=tools/go.mod golangci-lint
REDOCLY = REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true npx --yes @redocly/cli@2.77.0

IMAGE = build/.contract/image.binpb

# The race detector needs a C compiler.
RACE = $(shell test "$$(go env CGO_ENABLED)" = 1 && command -v $$(go env CC) >/dev/null && echo -race)

# The databases of the tests lie in memory where there is room, and programs may be
# run from there: they do not have to outlive the machine.
IN_MEMORY = $(shell awk '$$2 == "/dev/shm" && $$4 !~ /noexec/' /proc/mounts 2>/dev/null | grep -q . && \
	test "$$(df --output=avail /dev/shm | tail -n 1)" -gt 6000000 && echo TMPDIR=/dev/shm)

# What `make test` runs: make test PKG=./internal/delegation/... ARGS='-run Submit -v'
PKG = ./...
ARGS =

.PHONY: help
help: ## Lists the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 20

.PHONY: generate
generate: generate-contract generate-tables ## Generates all code from the contract and the tables.

.PHONY: image
image:
	@go run ./internal/tool/protoimage -o $(IMAGE)

# buf writes into build/ first: there it may empty the folder, so that nothing
# stays of a .proto file that is gone. The dot keeps Go from seeing packages there.
.PHONY: generate-contract
generate-contract: image ## Generates Go code and OpenAPI from api/.
	$(BUF) generate
	@find api \( -name '*.pb.go' -o -name '*.pb.gw.go' \) -delete
	@cp -R build/.contract/go/. api/
	go run ./internal/tool/openapi -image $(IMAGE) -in build/.contract/openapi -o api/openapi/openapi.json

.PHONY: generate-tables
generate-tables: ## Generates ent/db from ent/schema.
	@if [ -f ent/generate.go ]; then echo 'go generate ./ent'; go generate ./ent; fi

.PHONY: format
format: ## Formats Go and .proto files in place.
	gofmt -w .
	$(BUF) format -w

.PHONY: lint
lint: lint-format lint-contract lint-go ## Checks formats, the contract and the Go code.

.PHONY: lint-format
lint-format:
	@unformatted=$$(gofmt -l .); \
	if [ -n "$$unformatted" ]; then echo "not in gofmt's form (make format):"; echo "$$unformatted"; exit 1; fi
	$(BUF) format --diff --exit-code

.PHONY: lint-contract
lint-contract: image
	$(BUF) lint $(IMAGE)

.PHONY: lint-go
lint-go:
	$(GOLANGCI_LINT) run ./...

.PHONY: lint-openapi
lint-openapi: ## Checks the OpenAPI description (needs Node).
	$(REDOCLY) lint api/openapi/openapi.json

# api/BASELINE holds the commit that the contract must stay compatible with.
.PHONY: breaking
breaking: image ## Compares the contract with the commit in api/BASELINE.
	@if [ ! -f api/BASELINE ]; then \
		echo 'api/BASELINE does not exist: the contract is not compared with an earlier one'; \
	else \
		go run ./internal/tool/protoimage -rev "$$(tr -d '[:space:]' < api/BASELINE)" -o build/.contract/baseline.binpb; \
		echo '$(BUF) breaking'; \
		$(BUF) breaking $(IMAGE) --against build/.contract/baseline.binpb; \
	fi

.PHONY: setup
setup: ## Installs what the tests need and the machine lacks.
	@scripts/setup

.PHONY: test
test: setup ## Runs the tests on SQLite and PostgreSQL (PKG=..., ARGS=...).
	$(IN_MEMORY) scripts/with-postgres go test $(RACE) -timeout 30m $(ARGS) $(PKG)
	$(if $(RACE),$(if $(filter ./...,$(PKG)),scripts/with-postgres go test -timeout 30m $(ARGS) -run '^TestPlans$$' ./internal/app))

# The pages in a browser. Needs Node and Chromium (CHROMIUM=..., else
# /usr/bin/chromium); leaves pictures of them in build/browser.
.PHONY: test-browser
test-browser: build ## Drives the pages in a browser (needs Node and Chromium).
	npm --prefix internal/web/browser ci --no-audit --no-fund --ignore-scripts
	cd internal/web/browser && PLACARD="$(CURDIR)/build/placard" npm test

.PHONY: bench
bench: setup ## Measures Placard beside hand-written servers (ARGS=..., see bench/README.md).
	scripts/with-postgres go -C bench run . $(ARGS)

.PHONY: build
build: ## Builds the static binary build/placard.
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o build/placard ./cmd/placard
