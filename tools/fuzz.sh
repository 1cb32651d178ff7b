#!/bin/sh
# Lets each fuzz target look for trouble for a few seconds. What fails is kept below testdata/fuzz and fails `go test` from then on.
set -eu

time="${1:-5s}"
grep -rho --include='*_test.go' --with-filename '^func Fuzz[A-Za-z0-9]*' internal cmd | sort | while IFS=: read -r file target; do
	go test -run '^$' -fuzz "^${target#func }\$" -fuzztime "$time" "./$(dirname "$file")"
done
