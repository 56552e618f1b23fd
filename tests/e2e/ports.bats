# `sockkit ports` and `ports --registry`.
load helper

@test "who listens: address, scope, queue, process" {
	mksock tcp-queued 127.0.0.1 8080 3 , tcp-listen :: 443 , udp-bound 0.0.0.0 53
	run -0 sockkit ports -H
	same "$(awk '{ sub("^0/.*", "0/N", $6); print $1, $2, $3, $4, $5, $6, $7, $8 }' <<<"$output")" \
		"53 udp 0.0.0.0 all domain - mksock $MKSOCK_PID
443 tcp :: all https 0/N mksock $MKSOCK_PID
8080 tcp 127.0.0.1 loopback http-alt 3/3 mksock $MKSOCK_PID"
}

@test "machine formats carry numbers" {
	mksock tcp-queued 127.0.0.1 8080 3
	sockkit ports -j | jq -e '.[0] | .port == 8080 and .proto == "tcp" and .address == "127.0.0.1"
		and .queue == 3 and .backlog == 3 and .user == "root" or .user != null'
	[ "$(sockkit ports -f csv -c port,address,queue | tail -n 1)" = 8080,127.0.0.1,3 ]
}

@test "a queue is full when the kernel drops who comes next: one more than the backlog" {
	EXEC_IN_JOB=1 start ready in_netns python3 -u -c 'import signal, socket
from patience import eventually
kept = []
def queue(port, backlog, clients):
	s = socket.socket()
	s.bind(("127.0.0.1", port))
	s.listen(backlog)
	kept.append(s)
	for _ in range(clients):
		kept.append(socket.create_connection(("127.0.0.1", port)))
queue(8080, 0, 0)
queue(8081, 0, 1)
queue(8082, 3, 3)
queue(8083, 3, 4)
queue(8084, 1000000, 1)
# Who comes next is not taken, which the kernel counts.
def overflows():
	names, values = (line.split() for line in open("/proc/net/netstat") if line.startswith("TcpExt:"))
	return int(values[names.index("ListenOverflows")])
late = socket.socket()
late.setblocking(False)
late.connect_ex(("127.0.0.1", 8083))
eventually(overflows, "a connection that is not taken")
print("ready")
signal.pause()'
	same "$(sockkit ports -H -c port,queue 8080-8083 | awk '{ $1 = $1; print }')" \
		$'8080 0/0\n8081 1/0 FULL\n8082 3/3\n8083 4/3 FULL'
	same "$(sockkit ports -f csv -H -c port,queue,backlog 8080-8083)" $'8080,0,0\n8081,1,0\n8082,3,3\n8083,4,3'
	# listen() asks for what it likes; the kernel has a limit.
	same "$(sockkit ports -f csv -H -c backlog 8084)" "$(in_netns cat /proc/sys/net/core/somaxconn)"
	# What /proc/net does not know is not made up.
	same "$(sockkit sockets --source=proc -f csv -H -c recv_queue,send_queue sport = :8083 and state listening)" 4,
}

@test "what is bound to the loopback interface is out of reach, and multicast stays on the link" {
	start ready in_netns perl -MSocket -e '
		socket(my $lo, PF_INET, SOCK_STREAM, 0) or die;
		setsockopt($lo, SOL_SOCKET, 25, "lo") or die; # SO_BINDTODEVICE
		bind($lo, sockaddr_in(81, INADDR_ANY)) && listen($lo, 1) or die;
		socket(my $group, PF_INET, SOCK_DGRAM, 0) or die;
		bind($group, sockaddr_in(5353, inet_aton("224.0.0.251"))) or die;
		$| = 1; print "ready\n"; <STDIN>'
	same "$(sockkit ports -f csv -H -c port,address,scope)" $'81,0.0.0.0,loopback\n5353,224.0.0.251,link'
}

@test "more holders are counted, and listed" {
	mksock share 2 tcp-listen 127.0.0.1 8080
	[[ $(sockkit ports -H -c process) == 'mksock +2' ]]
	sockkit ports -j | jq -e '.[0].processes | length == 3'
}

