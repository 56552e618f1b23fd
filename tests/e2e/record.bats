# `sockkit sockets --record` and `--replay`: what there was, seen later.
load helper

setup() {
	open_netns
	FILE=$BATS_TEST_TMPDIR/recording
}

# Starts a recorder and waits for its first look: record_on OPTION...
record_on() {
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" sockets --record="$FILE" "$@" </dev/null 3>&- &
	STARTED_PIDS+=("$!")
	RECORDER=$!
	eventually was_looked_at
}

was_looked_at() {
	"$SOCKKIT" sockets --replay="$FILE" >/dev/null 2>&1
}

# Rows that can be compared: sorted, without what passes by itself.
rows() {
	jq -S 'map(select(.process != "sockkit") | del(.timer_ms, .last_data_sent_ms, .last_data_recv_ms,
		.last_ack_recv_ms, .last_ack_sent_ms, .rtt_us, .rttvar_us, .rcv_rtt_us, .min_rtt_us, .pacing_rate,
		.delivery_rate, .busy_time_us, .detail)) | sort_by(.proto, .inode)' "$1"
}

@test "what is replayed is what was listed" {
	mksock tcp-listen 127.0.0.1 0 , tcp-established ::1 , udp-bound 127.0.0.1 7777
	sockkit sockets -tux -p -e -o -m -i -j >"$BATS_TEST_TMPDIR/live"
	sockkit sockets -tux --record="$FILE" --timeout=1ms
	[ "$(stat -c %a "$FILE")" = 600 ]
	"$SOCKKIT" sockets --replay="$FILE" -tux -p -e -o -m -i -j >"$BATS_TEST_TMPDIR/then" 2>"$BATS_TEST_TMPDIR/err"
	grep -q "as recorded at [0-9-]* [0-9:.]* [+-][0-9]* on $(uname -n)" "$BATS_TEST_TMPDIR/err"
	[ "$(jq length "$BATS_TEST_TMPDIR/live")" -ge 4 ]
	diff <(rows "$BATS_TEST_TMPDIR/live") <(rows "$BATS_TEST_TMPDIR/then")
	# Filters and summaries are those of the present.
	run "$SOCKKIT" sockets --replay="$FILE" -H -c pid,local_port sport = :7777
	[[ $output == *"$MKSOCK_PID"*7777* ]]
	run -1 "$SOCKKIT" sockets --replay="$FILE" sport = :1
	run "$SOCKKIT" sockets --replay="$FILE" -l -f openmetrics
	[[ $output == *'sockkit_sockets{proto="tcp",state="LISTEN"} 1'* ]]
	run -3 "$SOCKKIT" sockets --replay="$FILE" -0
	[[ $output == *'not recorded: packet'* ]]
}

@test "a recorder that is killed leaves what it has seen; a damaged file is read as far as it is sound" {
	mksock udp-bound 127.0.0.1 7777
	record_on -u --interval=10s
	kill -KILL "$RECORDER"
	ended_with 137 "$RECORDER"
	printf 'half of a block' >>"$FILE"
	run "$SOCKKIT" sockets -u --replay="$FILE"
	[[ $status -eq 0 && $output == *"recording: damaged, or cut short, at byte "*7777* ]]
	# The next one cuts that off, and goes on.
	sockkit sockets -u --record="$FILE" --timeout=1ms
	run "$SOCKKIT" sockets -u --replay="$FILE"
	[[ $status -eq 0 && $output != *damaged* && $output == *7777* ]]
}

@test "what ended between two looks is told, and signals end a recording in order" {
	record_on -u --interval=1h
	in_netns bash -c 'echo >/dev/udp/127.0.0.1/7777'
	kill "$RECORDER"
	ended_with 143 "$RECORDER"
	run "$SOCKKIT" sockets --replay="$FILE" -u -H --between=, -c state,remote_port dport = :7777
	[[ $status -eq 0 && $output == *7777* ]]
	run -1 "$SOCKKIT" sockets --replay="$FILE" -u dport = :7777
	run -1 "$SOCKKIT" sockets --replay="$FILE" --at=-1d
	[[ $output == *'nothing was recorded then'* ]]
	run -1 "$SOCKKIT" sockets --replay="$FILE" --between=,-1d
	[[ $output == *'nothing was recorded then'* ]]
}

@test "what is no recording, and what does not go together, is said in one line" {
	local words status
	while read -r status words; do
		# shellcheck disable=SC2086 # words
		run -"$status" --separate-stderr "$SOCKKIT" sockets $words
		[ -z "$output" ]
		[ "$(wc -l <<<"$stderr")" -eq 1 ]
	done <<-END
		3 --replay=/dev/null
		3 --replay=/etc/passwd
		3 --replay=$BATS_TEST_TMPDIR/none
		3 --replay=$BATS_TEST_TMPDIR
		3 --record=/etc/passwd
		3 --record=$BATS_TEST_TMPDIR/none/none
		2 --record=$FILE --replay=$FILE
		2 --record=$FILE state listening
		2 --record=$FILE -l
		2 --record=$FILE -6
		2 --record=$FILE -p
		2 --replay=$FILE --owners=proc
		2 --drops=1ms --rates
		2 --record=$FILE -j
		2 --record=$FILE --follow
		2 --record=$FILE -N all
		2 --replay=$FILE --watch
		2 --replay=$FILE --at=1:2
		2 --replay=$FILE --at=14:00 --between=,
		2 --at=14:00
		2 --keep=7d
		2 --keep=7 --record=$FILE
	END
}
