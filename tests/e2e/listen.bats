# `sockkit listen` for one client, and what all of its modes share: addresses, limits, events.
# shellcheck disable=SC2030,SC2031,SC2094,SC2153 # tests are subshells; nothing is read where it is written
load listen

@test "one client: everything arrives, both ways, whoever is at the other end" {
	local size clients name
	declare -A clients=(
		[nc]='nc -N 127.0.0.1'
		[ncat]='ncat --no-shutdown 127.0.0.1'
		[socat]='socat -t 20 - TCP:127.0.0.1'
		[sockkit]="$SOCKKIT connect 127.0.0.1"
	)
	for size in 0 1 65537 8388608; do
		random "$size" >"$BATS_TEST_TMPDIR/down"
		random "$size" >"$BATS_TEST_TMPDIR/up"
		for name in nc socat sockkit; do
			serve "$BATS_TEST_TMPDIR/down" "$BATS_TEST_TMPDIR/got.up" 127.0.0.1:0
			local separator=' '
			[ "$name" != socat ] || separator=:
			# shellcheck disable=SC2086 # words
			within_patience ${clients[$name]}$separator$PORT \
				<"$BATS_TEST_TMPDIR/up" >"$BATS_TEST_TMPDIR/got.down"
			ended 0
			cmp "$BATS_TEST_TMPDIR/down" "$BATS_TEST_TMPDIR/got.down"
			cmp "$BATS_TEST_TMPDIR/up" "$BATS_TEST_TMPDIR/got.up"
		done
	done
}

@test "ncat sends, and ncat receives" {
	random 8388608 >"$BATS_TEST_TMPDIR/data"
	serve /dev/null "$BATS_TEST_TMPDIR/got" --recv-only 0
	in_netns ncat --send-only 127.0.0.1 "$PORT" <"$BATS_TEST_TMPDIR/data"
	ended 0
	cmp "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/got"
	serve "$BATS_TEST_TMPDIR/data" /dev/null --send-only 0
	in_netns ncat --recv-only ::1 "$PORT" </dev/null | cmp - "$BATS_TEST_TMPDIR/data"
	ended 0
}

@test "both families on one socket, one client, then nobody listens" {
	serve /dev/null "$BATS_TEST_TMPDIR/got" 0
	run -0 sockkit ports -H "$PORT"
	[ "${#lines[@]}" -eq 1 ]
	echo six | client "$PORT" ::1
	ended 0
	same "$(<"$BATS_TEST_TMPDIR/got")" six
	run -1 sockkit ports "$PORT"
	serve /dev/null "$BATS_TEST_TMPDIR/got" 0
	echo four | client "$PORT"
	ended 0
	same "$(<"$BATS_TEST_TMPDIR/got")" four
}

@test "stdout: append, full, gone" {
	echo first >"$BATS_TEST_TMPDIR/log"
	serve /dev/null "+$BATS_TEST_TMPDIR/log" 0
	printf 'second\n%s\n' "$(seq 20000)" | client "$PORT"
	ended 0
	same "$(head -n 2 "$BATS_TEST_TMPDIR/log")" $'first\nsecond'
	same "$(tail -n 1 "$BATS_TEST_TMPDIR/log")" 20000
	serve /dev/null /dev/full 0
	seq 10 | client "$PORT" || :
	ended 3
	[[ $(rest) == *'cannot write to standard output'* ]]
}

@test "a reset with data outstanding is said, with status 1" {
	serve /dev/zero /dev/null 0
	in_netns socat -u "TCP:127.0.0.1:$PORT,linger=0" STDOUT 2>/dev/null | head -c 100000 >/dev/null || :
	ended 1
	[[ $(rest) == *reset* ]]
}