@test "PORTS narrow, and say no" {
	mksock tcp-listen 127.0.0.1 8080 , tcp-listen ::1 8081 , udp-bound 127.0.0.1 8080
	[ "$(sockkit ports -H 8080 | wc -l)" -eq 2 ]
	[ "$(sockkit ports -H -t 8080 | wc -l)" -eq 1 ]
	[ "$(sockkit ports -H -6 8080-8090 | wc -l)" -eq 1 ]
	[ "$(sockkit ports -H http-alt,8081 | wc -l)" -eq 3 ]
	[ "$(sockkit ports -H 8000- | wc -l)" -eq 3 ]
	[ "$(sockkit ports -H :8080 | wc -l)" -eq 2 ]
	[ "$(sockkit ports -H -- -9000 | wc -l)" -eq 3 ]
	run -1 sockkit ports 8082
	run -2 sockkit ports nosuchservice
	[[ $output == *nosuchservice* ]]
	run -0 sockkit ports 1 8080
}

@test "a client's port is not listened on" {
	mksock tcp-established 127.0.0.1 9000
	local client
	client=$(sockkit sockets -H -c local_port dport = :9000 | tr -d ' ')
	run -1 sockkit ports "$client"
}

@test "nothing listens: a heading, status 0" {
	run -0 sockkit ports
	[ "${#lines[@]}" -eq 1 ]
	[ "$(sockkit ports -j)" = '[]' ]
}

@test "the registry, with and without /etc/services" {
	registry() {
		sockkit ports --registry -f csv -H -c port,service "$@"
	}
	for port in 20:ftp-data 21:ftp 22:ssh 23:telnet 25:smtp 53:domain 80:http 110:pop3 443:https \
		3306:mysql 5432:postgresql; do
		registry "${port%:*}" | grep -qx "${port%:*},${port#*:}"
	done
	registry 143 | grep -qE '^143,imap2?$'
	# A minimal system has no /etc/services.
	need_bare_root
	run -0 in_bare_root /sockkit ports --registry -f csv -H -c port,service \
		22,53,80,110,143,443,3306,5432
	same "$(grep -E ',(ssh|domain|http|pop3|imap|https|mysql|postgresql)$' <<<"$output")" \
		$'22,ssh\n53,domain\n80,http\n110,pop3\n143,imap\n443,https\n3306,mysql\n5432,postgresql'
}

@test "a port nobody registered has a class, and the answer is no" {
	run -1 sockkit ports --registry -f csv -H -c port,service,class 50001
	same "$output" '50001,,dynamic'
	run -0 sockkit ports --registry 22 50001
	run -2 sockkit ports --registry nosuchservice
	run -0 sockkit ports --registry imaps -f csv -H -c port
	grep -qx 993 <<<"$output"
}

@test "the range of outgoing ports is this host's" {
	local low high
	read -r low high < <(in_netns cat /proc/sys/net/ipv4/ip_local_port_range)
	sockkit ports --registry -j "$low" "$high" | jq -e 'all(.ephemeral)' ||
		[ -z "$(sockkit ports --registry -f csv -H "$low" "$high")" ]
	sockkit ports --registry -j 22 | jq -e 'all(.ephemeral | not)'
}

@test "the whole registry streams into head" {
	run -141 bash -o pipefail -c '"$0" ports --registry | head -n 3' "$SOCKKIT"
	[ "${#lines[@]}" -eq 3 ]
}

@test "PORTS as other tools write them" {
	mksock tcp-listen 127.0.0.1 8080 , udp-bound 127.0.0.1 8080 , tcp-listen ::1 8081
	local words
	for words in 8080/tcp tcp/8080 8080/TCP '-t 8080' '-t :8080' '-t *:8080' '-t 127.0.0.1:8080' \
		'127.0.0.1:8080/tcp' '-tlpn 8080'; do
		# shellcheck disable=SC2086 # words
		run -0 sockkit ports -f csv -H -c port,proto $words
		[ "$output" = 8080,tcp ] || { echo "$words: $output" >&2 && return 1; }
	done
	run -0 sockkit ports -f csv -H -c port,proto udp/8080
	[ "$output" = 8080,udp ]
	run -0 sockkit ports -f csv -H -c port,proto '[::1]:8081'
	[ "$output" = 8081,tcp ]
	run -0 sockkit ports -f csv -H -c port ::1:8081
	run -1 sockkit ports 127.0.0.2:8080
	run -1 sockkit ports 127.0.0.1:8081
	run -0 sockkit ports -tulpn
	[[ ${lines[0]} == PORT*COMMAND ]]
	[ "${#lines[@]}" -eq 4 ]
	run -0 sockkit ports --wait=0 127.0.0.1:8080/tcp
	run -1 sockkit ports --wait=0 127.0.0.2:8080
	run -0 sockkit ports --wait-closed=0 127.0.0.2:8080
	for words in '8080/tcp 53/udp' '8080/tcp 53' '-u 8080/tcp' nohost.invalid:80 127.0.0.1:80,::1:80 \
		'127.0.0.1:80 127.0.0.2:80' '--why 127.0.0.1:80' '--kill 127.0.0.1:80' '--free -l' 80/ /tcp 80/sctp 0 0-22; do
		# shellcheck disable=SC2086 # words
		run -2 sockkit ports $words
		[ "${#lines[@]}" -eq 1 ] || { echo "$words: $output" >&2 && return 1; }
	done
}

