# udpsend and udprecv: datagrams stay what they are, and their counts are true.
# shellcheck disable=SC2030,SC2031,SC2153 # every test is a process of its own
load helper
load udp

# ---- payload ----

@test "every line is a datagram, an empty one too, and the last without its newline" {
	receive --count=4 --lines
	printf 'one\n\nthree\nfour' | sockkit udpsend 127.0.0.1:"$PORT"
	received
	[ "$RC" -eq 0 ]
	same "$(cat "$OUT")" $'one\n\nthree\nfour'
}

@test "--raw keeps newlines, --chunk cuts bytes, --hex reads digits" {
	receive --count=2 --hex
	printf 'a\nb\n' | sockkit udpsend --raw 127.0.0.1:"$PORT"
	received
	same "$(cat "$OUT")" $'610a\n620a'
	receive --count=3 --hex
	printf 'abcde' | sockkit udpsend --chunk=2 127.0.0.1:"$PORT"
	received
	same "$(cat "$OUT")" $'6162\n6364\n65'
	receive --count=2 --hex
	printf '00 ff:0A\n7f\n' | sockkit udpsend --hex 127.0.0.1:"$PORT"
	received
	same "$(cat "$OUT")" $'00ff0a\n7f'
	run -3 sockkit udpsend --hex 127.0.0.1:"$PORT" <<<$'ab\nabc'
	[[ $output == *'standard input, line 2: not hexadecimal'* ]]
}

@test "--file and --data, and --count ends" {
	receive --count=3 --lines
	printf 'x\ny\nz\n' >"$BATS_TEST_TMPDIR/lines"
	sockkit udpsend --file="$BATS_TEST_TMPDIR/lines" --count=2 127.0.0.1:"$PORT"
	sockkit udpsend --data=$'new\nline' 127.0.0.1:"$PORT"
	received
	same "$(cat "$OUT")" $'x\ny\nnew\nline'
}

@test "0, 1, 16385 and 65507 bytes arrive whole, binary with newlines and NULs" {
	local size
	for size in 0 1 16385 65507; do
		receive --count=1
		head -c "$size" /dev/urandom >"$BATS_TEST_TMPDIR/sent"
		if [ "$size" -eq 0 ]; then
			sockkit udpsend --data= 127.0.0.1:"$PORT"
		else
			sockkit udpsend --chunk="$size" 127.0.0.1:"$PORT" <"$BATS_TEST_TMPDIR/sent"
		fi
		received
		[ "$RC" -eq 0 ]
		cmp "$OUT" "$BATS_TEST_TMPDIR/sent"
	done
}

@test "65508 bytes are refused in words" {
	receive
	run -3 sockkit udpsend --size=65508 127.0.0.1:"$PORT"
	[[ $output == *'65508 bytes do not fit into a datagram (at most 65507)'* ]]
	run -3 sockkit udpsend --chunk=65508 127.0.0.1:"$PORT" < <(bytes 65508)
	[[ $output == *'65508 bytes do not fit'* ]]
}

@test "IPv6 takes 20 bytes more, whole, and IPv4 in its clothes does not" {
	receive --count=1 ::1 0
	bytes 65527 >"$BATS_TEST_TMPDIR/sent"
	sockkit udpsend --file="$BATS_TEST_TMPDIR/sent" "[::1]:$PORT"
	received
	cmp "$OUT" "$BATS_TEST_TMPDIR/sent"
	run -3 sockkit udpsend --size=65528 "[::1]:$PORT"
	[[ $output == *"[::1]:$PORT: 65528 bytes do not fit into a datagram (at most 65527)"* ]]
	run -3 sockkit udpsend --size=65508 "[::ffff:127.0.0.1]:$PORT"
	[[ $output == *'(at most 65507)'* ]]
}

@test "unix datagrams above 64 KiB arrive whole, and what their sender has no room for is refused" {
	receive --count=1 "unix:$BATS_TEST_TMPDIR/socket"
	head -c 400000 /dev/urandom >"$BATS_TEST_TMPDIR/sent"
	sockkit udpsend --chunk=400000 "unix:$BATS_TEST_TMPDIR/socket" <"$BATS_TEST_TMPDIR/sent"
	received
	[ "$RC" -eq 0 ]
	cmp "$OUT" "$BATS_TEST_TMPDIR/sent"
	receive "unix:$BATS_TEST_TMPDIR/socket"
	run -3 sockkit udpsend --size=9000000 "unix:$BATS_TEST_TMPDIR/socket"
	[[ $output == *'9000000 bytes do not fit into a datagram (at most '*'send buffer'* ]]
}

@test "a unix receiver that went away is told once, and ends the sender" {
	receive --lines "unix:$BATS_TEST_TMPDIR/socket"
	mkfifo "$BATS_TEST_TMPDIR/lines"
	sockkit udpsend "unix:$BATS_TEST_TMPDIR/socket" <"$BATS_TEST_TMPDIR/lines" 2>"$BATS_TEST_TMPDIR/said" 3>&- &
	local sender=$!
	exec 7>"$BATS_TEST_TMPDIR/lines"
	echo first >&7
	until_line "$OUT" first
	interrupt
	seq 1 100000 >&7 || :
	exec 7>&-
	ended_with 1 "$sender"
	[ "$(grep -c 'the receiver has gone away' "$BATS_TEST_TMPDIR/said")" -eq 1 ]
	grep -q 'failed 1: ' "$BATS_TEST_TMPDIR/said"
}

# ---- rows ----

@test "rows tell time, both ends, interface, ttl, dscp, length and data" {
	receive --count=1 --format=jsonl --columns=all
	local before after
	before=$(date +%s%N)
	printf 'a\0b\n\xff' | sockkit udpsend --chunk=9 --ttl=7 --dscp=46 -s 127.0.0.2:4321 127.0.0.1:"$PORT"
	received
	after=$(date +%s%N)
	same "$(jq -c '[.source_address, .source_port, .destination_address, .destination_port,
		.interface, .ttl, .dscp, .ecn, .length, .truncated, .data, .source_path]' "$OUT")" \
		"[\"127.0.0.2\",4321,\"127.0.0.1\",$PORT,\"lo\",7,46,0,5,false,\"a\\u0000b\\n�\",null]"
	[ "$(jq '.time_ns' "$OUT")" -ge "$before" ]
	[ "$(jq '.time_ns' "$OUT")" -le "$after" ]
}

@test "rows of IPv6: hop limit and traffic class" {
	receive --count=1 --format=csv --columns=source_address,ttl,dscp,length,data --hex ::1 0
	sockkit udpsend --data=hi --ttl=9 --dscp=10 "[::1]:$PORT"
	received
	same "$(cat "$OUT")" $'source_address,ttl,dscp,length,data\n::1,9,10,2,6869'
}

