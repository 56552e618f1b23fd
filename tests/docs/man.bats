# The man pages say what the option and column tables say: nothing is missing, nothing is invented.
bats_require_minimum_version 1.5.0

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	: "${SOCKKIT:=$ROOT/build/sockkit}"
}

# What the page of a command ('' for sockkit itself) has to have, as tests/docs/tables prints it.
wanted() {
	"$SOCKKIT" --introspect | jq -rs --arg command "$1" '
		(if $command == "" then null else $command end) as $command |
		if $command then empty else (map(select(.kind == "command").name) + ["help"])[] | "command \(.)" end,
		(map(select(.command == $command))[] |
			if .kind == "option" then (.group // "-") as $group |
				if .short then "option -\(.short) in \($group)" else empty end,
				"option \(.name)" + (if .metavar == null then ""
					elif .optional then "[=\(.metavar)]" else "=\(.metavar)" end) + " in \($group)"
			elif .kind == "column" then "column \(.set // "-") \(.name)"
			else empty end)' | LC_ALL=C sort
}

# agrees COMMAND PAGE: `<` lines are missing in the page, `>` lines exist only there.
agrees() {
	diff <(wanted "$1") <("$ROOT/tests/docs/tables" "$2")
}

commands() {
	"$SOCKKIT" --introspect | jq -r 'select(.kind == "command").name'
}

@test "sockkit.1 knows the commands and the options in front of them" {
	agrees '' "$ROOT/man/sockkit.1"
}

@test "every command has its page, every page its command" {
	local page pages=()
	for page in "$ROOT"/man/sockkit-*.1; do
		page=${page##*/sockkit-}
		pages+=("${page%.1}")
	done
	diff <(commands | sort) <(printf '%s\n' "${pages[@]}" | sort)
}

@test "every page knows all options and columns, and no others" {
	local page command broken=0
	for page in "$ROOT"/man/sockkit-*.1; do
		command=${page##*/sockkit-}
		agrees "${command%.1}" "$page" || {
			echo "in ${page##*/}" >&2
			broken=1
		}
	done
	[ "$broken" -eq 0 ]
}

@test "a missing and an invented entry are noticed" {
	local page=$BATS_TEST_TMPDIR/page.1
	sed '/^\.BR \\-f/d' "$ROOT/man/sockkit-sockets.1" >"$page"
	run ! agrees sockets "$page"
	[[ $output == *'< option --format='* ]]
	sed 's/^\.SS Modes/&\n.TP\n.BR \\-y ", " \\-\\-yet/' "$ROOT/man/sockkit-sockets.1" >"$page"
	run ! agrees sockets "$page"
	[[ $output == *'> option --yet in Modes'* && $output == *'> option -y in Modes'* ]]
	sed 's/^\.SS Modes/.SS Manners/' "$ROOT/man/sockkit-sockets.1" >"$page"
	run ! agrees sockets "$page"
	[[ $output == *'< option --kill in Modes'*'> option --kill in Manners'* ]]
	sed 's/^\.SH COLUMNS/&\n.TP\n.B fancy/' "$ROOT/man/sockkit-ports.1" >"$page"
	run ! agrees ports "$page"
	[[ $output == *'> column - fancy'* ]]
	sed 's/|\\fIcsv/|\\fItsv/' "$ROOT/man/sockkit-ports.1" >"$page"
	run ! agrees ports "$page"
	[[ $output == *'> option --format=table|long|json|jsonl|tsv'* ]]
}

# examples PAGE: WHAT<tab>COMMAND of the first three of its section EXAMPLES.
examples() {
	sed -n '/^\.SH EXAMPLES/,/^\.SH [^E]/p' "$1" | awk '
		/^[.]EX/ { inside = 1; next }
		/^[.]EE/ { inside = 0; what = ""; next }
		inside && /^\$ / { print what "\t" substr($0, 3); if (++count == 3) exit }
		!inside && /^[^.]/ { what = what (what == "" ? "" : " ") $0 }' | sed 's/\\-/-/g; s/\\(aq/\x27/g'
}

# Help and man page show the same.
@test "every page begins its examples with those of the help" {
	local command
	for command in $(commands); do
		diff <("$SOCKKIT" --introspect | jq -r --arg command "$command" \
			'select(.kind == "example" and .command == $command) | "\(.help)\t\(.name)"') \
			<(examples "$ROOT/man/sockkit-$command.1")
	done
	run -0 examples "$ROOT/man/sockkit-ports.1"
	[ "${#lines[@]}" -eq 3 ]
}

@test "every page is called what the list of commands calls it" {
	local command
	for command in $(commands); do
		grep -qFx "sockkit\\-$command \\- $("$SOCKKIT" --introspect |
			jq -r --arg command "$command" 'select(.kind == "command" and .name == $command).help')" \
			<(sed 's/\\-probe/-probe/' "$ROOT/man/sockkit-$command.1")
	done
}

@test "every page has the sections that people look for, in their order, and leads on" {
	local page wanted=(NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' ENVIRONMENT FILES STANDARDS HISTORY
		CAVEATS EXAMPLES 'REPORTING BUGS' 'SEE ALSO')
	for page in "$ROOT"/man/sockkit-*.1; do
		diff <(printf '%s\n' "${wanted[@]}") \
			<(sed -n 's/^\.SH //p' "$page" | grep -xFf <(printf '%s\n' "${wanted[@]}"))
		sed -n '/^\.SH SEE ALSO/,$p' "$page" | grep -q 'sockkit\\-tour (7)'
		sed -n '/^\.SH SEE ALSO/,$p' "$page" | grep -q 'sockkit (1)'
	done
}

@test "the pages are well-formed" {
	run -0 mandoc -T lint -W warning "$ROOT"/man/*.[17]
	[ -z "$output" ]
}

@test "every page fits 80 columns and names the version that it describes" {
	local page version
	version=$("$SOCKKIT" --version)
	for page in "$ROOT"/man/*.[17]; do
		mandoc -T utf8 -O width=78 "$page" | sed 's/.\x08//g' >"$BATS_TEST_TMPDIR/text"
		grep -qF "$version" "$BATS_TEST_TMPDIR/text"
		run -1 grep -nE '^.{81}' "$BATS_TEST_TMPDIR/text"
	done
}
