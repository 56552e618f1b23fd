# Scans against a truth that the test itself has made.
# shellcheck disable=SC2030,SC2031,SC2154 # bats sets output and stderr
load helper
load ../lab/lab

setup() {
	case $BATS_TEST_DESCRIPTION in
	*'in the lab'*) open_lab ;;
	*) open_netns ;;
	esac
}

# A scan as `port state reason from` lines: facts ARG...
facts() {
	sockkit scan -q -f csv -H -c port,state,reason,from --sort=address,port "$@"
}

# The same as somebody who owns nothing.
facts_as_nobody() {
	as_nobody "$SOCKKIT" scan -q -f csv -H -c port,state,reason,from --sort=address,port "$@"
}

matrix() {
	respond tcp 22 echo 53 silent 69
	rules in_target input <<-'END'
		meta l4proto { tcp, udp } th dport 101 reject with icmpx port-unreachable
		meta l4proto { tcp, udp } th dport 102 reject with icmpx admin-prohibited
		meta l4proto { tcp, udp } th dport 103 reject with icmpx host-unreachable
		meta l4proto { tcp, udp } th dport 104 reject with icmpx no-route
		tcp dport 105 reject with tcp reset
		meta l4proto { tcp, udp } th dport 106 drop
		meta nfproto ipv4 meta l4proto { tcp, udp } th dport 107 reject with icmp net-prohibited
		meta nfproto ipv4 meta l4proto { tcp, udp } th dport 108 reject with icmp host-prohibited
		meta nfproto ipv4 meta l4proto { tcp, udp } th dport 109 reject with icmp prot-unreachable
	END
	rules in_router forward <<-'END'
		meta l4proto { tcp, udp } th dport 201 reject with icmpx port-unreachable
		meta l4proto { tcp, udp } th dport 202 reject with icmpx admin-prohibited
		meta l4proto { tcp, udp } th dport 203 reject with icmpx host-unreachable
		meta l4proto { tcp, udp } th dport 206 drop
	END
}

matrix_ports=22,53,69,99,101-109,201-203,206

# What must be found of the target $1 behind the router $2, for tcp.
truth() {
	local t=$1 r=$2
	cat <<-END
		22,open,syn-ack,$t
		53,closed,reset,$t
		69,closed,reset,$t
		99,closed,reset,$t
		101,filtered,port-unreachable,$t
		102,filtered,admin-prohibited,$t
		103,unreachable,host-unreachable,$t
		104,unreachable,net-unreachable,$t
		105,closed,reset,$t
		106,filtered,no-response,
	END
	if [[ $t == *:* ]]; then
		printf '%s,closed,reset,'"$t"'\n' 107 108 109
	else
		cat <<-END
			107,filtered,net-prohibited,$t
			108,filtered,host-prohibited,$t
			109,filtered,proto-unreachable,$t
		END
	fi
	cat <<-END
		201,filtered,port-unreachable,$r
		202,filtered,admin-prohibited,$r
		203,unreachable,host-unreachable,$r
		206,filtered,no-response,
	END
}

udp_truth() {
	truth "$@" | sed "s/^22,.*/22,closed,port-unreachable,$1/
		s/^53,.*/53,open,udp-response,$1/
		s/^69,.*/69,open|filtered,no-response,/
		s/closed,reset/closed,port-unreachable/
		s/^101,.*/101,closed,port-unreachable,$1/
		s/filtered,no-response/open|filtered,no-response/
		s/open|open|/open|/"
}

@test "every way to refuse has its name, with SYNs, connections, as root and as nobody, in the lab" {
	matrix
	same "$(facts --method=syn 10.9.1.1 -p $matrix_ports)" "$(truth 10.9.1.1 10.9.0.254)"
	same "$(facts --method=connect 10.9.1.1 -p $matrix_ports)" "$(truth 10.9.1.1 10.9.0.254)"
	same "$(facts --method=syn fd09:1::1 -p $matrix_ports)" "$(truth fd09:1::1 fd09::fe)"
	same "$(facts --method=connect fd09:1::1 -p $matrix_ports)" "$(truth fd09:1::1 fd09::fe)"
	same "$(facts_as_nobody 10.9.1.1 -p $matrix_ports)" "$(truth 10.9.1.1 10.9.0.254)"
	same "$(facts_as_nobody fd09:1::1 -p $matrix_ports)" "$(truth fd09:1::1 fd09::fe)"
}

# Whether a silent port is put down to a limit of ICMP depends on how many messages the kernels of the
# lab had left to send: the state is the same.
udp_facts() {
	"$@" | grep -v ^105 | sed 's/icmp-limited/no-response/'
}

