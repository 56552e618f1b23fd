# shellcheck shell=bash
# What the tests of `listen` share: servers in the background, and clients.
load helper

# Clients that anything may be tested with; bench/stream_load.c has those in numbers.
: "${LOAD:=$HELPERS/stream_load}"

# Starts `sockkit listen ARGS` in the background: serve INPUT OUTPUT ARGS... (OUTPUT `+FILE`: behind
# what FILE holds). Its process id is in SERVER, the port (or path) in PORT; what it says on stderr is read with hear(). The first line is
# waited for.
serve() {
	local input=$1 output=$2 fifo=$BATS_TEST_TMPDIR/said.${#STARTED_PIDS[@]} out
	shift 2
	case $output in
	+*) exec {out}>>"${output#+}" ;;
	*) exec {out}>"$output" ;;
	esac
	mkfifo "$fifo"
	exec {SAID}<>"$fifo"
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" listen "$@" <"$input" >&"$out" 2>"$fifo" 3>&- {SAID}>&- {out}>&- &
	SERVER=$!
	STARTED_PIDS+=("$SERVER")
	exec {out}>&-
	hear '*listening on*'
	PORT=${HEARD#*listening on }
	PORT=${PORT%%, *}
	[[ $PORT == unix:* ]] || PORT=${PORT##*:}
}

# The next line of stderr that matches the pattern, in HEARD.
hear() {
	while IFS= read -r -t "$PATIENCE" -u "$SAID" HEARD; do
		# shellcheck disable=SC2053 # a pattern
		[[ $HEARD != $1 ]] || return 0
	done
	echo "the server did not say '$1'" >&2
	return 1
}

# What was said and not yet heard, once the server has ended.
rest() {
	local line
	while read -r -t 0 -u "$SAID" && IFS= read -r -t "$PATIENCE" -u "$SAID" line; do
		printf '%s\n' "$line"
	done
}

# Waits for the server's own end and compares its status.
ended() {
	local status=0
	wait "$SERVER" || status=$?
	[ "$status" -eq "$1" ] || {
		echo "the server ended with status $status, not $1" >&2
		rest >&2
		return 1
	}
}

# A client that sends stdin, half-closes, and reads to the end.
client() {
	within_patience nc -N "${2:-127.0.0.1}" "$1"
}

# A client in the background that says and reads nothing.
idle_client() {
	EXEC_IN_JOB=1 in_netns bash -c 'exec 3<>/dev/tcp/127.0.0.1/$0; exec sleep infinity' "$1" 3>&- {SAID}>&- &
	STARTED_PIDS+=($!)
}

random() {
	head -c "$1" /dev/urandom
}

descriptors() {
	local all=("/proc/$1/fd/"*)
	echo "${#all[@]}"
}

has_descriptors() {
	[ "$(descriptors "$1")" -eq "$2" ]
}

# Hundredths of a second of CPU time that a process has used.
cpu_of() {
	local stat
	stat=$(<"/proc/$1/stat")
	read -r -a stat <<<"${stat##*) }"
	echo $((stat[11] + stat[12]))
}
