# connect: one connection joined to stdin and stdout. The other end is real nc, ncat and socat where
# that matters, and peer.c for what those do not do on purpose.
# shellcheck disable=SC2030,SC2031,SC2094,SC2153 # each test is a subshell; nothing reads what it writes
load helper

setup() {
	open_netns
	cd "$BATS_TEST_TMPDIR" || return 1
}

# Starts peer.c: peer SITUATION [BYTES]. Its port is in PORT.
peer() {
	EXEC_IN_JOB=1 start ready in_netns "$HELPERS/peer" "$@" 2>peer.said
	PORT=${STARTED[0]}
}

# What the peer said, once it is done.
said() {
	wait "$STARTED_PID"
	same "$(cat peer.said)" "$1"
}

# Starts a server that says nothing when it is ready, and waits until it listens: serve PORT COMMAND...
serve() {
	local port=$1
	shift
	EXEC_IN_JOB=1 in_netns "$@" >"served.$port" 2>"errors.$port" </dev/null 3>&- &
	STARTED_PIDS+=("$!")
	eventually is_bound "$port"
}

# What peer.c sends: COUNT bytes of a, b ... z, a ...
pattern() {
	head -c "$1" < <(yes abcdefghijklmnopqrstuvwxyz | tr -d '\n')
}

# A file of so many bytes that do not repeat.
noise() {
	head -c "$1" /dev/urandom >"noise.$1"
}

# ---- section 4 of the regression cases ----

@test "an answer that begins a second after the end of stdin arrives whole" {
	peer answer 200000
	printf 'request\n' | sockkit connect 127.0.0.1 "$PORT" >got
	cmp got <(pattern 200000)
}

@test "--end-with-peer: the end of the connection ends the command, though stdin is open" {
	peer send 6
	start 'done*' in_netns bash -c '"$0" connect --end-with-peer 127.0.0.1 "$1" 2>said; echo; echo "done $?"' \
		"$SOCKKIT" "$PORT"
	same "${STARTED[*]}" 'abcdef done 0'
	same "$(<said)" 'sockkit connect: the other side ended: standard input was not read to its end'
	# One that has ended by then is no loss.
	peer half
	run -0 sockkit connect -q --end-with-peer 127.0.0.1 "$PORT" <<<x
	same "$output" ''
	said 'got 2'
}

@test "a reset is an error, and said" {
	peer greet-reset
	mkfifo open
	run -1 --separate-stderr sockkit connect 127.0.0.1 "$PORT" <>open
	same "$output" hello
	[[ $stderr == *'connection reset by the other side'* ]]
}

@test "a reset while data are on their way is an error" {
	peer reset 1000
	noise 4000000
	run -1 sockkit connect 127.0.0.1 "$PORT" <noise.4000000
	[[ $output == *'reset by the other side'*'lost'* ]]
}

@test "a refusal is an error, and said without -v" {
	run -1 sockkit connect 127.0.0.1 1 </dev/null
	same "$output" 'sockkit connect: connect 127.0.0.1:1: Connection refused'
	run -1 sockkit connect -qq 127.0.0.1 1 </dev/null
	same "$output" ''
}

@test "two megabytes come back from an echo in both directions at once" {
	noise 2000000
	serve 7001 ncat -lk -e /bin/cat 127.0.0.1 7001
	serve 7002 socat TCP-LISTEN:7002,fork,reuseaddr PIPE
	sockkit connect 127.0.0.1 7002 <noise.2000000 >got
	cmp got noise.2000000
	peer echo
	sockkit connect 127.0.0.1 "$PORT" <noise.2000000 | cmp - noise.2000000
}

@test "a UDP port that is closed is closed, and one that is open gets no byte" {
	run -1 sockkit connect -zu 127.0.0.1:9 -f jsonl
	jq -e '.state == "closed" and .reason == "port-unreachable"' <<<"$output"
	mksock udp-bound 127.0.0.1
	run -0 sockkit connect -zu -w 0.1 "127.0.0.1:$(port_of 0)" -f jsonl
	jq -e '.state == "open|filtered"' <<<"$output"
}

# ---- stdin ----

