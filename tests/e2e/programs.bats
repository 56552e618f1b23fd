# Programs of --exec and --sh: what their clients get, what they find, and who ends them.
# shellcheck disable=SC2030,SC2031,SC2153 # tests are subshells
load listen

# For eventually(): a process has ended, also where nobody has asked for its status.
is_gone() {
	! grep -q '^State:[[:blank:]]*[^ZX]' "/proc/$1/status" 2>/dev/null
}

# A script that runs sockkit as the caller of `serve` wants it: with the words in front.
with() {
	printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$*" "$SOCKKIT" >"$BATS_TEST_TMPDIR/with"
	chmod +x "$BATS_TEST_TMPDIR/with"
}

# Connects, sends, and stays until it is told on stdin to leave, by a reset or (`close`) in order.
guest='
import socket, struct, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"unheard\n")
sys.stdin.readline()
if sys.argv[2] == "reset":
	s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.close()'

# Takes its time over what it gets, and has said what nobody reads.
slow_client='
import socket, sys, threading
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"unheard" * 1000)
count = 0
while data := s.recv(16384):
	count += len(data)
	threading.Event().wait(0.001)
print(count)'

# guest_leaves HOW: in the background, once the program runs; the program id is in PROGRAM.
guest_leaves() {
	mkfifo "$BATS_TEST_TMPDIR/leave"
	exec {LEAVE}<>"$BATS_TEST_TMPDIR/leave"
	EXEC_IN_JOB=1 in_netns python3 -c "$guest" "$PORT" "$1" <"$BATS_TEST_TMPDIR/leave" 3>&- {SAID}>&- {LEAVE}>&- &
	STARTED_PIDS+=($!)
	hear '*process * started'
	PROGRAM=${HEARD##*process }
	PROGRAM=${PROGRAM%% *}
	eventually has_line "$BATS_TEST_TMPDIR/ready" ^
	echo >&"$LEAVE"
	exec {LEAVE}>&-
	rm "$BATS_TEST_TMPDIR/leave" "$BATS_TEST_TMPDIR/ready"
}

@test "what a program has said arrives, though it has not read everything" {
	serve /dev/null /dev/null -k -v --sh 'head -c 3000000 /dev/zero' 0
	same "$(within_patience python3 -c "$slow_client" "$PORT")" 3000000
	hear '*closed*'
	[[ $HEARD != *' sent'* ]]
}

@test "what a program leaves in the background goes on with the connection" {
	# shellcheck disable=SC2016
	serve /dev/null /dev/null -k -v --sh 'exec 3<&0; (while read -r l <&3; do echo "$l"; done) & echo first' 0
	same "$(printf 'a\nb\n' | client "$PORT" | sort)" $'a\nb\nfirst'
}

@test "whatever is ignored: statuses are known, and programs find what the caller had" {
	with env --ignore-signal=CHLD,PIPE,USR1
	SOCKKIT=$BATS_TEST_TMPDIR/with serve /dev/null /dev/null --exec "grep -h SigIgn /proc/self/status '$BATS_TEST_TMPDIR/none'" 0
	# Bits 9, 12 and 16.
	same "$((0x$(client "$PORT" </dev/null | cut -f 2) & 0x11200))" "$((0x11200))"
	ended 1
	[[ $(rest) == *'exited with status 2'* ]]
}

@test "--max-clients bounds programs that outlive their clients" {
	serve /dev/null /dev/null -k -v --max-clients=1 --when-full=refuse --idle-timeout=0.1 --sh 'exec sleep infinity' 0
	in_netns bash -c 'exec 3<>/dev/tcp/127.0.0.1/$0; ! read -r -t "$PATIENCE" -u 3' "$PORT"
	in_netns bash -c 'exec 3<>/dev/tcp/127.0.0.1/$0; ! read -r -t "$PATIENCE" -u 3' "$PORT" || :
	hear '*max-clients allows'
}

@test "--hangup: a program is told that its client is gone, or has ended" {
	local relay sh="echo >'$BATS_TEST_TMPDIR/ready'; sleep infinity & wait"
	for relay in -k --idle-timeout=60; do
		serve /dev/null /dev/null -k -v "$relay" --hangup=gone --sh "cat >/dev/null & $sh" 0
		guest_leaves reset
		hear '*was killed by SIGHUP'
		serve /dev/null /dev/null -k -v "$relay" --hangup=end --sh "cat >/dev/null & $sh" 0
		guest_leaves close
		hear '*was killed by SIGHUP'
	done
	# Also under nohup.
	with env --ignore-signal=HUP
	SOCKKIT=$BATS_TEST_TMPDIR/with serve /dev/null /dev/null -k -v --hangup=end --sh "$sh" 0
	guest_leaves close
	hear '*was killed by SIGHUP'
	# Who waits for an answer is not gone.
	serve /dev/null /dev/null -k -v --hangup=gone --sh 'cat; echo answer' 0
	same "$(echo question | client "$PORT")" $'question\nanswer'
	run -2 sockkit listen --hangup=now --exec cat 0
	run -2 sockkit listen --hangup=gone --echo 0
	run -2 sockkit listen --leave-running 0
}

@test "the server's end is that of its programs, and of what they started, unless they are left running" {
	local sh="sleep infinity & echo \$! >'$BATS_TEST_TMPDIR/sleep'; echo >'$BATS_TEST_TMPDIR/ready'; wait" sleep
	serve /dev/null /dev/null -k -v --sh "$sh" 0
	idle_client "$PORT"
	eventually has_line "$BATS_TEST_TMPDIR/ready" ^
	stop "$SERVER"
	eventually is_gone "$(<"$BATS_TEST_TMPDIR/sleep")"
	rm "$BATS_TEST_TMPDIR/ready"
	serve /dev/null /dev/null -k -v --leave-running --sh "trap 'echo term >>$BATS_TEST_TMPDIR/heard' TERM; $sh" 0
	idle_client "$PORT"
	eventually has_line "$BATS_TEST_TMPDIR/ready" ^
	stop "$SERVER"
	sleep=$(<"$BATS_TEST_TMPDIR/sleep")
	STARTED_PIDS+=("$sleep")
	run ! is_gone "$sleep"
	[ ! -e "$BATS_TEST_TMPDIR/heard" ]
}

@test "the environment tells of this connection only, and of nothing raw" {
	local path
	with env TCPREMOTEHOST=h TCPREMOTEINFO=i TCPLOCALHOST=l
	SOCKKIT=$BATS_TEST_TMPDIR/with serve /dev/null /dev/null -k --exec env 0
	run -0 client "$PORT" </dev/null
	[[ $output == *TCPREMOTEIP=127.0.0.1* && $output != *TCPREMOTEHOST* && $output != *TCPREMOTEINFO* && $output != *TCPLOCALHOST* ]]
	path=$BATS_TEST_TMPDIR/$'a\e[2J\nb'
	serve /dev/null /dev/null -k --exec env "unix:$path"
	run -0 within_patience nc -N -U "$path" </dev/null
	grep -qxF "SOCKKIT_LOCAL_ADDR=$BATS_TEST_TMPDIR/a\\e[2J\\nb" <<<"$output"
}

@test "a script without #! is the shell's, and an open quote is wrong usage, for listen and connect" {
	local script=$BATS_TEST_TMPDIR/script command
	# shellcheck disable=SC2016
	echo 'echo "script $1"' >"$script"
	chmod +x "$script"
	serve /dev/null /dev/null --exec "$script one" 0
	same "$(client "$PORT" </dev/null)" 'script one'
	serve /dev/null "$BATS_TEST_TMPDIR/got" 0
	run -0 sockkit connect --exec "$script two" 127.0.0.1 "$PORT"
	ended 0
	same "$(<"$BATS_TEST_TMPDIR/got")" 'script two'
	for command in 'listen 0' 'connect 127.0.0.1 9'; do
		# shellcheck disable=SC2086
		run -2 sockkit $command --exec '"unterminated'
		[[ $output == *"--exec '\"unterminated': a quote is not closed"* ]]
	done
}
