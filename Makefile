# Huiying. `make run` shows a live system, `make test` checks everything.
SHELL := /bin/bash
BIN := bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
LINT_VERSION := v2.15.0
HELM_VERSION := v3.22.0
HELM := $(BIN)/helm-$(HELM_VERSION)
CHART := --kube-version 1.32.0 --set secret.values.HUIYING_SECRET_KEY=x --set secret.values.HUIYING_AUTHOR_KEY=x
LINT := $(BIN)/golangci-lint-$(LINT_VERSION)
PROVIDER_VERSION := v3.52.0
PROVIDER := $(BIN)/oidc-provider-$(PROVIDER_VERSION)

.PHONY: run build test unit lint fmt bench train docs clean

run: build
	$(BIN)/huiying demo $(ARGS)

build:
	go build -ldflags '$(LDFLAGS)' -o $(BIN)/huiying ./cmd/huiying

# What an operator installs, into dist/: static programs for both kinds of
# machine, a package with the files of deploy/ for offline installation, a bill of
# materials and checksums. The same sources and Go version give the same bytes.
.PHONY: release
release:
	rm -rf dist && mkdir dist
	for arch in amd64 arm64; do \
		GOFLAGS= CGO_ENABLED=0 GOOS=linux GOARCH=$$arch GOAMD64=v1 GOARM64=v8.0 go build -trimpath -buildvcs=false \
			-ldflags '$(LDFLAGS)' -o dist/huiying-linux-$$arch ./cmd/huiying || exit 1 ; \
	done
	go run ./deploy/release '$(VERSION)' dist
	cd dist && sha256sum --check --quiet SHA256SUMS && ls -l

# Everything CI runs: linters, then every test with the race detector, with a
# real browser and real servers.
test: browser office postgres clickhouse provider lint
	CI=$${CI:-true} go test -race -timeout 20m ./...

# The tests alone, without installing anything and without the race detector.
unit:
	go test ./...

lint: $(LINT)
	$(LINT) run ./...

fmt: $(LINT)
	$(LINT) fmt ./...

# The long runs: processes and servers killed a hundred times, networks cut, nodes
# restarted in turn, installations moved, backed up and restored.
.PHONY: test-cluster
test-cluster: postgres clickhouse
	@echo "Kills, cuts, full and slow disks, clocks, moves, backups: about a quarter of an hour on two cores; what each test tried: go test -v"
	HUIYING_CLUSTER=1 HUIYING_KILLS=$${HUIYING_KILLS:-100} CI=$${CI:-true} go test -count 1 -timeout 60m ./bus ./deploy/dev ./store/... ./cmd/huiying

bench:
	go test -run '^$$' -bench . -benchmem ./...

# Every parser and extractor on texts no honest person writes. Runs are counted, not
# timed: at the end of a time Go before 1.27 may call a sound target failed without
# an input to show for it (go.dev/issue/75804).
.PHONY: fuzz
FUZZ := 300000x
fuzz:
	for p in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
		for f in $$(go test $$p -list '^Fuzz' | grep '^Fuzz'); do \
			echo "$$p $$f" ; go test $$p -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZ) -fuzzminimizetime 10x || exit 1 ; \
		done ; \
	done

train: build
	$(BIN)/huiying train ../shared/data analyzer/models

# The pages of docs/ that are made from code.
docs:
	go test -run Doc . -update

$(LINT):
	mkdir -p $(BIN)
	GOBIN=$(abspath $(BIN)) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv $(BIN)/golangci-lint $@

# What offices open reports with: LibreOffice, and a reader of PDFs.
.PHONY: office
office:
	@if ! command -v soffice >/dev/null || ! command -v pdftotext >/dev/null; then \
		sudo= ; [ "$$(id -u)" = 0 ] || sudo=sudo ; \
		$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends libreoffice-writer-nogui poppler-utils >/dev/null ; \
	fi

# An OpenID provider for the tests to sign in with: the server that comes with
# zitadel/oidc, which the OpenID Foundation certified. A program of its own, so that
# none of it is in go.mod.
.PHONY: provider
provider: $(PROVIDER)

$(PROVIDER):
	mkdir -p $(BIN)
	GOBIN=$(abspath $(BIN)) go install github.com/zitadel/oidc/v3/example/server@$(PROVIDER_VERSION)
	mv $(BIN)/server $@

# Chromium with its Chinese words (file and date inputs), and a CJK font (without one
# Chinese text is empty boxes).
.PHONY: browser
browser:
	@if ! command -v chromium >/dev/null || ! fc-list 2>/dev/null | grep -qi 'noto.*cjk'; then \
		sudo= ; [ "$$(id -u)" = 0 ] || sudo=sudo ; \
		$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq chromium chromium-l10n fonts-noto-cjk fontconfig >/dev/null ; \
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

# A ClickHouse for the tests, as a library (566 MB) in the user's cache: Debian's
# own is too old. See deploy/dev/clickhouse.go.
CHDB_VERSION := 26.7.3-stable.1
CHDB_SHA512 := 5cff7b98caa7739b59a4a432c11f0dedc2d3b073624e61ebdf4a42e66ce8de35a6ba48ca9f62016bad1cd81fe059435cb858ce3235a8a2b408082a81563e70a7
CHDB := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/huiying/chdb-$(CHDB_VERSION)

.PHONY: clickhouse
clickhouse: $(CHDB)/libchdb.so

$(CHDB)/libchdb.so:
	@if ! command -v npm >/dev/null; then \
		sudo= ; [ "$$(id -u)" = 0 ] || sudo=sudo ; \
		$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq npm >/dev/null ; \
	fi
	rm -rf $(CHDB)/new && mkdir -p $(CHDB)/new
	cd $(CHDB)/new && npm pack --silent @chdb/lib-linux-x64-gnu@$(CHDB_VERSION) >/dev/null \
		&& echo "$(CHDB_SHA512)  $$(ls *.tgz)" | sha512sum --check --quiet && tar -xzf *.tgz package/libchdb.so && touch package/libchdb.so && mv package/libchdb.so ..
	rm -rf $(CHDB)/new

# What deploy/ says, tried for real: nginx and Caddy in front of a running
# system, alert rules by promtool, the unit file, compose and chart by their own tools.
.PHONY: test-deploy deploy-tools
test-deploy: deploy-tools $(HELM)
	cd deploy/prometheus && promtool check config prometheus.yml && promtool test rules huiying.rules.test.yml
	systemd-analyze security --offline=yes --threshold=20 --no-pager deploy/systemd/huiying.service >/dev/null
	$(HELM) lint --strict deploy/helm/huiying $(CHART)
	$(HELM) template huiying deploy/helm/huiying $(CHART) >/dev/null
	HUIYING_DEPLOY=1 go test ./cmd/huiying -run 'TestBehindAProxy|TestEveryMetric|TestAProcessWithout' -count 1

$(HELM):
	mkdir -p $(BIN)
	GOBIN=$(abspath $(BIN)) go install helm.sh/helm/v3/cmd/helm@$(HELM_VERSION)
	mv $(BIN)/helm $@

deploy-tools:
	@if ! command -v nginx >/dev/null || ! command -v caddy >/dev/null || ! command -v promtool >/dev/null; then \
		sudo= ; [ "$$(id -u)" = 0 ] || sudo=sudo ; \
		$$sudo apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive $$sudo -E apt-get install -y -qq --no-install-recommends nginx-light caddy prometheus >/dev/null ; \
	fi

clean:
	rm -rf $(BIN) demo-data
