# Bad input and trouble: one clear line, the right exit status, and nothing lost.
load helper

# Wrong usage is one line on stderr that names the text, nothing on stdout, status 2.
wrong() {
	local text=$1
	shift
	run --separate-stderr -2 "$SOCKKIT" "$@"
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" -eq 1 ] || {
		echo "$stderr" >&2
		return 1
	}
	[[ $stderr == "sockkit"*": "*"$text"* ]] || {
		echo "'$text' is not in: $stderr" >&2
		return 1
	}
}

@test "wrong usage names the text" {
	wrong "did you mean 'sockets'" sokets
	wrong "'--nonsense'" --nonsense
	wrong "'nosuch'" help nosuch
	wrong "did you mean '--listening'" sockets --lisening
	wrong "'--col=x' is ambiguous" sockets --col=x
	wrong "'-Y' in '-tY'" sockets -tY
	wrong "'-Y' in '-Yt'" sockets -Yt
	wrong "'-1' in '-1023': an argument like it goes behind --" ports -1023
	wrong "'--tcp' takes no value" sockets --tcp=yes
	wrong "'--sort' needs a value" sockets --sort
	wrong "'-c' needs a value" sockets -tc
	wrong "did you mean 'state'" sockets -c sate
	wrong "'nonsense'" sockets --sort=nonsense
	wrong "" sockets -c ''
	wrong "'xml'" sockets -f xml
	wrong "'sometimes'" sockets --color=sometimes
	wrong "'magic'" sockets --source magic
	wrong "99999" ports 99999
	wrong "'1-'" ports 1-
	wrong "'http,'" ports http,
	wrong "'90-80'" ports 90-80
	wrong "column 6" sockets sport
	wrong "column 8" sockets sport '='
	wrong "'sprot'" sockets sprot 22
	wrong "'establshed'" sockets state establshed
	wrong "99999" sockets sport = :99999
	wrong "" sockets '(' sport = :22
	wrong "" sockets sport = :22 ')'
	wrong "" sockets src 1.2.3.4.5/99
	wrong "'-4'" ports --registry -4 || wrong "-4" ports --registry -4
	run -2 "$SOCKKIT"
}

@test "hostile text in a message is escaped" {
	wrong '\e[31m' sockets -c $'\e[31m\n'
	wrong '\n' $'a\nb'
}

@test "a full disk is trouble, for every kind of output" {
	local args
	for args in ports sockets 'sockets -j' 'sockets -f csv' 'sockets -f jsonl' 'ports --registry' \
		'sockets --sort=local_port' help --help --version --introspect --introspect=schema 'sockets --help' 'ports --usage'; do
		mksock tcp-listen
		# shellcheck disable=SC2086 # words
		run --separate-stderr -3 in_netns sh -c '"$0" "$@" >/dev/full' "$SOCKKIT" $args
		[[ $stderr == *"No space left on device"* ]]
		stop "$MKSOCK_PID"
	done
}

@test "standard descriptors that are closed" {
	mksock tcp-listen
	run --separate-stderr -3 in_netns sh -c '"$0" sockets >&-' "$SOCKKIT"
	[[ $stderr == *"standard output"* ]]
	run -0 in_netns sh -c '"$0" sockets <&-' "$SOCKKIT"
	[ "${#lines[@]}" -eq 2 ]
	run -0 in_netns sh -c '"$0" sockets 2>&-' "$SOCKKIT"
	[ "${#lines[@]}" -eq 2 ]
	run -0 in_netns sh -c '"$0" sockets <&- 2>&-' "$SOCKKIT"
	[ "${#lines[@]}" -eq 2 ]
}

@test "netlink is refused: /proc/net is read, and it is said" {
	mksock tcp-listen 127.0.0.1 0 7 , tcp-bound , udp-bound , tcp-established
	local error
	for error in 93 13 1 111 97; do
		run --separate-stderr -0 in_netns "$HELPERS/refuse" "$error" "$SOCKKIT" sockets -j
		[[ $stderr == *"/proc/net"* ]]
		[ "${#stderr_lines[@]}" -eq 1 ]
		jq -e 'map(.state) | sort == ["ESTABLISHED", "ESTABLISHED", "LISTEN", "UNCONNECTED"]' <<<"$output"
		jq -e 'map(select(.state == "LISTEN") | .pid) | unique == ['"$MKSOCK_PID"']' <<<"$output"
	done
	run --separate-stderr -3 in_netns "$HELPERS/refuse" 93 "$SOCKKIT" sockets --source=netlink
	[ -n "$stderr" ]
	run --separate-stderr -0 in_netns "$HELPERS/refuse" 93 "$SOCKKIT" sockets --source=proc
	[ -z "$stderr" ]
}

