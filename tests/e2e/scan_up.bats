# Which hosts are there: as root and as nobody, on the own network and behind a router, by whatever they
# let through.
# shellcheck disable=SC2154 # bats sets output and stderr
load helper
load ../lab/lab

# address,state,reason of every host, in order.
hosts() {
	sockkit scan --up -q -f csv -H -c address,state,reason --sort=address "$@"
}

hosts_as_nobody() {
	as_nobody "$SOCKKIT" scan --up -q -f csv -H -c address,state,reason --sort=address "$@"
}

@test "the hosts of a network are listed, by root and by nobody" {
	open_lan
	local mac
	mac=$(in_target cat /sys/class/net/d1/address 2>/dev/null || in_target ip -o link show d1 | sed 's/.*ether \([^ ]*\).*/\1/')
	run --separate-stderr -0 sockkit scan --up 10.77.0.0/24 -c address,state,mac
	same "$(tr -s ' ' <<<"$output")" $'ADDRESS STATE MAC\n10.77.0.1 up -\n10.77.0.9 up '"$mac"
	[[ $stderr == *'254 hosts = 2 up + 252 down + 0 unknown'* ]]
	in_netns ip neigh flush dev d0
	run -0 hosts_as_nobody 10.77.0.0/24 fd77::/126 fd77::8/127
	same "$(cut -d, -f1,2 <<<"$output" | grep ,up)" $'10.77.0.1,up\n10.77.0.9,up\nfd77::1,up\nfd77::9,up'
	same "$(grep -vc ',up' <<<"$output")" 256
	[ "$(grep -v ,up <<<"$output" | cut -d, -f2,3 | sort -u)" = down,no-neighbor ]
	run -1 hosts 10.77.0.2-3
	same "$output" $'10.77.0.2,down,no-neighbor\n10.77.0.3,down,no-neighbor'
}

@test "a host that lets nothing in is there for its neighbours, and unknown to others" {
	open_lan
	rules in_target input <<-'END'
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
		drop
	END
	local _
	# The second time the kernel knows it already.
	for _ in 1 2; do
		run -0 hosts 10.77.0.9 fd77::9
		same "$output" $'10.77.0.9,up,neighbor\nfd77::9,up,neighbor'
	done
	run -0 hosts_as_nobody 10.77.0.9
	same "$output" 10.77.0.9,up,neighbor
	run -1 hosts 10.64.0.1
	same "$output" 10.64.0.1,unknown,no-response
	# Of many the table says it once.
	run -1 sockkit scan --up -q 10.64.0.0/29 -c address,state
	same "$(tr -s ' ' <<<"${lines[1]}")" '10.64.0.0-7, 8 hosts unknown'
}

@test "any word of a host is life" {
	open_lan
	local rule
	for rule in 'icmp type echo-request drop' 'icmp type echo-request drop; udp dport 1-65535 drop' \
		'tcp dport 1-65535 drop; udp dport 1-65535 drop'; do
		rules in_target input <<<"${rule//; /$'\n'}"
		run -0 hosts 10.64.0.1
		[[ $output == 10.64.0.1,up,* ]]
	done
}

@test "a router's word is its own, and a dead one is no silence, in the lab" {
	open_lab
	rules in_router forward <<<'ip daddr 10.9.1.1 reject with icmp admin-prohibited'
	run -1 hosts 10.9.1.1
	same "$output" 10.9.1.1,unknown,admin-prohibited
	run -0 hosts fd09:1::1 10.9.0.254 10.9.1.7
	same "$output" "10.9.0.254,up,echo-reply
10.9.1.7,down,host-unreachable
fd09:1::1,up,echo-reply"
}

@test "many hosts are found at once" {
	open_lan
	run -0 hosts 10.64.0.0/20
	same "$(cut -d, -f2 <<<"$output" | uniq -c | tr -s ' ')" ' 4096 up'
	run -0 hosts_as_nobody 10.64.0.0/22
	same "$(cut -d, -f2 <<<"$output" | uniq -c | tr -s ' ')" ' 1024 up'
}

@test "with ports only those of hosts that are there are asked" {
	open_lan
	respond tcp 22
	run --separate-stderr -0 sockkit scan --up 10.77.0.0/28 -p 22,23 -f csv -H -c address,port,state --sort=address,port
	same "$output" $'10.77.0.1,22,closed\n10.77.0.1,23,closed\n10.77.0.9,22,open\n10.77.0.9,23,closed'
	[[ $stderr == *'15 hosts = 2 up + 13 down'*'4 planned = 1 open + 3 closed'* ]]
	run -1 sockkit scan --up -q 10.77.0.2-3 -p 22 -j
	same "$output" '[]'
	# Nobody is there, so nothing is as expected.
	run -1 sockkit scan --up -q 10.77.0.2-3 --expect=22=open
}

