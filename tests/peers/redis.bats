# Redis and its own clients, straight and through sockkit.
# shellcheck disable=SC2030,SC2031,SC2153 # each test is a subshell
load peers

setup() {
	open_netns
	cd "$BATS_TEST_TMPDIR" || return 1
	start_peer '*Ready to accept connections*' redis-server --port 6379 --bind 127.0.0.1 --save '' \
		--appendonly no --dir "$BATS_TEST_TMPDIR" --daemonize no
	REDIS=$STARTED_PID
}

redis() {
	run_peer redis-cli -p 6379 "$@"
}

# A value of N random bytes in the file FILE: value N FILE
value() {
	head -c "$1" /dev/urandom >"$2"
}

# Redis's own protocol: SET KEY and the bytes of FILE.
set_command() {
	printf '*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n' ${#1} "$1" "$(stat -c %s "$2")"
	cat "$2"
	printf '\r\n'
}

# A client that half-closes is gone for Redis, and what it had not been sent yet is dropped: QUIT has
# the server end the connection.
@test "connect: 64 MB go in by one pipe, and come back by another" {
	local i
	for i in 1 2 3 4; do
		value 16000000 "in.$i"
		set_command "key $i" "in.$i"
	done | sockkit connect 127.0.0.1:6379 >answers
	same "$(tr -d '\r' <answers)" $'+OK\n+OK\n+OK\n+OK'
	for i in 1 2 3 4; do
		printf '*2\r\n$3\r\nGET\r\n$5\r\nkey %d\r\nQUIT\r\n' "$i" |
			sockkit connect --no-half-close 127.0.0.1:6379 >"out.$i"
		cmp <(printf '$16000000\r\n' && cat "in.$i" && printf '\r\n+OK\r\n') "out.$i"
	done
}

@test "connect: a hundred thousand commands have a hundred thousand answers" {
	seq 0 99999 | sed 's/.*/SET n& &/' | sockkit connect --crlf 127.0.0.1:6379 >answers
	same "$(tr -d '\r' <answers | uniq -c)" ' 100000 +OK'
	same "$(redis dbsize)" 100000
	same "$(redis get n99999)" 99999
}

@test "connect: what is said slowly is answered in between" {
	local in out line
	mkfifo in out
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" connect 127.0.0.1:6379 <in >out 3>&- &
	STARTED_PIDS+=("$!")
	exec {in}>in {out}<out
	for word in one two three; do
		printf 'ECHO %s\r\n' "$word" >&"$in"
		IFS= read -r -t "$PATIENCE" -u "$out" line
		IFS= read -r -t "$PATIENCE" -u "$out" line
		same "$line" "$word"$'\r'
	done
	exec {in}>&-
	wait "${STARTED_PIDS[-1]}"
}

@test "connect: a subscriber hears everything, and the end of the server" {
	local i
	local in out line subscriber
	mkfifo in out
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" connect --crlf 127.0.0.1:6379 <in >out 3>&- &
	subscriber=$!
	STARTED_PIDS+=("$subscriber")
	exec {in}>in {out}<out
	echo 'SUBSCRIBE news' >&"$in"
	until [ "$line" = $':1\r' ]; do
		IFS= read -r -t "$PATIENCE" -u "$out" line
	done
	seq 1000 | sed 's/.*/PUBLISH news &/' | redis >/dev/null
	stop "$REDIS"
	exec {in}>&-
	same "$(tr -d '\r' <&"$out" | grep -x '[0-9]\+')" "$(seq 1000)"
	wait "$subscriber"
}

@test "--forward: redis-cli --pipe with 50 MB" {
	local i
	for ((i = 0; i < 50; i++)); do
		value 1000000 "in.$i"
	done
	serve -k --forward 127.0.0.1:6379 127.0.0.1:0
	for ((i = 0; i < 50; i++)); do
		set_command "key$i" "in.$i"
	done | run_peer redis-cli -p "$PORT" --pipe >said
	[[ $(<said) == *'errors: 0, replies: 50'* ]]
	for ((i = 0; i < 50; i += 7)); do
		run_peer redis-cli -p "$PORT" --raw get "key$i" | head -c -1 | cmp - "in.$i"
	done
}

@test "--forward: redis-benchmark, fifty clients with a pipeline, no error and no client left" {
	serve -k --forward 127.0.0.1:6379 127.0.0.1:0
	run -0 run_peer redis-benchmark -p "$PORT" -c 50 -P 16 -n 50000 -t set,get -d 1000 --csv
	[[ $output == *'"SET",'*'"GET",'* ]]
	[[ $output != *[Ee]rror* ]]
	same "$(redis info clients | tr -d '\r' | grep ^connected_clients)" connected_clients:1
}

@test "--forward: a server that goes away ends its clients, and one that comes back is found" {
	serve -k --forward 127.0.0.1:6379 127.0.0.1:0
	same "$(run_peer redis-cli -p "$PORT" ping)" PONG
	stop "$REDIS"
	run -1 run_peer redis-cli -p "$PORT" ping
	start_peer '*Ready to accept connections*' redis-server --port 6379 --bind 127.0.0.1 --save ''
	same "$(run_peer redis-cli -p "$PORT" ping)" PONG
}
