# What `sockkit sockets` tells of the inside of TCP, and of memory and options, beside what ss says.
load helper

# Connections that moved data both ways and are at rest: each client has read all its echo.
connections() {
	local address
	EXEC_IN_JOB=1 start '*' in_netns "$SOCKKIT" listen -k --echo --print-port '*:0'
	PORT=${STARTED[0]}
	for address in 127.0.0.1 '[::1]'; do
		# shellcheck disable=SC2016 # expands in the inner shell
		EXEC_IN_JOB=1 start ready in_netns sh -c '{ head -c 300000 /dev/zero; cat; } | "$1" connect "$2" |
			{ head -c 300000 >/dev/null; echo ready; cat; }' - "$SOCKKIT" "$address:$PORT"
	done
}

# `LOCAL KEY VALUE` for what ss says about TCP and memory, in its own words and units.
theirs() {
	in_netns ss -tainmOH | awk '
		{ state = $1; where = $4; sub(/^(0\.0\.0\.0|\[::\]):/, "*:", where) }
		state == "ESTAB" || state == "LISTEN" {
			for (i = 6; i <= NF; i++) {
				if ($i ~ /^(cubic|reno|bbr|vegas|dctcp)$/)
					print where, "congestion", $i
				else if ($i ~ /^skmem:/) {
					split($i, words, /[(),]/)
					for (j = 2; j in words; j++)
						if (words[j] != "")
							print where, "skmem", words[j]
				} else if ($i ~ /^(wscale|rto|rtt|ato|mss|pmtu|rcvmss|advmss|cwnd|ssthresh|bytes_sent|bytes_acked|bytes_received|segs_out|segs_in|data_segs_out|data_segs_in|delivered|rcv_rtt|rcv_space|rcv_ssthresh|minrtt|snd_wnd|rcv_wnd):/) {
					key = value = $i
					sub(/:.*/, "", key)
					sub(/^[^:]*:/, "", value)
					print where, key, value
				}
			}
		}' | sort
}

# The same of ours, out of JSON.
ours() {
	sockkit sockets -t -f jsonl -im state established or state listening | jq -r '
		def ms: . / 1000;
		def line(key; value): "\(.local | sub("^(0\\.0\\.0\\.0|\\[::\\]):"; "*:")) \(key) \(value)";
		. as $r |
		line("congestion"; .congestion),
		(if .snd_wscale then line("wscale"; "\(.snd_wscale),\(.rcv_wscale)") else empty end),
		(if .rtt_us then line("rtt"; "\(.rtt_us | ms)/\(.rttvar_us | ms)") else empty end),
		({rto: .rto_us, ato: .ato_us, minrtt: .min_rtt_us, rcv_rtt: .rcv_rtt_us} | to_entries[] |
			select(.value) | . as $e | $r | line($e.key; $e.value | ms)),
		({mss, pmtu, rcvmss: .rcv_mss, advmss, cwnd, ssthresh, bytes_sent, bytes_acked, bytes_received,
			segs_out, segs_in, data_segs_out, data_segs_in, delivered, rcv_space, rcv_ssthresh, snd_wnd,
			rcv_wnd} | to_entries[] | select(.value) | . as $e | $r | line($e.key; $e.value)),
		({r: .rmem_alloc, rb: .rcvbuf, t: .wmem_alloc, tb: .sndbuf, f: .fwd_alloc, w: .wmem_queued,
			o: .optmem, bl: .backlog_bytes, d: .drops} | to_entries[] | . as $e | $r |
			line("skmem"; "\($e.key)\($e.value)"))' | sort
}

@test "every value that ss shows of a connection is ours" {
	local before after rows i
	connections
	# An acknowledgement may still be due: only what stood still on both sides of ours counts.
	for i in {1..50}; do
		before=$(theirs)
		rows=$(ours)
		after=$(theirs)
		[ "$before" != "$after" ] || break
	done
	same "$before" "$after"
	# ss leaves zeros out.
	same "" "$(comm -23 <(printf '%s\n' "$after") <(printf '%s\n' "$rows"))"
	[ "$(printf '%s\n' "$after" | wc -l)" -gt 100 ]
	for i in congestion wscale rto rtt mss pmtu advmss cwnd bytes_sent bytes_acked bytes_received \
		segs_out segs_in data_segs_out minrtt 'skmem rb' 'skmem tb' 'skmem d0'; do
		[[ $after == *" $i"* ]]
	done
}

