# store as a program: filter, service, verbs, and what it keeps when it is killed.

bats_require_minimum_version 1.5.0

setup() {
	export XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
	export LEXFLOW_LOG=json
	unset STORE_DATABASE STORE_SINK STORE_SINK_TOKEN DOCUMENT_STORE
	store="$(realpath "${LEXFLOW_BIN:-build/bin}")/store"
	database="$XDG_STATE_HOME/lexflow/decisions.db"
	cd "$BATS_TEST_TMPDIR"
	pids=()
}

teardown() {
	local pid
	for pid in "${pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# A record: its id, and whatever else.
record() {
	printf '{"id":"%s","source":"/in/%s.txt"%s}\n' "$1" "$1" "${2:+,$2}"
}

rows() {
	"$store" list --limit 0 --format json "$@" 2>/dev/null | wc -l
}

# Start a service on a free port, in the background; sets $port and $pid.
serve() {
	local log="$BATS_TEST_TMPDIR/serve.$RANDOM.log"
	"$store" --serve --port 0 "$@" 2>"$log" 3>&- &
	pid=$!
	pids+=("$pid")
	for _ in $(seq 1200); do
		port=$(sed -n 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/p' "$log" | head -n 1)
		[ -n "$port" ] && curl -sf "http://127.0.0.1:$port/healthz" >/dev/null && return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	cat "$log" >&2
	return 1
}

post() {
	curl -s -o "${2:-/dev/null}" -w '%{http_code}' -H 'Content-Type: application/json' "${@:3}" --data-binary "$1" \
		"http://127.0.0.1:$port/"
}

@test "store: a filter answers one line for each record, in order, and stores it" {
	run --separate-stderr "$store" < <(record a; record b)
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
	[ "${lines[0]}" = "{\"id\":\"a\",\"status\":\"accepted\",\"stored\":\"sqlite://$database#a\"}" ]
	[ "$(jq -r .id <<<"${lines[1]}")" = b ]
	[ "$(rows)" -eq 2 ]
}

@test "store: a record sent a thousand times is one row" {
	for _ in $(seq 1000); do record same '"title":"T"'; done >many
	"$store" -j 8 <many >out
	[ "$(wc -l <out)" -eq 1000 ]
	[ "$(rows)" -eq 1 ]
}

@test "store: a record without an id is reported and the others are stored" {
	run --separate-stderr "$store" < <(record a; echo '{"title":"nameless"}'; record b)
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 3 ]
	[ "$(jq -r .title <<<"${lines[1]}")" = nameless ]
	[ "$(jq -r '.error.status' <<<"${lines[1]}")" = 422 ]
	[ "$(rows)" -eq 2 ]
}

@test "store: a failed document is kept as a failure until it succeeds" {
	run --separate-stderr "$store" <<<'{"source":"/in/x.pdf","error":{"title":"t","detail":"encrypted"}}'
	[ "$status" -eq 0 ]
	[ "$(jq -r .stored <<<"$output")" = "sqlite://$database#failures" ]
	run "$store" list
	[[ "$output" == *"failed: /in/x.pdf: encrypted"* ]]
	echo '{"id":"x","source":"/in/x.pdf"}' | "$store"
	run "$store" list
	[[ "$output" != *"encrypted"* ]]
}

@test "store list: document, type, parties, sanction, date and place line up" {
	record acme '"classification":{"doc_type":{"value":"press_release","probability":0.98}},"extraction":{"fields":{
		"doc_date":{"value":"2015-01-16"},"parties":[{"name":"Acmé Trading LLC"},{"name":"J. Doe"}],
		"money":[{"kind":"civil_penalty","amount":"140000","currency":"USD","status":"imposed"}]}}' |
		tr -d '\n\t' | "$store"
	record bare | "$store"
	COLUMNS=120 run --separate-stderr "$store" list
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "DOCUMENT  TYPE           PARTIES              SANCTION                   DATE        STORED" ]
	[ "${lines[1]}" = "acme.txt  press_release  Acmé Trading LLC +1  USD 140,000 civil penalty  2015-01-16  decisions.db#acme" ]
	[ "${lines[2]}" = "bare.txt  —              —                    —                          —           decisions.db#bare" ]
	[ "$(rows --type press_release)" -eq 1 ]
	COLUMNS=80 run --separate-stderr "$store" list
	[ "$(jq -R length <<<"$output" | sort -n | tail -n 1)" -le 80 ] # characters, whatever the locale
}

