# Other programs' words: every answer of the table is given, and what it says can be done.
# shellcheck disable=SC2030,SC2031 # tests are subshells
load helper

bats_require_minimum_version 1.5.0

# Rows of the table, as COMMAND, WORD, what it is here and what takes its place (or `null`), a line each.
dialects() {
	"$SOCKKIT" --introspect | jq -r 'select(.kind == "dialect") | [.command // "", .name, .help, .run // "null"] | join("\u001f")'
}

# What somebody types who means WORD.
typed() {
	case $1 in
	*'*') printf '%s\n' "${1%'*'}x" ;;
	*' N') printf '%s\n' "${1% N} 1" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

@test "each word of others is answered in one line, with status 2" {
	local command word here run words
	while IFS=$'\x1f' read -r command word here run; do
		read -r -a words < <(typed "$word")
		# What makes it wrong where the word itself is none: an option that nobody has.
		run -2 "$SOCKKIT" ${command:+"$command"} "${words[@]}" ${command:+--no-such-option}
		[[ ${#lines[@]} -eq 1 && $output == *"$here" && $output == "sockkit"*"'${words[*]}'"* ]] || {
			echo "$command ${words[*]}: $output" >&2
			return 1
		}
	done < <(dialects)
}

@test "what is said to be here is here" {
	local command word here run words
	while IFS=$'\x1f' read -r command word here run; do
		[ "$run" != null ] || continue
		eval "words=($run)"
		run "$SOCKKIT" "$command" "${words[@]}" --help
		[[ $status -eq 0 ]] || {
			echo "$command $word: '$run': $output" >&2
			return 1
		}
	done < <(dialects)
}

@test "the commands that are named exist" {
	local command word here run name
	while IFS=$'\x1f' read -r command word here run; do
		while read -r _ name; do
			"$SOCKKIT" "$name" --help >"$BATS_TEST_TMPDIR/help"
		done < <(grep -oE 'sockkit [a-z]+' <<<"$here")
	done < <(dialects)
}

@test "ncat's --keep-open and --sh-exec are understood as they are" {
	run -0 "$SOCKKIT" listen --keep-open --sh-exec=cat --help
}
