# What owners have set on their sockets, read through them: --sockopt and its columns.
load helper

setup() {
	open_netns
}

# Sockets with options set, as their owner reads them: JSON by column, a line for each port.
owner() {
	start ready in_netns python3 -u -c 'import json, signal, socket, struct, sys
from socket import *
def out(sock, **columns):
	columns["local_port"] = sock.getsockname()[1]
	print(json.dumps(columns))
	return sock
def flag(sock, level, option): return sock.getsockopt(level, option) != 0
listener = socket()
listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
listener.setsockopt(IPPROTO_TCP, TCP_DEFER_ACCEPT, 3)
listener.bind(("127.0.0.1", 0))
listener.listen(5)
listener.setsockopt(IPPROTO_TCP, TCP_FASTOPEN, 17)
client = socket()
client.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
client.setsockopt(SOL_SOCKET, SO_RCVBUF, 33333)
client.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 9))
client.setsockopt(SOL_SOCKET, SO_SNDTIMEO, struct.pack("ll", 1, 500000))
for option, value in (TCP_KEEPIDLE, 61), (TCP_KEEPINTVL, 62), (TCP_KEEPCNT, 6), (TCP_USER_TIMEOUT, 7777), (TCP_NODELAY, 1):
	client.setsockopt(IPPROTO_TCP, option, value)
client.setsockopt(IPPROTO_IP, IP_TTL, 33)
client.setsockopt(IPPROTO_IP, IP_TOS, 16)
client.setsockopt(SOL_SOCKET, SO_PRIORITY, 5)
client.connect(listener.getsockname())
group = socket(AF_INET6, SOCK_DGRAM)
group.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)
group.setsockopt(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 44)
group.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)
group.bind(("::1", 0))
out(listener, so_reuseaddr=True, tcp_defer_accept_s=listener.getsockopt(IPPROTO_TCP, TCP_DEFER_ACCEPT), tcp_fastopen=17,
	so_keepalive=False, so_linger_s=None, udp_gro=None, ipv6_v6only=None, ip_ttl=64)
out(client, so_keepalive=True, so_rcvbuf=client.getsockopt(SOL_SOCKET, SO_RCVBUF), so_sndbuf=client.getsockopt(SOL_SOCKET, SO_SNDBUF),
	so_priority=5, so_linger_s=9, so_sndtimeo_us=1500000, so_rcvtimeo_us=None, tcp_keepidle_s=61, tcp_keepintvl_s=62, tcp_keepcnt=6,
	tcp_user_timeout_ms=7777, tcp_nodelay=True, ip_ttl=33, ip_tos=16, tcp_maxseg=client.getsockopt(IPPROTO_TCP, TCP_MAXSEG),
	so_bindtodevice=None, ip_mtu_discover="want")
out(group, ipv6_v6only=True, ipv6_unicast_hops=44, so_broadcast=True, tcp_nodelay=None, so_reuseport=False)
print("ready")
signal.pause()'
	printf '%s\n' "${STARTED[@]}" | jq -c -R 'fromjson?' >"$BATS_TEST_TMPDIR/owner"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/owner")" -eq 3 ]
}

# The lines of stdin, cut to what the owner tells of the same port.
cut_to_owner() {
	jq -c --slurpfile owner "$BATS_TEST_TMPDIR/owner" '. as $row | $owner[] |
		select(.local_port == $row.local_port) | with_entries(.value = $row[.key])' | sort -u
}

@test "--sockopt tells what owners have set, as they read it themselves" {
	owner
	same "$(sockkit sockets --sockopt -f jsonl | jq -c 'select(.so_sndbuf)' | cut_to_owner)" \
		"$(jq -c . "$BATS_TEST_TMPDIR/owner" | cut_to_owner)"
	# Filters and sorting ask for them, and by the whole name or without the unit.
	same "$(sockkit sockets -H -c state,tcp_keepidle_s 'tcp_user_timeout_ms > 1000' | tr -s ' ')" 'ESTABLISHED 61'
	same "$(sockkit sockets -f csv -H -c so_priority --sort=-so_priority state established | head -n 1)" 5
	same "$(sockkit sockets --group-by=proto --max=ip_ttl -f csv -H -t)" tcp,3,64
	[[ $(sockkit sockets -t --sockopt | head -n 1) == *SO-REUSEADDR*TCP-USER-TIMEOUT* ]]
}

@test "what may not be looked through is absent, and that is said once" {
	owner
	run -0 --separate-stderr as_nobody "$SOCKKIT" sockets -f jsonl -c local,so_rcvbuf
	jq -es 'length == 4 and all(.so_rcvbuf == null)' <<<"$output"
	[ "${#stderr_lines[@]}" -eq 1 ]
	# A BPF program names them to root in a container, who may not look either.
	set -- in_netns setpriv --inh-caps=-sys_ptrace --bounding-set=-sys_ptrace "$SOCKKIT" sockets -f jsonl
	run -0 --separate-stderr "$@" -c local,so_rcvbuf
	jq -es 'length == 4 and all(.so_rcvbuf == null)' <<<"$output"
	[ "${#stderr_lines[@]}" -eq 1 ]
	# Nobody is looked through unless that is asked for.
	run -0 --separate-stderr "$@" -e -i -m -o -p
	[[ $stderr != *'what is set'* ]]
	# What is one's own may be: no privilege is needed.
	start '[1-9]*' as_nobody "$SOCKKIT" listen -k --discard --print-port 127.0.0.1:0
	[ "$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0)" -eq 0 ] || skip 'yama forbids it'
	run -0 --separate-stderr as_nobody "$SOCKKIT" sockets -f jsonl --sockopt "sport = :${STARTED[0]}"
	jq -e '.tcp_nodelay != null and .so_rcvbuf > 0 and .ip_ttl == 64' <<<"$output"
}