@test "numbers are those of the data that was moved" {
	connections
	sockkit sockets -t -f jsonl -i state established dport = ":$PORT" >"$BATS_TEST_TMPDIR/clients"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/clients")" -eq 2 ]
	jq -e '.bytes_sent >= 300000 and .bytes_received == 300000 and .bytes_acked >= 300000 and
		.rtt_us > 0 and .min_rtt_us <= .rtt_us + .rttvar_us * 8 and .mss > 500 and .cwnd >= 2 and
		.ca_state == "open" and (.options | index("sack")) and .delivery_rate > 0 and
		.notsent_bytes == 0 and .total_retrans == 0' "$BATS_TEST_TMPDIR/clients"
}

@test "a field is told as far as the running kernel fills it, and never made up" {
	connections
	local length
	# How long struct tcp_info is here, by what is told.
	length=$(sockkit sockets -t -f jsonl -c rtt_us,rcv_wnd,total_rto,received_ce,ecn_mode state established | jq -s '
		map(if .rtt_us == null then 0 elif .rcv_wnd == null then 232 elif .total_rto == null then 240
			elif .received_ce == null then 248 else 280 end) | unique | if length == 1 then .[0] else 0 end')
	[ "$length" -ge 232 ]
	case $(uname -r) in
	[1-4].* | 5.[0-9].*) ;;
	6.1[89].*)
		[ "$length" -eq 280 ]
		sockkit sockets -t -f jsonl -c ecn_mode,accecn_opt_seen state established |
			jq -e '.ecn_mode == null and .accecn_opt_seen != null'
		;;
	[789].*)
		[ "$length" -eq 280 ]
		sockkit sockets -t -f jsonl -c ecn_mode state established | jq -e '.ecn_mode != null'
		;;
	esac
}

@test "a listener has no connection inside, TIME-WAIT nothing at all" {
	mksock tcp-listen 127.0.0.1 , tcp-time-wait 127.0.0.1 , tcp-syn-sent 127.0.0.1
	# Nor was anything ever sent or heard by who still knocks.
	sockkit sockets -t -f jsonl -i state syn-sent |
		jq -e '.rto_us > 0 and .last_data_sent_ms == null and .last_data_recv_ms == null and .last_ack_recv_ms == null'
	sockkit sockets -t -f jsonl -im state listening |
		jq -e '.cwnd > 0 and .congestion != null and .rcvbuf > 0 and .rtt_us == null and .unacked == null and
			.sacked == null and .mss == null and .options == null and .ca_state == null'
	sockkit sockets -t -f jsonl -im state time-wait |
		jq -e 'to_entries | map(select(.value != null).key) - ["proto", "family", "state", "recv_queue", "send_queue",
			"local", "remote", "local_address", "local_port", "remote_address", "remote_port", "timer",
			"timer_ms", "processes"] | length == 0'
}

@test "UDP has memory, options and type of service, but no TCP" {
	EXEC_IN_JOB=1 in_netns socat -u UDP-RECV:7777,bind=127.0.0.1,tos=184 - 3>&- &
	STARTED_PIDS+=("$!")
	eventually is_bound 7777
	sockkit sockets -u -f jsonl -c all >"$BATS_TEST_TMPDIR/udp"
	jq -e '.rcvbuf > 0 and .drops == 0 and .tos == 184 and (.socket_options | index("mc-loop")) and
		.rtt_us == null and .congestion == null and .ulp == null' "$BATS_TEST_TMPDIR/udp"
}

@test "--why says what holds connections back, and each column can be asked for alone" {
	mksock tcp-queued 127.0.0.1 9000 2 , tcp-unread 127.0.0.1 9001 1234 , tcp-close-wait 127.0.0.1 9002 , udp-bound 127.0.0.1 9001
	sockkit sockets -t -f jsonl -c verdict,detail,recv_queue,send_queue 'sport = 9000 and state listening' |
		jq -e 'if .recv_queue > .send_queue then .verdict == "accept-queue-full" else .verdict == "nothing-to-blame" end and
			(.detail | contains("recv_queue 2"))'
	eventually sockkit sockets --why 'sport = 9001 and verdict = program-not-reading' >/dev/null
	eventually sockkit sockets --why 'sport = 9002 and verdict = program-not-closing' >/dev/null
	sockkit sockets --why -f jsonl 'sport = 9001 and recv_queue > 0' |
		jq -e '.detail | test("^this program does not read \\(recv_queue 1234, last_data_recv_ms [1-9].*s, ")'
	eventually sockkit sockets --why 'dport = 9002 and verdict = peer-not-closing' >/dev/null
	eventually sockkit sockets --why 'dport = 9001 and verdict = idle' >/dev/null
	# Of TCP alone, unless more is asked for; in a table with a reason at its end.
	[ "$(sockkit sockets --why -f csv -c proto | sort -u)" = $'proto\ntcp' ]
	sockkit sockets --why -tu -f jsonl -c proto,verdict 'proto = udp' | jq -e '.verdict == null'
	sockkit sockets --why state listening | grep -q '^STATE .*VERDICT  *DETAIL'
	# What is not to be seen is not made up.
	[ "$(sockkit sockets --why --source=proc -f csv -H -c verdict 'dport = 9001' 2>/dev/null)" = unknown ]
	sockkit sockets --group-by=verdict -H state listening | grep -q 'accept-queue-full\|nothing-to-blame'
}

