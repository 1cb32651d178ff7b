# The tasks of the project. Each is a few plain commands; CI runs the same ones.

STATICCHECK = go tool -modfile=tools/go.mod staticcheck
# The schema of compose files, by those who wrote it.
COMPOSE = go tool -modfile=tools/go.mod github.com/compose-spec/compose-go/v2/cmd
# The type checker of the browser's modules; the one thing here that comes from npm.
TSC = npx --yes --package=typescript@5.9.3 tsc

# Every page and endpoint under every fault and with every rubbish: thousands of requests, one after the other, which the
# race detector would make four times as long. It sees each of them once in TestErrandsWork.
TABLES = ^Test(EveryErrand|FaultsInTheMiddleOfAnErrand|FaultAtAnyCallLosesNothing|StoreGoesAwayAtAnyCall|NothingNeedsWhatIsKept|RubbishAtEveryRoute)

.DEFAULT_GOAL := help

##@ Working

.PHONY: help
help: ## show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## run the server with the emulator
	go run ./cmd/server

.PHONY: generate
generate: ## make the Go code of the templates anew
	go generate ./...

##@ Checking

.PHONY: setup
setup: ## install what the tests need and this machine lacks
	@sh tools/setup.sh

.PHONY: test
test: setup ## run all tests, browser journeys included
	go test -race -timeout=20m -skip='$(TABLES)' ./...
	go test -run='$(TABLES)' ./internal/handlers
	TEST_STORE=redis go test -race ./internal/session ./internal/connect ./internal/draft
	node --test web/static/jstest/*.test.js

.PHONY: fuzz
fuzz: ## let each fuzz target look for trouble for five seconds
	@sh tools/fuzz.sh 5s

.PHONY: bench
bench: ## measure speed, sessions and capacity, about twenty minutes; bench/README.md says what came out
	go run ./bench/speed
	go run ./bench/sessions
	go run ./bench/quota

.PHONY: audit
audit: setup ## let scanners of others look at code, pages and headers
	@sh tools/audit.sh

.PHONY: image
image: ## build the container image and run it with no more rights than it needs
	@sh tools/image.sh

.PHONY: lint
lint: ## format, modules, vet, staticcheck, templates, the compose file, types of the browser's modules
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go tool templ fmt -fail web/templates internal/emulator
	go mod tidy -diff
	cd tools && go mod tidy -diff
	go vet ./...
	$(STATICCHECK) ./...
	$(COMPOSE) docker-compose.yml >/dev/null
	$(TSC) -p web/static/js/jsconfig.json

.PHONY: verify
verify: generate ## fail when generated code is not what its source makes
	git diff --exit-code -- '*_templ.go'

.PHONY: repeat
repeat: setup ## run the browser journeys twenty times
	go test -race -count=20 -timeout=60m -run '^TestBrowser' ./cmd/server
