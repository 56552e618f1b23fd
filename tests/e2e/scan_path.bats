# Scans of the networks that everybody has: nearly empty ones, several at once, with routers that are
# gone and addresses that are not ready. The kernel's limits are those it comes with.
# shellcheck disable=SC2154 # bats sets output and stderr
load helper
load ../lab/lab

# scanner 10.77.0.1 fd77::1 on d0, 10.78.0.1 on e0 - target 10.77.0.9 fd77::9 on d1, 10.78.0.9 on e1;
# both without a broadcast address of their own.
setup() {
	SCANS=()
	open_netns
	open_side
	LAB_TARGET=$STARTED_PID
	forgo_dad in_netns
	forgo_dad in_target
	wire d0 "$NETNS_PID" d1 "$LAB_TARGET"
	wire e0 "$NETNS_PID" e1 "$LAB_TARGET"
	in_netns ip -batch - <<-'END'
		addr add 10.77.0.1/24 dev d0
		addr add fd77::1/64 dev d0 nodad
		addr add 10.78.0.1/24 dev e0
		link set d0 up
		link set e0 up
	END
	in_target ip -batch - <<-'END'
		addr add 10.77.0.9/24 dev d1
		addr add fd77::9/64 dev d1 nodad
		addr add 10.78.0.9/24 dev e1
		link set d1 up
		link set e1 up
	END
	settle in_netns
	settle in_target
}

# address,state,reason of every port, in order.
found() {
	sockkit scan -q -f csv -H -c address,state,reason --sort=address "$@"
}

# Scans at the same time, each into a file: together FILE ARG..., and then all_done.
together() {
	local file=$1
	shift
	found "$@" >"$file" 3>&- &
	SCANS+=("$!")
}

all_done() {
	local pid
	for pid in "${SCANS[@]}"; do
		wait "$pid" || [ $? -eq 1 ]
	done
	SCANS=()
}

# Which of 256 addresses that begin with PREFIX are hosts: network PREFIX FORMAT HOSTS REASON.
network() {
	local i
	for ((i = 0; i < 256; i++)); do
		# shellcheck disable=SC2059 # a format
		if [[ " $3 " == *" $i "* ]]; then
			printf "$1$2,closed,$4\n" "$i"
		else
			printf "$1$2,unreachable,no-neighbor\n" "$i"
		fi
	done
}

@test "a network with one host in it is told exactly" {
	local method out=$BATS_TEST_TMPDIR/out
	for method in connect syn udp; do
		together "$out.$method" --method=$method 10.77.0.0/24 -p 81
	done
	together "$out.6" --method=connect fd77::/120 -p 81
	all_done
	# The network's own address and its broadcast address are nobody's.
	for method in connect syn; do
		same "$(sort "$out.$method")" "$(network 10.77.0. %d '1 9' reset | sed '1d;$d' | sort)"
	done
	same "$(sort "$out.udp")" "$(network 10.77.0. %d '1 9' port-unreachable | sed '1d;$d' | sort)"
	# The subnet-router anycast address (RFC 4291 2.6.1) is no router's here.
	same "$(sort "$out.6")" "$(network fd77:: %x '1 9' reset | sed 's/::0,/::,/' | sort)"
}

@test "addresses that are no host's are left out of ranges, counted, and refused alone" {
	run --separate-stderr -1 sockkit scan -f csv -H -c address -p 81 --sort=address 10.77.0.8-9 10.78.0.254-10.78.1.0
	[ "$output" = $'10.77.0.8\n10.77.0.9\n10.78.0.254\n10.78.1.0' ]
	[[ $stderr == *'1 network and broadcast address'*'left out'*--force* ]]
	run --separate-stderr -2 sockkit scan 10.77.0.255
	[[ $stderr == *"'10.77.0.255': broadcast"* ]]
	run --separate-stderr -2 sockkit scan 10.77.0.0
	[[ $stderr == *"'10.77.0.0': network"* ]]
	run -1 found 10.77.0.1 -p 81
	[ "$output" = 10.77.0.1,closed,reset ]
}

@test "one scan of several networks, its own host and what has no route" {
	local method
	for method in syn connect; do
		run -1 found --method=$method 10.77.0.9 10.78.0.9 127.0.0.1 10.77.0.1 203.0.113.5 -p 81
		same "$output" "10.77.0.1,closed,reset
10.77.0.9,closed,reset
10.78.0.9,closed,reset
127.0.0.1,closed,reset
203.0.113.5,unreachable,no-route"
	done
}

@test "a router that is gone is no firewall" {
	in_netns ip route add default via 10.77.0.254
	local method
	for method in syn connect udp; do
		together "$BATS_TEST_TMPDIR/$method" --method=$method 203.0.113.5-6 -p 81,82
	done
	all_done
	for method in syn connect udp; do
		same "$(cut -d, -f2,3 "$BATS_TEST_TMPDIR/$method" | uniq -c | tr -s ' ')" ' 4 unreachable,no-neighbor'
	done
}