@test "what a full queue dropped is counted as the kernel counts it" {
	start ready in_netns python3 -u -c 'import socket, sys
s = socket.create_server(("127.0.0.1", 8080), backlog=0)
kept = [socket.create_connection(s.getsockname())]
for i in range(1000):
	c = socket.socket()
	c.setblocking(False)
	c.connect_ex(s.getsockname())
	c.close()
print("ready")
sys.stdin.read()'
	local overflows drops
	overflows=$(in_netns awk '/^TcpExt:/ { if (!n) n = split($0, name); else for (i = 1; i <= n; i++)
		if (name[i] == "ListenOverflows") print $i }' /proc/net/netstat)
	drops=$(sockkit ports -j 8080 | jq '.[0].drops')
	[ "$overflows" -ge 1000 ]
	[ "$drops" -eq "$overflows" ]
	run -1 sockkit ports --why -f jsonl 8080
	jq -se --argjson drops "$drops" '(.[0] | .drops == $drops and .queue == 1 and .backlog == 0) and
		(.[-1].detail | contains("\($drops) connections dropped since it began"))' <<<"$output"
}

parse_metrics() {
	python3 "$BATS_TEST_DIRNAME/openmetrics.py"
}

# samples NAME LABEL...: of the metrics in the file, `value label...`.
samples() {
	local name=$1 words
	shift
	words=$(printf ' \\(.labels.%s)' "$@")
	parse_metrics <"$BATS_TEST_TMPDIR/metrics" | jq -r "select(.name == \"sockkit_port_$name\") | \"\(.value | floor)$words\""
}

@test "openmetrics: who is up, queues, limits and drops; what is down is 0" {
	mksock tcp-queued 127.0.0.1 8080 3 , udp-bound ::1 53
	start ready in_netns python3 -u -c 'import socket, sys
def listen(backlog):
	s = socket.socket()
	s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
	s.bind(("127.0.0.1", 8081))
	s.listen(backlog)
	return s
kept = [listen(5), listen(6), socket.create_connection(("127.0.0.1", 8081))]
print("ready")
sys.stdin.read()'
	sockkit ports -f openmetrics >"$BATS_TEST_TMPDIR/metrics"
	same "$(samples up port proto)" $'1 53 udp\n1 8080 tcp\n1 8081 tcp'
	same "$(samples queue port address process | sed 's/python3.*/python3/')" $'3 8080 127.0.0.1 mksock\n1 8081 127.0.0.1 python3'
	# Two sockets of the same labels are one series.
	same "$(samples backlog port)" $'3 8080\n11 8081'
	same "$(samples drops port)" $'0 53\n0 8080\n0 8081'
	# 53 is there, if not by TCP; asked for both, it is not.
	sockkit ports -f openmetrics 53,80,8080 >"$BATS_TEST_TMPDIR/metrics"
	same "$(samples up port proto)" $'1 53 udp\n0 80 tcp\n1 8080 tcp'
	sockkit ports -tu -f openmetrics 53,8080 >"$BATS_TEST_TMPDIR/metrics"
	same "$(samples up port proto)" $'0 53 tcp\n1 53 udp\n1 8080 tcp\n0 8080 udp'
	run -1 sockkit ports -f openmetrics 80
	parse_metrics <<<"$output" | jq -e '.value == 0'
	sockkit ports -N "$NETNS_PID" -f openmetrics 8080 >"$BATS_TEST_TMPDIR/metrics"
	same "$(samples up port netns)" "1 8080 pid:$NETNS_PID"
	run -2 sockkit ports -f openmetrics -c port
	run -2 sockkit ports -f openmetrics --why 8080
}