@test "rows are sorted by what is inside, and the columns need not be shown" {
	connections
	sockkit sockets -t -H -c bytes_received --sort=-bytes_received >"$BATS_TEST_TMPDIR/shown"
	[ "$(head -1 "$BATS_TEST_TMPDIR/shown" | tr -d ' ')" = 292K ]
	[ "$(tail -1 "$BATS_TEST_TMPDIR/shown" | tr -d ' ')" = - ]
	same "$(sockkit sockets -t -f jsonl -c local,bytes_received --sort=-bytes_received,local | jq -r .local)" \
		"$(sockkit sockets -t -f jsonl -c local --sort=-bytes_received,local | jq -r .local)"
	sockkit sockets -t -f jsonl -c rtt_us --sort=-rtt_us |
		jq -se 'map(.rtt_us | select(.)) as $r | $r == ($r | sort | reverse) and length > ($r | length)'
}

@test "with owners it is the same as without" {
	connections
	same "$(sockkit sockets -t -f jsonl -c local,bytes_received,mss,rcvbuf,processes | jq -c 'del(.processes)' | sort)" \
		"$(sockkit sockets -t -f jsonl -c local,bytes_received,mss,rcvbuf | sort)"
	same "$(sockkit sockets -t -f jsonl -c local,bytes_received,mss,processes --sort=local | jq -c 'del(.processes)' | sort)" \
		"$(sockkit sockets -t -f jsonl -c local,bytes_received,mss | sort)"
}

@test "options choose columns: -i the most asked in a table and all in machine formats" {
	mksock tcp-established
	[[ $(sockkit sockets -i | head -1) == *CONGESTION*RTT*CWND*OPTIONS ]]
	[[ $(sockkit sockets -m | head -1) == *RMEM-ALLOC*SNDBUF*DROPS ]]
	[[ $(sockkit sockets -e | head -1) == *TOS*TCLASS*SOCKET-OPTIONS ]]
	[[ $(sockkit sockets -o | head -1) == *TIMER*RTO*BACKOFF ]]
	[ "$(sockkit sockets -t -f jsonl -i | jq -s '.[0] | length')" -gt 100 ]
	[[ $(sockkit sockets -im -c local,state | head -1) == 'LOCAL '*STATE ]]
	[[ $(sockkit sockets -i -c +drops | head -1) == *OPTIONS*DROPS ]]
}

@test "by /proc/net nothing of it is known, and nothing is made up" {
	mksock tcp-established
	sockkit sockets -t -f jsonl -im --source=proc |
		jq -e '.rtt_us == null and .congestion == null and .rcvbuf == null and .socket_options == null'
}

@test "a subflow of MPTCP says so, where the kernel has it" {
	[ "$(in_netns cat /proc/sys/net/mptcp/enabled 2>/dev/null)" = 1 ] || skip 'no MPTCP here'
	EXEC_IN_JOB=1 start '*' in_netns "$SOCKKIT" listen -k --echo --mptcp --print-port 127.0.0.1:0
	EXEC_IN_JOB=1 start ready in_netns sh -c '{ echo ready; cat; } | "$1" connect --mptcp "127.0.0.1:$2"' - "$SOCKKIT" "${STARTED[0]}"
	sockkit sockets -t -f jsonl -c ulp,mptcp_token_local,mptcp_flags state established |
		jq -se 'length == 2 and all(.ulp == "mptcp" and .mptcp_token_local > 0 and
			(.mptcp_flags | index("connected")))'
}
