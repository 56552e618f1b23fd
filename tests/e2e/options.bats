# Every option of every command, as introspection lists them: once right, once wrong.
load helper

setup() {
	open_netns
	mksock tcp-listen 127.0.0.1 0 , tcp-established ::1 , udp-bound 127.0.0.1 7777
	# Whoever connects is told goodbye.
	in_netns socat TCP6-LISTEN:7777,fork,reuseaddr,ipv6only=0 SYSTEM:true 3>&- 2>/dev/null &
	STARTED_PIDS+=("$!")
	in_netns "$SOCKKIT" connect -qq --wait=20s 127.0.0.1:7777 </dev/null
}

# What a command needs besides an option, to do something and end with 0.
besides() {
	case $1:$2 in
	listen:--timeout) ;;
	listen:--seqpacket | listen:--mode) echo --timeout=20ms "unix:$BATS_TEST_TMPDIR/socket" ;;
	listen:*) echo --timeout=20ms ;;
	esac
	[ "$1" = connect ] || return 0
	case $2 in
	--count | --interval | -i) echo -z --count=2 127.0.0.1:7777 ;;
	--format | -f | --json | -j | --columns | -c | --no-header | -H | --sort | --resolve | -r | \
		--numeric | -n | --color | --probe | -z | --udp | -u)
		echo -z -w 0.1 127.0.0.1:7777
		;;
	--ipv6 | -6) echo '[::1]:7777' ;;
	*) echo 127.0.0.1:7777 ;;
	esac
}

# `COMMAND|OPTION|METAVAR|VALUE` for each spelling of each option; VALUE is one that
# must be taken.
options() {
	"$SOCKKIT" --introspect | jq -rs '
		. as $all | map(select(.kind == "option" and .command))[] | . as $o |
		([$all[] | select(.kind == "column" and .command == $o.command)][0].name) as $column |
		(if .values then .values | split("|")[-1]
			elif .metavar == null then ""
			else {"COLUMNS": $column, "[-]COLUMN,...": "-\($column)", "PORT": "80", "PORTS": "80,http,1000-",
				"HOST": "localhost", "ADDR": "127.0.0.1", "ENDPOINT": "127.0.0.1:80", "IFACE": "lo",
				"FILE": "/dev/null", "PID": "1", "CMD": "true", "DIR": "/tmp", "USER": "0", "CIDR": "127.0.0.0/8", "MODE": "600",
				"DURATION": "250ms", "SIZE": "64k", "RATE": (if $o.command | IN("connect", "listen") then "10MB" else "100pps" end),
				"COUNT": "3"}[.metavar] end) as $value |
		[(if .short then "-\(.short)" else empty end), .name][] |
		[$o.command, ., ($o.metavar // "" | gsub("[|]"; "/") | if $o.optional then "~\(.)" else . end), $value // "?"] | join("|")'
}

# Ends with the status; on any but 0, one line on stderr and nothing on stdout.
ends() {
	local wanted=$1 status=0
	shift
	in_netns timeout 20 "$SOCKKIT" "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null || status=$?
	[ "$status" -eq "$wanted" ] || {
		echo "sockkit $*: exits $status, not $wanted" >&2
		cat "$BATS_TEST_TMPDIR/err" >&2
		return 1
	}
	[ "$status" -eq 0 ] || {
		[ ! -s "$BATS_TEST_TMPDIR/out" ]
		[ "$(wc -l <"$BATS_TEST_TMPDIR/err")" -eq 1 ]
	}
}

# Ends as a command does that was understood: `listen` with 1 where nobody came.
takes() {
	local status=0
	[ "$1" = listen ] || {
		ends 0 "$@"
		return
	}
	in_netns timeout 20 "$SOCKKIT" "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null || status=$?
	[ "$status" -le 1 ] || {
		echo "sockkit $*: exits $status" >&2
		cat "$BATS_TEST_TMPDIR/err" >&2
		return 1
	}
}

@test "every option is taken, in each of its spellings" {
	local command option metavar value count=0 more
	while IFS='|' read -r command option metavar value; do
		count=$((count + 1))
		read -r -a more < <(besides "$command" "$option") || :
		if [[ -z $metavar || $metavar == \~* ]]; then
			takes "$command" "$option" "${more[@]}"
		fi
		[ -n "$metavar" ] || continue
		if [[ $option == --* ]]; then
			takes "$command" "$option=$value" "${more[@]}"
		else
			takes "$command" "$option$value" "${more[@]}"
		fi
		[[ $metavar == \~* ]] || takes "$command" "$option" "$value" "${more[@]}"
	done < <(options)
	[ "$count" -gt 20 ]
}

@test "a value that cannot be is named, with status 2" {
	local command option metavar value junk=$'\e]0;no such value' more
	while IFS='|' read -r command option metavar value; do
		case $metavar in
		FILE | HOST | ENDPOINT | IFACE | CMD | DIR | USER) continue ;;
		esac
		read -r -a more < <(besides "$command" "$option") || :
		if [[ $metavar == \~* ]]; then
			ends 2 "$command" "$option=$junk" "${more[@]}"
			grep -q 'no such value' "$BATS_TEST_TMPDIR/err"
			ends 2 "$command" "$option=" "${more[@]}"
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
			run -3 in_netns sh -c 'eval "\"\$@\" 2>&1 >$0"' "$stdout" "$SOCKKIT" "${arguments[@]}"
			[ "${#lines[@]}" -eq 1 ]
			[[ $output == *'cannot write to standard output'* ]]
		done
	done < <(
		printf '%s\n' help --help --version --introspect
		for command in $("$SOCKKIT" --introspect | jq -r 'select(.kind == "command").name'); do
			printf '%s\n' "$command "{--help,--usage,--version}
			[ "$command" = listen ] || printf '%s\n' "$command "{,-j,--format=csv}" $(besides "$command" -j)"
		done
	)
}
