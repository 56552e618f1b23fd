# `sockkit sockets --watch` on a terminal. watch.py says what happens in each case.
load helper

watch() {
	run in_netns python3 "$BATS_TEST_DIRNAME/watch.py" "$1" "$SOCKKIT"
	[ "$status" -ne 77 ] || skip 'there is no /dev/pts'
	echo "$output" >&2
	[ "$status" -eq 0 ]
}

@test "rows that are new and rows that are gone are marked" {
	watch marks
}

@test "keys sort, filter and pause" {
	watch keys
}

@test "more rows than lines, and terminals of any size" {
	watch scroll
}

@test "signals that end it hand the terminal back" {
	watch signals
}

@test "^Z hands the terminal back, and fg takes it again" {
	watch stop
}

@test "keys come from the terminal, not from stdin" {
	watch input
}

@test "a name with anything in it stays in its cell" {
	watch hostile
}

@test "no colours where none are wanted" {
	watch color
}

@test "wide rows are scrolled to the side" {
	watch wide
}

@test "the help, and all of a row" {
	watch pages
}

@test "what is destroyed or ended is asked before" {
	watch acts
}

@test "summaries and ports are watched as sockets are" {
	watch groups
}

@test "a dumb terminal is left alone" {
	watch dumb
}

@test "--timeout ends it" {
	watch end
}

@test "without a terminal it says so" {
	run -3 --separate-stderr sockkit sockets --watch
	[ -z "$output" ]
	[[ $stderr == *'needs a terminal'* ]]
}

@test "what does not go together with it is wrong usage" {
	local line
	while read -r line; do
		# shellcheck disable=SC2086 # words
		run -2 sockkit sockets $line
		[ "${#lines[@]}" -eq 1 ] || { echo "$line: $output" >&2 && return 1; }
	done <<-'END'
		--watch --follow
		--watch -K port 1
		--watch -j
		--watch -f csv
		--watch -f openmetrics
		--watch --source=proc
		--watch=soon
	END
}
