# Ringfence: everything below needs only Go, make and git.

GO        ?= go
FUZZTIME  ?= 10s
LINT      := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: test race lint fuzz clean

## test: every test of every package
test:
	$(GO) test ./...

## race: everything but the simulations, under the race detector
race:
	$(GO) test -race ./store/... ./node/...

## lint: formatting, go vet, and the linters of .golangci.yml
lint:
	@unformatted=$$(gofmt -l . | grep -v '^\.git/' || true); \
	if [ -n "$$unformatted" ]; then echo "gofmt these files:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(LINT) run ./...

## fuzz: each fuzz target for FUZZTIME
fuzz:
	@set -e; for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for target in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go | cut -c6- | sort -u); do \
	    echo "fuzz $$dir $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$dir; \
	  done; \
	done

clean:
	rm -rf bin
