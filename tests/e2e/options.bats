# Every option of every command, as introspection lists them: once right, once wrong.
load helper

setup() {
	open_netns
	mksock tcp-listen :: 0 , tcp-established ::1
}

# `COMMAND|OPTION|METAVAR|VALUE` for each spelling of each option; VALUE is one that
# must be taken.
options() {
	"$SOCKKIT" --introspect | jq -rs '
		. as $all | map(select(.kind == "option" and .command))[] | . as $o |
		([$all[] | select(.kind == "column" and .command == $o.command and .set == null)][0].name) as $column |
		(if .values then .values | split("|")[-1]
			elif .metavar == null then ""
			else {"COLUMNS": $column, "[-]COLUMN,...": "-\($column)", "PORT": "80", "PORTS": "80,http,1000-",
				"HOST": "localhost", "ADDR": "127.0.0.1", "ENDPOINT": "127.0.0.1:80", "IFACE": "lo",
				"FILE": "\(env.BATS_TEST_TMPDIR)/file", "PID": "1", "DURATION": "250ms", "SIZE": "64k", "RATE": "100pps",
				"COUNT": "3", "I/N": "1/2", "TEXT": "1=closed"}[.metavar] end) as $value |
		[(if .short then "-\(.short)" else empty end), .name][] |
		[$o.command, ., ($o.metavar // "" | gsub("[|]"; "/")), $value // "?"] | join("|")'
}

# Ends with the status; on any but 0, one line on stderr and nothing on stdout.
ends() {
	local wanted=$1 status=0
	shift
	local rest
	read -r -a rest <<<"$(needs "$1" "$(port_of 0)")"
	[[ $* != *--resume* ]] || rest+=(-f jsonl)
	in_netns timeout 20 "$SOCKKIT" "$@" "${rest[@]}" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null || status=$?
	# That nothing was found is an answer too.
	[ "$1:$wanted:$status" != scan:0:1 ] || status=0
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

@test "every option is taken, in each of its spellings" {
	local command option metavar value count=0
	while IFS='|' read -r command option metavar value; do
		count=$((count + 1))
		if [ -z "$metavar" ]; then
			ends 0 "$command" "$option"
		elif [[ $option == --* ]]; then
			ends 0 "$command" "$option=$value"
			ends 0 "$command" "$option" "$value"
		else
			ends 0 "$command" "$option$value"
			ends 0 "$command" "$option" "$value"
		fi
	done < <(options)
	[ "$count" -gt 20 ]
}

@test "a value that cannot be is named, with status 2" {
	local command option metavar value junk=$'\e]0;no such value'
	while IFS='|' read -r command option metavar value; do
		case $metavar in
		FILE | HOST | ENDPOINT | IFACE) continue ;;
		esac
		ends 2 "$command" "$option" "$junk"
		grep -q 'no such value' "$BATS_TEST_TMPDIR/err"
		run -1 grep -q $'\e' "$BATS_TEST_TMPDIR/err"
		ends 2 "$command" "$option"
		ends 2 "$command" "$option" ''
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
			printf '%s\n' "$command "{,-j,--format=csv}" $(needs "$command" "$(port_of 0)")"
		done
	)
}
