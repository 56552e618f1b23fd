# Every option of every command, as introspection lists them: once right, once wrong.
load helper

setup() {
	open_netns
	mksock tcp-listen 127.0.0.1 0 , tcp-established ::1 , udp-bound 127.0.0.1 7777
	# Whoever connects is told goodbye.
	EXEC_IN_JOB=1 in_netns socat TCP6-LISTEN:7777,fork,reuseaddr,ipv6only=0 SYSTEM:true 3>&- 2>/dev/null &
	STARTED_PIDS+=("$!")
	in_netns "$SOCKKIT" connect -qq --wait="$PATIENCE" 127.0.0.1:7777 </dev/null
}

# What a command needs besides an option, to do something and end by itself.
besides() {
	case "$1 $2" in
	'connect --count' | 'connect --interval' | 'connect -i') echo -z --count=2 127.0.0.1:7777 ;;
	'connect --format' | 'connect -f' | 'connect --json' | 'connect -j' | 'connect --columns' | 'connect -c' | \
		'connect --no-header' | 'connect -H' | 'connect --sort' | 'connect --resolve' | 'connect -r' | \
		'connect --numeric' | 'connect -n' | 'connect --color' | 'connect --probe' | 'connect -z')
		echo -z -w "$PATIENCE" 127.0.0.1:7777
		;;
	# It goes on until stdin has ended and the connection, too, which --timeout makes sure of.
	'connect --reconnect') echo --timeout=100ms 127.0.0.1:7777 ;;
	# Whose silence is waited for.
	'connect --tls-end') echo --tls 127.0.0.1:7777 ;;
	'connect --key') echo -z --tls --cert=/dev/null 127.0.0.1:7777 ;;
	'connect --tls' | 'connect --starttls' | 'connect --expires-within' | 'connect --ca' | 'connect --cert' | \
		'connect --pin' | 'connect --servername' | 'connect --alpn' | 'connect --tls-min' | 'connect --keylog' | \
		'connect --insecure') echo -z --tls 127.0.0.1:7777 ;;
	'connect --udp' | 'connect -u') echo -z -w 100ms 127.0.0.1:7777 ;;
	'connect --expect') echo -z -w 0.1 127.0.0.1:7777 ;;
	'connect --send') echo -z -w 0.1 --expect nothing 127.0.0.1:7777 ;;
	'connect --ipv6' | 'connect -6') echo '[::1]:7777' ;;
	'connect --append') echo --record=/dev/null 127.0.0.1:7777 ;;
	'connect --proxy-auth-file' | 'connect --proxy-ca') echo --proxy=env 127.0.0.1:7777 ;;
	'connect '*) echo 127.0.0.1:7777 ;;
	'listen --mode' | 'listen --seqpacket') echo --timeout=20ms "unix:$BATS_TEST_TMPDIR/socket" ;;
	'listen --proxy-from') echo --proxy-protocol --timeout=20ms ;;
	'listen --proxy-auth-file' | 'listen --proxy-ca') echo --proxy=env --forward=127.0.0.1:7777 --timeout=20ms ;;
	'listen --balance') echo --forward=127.0.0.1:7777 --forward=127.0.0.1:7778 --timeout=20ms ;;
	'listen --check') echo --forward=127.0.0.1:7777 --timeout=20ms ;;
	'listen --send-proxy' | 'listen --proxy') echo --forward=127.0.0.1:7777 --timeout=20ms ;;
	'listen --socks' | 'listen --http-proxy') echo --timeout=20ms localhost:0 ;;
	'listen --proxy-users') echo --socks --timeout=20ms localhost:0 ;;
	'listen --allow-target' | 'listen --deny-target') echo --socks --timeout=20ms localhost:0 ;;
	'listen --when-full') echo -k --echo --max-clients=1 --timeout=20ms ;;
	'listen --join' | 'listen --label') echo -k --broadcast --timeout=20ms ;;
	'listen --end-with-stdin') echo -k --timeout=20ms ;;
	'listen --chroot') echo --user=0 --timeout=20ms ;;
	'listen --hangup' | 'listen --leave-running') echo --exec true --timeout=20ms ;;
	'listen --forward-key') echo --forward-tls --forward-cert=/dev/null --forward=127.0.0.1:7777 --timeout=20ms ;;
	'listen --pass-servername') echo --tls --forward-tls --forward=127.0.0.1:7777 --timeout=20ms ;;
	'listen --forward-tls') echo --forward=127.0.0.1:7777 --timeout=20ms ;;
	'listen --ca' | 'listen --servername' | 'listen --pin' | 'listen --insecure' | 'listen --forward-cert')
		echo --forward-tls --forward=127.0.0.1:7777 --timeout=20ms
		;;
	'listen --key') echo --tls --cert=/dev/null --timeout=20ms ;;
	'listen --cert' | 'listen --client-ca' | 'listen --alpn' | 'listen --tls-min' | 'listen --tls-end' | \
		'listen --keylog') echo --tls --timeout=20ms ;;
	'listen '*) echo --timeout=20ms ;;
	'udprecv --join') echo -I lo --timeout=10ms ;;
	'udprecv --rate') echo --echo --timeout=10ms ;;
	'udprecv '*) echo --timeout=10ms ;;
	'udpsend --bidir') echo --pulled --size=32 --duration=10ms 127.0.0.1:0 ;;
	'udpsend --pulled') echo --duration=10ms 127.0.0.1:0 ;;
	'udpsend '*) echo 127.0.0.1:9 ;;
	'ports --hold') echo --free -- true ;;
	'ports --why') echo 7778 ;;
	'ports --wait') port_of 0 ;;
	'ports --wait-closed') echo 1 ;;
	'ports --kill') echo --dry-run "$(port_of 0)" ;;
	'ports --dry-run') echo --kill "$(port_of 0)" ;;
	'ports --grace' | 'ports --force') echo --kill --dry-run "$(port_of 0)" ;;
	# Alone they are trouble where the kernel lacks them.
	'sockets --mptcp' | 'sockets --sctp' | 'sockets --smc' | 'sockets --tipc' | 'sockets --vsock' | 'sockets --xdp')
		echo --query=tcp
		;;
	'sockets -M' | 'sockets -S' | 'sockets -x' | 'sockets -0') echo -t ;;
	'sockets --kill' | 'sockets -K') echo --dry-run sport = "$(port_of 0)" ;;
	'sockets --dry-run' | 'sockets --force') echo --kill --dry-run sport = "$(port_of 0)" ;;
	'sockets --follow') echo --timeout=20ms ;;
	'sockets --timeout') echo --follow ;;
	'sockets --record') echo -t --timeout=1ms ;;
	'sockets --interval' | 'sockets --keep') echo -t --timeout=1ms --record="$BATS_TEST_TMPDIR/kept/" ;;
	'sockets --at' | 'sockets --between') echo -t --replay="$BATS_TEST_TMPDIR/recording" ;;
	'scan --resume') echo -q -f jsonl -p "$(port_of 0)" 127.0.0.1 ;;
	'scan --ipv6' | 'scan -6') echo -q -p "$(port_of 0)" ::1 ;;
	'scan '*) echo -q -p "$(port_of 0)" 127.0.0.1 ;;
	esac
}