@test "UDP has the same words, for anybody, in the lab" {
	matrix
	same "$(udp_facts facts -u 10.9.1.1 -p $matrix_ports)" \
		"$(udp_facts udp_truth 10.9.1.1 10.9.0.254)"
	same "$(udp_facts facts_as_nobody -u 10.9.1.1 -p $matrix_ports)" \
		"$(udp_facts udp_truth 10.9.1.1 10.9.0.254)"
	same "$(udp_facts facts -u fd09:1::1 -p $matrix_ports)" \
		"$(udp_facts udp_truth fd09:1::1 fd09::fe)"
}

# 300 ports that answer among 6,000.
scatter() {
	seq 1 20 6000 | paste -sd,
}

scattered() {
	seq 1 6000 | awk '{ print $1 "," ($1 % 20 == 1 ? "open" : "closed") }'
}

states() {
	sockkit scan -q -f csv -H -c port,state --sort=port "$@"
}

@test "nothing is missed where a fifth of all packets is lost, in the lab" {
	respond tcp "$(scatter)"
	rules in_router forward <<<'numgen random mod 1000 < 106 drop'
	local method other
	scattered >"$BATS_TEST_TMPDIR/truth"
	for method in syn connect; do
		states --method=$method 10.9.1.1 -p 1-6000 >"$BATS_TEST_TMPDIR/states"
		# As often as is tried, one run in 500 misses an answer; two are a fault.
		other=$(diff "$BATS_TEST_TMPDIR/states" "$BATS_TEST_TMPDIR/truth" | grep '^<' || :)
		[[ -z $other || $other =~ ^'< '[0-9]+,filtered$ ]] || {
			echo "$other" >&2
			return 1
		}
	done
}

@test "the accounts say what was lost, and that all adds up, in the lab" {
	respond tcp "$(scatter)"
	rules in_router forward <<<'numgen random mod 1000 < 50 drop'
	run --separate-stderr -0 sockkit scan -j 10.9.1.1 -p 1-6000
	[[ $stderr =~ '6000 planned = 300 open + 5700 closed; '([0-9]+)' probes in '.*'loss '([0-9.]+)% ]]
	[ "${BASH_REMATCH[1]}" -gt 6000 ]
	[ "${BASH_REMATCH[2]%.*}" -ge 7 ] && [ "${BASH_REMATCH[2]%.*}" -le 12 ]
}

@test "few descriptors and few ports change nothing, in the lab" {
	respond tcp "$(scatter)"
	local truth limit
	truth=$(scattered)
	for limit in 64 256; do
		# shellcheck disable=SC2016 # expands in the inner shell
		same "$(in_netns sh -c 'ulimit -n "$0" && exec "$@"' $limit "$SOCKKIT" scan -q \
			--method=connect -f csv -H -c port,state --sort=port 10.9.2.2 -p 1-6000)" "$truth"
	done
	in_netns sysctl -qw net.ipv4.ip_local_port_range='40000 40050'
	same "$(states --method=connect 10.9.2.2 -p 1-6000)" "$truth"
	same "$(states --method=connect --source=10.9.2.1 10.9.2.2 -p 1-6000)" "$truth"
}

@test "too few descriptors to begin with are refused with the remedy" {
	local limit method
	while read -r method limit; do
		# shellcheck disable=SC2016 # expands in the inner shell
		run -3 in_netns sh -c 'ulimit -n "$0" && exec "$@"' "$limit" "$SOCKKIT" scan -q \
			--method="$method" -f csv -H 127.0.0.1 -p 1 3>&-
		same "$method: $output" \
			"$method: sockkit scan: sockets for the scan: see ulimit -n: Too many open files"
	done <<<$'connect 5\nsyn 9'
}

@test "many hosts behind one wire are all found, in the lab" {
	respond tcp 22
	local method
	for method in syn connect; do
		run --separate-stderr -0 sockkit scan --method=$method -f jsonl --open 10.64.0.0/22 -p 22,23
		[ "$(jq -rs 'map(.address) | unique | length' <<<"$output")" -eq 1024 ]
		[[ $stderr == *'2048 planned = 1024 open + 1024 closed'* ]]
	done
}