@test "stdin: closed, /dev/null, empty, a file, a pipe" {
	local i
	noise 70000
	for i in '<<<""' '<noise.70000' '< <(cat noise.70000)' '< <(:)'; do
		peer answer 3
		eval "sockkit connect 127.0.0.1 $PORT $i" >got
		same "$(cat got)" abc
	done
	# What is no side at all half-closes nothing: the peer is not told of an end.
	for i in '<&-' '</dev/null' '0>/dev/null'; do
		peer end-told
		eval "sockkit connect 127.0.0.1 $PORT $i" >got
		same "$(cat got)" hello
		said 'told 0'
	done
	peer end-told
	sockkit connect 127.0.0.1 "$PORT" < <(:) >got
	said 'told 1'
}

@test "stdin is a terminal" {
	serve 7003 socat TCP-LISTEN:7003,reuseaddr,fork SYSTEM:'tr [:lower:] [:upper:]'
	in_netns script -qec "'$SOCKKIT' connect 127.0.0.1 7003" /dev/null >got < <(printf 'hello\n\004')
	grep -q HELLO got
}

@test "stdin that cannot be read ends with status 3, and the peer sees a reset" {
	peer half
	run -3 sockkit connect 127.0.0.1 "$PORT" </
	[[ $output == *'cannot read standard input: Is a directory'* ]]
}

@test "the peer may end its half first: stdin is sent all the same" {
	noise 8000000
	peer half
	sockkit connect 127.0.0.1 "$PORT" <noise.8000000
	said "got 8000000"
	peer half-slow
	sockkit connect 127.0.0.1 "$PORT" <noise.8000000
	said "got 8000000"
}

# ---- stdout ----

@test "stdout: closed, full, a full disk" {
	peer send 100000
	run -3 bash -c "nsenter --target $NETNS_PID --net '$SOCKKIT' connect 127.0.0.1 $PORT </dev/null >&-"
	[[ $output == *'cannot write to standard output: Bad file descriptor'* ]]
	peer send 100000
	run -3 bash -c "nsenter --target $NETNS_PID --net '$SOCKKIT' connect 127.0.0.1 $PORT </dev/null >/dev/full"
	[[ $output == *'cannot write to standard output: No space left on device'* ]]
}

@test "stdout: a pipe that is full, and a file that is appended to" {
	peer send 3000000
	sockkit connect 127.0.0.1 "$PORT" </dev/null | (patience_rest 0.3; cmp - <(pattern 3000000))
	printf 'before ' >log
	peer send 1000000
	sockkit connect 127.0.0.1 "$PORT" </dev/null >>log
	cmp log <(printf 'before '; pattern 1000000)
}

@test "a reader that goes away ends the command by SIGPIPE, quietly" {
	peer send 30000000
	run -0 bash -c "nsenter --target $NETNS_PID --net '$SOCKKIT' connect 127.0.0.1 $PORT </dev/null | head -c 3
		echo \" \${PIPESTATUS[0]}\""
	same "$output" 'abc 141'
}

@test "stdout carries payload only" {
	peer send 3
	sockkit connect -vv --timing --progress 127.0.0.1 "$PORT" </dev/null >got 2>said
	same "$(cat got)" abc
	grep -q 'connected to 127.0.0.1' said
	grep -q 'the other side ended after 3 bytes' said
}

# ---- the ends ----

@test "--send-only ends with stdin, whatever the peer does" {
	peer greet
	printf 'x' | sockkit connect --send-only 127.0.0.1 "$PORT" >got
	[ ! -s got ]
	said 'got 1'
}

@test "--recv-only leaves stdin alone and does not half-close" {
	peer greet
	run -1 sockkit connect --recv-only --timeout="$MOMENT" 127.0.0.1 "$PORT" <<<"never sent"
	[[ $output == hello*'ended by --timeout'* ]]
	said 'got 0'
}

@test "--no-half-close keeps the other side waiting for more" {
	peer greet
	run -1 sockkit connect --no-half-close --idle-timeout="$MOMENT" 127.0.0.1 "$PORT" <<<"x"
	[[ $output == *'nothing moved'* ]]
	said 'got 2'
}

@test "--linger ends after silence, and cuts nothing off" {
	mksock tcp-listen 127.0.0.1
	run -0 sockkit connect --linger=0.1 127.0.0.1 "$(port_of 0)" <<<x
	peer answer 5
	run -0 sockkit connect --linger="$PATIENCE" 127.0.0.1 "$PORT" <<<x
	same "$output" abcde
}

