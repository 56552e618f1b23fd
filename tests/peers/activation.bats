# systemd's own programs: sockets passed on by systemd-socket-activate, and the man page's units before systemd-analyze.
load peers

setup() {
	open_netns
	cd "$BATS_TEST_TMPDIR" || return 1
}

# Starts systemd-socket-activate ARGS, and waits until it listens at port 7001.
activate() {
	EXEC_IN_JOB=1 in_netns "$(peer systemd-socket-activate)" "$@" >out 2>said 3>&- &
	ACTIVATE=$!
	STARTED_PIDS+=("$!")
	eventually has_line said 'Listening on 127.0.0.1:7001'
}

@test "sockets with names are served, TCP and unix, until nobody comes" {
	activate -l 127.0.0.1:7001 -l "$PWD/s" --fdname=web:local "$SOCKKIT" listen -k --echo --exit-idle=3s
	eventually test -S s
	same "$(echo one | sockkit connect 127.0.0.1:7001)" one
	has_line said "listening on 127.0.0.1:7001 (passed on as 'web')"
	has_line said "listening on unix:$PWD/s (passed on as 'local')"
	same "$(echo two | sockkit connect "unix:$PWD/s")" two
	wait "$ACTIVATE"
	[ -S s ]
}

@test "one socket of several: the one that is named" {
	activate -l 127.0.0.1:7001 -l 127.0.0.1:7002 --fdname=web:other "$SOCKKIT" listen -k --echo --fdname=web
	same "$(echo one | sockkit connect 127.0.0.1:7001)" one
	run -1 grep 7002 <(grep passed said)
	# Nobody holds the other any more.
	run -1 sockkit connect -z 127.0.0.1:7002
}

@test "--accept: a connection that the manager has accepted is the one client" {
	activate -a -l 127.0.0.1:7001 "$SOCKKIT" listen --sh 'echo "$SOCKKIT_REMOTE_ADDR $SOCKKIT_LOCAL_PORT"; cat'
	same "$(echo one | sockkit connect 127.0.0.1:7001)" $'127.0.0.1 7001\none'
	same "$(echo two | sockkit connect 127.0.0.1:7001)" $'127.0.0.1 7001\ntwo'
	eventually has_line said 'died with code 0'
}

@test "--inetd: connect is a forwarder" {
	serve -k --sh 'echo far; cat' 127.0.0.1:0
	activate -a --inetd -l 127.0.0.1:7001 "$SOCKKIT" connect "127.0.0.1:$PORT"
	head -c 5000000 /dev/urandom >large
	(echo far && cat large) >want
	sockkit connect 127.0.0.1:7001 <large | cmp - want
}

@test "datagrams" {
	activate -d -l 127.0.0.1:7001 "$SOCKKIT" udprecv --lines --echo --exit-idle=3s
	same "$(echo one | sockkit udpsend --reply 127.0.0.1:7001)" one
	wait "$ACTIVATE"
	same "$(<out)" one
}

@test "a socket of the wrong kind is refused in one line" {
	activate -l 127.0.0.1:7001 "$SOCKKIT" udprecv
	sockkit connect 127.0.0.1:7001 </dev/null || :
	run wait "$ACTIVATE"
	eventually has_line said "descriptor 3 ('unknown') listens for streams: that is for sockkit listen; here it takes ListenDatagram="
}

# The units of the man pages, as files with the program of this build in them.
write_units() {
	"$ROOT/man/units" "$PWD/units"
	find units -type f -exec sed -i "s,/usr/bin/sockkit,$SOCKKIT,g" {} + -exec mv -t . {} +
}

@test "systemd takes the units of the man page" {
	write_units
	same "$(printf '%s\n' *.socket *.service | sort | tr '\n' ' ')" \
		"echo.service forward.service forward.socket sockets-exporter.service sockets-exporter.socket \
sockkit-listen@.service sockkit-record.service "
	run "$(peer systemd-analyze)" verify --man=no --recursive-errors=no "$PWD"/*.socket "$PWD"/*.service
	same "$status $output" '0 '
}

@test "the exporter of the man page is one that curl understands" {
	local command
	write_units
	# As systemd takes it: lines joined, \r and \n meant, a dollar doubled.
	command=$(sed -n '/^ExecStart=/,/[^\\]$/p' sockets-exporter.service |
		sed -e ':join' -e '/\\$/{N; s/\\\n/ /; b join' -e '}' -e 's/^ExecStart=//; s/\$\$/$/g; s/\\r/\r/g; s/\\n/\n/g')
	eval "set -- $command"
	activate -l 127.0.0.1:7001 "$@"
	run -0 run_peer curl -sS -i http://127.0.0.1:7001/metrics
	[[ $output == *'200 OK'*application/openmetrics-text*'# EOF' ]]
	run -0 run_peer curl -sS -o again http://127.0.0.1:7001/metrics
	has_line again '# TYPE'
}