@test "port 0 is told, bare on stdout and in words on stderr" {
	start '[0-9]*' env EXEC_IN_JOB= bash -c "$(declare -f in_netns); NETNS_PID=$NETNS_PID
		EXEC_IN_JOB=1 in_netns '$SOCKKIT' listen --print-port -k --discard" 2>/dev/null
	[[ ${STARTED[0]} =~ ^[0-9]+$ ]]
	run -0 sockkit ports -H -c process "${STARTED[0]}"
	[[ $output == sockkit* ]]
	run -3 in_netns sh -c '"$0" listen -q --print-port --timeout=2 >/dev/full' "$SOCKKIT"
	[[ $output == *'cannot write to standard output'* ]]
}

@test "a port that is used names who holds it" {
	mksock tcp-listen 127.0.0.1 8080
	run -3 sockkit listen 127.0.0.1:8080
	same "$output" "sockkit listen: listen at 127.0.0.1:8080: Address already in use: held by mksock[$MKSOCK_PID]; see sockkit ports 8080"
	run -3 sockkit listen 8080
	[[ $output == *"held by mksock[$MKSOCK_PID]"* ]]
	run -3 sockkit listen 192.0.2.1:80
	[[ $output == *'Cannot assign requested address'* ]]
	EXEC_IN_JOB=1 start '*listening*' in_netns sh -c "exec \"\$0\" listen -k --echo 'unix:$BATS_TEST_TMPDIR/held' 2>&1" "$SOCKKIT"
	run -3 sockkit listen "unix:$BATS_TEST_TMPDIR/held"
	[[ $output == *": Address already in use: held by sockkit[$STARTED_PID]; see sockkit sockets -x" ]]
}

@test "names, services, and what cannot be listened at" {
	serve /dev/null /dev/null -k --echo localhost:http-alt
	same "$PORT" 8080
	same "$(echo hi | client 8080 127.0.0.1)" hi
	stop "$SERVER"
	run ! sockkit listen nosuchname.invalid:80
	run -2 sockkit listen localhost:nosuchservice
	run -2 sockkit listen 80000
	run -2 sockkit listen "unix:$(printf 'x%.0s' {1..200})"
	[[ $output == *'at most 107'* ]]
	run -2 sockkit listen -4 '[::1]:80'
	run -2 sockkit listen --mode=660 80
	run -2 sockkit listen --seqpacket 80
	run -2 sockkit listen --echo --discard
	run -2 sockkit listen --crlf --echo
	run -2 sockkit listen -k --hex
	run -2 sockkit listen 1 2 3
}

@test "IPv6 switched off, and narrowed to one family" {
	in_netns sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6' 2>/dev/null || skip 'sysctl is read-only'
	serve /dev/null /dev/null -k --echo 0
	same "$(echo hi | client "$PORT")" hi
	stop "$SERVER"
	in_netns sh -c 'echo 0 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
	serve /dev/null /dev/null -k -6 --echo 0
	same "$(echo hi | client "$PORT" ::1)" hi
	run -1 client "$PORT" 127.0.0.1 </dev/null
	serve /dev/null /dev/null -k -4 --echo 0
	same "$(echo hi | client "$PORT")" hi
	run -1 client "$PORT" ::1 </dev/null
}

@test "time: nobody comes, nothing moves, or the server's time is over" {
	run -1 sockkit listen --timeout=0.1 0
	[[ $output == *'nobody came'* ]]
	run -0 sockkit listen -k --echo --timeout=0.1 0
	serve /dev/zero /dev/null --idle-timeout=0.2 0
	EXEC_IN_JOB=1 in_netns bash -c 'exec 3<>/dev/tcp/127.0.0.1/$0; read -r -t "$PATIENCE" -n 1 -u 3; exec sleep infinity' "$PORT" &
	STARTED_PIDS+=($!)
	ended 1
	[[ $(rest) == *idle* ]]
	serve /dev/null /dev/null -k -v --echo --idle-timeout=0.2 0
	in_netns bash -c 'exec 3<>/dev/tcp/127.0.0.1/$0; ! read -r -t "$PATIENCE" -u 3' "$PORT"
	hear '*idle-timeout*'
}

