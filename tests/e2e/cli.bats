# What every command has, found by introspection: help, options, junk, and the ways to ask for help.
load helper

commands() {
	"$SOCKKIT" --introspect | jq -r 'select(.kind == "command") | .name'
}

@test "help is the same by every road" {
	local command
	same "$("$SOCKKIT" help)" "$("$SOCKKIT" --help)"
	same "$("$SOCKKIT" help)" "$("$SOCKKIT" -h)"
	for command in $(commands); do
		same "$("$SOCKKIT" help "$command")" "$("$SOCKKIT" "$command" --help)"
		same "$("$SOCKKIT" help "$command")" "$("$SOCKKIT" "$command" -h)"
		grep -q "^Usage: sockkit $command" <("$SOCKKIT" "$command" -h)
		"$SOCKKIT" help | grep -q "^  $command "
	done
}

@test "help fits a terminal of 80 columns" {
	local command
	for command in '' $(commands); do
		# shellcheck disable=SC2086 # none is no word
		"$SOCKKIT" help $command | awk -v command="$command" 'length > 80 { print command ": " $0; bad = 1 } END { exit bad }'
	done
}

@test "the version is the same everywhere" {
	local command
	for command in $(commands); do
		same "$("$SOCKKIT" --version)" "$("$SOCKKIT" "$command" -V)"
	done
	[[ $("$SOCKKIT" -V) =~ ^sockkit\ [0-9]+\.[0-9]+ ]]
}

@test "every option of every command runs, and takes no junk" {
	local command name short metavar values optional value
	while IFS=$'\t' read -r command name short metavar values optional; do
		case $metavar in
		-) value= ;;
		COLUMNS | *COLUMN*) value==$("$SOCKKIT" --introspect |
			jq -rs --arg c "$command" 'map(select(.kind == "column" and .command == $c and .set == null))[0].name') ;;
		*'|'*) value==${values%%|*} ;;
		*) echo "no value known for $command $name $metavar" >&2 && return 1 ;;
		esac
		run sockkit "$command" "$name$value"
		[[ $status -le 1 ]] || { echo "$command $name$value: $status $output" >&2 && return 1; }
		if [ "$metavar" = - ]; then
			run -2 sockkit "$command" "$name=junk"
		else
			run -2 sockkit "$command" "$name=%junk%"
			[[ $output == *%junk%* ]]
		fi
		[ "$short" = - ] || {
			run sockkit "$command" "-$short" ${value:+"${value#=}"}
			[ "$status" -le 1 ] || { echo "$command -$short: $status $output" >&2 && return 1; }
		}
	done < <("$SOCKKIT" --introspect | jq -r 'select(.kind == "option" and .command != null) |
		[.command, .name, .short // "-", .metavar // "-", .values // "-", .optional] | @tsv')
}

@test "every column can be shown, sorted by, and is null or a value in JSON" {
	local command set column
	mksock tcp-listen 127.0.0.1 8080 , udp-bound
	while IFS=$'\t' read -r command set column; do
		local mode=()
		[ "$set" = - ] || mode=("--$set")
		run -0 sockkit "$command" "${mode[@]}" -f jsonl -c "$column" --sort="-$column"
		jq -e -s --arg c "$column" 'length > 0 and all(keys == [$c])' <<<"$output"
	done < <("$SOCKKIT" --introspect | jq -r 'select(.kind == "column") |
		[.command, .set // "-", .name] | @tsv')
}

@test "introspection is JSON lines with every key in each" {
	"$SOCKKIT" --introspect | jq -es 'map(keys) | unique | length == 1'
}

@test "colour only where it is wanted" {
	[[ $("$SOCKKIT" sockets) != *$'\e'* ]]
	[[ $("$SOCKKIT" sockets --color=always) == *$'\e['* ]]
	[[ $(script -qec "'$SOCKKIT' sockets" /dev/null) == *$'\e['* ]]
	[[ $(NO_COLOR=1 script -qec "'$SOCKKIT' sockets" /dev/null) != *$'\e['* ]]
	[[ $(script -qec "'$SOCKKIT' sockets --color=never" /dev/null) != *$'\e['* ]]
	[[ $(NO_COLOR=1 "$SOCKKIT" sockets --color=always) == *$'\e['* ]]
}
