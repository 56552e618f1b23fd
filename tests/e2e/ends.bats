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
	EXEC_IN_JOB=1 in_netns "${MKSOCK%/*}/peer" to "$PORT" end-seen 2>client.said 3>&- &
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
	in_netns "${MKSOCK%/*}/peer" to "$PORT" hello-half-reset
	hear '*: closed *'
	[[ $HEARD == *' 6 bytes received'* ]]
}

@test "--forward: what came before a reset arrives, also at a reader that is slow" {
	local status
	peer slow-reader
	serve /dev/null /dev/null -k -v --forward "127.0.0.1:$PORT" 0
	# All that the forwarder has taken: the rest was the client's to lose.
	in_netns "${MKSOCK%/*}/peer" to "$PORT" push-reset 1000000
	hear '*: closed *'
	[[ $HEARD =~ ([0-9]+)' bytes received' ]]
	wait "$STARTED_PID" || status=$?
	[[ $(<peer.said) =~ ^'end Connection reset by peer after '([0-9]+)$ ]]
	[ "${BASH_REMATCH[1]}" -ge 100000 ]
}

@test "--forward: ghosts use up no place of --max-per-host" {
	local i
	peer deaf
	serve /dev/null /dev/null -k -v --max-per-host=3 --forward "127.0.0.1:$PORT" 0
	for i in 1 2 3; do
		in_netns "${MKSOCK%/*}/peer" to "$PORT" hello-half-reset &
	done
	for i in 1 2 3; do
		hear '*: closed *'
	done
	in_netns "${MKSOCK%/*}/peer" to "$PORT" hello-half-reset
	hear '*client 4: accepted*'
}

@test "--send-only to many, and --exec by way of a relay: one that is reset is let go" {
	local keep
	mkfifo silent
	exec {keep}<>silent
	serve silent /dev/null -k -v --send-only 0
	in_netns "${MKSOCK%/*}/peer" to "$PORT" hello-half-reset
	hear '*: closed *'
	stop "$SERVER"
	exec {keep}>&-
	serve /dev/null /dev/null -k -v --sh 'cat >/dev/null; cat silent' --idle-timeout=1h 0
	in_netns "${MKSOCK%/*}/peer" to "$PORT" hello-half-reset
	# The connection is over at once, though the program is not.
	hear '*process * started*'
	eventually gone_from "$PORT"
	: >silent
	hear '*: closed *'
}

# For eventually(): no connection of the port is left.
gone_from() {
	[ -z "$(in_netns ss -Htn state established state close-wait "sport = :$1")" ]
}

# ---- every kind of stdin, every end of the peer ----

# Runs a command with such a stdin: run_with STDIN COMMAND...
run_with() {
	local input=$1 status=0 line
	shift
	case $input in
	tty) script -qec "$(printf '%q ' nsenter --target "$NETNS_PID" --net "$@")" /dev/null <silent >out || status=$? ;;
	slow)
		for line in one two three; do
			echo "$line" 2>/dev/null || break
			patience_rest 0.1
		done | in_netns "$@" >out || status=$?
		;;
	silent) in_netns "$@" <silent >out || status=$? ;;
	file) in_netns "$@" <data >out || status=$? ;;
	null) in_netns "$@" </dev/null >out || status=$? ;;
	closed) in_netns "$@" <&- >out || status=$? ;;
	socket) in_netns bash -c '"${@:2}" <>"/dev/tcp/127.0.0.1/$1"' - "$FEED" "$@" >out || status=$? ;;
	esac
	return "$status"
}

# The table of sockkit-connect(1): a line for each kind of stdin, with the status where the peer half-
# closes first and reads on, closes, resets, stalls (until --idle-timeout).
table() {
	sed -n '/^ *half-closes  closes  resets  stalls$/,/^\.EE/ s/^ *\([a-z/].*[a-z]\)  *\([013 ]*\)$/\1:\2/p' \
		"$ROOT/man/sockkit-connect.1" |
		awk -F: '{ n = split($1, kinds, ", "); for (i = 1; i <= n; i++) print kinds[i] ":" $2 }' |
		sed 's/^terminal/tty/; s/^slow pipe/slow/; s,^/dev/null,null,; s/:/ /' | tr -s ' '
}