@test "signals end it, and shells see them; a unix socket's file goes" {
	local signal path=$BATS_TEST_TMPDIR/sock
	# A shell has INT and QUIT ignored in its background jobs.
	printf '#!/bin/sh\nexec env --default-signal=HUP,INT,QUIT "%s" "$@"\n' "$SOCKKIT" >"$BATS_TEST_TMPDIR/usual"
	chmod +x "$BATS_TEST_TMPDIR/usual"
	for signal in TERM:143 INT:130 HUP:129; do
		SOCKKIT=$BATS_TEST_TMPDIR/usual serve /dev/null /dev/null -k --echo "unix:$path"
		[ -S "$path" ]
		kill -"${signal%:*}" "$SERVER"
		ended "${signal#*:}"
		[ ! -e "$path" ]
	done
}

@test "unix sockets: stale ones are replaced, living ones and files are not" {
	local path=$BATS_TEST_TMPDIR/sock
	serve /dev/null /dev/null -k --echo "unix:$path" --mode=640
	same "$(stat -c %a "$path")" 640
	same "$(echo hi | in_netns nc -N -U "$path")" hi
	run -3 sockkit listen "unix:$path"
	[[ $output == *'in use'* ]]
	kill -KILL "$SERVER"
	wait "$SERVER" || :
	[ -S "$path" ]
	serve /dev/null /dev/null -k --echo "unix:$path"
	same "$(echo again | in_netns nc -N -U "$path")" again
	stop "$SERVER"
	echo precious >"$path"
	run -3 sockkit listen "unix:$path"
	same "$(<"$path")" precious
	serve /dev/null /dev/null -k --echo unix:@sockkit-test
	same "$(echo hi | in_netns socat - ABSTRACT-CONNECT:sockkit-test)" hi
	serve /dev/null "$BATS_TEST_TMPDIR/got" --seqpacket "unix:$BATS_TEST_TMPDIR/records"
	printf record | in_netns socat -u - "UNIX-CONNECT:$BATS_TEST_TMPDIR/records,socktype=5"
	ended 0
	same "$(<"$BATS_TEST_TMPDIR/got")" record
}

@test "--user gives everything up once the port is bound" {
	[ "$EUID" -eq 0 ] || skip 'only root can become somebody else'
	serve /dev/null /dev/null -k --sh 'id -u; id -g; id -G' --user=65534 127.0.0.1:81
	same "$(client 81 </dev/null)" $'65534\n65534\n65534'
	same "$(awk '/^(Uid|Gid|Groups):/ { print $2, $3, $4 }' "/proc/$SERVER/status")" $'65534 65534 65534\n65534 65534 65534\n65534  '
	run -3 sockkit listen --user=nosuchuser 0
	[[ $output == *nosuchuser* ]]
}

@test "--reuse-port shares a port" {
	serve /dev/null /dev/null -k --echo --reuse-port 127.0.0.1:8085
	serve /dev/null /dev/null -k --echo --reuse-port 127.0.0.1:8085
	[ "$(sockkit sockets -H -l sport = :8085 | wc -l)" -eq 2 ]
	run -3 sockkit listen 127.0.0.1:8085
}

@test "--allow and --deny, from the command line and from files" {
	printf '\357\273\277# mine\n\n127.0.0.2 # that one\n10.0.0.0/8\n' >"$BATS_TEST_TMPDIR/list"
	serve /dev/null /dev/null -k -v --echo --allow="@$BATS_TEST_TMPDIR/list" --allow=127.0.0.4/31,127.0.0.9 --deny=127.0.0.5 0
	local from
	for from in 127.0.0.2 127.0.0.4 127.0.0.9; do
		same "$(echo hi | in_netns nc -N -s "$from" 127.0.0.1 "$PORT")" hi
	done
	for from in 127.0.0.1 127.0.0.5 127.0.0.6; do
		same "$(echo hi | in_netns nc -N -s "$from" 127.0.0.1 "$PORT" 2>/dev/null)" ''
		hear "*refused: $from:* is not allowed"
	done
	: >"$BATS_TEST_TMPDIR/list"
	run -3 sockkit listen --allow="@$BATS_TEST_TMPDIR/list" 0
	run -3 sockkit listen --allow="@$BATS_TEST_TMPDIR/no such file" 0
}

