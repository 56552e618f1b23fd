# shellcheck shell=bash disable=SC2034,SC2153 # variables are for the tests
# What every file of tests/peers loads: helper.bash, and the programs that tests/peers/fetch brought.
load ../e2e/helper

: "${PEERS:=$ROOT/build/peers}"

# The path of a program that tests/peers/programs names.
peer() {
	[ -x "$PEERS/bin/$1" ] || {
		echo "$1 is not there: tests/peers/fetch fetches what tests/peers/programs names" >&2
		return 1
	}
	echo "$PEERS/bin/$1"
}

# Runs one in the test's namespace.
run_peer() {
	local program
	program=$(peer "$1") || return
	shift
	in_netns "$program" "$@"
}

# Starts a daemon in the test's namespace, and waits for the first line of its stdout or stderr that
# matches the pattern: start_peer PATTERN NAME [ARG...]. Its process id is in STARTED_PID; what it says
# after that goes to the file SAID, so that no full pipe ever stops it.
start_peer() {
	local pattern=$1 program
	program=$(peer "$2") || return
	shift 2
	start_said "$pattern" in_netns "$program" "$@"
}

start_said() {
	local pattern=$1
	shift
	EXEC_IN_JOB=1 start "$pattern" with_stderr "$@"
	SAID=$BATS_TEST_TMPDIR/said.$STARTED_PID
	cat <&"$STARTED_FD" >"$SAID" 3>&- &
	STARTED_PIDS+=("$!")
}

with_stderr() {
	"$@" 2>&1
}

# Starts `sockkit listen ARGS` and waits until it listens, at PORT.
serve() {
	start_said '*listening on*' in_netns "$SOCKKIT" listen "$@"
	PORT=${STARTED[-1]##*listening on }
	PORT=${PORT%%, *}
	PORT=${PORT##*:}
}

# A tree to copy: so many MiB in files of all sizes, with names that hurt: make_tree DIR MIB
make_tree() {
	local i
	mkdir -p "$1/sub/with a blank" "$1/empty"
	head -c "$(($2 * 524288))" /dev/urandom >"$1/large"
	head -c "$(($2 * 524288))" /dev/zero | tr '\0' 'a' >"$1/sub/same"
	: >"$1/sub/nothing"
	printf '%s' x >"$1/sub/with a blank/-one"
	ln -s ../large "$1/sub/link"
	for ((i = 0; i < 200; i++)); do
		head -c $((i * 37)) /dev/urandom >"$1/sub/$i"
	done
}

# What a tree holds, in a form that can be compared.
sum_tree() {
	(cd "$1" && find . -type l -printf '%p -> %l\n' -o -type d -printf '%p/\n' -o -type f -exec sha256sum {} + | sort)
}
