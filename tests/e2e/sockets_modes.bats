# What `sockkit sockets` does besides listing: --summary, --group-by, openmetrics, --kill.
load helper

# A server or client in python3: python CODE [ARG...], which prints `ready` when it is.
python() {
	EXEC_IN_JOB=1 start ready in_netns python3 -u -c "$1" "${@:2}"
}

parse_metrics() {
	python3 "$BATS_TEST_DIRNAME/openmetrics.py"
}

@test "modes and options that do not go together are wrong usage" {
	local line
	while read -r line; do
		# shellcheck disable=SC2086 # words
		run -2 sockkit sockets $line
		[ "${#lines[@]}" -eq 1 ] || { echo "$line: $output" >&2 && return 1; }
	done <<-'END'
		--summary --kill port 1
		--kill --group-by=state port 1
		--kill
		-K --force
		-K -t -4 -l
		--kill --source=proc port 1
		--kill -f openmetrics port 1
		--kill --netns=1 port 1
		--dry-run
		--force port 1
		--group-by=
		--group-by=+state
		--group-by=-state
		--group-by=nosuch
		--group-by=state,state
		--group-by=state,
		-s -c local
		--why -s
		--why --follow
		--why -f openmetrics
		--why --kill port 1
		-s --sort=local
		-f openmetrics -c state
		-f prometheus
	END
}

# ---- counting ----

@test "columns by their heading, and without their unit" {
	mksock tcp-established 127.0.0.1 , tcp-listen ::1
	same "$(sockkit sockets -f csv -c RECV-Q,Local,RTT --sort=-RTT,LOCAL)" \
		"$(sockkit sockets -f csv -c recv_queue,local,rtt_us --sort=-rtt_us,local)"
	same "$(sockkit sockets -f csv -c +rtt)" "$(sockkit sockets -f csv -c +rtt_us)"
	same "$(sockkit sockets -j --group-by=State,Local-Address)" \
		"$(sockkit sockets -j --group-by=state,local_address)"
	same "$(sockkit sockets -j 'RTT > 0 and SEND-Q >= 0')" "$(sockkit sockets -j 'rtt_us > 0 and send_queue >= 0')"
	[ "$(sockkit sockets -H -c local 'RTT > 0' | wc -l)" -eq 2 ]
}

counted() {
	sockkit sockets -f csv -H -c "$1" "${@:2}" | sort | uniq -c | awk '{ print $2 "," $1 }' | sort
}

# To ss, which has them from counters of the kernel, CLOSE-WAIT is established, and what waits in
# FIN-WAIT-2 without a process in TIME-WAIT; its orphans are those of all namespaces.
@test "--summary agrees with ss -s, and knows the orphans of this namespace" {
	mksock tcp-listen 127.0.0.1 0 , tcp-listen ::1 , tcp-established ::1 , tcp-time-wait 127.0.0.1 , tcp-orphan 127.0.0.1 , \
		tcp-orphan ::1 , udp-bound ::1 , udp-bound 127.0.0.1 , udp-connected 127.0.0.1
	local ours ss
	ours=$(sockkit sockets -s -j)
	ss=$(in_netns ss -s)
	of() { jq --arg proto "$1" "[.[] | select(.proto == \$proto and $2).$3] | add // 0" <<<"$ours"; }
	[[ $ss =~ estab\ ([0-9]+),.*timewait\ ([0-9]+)\) ]]
	same "$(of tcp '(.state | IN("ESTABLISHED", "CLOSE-WAIT"))' count)" "${BASH_REMATCH[1]}"
	same "$(of tcp '(.state | IN("TIME-WAIT", "FIN-WAIT-2"))' count)" "${BASH_REMATCH[2]}"
	same "$(of udp true count) $(of udp true ipv4) $(of udp true ipv6)" \
		"$(awk '$1 == "UDP" { print $2, $3, $4 }' <<<"$ss")"
	local live='(.state | IN("TIME-WAIT", "FIN-WAIT-2") | not)'
	same "$(of tcp "$live" count) $(of tcp "$live" ipv4) $(of tcp "$live" ipv6)" \
		"$(awk '$1 == "TCP" { print $2, $3, $4 }' <<<"$ss")"
	same "$(of tcp true orphaned)" 2
	same "$(of tcp true orphaned)" "$(sockkit sockets -j -c held_by held_by = orphaned | jq length)"
}

