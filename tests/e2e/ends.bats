# The rule about ends, from outside: what was sent arrives, whoever ends first and however, or the exit
# status says so.
# shellcheck disable=SC2030,SC2031,SC2094,SC2153 # tests are subshells; nothing is read where it is written
load listen

setup() {
	open_netns
	cd "$BATS_TEST_TMPDIR" || return 1
}

# Starts peer.c: peer SITUATION [BYTES]. Its port is in PORT.
peer() {
	EXEC_IN_JOB=1 start ready in_netns "${MKSOCK%/*}/peer" "$@" 2>peer.said
	PORT=${STARTED[0]}
}

# What the peer said, once it is done.
said() {
	wait "$STARTED_PID"
	same "$(cat peer.said)" "$1"
}

@test "a pipe into a server with stdin from /dev/null arrives whole" {
	random 8000000 >data
	serve /dev/null got 0
	head -c 8000000 data | sockkit connect 127.0.0.1 "$PORT"
	ended 0
	cmp got data
	# Lines with pauses between them.
	serve /dev/null got 0
	for i in {1..20}; do
		echo "line $i"
		patience_rest 0.01
	done | sockkit connect -q 127.0.0.1 "$PORT"
	ended 0
	same "$(wc -l <got)" 20
	# The other way round: the server sends, the client's stdin is no side.
	serve <(cat data) /dev/null 0
	sockkit connect 127.0.0.1 "$PORT" </dev/null | cmp - data
	ended 0
}

@test "the peer ends first: stdin goes on, and the next program of the pipeline reads the end" {
	peer half
	{
		echo before
		# The reader of stdout ends while stdin is open.
		eventually test -e seen
		echo after
	} | EXEC_IN_JOB=1 in_netns "$SOCKKIT" connect 127.0.0.1 "$PORT" | {
		cat
		: >seen
	}
	said 'got 13'
}

@test "a peer that is gone is noticed while stdin is silent" {
	local keep situation
	mkfifo silent
	exec {keep}<>silent
	for situation in greet-reset half-reset; do
		peer "$situation"
		run -1 sockkit connect 127.0.0.1 "$PORT" <silent
		[[ $output == *'reset by the other side'*'standard input was not read to its end' ]]
	done
	exec {keep}>&-
}

@test "an end that is forced is a reset for the peer" {
	local how keep status=0
	mkfifo silent
	exec {keep}<>silent
	for how in --timeout --idle-timeout; do
		echo half >&"$keep"
		peer end-seen
		run -1 sockkit connect -q "$how=$MOMENT" 127.0.0.1 "$PORT" <silent
		[[ $output == *': standard input was not read to its end' ]]
		said 'end Connection reset by peer after 5'
	done
	peer end-seen
	local peer=$STARTED_PID
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" connect -v 127.0.0.1 "$PORT" <silent 2>told 3>&- &
	STARTED_PIDS+=("$!")
	eventually has_line told 'connected to'
	kill "$!"
	wait "$!" || status=$?
	same "$status" 143
	wait "$peer"
	same "$(<peer.said)" 'end Connection reset by peer after 0'
	# A server, too.
	serve silent /dev/null -v 0
	EXEC_IN_JOB=1 in_netns "${MKSOCK%/*}/peer" client-end-seen "$PORT" 2>client.said 3>&- &
	local client=$!
	hear '*accepted*'
	kill "$SERVER"
	wait "$client"
	same "$(<client.said)" 'end Connection reset by peer after 0'
	exec {keep}>&-
}

@test "--forward: a client that half-closes and is reset then leaves nobody behind" {
	peer deaf
	serve /dev/null /dev/null -k -v --forward "127.0.0.1:$PORT" 0
	in_netns "${MKSOCK%/*}/peer" client-half-reset "$PORT"
	hear '*: closed *'
	[[ $HEARD == *' 6 bytes received'* ]]
}

@test "--forward: what came before a reset arrives, also at a reader that is slow" {
	local status
	peer slow-reader
	serve /dev/null /dev/null -k -v --forward "127.0.0.1:$PORT" 0
	# All that the forwarder has taken: the rest was the client's to lose.
	in_netns "${MKSOCK%/*}/peer" client-send-reset "$PORT" 1000000
	hear '*: closed *'
	[[ $HEARD =~ ([0-9]+)' bytes received' ]]
	wait "$STARTED_PID" || status=$?
	[[ $(<peer.said) =~ ^'end Connection reset by peer after '([0-9]+)$ ]]
	[ "${BASH_REMATCH[1]}" -ge 100000 ]
}