@test "what does not go together is named" {
	open_netns
	local args
	while IFS= read -r args; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr -2 sockkit scan --up $args 127.0.0.1
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == *--up* ]]
	done <<-'END'
		-u
		--banner
		--service
		-f xml
		--shard=1/2 --seed=1
		--diff=x -p 1
		--resume=x -f jsonl
	END
	run -0 hosts 127.0.0.1 ::1
	same "$(cut -d, -f1,2 <<<"$output")" $'127.0.0.1,up\n::1,up'
}

@test "the hosts of an IPv6 network are found, not swept" {
	open_lan
	run -0 hosts fd77::/64
	same "$output" $'fd77::1,up,echo-reply\nfd77::9,up,echo-reply'
	same "$(hosts fe80::%d0/64 | grep -c '%d0,up,echo-reply')" 2
	run -0 hosts ff02::1%d0
	[[ $output == *fd77::9,up,*fe80::*%d0,up,*fe80::*%d0,up,* ]]
	in_netns ip neigh flush dev d0
	# All of what the interface is on, and whoever is there without an echo, or for nobody but neighbours.
	rules in_target input <<-'END'
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
		meta nfproto ipv6 drop
	END
	run -0 hosts -I d0
	same "$(cut -d, -f2 <<<"$output" | sort | uniq -c | tr -s ' ')" $' 252 down\n 6 up'
	[[ $output == *10.77.0.9,up,*fd77::9,up,neighbor*fe80::*%d0,up,neighbor* ]]
	# Nobody has no echo, but knows whom this host has spoken with.
	in_netns sysctl -qw net.ipv4.ping_group_range='1 0'
	run --separate-stderr -0 as_nobody "$SOCKKIT" scan --up -f csv -H -c address fd77::/64
	same "$(sort <<<"$output")" $'fd77::1\nfd77::9'
	[[ $stderr == *'d0: no ICMP echo'*ping_group_range* ]]
}

@test "a network that cannot be asked is refused with the remedy" {
	open_lan
	local target words
	while IFS=: read -r target words; do
		target=${target//_/:}
		# shellcheck disable=SC2086 # words
		run --separate-stderr -2 sockkit scan -p 1 $target
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == *"$words"* ]]
	done <<-'END'
		fd77__/64:--up finds those
		--up fd78__/64:on no network of this host
		--up fe80__/64:%IFACE
		--up ff02__1:%IFACE
		--up:--interface
		--up -I lo:no network
	END
	in_netns ip address add 10.0.0.1/8 dev d0
	run --separate-stderr -2 sockkit scan --up -I d0
	[[ $stderr == *10.0.0.1*'name the part'* ]]
}

@test "who is there is compared with what is expected, and with an earlier scan" {
	open_lan
	local before=$BATS_TEST_TMPDIR/before
	run -0 sockkit scan --up -q -f jsonl 10.77.0.8-9 fd77::/64
	printf '%s\n' "$output" >"$before"
	run -0 sockkit scan --up -q -f csv -H --diff="$before" --expect='10.77.0.9,fd77::1=up,10.77.0.8=down' \
		10.77.0.8-9 fd77::/64
	same "$output" ''
	in_target ip address del fd77::9/64 dev d1
	in_target ip address add 10.77.0.8/24 dev d1
	in_netns ip neigh flush dev d0
	# What has gone away is asked though it is not found any more.
	run --separate-stderr -1 sockkit scan --up -f csv -H -c address,state,was --diff="$before" \
		--expect=fd77::9=up --sort=address 10.77.0.8-9 fd77::/64
	same "$output" $'10.77.0.8,up,down\nfd77::9,down,up'
	[[ $stderr == *'fd77::9: expected up, is down ('*'1 came up, 1 went away, 0 changed otherwise'* ]]
	run -1 sockkit scan --up -q --expect='10.77.0.9=up,81=open' -p 81 10.77.0.9
	run -0 sockkit scan --up -q --expect='*=up,81=closed' -p 81 10.77.0.9
	run -1 sockkit scan --up -q --expect='*=down,81=closed' -p 81 10.77.0.9
	# Nobody asks it, or it is about something else.
	run --separate-stderr -2 sockkit scan --up --expect=10.77.0.1-9=up 10.77.0.8-9
	[[ $stderr == *"'10.77.0.1-9' is not asked"* ]]
	run --separate-stderr -2 sockkit scan --expect=10.77.0.9=up 10.77.0.9
	[[ $stderr == *--up* ]]
	run -2 sockkit scan --up --diff="$before" 10.77.0.1
}