@test "the table escapes what would move the cursor" {
	receive --count=1 --format=table --columns=data
	printf '\e[2J\r\n' | sockkit udpsend --chunk=9 127.0.0.1:"$PORT"
	received
	same "$(cat "$OUT")" $'DATA\n\\e[2J\\r\\n'
}

@test "--json is one document when interrupted, and when nothing came" {
	receive --json
	sockkit udpsend --data=x 127.0.0.1:"$PORT"
	until_drained
	interrupt
	[ "$RC" -eq 130 ]
	[ "$(jq length "$OUT")" -eq 1 ]
	receive --json
	interrupt
	[ "$(jq length "$OUT")" -eq 0 ]
}

@test "--json is a document also where receiving cannot begin" {
	receive
	run -3 --separate-stderr sockkit udprecv --json "$PORT"
	same "$output" '[]'
	run -3 --separate-stderr sockkit udprecv --json --join=239.1.1.1%nosuch 0
	same "$output" '[]'
	same "$stderr" 'sockkit udprecv: no such interface: nosuch'
}

# Until the receiver has read what was sent.
until_drained() {
	eventually is_drained
}

is_drained() {
	[ "$(in_netns ss -Huan "sport = :$PORT" | awk '{ n += $2 } END { print n + 0 }')" -eq 0 ]
}

@test "--sort holds rows until the end, with their data" {
	receive --count=3 --format=csv --columns=data --sort=data
	printf 'c\na\nb\n' | sockkit udpsend 127.0.0.1:"$PORT"
	received
	same "$(cat "$OUT")" $'data\na\nb\nc'
}

@test "every column can be shown, sorted by, and is null or a value in JSON" {
	local column count=0
	for column in $("$SOCKKIT" --introspect |
		jq -r 'select(.kind == "column" and .command == "udprecv").name'); do
		receive --count=1 -f jsonl -c "$column" --sort="-$column"
		sockkit udpsend --data=x 127.0.0.1:"$PORT"
		received
		[ "$RC" -eq 0 ]
		jq -e -s --arg c "$column" 'length == 1 and all(keys == [$c])' "$OUT"
		count=$((count + 1))
	done
	[ "$count" -gt 10 ]
}

# ---- statistics ----

@test "--stats: whole stream, end mark, and the receiver's counts at the sender" {
	receive --stats --events=json
	sockkit udpsend --size=200 --count=500 --rate=20000 --stamp --events=json 127.0.0.1:"$PORT" \
		2>"$BATS_TEST_TMPDIR/sender"
	interrupt
	[ "$RC" -eq 130 ]
	same "$(jq -c 'select(.event == "report") | [.datagrams, .bytes, .expected, .lost, .duplicate, .reordered, .ended]' "$ERR")" \
		'[500,100000,500,0,0,0,true]'
	[ "$(event total dropped_here)" -eq 0 ]
	[ "$(event total lost_network)" -eq 0 ]
	same "$(jq -c '[.sent, .failed, .peer_datagrams, .peer_lost]' "$BATS_TEST_TMPDIR/sender")" '[500,0,500,0]'
	[ ! -s "$OUT" ]
}

@test "--stats=DURATION reports in between, and the intervals add up" {
	receive --stats=100ms --events=json
	sockkit udpsend --size=100 --duration=500ms --rate=2000 --stamp -q 127.0.0.1:"$PORT"
	interrupt
	[ "$(jq -s 'map(select(.event == "interval")) | length > 2' <(grep '^{' "$ERR"))" = true ]
	local total
	total=$(event report datagrams)
	[ "$(jq -s 'map(select(.event == "interval") | .datagrams) | add' <(grep '^{' "$ERR"))" -le "$total" ]
	[ "$(event total datagrams)" -eq "$total" ]
}

@test "payload without stamps has no loss to tell of" {
	receive --stats --events=json
	printf 'some text that is no header\n' | sockkit udpsend 127.0.0.1:"$PORT"
	interrupt
	same "$(jq -c 'select(.event == "report") | [.datagrams, .lost, .jitter_ns]' <(grep '^{' "$ERR"))" '[1,null,null]'
}

@test "a stream that began before is joined midway, and nothing of it lost" {
	mkfifo "$BATS_TEST_TMPDIR/lines"
	sockkit udpsend --stamp -q 127.0.0.1:7801 <"$BATS_TEST_TMPDIR/lines" 3>&- &
	local sender=$!
	exec 7>"$BATS_TEST_TMPDIR/lines"
	seq 20 >&7
	eventually has_refused_datagrams 1
	receive --stats --events=json 7801 7>&-
	# Each by itself, so that the stream has a pace.
	local line
	for line in 1 2 3 4 5 6 7 8 9 10; do
		echo "$line" >&7
		eventually has_received "$((line + 20))"
	done
	exec 7>&-
	wait "$sender"
	interrupt
	same "$(event report '| [.datagrams, .lost, .joined, .ended] | tostring')" '[10,0,21,true]'
	[ "$(event total lost_network)" -eq 0 ]
}

# For eventually(): so many datagrams have come to a port where nobody is, or to one of ours.
has_refused_datagrams() {
	in_netns awk -v wanted="$1" '/^Udp:/ && $2 ~ /[0-9]/ { ok = $3 >= wanted } END { exit !ok }' /proc/net/snmp
}

has_received() {
	in_netns awk -v wanted="$1" '/^Udp:/ && $2 ~ /[0-9]/ { n = $2 + $3 } END { exit n < wanted }' /proc/net/snmp
}

@test "numbers above 2^31 are no marks of an end, and none of them is answered" {
	receive --stats --events=json
	local i id
	id=$(printf '%08x%016x' "$(date +%s)" 0)
	for i in 00 01 02 03; do
		printf '800000%s%s%0224d
' "$i" "$id" 0
	done >"$BATS_TEST_TMPDIR/numbers"
	run -1 --separate-stderr sockkit udpsend --hex --file="$BATS_TEST_TMPDIR/numbers" --reply="$MOMENT" 		--events=json 127.0.0.1:"$PORT"
	[ "$(jq .replies <<<"$stderr")" -eq 0 ]
	interrupt
	same "$(event report '| [.datagrams, .lost, .ended] | tostring')" '[4,0,false]'
}