@test "--allow and --deny: a bad entry is wrong usage wherever it stands" {
	local entry
	for entry in 10.0.0.0/33 1.2.3 1.2.3.4.5 ::g a/8 'a b' -1 '*'; do
		run -2 sockkit listen --allow="$entry" 0
		[[ $output == *"--allow '$entry'"* ]]
		printf '1.2.3.4\n%s\n' "$entry" >"$BATS_TEST_TMPDIR/list"
		[[ $entry == *' '* ]] || {
			run -2 sockkit listen --deny="@$BATS_TEST_TMPDIR/list" 0
			[[ $output == *"$BATS_TEST_TMPDIR/list, line 2"* ]]
		}
	done
	run -2 sockkit listen --allow=@ 0
	run ! sockkit listen --allow=nosuchname.invalid 0
	[[ $output == *nosuchname.invalid* ]]
	# Those who have no address are on no list.
	run -2 sockkit listen --allow=10.0.0.0/8 "unix:$BATS_TEST_TMPDIR/sock"
	run -2 sockkit listen --max-per-host=2 -k --echo "unix:$BATS_TEST_TMPDIR/sock"
}

@test "--allow and --deny: hosts, and SIGHUP loads it all anew" {
	printf 'localhost\n' >"$BATS_TEST_TMPDIR/list"
	serve /dev/null /dev/null -k -v --echo --allow="@$BATS_TEST_TMPDIR/list" 0
	same "$(echo hi | in_netns nc -N 127.0.0.1 "$PORT")" hi
	same "$(echo hi | in_netns nc -N -s 127.0.0.2 127.0.0.1 "$PORT" 2>/dev/null)" ''
	hear '*refused: 127.0.0.2:*'
	echo 127.0.0.2 >"$BATS_TEST_TMPDIR/list"
	kill -HUP "$SERVER"
	hear '*loaded the lists: 1 entry of --allow, 0 of --deny'
	same "$(echo hi | in_netns nc -N -s 127.0.0.2 127.0.0.1 "$PORT")" hi
	same "$(echo hi | in_netns nc -N 127.0.0.1 "$PORT" 2>/dev/null)" ''
	# What cannot be read changes nothing.
	echo 127.0.0.2/99 >"$BATS_TEST_TMPDIR/list"
	kill -HUP "$SERVER"
	hear '*lists stay as they were: */list, line 1*'
	echo nosuchname.invalid >"$BATS_TEST_TMPDIR/list"
	kill -HUP "$SERVER"
	hear "*lists stay as they were: *nosuchname.invalid*"
	same "$(echo hi | in_netns nc -N -s 127.0.0.2 127.0.0.1 "$PORT")" hi
	kill -TERM "$SERVER"
	ended 143
	# nohup: SIGHUP is for nobody.
	printf '#!/bin/sh\nexec env --ignore-signal=HUP "%s" "$@"\n' "$SOCKKIT" >"$BATS_TEST_TMPDIR/nohup"
	chmod +x "$BATS_TEST_TMPDIR/nohup"
	echo 127.0.0.1 >"$BATS_TEST_TMPDIR/list"
	SOCKKIT=$BATS_TEST_TMPDIR/nohup serve /dev/null /dev/null -k --echo --allow="@$BATS_TEST_TMPDIR/list" 0
	: >"$BATS_TEST_TMPDIR/list"
	kill -HUP "$SERVER"
	same "$(echo hi | in_netns nc -N 127.0.0.1 "$PORT")" hi
	stop "$SERVER"
	same "$(rest)" ''
}

