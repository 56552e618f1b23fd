# What every command has, found by introspection: columns, and the ways to ask for help. Options are
# in options.bats.
load helper

commands() {
	"$SOCKKIT" --introspect | jq -r 'select(.kind == "command") | .name'
}

@test "help is the same by every road" {
	local command
	same "$("$SOCKKIT" help)" "$("$SOCKKIT" --help)"
	same "$("$SOCKKIT" help)" "$("$SOCKKIT" -h)"
	same "$("$SOCKKIT" help)" "$("$SOCKKIT" help help)"
	for command in $(commands); do
		same "$("$SOCKKIT" help "$command")" "$("$SOCKKIT" "$command" --help)"
		same "$("$SOCKKIT" help "$command")" "$("$SOCKKIT" "$command" -h)"
		grep -q "^Usage: sockkit $command" <("$SOCKKIT" "$command" -h)
		"$SOCKKIT" help | grep -q "^  $command "
	done
}

# too_wide COLUMNS: lines of more columns.
too_wide() {
	awk -v columns="$1" 'length > columns { print; found = 1 } END { exit !found }'
}

@test "help fits a terminal of 80 columns, or of COLUMNS, and none is wider than 100" {
	local command
	for command in '' $(commands); do
		# shellcheck disable=SC2086 # none is no word
		run ! too_wide 80 < <(env -u COLUMNS "$SOCKKIT" help $command)
	done
	for command in $(commands); do
		# Options and examples are shown as they are typed.
		run ! too_wide 60 < <(COLUMNS=60 "$SOCKKIT" help "$command" | sed '/^Examples:/,$d; /^ *--[^ ]*$/d')
		run ! too_wide 100 < <(COLUMNS=500 "$SOCKKIT" help "$command")
		run -0 too_wide 80 < <(COLUMNS=500 "$SOCKKIT" help "$command")
		run ! too_wide 60 < <(COLUMNS=60 "$SOCKKIT" "$command" --usage | sed 's/\[[^]]\{50,\}\]//')
		COLUMNS=1 "$SOCKKIT" help "$command" >/dev/null
	done
}

@test "help has headings, three examples and the name of the man page, and nothing of the parser's" {
	local command
	for command in $(commands); do
		run -0 "$SOCKKIT" "$command" --help
		[[ $output == "Usage: sockkit $command [OPTION...] "*$'\n\nHelp:\n'*$'\n\nExamples:\n'* ]]
		[[ $output != *'Mandatory or optional'* ]]
		same "${lines[-1]}" "'man sockkit-$command' tells more."
		same "$(grep -c '^  # ' <<<"$output")" 3
		# Every option once.
		diff <("$SOCKKIT" --introspect | jq -r --arg command "$command" \
			'select(.kind == "option" and .command == $command).name' | sort) \
			<(grep -oP '^  (-.,|   ) \K--[a-z0-9-]+' <<<"$output" | sort)
	done
}

@test "the version is the same everywhere" {
	local command
	for command in $(commands); do
		same "$("$SOCKKIT" --version)" "$("$SOCKKIT" "$command" -V)"
	done
	[[ $("$SOCKKIT" -V) =~ ^sockkit\ [0-9]+\.[0-9]+ ]]
}

@test "the version says what is inside, under which licence, and where to turn to" {
	run -0 "$SOCKKIT" --version
	[[ ${lines[0]} =~ ^sockkit\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	[[ ${lines[1]} =~ ^Inside:\ \+netlink\ [+-]bpf\ [+-]tls\ [+-]zstd$ ]]
	[[ ${lines[2]} =~ ^Libraries:\ libmnl\ [0-9.]+(,\ OpenSSL\ [0-9.]+)?(,\ libzstd\ [0-9.]+)?(,\ glibc\ [0-9.]+)?$ ]]
	[[ $output == *'MIT'* && $output == *'SECURITY.md'* ]]
	# What it says of BPF is what is said to who asks for it.
	local said
	said=$("$SOCKKIT" sockets --owners=bpf 2>&1) || :
	if [[ ${lines[1]} == *-bpf ]]; then
		[[ $said == *'built without BPF'* ]]
	else
		[[ $said != *'built without BPF'* ]]
	fi
}

@test "every column can be shown, sorted by, and is null or a value in JSON" {
	local command set column
	mksock tcp-listen 127.0.0.1 8080 , udp-bound
	while IFS=$'\t' read -r command set column; do
		local mode=()
		[ "$set" = - ] || mode=("--$set")
		case "$command $set" in
		'connect probe') mode=(--probe 127.0.0.1:8080) ;;
		'connect '*) mode+=(--linger=0.01 127.0.0.1:8080) ;;
		'scan -') mode+=(-p 8080 127.0.0.1) ;;
		esac
		run -0 sockkit "$command" "${mode[@]}" -f jsonl -c "$column" --sort="-$column"
		jq -e -s --arg c "$column" 'length > 0 and all(keys == [$c])' <<<"$output"
	done < <("$SOCKKIT" --introspect | jq -r 'select(.kind == "column" and .command != "udprecv") |
		[.command, .set // "-", .name] | @tsv')
}

@test "introspection is JSON lines with every key in each" {
	"$SOCKKIT" --introspect | jq -es 'map(keys) | unique | length == 1'
}

@test "colour only where it is wanted" {
	need_terminal
	local -x TERM=xterm
	[[ $("$SOCKKIT" ports --registry 22) != *$'\e'* ]]
	[[ $("$SOCKKIT" ports --registry 22 --color=always) == *$'\e['* ]]
	[[ $(script -qec "'$SOCKKIT' ports --registry 22" /dev/null) == *$'\e['* ]]
	[[ $(NO_COLOR=1 script -qec "'$SOCKKIT' ports --registry 22" /dev/null) != *$'\e['* ]]
	[[ $(TERM=dumb script -qec "'$SOCKKIT' ports --registry 22" /dev/null) != *$'\e['* ]]
	[[ $(script -qec "'$SOCKKIT' ports --registry 22 --color=never" /dev/null) != *$'\e['* ]]
	[[ $(NO_COLOR=1 "$SOCKKIT" ports --registry 22 --color=always) == *$'\e['* ]]
}