@test "a peer that never reads is told apart from one that is done" {
	noise 30000000
	peer deaf
	run -1 sockkit connect --idle-timeout=0.3 127.0.0.1 "$PORT" <noise.30000000
	[[ $output == *'bytes are lost ('*' read and not sent, '*' sent and not acknowledged), and standard input was not read to its end' ]]
}

# Somebody has a connection to a port of the test's namespace.
is_connected() {
	[ -n "$(in_netns ss -Htn "dport = :$1")" ]
}

@test "SIGINT and SIGTERM are seen by the shell" {
	local signal pid
	mkfifo open
	for signal in INT TERM; do
		peer deaf
		EXEC_IN_JOB=1 sockkit connect 127.0.0.1 "$PORT" \
			<>open >said 2>&1 3>&- &
		pid=$!
		STARTED_PIDS+=("$pid")
		eventually is_connected "$PORT"
		kill -s "$signal" "$pid"
		ended_with "$((128 + $(kill -l "$signal")))" "$pid"
		[ ! -s said ]
	done
}

# ---- names, addresses, deadlines ----

@test "a deadline is over the lookup, too" {
	need_mounts
	# Nobody answers, nobody refuses: the server is an address that swallows what it gets.
	in_netns ip link add dns0 type veth peer name dns1
	in_netns ip addr add 192.0.2.1/24 dev dns0
	in_netns ip link set dns0 up
	in_netns ip link set dns1 up
	printf 'nameserver 192.0.2.53\n' >resolv.conf
	# shellcheck disable=SC2016 # expands in the inner shell
	run -1 in_netns unshare -m sh -c 'mount --bind "$1" /etc/resolv.conf && exec "$0" connect --timeout=0.3 name.example 80 </dev/null' \
		"$SOCKKIT" "$PWD/resolv.conf"
	[[ $output == *'look up name.example: Connection timed out'* ]]
}

@test "of a dead and a live address the live one wins within 300 ms" {
	need_mounts
	in_netns ip link add dead0 type veth peer name dead1
	in_netns ip addr add 2001:db8::1/64 dev dead0 nodad
	in_netns ip link set dead0 up
	in_netns ip link set dead1 up
	mksock tcp-listen 127.0.0.1
	printf '2001:db8::2 both\n127.0.0.1 both\n' >hosts
	# shellcheck disable=SC2016 # expands in the inner shell
	run -0 in_netns unshare -m sh -c 'mount --bind "$1" /etc/hosts && exec "$0" connect -z --timing -j both:"$2"' \
		"$SOCKKIT" "$PWD/hosts" "$(port_of 0)"
	jq -e '.[0] | .address == "127.0.0.1" and .total_us >= 200000 and .total_us < 300000 + 50000 and
		(.attempts | length == 2 and .[0].state == "cancelled" and .[1].state == "won")' <<<"$output"
}

@test "an address of the wrong family, an unknown interface, a source that is not ours" {
	run -3 sockkit connect -4 '[::1]:80' </dev/null
	run -3 sockkit connect -I nosuch0 127.0.0.1:80 </dev/null
	run -3 sockkit connect -s 192.0.2.77 127.0.0.1:80 </dev/null
	[[ $output == *'Cannot assign requested address'* ]]
}

@test "--source and --interface are what the peer sees" {
	serve 7004 socat TCP-LISTEN:7004,fork,reuseaddr 'SYSTEM:echo $SOCAT_PEERADDR $SOCAT_PEERPORT'
	same "$(sockkit connect -s 127.0.0.9:4321 127.0.0.1 7004 </dev/null)" '127.0.0.9 4321'
	same "$(sockkit connect -I lo -s 127.0.0.8 127.0.0.1 7004 </dev/null | cut -d' ' -f1)" 127.0.0.8
}

@test "names of services, and names that nobody knows" {
	run -1 sockkit connect 127.0.0.1:http </dev/null
	[[ $output == *'connect 127.0.0.1:http: Connection refused' ]]
	run -2 sockkit connect 127.0.0.1:htpp </dev/null
	[[ $output == *htpp*http* ]]
	run -1 sockkit connect nosuch.invalid:80 </dev/null
	[[ $output == *'look up nosuch.invalid'* ]]
}

# ---- other sockets ----

