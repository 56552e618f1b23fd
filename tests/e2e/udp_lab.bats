# Loss, duplicates, reordering and delay that are made on the wire, and what udprecv says of them.
#
# The sender is in a namespace of its own, the receiver in another; the test's own namespace is the
# wire between them, where tests/lab/forward.c runs.
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # every test is a process of its own
load helper
load udp

FORWARD=$HELPERS/forward

# A namespace inside the test's one: its process id is in the named variable.
open_peer() {
	# shellcheck disable=SC2016 # expands in the namespace
	EXEC_IN_JOB=1 start ready in_netns unshare --net sh -c 'ip link set lo up && echo ready && exec cat'
	printf -v "$1" %s "$STARTED_PID"
}

at_sender() {
	NETNS_PID=$SENDER in_netns "$@"
}

at_receiver() {
	NETNS_PID=$RECEIVER in_netns "$@"
}

setup() {
	open_netns
	open_peer SENDER
	open_peer RECEIVER
	in_netns ip link add s0 type veth peer name eth0 netns "$SENDER"
	in_netns ip link add r0 type veth peer name eth0 netns "$RECEIVER"
	in_netns ip link set s0 up
	in_netns ip link set r0 up
	at_sender ip addr add 10.0.0.1/24 dev eth0
	at_sender ip addr add fd00::1/64 dev eth0 nodad
	at_sender ip link set eth0 up
	at_receiver ip addr add 10.0.0.2/24 dev eth0
	at_receiver ip addr add fd00::2/64 dev eth0 nodad
	at_receiver ip link set eth0 up
	# Datagrams that wait for ARP's answer may be overtaken by the next ones when it comes: each is let
	# go by itself while the neighbour is known already (__neigh_update(), net/core/neighbour.c).
	know at_sender 10.0.0.2 at_receiver
	know at_receiver 10.0.0.1 at_sender
	# IPv6 takes a moment to find out that the link is up.
	local side
	for side in at_sender at_receiver; do
		eventually has_multicast "$side"
	done
	IN_PEER=at_receiver
}

# know SIDE ADDRESS OTHER: SIDE need not ask for the address of the other one.
know() {
	"$1" ip neigh replace "$2" dev eth0 nud permanent \
		lladdr "$("$3" ip -brief link show eth0 | awk '{ print $3 }')"
}

has_multicast() {
	"$1" ip -6 route show table local | grep -q '^multicast ff00::/8 dev eth0'
}

# forward SETTING...: what it did is in $BATS_TEST_TMPDIR/wire when it is stopped, frame by frame in
# journal.
forward() {
	EXEC_IN_JOB=1 start ready in_netns "$FORWARD" s0 r0 report="$BATS_TEST_TMPDIR/wire" \
		journal="$BATS_TEST_TMPDIR/journal" "$@"
	WIRE=$STARTED_PID
}

# Who was wrong: what the sender sent in disorder or twice comes `in` so, what the wire did is written
# behind it, and what went `out` is what the receiver got. Kept, as counts do not happen twice.
accuse() {
	local kept
	kept=$(mktemp "${TMPDIR:-/tmp}/sockkit-journal.XXXXXX")
	cat "$BATS_TEST_TMPDIR/wire" "$BATS_TEST_TMPDIR/journal" >"$kept"
	echo "every frame is in $kept; what came in behind a higher stamp, or with the same:"
	awk '$2 == "in" && $5 > 0 { if ($5 <= highest) print; else highest = $5 }' "$BATS_TEST_TMPDIR/journal"
	awk '{ count[$2]++ } END { for (what in count) print what, count[what] }' "$BATS_TEST_TMPDIR/journal"
	cat "$ERR"
} >&2

# counted QUERY WANTED: what the receiver reports.
counted() {
	same "$(event report "| $1 | tostring")" "$2" || {
		accuse
		return 1
	}
}

