# Scans of the networks that everybody has: nearly empty ones, several at once, with routers that are
# gone and addresses that are not ready. The kernel's limits are those it comes with.
# shellcheck disable=SC2154 # bats sets output and stderr
load helper
load ../lab/lab

# The two of open_lan, and a second wire between them: 10.78.0.1 on e0 - 10.78.0.9 on e1.
setup() {
	SCANS=()
	open_lan
	wire e0 "$NETNS_PID" e1 "$LAB_TARGET"
	in_netns ip -batch - <<-'END'
		addr add 10.78.0.1/24 dev e0
		link set e0 up
	END
	in_target ip -batch - <<-'END'
		addr add 10.78.0.9/24 dev e1
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

@test "a link-local address needs its interface, and IPv4 in IPv6 clothes is IPv4" {
	local address method
	run --separate-stderr -2 sockkit scan fe80::9
	[[ $stderr == *"'fe80::9': a link-local address"*%IFACE* ]]
	run --separate-stderr -2 sockkit scan fe80::/64%lo
	[[ $stderr == *"'fe80::/64%lo': the zone goes in front of the '/'"* ]]
	address=$(in_target ip -o -6 address show dev d1 scope link | sed 's/.*inet6 \([^/]*\).*/\1/')
	for method in connect syn; do
		run --separate-stderr -1 sockkit scan -q --method=$method -p 81 -c address,from "$address%d0"
		[ "$(tr -s ' ' <<<"${lines[1]}")" = "$address%d0 $address%d0" ]
		run -1 found --method=$method -I d0 -p 81 "$address"
		same "$output" "$address%d0,closed,reset"
		same "$(found --method=$method -p 81 ::ffff:10.77.0.9 ::ffff:10.78.0.8/126)" "10.77.0.9,closed,reset
10.78.0.8,unreachable,no-neighbor
10.78.0.9,closed,reset
10.78.0.10,unreachable,no-neighbor
10.78.0.11,unreachable,no-neighbor"
	done
}

@test "zones have names, in every format, and --diff knows them again" {
	local address=fe80::77
	in_target ip address add $address/64 dev d1 nodad
	run -1 sockkit scan -q -p 81 -f jsonl $address%d0
	same "$(jq -r '.address, .from' <<<"$output")" $'fe80::77%d0\nfe80::77%d0'
	printf '%s\n' "$output" "${output//%d0/%gone}" >"$BATS_TEST_TMPDIR/before"
	run -0 sockkit scan -q -p 81 --diff="$BATS_TEST_TMPDIR/before" $address%d0
	run -1 sockkit scan -q -p 81 --expect=81=open $address%d0
	[[ $output == *"fe80::77%d0 port 81"* ]]
	same "$(sockkit scan --up -q -f csv -H -c address $address%d0)" fe80::77%d0
	# What could be taken for something else is a number.
	in_netns ip link set d0 down
	in_netns ip link set d0 name 'a"b'
	in_netns ip link set 'a"b' up
	settle in_netns
	[[ $(sockkit scan --up -q -f csv -H -c address "$address%a\"b") =~ ^fe80::77%[0-9]+$ ]]
}

@test "the address to send from is checked once, and decides the way" {
	local method
	in_netns ip -batch - <<-'END'
		route add 203.0.113.0/24 via 10.77.0.9
		route add 203.0.113.0/24 via 10.78.0.9 table 100
		rule add from 10.78.0.1 lookup 100
	END
	in_target ip address add 203.0.113.9/32 dev lo
	for method in connect syn udp; do
		run --separate-stderr -2 sockkit scan --method=$method -s 10.99.0.1 10.77.0.9 -p 81
		[[ $stderr == *"'10.99.0.1': this host has no such address"* ]]
		# The table of the one network refuses what does not come by it.
		rules in_target input <<<"ip daddr 203.0.113.9 iifname != e1 drop"
		run -1 found --method=$method -s 10.78.0.1 203.0.113.9 -p 81
		same "${output%,*}" 203.0.113.9,closed
		rules in_target input <<<"ip daddr 203.0.113.9 iifname != d1 drop"
		run -1 found --method=$method 203.0.113.9 -p 81
		same "${output%,*}" 203.0.113.9,closed
	done
}

@test "each of two equal ways is left by with an address of its own" {
	local method
	in_netns ip route add 203.0.113.0/24 nexthop via 10.77.0.9 nexthop via 10.78.0.9
	in_target ip route add local 203.0.113.0/24 dev lo
	rules in_target input <<-'END'
		iifname d1 ip saddr != 10.77.0.1 drop
		iifname e1 ip saddr != 10.78.0.1 drop
	END
	for method in syn connect; do
		same "$(found --method=$method 203.0.113.1-40 -p 81 | cut -d, -f2 | uniq -c | tr -s ' ')" ' 40 closed'
	done
	# More ICMP errors at once no host sends.
	same "$(found -u 203.0.113.1-6 -p 81 | cut -d, -f2 | uniq -c | tr -s ' ')" ' 6 closed'
}

@test "without IPv6 an address of it is unreachable at once" {
	local method
	in_netns sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	for method in connect syn udp; do
		run --separate-stderr -1 sockkit scan --method=$method -f csv -H -c state,reason fd77::9 -p 1-20
		same "$(uniq -c <<<"$output" | tr -s ' ')" ' 20 unreachable,no-route'
		[[ $stderr != *waited* ]]
	done
}

@test "an address that is not ready to send from is waited for, and it is said" {
	local method
	in_netns sysctl -qw net.ipv6.conf.d0.{accept_dad,dad_transmits}=1
	for method in connect syn udp; do
		# Detection of duplicates (RFC 4862) takes a second, and some.
		in_netns ip address flush dev d0 scope link
		in_netns ip address del fd77::1/64 dev d0
		in_netns ip address add fd77::1/64 dev d0
		run --separate-stderr -1 sockkit scan --method=$method -f csv -H -c state fd77::9 -p 81
		same "$output" closed
		[[ $stderr == *'times waited for an address of this host'* ]]
	done
}

@test "what this host's own firewall refuses now and then is no state" {
	local method
	in_netns nft -f - <<-'END'
		table inet own {
			chain guard {
				type filter hook output priority 0
				meta l4proto { tcp, udp } numgen inc mod 2 < 1 drop
			}
		}
	END
	for method in connect syn udp; do
		same "$(found --method=$method 10.77.0.9 -p 81-86 | cut -d, -f2 | uniq -c | tr -s ' ')" ' 6 closed'
	done
	in_netns nft flush chain inet own guard
	in_netns nft add rule inet own guard tcp dport 85 drop
	run -3 found --method=syn 10.77.0.9 -p 84,85
	same "$(sort <<<"$output")" $'10.77.0.9,closed,reset\n10.77.0.9,error,local-denied'
}

@test "an uplink that comes back was never gone" {
	local scan rows=$BATS_TEST_TMPDIR/rows method
	for method in connect syn; do
		: >"$rows"
		sockkit scan --method=$method --rate=400 -f csv -H -c port,state -p 1-400 10.77.0.9 \
			>"$rows" 2>"$rows.err" 3>&- &
		scan=$!
		eventually has_lines "$rows" 40
		in_netns ip link set d0 down
		eventually has_line "$rows.err" 'waiting for a route'
		in_netns ip link set d0 up
		wait "$scan" || [ $? -eq 1 ]
		same "$(cut -d, -f2 "$rows" | sort | uniq -c | tr -s ' ')" ' 400 closed'
	done
}

@test "neighbours that were there a while ago are asked again" {
	local method
	# As root the kernel is made to hurry.
	[ "$EUID" -eq 0 ] || skip 'takes seconds without a privilege'
	for method in connect udp; do
		in_netns ip neigh replace 10.77.0.7 lladdr 02:00:00:00:00:07 nud stale dev d0
		in_netns ip neigh replace fd77::7 lladdr 02:00:00:00:00:07 nud stale dev d0
		same "$(found --method=$method 10.77.0.7 fd77::7 -p 81 | sort)" $'10.77.0.7,unreachable,no-neighbor\nfd77::7,unreachable,no-neighbor'
	done
}