@test "a mark of an unheard end is believed when it is repeated, and answered ten times" {
	receive --stats --events=json
	local i
	for ((i = 0; i < 20; i++)); do
		printf 'ffffffF5%08x00000000ffffffff%0224d
' "$(date +%s)" 0
	done >"$BATS_TEST_TMPDIR/marks"
	run sockkit udpsend --hex --file="$BATS_TEST_TMPDIR/marks" --count=1 --reply="$MOMENT" -s :7802 		--events=json 127.0.0.1:"$PORT"
	[ "$(jq .replies <<<"$output")" -eq 0 ]
	run -0 --separate-stderr sockkit udpsend --hex --file="$BATS_TEST_TMPDIR/marks" --reply="$MOMENT" -s :7802 		--events=json 127.0.0.1:"$PORT"
	[ "$(jq .replies <<<"$stderr")" -eq 10 ]
	interrupt
	same "$(event report '| [.datagrams, .lost, .ended] | tostring')" '[0,10,true]'
}

@test "more senders than are told apart: --senders says how many, and the rest is told" {
	receive --stats --events=json --senders=10
	in_netns "$HELPERS/udp_senders" 15 2 "$PORT"
	interrupt
	same "$(event total '| [.senders, .datagrams, .others] | tostring')" '[10,30,10]'
	receive --stats --senders=10
	in_netns "$HELPERS/udp_senders" 15 2 "$PORT"
	interrupt
	grep -q '  10 datagrams came from more senders than are told apart (see --senders)' "$ERR"
}

@test "reports in between are columns, within 80 of them" {
	receive --stats=100ms
	sockkit udpsend --size=100 --duration=500ms --rate=200 --stamp -q 127.0.0.1:"$PORT"
	interrupt
	grep -Eq '^ +time datagrams +per s +bit/s +lost +of all +jitter +here  from$' "$ERR"
	[ "$(grep -Ec '^ +[0-9.]+s +[0-9]+ .* 127\.0\.0\.1:[0-9]+$' "$ERR")" -gt 2 ]
	run awk '/^ +([0-9.]+s|time) / && length > 80' "$ERR"
	[ -z "$output" ]
	[ "$(awk '/^ +([0-9.]+s|time) / { print match($0, /  [^ ]+( senders)?$/) }' "$ERR" | sort -u | wc -l)" -eq 1 ]
}

@test "iperf's reverse request is recognised, and so are iperf3's datagrams" {
	receive --stats --events=json
	printf '%08x%08x00000001%056d' "$(date +%s)" 5 0 | sockkit udpsend --hex -s :7803 127.0.0.1:"$PORT"
	sockkit udpsend --hex -s :7804 --count=3 127.0.0.1:"$PORT" --data="$(printf \
		'00000001%08x00000005000000006c010098000000010000138900000000000000000000000000000000000000000400000000' \
		"$(date +%s)")00"
	interrupt
	same "$(jq -r 'select(.event == "report") | .format' "$ERR")" $'iperf3\niperf2-reverse'
	same "$(event report '| [.datagrams, .duplicate, .lost] | tostring')" '[3,null,null]'
}

# The kernel had no room for so many datagrams: the last column but none of /proc/net/udp.
has_dropped() {
	in_netns cat /proc/net/udp /proc/net/udp6 |
		awk -v wanted="$1" -v port="$(printf ':%04X' "$PORT")" '
			index($2, port) { dropped += $NF }
			END { exit dropped < wanted }'
}

@test "a receiver that is stopped loses by its own buffer, not by the network" {
	receive --stats --events=json --buffer=8k
	kill -STOP "$RX"
	sockkit udpsend --size=1000 --count=2000 --stamp -q 127.0.0.1:"$PORT" &
	local sender=$!
	eventually has_dropped 1001
	kill -CONT "$RX"
	wait "$sender" || :
	interrupt
	[ "$(event total dropped_here)" -gt 1000 ]
	[ "$(event total lost_network)" -eq 0 ]
	[ "$(event total lost)" -gt 1000 ]
	[ "$(($(event total lost) + $(event total datagrams)))" -eq 2000 ]
}

@test "a thousand senders are counted one by one" {
	receive --stats --events=json
	# One socket each, bound to a port of its own.
	in_netns "$HELPERS/udp_senders" 1000 3 "$PORT"
	interrupt
	[ "$(event total senders)" -eq 1000 ]
	[ "$(event total datagrams)" -eq 3000 ]
	[ "$(grep -c '"event":"report"' "$ERR")" -eq 1000 ]
	[ "$(jq -s 'map(select(.event == "report") | .datagrams) | unique | tostring' <(grep '^{' "$ERR"))" = '"[3]"' ]
}

@test "SIGINT prints the report as text, with the histogram under -v" {
	receive --stats
	sockkit udpsend --size=100 --count=50 --rate=1000 --stamp -q 127.0.0.1:"$PORT"
	interrupt
	[ "$RC" -eq 130 ]
	grep -q '50 datagrams, 5000 bytes' "$ERR"
	grep -q 'lost 0 of 50' "$ERR"
	grep -q 'p50/p99/p99.9/max' "$ERR"
	grep -q '####' "$ERR"
}

@test "--gro counts and stamps the same" {
	receive --stats --events=json --gro
	sockkit udpsend --size=500 --count=1000 --stamp -q 127.0.0.1:"$PORT"
	interrupt
	[ "$(event report datagrams)" -eq 1000 ]
	[ "$(event report lost)" -eq 0 ]
	receive --count=640 --hex --gro
	sockkit udpsend --size=10 --count=640 127.0.0.1:"$PORT" -q
	received
	[ "$(sort -u "$OUT")" = 30313233343536373839 ]
	[ "$(wc -l <"$OUT")" -eq 640 ]
}

@test "--no-timing counts the same, and claims no times" {
	receive --stats --events=json --no-timing
	sockkit udpsend --size=500 --count=1000 --stamp -q 127.0.0.1:"$PORT"
	interrupt
	[ "$(event report datagrams)" -eq 1000 ]
	[ "$(event report lost)" -eq 0 ]
	[ "$(event report duration_ns)" -gt 0 ]
	for field in jitter_ns delay_mean_ns gap_p50_ns; do
		[ "$(event report "$field")" = null ]
	done
}

@test "rows: what the kernel is asked for one column is there without the others" {
	local column
	for column in time_ns destination_address interface ttl dscp ecn drops; do
		receive -f jsonl -c "$column" --count=1
		sockkit udpsend --data=x -q 127.0.0.1:"$PORT"
		received
		[ "$(jq ".$column != null" "$OUT")" = true ]
	done
}

# ---- sending ----

@test "--echo and --reply measure round trips, stamped or not" {
	receive --echo
	run -0 sockkit udpsend --size=100 --count=100 --rate=5000 --stamp --reply --events=json 127.0.0.1:"$PORT"
	[ "$(jq .replies <<<"$output")" -eq 100 ]
	[ "$(jq '.rtt_min_ns > 0 and .rtt_p50_ns >= .rtt_min_ns and .rtt_p999_ns <= .rtt_max_ns' <<<"$output")" = true ]
	run -0 --separate-stderr sockkit udpsend --reply --events=json 127.0.0.1:"$PORT" <<<$'ping\npong'
	same "$output" $'ping\npong'
	[ "$(jq .rtt_max_ns <<<"$stderr")" -gt 0 ]
}

