#!/bin/sh
# Lets scanners that are not ours look at the program, and holds what they find to tools/audit.md, where each finding that stays has its reason.
# `tools/audit.sh quick` is the part that CI runs: the validators of pages and headers, on the pages that `AUDIT_PAGES=folder make test` has
# kept. Exit status: 0 when all passed, 1 when one found something, 75 when one could not run, which is not a pass.
set -u
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=""
unrun=""

# step NAME COMMAND…: runs it and says what came of it. Status 75 is "could not run".
step() {
	name=$1
	shift
	echo "== $name"
	"$@"
	case $? in
	0) ;;
	75) unrun="$unrun $name" ;;
	*) failed="$failed $name" ;;
	esac
}

judge() { node tools/audit/judge.mjs "$@"; }

scanners() {
	[ tools/audit/node_modules/.package-lock.json -nt tools/audit/package-lock.json ] ||
		npm ci --prefix tools/audit --ignore-scripts --no-audit --no-fund --loglevel=error
}

# What measures speed (bench) is no part of what is deployed, nor are tests.
gosec() {
	go tool -modfile=tools/audit/go.mod gosec -quiet -no-fail -exclude-dir=tools -exclude-dir=bench -fmt=json -out="$work/gosec.json" ./... >/dev/null 2>"$work/gosec.log" ||
		{ cat "$work/gosec.log"; return 1; }
	node tools/audit/gosec.mjs <"$work/gosec.json" >"$work/gosec" && judge gosec <"$work/gosec"
}

# govulncheck ends with 3 when it found something, and otherwise than with 0 when it could not look.
govulncheck() {
	go tool -modfile=tools/audit/go.mod govulncheck ./... >"$work/govulncheck" 2>&1
	case $? in
	0) tail -n 1 "$work/govulncheck" ;;
	3) cat "$work/govulncheck"; return 1 ;;
	*)
		cat "$work/govulncheck"
		echo "NOT RUN: govulncheck could not look; most likely https://vuln.go.dev cannot be reached from here. This is not a pass."
		return 75
		;;
	esac
}

# pages looks at every page that the tests of the handlers are answered with, in all their states.
pages() {
	if [ -z "${AUDIT_PAGES:-}" ]; then
		AUDIT_PAGES=$work/pages
		mkdir "$AUDIT_PAGES"
		AUDIT_PAGES=$AUDIT_PAGES go test -count=1 ./internal/handlers || return 1
	fi
	node tools/audit/pages.mjs "$AUDIT_PAGES" >"$work/found" && judge html-validate csp-evaluator <"$work/found"
}

# observatory grades a running server behind a proxy that speaks https, with a certificate of the hour.
observatory() {
	go build -o "$work/server" ./cmd/server || return 1
	certificates=$(go env GOROOT)/src/crypto/tls/generate_cert.go
	(cd "$work" && go run "$certificates" --host zaps.example.com --ca >/dev/null 2>&1) || return 1
	NODE_EXTRA_CA_CERTS=$work/cert.pem node tools/audit/observatory.mjs "$work/server" "$work/cert.pem" "$work/key.pem"
}

step "npm packages of the scanners" scanners
if [ "${1:-}" != quick ]; then
	step staticcheck go tool -modfile=tools/go.mod staticcheck ./...
	step gosec gosec
	step govulncheck govulncheck
fi
step "html-validate and the CSP evaluator" pages
step "HTTP Observatory" observatory
if [ "${1:-}" != quick ]; then
	step axe go test -count=1 -run '^TestAxe' ./cmd/server
fi

[ -z "$failed" ] || { echo "The audit FAILED:$failed"; exit 1; }
[ -z "$unrun" ] || { echo "The audit is INCOMPLETE, not run:$unrun"; exit 75; }
echo "The audit passed."
