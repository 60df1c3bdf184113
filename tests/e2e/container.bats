#!/usr/bin/env bats
# The file system of each step's image, started as Cloud Run starts it: no shell, no rights, a port, SIGTERM at the end.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	container=$BATS_TEST_DIRNAME/../../infra/container/root
	image=$BATS_TEST_TMPDIR/image
	[ "$(id -u)" -eq 0 ] || skip "chroot needs root"
	unshare -m chroot / true 2>/dev/null || skip "this machine allows no chroot in a mount namespace of its own"
	ldd "$LEXFLOW_BIN/classify" | grep -q 'san\.so' && skip "programs under a sanitizer are no images"
	return 0
}

teardown() {
	[ -z "${service:-}" ] || kill -9 "$service" 2>/dev/null || true
	return 0
}

# Starts step $1 in its image, with no variables but those given; its mounts end with it.
start() {
	"$container" "$1" "$LEXFLOW_BIN" "$image"
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	# shellcheck disable=SC2016 # expanded by the shell that is started
	PORT=$port DOCUMENT_STORE=/tmp/documents STORE_DATABASE=/tmp/decisions.db unshare -m sh -c '
		mount --bind /proc "$1/proc" && ulimit -v 4194304 &&
		exec chroot --userspec=65532:65532 "$1" "/usr/bin/$2" --serve' start "$image" "$1" 3>&- 2>"$BATS_TEST_TMPDIR/log" &
	service=$!
	for _ in $(seq 400); do
		curl -sf -m 1 "http://127.0.0.1:$port/healthz" >/dev/null && return
		kill -0 "$service" || break
		sleep 0.05
	done
	cat "$BATS_TEST_TMPDIR/log"
	return 1
}

# SIGTERM ends it with 0.
stop() {
	kill -TERM "$service"
	wait "$service"
	service=
}

post() {
	curl -sf -m 20 -H 'Content-Type: application/json' -d "$1" "http://127.0.0.1:$port/"
}

@test "classify: its model is in the image, at most 60 MB of it all" {
	start classify
	type=$(post '{"id": "a", "text": "UNITED STATES DISTRICT COURT. COMPLAINT. Plaintiff alleges that defendant violated the Act."}' |
		jq -r .classification.doc_type.value)
	[ -n "$type" ] && [ "$type" != null ]
	[ "$(du -sm "$image" --exclude=proc | cut -f1)" -le 60 ]
	stop
}

@test "extract: its models are in the image, at most 60 MB of it all" {
	start extract
	post '{"id": "a", "text": "The respondent shall pay a civil money penalty of $5,000,000.", "classification": {"doc_type": {"value": "consent_order"}}}' |
		jq -e '.extraction' >/dev/null
	[ "$(du -sm "$image" --exclude=proc | cut -f1)" -le 60 ]
	stop
}

@test "store: what it acknowledged is stored when SIGTERM has ended it, at most 60 MB of it all" {
	start store
	post '{"id": "a", "text": "Decision.", "title": "One"}' | jq -e .stored >/dev/null
	[ "$(du -sm "$image" --exclude=proc | cut -f1)" -le 60 ]
	stop
	[ "$(STORE_DATABASE="$image/tmp/decisions.db" "$LEXFLOW_BIN/store" search Decision | grep -c One)" -eq 1 ]
}

@test "ingest: the programs that it starts are in the image" {
	start ingest
	cp "$BATS_TEST_DIRNAME"/../samples/decisions/*.txt "$image/tmp/" 2>/dev/null
	[ "$(post '{"source": "/tmp/*.txt"}' | jq '.documents | length')" -gt 0 ]
	chroot "$image" /usr/bin/pdftotext -v 2>&1 | grep -q pdftotext
	stop
}

@test "the list of packages is SPDX, and names what the libraries came from" {
	"$container" store "$LEXFLOW_BIN" "$image"
	sbom=$image/usr/share/doc/lexflow/sbom.spdx.json
	[ "$(jq -r .spdxVersion "$sbom")" = SPDX-2.3 ]
	[ "$(jq -r '.packages[] | select(.name == "libc6") | .versionInfo' "$sbom")" = "$(dpkg-query -W -f '${Version}' libc6)" ]
}