@test "an echo comes from the address that was asked" {
	receive --echo 0
	run -0 sockkit udpsend --data=x --reply="$PATIENCE" 127.0.0.77:"$PORT"
	[ "${lines[0]}" = x ]
}

# A datagram of two bytes with forged ends, all on loopback: forge FROM_PORT TO_PORT.
forge() {
	in_netns python3 - "$@" <<-'END'
		import socket, struct, sys
		source, to = (int(word) for word in sys.argv[1:])
		raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
		raw.bind(('127.0.0.1', 0))
		raw.sendto(struct.pack('!HHHH', source, to, 10, 0) + b'hi', ('127.0.0.1', 0))
	END
}

@test "forged datagrams keep no echo busy: neither two of them, nor one alone" {
	command -v python3 >/dev/null || skip 'no python3'
	receive --echo --idle-timeout="$MOMENT" 0
	local one=$PORT first=$RX
	receive --echo --idle-timeout="$MOMENT" 0
	[ "$EUID" -eq 0 ] || skip 'only root can forge'
	forge "$PORT" "$one"
	ended_with 0 "$first"
	received
	[ "$RC" -eq 0 ]
	receive --echo --count=1 0
	forge "$PORT" "$PORT"
	received
	grep -q '1 datagram was not answered: from the address and port of this' "$ERR"
	receive --echo --count=1 --events=json 0
	forge 19 "$PORT"
	received
	same "$(event answers '| [.answered, .service] | tostring')" '[0,1]'
}

@test "an answer is shown when it comes, while stdin is open" {
	local try
	receive --echo
	exec {lines}> >(EXEC_IN_JOB=1 sockkit udpsend --reply="$PATIENCE" 127.0.0.1:"$PORT" >"$BATS_TEST_TMPDIR/answers" 3>&-)
	for try in {1..20}; do
		echo "$try" >&"$lines"
		eventually has_lines "$BATS_TEST_TMPDIR/answers" "$try"
	done
	exec {lines}>&-
}

@test "--exec and --sh: a program for each datagram, and its output is the answer" {
	receive --exec='tr a-z A-Z'
	run -0 --separate-stderr sockkit udpsend --reply="$PATIENCE" 127.0.0.1:"$PORT" <<<$'one\ntwo'
	same "$(sort <<<"$output")" $'ONE\nTWO'
	interrupt
	[ ! -s "$OUT" ]
	receive --lines --count=2 --sh='read -r line; echo "$line $SOCKKIT_PROTO $SOCKKIT_REMOTE_ADDR $SOCKKIT_REMOTE_PORT $SOCKKIT_LOCAL_ADDR"; exit 3'
	run -0 --separate-stderr sockkit udpsend --data=x --reply="$PATIENCE" -s 127.0.0.5:7806 127.0.0.9:"$PORT"
	same "$output" 'x UDP 127.0.0.5 7806 127.0.0.9'
	sockkit udpsend --data=y -q 127.0.0.1:"$PORT"
	received
	same "$(cat "$OUT")" $'x\ny'
	grep -q '2 programs failed' "$ERR"
	run -3 sockkit udprecv --exec=/no/such/program 0
	[[ $output == *'run /no/such/program: No such file'* ]]
}

@test "--exec: more datagrams than may run at once are all answered, silence is no answer" {
	receive --sh='cat; true' --events=json
	seq 200 >"$BATS_TEST_TMPDIR/lines"
	run -0 --separate-stderr sockkit udpsend --reply="$PATIENCE" --file="$BATS_TEST_TMPDIR/lines" 127.0.0.1:"$PORT"
	same "$(sort -n <<<"$output")" "$(cat "$BATS_TEST_TMPDIR/lines")"
	interrupt
	[ "$(event answers answered)" -eq 200 ]
	receive --exec=true
	run -1 sockkit udpsend --data=x --reply="$MOMENT" 127.0.0.1:"$PORT"
	receive --exec='head -c 70000 /dev/zero' --count=1
	sockkit udpsend --data=x 127.0.0.1:"$PORT"
	received
	grep -q '1 answer was too long' "$ERR"
}

# A udprecv that is told what to say: converse OPTION... Its stdin is the descriptor 7.
converse() {
	mkfifo "$BATS_TEST_TMPDIR/said"
	exec 7<>"$BATS_TEST_TMPDIR/said"
	OUT=$BATS_TEST_TMPDIR/heard
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" udprecv --lines "$@" 127.0.0.1 7808 \
		<&7 >"$OUT" 2>"$BATS_TEST_TMPDIR/err" 3>&- 7>&- &
	STARTED_PIDS+=("$!")
	eventually is_bound 7808
}

@test "--talk: lines of stdin go to who spoke last, and wait for the first" {
	converse --talk
	echo 'too early is not lost' >&7
	run -0 --separate-stderr sockkit udpsend --data=one --reply="$PATIENCE" 127.0.0.1:7808 7>&-
	same "$output" 'too early is not lost'
	sockkit udpsend --data=two -s :7809 127.0.0.1:7808
	until_line "$OUT" two
	receive --count=1 --lines 127.0.0.1 7809 7>&-
	echo three >&7
	received
	same "$(cat "$OUT")" three
	exec 7>&-
}

@test "--talk=all: lines of stdin go to all who have spoken" {
	local port
	converse --talk=all
	for port in 7809 7810; do
		sockkit udpsend --data=$port -s :$port 127.0.0.1:7808
		until_line "$OUT" $port
	done
	receive --count=1 --lines 127.0.0.1 7809 7>&-
	local first=$RX first_out=$OUT
	receive --count=1 --lines 127.0.0.1 7810 7>&-
	echo everybody >&7
	received
	ended_with 0 "$first"
	same "$(cat "$OUT" "$first_out")" $'everybody\neverybody'
	exec 7>&-
}

@test "--rate: each sender has so many answers a second, and what is above is told" {
	receive --echo --rate=20 --events=json
	run -0 sockkit udpsend --size=100 --count=100 --rate=10000 --reply="$MOMENT" --events=json 127.0.0.1:"$PORT"
	[ "$(jq .replies <<<"$output")" -lt 20 ]
	interrupt
	[ "$(event answers '| .answered + .rate')" -eq 100 ]
}

