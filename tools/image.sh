#!/bin/sh
# Builds the Dockerfile and runs what comes out as docker-compose.yml does: nothing to write but /data, the user 65532, no capabilities.
# Exit status: 0 when it runs, 1 when it does not, 75 when it could not be tried, which is not a pass.
set -eu
cd "$(dirname "$0")/.."

image=localhost/zapembed-check
settings="PUBLIC_URL=http://localhost:18080 LISTEN_ADDR=127.0.0.1:18080 ADMIN_ADDR=127.0.0.1:19090 EMULATOR_ADDR=127.0.0.1:18081 STORE_URL=sqlite:/data/check.db DRAIN_DELAY=0s"
key=/data/k

not_run() {
	echo "NOT RUN: $1 This is not a pass."
	exit 75
}

with_docker() {
	docker build -q -t "$image" . >/dev/null
	data=$(docker volume create)
	server=""
	trap 'docker rm -f $server >/dev/null 2>&1; docker volume rm "$data" >/dev/null' EXIT
	inside() {
		# shellcheck disable=SC2046 # a setting is a word
		docker run --network none --read-only --user 65532:65532 --cap-drop ALL --security-opt no-new-privileges -v "$data:/data" \
			$(printf -- '-e %s ' $settings "STORE_KEYS_FILE=$key") "$@"
	}
	inside --rm "$image" keygen "$key"
	server=$(inside -d "$image")
	until_ready docker exec "$server" /zapembed health
}

# buildah has no option for a root that cannot be written to, so the user changes and the mounts are made by hand, in a
# namespace that goes with this script.
with_buildah() {
	[ "$(id -u)" = 0 ] || not_run "without docker the image is mounted, which root alone may."
	[ "${IMAGE_MOUNTS:-}" = own ] || IMAGE_MOUNTS=own exec unshare --mount sh tools/image.sh
	export BUILDAH_ISOLATION="${BUILDAH_ISOLATION:-chroot}"
	buildah build --layers -t "$image" . || { echo "The image cannot be built."; exit 1; }
	container=$(buildah from --pull-never "$image")
	server=""
	work=$(mktemp -d)
	trap '[ -z "$server" ] || kill "$server" 2>/dev/null; wait; umount -R "$work/root" 2>/dev/null; buildah rm "$container" >/dev/null; rm -rf "$work"' EXIT
	mkdir "$work/root"
	cp -a "$(buildah mount "$container")/data" "$work/data" # with the owner that the image gave it, as a new volume would have
	mount --bind "$(buildah mount "$container")" "$work/root"
	mount -o remount,bind,ro "$work/root"
	mount --bind "$work/data" "$work/root/data"
	inside() {
		# What changes the user keeps what it needs for it; with the user that is gone as well.
		# shellcheck disable=SC2086 # a setting is a word
		exec env -i "PATH=$PATH" $settings "STORE_KEYS_FILE=$key" setpriv --no-new-privs --inh-caps=-all --bounding-set=-all,+setuid,+setgid,+sys_chroot \
			chroot --userspec=65532:65532 --groups= "$work/root" /zapembed "$@"
	}
	(inside keygen "$key")
	(inside) &
	server=$!
	until_ready sh_inside
	! grep -q '^CapEff:.*[1-9a-f]' "/proc/$server/status" || { echo "The server has capabilities."; exit 1; }
	grep -q '^Uid:.65532.65532' "/proc/$server/status" || { echo "The server is not the user 65532."; exit 1; }
}

sh_inside() { (inside health); }

# until_ready COMMAND…: the image's health check, which asks /readyz, until it passes.
until_ready() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		"$@" && return
		sleep 1
	done
	echo "The image runs, and /readyz does not say that it is ready."
	exit 1
}

if docker info >/dev/null 2>&1; then
	with_docker
elif command -v buildah >/dev/null && command -v setpriv >/dev/null; then
	with_buildah
else
	not_run "there is neither docker nor buildah to build the image with."
fi
echo "The image is built, makes its key, and is ready without a right it does not need."