@test "unix sockets: stream, seqpacket, abstract, and none" {
	EXEC_IN_JOB=1 in_netns socat UNIX-LISTEN:"$PWD/stream",fork PIPE 3>&- &
	STARTED_PIDS+=("$!")
	EXEC_IN_JOB=1 in_netns socat UNIX-LISTEN:"$PWD/packets",type=5,fork PIPE 3>&- &
	STARTED_PIDS+=("$!")
	EXEC_IN_JOB=1 in_netns socat ABSTRACT-LISTEN:skt-test,fork PIPE 3>&- &
	STARTED_PIDS+=("$!")
	same "$(sockkit connect --wait="$PATIENCE" "unix:$PWD/stream" <<<one)" one
	same "$(sockkit connect --wait="$PATIENCE" "unix:$PWD/packets" <<<two)" two
	same "$(sockkit connect --wait="$PATIENCE" unix:@skt-test <<<three)" three
	run -1 sockkit connect "unix:$PWD/nobody" </dev/null
	run -2 sockkit connect "unix:/$(printf 'x%.0s' {1..120})" </dev/null
	[[ $output == *'at most 107'* ]]
}

@test "vsock, where the kernel has the loopback of it" {
	EXEC_IN_JOB=1 in_netns socat VSOCK-LISTEN:7005,fork PIPE 3>&- 2>/dev/null &
	STARTED_PIDS+=("$!")
	run in_netns "$SOCKKIT" connect --wait=1s vsock:local:7005 <<<packet
	[ "$status" -eq 0 ] || same "$status" 1 || same "$status" 3
	[ "$status" -ne 0 ] || same "$output" packet
}

@test "--mptcp and --fastopen talk to a server that knows of neither" {
	serve 7006 socat TCP-LISTEN:7006,fork,reuseaddr PIPE
	same "$(sockkit connect --mptcp 127.0.0.1 7006 <<<one)" one
	same "$(sockkit connect --fastopen 127.0.0.1 7006 <<<two)" two
	# The server speaks first, and stdin is silent.
	peer greet-reset
	run -1 sockkit connect --fastopen --recv-only 127.0.0.1 "$PORT"
	[[ $output == hello* ]]
	run -1 sockkit connect --fastopen 127.0.0.1 1 <<<x
}

# ---- what is done to the bytes ----

@test "--crlf, --hex, --rate" {
	serve 7007 socat TCP-LISTEN:7007,fork,reuseaddr PIPE
	same "$(printf 'a\nb\r\nc' | sockkit connect -C 127.0.0.1 7007 | od -c | head -1)" \
		"$(printf 'a\r\nb\r\nc' | od -c | head -1)"
	same "$(printf 'GET /\0\377' | sockkit connect --hex 127.0.0.1 7007)" \
		'000000  47 45 54 20 2f 00 ff                             GET /..'
	local from=$EPOCHREALTIME
	noise 60000
	sockkit connect --rate=100kB 127.0.0.1 7007 <noise.60000 | cmp - noise.60000
	[ $((${EPOCHREALTIME/[.,]/} - ${from/[.,]/})) -gt 400000 ]
	run -2 sockkit connect --rate=100 127.0.0.1 7007
	[[ $output == *'100B'* ]]
}

@test "--record keeps both directions, byte for byte" {
	serve 7008 socat TCP-LISTEN:7008,fork,reuseaddr SYSTEM:'tr [:lower:] [:upper:]'
	noise 5000
	sockkit connect --record=rec 127.0.0.1 7008 < <(tr -d '[:lower:]' <noise.5000) >got
	dumped() {
		awk -v want="$1" '/^[IO] 2/ { on = $1 == want; next } on && /^[0-9a-f]+  / { print substr($0, 9, 48) }' rec |
			tr -d ' \n' | xxd -r -p
	}
	cmp <(dumped I) got
	cmp <(dumped O) <(tr -d '[:lower:]' <noise.5000)
	# What was sent is what the other side got, in pieces that text2pcap takes.
	peer greet
	sockkit connect --crlf --record=rec 127.0.0.1 "$PORT" <<<line >got
	cmp <(dumped O) <(printf 'line\r\n')
	noise 200000
	sockkit connect --record=rec 127.0.0.1 7008 < <(tr -d '[:lower:]' <noise.200000) >got
	cmp <(dumped O) <(tr -d '[:lower:]' <noise.200000)
	run ! grep -qE '^0*[89a-f][0-9a-f]{3}  ' rec
	cp rec before
	sockkit connect --record=rec --append 127.0.0.1 7008 <<<more >/dev/null
	cmp -n "$(stat -c %s before)" rec before
	same "$(dumped O | tail -c 5)" more
	run -0 --separate-stderr sockkit connect --dump=text 127.0.0.1 7008 <<<shout
	same "$output" SHOUT
	[[ $stderr == *'O 20'*' 6 bytes'*shout*'I 20'*' 6 bytes'*SHOUT* ]]
	run -2 sockkit connect --append 127.0.0.1 7008
	run -3 sockkit connect --record=/nosuch/file 127.0.0.1 7008 </dev/null
	run -3 sockkit connect --record=/dev/full 127.0.0.1 7008 <<<x
}

