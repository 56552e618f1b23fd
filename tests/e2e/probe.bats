# connect --probe: many endpoints at once, once or again and again.
# shellcheck disable=SC2030,SC2031 # each test is a subshell
load helper

probe() {
	sockkit connect --probe "$@"
}

@test "one row for each port, in the order of the arguments, whoever answers first" {
	mksock tcp-listen 127.0.0.1 8080 , tcp-listen ::1 8081
	run -1 probe 127.0.0.1 8082,8080 '[::1]:8081' localhost:8080 unix:@nobody 127.0.0.1:8079-8080 -f jsonl
	same "$(jq -r '"\(.endpoint) \(.proto) \(.state) \(.reason)"' <<<"$output")" \
		'127.0.0.1:8080 tcp open connected
127.0.0.1:8082 tcp closed refused
[::1]:8081 tcp open connected
localhost:8080 tcp open connected
unix:@nobody unix closed refused
127.0.0.1:8079 tcp closed refused
127.0.0.1:8080 tcp open connected'
}

@test "a thousand ports, also with few descriptors" {
	mksock tcp-listen 127.0.0.1 8080
	run -1 probe localhost 8000-8999 -f csv -H -c port,state
	same "$(grep -v closed <<<"$output")" '8080,open'
	same "${#lines[@]}" 1000
	run -1 bash -c "ulimit -n 26; nsenter --target $NETNS_PID --net '$SOCKKIT' connect -z localhost 8000-8999 -f csv -H -c port,state"
	same "$(grep -v closed <<<"$output")" '8080,open'
	same "${#lines[@]}" 1000
}

@test "states: filtered, unreachable, name unknown, error" {
	in_netns ip link add hole0 type veth peer name hole1
	in_netns ip addr add 192.0.2.1/24 dev hole0
	in_netns ip link set hole0 up
	in_netns ip link set hole1 up
	in_netns ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:01 dev hole0
	run -1 probe -w 0.2 192.0.2.2:80 203.0.113.1:80 nosuch.invalid:80 -f jsonl
	same "$(jq -r '"\(.state) \(.reason)"' <<<"$output" | sed 's/lookup-failed/name-unknown/')" \
		'filtered no-response
unreachable net-unreachable
unreachable name-unknown'
	run -3 --separate-stderr probe -I nosuch0 127.0.0.1:80 -f jsonl
	same "$(jq -r .state <<<"$output")" error
}

@test "UDP: closed by ICMP on both families, open by an answer" {
	run -1 probe -u 127.0.0.1:9 '[::1]:9' localhost:9 -f jsonl
	same "$(jq -r '"\(.proto) \(.state) \(.reason)"' <<<"$output" | sort -u)" 'udp closed port-unreachable'
	EXEC_IN_JOB=1 in_netns socat UDP-LISTEN:7101,fork SYSTEM:'echo here' 3>&- &
	STARTED_PIDS+=("$!")
	eventually is_bound 7101
	run probe -u -w 0.3 127.0.0.1:7101 -f jsonl
	[[ $(jq -r .state <<<"$output") == open* ]]
}

@test "an ICMP that forbids is filtered, not closed" {
	in_netns nft -f - <<-'END' || skip 'no nftables'
		table inet t { chain i { type filter hook input priority 0;
			udp dport 9 reject with icmpx admin-prohibited; }; }
	END
	run -1 probe -u 127.0.0.1:9 -f jsonl
	same "$(jq -r '"\(.state) \(.reason)"' <<<"$output")" 'filtered admin-prohibited'
}

@test "--count: a row for each, and statistics that add up" {
	mksock tcp-listen 127.0.0.1 8080
	run -1 --separate-stderr probe --count=12 -i 5ms 127.0.0.1:8080 127.0.0.1:8081 -f jsonl
	same "$(jq -s 'group_by(.port)[] | length' <<<"$output")" $'12\n12'
	[[ $stderr == *'127.0.0.1:8080: 12 probes, 12 open, 0.0% lost'* ]]
	[[ $stderr == *'127.0.0.1:8081: 12 probes, 0 open, 100.0% lost'* ]]
	same "$(awk '/^ *[0-9.]+[a-z]+ - *[0-9.]+[a-z]+ +#* *[0-9]+$/ { sum += $NF } END { print sum }' <<<"$stderr")" 12
	# Of twelve the longest is all that a 95th percentile could be.
	[[ $stderr == *'  p50 '*'  p90 '* && $stderr != *'  p95 '* ]]
	run -1 --separate-stderr probe --count=2 -i 5ms --events=json 127.0.0.1:8081 -f jsonl
	jq -es '.[0] | .event == "statistics" and .probes == 2 and .open == 0 and .lost == 2' <<<"$stderr"
	run -0 --separate-stderr probe --count=5 -i 5ms --events=json 127.0.0.1:8080 -f jsonl -c seq,tcp_us
	same "$(jq .seq <<<"$output" | tr '\n' ' ')" '1 2 3 4 5 '
	same "$(jq -s '[map(.tcp_us) | min, max]' <<<"$output")" "$(jq -s '.[0] | [.min_us, .max_us]' <<<"$stderr")"
}