# The statuses of an option that is taken: what waits for others may say that nobody came.
statuses() {
	case "$1 $2" in
	'sockets --watch' | 'ports --watch') echo 3 ;; # there is no terminal
	'connect --expect' | 'connect --send') echo 1 ;;
	'connect --reconnect') echo 0 1 ;;
	'connect --fdpass') echo 3 ;; # stdout is no unix socket
	'listen --fdname' | 'udprecv --fdname') echo 3 ;; # nobody passes any on
	# The other side speaks no TLS, and the files are empty.
	'connect --tls' | 'connect --starttls' | 'connect --expires-within' | 'connect --pin' | 'connect --servername' | \
		'connect --alpn' | 'connect --tls-min' | 'connect --keylog' | 'connect --insecure' | 'connect --tls-end') echo 1 ;;
	'connect --ca' | 'connect --cert' | 'connect --key' | 'listen --cert' | 'listen --key' | 'listen --client-ca' | 'listen --ca' | \
		'listen --forward-cert' | 'listen --forward-key') echo 3 ;;
	listen* | udprecv* | udpsend* | scan*) echo 0 1 ;;
	*) echo 0 ;;
	esac
}

# `COMMAND|OPTION|METAVAR|VALUE` for each spelling of each option; VALUE is one that must be taken. A ?
# in front of METAVAR: it may be left out.
options() {
	"$SOCKKIT" --introspect | jq -rs '
		. as $all | map(select(.kind == "option" and .command))[] | . as $o |
		([$all[] | select(.kind == "column" and .command == $o.command)] | sort_by(.set != null)[0].name) as $column |
		(if .name == "--join" then "239.1.1.1"
			elif .name == "--wake" then "52:54:00:12:34:56"
			elif .name == "--diff" then "/dev/null"
			elif .name == "--sum" or .name == "--max" then "recv_queue"
			elif .name == "--pin" then "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
			elif .name == "--proxy-users" then "/etc/passwd"
			elif .name == "--exclude" then "127.0.0.9"
			elif .name == "--exclude-ports" then "1-9"
			elif .command == "sockets" and (.name == "--record" or .name == "--replay") then "\(env.BATS_TEST_TMPDIR)/recording"
			elif .metavar == "RATE" and (.command == "connect" or .command == "listen") then "10MB"
			elif .values then .values | split("|")[-1]
			elif .metavar == null then ""
			else {"COLUMNS": $column, "[-]COLUMN,...": "-\($column)", "PORT": "80", "PORTS": "80,http,1000-",
				"HOST": "localhost", "ADDR": "127.0.0.1", "ENDPOINT": "127.0.0.1:80", "IFACE": "lo",
				"FILE": (if .command == "scan" then "\(env.BATS_TEST_TMPDIR)/file" else "/dev/null" end),
				"PID": "1", "CMD": "true",
				# Some wait so long in vain; all else has to be done before.
				"DURATION": (if .command == "connect" and .name != "--interval" or .command == "scan" then
					env.PATIENCE else "10ms" end), "SIZE": "32k", "RATE": "100pps",
				"COUNT": "3", "DIR": env.BATS_TEST_TMPDIR, "USER": "0", "CIDR": "127.0.0.0/8",
				"MODE": "600", "NAME": "name", "TEXT": "text", "NETNS": "/proc/self/ns/net", "SIGNAL": "TERM", "I/N": "1/2",
				"TTL": "3", "DSCP": "3", "SEED": "3", "EXPECT": "*=closed|open",
				"TABLES": "all,!u_dgr", "BOUND": "1M", "TIME": "-0s", "TIME,TIME": "-1h,", "PROXY": "env", "TARGET": "localhost:80"}[.metavar] end) as $value |
		[(if .short then "-\(.short)" else empty end), .name][] |
		[$o.command, ., ($o.metavar // "" | gsub("[|]"; "/") | if $o.optional then "?\(.)" else . end),
			$value // "?"] | join("|")'
}

# Ends with one of the statuses in WANTED; on 2 and 3, one line on stderr and nothing on stdout.
ends() {
	local wanted=$1 status=0
	shift
	within_patience "$SOCKKIT" "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null || status=$?
	[[ " $wanted " == *" $status "* ]] || {
		echo "sockkit $*: exits $status, not $wanted" >&2
		cat "$BATS_TEST_TMPDIR/err" >&2
		return 1
	}
	[ "$status" -lt 2 ] || {
		[ ! -s "$BATS_TEST_TMPDIR/out" ]
		[ "$(wc -l <"$BATS_TEST_TMPDIR/err")" -eq 1 ]
	}
}

@test "every option is taken, in each of its spellings" {
	local command option metavar value count=0 more good
	sockkit sockets --record="$BATS_TEST_TMPDIR/recording" --timeout=1ms
	while IFS='|' read -r command option metavar value; do
		count=$((count + 1))
		read -r -a more < <(besides "$command" "$option") || :
		good=$(statuses "$command" "$option")
		if [[ -z $metavar || $metavar == \?* ]]; then
			ends "$good" "$command" "$option" "${more[@]}"
		fi
		[ -n "$metavar" ] || continue
		if [[ $option == --* ]]; then
			ends "$good" "$command" "$option=$value" "${more[@]}"
		else
			ends "$good" "$command" "$option$value" "${more[@]}"
		fi
		[[ $metavar == \?* ]] || ends "$good" "$command" "$option" "$value" "${more[@]}"
	done < <(options)
	[ "$count" -gt 20 ]
}

@test "a value that cannot be is named, with status 2" {
	local command option metavar value junk=$'\e]0;no such value' more
	while IFS='|' read -r command option metavar value; do
		case $metavar in
		# What is there is found out when it is opened; which columns there are says the mode.
		FILE | HOST | ENDPOINT | IFACE | CMD | DIR | USER | TEXT | NETNS) continue ;;
		esac
		read -r -a more < <(besides "$command" "$option") || :
		if [[ $metavar == \?* ]]; then
			ends 2 "$command" "$option=$junk" "${more[@]}"
			grep -q 'no such value' "$BATS_TEST_TMPDIR/err"
			continue
		fi
		ends 2 "$command" "$option" "$junk" "${more[@]}"
		grep -q 'no such value' "$BATS_TEST_TMPDIR/err"
		run -1 grep -q $'\e' "$BATS_TEST_TMPDIR/err"
		ends 2 "$command" "$option"
		ends 2 "$command" "$option" '' "${more[@]}"
	done < <(options | awk -F '|' '$3 != ""')
}

@test "a flag takes no value" {
	local command option
	while read -r command option; do
		ends 2 "$command" "$option=yes"
		grep -qF -- "$option" "$BATS_TEST_TMPDIR/err"
	done < <(options | awk -F '|' '$3 == "" && $2 ~ /^--/ { print $1, $2 }')
}

@test "what is no option is named, with status 2" {
	local command
	for command in $("$SOCKKIT" --introspect | jq -r 'select(.kind == "command").name'); do
		ends 2 "$command" --no-such-option
		grep -qF -- --no-such-option "$BATS_TEST_TMPDIR/err"
		ends 2 "$command" -% x
		ends 2 "$command" '('
	done
	ends 2 no-such-command
	ends 2 --no-such-option
}

@test "output that cannot be written ends with status 3" {
	local command arguments stdout
	while read -r -a arguments; do
		for stdout in /dev/full '&-'; do
			# shellcheck disable=SC2016 # expands in the inner shell
			run -3 in_netns sh -c 'eval "\"\$@\" 2>&1 >$0"' "$stdout" "$SOCKKIT" "${arguments[@]}"
			[ "${#lines[@]}" -eq 1 ]
			[[ $output == *'cannot write to standard output'* ]]
		done
	done < <(
		printf '%s\n' help --help --version --introspect --introspect=schema
		for command in $("$SOCKKIT" --introspect | jq -r 'select(.kind == "command").name'); do
			printf '%s\n' "$command "{--help,--usage,--version}
			case $command in
			# These write what comes, if it comes.
			listen | udp*) ;;
			*) printf '%s\n' "$command "{,-j,--format=csv}" $(besides "$command" -j)" ;;
			esac
		done
	)
}