@test "a network is as many rows as a person reads, in the lab" {
	respond tcp 22
	run -0 sockkit scan -q -p 22,80 10.9.2.0/24
	same "$(printf '%s\n' "${lines[@]:1}" | awk '{ print $1, $2, $3, $4, $5, $6, $7 }')" "10.9.2.1 22 tcp closed reset 10.9.2.1 $(awk 'NR == 2 { print $7 }' <<<"$output")
10.9.2.1 80 tcp closed reset 10.9.2.1 $(awk 'NR == 3 { print $7 }' <<<"$output")
10.9.2.2 22 tcp open syn-ack 10.9.2.2 $(awk 'NR == 4 { print $7 }' <<<"$output")
10.9.2.2 80 tcp closed reset 10.9.2.2 $(awk 'NR == 5 { print $7 }' <<<"$output")
10.9.2.3-254 2 ports, 252 hosts tcp unreachable"
	run -0 sockkit scan -q -p 22,80 10.64.0.0/28
	[ "${#lines[@]}" -eq 18 ]
	[[ $output == *$'\n10.64.0.0-15  80, 16 hosts  tcp    closed  reset  '* ]]
	# Rows for machines are one for each.
	run -0 sockkit scan -q -f csv -H -p 22,80 10.64.0.0/28
	[ "${#lines[@]}" -eq 32 ]
}

@test "a host that is not there is told once, in the lab" {
	local method
	for method in syn connect udp; do
		run -1 facts --method=$method 10.9.0.77 -p 22,23,80
		[ "$(cut -d, -f2,3 <<<"$output" | sort -u)" = unreachable,no-neighbor ]
		[ "$(wc -l <<<"$output")" -eq 3 ]
	done
}

@test "a host that is not behind its router is unreachable, however cold that is, in the lab" {
	local scan out=$BATS_TEST_TMPDIR/out pair
	# It takes the router three seconds to say so, of six ports at once to each family.
	icmp_limits in_router 1000
	for pair in 'connect syn' 'syn udp'; do
		facts --method="${pair% *}" "10.9.1.${#pair}" -p 22-41 >"$out.4" 3>&- &
		scan=$!
		run -1 facts --method="${pair#* }" "fd09:1::${#pair}" -p 22-41
		same "$(cut -d, -f2-4 <<<"$output" | uniq -c | tr -s ' ')" ' 20 unreachable,host-unreachable,fd09::fe'
		ended_with 1 "$scan"
		same "$(cut -d, -f2-4 "$out.4" | uniq -c | tr -s ' ')" ' 20 unreachable,host-unreachable,10.9.0.254'
	done
}

@test "a router may take its time to find the host, in the lab" {
	respond tcp 22
	rules in_router forward <<<'tcp dport 201 reject with icmpx admin-prohibited'
	in_target nft -f - <<-'END'
		table arp slow {
			chain guard {
				type filter hook input priority 0
				arp operation request numgen inc mod 100000 < 1 drop
			}
		}
		table ip6 slow {
			chain guard {
				type filter hook input priority 0
				icmpv6 type nd-neighbor-solicit numgen inc mod 100000 < 1 drop
			}
		}
	END
	local method=syn address
	for address in 10.9.1.1 fd09:1::1; do
		run -0 facts --method=$method $address -p 22,201
		[[ $output == "22,open,syn-ack,$address"* ]]
		method=connect
	done
}

@test "a host without a route is unreachable, in the lab" {
	in_netns ip route del default
	run -1 facts --method=connect 192.0.2.1 -p 22
	[[ $output == '22,unreachable,no-route,'* ]]
	run -1 facts --method=syn 192.0.2.1 -p 22
	[[ $output == '22,unreachable,no-route,'* ]]
	run -1 facts -u 192.0.2.1 -p 22
	[[ $output == '22,unreachable,no-route,'* ]]
}

@test "hosts that limit their ICMP messages get no false state, in the lab" {
	respond echo 3000-3009 silent 3010-3019
	icmp_limits in_target 1000
	run --separate-stderr -0 sockkit scan -u 10.9.2.2 -p 2900-3099 -f csv -H -c port,state,reason --sort=port
	[ "$(grep -c ',open,udp-response' <<<"$output")" -eq 10 ]
	[ -z "$(awk -F, '$1 >= 3000 && $1 < 3010 && $2 != "open"' <<<"$output")" ]
	[ -z "$(awk -F, '$1 >= 3010 && $1 < 3020 && $2 != "open|filtered"' <<<"$output")" ]
	[ "$(grep -c ',open|filtered,icmp-limited' <<<"$output")" -gt 150 ]
	[[ $stderr == *'limit their ICMP messages'* ]]
}