@test "--exec gives the program the socket itself, and an environment" {
	serve 7009 socat TCP-LISTEN:7009,fork,reuseaddr PIPE
	run -7 sockkit connect --exec "sh -c 'echo hi; read -r x; echo \"\$x \$SOCKKIT_PROTO \$SOCKKIT_REMOTE_ADDR \$TCPREMOTEPORT\" >&2; exit 7'" \
		127.0.0.1 7009
	same "$output" 'hi TCP 127.0.0.1 7009'
	run -3 sockkit connect --exec /nosuch/program 127.0.0.1 7009
	[[ $output == *'run /nosuch/program: No such file'* ]]
	run -2 sockkit connect --exec true --hex 127.0.0.1 7009
}

@test "--timing names phases, attempts and what the kernel knows" {
	peer answer 3
	sockkit connect --timing -j 127.0.0.1 "$PORT" <<<x >got 2>report
	same "$(cat got)" abc
	jq -e 'length == 1 and .[0].state == "open" and .[0].sent == 2 and .[0].received == 3 and
		.[0].first_byte_us >= 1000000 and .[0].total_us >= .[0].first_byte_us and .[0].tcp_us < 1000000 and
		.[0].dns_us == null and .[0].rtt_us > 0 and .[0].cwnd > 0 and
		(.[0].attempts | length == 1 and .[0].state == "won")' report
	run -3 in_netns sh -c '"$0" connect --timing -j 127.0.0.1 1 2>/dev/full' "$SOCKKIT" </dev/null
	run -1 sockkit connect --timing -j 127.0.0.1 1 </dev/null
	jq -e '.[0].state == "closed" and .[0].attempts[0].error == "Connection refused"' <<<"${output#*refused$'\n'}"
}

@test "--events=json is JSON, each line of it" {
	peer send 3
	sockkit connect -vv --events=json 127.0.0.1 "$PORT" </dev/null >got 2>events
	jq -es 'map(.event) == ["confined", "connected", "peer_ended", "closed"]' events
	jq -es '.[-1].received == 3' events
	run -1 sockkit connect --events=json 127.0.0.1 1 </dev/null
	jq -e '.level == "error"' <<<"$output"
}

@test "--wait tries until it is up, and no longer than it was told" {
	{ eventually has_refused && EXEC_IN_JOB=1 in_netns socat TCP-LISTEN:7010,reuseaddr PIPE; } 3>&- &
	STARTED_PIDS+=("$!")
	same "$(sockkit connect --wait="$PATIENCE" 127.0.0.1 7010 <<<up)" up
	run -1 sockkit connect --wait=0.3 127.0.0.1 1 </dev/null
	[[ $output == *refused ]]
	# What fails here is not tried again.
	run -3 sockkit connect --wait=10s -I nosuch0 127.0.0.1:80 </dev/null
}

@test "with 20 descriptors a connection is possible" {
	peer send 3
	run -0 bash -c "ulimit -n 20; nsenter --target $NETNS_PID --net '$SOCKKIT' connect 127.0.0.1 $PORT </dev/null"
	same "$output" abc
}

@test "without IPv6 a name still leads to IPv4" {
	in_netns sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6' || skip 'no such switch'
	mksock tcp-listen 127.0.0.1
	run -0 sockkit connect -z "localhost:$(port_of 0)"
}