@test "ten streams with loss, duplicates and reordering: every count is right" {
	local seed seen dropped duplicated reordered
	for seed in 1 2 3 4 5 6 7 8 9 10; do
		receive --stats --events=json 5001
		forward port=5001 limit=2000 drop=30 duplicate=20 hold=50 seed="$seed"
		at_sender "$SOCKKIT" udpsend --size=100 --count=2000 --rate=20000 --stamp --gso=off -q 10.0.0.2:5001
		interrupt
		stop "$WIRE"
		read -r _ seen _ dropped _ duplicated _ reordered <"$BATS_TEST_TMPDIR/wire"
		[ "$seen" -ge 2001 ]
		[ "$dropped" -gt 0 ]
		[ "$duplicated" -gt 0 ]
		[ "$reordered" -gt 0 ]
		counted '[.expected, .lost, .duplicate, .reordered]' "[2000,$dropped,$duplicated,$reordered]"
		[ "$(event total lost_network)" -eq "$dropped" ]
		[ "$(event total dropped_here)" -eq 0 ]
	done
}

@test "iperf 2 receives the same damaged stream, and agrees" {
	command -v iperf >/dev/null || skip 'no iperf'
	local dropped
	EXEC_IN_JOB=1 at_receiver iperf -u -s -p 5002 >"$BATS_TEST_TMPDIR/iperf" 2>&1 3>&- &
	STARTED_PIDS+=("$!")
	NETNS_PID=$RECEIVER eventually is_bound 5002
	forward port=5002 limit=1000 drop=50
	at_sender "$SOCKKIT" udpsend --size=200 --count=1000 --rate=5000 --stamp --gso=off --events=json \
		10.0.0.2:5002 2>"$BATS_TEST_TMPDIR/sender"
	stop "$WIRE"
	read -r _ _ _ dropped _ <"$BATS_TEST_TMPDIR/wire"
	[ "$dropped" -gt 0 ]
	[ "$(jq .peer_lost "$BATS_TEST_TMPDIR/sender")" -eq "$dropped" ]
}

@test "iperf 2 receives a reordered stream, and agrees" {
	command -v iperf >/dev/null || skip 'no iperf'
	local reordered
	EXEC_IN_JOB=1 at_receiver iperf -u -s -p 5002 >"$BATS_TEST_TMPDIR/iperf" 2>&1 3>&- &
	STARTED_PIDS+=("$!")
	NETNS_PID=$RECEIVER eventually is_bound 5002
	forward port=5002 limit=1000 hold=50
	at_sender "$SOCKKIT" udpsend --size=200 --count=1000 --rate=5000 --stamp --gso=off --events=json \
		10.0.0.2:5002 2>"$BATS_TEST_TMPDIR/sender"
	stop "$WIRE"
	read -r _ _ _ _ _ _ _ reordered <"$BATS_TEST_TMPDIR/wire"
	same "$(jq -c '[.peer_lost, .peer_reordered]' "$BATS_TEST_TMPDIR/sender")" "[0,$reordered]"
}

@test "iperf 2 sends through the damage, udprecv counts what was lost" {
	command -v iperf >/dev/null || skip 'no iperf'
	local dropped duplicated reordered
	receive --stats --events=json 5003
	forward port=5003 limit=200 drop=100 duplicate=50 hold=100
	# More than the limit, so that its end mark arrives.
	at_sender timeout "$PATIENCE" iperf -u -c 10.0.0.2 -p 5003 -l 1000 -b 4m -n 400000 >"$BATS_TEST_TMPDIR/iperf" 2>&1
	interrupt
	stop "$WIRE"
	read -r _ _ _ dropped _ duplicated _ reordered <"$BATS_TEST_TMPDIR/wire"
	counted '[.lost, .duplicate, .reordered]' "[$dropped,$duplicated,$reordered]"
	# iperf prints what we answered: lost of all.
	grep -q " $dropped/" "$BATS_TEST_TMPDIR/iperf"
}

@test "delay on the wire is one-way delay here, and no jitter" {
	receive --stats --events=json 5004
	forward port=5004 delay=50
	at_sender "$SOCKKIT" udpsend --size=100 --count=200 --rate=1000 --stamp -q 10.0.0.2:5004
	interrupt
	stop "$WIRE"
	[ "$(event report '| .delay_min_ns >= 50000000 and .delay_mean_ns < 150000000')" = true ]
	[ "$(event report lost)" -eq 0 ]
	[ "$(event report reordered)" -eq 0 ]
}