@test "rows that come one by one fit 80 columns" {
	mksock tcp-listen 127.0.0.1 8080
	run -1 --separate-stderr probe --count=2 -i 5ms 127.0.0.1:8080 127.0.0.1:8081
	same "$(awk '{ if (length($0) > 80) print }' <<<"$output")" ''
	same "$(tr -s ' ' <<<"${lines[0]}")" 'ENDPOINT ADDRESS PORT PROTO STATE REASON DNS TCP TOTAL SEQ'
}

@test "--interval without --count ends by a signal, with statistics and valid JSON" {
	mksock tcp-listen 127.0.0.1 8080
	EXEC_IN_JOB=1 sockkit connect -z -i 20ms 127.0.0.1:8080 -j >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	STARTED_PIDS+=("$!")
	eventually has_lines "$BATS_TEST_TMPDIR/out" 3
	kill -INT "$!"
	ended_with 130 "$!"
	jq -e 'length > 2' "$BATS_TEST_TMPDIR/out"
	grep -q ' open, 0.0% lost' "$BATS_TEST_TMPDIR/err"
}

@test "--wait is over when all are up; --timeout is over everything" {
	mksock tcp-listen 127.0.0.1 8080
	{ eventually has_refused && EXEC_IN_JOB=1 in_netns socat TCP-LISTEN:8081,reuseaddr PIPE; } 3>&- &
	STARTED_PIDS+=("$!")
	run -0 probe --wait="$PATIENCE" 127.0.0.1:8080 127.0.0.1:8081 -f jsonl
	same "$(jq -r .state <<<"$output" | sort -u)" open
	run -1 probe --wait --timeout="$MOMENT" 127.0.0.1:8082 127.0.0.1:8080 -f jsonl
	same "$(jq -r .state <<<"$output")" $'closed\nopen'
}

@test "--timeout takes back nothing that is known by then" {
	mksock tcp-listen 127.0.0.1 8080 , udp-bound 127.0.0.1 8080
	run -1 probe --timeout="$MOMENT" --expect=word 127.0.0.1:8080 -f jsonl
	jq -e '.state == "open" and .reason == "no-answer" and .tcp_us != null' <<<"$output"
	run -0 probe -u --timeout="$MOMENT" 127.0.0.1:8080 -f jsonl
	jq -e '.state == "open|filtered" and .total_us > 0' <<<"$output"
}

@test "ports whose turn does not come before --timeout are not told to be filtered" {
	mksock tcp-listen 127.0.0.1 8080
	run -3 bash -c "ulimit -n 26; nsenter --target $NETNS_PID --net '$SOCKKIT' connect -z --timeout=$MOMENT --expect=word \
		$(printf '127.0.0.1:8080 %.0s' {1..9}) -f csv -H -c state,reason"
	same "$(sort -u <<<"$output")" $'error,not-asked\nopen,no-answer'
}

@test "--timing adds the attempts and what the kernel knows to each row" {
	mksock tcp-listen 127.0.0.1 8080
	run -0 probe --timing localhost:8080 -j
	jq -e '.[0] | .dns_us > 0 and .rtt_us > 0 and .local_port > 0 and .sent == null and
		.attempts[-1].state == "won" and .attempts[-1].address == "127.0.0.1"' <<<"$output"
}

@test "options that would do nothing are refused" {
	local arguments
	while read -r -a arguments; do
		run -2 sockkit connect "${arguments[@]}"
		[ "${#lines[@]}" -eq 1 ]
	done <<-'END'
		-z --hex 127.0.0.1:1
		-z --exec true 127.0.0.1:1
		-z --fastopen 127.0.0.1:1
		-u 127.0.0.1:1
		--count 3 127.0.0.1:1
		-i 1s 127.0.0.1:1
		-z --wait --count 3 127.0.0.1:1
		-zu --wait 127.0.0.1:1
		--wait --fastopen 127.0.0.1:1
		-j 127.0.0.1:1
		--send-only --recv-only 127.0.0.1:1
		-4 -6 127.0.0.1:1
		127.0.0.1:1 127.0.0.1:2
		127.0.0.1
		-z 127.0.0.1
		-z 127.0.0.1 1,,2
		-z 127.0.0.1:0
	END
	run -2 sockkit connect
	run -2 sockkit connect -z
}