@test "--summary counts what the listing lists, in every format" {
	mksock tcp-listen 127.0.0.1 0 , tcp-established ::1 , tcp-time-wait 127.0.0.1 , udp-bound ::1 , tcp-many 127.0.0.1 0 150
	same "$(sockkit sockets -s -f csv -H -c proto,state,count | sort)" "$(counted proto,state)"
	same "$(sockkit sockets -s -f jsonl | jq -r '"\(.proto),\(.state),\(.count)"' | sort)" "$(counted proto,state)"
	same "$(sockkit sockets --summary -j | jq -r '.[] | "\(.proto),\(.state),\(.count)"' | sort)" "$(counted proto,state)"
	same "$(sockkit sockets -s -H | awk '{ print $1 "," $2 "," $3 }' | sort)" "$(counted proto,state)"
	same "$(sockkit sockets -f openmetrics | parse_metrics | jq -c 'select(.value > 0)' |
		jq -r '"\(.labels.proto),\(.labels.state),\(.value | floor)"' | sort)" "$(counted proto,state)"
	same "$(sockkit sockets -s -t -f csv -H state established)" tcp,ESTABLISHED,302,300,2,0
	[ "$(sockkit sockets -s | head -n 1 | tr -s ' ')" = 'PROTO STATE COUNT IPV4 IPV6 ORPHANED' ]
	[ "$(sockkit sockets --group-by=proto,state | head -n 1 | tr -s ' ')" = 'PROTO STATE COUNT' ]
	run -1 sockkit sockets -s port 1
	run -0 sockkit sockets -s -c state,count --sort=count
}

@test "--group-by and filters have one view of addresses that are mapped into IPv6" {
	mksock tcp-established ::ffff:127.0.0.1 , tcp-established 127.0.0.1 , tcp-established ::1
	local column word address count shown=0
	for column in remote_address:dst local_address:src; do
		word=${column#*:}
		while IFS=, read -r address count; do
			same "$address: $count" "$address: $(sockkit sockets -H "$word" "$address" | grep -c .)"
			shown=$((shown + 1))
		done < <(sockkit sockets -f csv -H --group-by="${column%:*}" state established)
	done
	[ "$shown" -eq 4 ]
}

@test "--group-by counts by any column, the most first" {
	local column
	mksock tcp-listen 127.0.0.1 0 , share 2 udp-bound ::1 0 , tcp-many 127.0.0.1 0 20
	for column in $("$SOCKKIT" --introspect | jq -r 'select(.kind == "column" and .command == "sockets" and .set == null).name'); do
		case $column in
		# These go on while they are counted.
		timer* | last_* | detail) continue ;;
		# These take two looks, and no two are the same.
		recv_rate | send_rate | total_rate | retransmit_rate) continue ;;
		esac
		same "$column: $(sockkit sockets -j --group-by="$column" |
			jq -c 'map([.[]] | if .[0] == [] then .[0] = null else . end) | sort[]')" \
			"$column: $(sockkit sockets -j -c "$column" | jq -c 'map(.[] | if . == [] then null else . end) | group_by(.) | map([.[0], length]) | sort[]')"
	done
	same "$(sockkit sockets -f csv --group-by=state | head -n 2)" $'state,count\nESTABLISHED,40'
	sockkit sockets -j --group-by=process,state | jq -e '
		(map(.count) | . == (sort | reverse)) and (map(.count) | add) == 42'
	same "$(sockkit sockets -f csv --group-by=local_port,state --sort=count -H | tail -n 1)" \
		"$(sockkit sockets -f csv --group-by=local_port,state -H | head -n 1)"
}

