# connect --probe: what is ready, and that every wait ends when it was to end.
load helper
load dns

probe() {
	sockkit connect --probe "$@"
}

@test "one deadline over lookup, connection and tries" {
	silence
	SECONDS=0
	run -1 with_dns "$SOCKKIT" connect -z --wait=0.5 name.test:80 192.0.2.2:80 -f jsonl
	same "$(jq -r '"\(.state) \(.reason)"' <<<"$output")" $'unreachable lookup-timeout\nfiltered no-response'
	run -1 with_dns "$SOCKKIT" connect -z -w 0.5 name.test:80,81 -f jsonl
	same "$(jq -r .reason <<<"$output")" $'lookup-timeout\nlookup-timeout'
	run -1 with_dns "$SOCKKIT" connect -zu -w 0.5 name.test:80 -f jsonl
	same "$(jq -r .reason <<<"$output")" lookup-timeout
	run -1 with_dns "$SOCKKIT" connect --wait=0.5 name.test:80
	[ "$SECONDS" -lt 5 ]
}

@test "IPv6 that never answers keeps nobody from IPv4 that has" {
	need_mounts
	mksock tcp-listen 127.0.0.1 8080
	start ready in_netns python3 "$ROOT/tests/e2e/dns.py"
	run -0 with_dns "$SOCKKIT" connect -z name.test:8080 --count=2 -i 1ms -q -f jsonl -c state,dns_us,total_us
	same "$(jq -r .state <<<"$output")" $'open\nopen'
	jq -es '.[0].dns_us >= 50000 and .[0].dns_us < 2500000 and .[1].dns_us == null' <<<"$output"
	SECONDS=0
	run -0 with_dns "$SOCKKIT" connect -e true name.test:8080
	[ "$SECONDS" -lt 4 ]
	run -1 with_dns "$SOCKKIT" connect -zu name.test:9 -f csv -H -c state,address
	same "$output" closed,127.0.0.1
}

@test "names of addresses keep nobody waiting" {
	silence
	mksock tcp-listen 0.0.0.0 8080
	local ends=() i
	for i in {1..300}; do ends+=("127.1.$((i / 100)).$((i % 100 + 1)):8080"); done
	SECONDS=0
	run -0 with_dns "$SOCKKIT" connect -z -r -w 1 "${ends[@]}" -f csv -H -c state,host
	same "$(sort <<<"$output" | uniq -c | tr -s ' ')" ' 300 open,'
	[ "$SECONDS" -lt 15 ]
	echo '127.1.0.2 here.test' >"$BATS_TEST_TMPDIR/hosts"
	run -0 with_dns "$SOCKKIT" connect -z -r 127.1.0.2:8080 --count=2 -i 1ms -q -f csv -H -c seq,host
	same "$output" $'1,here.test\n2,here.test'
}

@test "UDP: every address of a name is asked" {
	need_mounts
	printf '%s\n' '2001:db8::1 both.test' '127.0.0.1 both.test' >"$BATS_TEST_TMPDIR/hosts"
	run -1 with_dns "$SOCKKIT" connect -zu both.test:9 -f csv -H -c state,address
	same "$output" 'closed,127.0.0.1'
	printf '%s\n' '::1 both.test' '127.0.0.1 both.test' >"$BATS_TEST_TMPDIR/hosts"
	mksock udp-bound 127.0.0.1 7101
	run -0 with_dns "$SOCKKIT" connect -zu -w 0.2 both.test:7101 -f csv -H -c state,address
	same "$output" 'open|filtered,127.0.0.1'
}

# A server that accepts and runs a line of shell for each client; its port is in PORT.
serve() {
	start '[0-9]*' in_netns "$SOCKKIT" listen -k --print-port --sh "$1" 127.0.0.1 0
	PORT=${STARTED[-1]}
}

@test "a port that accepts and closes is open, but not ready" {
	serve 'exit'
	# On a busy machine the end may come after the moment that it is waited for.
	until run -0 probe "127.0.0.1:$PORT" -f csv -H -c state,reason && [ "$output" = open,closed-at-once ]; do
		same "$output" open,connected
	done
	run -1 probe --expect . "127.0.0.1:$PORT" -f csv -H -c state,reason
	same "$output" open,closed-at-once
	run -1 probe --expect . --wait=0.3 "127.0.0.1:$PORT" -f csv -H -c state,reason
	same "$output" open,closed-at-once
}

@test "--expect and --send: ready is what says so" {
	serve 'echo 220 hello; read -r line; printf "\001got %s\r\n" "$line"; cat'
	run -0 probe --expect '^220 ' "127.0.0.1:$PORT" -f csv -H -c state,reason,banner
	same "$output" 'open,answer-matches,220 hello'
	run -0 probe --send 'a\x41\n' --expect 'got aA$' "127.0.0.1:$PORT" -f csv -H -c reason
	same "$output" answer-matches
	run -1 probe -w 0.3 --expect '^221' "127.0.0.1:$PORT" -f csv -H -c state,reason
	same "$output" open,answer-differs
	mksock tcp-listen 127.0.0.1 8080
	run -1 probe -w 0.2 --expect . 127.0.0.1:8080 -f csv -H -c state,reason
	same "$output" open,no-answer
	serve 'yes | head -c 1000000'
	run -1 probe --expect x "127.0.0.1:$PORT" -f csv -H -c reason
	same "$output" answer-differs
}

@test "--wait waits for what is expected" {
	echo starting >"$BATS_TEST_TMPDIR/state"
	mkfifo "$BATS_TEST_TMPDIR/seen"
	serve "cat '$BATS_TEST_TMPDIR/state'; echo >'$BATS_TEST_TMPDIR/seen'"
	(
		read -r <"$BATS_TEST_TMPDIR/seen"
		echo ready >"$BATS_TEST_TMPDIR/state"
		while read -r; do :; done < <(cat "$BATS_TEST_TMPDIR/seen")
	) 3>&- &
	STARTED_PIDS+=("$!")
	run -0 probe --wait=20s --expect '^ready$' "127.0.0.1:$PORT" -f csv -H -c reason,banner
	same "$output" answer-matches,ready
}

@test "what cannot be expected or sent is wrong usage" {
	local arguments
	while read -r -a arguments; do
		run -2 sockkit connect "${arguments[@]}"
		[ "${#lines[@]}" -eq 1 ]
	done <<-'END'
		-z --send x 127.0.0.1:1
		-z --expect ( 127.0.0.1:1
		-z --expect (a)\1 127.0.0.1:1
		-z --expect a --send \q 127.0.0.1:1
		-z --expect a --send \x1 127.0.0.1:1
		-zu --expect a 127.0.0.1:1
		--expect a 127.0.0.1:1
	END
}
