# Huiying. `make run` shows a live system, `make test` checks everything.
SHELL := /bin/bash
BIN := bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
LINT_VERSION := v2.15.0
LINT := $(BIN)/golangci-lint-$(LINT_VERSION)

.PHONY: run build test unit lint fmt bench train docs clean

run: build
	$(BIN)/huiying demo $(ARGS)

build:
	go build -ldflags '$(LDFLAGS)' -o $(BIN)/huiying ./cmd/huiying

# Everything CI runs: linters, then every test with the race detector, with a
# real browser and real servers.
test: browser postgres lint
	CI=$${CI:-true} go test -race -timeout 20m ./...

# The tests alone, without installing anything and without the race detector.
unit:
	go test ./...

lint: $(LINT)
	$(LINT) run ./...

fmt: $(LINT)
	$(LINT) fmt ./...

bench:
	go test -run '^$$' -bench . -benchmem ./...

train: build
	$(BIN)/huiying train ../shared/data analyzer/models

# The pages of docs/ that are made from code.
docs:
	go test -run Doc . -update

$(LINT):
	mkdir -p $(BIN)
	GOBIN=$(abspath $(BIN)) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv $(BIN)/golangci-lint $@

# Chromium and a CJK font (without one Chinese text is empty boxes).
.PHONY: browser
browser:
	@if ! command -v chromium >/dev/null || ! fc-list 2>/dev/null | grep -qi 'noto.*cjk'; then \
		sudo= ; [ "$$(id -u)" = 0 ] || sudo=sudo ; \
		$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq chromium fonts-noto-cjk fontconfig >/dev/null ; \
	fi
	@chromium --version

# A PostgreSQL for the tests to start on a port of their own.
.PHONY: postgres
postgres:
	@if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! command -v initdb >/dev/null; then \
		sudo= ; [ "$$(id -u)" = 0 ] || sudo=sudo ; \
		$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq postgresql >/dev/null ; \
	fi
	@ls -d /usr/lib/postgresql/*/bin 2>/dev/null || command -v initdb

clean:
	rm -rf $(BIN) demo-data