@test "no two columns of a summary have one name" {
	run -2 sockkit sockets -t --group-by=max_pacing_rate --max=pacing_rate -j
	[[ $output == *"column 'max_pacing_rate' is already what --sum or --max is called"* ]]
	run -0 sockkit sockets -t --group-by=pacing_rate --max=pacing_rate -f csv
	same "$output" 'pacing_rate,count,max_pacing_rate'
}

@test "--sum and --max are what the rows add up to, in every format" {
	mksock tcp-many 127.0.0.1 0 20 , tcp-unread ::1 4096 , udp-bound ::1 , tcp-listen 127.0.0.1 0
	local rows
	rows=$(sockkit sockets -j -c state,recv_queue,rtt_us,sndbuf | jq -c 'group_by(.state)[] |
		{state: .[0].state, count: length, sum_recv_queue: (map(.recv_queue) | add),
		max_rtt_us: (map(.rtt_us) | max), sum_sndbuf: (map(.sndbuf) | add)}' | sort)
	jq -es 'any(.sum_recv_queue > 0) and any(.max_rtt_us == null) and any(.max_rtt_us > 0)' <<<"$rows"
	set -- --group-by=state --sum=recv_queue --max=RTT --sum=sndbuf -c state,count,sum_recv_queue,max_rtt_us,sum_sndbuf
	same "$(sockkit sockets -f jsonl "$@" | sort)" "$rows"
	same "$(sockkit sockets -j "$@" | jq -c '.[]' | sort)" "$rows"
	same "$(sockkit sockets -f csv -H "$@" | sort)" "$(jq -r 'map(.) | join(",")' <<<"$rows" | sort)"
	same "$(sockkit sockets -f csv -H "$@" --sort=-sum_sndbuf | cut -d, -f5)" "$(jq -r .sum_sndbuf <<<"$rows" | sort -rn)"
	set -- "${@:1:4}"
	sockkit sockets -f openmetrics "$@" | parse_metrics >"$BATS_TEST_TMPDIR/metrics"
	same "$(jq -r 'select(.name == "sockkit_sockets_sum_sndbuf") | "\(.labels.state) \(.value | floor)"' "$BATS_TEST_TMPDIR/metrics" | sort)" \
		"$(jq -r '"\(.state) \(.sum_sndbuf)"' <<<"$rows" | sort)"
	# What no socket of a group has is no sample.
	same "$(jq -r 'select(.name == "sockkit_sockets_max_rtt_seconds").labels.state' "$BATS_TEST_TMPDIR/metrics" | sort)" \
		"$(jq -r 'select(.max_rtt_us).state' <<<"$rows" | sort)"
	# Without --group-by by protocol and state.
	same "$(sockkit sockets -j --sum=recv_queue | jq -r '.[0] | keys_unsorted | join(",")')" proto,state,count,sum_recv_queue
	while read -r words; do
		# shellcheck disable=SC2086 # words
		run -2 sockkit sockets $words
	done <<-END
		--sum=state
		--max=processes
		--sum=no_such
		--sum=
		--max=rtt_us,rtt_us
	END
}

@test "openmetrics keeps series of states in which there is nobody" {
	sockkit sockets -f openmetrics >"$BATS_TEST_TMPDIR/none"
	mksock tcp-listen 127.0.0.1 0 , tcp-time-wait ::1 , udp-bound ::1
	sockkit sockets -f openmetrics >"$BATS_TEST_TMPDIR/some"
	parse_metrics <"$BATS_TEST_TMPDIR/none" | jq -es 'length > 10 and all(.value == 0)'
	same "$(parse_metrics <"$BATS_TEST_TMPDIR/none" | jq -c .labels | sort)" \
		"$(parse_metrics <"$BATS_TEST_TMPDIR/some" | jq -c .labels | sort)"
	parse_metrics <"$BATS_TEST_TMPDIR/some" | jq -es 'map(select(.value > 0)) | length == 3'
	# Who asks for less gets less.
	same "$(sockkit sockets -t -f openmetrics state listening | parse_metrics | jq -r .labels.state)" LISTEN
}

@test "openmetrics stays valid, whatever a process is called" {
	mksock -n $'a"} 1\nb\\c\e[31m\xff,\r\t' udp-bound , tcp-listen
	sockkit sockets -f openmetrics --group-by=process,proto >"$BATS_TEST_TMPDIR/metrics"
	run -1 grep -q $'\e' "$BATS_TEST_TMPDIR/metrics"
	parse_metrics <"$BATS_TEST_TMPDIR/metrics" | jq -es 'length == 2 and all(.value == 1)'
	# The program's own name is mksock; what it calls itself is its command line.
	sockkit sockets -u -f openmetrics --group-by=command | parse_metrics |
		jq -e '.labels.command | startswith("a\"} 1\\nb\\\\c\\e[31m\\xff,\\r\\t")'
	stop "$MKSOCK_PID"
	same "$(sockkit sockets -f openmetrics | tail -n 1)" '# EOF'
	run -1 sockkit sockets -f openmetrics port 1
	parse_metrics <<<"$output"
}

@test "the checker of openmetrics notices what is wrong" {
	local head=$'# TYPE a gauge\n# HELP a b\n' bad
	printf '%sa{b="c"} 1\n# EOF\n' "$head" | parse_metrics
	for bad in 'a{b="c"} x' 'a{b="c} 1' 'a{b="\d"} 1' $'a{b="c"} 1\na{b="c"} 2' 'a{b="c",b="d"} 1' 'c{b="c"} 1' \
		'a{b="c"}  1' '' ' a{b="c"} 1' 'a{b=c} 1' '# TYPE a gauge' 'a{__b="c"} 1'; do
		printf '%s%s\n# EOF\n' "$head" "$bad" >"$BATS_TEST_TMPDIR/bad"
		run ! parse_metrics <"$BATS_TEST_TMPDIR/bad"
	done
	printf '%sa 1\n' "$head" >"$BATS_TEST_TMPDIR/bad"
	run ! parse_metrics <"$BATS_TEST_TMPDIR/bad"
}

# ---- --kill ----

results() {
	sockkit sockets --kill -f csv -H -c local_port,state,result "$@"
}

@test "--kill destroys what matches, in any state, and nothing else" {
	mksock tcp-listen 127.0.0.1 80 , tcp-established 127.0.0.1 81 , tcp-time-wait 127.0.0.1 82 , \
		udp-bound 127.0.0.1 83 , udp-connected ::1 84 , tcp-syn-sent ::1 86 , tcp-syn-recv 127.0.0.1 87 , \
		tcp-listen ::1 80 , tcp-established ::1 90
	local before after
	before=$(sockkit sockets -f csv -H -c cookie,local,remote,state not port 80-87 | sort)
	same "$(results --dry-run sport 80-87 | sort)" \
		"$(results sport 80-87 | sed 's/,destroyed/,would-destroy/' | sort)"
	after=$(sockkit sockets -f csv -H -c cookie,local,remote,state not port 80-87 | sort)
	same "$before" "$after"
	run -1 sockkit sockets -t sport 80-87 and not state bound
	run -1 sockkit sockets --kill port 1
	run -1 sockkit sockets --kill dst 192.0.2.1
	[ -n "$before" ]
}

@test "--kill: --dry-run destroys nothing" {
	mksock tcp-listen 127.0.0.1 80 , tcp-established 127.0.0.1 81 , udp-bound
	local before
	before=$(sockkit sockets -f csv -c cookie,local,remote,state | sort)
	run -0 results --dry-run state all
	[ "${#lines[@]}" -eq 4 ]
	[[ $output != *,destroyed* ]]
	same "$before" "$(sockkit sockets -f csv -c cookie,local,remote,state | sort)"
}

@test "--kill: the other end of a destroyed connection is gone, which is no failure" {
	mksock tcp-many 127.0.0.1 0 50
	run -0 sockkit sockets --kill -j state established
	jq -e 'length == 100 and all(.result == "destroyed" or .result == "gone") and
		(map(select(.result == "destroyed")) | length) == 50' <<<"$output"
}

@test "--kill finds each of many that share a port" {
	python 'import socket, sys
kept = []
for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
	for host, family in ("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6):
		for i in range(16):
			s = socket.socket(family, kind)
			s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
			s.bind((host, 90 + i % 2))
			if kind == socket.SOCK_STREAM:
				s.listen()
			kept.append(s)
print("ready")
sys.stdin.read()'
	local one
	# One by one, and no other.
	one=$(sockkit sockets -t -H -c cookie sport = :90 | head -n 1 | tr -d ' ')
	run -0 results -t sport = :90
	[ "${#lines[@]}" -eq 16 ]
	[[ $output != *gone* && $output != *failed* ]]
	[ "$(sockkit sockets -t -H sport = :91 | wc -l)" -eq 16 ]
	run -0 results -u sport = :91
	[ "${#lines[@]}" -eq 16 ]
	[[ $output != *gone* && $output != *failed* ]]
	[ -n "$one" ]
}

@test "--kill: what is only bound cannot be destroyed, and is said to be so" {
	mksock tcp-bound 127.0.0.1 85 , tcp-listen 127.0.0.1 86
	run -3 --separate-stderr results --dry-run sport = :85
	same "$output" 85,BOUND,unsupported
	run -3 --separate-stderr results sport 85,86
	same "$(sort <<<"$output")" $'85,BOUND,unsupported\n86,LISTEN,destroyed'
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "--kill destroys raw sockets, that one and no other, and says of others that none can" {
	EXEC_IN_JOB=1 start ready in_netns python3 -u -c '
import socket, sys
first, second, unix = socket.socket(socket.AF_INET, socket.SOCK_RAW, 254), socket.socket(
    socket.AF_INET, socket.SOCK_RAW, 254), socket.socket(socket.AF_UNIX)
second.bind(("127.0.0.2", 0))
unix.bind("\0of-this-test")
unix.listen()
print("ready")
sys.stdin.read()'
	run -3 --separate-stderr sockkit sockets -x --kill --dry-run -f csv -H -c result,reason src @of-this-test
	same "$output" 'unsupported,"the kernel destroys sockets of TCP, UDP and raw IP only"'
	# Not every kernel has raw_diag.
	sockkit sockets -w --source=netlink >"$BATS_TEST_TMPDIR/raw" || return 0
	run -0 sockkit sockets -w --kill --dry-run -f csv -H -c local,result src 127.0.0.2
	same "$output" 127.0.0.2:254,would-destroy
	run -0 sockkit sockets -w --kill -f csv -H -c local,result src 127.0.0.2
	same "$output" 127.0.0.2:254,destroyed
	run -0 sockkit sockets -w --kill -f csv -H -c local,result local_port 254 and src 0.0.0.0
	same "$output" 0.0.0.0:254,destroyed
}

@test "--kill ends MPTCP connections by their subflows, and says of what listens that none can" {
	in_netns python3 -c 'from socket import *; socket(AF_INET, SOCK_STREAM, 262)' 2>/dev/null || skip 'no MPTCP here'
	in_netns sh -c 'echo 1 >/proc/sys/net/mptcp/close_timeout' 2>/dev/null || skip 'no net.mptcp.close_timeout here'
	start ready in_netns python3 -u -c '
import select, sys
from socket import *
listener = socket(AF_INET, SOCK_STREAM, 262)
listener.bind(("127.0.0.1", 80))
listener.listen()
client = socket(AF_INET, SOCK_STREAM, 262)
client.connect(("127.0.0.1", 80))
client.sendall(b"x")
server = listener.accept()[0]
server.recv(1)
print("ready")
poll = select.poll()
poll.register(client, 0)
poll.register(server, 0)
hung = set()
while len(hung) < 2:
    hung.update(fd for fd, _ in poll.poll())
print("hung up")
sys.stdin.read()'
	run -3 --separate-stderr sockkit sockets -tM --kill --dry-run -f csv -H -c proto,result,reason state listening
	same "$(sort <<<"$output")" $'mptcp,unsupported,the kernel destroys no listener of MPTCP\ntcp,unsupported,the kernel destroys no listener of MPTCP'
	run -3 --separate-stderr sockkit sockets -t --kill -f csv -H -c result state listening
	same "$output" unsupported
	run -0 sockkit sockets -M --kill --dry-run -f csv -H -c result state established
	same "$output" $'would-destroy\nwould-destroy'
	run -0 sockkit sockets -M --kill -f csv -H -c result,reason state established
	same "$(sort -u <<<"$output")" 'destroyed,its subflows; it ends after net.mptcp.close_timeout'
	run -1 sockkit sockets -t state established
	# And so it does, for both of its ends.
	local line
	IFS= read -r -t "$PATIENCE" -u "$STARTED_FD" line
	[ "$line" = 'hung up' ]
}

@test "--kill spares the connection of this session, at both ends, unless forced" {
	mksock tcp-established 127.0.0.1 22 , tcp-established ::1 22
	local client
	client=$(sockkit sockets -f csv -H -c local_port -4 dport = :22)
	run -1 env SSH_CONNECTION="127.0.0.1 $client 127.0.0.1 22" \
		nsenter --target "$NETNS_PID" --net -- "$SOCKKIT" sockets -K -f csv -H -c family,result state established
	same "$(sort <<<"$output")" $'inet,refused\ninet,refused\ninet6,destroyed\ninet6,gone'
	run -1 env SSH_CONNECTION="127.0.0.1 $client 127.0.0.1 22" \
		nsenter --target "$NETNS_PID" --net -- "$SOCKKIT" sockets -K --dry-run state established
	run -0 env SSH_CONNECTION="127.0.0.1 $client 127.0.0.1 22" \
		nsenter --target "$NETNS_PID" --net -- "$SOCKKIT" sockets -K --force state established
	run -1 sockkit sockets state established
}

@test "--kill: nonsense in SSH_CONNECTION spares nothing and breaks nothing" {
	local text
	for text in '' ' ' 'x' '127.0.0.1' '127.0.0.1 ' '127.0.0.1 x y z' '1 2 3 4 5' '::1 1 ::1' "$(printf '%5000s' 1)"; do
		mksock tcp-established 127.0.0.1 22
		run -0 env SSH_CONNECTION="$text" nsenter --target "$NETNS_PID" --net -- \
			"$SOCKKIT" sockets -K state established
		stop "$MKSOCK_PID"
	done
}

@test "--kill spares what an ancestor holds, unless forced" {
	run -0 in_netns python3 -c 'import socket, subprocess, sys
server = socket.create_server(("127.0.0.1", 22))
client = socket.create_connection(("127.0.0.1", 22))
end, _ = server.accept()
def kill(*more):
	return subprocess.run([sys.argv[1], "sockets", "-K", "-f", "csv", "-H", "-c", "state,result", *more, "port", "22"],
		capture_output=True, text=True)
refused = kill()
assert refused.returncode == 1, refused
assert sorted(refused.stdout.split()) == ["ESTABLISHED,refused"] * 2 + ["LISTEN,refused"], refused
dry = kill("--dry-run", "-c", "state")
assert dry.returncode == 1, dry
end.sendall(b"alive")
assert client.recv(9) == b"alive"
forced = kill("--force")
assert forced.returncode == 0, forced
try:
	client.sendall(b"x")
	sys.exit("it lives")
except OSError:
	pass' "$SOCKKIT"
}

@test "--kill without the privilege says so of each row, and once" {
	mksock tcp-established 127.0.0.1 22 , tcp-listen ::1 22
	as_nobody "$SOCKKIT" sockets -K -f csv -H -c result port 22 >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || [ $? -eq 3 ]
	same "$(sort -u "$BATS_TEST_TMPDIR/out")" denied
	[ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -eq 3 ]
	grep -q 'run as root or with CAP_NET_ADMIN' "$BATS_TEST_TMPDIR/err"
	run -0 sockkit sockets port 22
}

@test "--kill works for root of a namespace who is nobody outside" {
	[ "$EUID" -ne 0 ] || setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all unshare -rn true 2>/dev/null ||
		skip 'this system gives users no namespaces'
	local public user=()
	public=$(mktemp -d /tmp/sockkit-public.XXXXXX)
	chmod 755 "$public"
	install -m 755 "$SOCKKIT" "$MKSOCK" "$public"
	[ "$EUID" -ne 0 ] || user=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all)
	# shellcheck disable=SC2016 # expands in the namespace
	run -0 "${user[@]}" unshare -rn sh -c 'ip link set lo up; cd "$0"
		stdin=$(mktemp -u) && mkfifo "$stdin" && exec 9<>"$stdin" && rm "$stdin"
		./mksock tcp-established 127.0.0.1 22 <&9 >&2 &
		until ./sockkit sockets -H state established >/dev/null; do :; done
		./sockkit sockets -K -f csv -H -c result state established
		kill $!' "$public"
	rm -rf "$public"
	[[ $output == *destroyed* && $output != *denied* ]]
}

@test "two looks tell how fast connections are" {
	in_netns python3 "$BATS_TEST_DIRNAME/rates.py" "$SOCKKIT"
}

@test "one look has no rates" {
	for ask in '-c recv_rate' '-c +send_rate' '--sort=-total_rate' 'recv_rate > 1M' '-s --sum=recv_rate'; do
		# shellcheck disable=SC2086 # words
		run -2 sockkit sockets $ask
		[[ $output == *'a rate takes two looks: add --rates or --watch'* ]]
	done
	run -2 sockkit sockets --rates --follow
	[[ $output == *'--follow and --rates do not go together'* ]]
	run -2 sockkit sockets --rates -K sport = 1
	run -2 sockkit sockets --rates --source=proc
	run -2 sockkit sockets --rates -u
	[[ $output == *'TCP connections only'* ]]
	run -2 sockkit sockets --rates=0
	run -2 sockkit sockets --rates=2s --watch
	[[ $output == *'use --watch=DURATION'* ]]
}

@test "--drops says what the kernel drops, and why: by packets with BPF, else by what is counted" {
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" udpsend -q --data=x --rate=50pps --count=100000 127.0.0.1:9001 >/dev/null 2>&1 3>&- &
	STARTED_PIDS+=("$!")
	sockkit sockets --drops=400ms -f jsonl >"$BATS_TEST_TMPDIR/rows" 2>"$BATS_TEST_TMPDIR/said"
	if grep -q 'cannot see which packets are dropped, but what was counted' "$BATS_TEST_TMPDIR/said"; then
		jq -se 'map(select(.reason == "UdpNoPorts"))[0] | .count > 0 and .source == "counter" and .proto == "udp" and
			.local == null and .way == null' "$BATS_TEST_TMPDIR/rows"
	else
		jq -se 'map(select(.local_port == 9001))[0] | .reason == "NO_SOCKET" and .count > 1 and .source == "packets" and
			.proto == "udp" and .local_address == "127.0.0.1" and .pid == null and .way == "in" and .bytes > 0' \
			"$BATS_TEST_TMPDIR/rows"
	fi
	# A filter looks at rows; where nothing passes, the answer is no.
	run -1 --separate-stderr sockkit sockets --drops=1ms 'dport = 7 and pid = 1'
	run -2 sockkit sockets --drops --follow
	run -2 sockkit sockets --drops=x
	run -2 sockkit sockets --drops --replay=/dev/null
}