@test "store search: finds words in the text and shows the passage" {
	record a '"title":"Order","text":"Respondent shall cease and desist from spoofing."' | "$store"
	record b '"title":"Other","text":"Nothing of that kind."' | "$store"
	run --separate-stderr "$store" search 'cease and desist' spoof*
	[ "$status" -eq 0 ]
	[[ "$output" == *"a.txt"* && "$output" == *"[cease and desist] from [spoofing]"* ]]
	[[ "$output" != *"b.txt"* ]]
	[ "$("$store" search --format json desist | jq -r .id)" = a ]
	run "$store" search
	[ "$status" -eq 2 ]
}

@test "store show: prints the record as it came" {
	record abc1 '"title":"T","n":[1,2.5,null]' | "$store"
	[ "$("$store" show abc | jq -c .n)" = "[1,2.5,null]" ]
	run "$store" show zzz
	[ "$status" -eq 4 ]
	[[ "$output" == *"no decision has the id zzz"* ]]
}

@test "store: looking at a database that is not there says so and makes none" {
	run "$store" list
	[ "$status" -eq 4 ]
	[[ "$output" == *"there is no database $database"* ]]
	[ ! -e "$database" ]
	run "$store" outbox
	[ "$status" -eq 4 ]
}

@test "store: a file that is no database is refused, named and left alone" {
	printf 'a letter, not a database%.0s' $(seq 20) >letter
	cp letter before
	run "$store" --database letter < <(record a)
	[ "$status" -eq 3 ]
	[[ "$output" == *"$PWD/letter is not a database"* && "$output" == *"another path"* ]]
	cmp letter before
}

@test "store: a folder that cannot be written is named" {
	touch file
	run "$store" --database file/inside.db < <(record a)
	[ "$status" -eq 3 ]
	[[ "$output" == *"$PWD/file"* ]]
}

@test "store: a read-only folder is named" {
	[ "$(id -u)" -ne 0 ] || command -v setpriv >/dev/null || skip "root may write anywhere, and there is no setpriv"
	mkdir locked
	chmod 0555 locked "$BATS_TEST_TMPDIR"
	as=()
	[ "$(id -u)" -ne 0 ] || as=(setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --clear-groups)
	run "${as[@]}" "$store" --database "$PWD/locked/d.db" < <(record a)
	chmod 0755 locked "$BATS_TEST_TMPDIR"
	[ "$status" -eq 3 ]
	[[ "$output" == *"$PWD/locked/d.db"* ]]
}

@test "store: an unknown sink is refused before anything is read" {
	run "$store" --sink ftp://example.org/ < <(record a)
	[ "$status" -eq 2 ]
	[[ "$output" == *"unknown kind of sink: ftp://example.org/"* ]]
}

@test "store: a full disk answers with an error line, and what was accepted is there" {
	head -c 6000 /dev/zero | tr '\0' x >pad
	for i in $(seq 400); do record "d$i" "\"pad\":\"$(<pad)\""; done >many
	# A limit on the size of files is a full disk for the databases; the answers go to a pipe.
	run bash -c "(trap '' XFSZ; ulimit -f 700; exec '$store' <many 2>log) | cat >out; exit \${PIPESTATUS[0]}"
	[ "$status" -eq 1 ]
	[ "$(wc -l <out)" -eq 400 ]
	grep -q 'disk is full' out
	accepted=$(jq -r 'select(.status == "accepted").id' out | sort)
	[ -n "$accepted" ]
	"$store" </dev/null # delivers what could not be
	"$store" list --limit 0 --format json 2>/dev/null | jq -r .id | sort >stored
	[ "$(comm -23 <(echo "$accepted") stored | wc -l)" -eq 0 ]
}

@test "store: an unreachable sink keeps the record in the outbox, the next start delivers it" {
	record a | "$store" --sink http://127.0.0.1:1/ --drain-timeout 5 >out 2>log
	[ "$(jq -r .status out)" = accepted ]
	grep -q '1 record waiting in .*decisions.db.outbox for http://127.0.0.1:1/' log
	run --separate-stderr "$store" outbox --format json
	[ "$(jq -r '[.document, .state, .sink] | join(" ")' <<<"$output")" = "a waiting http://127.0.0.1:1/" ]

	# The same address, with somebody who listens: another store.
	serve --database there.db
	record b | "$store" --sink "http://127.0.0.1:$port/"
	[ "$("$store" list --database there.db --format json 2>/dev/null | jq -r .id)" = b ]
}