@test "--allow and --deny: who is not allowed is not received, and is counted" {
	printf '# these\n127.0.0.2\n' >"$BATS_TEST_TMPDIR/list"
	receive --lines --echo --count=1 --allow=@"$BATS_TEST_TMPDIR/list" 0
	sockkit udpsend --data=three -s 127.0.0.3 127.0.0.1:"$PORT"
	run -0 sockkit udpsend --data=two -s 127.0.0.2 --reply="$PATIENCE" 127.0.0.1:"$PORT"
	received
	same "$(cat "$OUT")" two
	grep -q '1 datagram came from senders who are not allowed' "$ERR"
	receive --lines --count=1 --deny=127.0.0.0/30
	sockkit udpsend --data=three -s 127.0.0.3 127.0.0.1:"$PORT"
	sockkit udpsend --data=four -s 127.0.0.4 127.0.0.1:"$PORT"
	received
	same "$(cat "$OUT")" four
	run -2 sockkit udprecv --deny=@/dev/null --allow=@<(echo '1.2.3.4/99') 0
	[[ $output == *'expected a prefix such as'* ]]
	run -3 sockkit udprecv --allow=@/dev/null 0
	[[ $output == *'the list is empty'* ]]
}

@test "a closed port: ICMP is seen; exit 1 with --reply, 0 without" {
	run -1 sockkit udpsend --data=x --reply 127.0.0.1:9
	[[ $output == *'refused 1: port unreachable (ICMP type 3 code 3) from 127.0.0.1'* ]]
	run -1 sockkit udpsend --data=x --reply '[::1]:9'
	[[ $output == *'port unreachable (ICMPv6 type 1 code 4) from ::1'* ]]
	run -0 sockkit udpsend --data=x --events=json --count=5 127.0.0.1:9
	[ "$(jq .sent <<<"$output")" -eq 5 ]
	[ "$(jq '.refused > 0 and .refusals[0].from == "127.0.0.1"' <<<"$output")" = true ]
}

@test "nobody answers: exit 1 after the time that was given" {
	receive
	run -1 sockkit udpsend --data=x --reply=200ms 127.0.0.1:"$PORT"
	[[ $output == *'answers 0'* ]]
}

# Answers as TFTP does, by another port, and once more by another address: elsewhere PORT.
elsewhere() {
	# shellcheck disable=SC2016 # no shell reads it
	EXEC_IN_JOB=1 start ready in_netns python3 -u -c 'if True:
		import socket, sys
		port = int(sys.argv[1])
		asked, other, there = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for i in range(3))
		asked.bind(("127.0.0.1", port))
		there.bind(("127.0.0.9", port))
		print("ready")
		while True:
			question, who = asked.recvfrom(100)
			other.sendto(b"one", who)
			there.sendto(b"two", who)' "$1"
}

@test "answers are rows: who answered, how long it took, and whether it was who was asked" {
	receive --echo
	run -0 --separate-stderr sockkit udpsend --data=hello --json 127.0.0.1:"$PORT"
	same "$(jq -c '.[] | [.source_address, .source_port, .elsewhere, .length, .data, .rtt_us > 0]' <<<"$output")" \
		"[\"127.0.0.1\",$PORT,false,5,\"hello\",true]"
	run -0 --separate-stderr sockkit udpsend --format=csv -c data --hex --sort=data 127.0.0.1:"$PORT" <<<$'0b\n0a'
	same "$output" $'data\n0a\n0b'
	run -1 --separate-stderr sockkit udpsend --data=x --json 127.0.0.1:9
	same "$output" '[]'
	run -3 --separate-stderr sockkit udpsend --data=x --json 127.255.255.255:9
	same "$output" '[]'
}

@test "answers from another port or address are taken, and marked" {
	command -v python3 >/dev/null || skip 'no python3'
	elsewhere 7805
	run -0 --separate-stderr sockkit udpsend --data=x -f jsonl --replies=2 --reply="$PATIENCE" 127.0.0.1:7805
	same "$(jq -c '[.source_address, .source_port == 7805, .elsewhere, .data]' <<<"$output")" \
		$'["127.0.0.1",false,true,"one"]\n["127.0.0.9",true,true,"two"]'
	run -0 --separate-stderr sockkit udpsend --data=x --reply="$PATIENCE" -v 127.0.0.1:7805
	same "${lines[0]}" one
	[[ $stderr == *' of them from another address or port than was asked: 127.0.0.1:'* ]]
}

@test "--replies: so many answers of a group are waited for, and fewer are too few" {
	in_netns ip link set lo multicast on
	in_netns ip route add 224.0.0.0/4 dev lo
	receive --echo --join=239.1.1.1
	receive --echo --join=239.1.1.1 "$PORT"
	run -0 --separate-stderr sockkit udpsend --data=who -f jsonl --replies=2 --reply="$PATIENCE" 239.1.1.1:"$PORT"
	same "$(jq -c '[.elsewhere, .data, .rtt_us > 0]' <<<"$output")" $'[false,"who",true]\n[false,"who",true]'
	run -1 sockkit udpsend --data=who --replies=3 --reply="$MOMENT" 239.1.1.1:"$PORT"
}

@test "--wake sends the packet that wakes" {
	receive --hex --count=1 0
	sockkit udpsend --wake=52:54:00:12:34:56 127.255.255.255:"$PORT"
	received
	same "$(cat "$OUT")" "ffffffffffff$(printf '525400123456%.0s' {1..16})"
	run -3 sockkit udpsend --wake=525400123456
	[[ $output == *'255.255.255.255:9: Network is unreachable'* ]]
}

# Starts a sender that is asked: pulled OPTION... Its port is in $PORT, what it says in $SAID.
pulled() {
	SAID=$BATS_TEST_TMPDIR/pulled
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" udpsend --pulled "$@" "${PULLED_AT:-127.0.0.1}:0" 2>"$SAID" 3>&- &
	PULLED=$!
	STARTED_PIDS+=("$PULLED")
	until_line "$SAID" 'to be asked at'
	PORT=$(sed -n 's/.*to be asked at .*:\([0-9]*\)$/\1/p' "$SAID")
}

@test "--pull asks for a stream, and ends with it; --pulled ends when nobody asks any more" {
	pulled --stamp --size=100 --count=100 --rate=2000
	receive --pull=127.0.0.1:"$PORT" --stats --events=json
	received
	[ "$RC" -eq 0 ]
	ended_with 0 "$PULLED"
	same "$(event report '| [.datagrams, .lost, .ended] | tostring')" '[100,0,true]'
	grep -q 'the receiver counted 100: lost 0' "$SAID"
	pulled --size=100 --rate=1000
	receive --pull=127.0.0.1:"$PORT" --count=50
	received
	[ "$RC" -eq 0 ]
	ended_with 1 "$PULLED"
}

