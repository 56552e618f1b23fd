# Sockets that a service manager passes on.
# shellcheck disable=SC2094,SC2153
load listen

# Listens at 127.0.0.1 and at a unix socket, and becomes `sockkit listen ARGS` with both: PID COUNT PATH ARGS...
manager='
import os, socket, sys
pid, count, path, *command = sys.argv[1:]
tcp, unix = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)
unix.bind(path)
unix.listen()
fds = os.dup(tcp.fileno()), os.dup(unix.fileno())
fds = [os.dup2(fd, 100 + i) for i, fd in enumerate(fds)]
for i, fd in enumerate(fds):
	os.dup2(fd, 3 + i)
	os.close(fd)
os.environ.update(LISTEN_PID=str(os.getpid()) if pid == "own" else pid, LISTEN_FDS=count, LISTEN_FDNAMES="a:b")
os.execv(command[0], command)'

activated() {
	local fifo=$BATS_TEST_TMPDIR/said.${#STARTED_PIDS[@]}
	mkfifo "$fifo"
	exec {SAID}<>"$fifo"
	EXEC_IN_JOB=1 in_netns python3 -c "$manager" "$1" "$2" "$BATS_TEST_TMPDIR/s" "$SOCKKIT" listen "${@:3}" \
		</dev/null >"$BATS_TEST_TMPDIR/out" 2>"$fifo" 3>&- {SAID}>&- &
	SERVER=$!
	STARTED_PIDS+=("$SERVER")
}

@test "sockets that are passed on are served, and programs do not see that they were" {
	activated own 2 -k --sh 'cat; env'
	hear '*listening on 127.0.0.1:*'
	PORT=${HEARD##*:}
	hear "*listening on unix:$BATS_TEST_TMPDIR/s"
	same "$(echo one | client "$PORT" | sed -n '1p; /^LISTEN_/p')" one
	same "$(echo two | sockkit connect "unix:$BATS_TEST_TMPDIR/s" | head -n 1)" two
	stop "$SERVER"
	# It is the manager's.
	[ -S "$BATS_TEST_TMPDIR/s" ]
}

@test "sockets of another process are none of ours; what does not listen is trouble" {
	activated 1 2 -k --echo
	hear '*listening on *, IPv4 and IPv6'
	stop "$SERVER"
	rm "$BATS_TEST_TMPDIR/s"
	activated own 3 -k --echo
	hear '*LISTEN_FDS: descriptor 5*'
	ended 3
	# Who names an endpoint means that one.
	rm "$BATS_TEST_TMPDIR/s"
	activated own 2 -k --echo 127.0.0.2:0
	hear '*listening on 127.0.0.2:*'
}