@test "a bare root without /dev/null, descriptors closed: it serves" {
	need_bare_root
	printf '#!/bin/sh\nexec chroot "%s" /sockkit "$@" <&-\n' "$BARE_ROOT" >"$BATS_TEST_TMPDIR/bare.sh"
	chmod +x "$BATS_TEST_TMPDIR/bare.sh"
	[ ! -e "$BARE_ROOT/dev/null" ]
	SOCKKIT=$BATS_TEST_TMPDIR/bare.sh serve /dev/null /dev/null -k --echo 0
	same "$(echo hi | client "$PORT")" hi
	sed -i 's/ <&-//' "$BATS_TEST_TMPDIR/bare.sh"
	SOCKKIT=$BATS_TEST_TMPDIR/bare.sh serve /dev/null "$BATS_TEST_TMPDIR/got" 0
	echo hi | client "$PORT"
	ended 0
	same "$(<"$BATS_TEST_TMPDIR/got")" hi
}

@test "events: lines of JSON, nothing with -q, the socket's life with -v" {
	serve /dev/null /dev/null -k -v --events=json --echo 0 || :
	PORT=$(jq -r .local_port <<<"$HEARD")
	echo hi | client "$PORT"
	hear '*"closed"*'
	jq -e '.event == "closed" and .received == 3 and .sent == 3 and .remote_address == "127.0.0.1" and .error == null and .client == 1' <<<"$HEARD"
	stop "$SERVER"
	serve /dev/null /dev/null -v -k --echo 0
	echo hi | client "$PORT"
	hear '*client 1: accepted 127.0.0.1:*'
	hear '*client 1: closed 127.0.0.1:*, 3 bytes received, 3 sent'
	run -1 sockkit listen -qq --timeout=0.1 0
	[ -z "$output" ]
	run -1 sockkit listen -q --timeout=0.1 0
	[ "${#lines[@]}" -eq 1 ]
}

@test "--record: a file for each connection" {
	serve /dev/null /dev/null -k --echo --record="$BATS_TEST_TMPDIR/records" 0
	echo one | client "$PORT"
	echo two | client "$PORT" ::1
	eventually [ "$(find "$BATS_TEST_TMPDIR/records" -type f | wc -l)" -eq 2 ]
	run -0 cat "$BATS_TEST_TMPDIR"/records/*-1-127.0.0.1:*
	[[ $output == *'I 20'*'6f 6e 65 0a'*'O 20'*'6f 6e 65 0a'* ]]
	run -3 sockkit listen --record=/proc/nowhere 0
}

# Starts sockkit with a fifo of this name as stdin, whose descriptor is in TO_IT: fed NAME ARG...
fed() {
	local name=$BATS_TEST_TMPDIR/$1
	shift
	mkfifo "$name"
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" "$@" <"$name" >"$name.out" 2>"$name.err" 3>&- &
	FED=$!
	STARTED_PIDS+=("$FED")
	exec {TO_IT}>"$name"
}

@test "--keepalive finds who is gone with data under way: a client, and the other end of --forward" {
	in_netns nft add table inet t 2>/dev/null || skip 'no nftables'
	in_netns nft 'add chain inet t i { type filter hook input priority 0; }'
	local server to_server client dir=$BATS_TEST_TMPDIR
	fed server listen --keepalive=2s 127.0.0.1:8091
	server=$FED to_server=$TO_IT
	eventually is_bound 8091
	fed client connect 127.0.0.1 8091
	echo ready >&"$TO_IT"
	eventually has_line "$dir/server.out" ready
	in_netns nft add rule inet t i tcp sport 8091 drop
	echo two >&"$to_server"
	ended_with 1 "$server"
	[[ $(<"$dir/server.err") == *'timed out'* ]]
	fed end listen 127.0.0.1:8093
	fed forward listen -k -v --keepalive=2s --forward 127.0.0.1:8093 127.0.0.1:8092
	eventually is_bound 8092
	eventually is_bound 8093
	fed through connect 127.0.0.1 8092
	client=$FED
	echo ready >&"$TO_IT"
	eventually has_line "$dir/end.out" ready
	in_netns nft add rule inet t i tcp dport 8093 drop
	echo two >&"$TO_IT"
	ended_with 1 "$client"
	[[ $(<"$dir/through.err") == *'reset by the other side'* ]]
}