# What came of streams both ways: asked COUNT COUNT_OF_THE_OTHER, in words; asking, in JSON.
asked() {
	ended_with 0 "$PULLED"
	grep -q "the receiver counted $1: lost 0" "$SAID"
	grep -q "lost 0 of $2 (0 %)" "$SAID"
}

asking() {
	same "$(event report '| [.sent, .peer_datagrams, .peer_lost] | tostring')" "[$1,$1,0]"
	same "$(event received '| [.datagrams, .expected, .lost, .ended] | tostring')" "[$2,$2,0,true]"
}

@test "--bidir: streams both ways on one socket, the shorter one of either end" {
	local at
	ERR=$BATS_TEST_TMPDIR/err
	for at in 127.0.0.1 '[::1]'; do
		PULLED_AT=$at pulled --bidir --size=128 --count=300 --rate=1000
		sockkit udpsend --bidir --events=json --size=60 --count=5 --rate=100 "$at:$PORT" 2>"$ERR"
		asked 300 5
		asking 5 300
	done
	# Two a second: what comes between two datagrams of one's own is taken as it comes.
	pulled --bidir --size=1000 --count=2 --rate=2
	sockkit udpsend --bidir --events=json --size=1000 --count=8000 --rate=20000 127.0.0.1:"$PORT" 2>"$ERR"
	asked 2 8000
	asking 8000 2
}

@test "--bidir: an end that is not there, or goes away, is told" {
	run -1 sockkit udpsend --bidir --size=100 --duration=10ms 127.0.0.1:9
	[[ $output == *'127.0.0.1:9 sent no stream within --duration'* ]]
	# An echo of what is asked is no stream.
	receive --echo
	run -1 sockkit udpsend --bidir --size=100 --duration="$MOMENT" 127.0.0.1:"$PORT"
	[[ $output == *'sent no stream within --duration'* ]]
	interrupt
	run -2 sockkit udpsend --bidir --size=100 --count=1 -I lo 239.1.1.1:9
	[[ $output == *'not for a group'* ]]
}

@test "--pulled sends nothing to who has not proved his address, and no more than he has sent" {
	pulled --size=1000 --count=100 --rate=1000
	run -0 --separate-stderr sockkit udpsend --hex --data="736b7470756c6c310100000000000000$(printf '00%.0s' {1..16})" \
		-f jsonl --reply="$MOMENT" -s 127.0.0.1:7812 127.0.0.1:"$PORT"
	[ "$(jq -s 'map(.length) | tostring' <<<"$output")" = '"[32]"' ]
	run -1 sockkit udpsend --data=anything --reply="$MOMENT" 127.0.0.1:"$PORT"
}

@test "broadcast needs --broadcast" {
	receive --count=1 --lines 0
	run -3 sockkit udpsend --data=x 127.255.255.255:"$PORT"
	[[ $output == *'is a broadcast address: add --broadcast'* ]]
	sockkit udpsend --data=all --broadcast 127.255.255.255:"$PORT"
	received
	same "$(cat "$OUT")" all
}

@test "a paced stream takes its time" {
	receive --stats --events=json
	sockkit udpsend --size=100 --count=500 --rate=1000 --stamp --events=json 127.0.0.1:"$PORT" 2>"$BATS_TEST_TMPDIR/s"
	interrupt
	[ "$(jq '.duration_ns >= 498000000' "$BATS_TEST_TMPDIR/s")" = true ]
	# Bits and bytes count payload.
	run -0 sockkit udpsend --size=1000 --count=11 --rate=800kbit --events=json 127.0.0.1:9
	[ "$(jq '.duration_ns >= 99000000' <<<"$output")" = true ]
}

@test "a rate that could not be kept is told" {
	run -0 sockkit udpsend --size=1000 --duration=200ms --rate=1000Mpps --events=json 127.0.0.1:9
	[ "$(jq .rate_kept <<<"$output")" = false ]
	run -0 sockkit udpsend --size=1000 --duration=200ms --rate=1000Mpps 127.0.0.1:9
	[[ $output == *'the rate of 1.00G datagrams/s was not kept'* ]]
	run -0 sockkit udpsend --size=100 --count=3 --rate=20 --events=json 127.0.0.1:9
	[ "$(jq .rate_kept <<<"$output")" = true ]
	run -0 sockkit udpsend --size=100 --count=3 --events=json 127.0.0.1:9
	[ "$(jq .rate_kept <<<"$output")" = null ]
}

@test "GSO is used for equal datagrams, and given up for good where it is refused" {
	receive --stats --events=json --buffer=4M
	run -0 sockkit udpsend --size=100 --count=640 --events=json 127.0.0.1:"$PORT"
	[ "$(jq .gso_calls <<<"$output")" -eq 10 ]
	run -0 sockkit udpsend --size=100 --count=640 --gso=off --events=json 127.0.0.1:"$PORT"
	[ "$(jq .gso_calls <<<"$output")" -eq 0 ]
	# Segments larger than the MTU: the kernel refuses, fragments do as well.
	in_netns ip link set lo mtu 1500
	run -0 sockkit udpsend --size=3000 --count=64 --events=json 127.0.0.1:"$PORT"
	[ "$(jq -c '[.sent, .gso_calls]' <<<"$output")" = '[64,1]' ]
	interrupt
	[ "$(event total datagrams)" -eq 1344 ]
}

@test "--no-fragment reports the path MTU" {
	in_netns ip link set lo mtu 1500
	run -3 sockkit udpsend --size=2000 --no-fragment 127.0.0.1:9
	[[ $output == *'2000 bytes do not fit unfragmented: the path MTU is 1500'* ]]
}

@test "ENOBUFS is counted, not fatal" {
	command -v tc >/dev/null || skip 'no tc'
	receive --stats --events=json
	# A queue without room loses what a burst puts behind its first; IP_RECVERR tells the sender.
	in_netns tc qdisc add dev lo root pfifo limit 1 || skip 'no pfifo'
	run sockkit udpsend --size=1000 --count=2000 --events=json 127.0.0.1:"$PORT"
	[ "$(jq '.sent + .failed' <<<"$output")" -eq 2000 ]
	if [ "$(jq .failed <<<"$output")" -gt 0 ]; then
		[ "$status" -eq 3 ]
		[ "$(jq -r .failed_reason <<<"$output")" = 'No buffer space available' ]
	fi
}

# ---- addresses ----

@test "IPv6 link-local with its zone" {
	in_netns ip link add d0 type veth peer name d1
	in_netns ip link set d1 up
	in_netns ip link set d0 up
	in_netns ip addr add fe80::1/64 dev d0 nodad
	receive --count=1 --format=jsonl '[fe80::1%d0]:0'
	sockkit udpsend --data=x "[fe80::1%d0]:$PORT"
	received
	[ "$RC" -eq 0 ]
	[[ $(jq -r .destination_address "$OUT") == fe80::1%* ]]
}

