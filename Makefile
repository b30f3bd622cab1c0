# Ringfence: everything below needs only Go, make and git; `make real` needs more.

GO        ?= go
FUZZTIME  ?= 10s
FUZZ      ?= .
# The Go tool finds no revision in a worktree, and none in a build without VCS.
REVISION  := $(shell git describe --always --abbrev=40 --dirty --exclude '*' 2>/dev/null)
LINT      := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: build demo bench soak real test race lint fuzz docs clean

## build: the one binary, bin/ringfence
build:
	$(GO) build -trimpath -ldflags "-X main.revision=$(REVISION)" -o bin/ringfence ./cmd/ringfence

## demo: a federation at work on this machine; DEMO_FLAGS=--once ends after the summary
demo: build
	bin/ringfence demo $(DEMO_FLAGS)

## bench: speed and size beside baselines; BENCH=CASE runs one; with Debian's etcd-server if it is there
bench: build
	cd simulations/baselines && $(GO) build -trimpath -o ../../bin/ringfence-baselines .
	bin/ringfence bench $(BENCH) $(BENCH_FLAGS)

## soak: kill -9 at random instants, full disks, flipped bits, the rule of certifying, at length
soak:
	$(GO) test -race $(RACE_LATER)
	$(GO) test -tags soak -count 1 -run Soak -timeout 90m -v ./simulations/... ./consensus/cosign ./consensus/quorum/...

## real: nodes in network namespaces, by real packets; as root, with iproute2
real:
	$(GO) test -tags real -count 1 -run '^TestRealHosts' -timeout 10m -v ./simulations/stage

## test: every test of every package
test:
	$(GO) test ./...

RACE_LATER = ringfence/node/council ringfence/node/reconcile

## race: what runs at once, under the race detector; the rest of node in make soak, since a run has twenty minutes
race:
	$(GO) test -race $(filter-out $(RACE_LATER),$(shell $(GO) list ./node/...)) ./store/disk/... ./store/memory ./store/intake ./consensus/follow

## lint: formatting, go vet, and the linters of .golangci.yml
lint:
	@unformatted=$$(gofmt -l . | grep -v '^\.git/' || true); \
	if [ -n "$$unformatted" ]; then echo "gofmt these files:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(LINT) run ./...

## fuzz: each fuzz target below FUZZ for FUZZTIME, two packages at a time
fuzz:
	@grep -rl --include='*_test.go' '^func Fuzz' $(FUZZ) | xargs -n1 dirname | sort -u | xargs -P 2 -I PACKAGE .ci/fuzz PACKAGE $(FUZZTIME)

## docs: docs/cli.md from the help texts
docs:
	mkdir -p bin && $(GO) run ./cmd/ringfence docs > bin/cli.md && mv bin/cli.md docs/cli.md

clean:
	rm -rf bin
