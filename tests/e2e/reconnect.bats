# connect --reconnect: servers that come and go, which restarting.py plays.
# shellcheck disable=SC2030,SC2031 # each test is a subshell
load helper

setup() {
	open_netns
	cd "$BATS_TEST_TMPDIR" || return 1
}

# restarting STEP...: its port is in PORT, what it says in SERVER_FD.
restarting() {
	start '*ready' in_netns python3 "$ROOT/tests/e2e/restarting.py" "$@"
	PORT=${STARTED[0]% ready}
	SERVER_FD=$STARTED_FD
}

# The server's next line is this.
server_says() {
	local line
	IFS= read -r -t "$PATIENCE" -u "$SERVER_FD" line
	same "$line" "$1"
}

# Starts connect with the fifo `in` as stdin, which stays open at descriptor TO_IT: connect OPTION...
connect() {
	mkfifo in
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" connect "$@" 127.0.0.1 "$PORT" <in >out 2>said 3>&- &
	CONNECT_PID=$!
	STARTED_PIDS+=("$CONNECT_PID")
	exec {TO_IT}>in
}

# For eventually(): connect has connected again so many times.
reconnected() {
	[ "$(grep -c 'connected again' said)" -eq "$1" ]
}

@test "--reconnect: a pipe outlives restarts, and no byte is sent twice or lost" {
	restarting take=4 take=4 away=back all
	mkfifo back
	connect -vv --reconnect
	echo one >&"$TO_IT"
	server_says "0 b'one\\n'"
	eventually reconnected 1
	echo two >&"$TO_IT"
	server_says "1 b'two\\n'"
	# While nobody listens stdin is left alone.
	eventually has_line said 'refused'
	echo three >&"$TO_IT"
	echo >back
	eventually reconnected 2
	echo four >&"$TO_IT"
	exec {TO_IT}>&-
	ended_with 0 "$CONNECT_PID"
	server_says "2 b'three\\nfour\\n'"
	same "$(<out)" $'hello\nhello\nhello'
}

@test "--reconnect: what was sent and not read is told, and is status 1" {
	restarting unread all
	connect --reconnect
	echo lost >&"$TO_IT"
	server_says "0 b''"
	eventually reconnected 1
	echo kept >&"$TO_IT"
	exec {TO_IT}>&-
	ended_with 1 "$CONNECT_PID"
	server_says "1 b'kept\\n'"
	same "$(<said)" "sockkit connect: the connection is lost: Connection reset by peer: data may be lost
sockkit connect: connected again
sockkit connect: data may be lost; the connection was lost 1 time"
}

@test "--reconnect: bytes that were not acknowledged are counted, and a file goes on behind them" {
	local lost taken queued='' size=8000000
	restarting deaf=end all
	mkfifo end
	head -c "$size" /dev/urandom >data
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" connect --reconnect 127.0.0.1 "$PORT" <data >out 2>said 3>&- &
	CONNECT_PID=$!
	STARTED_PIDS+=("$CONNECT_PID")
	eventually queue_is_full
	echo >end
	ended_with 1 "$CONNECT_PID"
	server_says "0 b''"
	IFS= read -r -t "$PATIENCE" -u "$SERVER_FD" taken
	same "${taken#1 }" "$(stat -c %s taken.1)"
	taken=$(stat -c %s taken.1)
	cmp taken.1 <(tail -c "$taken" data)
	[[ $(<said) =~ 'is lost: Connection reset by peer: '([0-9]+)' bytes are lost (0 read and not sent, ' ]]
	lost=${BASH_REMATCH[1]}
	[[ $(<said) == *$'\n'"sockkit connect: $lost bytes are lost, and others may be; the connection was lost 1 time" ]]
	# What the peer's kernel had acknowledged nobody can count.
	((lost > 0 && lost + taken <= size && lost + taken > size - 1000000))
}

# For eventually(): the connection has bytes that do not get any fewer or more.
queue_is_full() {
	local before=$queued
	queued=$(in_netns ss -Htn state established "dport = :$PORT" | awk '{ print $2 }')
	[ "${queued:-0}" -gt 0 ] && [ "$queued" = "$before" ]
}

@test "--reconnect: with a stdin that is silent, or none, stdout goes on until it is given up" {
	restarting quit quit take=1 away=never
	connect --reconnect=0.5s
	eventually reconnected 2
	echo x >&"$TO_IT"
	# The pipe is still open.
	ended_with 1 "$CONNECT_PID"
	same "$(<out)" hello
	[[ $(<said) == *"sockkit connect: connecting again was given up: connect 127.0.0.1:$PORT: Connection refused"* ]]
	# shellcheck disable=SC2153 # of start()
	stop "$STARTED_PID"
	restarting take=0 take=0 away=never
	run -1 sockkit connect --reconnect=0.5s 127.0.0.1 "$PORT" </dev/null
	same "$(grep -c hello <<<"$output")" 2
	[[ $output == *"given up: connect 127.0.0.1:$PORT: Connection refused" ]]
}

@test "--reconnect: who only accepts and ends is given up in time" {
	# shellcheck disable=SC2046 # words
	restarting $(yes quit | head -n 50)
	run -1 sockkit connect --reconnect=0.3s 127.0.0.1 "$PORT" </dev/null
	[[ ${lines[-1]} == *'no connection has lasted: given up' ]]
}

@test "--reconnect: the first connection, --timeout and what excludes each other are as ever" {
	run -1 sockkit connect --reconnect 127.0.0.1 1 </dev/null
	same "$output" 'sockkit connect: connect 127.0.0.1:1: Connection refused'
	restarting take=0 away=never
	run -1 sockkit connect --reconnect --timeout=0.5s 127.0.0.1 "$PORT" </dev/null
	run -2 sockkit connect --reconnect -z 127.0.0.1 1
	[[ $output == *'--reconnect has no effect with --probe'* ]]
	run -2 sockkit connect --reconnect --timing 127.0.0.1 1
	[[ $output == *'--timing and --reconnect exclude each other'* ]]
	run -2 sockkit connect --reconnect --end-with-peer 127.0.0.1 1
	run -2 sockkit connect --reconnect=0 127.0.0.1 1
	run -2 sockkit connect --reconnect 5m 127.0.0.1 1
	[[ $output == *'--reconnect=5m'* ]]
}