@test "names are looked up, and those that are not there are told" {
	receive --count=1 --lines
	sockkit udpsend --data=x -4 localhost "$PORT"
	received
	same "$(cat "$OUT")" x
	run -1 sockkit udpsend --data=x no-such-host.invalid:9 || [ "$status" -eq 3 ]
	[[ $output == *no-such-host.invalid* ]]
}

@test "multicast, IPv4 and IPv6: joined receivers hear, two of them, others do not" {
	local group
	in_netns ip link add d0 type veth peer name d1
	in_netns ip link set d1 up
	in_netns ip link set d0 up
	in_netns ip addr add 192.0.2.1/24 dev d0
	in_netns ip addr add 2001:db8::1/64 dev d0 nodad
	for group in 239.1.2.3 ff02::1:3; do
		receive --count=1 --lines --join=$group -I d0
		local first=$RX first_out=$OUT port=$PORT
		receive --count=1 --lines --join=$group -I d0 "$port"
		local second=$RX second_out=$OUT
		# Bound to the same port, and joined to another group.
		receive --lines --join="${group%3}4" -I d0 "$port"
		sockkit udpsend --data=hello -I d0 "$group" "$port"
		wait "$first"
		wait "$second"
		same "$(cat "$first_out")$(cat "$second_out")" hellohello
		interrupt
		[ ! -s "$OUT" ]
	done
}

@test "multicast of one source only" {
	in_netns ip link set lo multicast on
	in_netns ip route add 224.0.0.0/4 dev lo
	receive --count=1 --lines --join=232.1.1.1,127.0.0.2 -I lo
	sockkit udpsend --data=wrong -I lo -s 127.0.0.3 232.1.1.1:"$PORT"
	sockkit udpsend --data=right -I lo -s 127.0.0.2 232.1.1.1:"$PORT"
	received
	same "$(cat "$OUT")" right
}

@test "--loop=off: this host does not hear itself" {
	in_netns ip link set lo multicast on
	in_netns ip route add 224.0.0.0/4 dev lo
	in_netns ip link add d0 type veth peer name d1
	in_netns ip link set d1 up
	in_netns ip link set d0 up multicast on
	in_netns ip addr add 192.0.2.1/24 dev d0
	receive --timeout="$MOMENT" --lines --join=239.1.1.1 -I d0
	sockkit udpsend --data=silence --loop=off -I d0 239.1.1.1:"$PORT"
	received
	[ "$RC" -eq 1 ]
	receive --count=1 --lines --join=239.1.1.1 -I d0
	sockkit udpsend --data=heard --loop=on -I d0 239.1.1.1:"$PORT"
	received
	same "$(cat "$OUT")" heard
}

@test "unix datagrams, both ways, and the path is removed" {
	local path=$BATS_TEST_TMPDIR/socket
	receive --echo --lines "unix:$path"
	run -0 sockkit udpsend --reply "unix:$path" <<<$'one\ntwo'
	[ "${lines[0]}" = one ]
	[ "${lines[1]}" = two ]
	interrupt
	same "$(cat "$OUT")" $'one\ntwo'
	[ ! -e "$path" ]
	run -1 sockkit udpsend --data=x "unix:$path"
	receive --count=1 --lines "unix:@sockkit-$$"
	sockkit udpsend --data=abstract "unix:@sockkit-$$"
	received
	same "$(cat "$OUT")" abstract
}

# ---- ends ----

@test "--timeout and --idle-timeout: 1 when less came than was asked for" {
	run -1 sockkit udprecv --timeout=100ms 0
	run -1 sockkit udprecv --idle-timeout=100ms 0
	receive --timeout="$MOMENT" --lines
	sockkit udpsend --data=x 127.0.0.1:"$PORT"
	received
	[ "$RC" -eq 0 ]
	receive --count=2 --timeout="$MOMENT" --lines
	sockkit udpsend --data=x 127.0.0.1:"$PORT"
	received
	[ "$RC" -eq 1 ]
}

@test "stdout that cannot be written: exit 3" {
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" udprecv --count=1 127.0.0.1:7777 >/dev/full 2>"$BATS_TEST_TMPDIR/e" 3>&- &
	RX=$!
	eventually is_bound 7777
	sockkit udpsend --data=x 127.0.0.1:7777
	received
	[ "$RC" -eq 3 ]
	grep -q 'cannot write to standard output' "$BATS_TEST_TMPDIR/e"
}

@test "wrong usage names the option and the text" {
	local words
	while read -r words; do
		# shellcheck disable=SC2086 # words
		run -2 sockkit $words
		[ "${#lines[@]}" -eq 1 ]
	done <<-'END'
		udpsend
		udpsend 1.2.3.4
		udpsend --rate=fast 1.2.3.4:5
		udpsend --size=1 --data=x 1.2.3.4:5
		udpsend --size=15 --stamp 1.2.3.4:5
		udpsend --ttl=256 1.2.3.4:5
		udpsend --dscp=64 1.2.3.4:5
		udpsend --burst=65 1.2.3.4:5
		udpsend --gso=maybe 1.2.3.4:5
		udpsend --chunk=9M 1.2.3.4:5
		udpsend --wake=01:00:5e:00:00:01
		udpsend --wake=525400123456 --data=x 1.2.3.4:5
		udpsend --replies=0 1.2.3.4:5
		udpsend --pulled --reply 1.2.3.4:5
		udpsend --pulled unix:@x
		udpsend --bidir --size=100 1.2.3.4:5
		udpsend --bidir --count=1 1.2.3.4:5
		udpsend --bidir --reply --size=100 --count=1 1.2.3.4:5
		udpsend --bidir --size=100 --count=1 unix:@x
		udprecv --pull=5 5
		udprecv --pull=1.2.3.4:5 --join=239.1.1.1 5
		udpsend --columns=nothing 1.2.3.4:5
		udpsend vsock:2:5
		udprecv --join=1.2.3.4 5
		udprecv --join=239.1.1.1,::1 5
		udprecv --join=239.1.1.1% 5
		udprecv --join=239.1.1.1%averylonginterfacename 5
		udprecv --join=239.1.1.1%eth1 -I eth0 5
		udprecv -I averylonginterfacename 5
		udpsend -I a/b 1.2.3.4:5
		udprecv --lines --format=json 5
		udprecv --raw --lines 5
		udprecv --count=0 5
		udprecv --timeout=soon 5
		udprecv --stats=x 5
		udprecv --rate=1Mbit --echo 5
		udprecv --rate=10 5
		udprecv --exec= 5
		udprecv --exec=cat --sh=cat 5
		udprecv --exec=cat --echo 5
		udprecv --talk=some 5
		udprecv --deny=1.2.3.4/33 5
		udprecv --allow=1.2.3.4 unix:@x
		udprecv --columns=nothing 5
		udprecv 1 2 3
	END
}

