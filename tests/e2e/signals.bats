# The rule about signals is one for every command: what was ignored at the start stays ignored, all
# others end the run in order, with a whole document, and the process dies of the one that came.
# shellcheck disable=SC2030,SC2031 # tests are subshells
load listen

bats_require_minimum_version 1.5.0

# Runs `sockkit ARGS` in the background with the signals that `env` is told of: long ENV ARGS... Its
# process is in LONG, what it writes in $BATS_TEST_TMPDIR/out and err.
long() {
	EXEC_IN_JOB=1 in_netns env "$@" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	LONG=$!
	STARTED_PIDS+=("$LONG")
}

# Every command that runs until somebody ends it, on a line each.
endless() {
	mksock tcp-listen
	PORT=$(port_of 0)
	mkfifo "$BATS_TEST_TMPDIR/in"
	# shellcheck disable=SC2034 # open is all that it is
	exec {KEPT}<>"$BATS_TEST_TMPDIR/in"
	COMMANDS=(
		"listen -k --echo 0"
		"listen 0"
		"connect 127.0.0.1 $PORT"
		"connect -z -j --interval=20ms 127.0.0.1 $PORT"
		"udprecv -j 0"
		"udpsend 127.0.0.1:9"
		"scan -j --rate=20 127.0.0.1 -p 1-2000"
		"sockets --follow=20ms -j"
		"ports --wait=$PATIENCE $((PORT == 9 ? 10 : 9))"
	)
}

@test "signals that were ignored at the start end nobody; SIGTERM does" {
	local command
	endless
	for command in "${COMMANDS[@]}"; do
		# shellcheck disable=SC2086 # words
		long --ignore-signal=HUP,INT,QUIT "$SOCKKIT" $command
		eventually takes_signals "$LONG"
		kill -HUP "$LONG"
		kill -INT "$LONG"
		kill -QUIT "$LONG"
		kill -TERM "$LONG"
		ended_with 143 "$LONG" || {
			echo "$command: $(<"$BATS_TEST_TMPDIR/err")" >&2
			return 1
		}
	done
}

@test "a signal of the first moments is not lost" {
	local command
	endless
	for command in "${COMMANDS[@]}"; do
		# shellcheck disable=SC2086 # words
		in_netns python3 "$BATS_TEST_DIRNAME/early_signal.py" \
			"$SOCKKIT" $command || {
			echo "$command" >&2
			return 1
		}
	done
}

@test "each of the four ends a run in order, and is what the process dies of" {
	local command signals=(HUP:129 QUIT:131 INT:130 TERM:143) signal i=0
	endless
	ulimit -c 0
	for command in "${COMMANDS[@]}"; do
		# Two of the four for each command, all four for each kind of waiting.
		for signal in "${signals[i % 4]}" "${signals[(i + 1) % 4]}"; do
			# shellcheck disable=SC2086 # words
			long --default-signal=HUP,INT,QUIT "$SOCKKIT" $command
			eventually takes_signals "$LONG"
			kill -"${signal%:*}" "$LONG"
			ended_with "${signal#*:}" "$LONG" || {
				echo "$command: $signal: $(<"$BATS_TEST_TMPDIR/err")" >&2
				return 1
			}
			[[ " $command " != *' -j '* ]] || jq -e 'type == "array"' "$BATS_TEST_TMPDIR/out"
		done
		i=$((i + 1))
	done
}
