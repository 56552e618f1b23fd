# shellcheck shell=bash disable=SC2034 # variables are for the tests
# What the tests of udpsend and udprecv share: a receiver in the background, and its end.

# Waits until a file has a line with the pattern: until_line FILE PATTERN.
until_line() {
	eventually has_line "$1" "$2" || {
		echo "it said: $(cat "$1")" >&2
		return 1
	}
}

# Starts a udprecv and waits until it receives: receive [OPTION...] [ENDPOINT]. Its payload is in
# $OUT, its stderr in $ERR, its port in $PORT, its process id in $RX. $IN_PEER runs it in the other
# namespace (see udp_lab.bats).
receive() {
	OUT=$BATS_TEST_TMPDIR/out.${#STARTED_PIDS[@]} ERR=$BATS_TEST_TMPDIR/err.${#STARTED_PIDS[@]}
	EXEC_IN_JOB=1 ${IN_PEER:-in_netns} "$SOCKKIT" udprecv -v "$@" >"$OUT" 2>"$ERR" 3>&- &
	RX=$!
	STARTED_PIDS+=("$RX")
	until_line "$ERR" 'receiving on\|"bound"'
	PORT=$(sed -n 's/.*receiving on .*:\([0-9]*\)$/\1/p; s/.*"address":"[^"]*:\([0-9]*\)".*/\1/p' "$ERR" |
		head -n 1)
}

# Waits for the receiver's own end; its exit status is in $RC.
received() {
	RC=0
	wait "$RX" || RC=$?
}

# Ends the receiver as a user does.
interrupt() {
	kill -INT "$RX"
	received
}

# The value of a key of the last JSON event on stderr of one kind: event KIND KEY [FILE].
event() {
	jq -r --arg kind "$1" "select(.event == \$kind) | .$2" <(grep '^{' "${3:-$ERR}") | tail -n 1
}

# Bytes of a kind: bytes COUNT, the same every time.
bytes() {
	head -c "$1" </dev/zero | tr '\0' 'a'
}
