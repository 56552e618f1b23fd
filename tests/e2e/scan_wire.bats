# Scans over a wire that loses, doubles, delays and swaps, against hosts that lie, and through
# interfaces that go away: the answer is the same, or it is said that there is none.
# shellcheck disable=SC2030,SC2031,SC2154 # bats sets output and stderr
load helper
load ../lab/lab

setup() {
	open_lab
}

PORTS=800

# Every method and family finds what there is: a port in twenty.
exact() {
	local method address truth
	respond tcp "$(seq 1 20 $PORTS | paste -sd,)"
	truth=$(seq 1 $PORTS | awk '{ print $1 "," ($1 % 20 == 1 ? "open" : "closed") }')
	for method in syn connect; do
		for address in 10.9.3.2 fd09:3::2; do
			same "$(sockkit scan -q --method=$method -f csv -H -c port,state --sort=port \
				-p 1-$PORTS $address)" "$truth"
		done
	done
}

@test "jitter from 1 to 200 ms each way hides nothing" {
	spoil delay=1 jitter=200
	exact
}

@test "duplicates count once" {
	spoil duplicate=500
	exact
}

@test "packets in another order are the same packets" {
	spoil hold=300 duplicate=100 patience=20
	exact
}

@test "losses of a tenth each way are made up for" {
	spoil drop=100
	exact
	# Each probe is somebody's: those of silent ports are counted, not guessed.
	rules in_target input <<<'th dport 1-20 drop'
	run --separate-stderr -1 sockkit scan -u -f jsonl -p 1-60 10.9.3.2
	[[ $stderr == *" $(jq -s 'map(.tries) | add' <<<"$output") probes in "* ]]
}

@test "loss, jitter, duplicates and reordering together hide nothing" {
	spoil drop=30 duplicate=100 hold=100 jitter=50 patience=60
	exact
}

@test "datagrams are found over such a wire too" {
	respond echo 3000-3019
	spoil drop=50 duplicate=200 jitter=30
	local address
	for address in 10.9.3.2 fd09:3::2; do
		same "$(sockkit scan -q -u -f csv -H -c port,state --sort=port -p 2990-3029 $address)" \
			"$(seq 2990 3029 | awk '{ print $1 "," ($1 >= 3000 && $1 < 3020 ? "open" : "closed") }')"
	done
}

@test "answers that do not know what was asked are no answers" {
	local method address
	spoil
	forge
	for method in syn connect; do
		for address in 10.9.3.2 fd09:3::2; do
			run -1 sockkit scan -q --method=$method -f csv -H -c state,reason -p 1-50 $address
			[ "${#lines[@]}" -eq 50 ]
			same "$(printf '%s\n' "${lines[@]}" | sort -u)" filtered,no-response
		done
	done
}

@test "an interface that goes down ends in words, not in false states" {
	local method scan lines_seen
	respond tcp 1-1000
	in_netns ip route del default
	in_netns ip -6 route del default
	for method in syn connect; do
		: >"$BATS_TEST_TMPDIR/rows"
		in_netns ip link set d0 up
		sockkit scan -q --method="$method" --rate=1000 -f csv -H -c port,state,reason \
			-p 1-1000 10.9.2.2 >"$BATS_TEST_TMPDIR/rows" 3>&- &
		scan=$!
		eventually has_lines "$BATS_TEST_TMPDIR/rows" 200
		in_netns ip link set d0 down
		wait "$scan"
		same "$(cut -d, -f1 "$BATS_TEST_TMPDIR/rows" | sort -n)" "$(seq 1 1000)"
		same "$(cut -d, -f2,3 "$BATS_TEST_TMPDIR/rows" | sort -u)" $'open,syn-ack\nunreachable,no-route'
		lines_seen=$(grep -c no-route "$BATS_TEST_TMPDIR/rows")
		[ "$lines_seen" -gt 100 ]
	done
}