@test "GSO over a veth pair arrives whole" {
	receive --stats --events=json 5005
	forward
	at_sender "$SOCKKIT" udpsend --size=1400 --count=640 --stamp --events=json 10.0.0.2:5005 2>"$BATS_TEST_TMPDIR/sender"
	interrupt
	stop "$WIRE"
	[ "$(jq .gso_calls "$BATS_TEST_TMPDIR/sender")" -gt 0 ]
	[ "$(event report expected)" -eq 640 ]
	[ "$(event report lost)" -eq 0 ]
}

@test "a router that refuses is named" {
	command -v nft >/dev/null || skip 'no nft'
	at_receiver nft 'table ip t { chain c { type filter hook input priority 0; udp dport 99 reject with icmp admin-prohibited; }; }' ||
		skip 'no nftables'
	forward
	run -1 at_sender "$SOCKKIT" udpsend --data=x --reply="$PATIENCE" 10.0.0.2:99
	[[ $output == *'administratively prohibited (ICMP type 3 code 13) from 10.0.0.2'* ]]
}

@test "--no-fragment learns the path MTU from ICMP" {
	forward
	# The receiver routes to a net behind a narrow link.
	at_receiver ip link add n0 type veth peer name n1
	at_receiver ip link set n0 up mtu 1280
	at_receiver ip link set n1 up mtu 1280
	at_receiver ip addr add 10.9.0.1/24 dev n0
	at_receiver sysctl -qw net.ipv4.ip_forward=1
	at_sender ip route add 10.9.0.0/24 via 10.0.0.2
	run at_sender "$SOCKKIT" udpsend --size=1400 --count=5 --rate=20 --no-fragment --events=json 10.9.0.9:99
	[ "$(jq .path_mtu <<<"$(grep '^{' <<<"$output")")" -eq 1280 ]
}

@test "multicast through the wire: joined on the interface it comes in by" {
	receive --count=3 --lines --join=239.9.9.9 -I eth0 5006
	forward
	at_sender "$SOCKKIT" udpsend -I eth0 --ttl=4 --count=3 239.9.9.9:5006 <<<$'a\nb\nc'
	received
	same "$(cat "$OUT")" $'a\nb\nc'
	receive --count=1 --lines --join=ff15::77 -I eth0 5007
	at_sender "$SOCKKIT" udpsend -I eth0 --data=six '[ff15::77]:5007'
	received
	same "$(cat "$OUT")" six
}

@test "a broadcast leaves by the interface that was named, or says which one it took" {
	at_sender ip link add eth1 type veth peer name eth1 netns "$RECEIVER"
	at_sender ip addr add 10.0.1.1/24 dev eth1
	at_sender ip link set eth1 up
	at_receiver ip addr add 10.0.1.2/24 dev eth1
	at_receiver ip link set eth1 up
	at_sender ip route add default via 10.0.0.2
	local to
	for to in 255.255.255.255 10.0.1.255; do
		receive --count=1 -f jsonl 5008
		at_sender "$SOCKKIT" udpsend --broadcast -I eth1 --data=x "$to:5008"
		received
		same "$(jq -c '[.interface, .source_address]' "$OUT")" '["eth1","10.0.1.1"]'
	done
	run -0 at_sender "$SOCKKIT" udpsend --broadcast --data=x 255.255.255.255:5008
	[[ $output == *'goes to the link of eth0 only (from 10.0.0.1)'* ]]
	run -0 at_sender "$SOCKKIT" udpsend --broadcast --data=x -s 10.0.1.1 255.255.255.255:5008
	[[ $output == *'goes to the link of eth1 only (from 10.0.1.1)'* ]]
	run -0 at_sender "$SOCKKIT" udpsend --broadcast -I eth1 --data=x 255.255.255.255:5008
	[ -z "$output" ]
}