@test "UDP: an answer from another port is the answer of the one that was asked" {
	EXEC_IN_JOB=1 start ready in_netns python3 -c 'import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 69))
print("ready", flush=True)
while True:
	peer = server.recvfrom(2000)[1]
	with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
		other.bind(("127.0.0.1", 7069))
		other.sendto(b"\0\5\0\1File not found\0", peer)'
	run -0 sockkit scan -q -u -f csv -H -c port,state,reason,from,from_port --sort=port -p 69,70 127.0.0.1
	same "$output" $'69,open,udp-response,127.0.0.1,7069\n70,closed,port-unreachable,127.0.0.1,'
	# Also where the other port is asked, too: that is closed.
	run -0 sockkit scan -q -u -f csv -H -c port,state --sort=port -p 69,7069 127.0.0.1
	same "$output" $'69,open\n7069,closed'
}

@test "a silent port gets no more probes than it may, in the lab" {
	rules in_target input <<<'tcp dport 106 counter drop'
	local method count
	for method in syn connect; do
		rules in_target input <<<'tcp dport 106 counter drop'
		facts --method=$method --retries=1 10.9.2.2 -p 106 || :
		count=$(in_target nft list ruleset | sed -n 's/.*packets \([0-9]*\).*/\1/p')
		[ "$count" -eq 2 ]
	done
}

@test "a rate is kept, in the lab" {
	respond tcp 22
	local begin end
	begin=$(date +%s%N)
	sockkit scan -q --rate=500 10.9.2.2 -p 1-500 >/dev/null
	end=$(date +%s%N)
	[ $(((end - begin) / 1000000)) -ge 950 ]
	begin=$(date +%s%N)
	sockkit scan -q --rate-per-host=20 10.64.0.1-2 -p 22,80-88 >/dev/null
	end=$(date +%s%N)
	[ $(((end - begin) / 1000000)) -ge 450 ]
}

@test "nobody listens on loopback, so nothing is open there" {
	local address method
	for address in 127.0.0.1 ::1; do
		for method in connect syn udp; do
			run --separate-stderr -1 sockkit scan --method=$method $address -p-
			[[ $stderr == *'65535 planned = 65535 closed;'* ]]
		done
	done
}

@test "ports that the scan itself takes are not open" {
	local address method
	in_netns sysctl -qw net.ipv4.ip_local_port_range='40000 40063'
	for address in 127.0.0.1 ::1; do
		for method in connect udp syn; do
			run -1 sockkit scan -q --method=$method $address -p 39990-40070 -f csv -H -c state,reason
			same "$(grep -v '^closed,' <<<"$output")" ''
			[ "${#lines[@]}" -eq 81 ]
		done
		# No question of ours comes back to us: each port answers the first one.
		run -1 sockkit scan --udp $address -p 39990-40070 -f csv -H -c tries
		[ "$(printf '%s\n' "${lines[@]}" | grep -c '^1$')" -eq 81 ]
	done
}

@test "UDP: a scan that has two ports for itself asks for both" {
	local i
	in_netns sysctl -qw net.ipv4.ip_local_port_range='40000 40001'
	for i in {1..8}; do
		run -1 sockkit scan -q --method=udp 127.0.0.1 -p 40000,40001 -f csv -H -c state,reason
		same "$output" $'closed,port-unreachable\nclosed,port-unreachable'
	done
}

@test "a listener in the ephemeral range of loopback is found" {
	mksock tcp-listen 127.0.0.1 40000
	run -0 facts --method=connect 127.0.0.1 -p 39990-40010
	[ "$(grep -c ,open, <<<"$output")" -eq 1 ]
	[[ $output == *$'\n40000,open,syn-ack,127.0.0.1\n'* ]]
}

@test "expectations decide the exit status, and differences are named" {
	mksock tcp-listen 127.0.0.1 2222
	run --separate-stderr -0 sockkit scan -q --expect='2222=open,23=closed' 127.0.0.1
	run --separate-stderr -1 sockkit scan -q --expect='2222=open,23,24=open,*=closed' 127.0.0.1
	[ "${#stderr_lines[@]}" -eq 2 ]
	[[ $stderr == *'127.0.0.1 port 23: expected open, is closed (reset)'* ]]
	run --separate-stderr -1 sockkit scan -q -p 22 127.0.0.1
	run --separate-stderr -0 sockkit scan -q -p 2222 127.0.0.1
}

@test "shards are disjoint and complete" {
	local i
	for i in 1 2 3 4 5 6 7; do
		sockkit scan -q --shard=$i/7 -f jsonl 127.0.0.1 -p 1-2000 || [ $? -eq 1 ]
	done | jq -r .port | sort -n >"$BATS_TEST_TMPDIR/ports"
	cmp "$BATS_TEST_TMPDIR/ports" <(seq 1 2000)
}

