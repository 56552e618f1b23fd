# Sockets that a service manager passes on.
# shellcheck disable=SC2030,SC2031,SC2094,SC2153
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
	hear "*listening on 127.0.0.1:* (passed on as 'a')"
	PORT=${HEARD##*:} PORT=${PORT%% *}
	hear "*listening on unix:$BATS_TEST_TMPDIR/s (passed on as 'b')"
	same "$(echo one | client "$PORT" | sed -n '1p; /^LISTEN_/p; /^NOTIFY_/p; /^WATCHDOG_/p')" one
	same "$(echo two | sockkit connect "unix:$BATS_TEST_TMPDIR/s" | head -n 1)" two
	stop "$SERVER"
	# It is the manager's.
	[ -S "$BATS_TEST_TMPDIR/s" ]
}

@test "a proxy serves at sockets that were passed on and are for this host only" {
	activated own 2 --socks --timeout=10ms
	hear "*listening on 127.0.0.1:* (passed on as 'a')"
	hear "*listening on unix:$BATS_TEST_TMPDIR/s (passed on as 'b')"
	ended 0
}

@test "sockets of another process are none of ours; what does not listen is trouble" {
	activated 1 2 -k --echo
	hear '*listening on *, IPv4 and IPv6'
	stop "$SERVER"
	rm "$BATS_TEST_TMPDIR/s"
	activated own 3 -k --echo
	hear "*LISTEN_FDS: descriptor 5 ('unknown')*"
	ended 3
	# Who names an endpoint means that one.
	rm "$BATS_TEST_TMPDIR/s"
	activated own 2 -k --echo 127.0.0.2:0
	hear '*listening on 127.0.0.2:*'
}

@test "a name chooses among the sockets, the others are closed, and events tell it" {
	activated own 2 -k --echo --fdname=b --events=json --print-port
	hear '*nothing that was passed on listens at a port*'
	ended 3
	rm "$BATS_TEST_TMPDIR/s"
	activated own 2 -k --echo --fdname=b --events=json --proxy-protocol
	hear '*"listening"*'
	same "$(jq -r .fdname <<<"$HEARD")" b
	# Who may use it is said by its permissions: no address is asked for.
	same "$(printf 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\none' | sockkit connect "unix:$BATS_TEST_TMPDIR/s")" one
	stop "$SERVER"
	rm "$BATS_TEST_TMPDIR/s"
	activated own 2 --fdname=c
	hear "*--fdname 'c': no socket that was passed on is called so, but: a:b"
	ended 3
}

@test "sockets of another kind, and options that come too late, are refused in one line" {
	run --separate-stderr -3 sockkit ports --free --hold -u -- "$SOCKKIT" listen
	[[ $stderr == *"LISTEN_FDS: descriptor 3 ('udp-"*") is for datagrams: that is for sockkit udprecv"* ]]
	run --separate-stderr -3 sockkit ports --free --hold -- "$SOCKKIT" listen --backlog=3
	[[ $stderr == *"--backlog has no effect on a socket that is passed on"* ]]
	run --separate-stderr -3 sockkit ports --free=2 --hold -u -- "$SOCKKIT" udprecv
	[[ $stderr == *"choose it with --fdname" ]]
	run --separate-stderr -3 sockkit listen --fdname=x
	[[ $stderr == *"--fdname 'x': no socket was passed on"* ]]
	run --separate-stderr -2 sockkit listen --fdname=x 80
	run --separate-stderr -2 sockkit udprecv --fdname=x 80
}

@test "a datagram socket that is passed on is received from, and ends when it is idle" {
	# What was sent before it starts waits for it.
	run --separate-stderr -0 sockkit ports --free --hold -u -- sh -c '
		echo hello | "$0" udpsend "127.0.0.1:$PORT"
		exec "$0" udprecv --exit-idle=10ms --lines' "$SOCKKIT"
	same "$output" hello
	run -0 sockkit udprecv --exit-idle=10ms
}

@test "--exit-idle: status 0 when nobody has come, but whoever waits or is served is served to the end" {
	run --separate-stderr -0 sockkit ports --free --hold -- bash -c '
		exec 4<>"/dev/tcp/127.0.0.1/$PORT"
		cat <&4 &
		exec "$0" listen -k -v --exit-idle=10ms --sh "\"$0\" udprecv --exit-idle=100ms; echo late" 4>&-' "$SOCKKIT"
	same "$output" late
	[[ $stderr == *'nobody came: ended by --exit-idle' ]]
	run -0 sockkit listen --exit-idle=10ms
}

@test "the service manager hears of the start, of life, of lists read anew, and of the end" {
	local news=$BATS_TEST_TMPDIR/news
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" udprecv --lines "unix:$BATS_TEST_TMPDIR/notify" >"$news" 3>&- &
	STARTED_PIDS+=("$!")
	eventually test -S "$BATS_TEST_TMPDIR/notify"
	: >"$BATS_TEST_TMPDIR/list"
	export NOTIFY_SOCKET=$BATS_TEST_TMPDIR/notify WATCHDOG_USEC=100000
	serve /dev/null "$BATS_TEST_TMPDIR/out" -k --sh env --deny "@$BATS_TEST_TMPDIR/list" 127.0.0.1:0
	unset NOTIFY_SOCKET WATCHDOG_USEC
	eventually has_line "$news" 'READY=1'
	eventually has_line "$news" 'WATCHDOG=1'
	run -1 grep 'NOTIFY\|WATCHDOG' <(sockkit connect "127.0.0.1:$PORT" </dev/null)
	kill -HUP "$SERVER"
	hear '*loaded the lists*'
	stop "$SERVER"
	eventually has_line "$news" 'STOPPING=1'
	same "$(sed '/WATCHDOG/d; /STATUS/d; s/^\(MONOTONIC_USEC\)=[1-9][0-9]*$/\1/' "$news")" \
		$'READY=1\nRELOADING=1\nMONOTONIC_USEC\nREADY=1\nSTOPPING=1'
}