each_of_table() {
	local situation=$1 column=$2 input row status wanted
	shift 2
	while read -r input row; do
		[[ $input != tty ]] || has_terminals || continue
		wanted=$(cut -d' ' -f"$column" <<<"$row")
		status=0
		if [ "$input" = socket ]; then
			peer send 300000
			FEED=$PORT
		fi
		"$@" "$input" "$situation" || status=$?
		same "$input $situation: $status" "$input $situation: $wanted"
		if [ "$situation" = half ]; then
			case $input in
			slow) said 'got 14' ;;
			file) said "got 3000000" ;;
			socket) said 'got 300000' ;;
			null | closed) said 'got 0' ;;
			esac
		fi
	done < <(table)
}

# Only a stall needs one: it shall end.
limit() {
	[[ $1 != deaf ]] || echo --idle-timeout=0.3
}

as_connect() {
	peer "$2"
	# shellcheck disable=SC2046 # an option or none
	run_with "$1" "$SOCKKIT" connect -qq $(limit "$2") 127.0.0.1 "$PORT"
}

as_listen() {
	local port=$((5600 + $(wc -l <<<"$used")))
	used+=$'\n'
	EXEC_IN_JOB=1 in_netns "${MKSOCK%/*}/peer" to "$port" "$2" 2>peer.said 3>&- &
	STARTED_PID=$!
	# shellcheck disable=SC2046 # an option or none
	run_with "$1" "$SOCKKIT" listen -qq $(limit "$2") "127.0.0.1:$port"
}

for_every_kind() {
	local role=$1 used=
	mkfifo silent
	exec {keep}<>silent
	random 3000000 >data
	same "$(table | wc -l)" 6
	each_of_table half 1 "$role"
	each_of_table half-close 2 "$role"
	each_of_table greet-reset 3 "$role"
	each_of_table deaf 4 "$role"
	exec {keep}>&-
}

@test "connect: every kind of stdin, every end of the peer" {
	for_every_kind as_connect
}

@test "a half-close without an answer is spoken of after a request only" {
	peer end-seen
	run -0 sockkit connect 127.0.0.1 "$PORT" <<<$'GET / HTTP/1.1\r\nHost: x\r\n\r'
	[[ $output == *'without an answer'*--no-half-close* ]]
	# A file that is sent somewhere.
	head -c 200000 /dev/urandom >sent
	for what in sent <(cat sent) <(echo hello); do
		serve /dev/null got 0
		run -0 sockkit connect 127.0.0.1 "$PORT" <"$what"
		same "$output" ''
		ended 0
	done
}

@test "listen: every kind of stdin, every end of the peer" {
	for_every_kind as_listen
}

@test "unix sockets: who has left is noticed, and takes nothing more" {
	local how
	mkfifo silent
	exec {keep}<>silent
	for how in half half-close; do
		rm -f socket
		EXEC_IN_JOB=1 start ready "${MKSOCK%/*}/peer" at "$PWD/socket" "$how" 2>peer.said
		run sockkit connect "unix:$PWD/socket" < <(echo one; patience_rest 0.1; echo two)
		[ "$how" = half ] && same "$status" 0 || same "$status" 1
		[ "$how" = half ] && said 'got 8'
	done
	# Silent, and gone: the unix socket tells.
	rm -f socket
	EXEC_IN_JOB=1 start ready "${MKSOCK%/*}/peer" at "$PWD/socket" send 6 2>peer.said
	run -1 sockkit connect "unix:$PWD/socket" <silent
	[[ $output == abcdef*'standard input was not read to its end' ]]
	exec {keep}>&-
}