@test "targets come from files and stdin, with ports of their own, without those excluded" {
	# As some editors begin a file.
	printf '\357\273\277127.0.0.1:10-12 # three\n\n127.0.0.2\n127.0.0.1:11-13\n' >"$BATS_TEST_TMPDIR/list"
	run -1 sockkit scan -q -f csv -H -c address,port --sort=address,port -p 20 "@$BATS_TEST_TMPDIR/list"
	[ "${lines[*]}" = '127.0.0.1,10 127.0.0.1,11 127.0.0.1,12 127.0.0.1,13 127.0.0.2,20' ]
	# shellcheck disable=SC2016 # expands in the inner shell
	run -1 in_netns sh -c 'echo 127.0.0.0/29 | "$0" scan -q -f csv -H -c address --sort=address \
		-p 20 --exclude=127.0.0.1,127.0.0.3-4 -' "$SOCKKIT"
	[ "${lines[*]}" = '127.0.0.0 127.0.0.2 127.0.0.5 127.0.0.6 127.0.0.7' ]
}

# One line on stderr that has TEXT, the status, nothing on stdout.
refused() {
	local status=$1 text=$2
	shift 2
	run --separate-stderr "-$status" sockkit scan "$@"
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == *"$text"* ]] || {
		echo "'$text' is not in: $stderr" >&2
		return 1
	}
}

@test "what cannot be scanned is named" {
	refused 2 'no target'
	refused 2 "'224.0.0.1': multicast" 224.0.0.1
	refused 2 "'255.255.255.255': broadcast" 255.255.255.255
	refused 2 "'240.0.0.0/8': reserved" 240.0.0.0/8
	refused 2 "'ff02::1': multicast" ff02::1
	refused 2 "'10.0.0.1/33'" 10.0.0.1/33
	refused 2 "'a b'" 'a b'
	refused 2 "'99999'" 127.0.0.1:99999
	refused 2 "nosuchservice" 127.0.0.1 -p nosuchservice
	refused 2 "'0': ports begin at 1" 127.0.0.1 -p 22,0
	refused 2 "'0-9': ports begin at 1" 127.0.0.1 -p 0-9
	refused 2 "'0': ports begin at 1" 127.0.0.1:0
	refused 2 "'0': ports begin at 1" --expect=0=closed 127.0.0.1
	refused 3 "'fe80::1%nosuchif': no such interface" fe80::1%nosuchif
	refused 2 "'4/3'" --shard=4/3 --seed=1 127.0.0.1
	refused 2 "'10Mbit'" --rate=10Mbit 127.0.0.1
	refused 2 "'opened': not a state" --expect=22=opened 127.0.0.1
	refused 2 'nothing is left' --exclude=127.0.0.0/8 127.0.0.1
	refused 3 '/nonexistent' @/nonexistent
	printf '127.0.0.1\n127.0.0.1/99\n' >"$BATS_TEST_TMPDIR/list"
	refused 2 "'127.0.0.1/99'" "@$BATS_TEST_TMPDIR/list"
}

@test "a name that is not known does not keep the others from being scanned" {
	mksock tcp-listen 127.0.0.1 2222
	run --separate-stderr -3 sockkit scan -q -f csv -H -c port,state -p 2222 nosuch.invalid 127.0.0.1
	[ "$output" = 2222,open ]
	[[ $stderr == *'nosuch.invalid: '* ]]
}

@test "many names are looked up together, and taken in order" {
	# The names of one host, in /etc/hosts or made up: half of them are not known.
	local i
	for i in {1..300}; do
		echo "localhost:$((1000 + i)) nosuch$i.invalid"
	done >"$BATS_TEST_TMPDIR/names"
	run --separate-stderr -3 sockkit scan -q -4 -f csv -H -c port --sort=port "@$BATS_TEST_TMPDIR/names"
	same "$output" "$(seq 1001 1300)"
	same "$(grep -o 'nosuch[0-9]*' <<<"$stderr")" "$(printf 'nosuch%d\n' {1..300})"
}

@test "SYNs need a privilege, and it is said which" {
	run --separate-stderr -3 as_nobody "$SOCKKIT" scan --method=syn 127.0.0.1 -p 22
	[[ $stderr == *CAP_NET_RAW* ]]
	run --separate-stderr -1 as_nobody "$SOCKKIT" scan -q 127.0.0.1 -p 22
}