@test "what is in the way is named, with what to do" {
	local wanted status words
	in_netns "$SOCKKIT" udprecv "unix:$BATS_TEST_TMPDIR/datagrams" 3>&- &
	STARTED_PIDS+=("$!")
	until [ -S "$BATS_TEST_TMPDIR/datagrams" ]; do :; done
	: >"$BATS_TEST_TMPDIR/file"
	while IFS='|' read -r status words wanted; do
		read -r -a words <<<"$words"
		run "-$status" sockkit connect "${words[@]}"
		same "$output" "sockkit connect: $wanted"
	done <<-END
		2|fe80::1 9|fe80::1 is link-local: say at which interface, fe80::1%IFACE
		2|-z [fe80::1]:9|fe80::1 is link-local: say at which interface, fe80::1%IFACE
		2|80 localhost|'80': the host comes first, and the port behind it
		2|--wait 2s localhost 80|--wait 2s: the value is joined by =: --wait=2s
		2|-z --wait 2s localhost:80|--wait 2s: the value is joined by =: --wait=2s
		2|--keepalive 30 localhost 80|--keepalive 30: the value is joined by =: --keepalive=30
		3|unix:$BATS_TEST_TMPDIR/datagrams|connect unix:$BATS_TEST_TMPDIR/datagrams: Protocol wrong type for socket: it takes datagrams; see sockkit udpsend
		1|unix:$BATS_TEST_TMPDIR/file|connect unix:$BATS_TEST_TMPDIR/file: Connection refused: it is no socket
	END
	run -1 sockkit connect -I lo fe80::1 9
}

@test "--keepalive finds a peer that is gone with data under way" {
	in_netns nft add table inet t 2>/dev/null || skip 'no nftables'
	EXEC_IN_JOB=1 in_netns socat TCP-LISTEN:8081,reuseaddr PIPE 3>&- &
	STARTED_PIDS+=("$!")
	mkfifo "$BATS_TEST_TMPDIR/in"
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" connect --wait=20s --keepalive=2s 127.0.0.1 8081 \
		<"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	local pid=$! status=0
	STARTED_PIDS+=("$pid")
	exec {to}>"$BATS_TEST_TMPDIR/in"
	echo one >&"$to"
	until [ -s "$BATS_TEST_TMPDIR/out" ]; do :; done
	in_netns nft 'add chain inet t i { type filter hook input priority 0; }'
	in_netns nft add rule inet t i tcp dport 8081 drop
	echo two >&"$to"
	wait "$pid" || status=$?
	same "$status" 1
	[[ $(<"$BATS_TEST_TMPDIR/err") == *'timed out'* ]]
}

@test "--fastopen: connected is what the other side has answered" {
	in_netns ip link add hole0 type veth peer name hole1
	in_netns ip addr add 192.0.2.1/24 dev hole0
	in_netns ip link set hole0 up
	in_netns ip link set hole1 up
	in_netns ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:01 dev hole0
	# Data go with the SYN also where no cookie is known: 1, 2 and 4 (ip-sysctl.rst).
	in_netns sh -c 'echo 7 >/proc/sys/net/ipv4/tcp_fastopen' 2>/dev/null || skip 'no Fast Open'
	run -1 in_netns sh -c 'echo x | "$0" connect -v --fastopen -w 0.3 192.0.2.2 80' "$SOCKKIT"
	[[ $output == *'connect 192.0.2.2:80: Connection timed out'* && $output != *'connected to'* ]]
	mkfifo "$BATS_TEST_TMPDIR/silent"
	run -1 in_netns sh -c '"$0" connect -v --fastopen -w 0.3 192.0.2.2 80 <>"$1"' "$SOCKKIT" "$BATS_TEST_TMPDIR/silent"
	[[ $output == *'connect 192.0.2.2:80: Connection timed out'* ]]
	run -1 in_netns "$SOCKKIT" connect -v --fastopen -w 0.3 --exec 'touch ran' 192.0.2.2 80
	[[ $output == *'connect 192.0.2.2:80: Connection timed out'* && ! -e ran ]]
	peer send 6
	run -0 sockkit connect -w 5 --fastopen --exec 'sh -c "head -c 6 >got"' 127.0.0.1 "$PORT"
	same "$(<got)" abcdef
	serve 8080 socat TCP-LISTEN:8080,reuseaddr PIPE
	run -0 in_netns sh -c 'echo hello | "$0" connect -v --fastopen 127.0.0.1 8080' "$SOCKKIT"
	[[ $output == *hello* && $output == *'connected to 127.0.0.1:8080 from 127.0.0.1:'* ]]
}
