# `sockkit sockets --follow`: sockets as they come and go. follow.py says what happens in each case.
load helper

follow() {
	run in_netns python3 "$BATS_TEST_DIRNAME/follow.py" "$1" "$SOCKKIT" "${@:2}"
	echo "$output" >&2
	[ "$status" -eq 0 ]
}

# As somebody who owns nothing, from where he can read the program.
follow_as_nobody() {
	[ "$EUID" -eq 0 ] || skip 'only root can become somebody else'
	local public
	public=$(mktemp -d /tmp/sockkit-public.XXXXXX)
	chmod 755 "$public"
	install -m 755 "$SOCKKIT" "$public"
	run in_netns python3 "$BATS_TEST_DIRNAME/follow.py" "$1" "$public/sockkit" 65534
	rm -rf "$public"
	echo "$output" >&2
	[ "$status" -eq 0 ]
}

@test "a life: opened, closed, with process and last figures" {
	follow life
}

@test "the same for somebody else, but for the process" {
	follow_as_nobody life
}

@test "10,000 connections at speed: every close of a socket that was seen is told" {
	follow churn
}

@test "events that are lost are said to be, and what was open is told of" {
	follow_as_nobody lost
}

@test "filters and options choose what is told" {
	follow filter
}

@test "every format is valid to its last byte" {
	follow formats
}

@test "a connection that was reset is closed when its process has closed it" {
	follow reset
}

@test "the end of what the kernel has no event for is told" {
	follow silent
}

@test "what came and went between two looks is asked for no state" {
	follow short
}

@test "--timeout ends it; with a filter, nothing is no" {
	run -0 sockkit sockets --follow --timeout=50ms -j
	jq -e 'length == 0' <<<"$output"
	run -1 sockkit sockets --follow=10ms --timeout=0 -f csv -H port 1
	[ -z "$output" ]
	mksock tcp-listen 127.0.0.1 80
	run -0 sockkit sockets --follow --timeout=0.05 -f jsonl
	[ -z "$output" ]
}

@test "what does not go together with it is wrong usage" {
	local line
	while read -r line; do
		# shellcheck disable=SC2086 # words
		run -2 sockkit sockets $line
		[ "${#lines[@]}" -eq 1 ] || { echo "$line: $output" >&2 && return 1; }
	done <<-'END'
		--follow --kill port 1
		--follow -s
		--follow -f openmetrics
		--follow --sort=proto
		--follow --source=proc
		--follow=soon
		--timeout=1s
		--follow --timeout=never
	END
}
