# Every option of every command, as introspection lists them: once right, once wrong.
load helper

setup() {
	open_netns
	mksock tcp-listen 127.0.0.1 0 , tcp-established ::1
}

# `COMMAND|OPTION|METAVAR|VALUE` for each spelling of each option; VALUE is one that must be taken.
# METAVAR has a ? in front where it may be left out.
options() {
	"$SOCKKIT" --introspect | jq -rs '
		. as $all | map(select(.kind == "option" and .command))[] | . as $o |
		([$all[] | select(.kind == "column" and .command == $o.command and .set == null)][0].name) as $column |
		(if .values then .values | split("|")[-1]
			elif .metavar == null then ""
			else {"COLUMNS": $column, "[-]COLUMN,...": "-\($column)", "PORT": "80", "PORTS": "80,http,1000-",
				"HOST": "localhost", "ADDR": "127.0.0.1", "ENDPOINT": "127.0.0.1:80", "IFACE": "lo",
				"FILE": "/dev/null", "PID": "1", "DURATION": "250ms", "SIZE": "64k", "RATE": "100pps",
				"COUNT": "3", "SIGNAL": "TERM"}[.metavar] end) as $value |
		[(if .short then "-\(.short)" else empty end), .name][] |
		[$o.command, ., ($o.metavar // "" | gsub("[|]"; "/") | if $o.optional then "?\(.)" else . end), $value // "?"] | join("|")'
}

# What an option cannot be without: more words, in REST. Nothing is ended.
context_of() {
	local port
	port=$(port_of 0)
	case "$1 $2" in
	'ports --hold') REST=(--free -- true) ;;
	'ports --wait') REST=("$port") ;;
	'ports --wait-closed') REST=(1) ;;
	'ports --kill') REST=(--dry-run "$port") ;;
	'ports --dry-run') REST=(--kill "$port") ;;
	'ports --grace' | 'ports --force') REST=(--kill --dry-run "$port") ;;
	*) REST=() ;;
	esac
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

@test "every option is taken, in each of its spellings" {
	local command option metavar value count=0
	while IFS='|' read -r command option metavar value; do
		count=$((count + 1))
		context_of "$command" "$option"
		if [ -z "$metavar" ]; then
			ends 0 "$command" "$option" "${REST[@]}"
		elif [[ $metavar == \?* ]]; then
			ends 0 "$command" "$option" "${REST[@]}"
			ends 0 "$command" "$option=$value" "${REST[@]}"
		elif [[ $option == --* ]]; then
			ends 0 "$command" "$option=$value" "${REST[@]}"
			ends 0 "$command" "$option" "$value" "${REST[@]}"
		else
			ends 0 "$command" "$option$value" "${REST[@]}"
			ends 0 "$command" "$option" "$value" "${REST[@]}"
		fi
	done < <(options)
	[ "$count" -gt 20 ]
}

@test "a value that cannot be is named, with status 2" {
	local command option metavar value junk=$'\e]0;no such value'
	while IFS='|' read -r command option metavar value; do
		case $metavar in
		FILE | HOST | ENDPOINT | IFACE) continue ;;
		\?*)
			ends 2 "$command" "$option=$junk"
			grep -q 'no such value' "$BATS_TEST_TMPDIR/err"
			run -1 grep -q $'\e' "$BATS_TEST_TMPDIR/err"
			ends 2 "$command" "$option="
			continue
			;;
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
			printf '%s\n' "$command "{--help,--usage,--version,,-j,--format=csv}
		done
	)
}
