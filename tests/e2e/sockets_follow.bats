# `sockkit sockets --follow`: sockets as they come and go. follow.py says what happens in each case.
# shellcheck disable=SC2030,SC2031 # tests are subshells
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

# ---- where BPF tells of TCP: follow_tcp.py says what happens ----

follow_tcp() {
	[ "$EUID" -eq 0 ] || skip 'BPF takes root'
	local said
	said=$(sockkit sockets --follow -t --timeout=0 2>&1 >/dev/null)
	[[ $said != *'no events of TCP'*'it takes '* && $said != *'built without BPF'* ]] || skip "$said"
	run in_netns python3 "$BATS_TEST_DIRNAME/follow_tcp.py" "$1" "$SOCKKIT"
	echo "$output" >&2
	[ "$status" -eq 0 ]
}

@test "events: every step of a connection, with the process that makes it" {
	follow_tcp life
}

@test "events: refused, timed out, given up and reset are told apart" {
	follow_tcp failed
}

@test "events: who has accepted what is never read from is looked for" {
	follow_tcp waiting
}

@test "events: connections at speed are each told of once, with their process" {
	follow_tcp churn
}

@test "events: what is lost is said, and the ends are told of" {
	follow_tcp lost
}

@test "events: filters choose from the moment at which they match" {
	follow_tcp filter
}

@test "events: of all network namespaces, or of another one" {
	follow_tcp netns
}

@test "events: nothing is left when it is killed" {
	follow_tcp killed
}

@test "without privilege one line says that there are no events, and nothing where none are asked for" {
	[ "$EUID" -eq 0 ] || skip 'only root can become somebody else'
	run -0 --separate-stderr as_nobody "$SOCKKIT" sockets -t --follow --timeout=0
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == *'no events of TCP, its sockets are only looked for: '* ]]
	run -0 --separate-stderr as_nobody "$SOCKKIT" sockets -t --follow --timeout=0 --owners=proc
	[ -z "$stderr" ]
	run -0 --separate-stderr as_nobody "$SOCKKIT" sockets -u --follow --timeout=0
	[ -z "$stderr" ]
}
