#!/bin/sh
# Installs what the tests need and this machine lacks: Chromium, a C compiler for the race detector, Node for the
# tests of the browser's modules, Redis, of which the tests start servers of their own, Caddy, which says what it thinks
# of deploy/Caddyfile, and curl and jq, with which the README shows the emulator. On Debian and its relatives it does so
# by itself; elsewhere it says what to install. axe-core, which looks at every page, comes from npm into
# tools/node_modules, in the version and with the checksum of tools/package-lock.json.
set -eu

axe() {
	[ tools/node_modules/.package-lock.json -nt tools/package-lock.json ] && [ -f tools/node_modules/axe-core/axe.min.js ] && return
	echo "Installing axe-core"
	npm ci --prefix tools --ignore-scripts --no-audit --no-fund --loglevel=error
}

# The package would start a web server on port 80, so its file alone is taken, into tools/caddy.
fetch_caddy() {
	command -v caddy >/dev/null 2>&1 || [ -x tools/caddy/usr/bin/caddy ] && return
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "The tests need: caddy. Install it with your package manager and run make again." >&2
		exit 1
	fi
	echo "Fetching Caddy"
	folder=$(mktemp -d)
	(cd "$folder" && { apt-get download -q caddy || { apt_get update -q && apt-get download -q caddy; }; } && dpkg-deb -x caddy_*.deb tree)
	mkdir -p tools/caddy
	cp -R "$folder/tree/." tools/caddy
	rm -r "$folder"
}

apt_get() {
	if [ "$(id -u)" = 0 ]; then apt-get "$@"; else sudo apt-get "$@"; fi
}

missing=""
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
	command -v google-chrome >/dev/null 2>&1 || missing="chromium"
command -v cc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
command -v node >/dev/null 2>&1 || missing="$missing nodejs"
command -v npx >/dev/null 2>&1 || missing="$missing npm"
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
command -v curl >/dev/null 2>&1 || missing="$missing curl"
command -v jq >/dev/null 2>&1 || missing="$missing jq"
if [ -z "$missing" ]; then
	fetch_caddy
	axe
	exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
	echo "The tests need:$missing. Install it with your package manager and run make again." >&2
	exit 1
fi
echo "Installing what the tests need:$missing"
export DEBIAN_FRONTEND=noninteractive
apt_get update -q
# shellcheck disable=SC2086 # one word for each package
apt_get install -y -q --no-install-recommends $missing
fetch_caddy
axe
