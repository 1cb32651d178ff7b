#!/bin/sh
# Installs what the tests need and this machine lacks: Chromium, a C compiler for the race detector, Node for the
# tests of the browser's modules, and curl and jq, with which the README shows the emulator. On Debian and its
# relatives it does so by itself; elsewhere it says what to install. axe-core, which looks at every page, comes from
# npm into tools/node_modules, in the version and with the checksum of tools/package-lock.json.
set -eu

axe() {
	[ tools/node_modules/.package-lock.json -nt tools/package-lock.json ] && [ -f tools/node_modules/axe-core/axe.min.js ] && return
	echo "Installing axe-core"
	npm ci --prefix tools --ignore-scripts --no-audit --no-fund --loglevel=error
}

missing=""
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
	command -v google-chrome >/dev/null 2>&1 || missing="chromium"
command -v cc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
command -v node >/dev/null 2>&1 || missing="$missing nodejs"
command -v npx >/dev/null 2>&1 || missing="$missing npm"
command -v curl >/dev/null 2>&1 || missing="$missing curl"
command -v jq >/dev/null 2>&1 || missing="$missing jq"
if [ -z "$missing" ]; then
	axe
	exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
	echo "The tests need:$missing. Install it with your package manager and run make again." >&2
	exit 1
fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
echo "Installing what the tests need:$missing"
$as_root apt-get update -q
# shellcheck disable=SC2086 # one word for each package
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends $missing
axe