@test "a port that is taken says who to ask" {
	receive
	run -3 sockkit udprecv "$PORT"
	[[ $output == *'Address already in use: see '*'ports'* ]]
	receive --reuse-port 0
	local port=$PORT
	receive --reuse-port "$port"
}

# ---- why nothing came ----

@test "-v explains silence: the port is held by another, closer to the sender" {
	receive --reuse-port 127.0.0.1 0
	local other=$RX
	run -1 --separate-stderr sockkit udprecv -v --reuse-port --timeout=200ms "$PORT"
	[[ $stderr == *"sockkit (pid $other) also holds UDP port $PORT, on 127.0.0.1"* ]]
}

@test "-v explains silence: a wrong port, a group not joined, rp_filter, an interface that is down" {
	receive --timeout="$MOMENT" 127.0.0.1 0
	sockkit udpsend --data=x 127.0.0.1:9 || :
	received
	grep -q 'came meanwhile to a port or an address where nobody receives' "$ERR"
	run -1 sockkit udprecv -v --timeout=50ms 239.1.1.1:5000
	[[ $output == *'multicast group that was not joined'* ]]
	in_netns sysctl -qw net.ipv4.conf.all.rp_filter=1
	in_netns ip link add d0 type veth peer name d1
	run -1 sockkit udprecv -v --timeout=50ms --join=239.1.1.1 -I d0 5000
	[[ $output == *'rp_filter is strict on d0'* ]]
	[[ $output == *'d0 is down'* ]]
}

# ---- others ----

@test "nc -u, both ways" {
	command -v nc >/dev/null || skip 'no nc'
	receive --count=1 --echo --raw
	run -0 within_patience nc -u -w1 127.0.0.1 "$PORT" <<<hello
	[ "$output" = hello ]
	received
	same "$(cat "$OUT")" hello
	within_patience nc -u -l -W1 127.0.0.1 6001 >"$BATS_TEST_TMPDIR/nc" 3>&- &
	local nc=$!
	eventually is_bound 6001
	sockkit udpsend --data=to-nc 127.0.0.1:6001
	wait "$nc"
	same "$(cat "$BATS_TEST_TMPDIR/nc")" to-nc
}

@test "nc -u -l has a conversation, and so has --talk with nc -u" {
	command -v nc >/dev/null || skip 'no nc'
	mkfifo "$BATS_TEST_TMPDIR/said"
	exec 7<>"$BATS_TEST_TMPDIR/said"
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" udprecv --talk 127.0.0.1 7811 <&7 >"$BATS_TEST_TMPDIR/heard" 3>&- 7>&- &
	STARTED_PIDS+=("$!")
	eventually is_bound 7811
	echo answer >&7
	run -0 within_patience nc -u -w1 127.0.0.1 7811 <<<question
	same "$output" answer
	same "$(cat "$BATS_TEST_TMPDIR/heard")" question
	exec 7>&-
}

@test "socat, both ways" {
	command -v socat >/dev/null || skip 'no socat'
	receive --count=1
	in_netns socat -u - UDP4:127.0.0.1:"$PORT" <<<hello
	received
	same "$(cat "$OUT")" hello
	EXEC_IN_JOB=1 in_netns socat UDP4-RECVFROM:6002,fork PIPE 3>&- &
	STARTED_PIDS+=("$!")
	eventually is_bound 6002
	run -0 sockkit udpsend --data=echo --reply="$PATIENCE" 127.0.0.1:6002
	[ "${lines[0]}" = echo ]
}

@test "ncat -u, both ways" {
	command -v ncat >/dev/null || skip 'no ncat'
	receive --count=1
	in_netns ncat -u --send-only 127.0.0.1 "$PORT" <<<hello
	received
	same "$(cat "$OUT")" hello
	EXEC_IN_JOB=1 in_netns ncat -u -l 127.0.0.1 6003 -e /bin/cat 3>&- &
	STARTED_PIDS+=("$!")
	eventually is_bound 6003
	run -0 sockkit udpsend --data=echo --reply="$PATIENCE" 127.0.0.1:6003
	[ "${lines[0]}" = echo ]
}

@test "iperf 2 sends, udprecv counts and answers its end mark" {
	command -v iperf >/dev/null || skip 'no iperf'
	receive --stats --events=json
	run -0 within_patience iperf -u -c 127.0.0.1 -p "$PORT" -b 4m -t 1 -l 1000
	[[ $output == *'Server Report'* ]]
	[[ $output != *WARNING* ]]
	interrupt
	[ "$(event report lost)" -eq 0 ]
	[ "$(event report ended)" = true ]
	local theirs
	theirs=$(sed -n 's|.* 0/\([0-9]*\) (0%).*|\1|p' <<<"$output" | tail -n 1)
	[ "$(event report datagrams)" -eq "$theirs" ]
}

@test "at iperf3's port it is said that iperf3 would ask by TCP first" {
	run -1 --separate-stderr sockkit udprecv -v --stats --timeout=50ms 127.0.0.1 5201
	[[ $stderr == *"5201 is iperf3's port, which connects by TCP first"* ]]
	run -0 sockkit udpsend --stamp --size=100 127.0.0.1:5201
	[[ $output == *"5201 is iperf3's port, which takes datagrams behind a TCP connection only"* ]]
}

@test "iperf 2 asks for a reverse stream, and udprecv says so" {
	command -v iperf >/dev/null || skip 'no iperf'
	receive --stats
	in_netns timeout "$PATIENCE" iperf -u -c 127.0.0.1 -p "$PORT" -R -t 1 -b 1m >/dev/null 3>&- &
	STARTED_PIDS+=("$!")
	eventually has_received 3
	interrupt
	grep -q 'asks for a stream the other way (iperf -R)' "$ERR"
	run -1 grep duplicate "$ERR"
}

@test "udpsend --stamp sends, iperf 2 counts" {
	command -v iperf >/dev/null || skip 'no iperf'
	EXEC_IN_JOB=1 in_netns iperf -u -s -p 6004 >"$BATS_TEST_TMPDIR/iperf" 2>&1 3>&- &
	STARTED_PIDS+=("$!")
	eventually is_bound 6004
	run -0 sockkit udpsend --size=1000 --count=500 --rate=1000 --stamp --events=json 127.0.0.1:6004
	# The end mark is a datagram to iperf.
	same "$(jq -c '[.sent, .peer_datagrams, .peer_lost, .peer_reordered]' <<<"$output")" '[500,501,0,0]'
	until_line "$BATS_TEST_TMPDIR/iperf" '0/501'
}