@test "an interrupted scan is valid to the end, and says what it skipped" {
	EXEC_IN_JOB=1 sockkit scan -j --rate=50 127.0.0.1 -p 1-2000 \
		>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	STARTED_PIDS+=("$!")
	eventually test -s "$BATS_TEST_TMPDIR/out"
	kill -TERM "$!"
	ended_with 143 "$!"
	[ "$(jq length "$BATS_TEST_TMPDIR/out")" -lt 1000 ]
	[ "$(jq '[.[] | select(.state != "closed")] | length' "$BATS_TEST_TMPDIR/out")" -eq 0 ]
	grep -q 'skipped;' "$BATS_TEST_TMPDIR/err"
}

@test "what was not asked has rows only if they are asked for" {
	# As many that a row for each would take seconds, and all of the disk.
	run --separate-stderr -3 sockkit scan --max-time="$MOMENT" --rate=100 -f csv -H -c state,reason 127.0.0.0/12 -p 1-16
	[[ $stderr =~ '16777216 planned = '([0-9]+)' closed + '([0-9]+)' skipped;' ]]
	[ $((BASH_REMATCH[1] + BASH_REMATCH[2])) -eq 16777216 ]
	[ "${#lines[@]}" -eq "${BASH_REMATCH[1]}" ]
	run --separate-stderr -3 sockkit scan --skipped --max-time="$MOMENT" --rate=10 -f csv -H -c state,reason \
		127.0.0.1 -p 1-100
	[[ $output == *skipped,max-time* ]]
	[ "${#lines[@]}" -eq 100 ]
}