@test "groups are joined on several interfaces, on all of them, and it is told on which" {
	at_sender ip link add eth1 type veth peer name eth1 netns "$RECEIVER"
	at_sender ip addr add 10.0.1.1/24 dev eth1
	at_sender ip link set eth1 up
	at_receiver ip addr add 10.0.1.2/24 dev eth1
	at_receiver ip link set eth1 up
	at_sender ip link set eth0 down
	at_receiver ip link add d0 type dummy || at_receiver ip link add d0 type veth peer name d1
	local join
	for join in "--join=239.1.1.1%eth0 --join=239.1.1.1%eth1" --join=239.1.1.1%all; do
		# shellcheck disable=SC2086 # words
		receive --count=1 -f jsonl $join 5009
		grep -q 'joined 239.1.1.1 on eth0' "$ERR"
		grep -q 'joined 239.1.1.1 on eth1' "$ERR"
		! grep -q 'joined 239.1.1.1 on d0' "$ERR"
		at_sender "$SOCKKIT" udpsend -I eth1 --data=x 239.1.1.1:5009
		received
		same "$(jq -r .interface "$OUT")" eth1
	done
	at_receiver ip route add 239.0.0.0/8 dev eth1
	receive --count=1 --lines --join=239.1.1.1 5009
	grep -q 'joined 239.1.1.1 on eth1' "$ERR"
	receive --count=1 --lines --join=ff15::9%eth1 5010
	grep -q 'joined ff15::9 on eth1' "$ERR"
}

@test "a stream through address translation, which only the receiver's side can open" {
	command -v nft >/dev/null || skip 'no nft'
	# The wire's own end is the translator; who is behind it cannot be reached from outside.
	in_netns ip addr add 10.0.0.3/24 dev s0
	in_netns ip link add n0 type veth peer name eth1 netns "$RECEIVER"
	in_netns ip addr add 10.8.0.1/24 dev n0
	in_netns ip link set n0 up
	at_receiver ip addr add 10.8.0.2/24 dev eth1
	at_receiver ip link set eth1 up
	at_receiver ip link set eth0 down
	at_receiver ip route add default via 10.8.0.1
	in_netns sysctl -qw net.ipv4.ip_forward=1
	in_netns nft 'table ip t {
		chain n { type nat hook postrouting priority 100; oif s0 masquerade; };
		chain f { type filter hook forward priority 0; ct state established accept; iif n0 accept; drop; };
	}' || skip 'no nftables'
	EXEC_IN_JOB=1 at_sender "$SOCKKIT" udpsend --pulled --stamp --size=500 --count=200 --rate=2000 \
		0.0.0.0:5011 2>"$BATS_TEST_TMPDIR/pulled" 3>&- &
	STARTED_PIDS+=("$!")
	until_line "$BATS_TEST_TMPDIR/pulled" 'to be asked at'
	receive --pull=10.0.0.1:5011 --stats --events=json
	received
	[ "$RC" -eq 0 ]
	same "$(event report '| [.datagrams, .lost, .ended, .source] | tostring')" '[200,0,true,"10.0.0.1:5011"]'
	# And both ways, as the translator's address.
	EXEC_IN_JOB=1 at_sender "$SOCKKIT" udpsend --pulled --bidir --size=500 --count=100 --rate=2000 \
		0.0.0.0:5012 2>"$BATS_TEST_TMPDIR/both" 3>&- &
	local both=$!
	STARTED_PIDS+=("$both")
	until_line "$BATS_TEST_TMPDIR/both" 'to be asked at'
	at_receiver "$SOCKKIT" udpsend --bidir --events=json --size=100 --count=50 --rate=1000 10.0.0.1:5012 2>"$ERR"
	ended_with 0 "$both"
	same "$(event received '| [.datagrams, .lost, .source] | tostring')" '[100,0,"10.0.0.1:5012"]'
	same "$(event report '| [.peer_datagrams, .peer_lost] | tostring')" '[50,0]'
	grep -q '^10\.0\.0\.3:.*: 50 datagrams' "$BATS_TEST_TMPDIR/both"
}