@test "neither netlink nor /proc: nothing could be asked" {
	need_bare_root
	run --separate-stderr -3 in_bare_root /refuse 93 /sockkit sockets
	[ -n "$stderr" ]
	run --separate-stderr -0 in_bare_root /sockkit sockets -c state
}

@test "without /proc rows are there, owners are not" {
	need_bare_root
	mksock tcp-listen
	run --separate-stderr -0 in_bare_root /sockkit sockets -f jsonl
	jq -e '.state == "LISTEN" and .pid == null' <<<"$output"
	[[ $stderr == *"cannot name processes"* ]]
}

@test "processes that come and go are no trouble" {
	mksock tcp-listen
	# Programs that end at once, all the time, so that the scan meets processes that are gone.
	sh -c 'i=0; while [ $i -lt 3000 ]; do /bin/true & i=$((i + 1)); done; wait' 3>&- &
	local i forker=$!
	for ((i = 0; i < 20; i++)); do
		sockkit sockets -f jsonl >"$BATS_TEST_TMPDIR/rows" 2>"$BATS_TEST_TMPDIR/why"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/rows")" -eq 1 ]
		[ ! -s "$BATS_TEST_TMPDIR/why" ]
	done
	jq -e ".pid == $MKSOCK_PID" "$BATS_TEST_TMPDIR/rows"
	kill "$forker" || :
	wait "$forker" || :
}

# Sends SIGNAL to `sockkit sockets -j` while that waits in write(), with SIGNAL as ENV's option says:
# interrupt OPTION SIGNAL. What it wrote is in rows, its exit status in INTERRUPTED.
interrupt() {
	local pid first from_it
	INTERRUPTED=0
	mkfifo "$BATS_TEST_TMPDIR/pipe.$2"
	EXEC_IN_JOB=1 in_netns env "--$1-signal=$2" "$SOCKKIT" sockets -j >"$BATS_TEST_TMPDIR/pipe.$2" 3>&- &
	pid=$!
	exec {from_it}<"$BATS_TEST_TMPDIR/pipe.$2"
	# The first byte is there: the pipe is full, since there is more than it holds.
	read -r -N 1 -u "$from_it" first
	kill -s "$2" "$pid"
	{ printf %s "$first" && cat <&"$from_it"; } >"$BATS_TEST_TMPDIR/rows"
	exec {from_it}<&-
	rm "$BATS_TEST_TMPDIR/pipe.$2"
	wait "$pid" || INTERRUPTED=$?
}

@test "a signal ends the run in order" {
	mksock tcp-many 127.0.0.1 0 400
	local all signal
	all=$(sockkit sockets -j | jq length)
	for signal in INT TERM; do
		interrupt default "$signal"
		[ "$INTERRUPTED" -eq "$((128 + $(kill -l "$signal")))" ]
		jq -e --argjson all "$all" 'length > 0 and length < $all' "$BATS_TEST_TMPDIR/rows"
	done
}

@test "a signal that is ignored stays so" {
	mksock tcp-many 127.0.0.1 0 400
	local all signal
	all=$(sockkit sockets -j | jq length)
	for signal in INT TERM; do
		interrupt ignore "$signal"
		[ "$INTERRUPTED" -eq 0 ]
		jq -e --argjson all "$all" 'length == $all' "$BATS_TEST_TMPDIR/rows"
	done
}

@test "descriptors are few: rows are there" {
	mksock tcp-listen
	run -0 in_netns sh -c 'exec 3>&- 4>&- 5>&- 6>&- 7>&-; ulimit -n 8 && exec "$0" sockets -j' "$SOCKKIT"
	jq -e 'length == 1' <<<"$output"
	# Not even /proc can be opened: the rows are there, and it is said.
	run --separate-stderr -3 in_netns sh -c 'exec 3>&- 4>&- 5>&- 6>&- 7>&-; ulimit -n 4 && exec "$0" sockets -f jsonl' "$SOCKKIT"
	jq -e '.state == "LISTEN" and .pid == null' <<<"$output"
	[[ $stderr == *"cannot name processes"* ]]
}