@test "ports that had all their tries are filtered, also where there is no time for the rest, in the lab" {
	rules in_target input <<<'meta l4proto tcp drop'
	local journal=$BATS_TEST_TMPDIR/journal first
	run --separate-stderr -3 sockkit scan -f csv -H -c port,state,reason --resume="$journal" --retries=0 --timeout=50ms \
		--rate=200 --max-time=700ms 10.9.2.2 -p 1-1000
	same "$(printf '%s\n' "${lines[@]}" | cut -d, -f2,3 | sort -u)" filtered,no-response
	first=${#lines[@]}
	[ "$first" -gt 10 ] && [ "$first" -lt 200 ]
	[[ $stderr == *"1000 planned = $first filtered + $((1000 - first)) skipped;"* ]]
	run --separate-stderr -1 sockkit scan -f csv -H -c port,state --resume="$journal" --retries=0 --timeout=50ms 10.9.2.2 \
		-p 1-1000
	[[ $stderr == *"$((1000 - first)) planned = $((1000 - first)) filtered;"* ]]
}

@test "an end by time is one too" {
	run --separate-stderr -3 sockkit scan --max-time=200ms --rate=10 127.0.0.1 -p 1-100 -f csv -H -c state,reason
	[ "${#lines[@]}" -lt 100 ]
	[[ $stderr =~ ' '([0-9]+)' skipped;' ]]
	[ $((${#lines[@]} + BASH_REMATCH[1])) -eq 100 ]
}

@test "a full disk is trouble" {
	local format
	for format in table json jsonl csv; do
		# shellcheck disable=SC2016 # expands in the inner shell
		run --separate-stderr -3 in_netns sh -c '"$@" >/dev/full' - "$SOCKKIT" scan -q -f $format 127.0.0.1 -p 1-20
		[[ $stderr == *'cannot write to standard output'* ]]
	done
}

@test "a killed scan goes on where it was, and nothing is left out, nor told twice but the row at hand" {
	local i told before all=$BATS_TEST_TMPDIR/all
	: >"$all"
	for i in 1 2 3 4; do
		before=$(wc -l <"$all")
		EXEC_IN_JOB=1 sockkit scan -q --rate=4000 -H -f csv -c port --resume="$BATS_TEST_TMPDIR/journal" \
			127.0.0.1 -p 1-3000 >>"$all" 3>&- &
		STARTED_PIDS+=("$!")
		eventually has_lines "$all" $((before + 300))
		kill -9 "$!"
		ended_with 137 "$!"
	done
	run -1 in_netns "$SOCKKIT" scan -q -H -f csv -c port --resume="$BATS_TEST_TMPDIR/journal" 127.0.0.1 -p 1-3000
	told=$(printf '%s\n' "${lines[@]}" | cat "$all" -)
	same "$(sort -nu <<<"$told")" "$(seq 1 3000)"
	# Who is killed between a row and the note of it tells it again.
	[ "$(wc -l <<<"$told")" -le 3004 ]
	run -1 sockkit scan -q -H -f csv --resume="$BATS_TEST_TMPDIR/journal" 127.0.0.1 -p 1-3000
	[ -z "$output" ]
	refused 2 'other hosts or ports' -f csv --resume="$BATS_TEST_TMPDIR/journal" 127.0.0.1 -p 1-3001
	echo 'not a journal of anything' >"$BATS_TEST_TMPDIR/text"
	refused 2 'not a file of a scan' -f csv --resume="$BATS_TEST_TMPDIR/text" 127.0.0.1
	refused 2 'jsonl or csv' --resume="$BATS_TEST_TMPDIR/x" 127.0.0.1
}

@test "a scan that goes on is the scan that it was, and remembers what it found" {
	local journal=$BATS_TEST_TMPDIR/journal
	mksock tcp-listen 127.0.0.1 2222
	# All of it, then nothing more: the exit status is that of both together.
	run --separate-stderr -1 sockkit scan -q -H -f csv --resume="$journal" --seed=5 --expect='2222=closed,*=closed' \
		-p 2222,2223 127.0.0.1
	[[ $stderr == *'port 2222: expected closed, is open (syn-ack)' ]]
	run --separate-stderr -1 sockkit scan -q -H -f csv --resume="$journal" --expect='2222=closed,*=closed' \
		-p 2222,2223 127.0.0.1
	[ -z "$output" ]
	[[ $stderr == *'port 2222: expected closed, is open (found before)' ]]
	run -0 sockkit scan -q -H -f csv --resume="$journal" -p 2222,2223 127.0.0.1
	refused 2 '--seed=5, not 6' -f csv --resume="$journal" --seed=6 -p 2222,2223 127.0.0.1
	refused 2 'of a scan without --shard, not of --shard=1/2' -f csv --resume="$journal" --seed=5 --shard=1/2 \
		-p 2222,2223 127.0.0.1
	refused 2 'of TCP ports, not UDP' -u -f csv --resume="$journal" -p 2222,2223 127.0.0.1
	# What is cut off is asked again, while it runs too.
	truncate -s 64 "$journal"
	run -0 sockkit scan -q -H -f csv -c port --resume="$journal" -p 2222,2223 127.0.0.1
	same "$(sort <<<"$output")" $'2222\n2223'
	sockkit scan -f jsonl -p 2223 127.0.0.1 >"$BATS_TEST_TMPDIR/before" || :
	rm "$journal"
	run --separate-stderr -1 sockkit scan -q -H -f csv --resume="$journal" --diff="$BATS_TEST_TMPDIR/before" \
		-p 2222,2223 127.0.0.1
	run --separate-stderr -1 sockkit scan -q -H -f csv --resume="$journal" --diff="$BATS_TEST_TMPDIR/before" \
		-p 2222,2223 127.0.0.1
	[ -z "$output" ]
}

@test "a journal that is cut short under a scan is no crash" {
	local journal=$BATS_TEST_TMPDIR/journal
	EXEC_IN_JOB=1 sockkit scan -q --rate=2000 -H -f csv -c port --resume="$journal" \
		127.0.0.1 -p 1-20000 >"$BATS_TEST_TMPDIR/out" 3>&- &
	STARTED_PIDS+=("$!")
	eventually has_lines "$BATS_TEST_TMPDIR/out" 300
	truncate -s 0 "$journal"
	eventually has_lines "$BATS_TEST_TMPDIR/out" 1000
	kill -TERM "$!"
	ended_with 143 "$!"
}

@test "what nobody asks is as nobody expects" {
	mksock tcp-listen 127.0.0.1 2222
	refused 2 'port 22 of 127.0.0.1 is not scanned' --expect=22=open 127.0.0.1:2222
	refused 2 'port 22 of 127.0.0.2 is not scanned' --expect=22,2222=open 127.0.0.1:2222,22 127.0.0.2:2222
	refused 2 'port 22 of 127.0.0.1 is not scanned' --expect=22=closed --exclude-ports=20-30 127.0.0.1 -p 2222
	run -0 sockkit scan -q --expect='2222=open,*=closed' 127.0.0.1:2222,2223
	run -0 sockkit scan -q --expect='2222=open' 127.0.0.1:2222
}

@test "nmap's formats say the same in nmap's words" {
	mksock tcp-listen 127.0.0.1 2222
	run --separate-stderr -0 sockkit scan -q -f grepable localhost -4 -p 2222,1-20,2223
	[[ $output == *$'Host: 127.0.0.1 (localhost)\tPorts: 2222/open/tcp//'*$'\tIgnored State: closed (21)'* ]]
	run --separate-stderr -0 sockkit scan -q -f xml localhost -4 -p 2222,1-20,2223
	[[ $output == *'<port protocol="tcp" portid="2222"><state state="open" reason="syn-ack"'* ]]
	[[ $output == *'args="sockkit scan -q -f xml localhost -4 -p 2222,1-20,2223" '* ]]
	[[ $output == *'<extraports state="closed" count="21">'* ]]
	[[ $output == *'<hostname name="localhost" type="user"/>'* ]]
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/out.xml"
	xmllint --noout "$BATS_TEST_TMPDIR/out.xml"
	[ ! -e /usr/share/nmap/nmap.dtd ] ||
		xmllint --noout --dtdvalid /usr/share/nmap/nmap.dtd "$BATS_TEST_TMPDIR/out.xml"
	# shellcheck disable=SC1003 # a backslash
	run --separate-stderr -1 sockkit scan -q -f xml -p 1 --exclude='127.0.0.2 # "<\' 127.0.0.1
	[[ $output == *'-p 1 &quot;--exclude=127.0.0.2 # \&quot;&lt;\\&quot; 127.0.0.1" '* ]]
}

@test "an earlier scan is compared with, and only differences are shown" {
	local before=$BATS_TEST_TMPDIR/before
	mksock tcp-listen 127.0.0.1 2222 , tcp-listen 127.0.0.1 2224
	sockkit scan -q -f jsonl -p 2220-2229 127.0.0.1 >"$before"
	run --separate-stderr -0 sockkit scan --diff="$before" -H -p 2220-2229 127.0.0.1
	[ -z "$output" ]
	[[ $stderr == *'; 0 opened, 0 closed, 0 changed otherwise' ]]
	stop "$MKSOCK_PID"
	mksock tcp-listen 127.0.0.1 2223 , tcp-listen 127.0.0.1 2224
	run --separate-stderr -1 sockkit scan --diff="$before" -f csv -H -c port,state,was --sort=port \
		-p 2220-2229 127.0.0.1
	same "$output" $'2222,closed,open\n2223,open,closed'
	[[ $stderr == *'; 1 opened, 1 closed, 0 changed otherwise' ]]
	run --separate-stderr -1 sockkit scan --diff="$before" -H -p 2220-2229 127.0.0.1
	[[ ${lines[0]} == *closed*reset*open && ${#lines[@]} -eq 2 ]]
	# What was not scanned is no difference, but said.
	run --separate-stderr -0 sockkit scan -q --diff="$before" -f csv -H -p 2224-2229 127.0.0.1
	[[ -z $output && $stderr == *'not scanned now: 1' ]]
	# A file with open ports only: the others were not open.
	grep '"open"' "$before" >"$before.open"
	run --separate-stderr -1 sockkit scan -q --diff="$before.open" -f csv -H -c port,was --sort=port \
		-p 2220-2229 127.0.0.1
	same "$output" $'2222,open\n2223,'
	run -1 sockkit scan -q --diff=/dev/null -f csv -H -c port --sort=port -p 2220-2229 127.0.0.1
	same "$output" $'2223\n2224'
}

@test "what is no earlier scan is refused, with its line" {
	local before=$BATS_TEST_TMPDIR/before
	printf '%s\n' '{"address":"127.0.0.1","port":1,"proto":"tcp","state":"open"}' \
		'{"address":"127.0.0.1","port":2,"proto":"tcp","sta' >"$before"
	refused 2 "'$before' line 2: not a row" --diff="$before" -p 1-3 127.0.0.1
	head -1 "$before" >"$before.one"
	refused 2 'nothing of the hosts' --diff="$before.one" -p 2-3 127.0.0.1
	refused 2 'nothing of the hosts' --diff="$before.one" -u -p 1-3 127.0.0.1
	head -c 100000 /dev/urandom >"$before.junk"
	refused 2 "line 1: not a row" --diff="$before.junk" -p 1-3 127.0.0.1
	refused 3 'No such file' --diff="$before.none" -p 1-3 127.0.0.1
	refused 3 'directory' --diff="$BATS_TEST_TMPDIR" -p 1-3 127.0.0.1
	refused 2 'ndiff' --diff="$before.one" -f xml -p 1 127.0.0.1
}

@test "ports may stand behind the host, as nc has them" {
	mksock tcp-listen 127.0.0.1 8022
	run -0 facts 127.0.0.1 8022
	same "$output" '8022,open,syn-ack,127.0.0.1'
	run -0 facts 127.0.0.1 8021-8022 8030
	same "$(cut -d , -f 1,2 <<<"$output" | tr '\n' ' ')" '8021,closed 8022,open 8030,closed '
	run -2 sockkit scan 8022 127.0.0.1
	[[ $output == *"'8022'"* ]]
	run -2 sockkit scan 127.0.0.1 70000
}