@test "store: a refused record is parked with the reason and can be sent again" {
	serve --database there.db
	record a | "$store" --sink "http://127.0.0.1:$port/nowhere" >out
	run --separate-stderr "$store" outbox --format json
	[ "$(jq -r .state <<<"$output")" = parked ]
	[[ "$(jq -r .reason <<<"$output")" == "HTTP 404"* ]]
	run "$store" outbox --retry
	[ "$status" -eq 0 ]
	[[ "$output" == *"1 parked record waiting again"* && "$output" == *"0 waiting, 1 parked"* ]]
}

@test "store: several sinks get every record" {
	serve --database there.db
	for i in $(seq 20); do record "d$i"; done |
		"$store" --sink "sqlite:$database" --sink "http://127.0.0.1:$port/" >out
	[ "$(wc -l <out)" -eq 20 ]
	[ "$(rows)" -eq 20 ]
	kill -TERM "$pid"
	wait "$pid"
	[ "$(rows --database there.db)" -eq 20 ]
}

@test "store --serve: accepts records, refuses what is none, drains at SIGTERM" {
	serve
	[ "$(post "$(record a)" answer)" = 200 ]
	[ "$(jq -r .stored answer)" = "sqlite://$database#a" ]
	[ "$(post '{"title":"nameless"}' answer)" = 422 ]
	[[ "$(jq -r .detail answer)" == *'has no "id"'* ]]
	[ "$(post 'not json' answer)" = 400 ]
	kill -TERM "$pid"
	wait "$pid"
	[ "$(rows)" -eq 1 ]
	run --separate-stderr "$store" outbox
	[ -z "$output" ]
}

@test "store --serve: a repeated Idempotency-Key is answered alike and delivered once" {
	serve --database there.db
	there=$port
	serve --database here.db --sink "http://127.0.0.1:$there/"
	[ "$(post "$(record a)" first -H 'Idempotency-Key: run/1')" = 200 ]
	[ "$(post "$(record a)" second -H 'Idempotency-Key: run/1')" = 200 ]
	cmp first second
	kill -TERM "$pid"
	wait "$pid"
	# Each delivery has a key of its own, which the other store remembers: one was made.
	[ "$(sqlite3 there.db.outbox 'SELECT count(*) FROM keys' 2>/dev/null || echo 1)" -eq 1 ]
	[ "$(rows --database there.db)" -eq 1 ]
}

@test "store --serve: killed in the middle of 500 posts, everything acknowledged is there once" {
	serve
	mkdir answers
	for i in $(seq 500); do
		printf 'url = "http://127.0.0.1:%s/"\nheader = "Content-Type: application/json"\n' "$port"
		printf 'data = "{\\"id\\":\\"k%s\\",\\"source\\":\\"s\\"}"\noutput = "answers/%s"\n' "$i" "$i"
		[ "$i" -eq 500 ] || echo next
	done >posts
	curl -s --parallel --parallel-max 16 --config posts >/dev/null 2>&1 3>&- &
	client=$!
	for _ in $(seq 30000); do
		[ "$(find answers -size +0 | wc -l)" -ge 50 ] && break
		sleep 0.002
	done
	kill -KILL "$pid"
	wait "$client" || true
	find answers -size +0 -exec cat {} + | jq -r 'select(.status == "accepted").id' | sort >acknowledged
	[ "$(wc -l <acknowledged)" -ge 50 ]

	"$store" </dev/null # a start delivers what the outbox holds
	"$store" list --limit 0 --format json 2>/dev/null | jq -r .id | sort >stored
	[ "$(sort -u stored | wc -l)" -eq "$(wc -l <stored)" ]
	[ -z "$(comm -23 acknowledged stored)" ]
}

@test "store: what a verb prints and cannot be written is exit 3, not silence" {
	record a | "$store" >/dev/null
	run -3 --separate-stderr bash -c '"$0" list >/dev/full' "$store"
	[[ $stderr == *"cannot write to stdout: No space left on device"* ]]
}
