# shellcheck shell=bash disable=SC2034 # variables are for the tests
# What every e2e file loads. A test has a network namespace of its own, made when it is first used,
# with nothing in it but loopback; nothing that it starts outlives it.
bats_require_minimum_version 1.5.0

ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
: "${SOCKKIT:=$ROOT/build/sockkit}" "${MKSOCK:=$ROOT/build/tests/mksock}"
# Where all programs are that tests start.
HELPERS=${MKSOCK%/*}
for program in "$SOCKKIT" "$MKSOCK"; do
	[ -x "$program" ] || { echo "there is no $program: make check-e2e builds it" >&2 && exit 1; }
done
. "$ROOT/tests/patience/patience.sh"
export LC_ALL=C.UTF-8 TERM=xterm PYTHONPATH=$ROOT/tests/patience PYTHONDONTWRITEBYTECODE=1
unset NO_COLOR COLUMNS

# ---- background jobs ----

# Starts a command whose stdin stays open until the test ends, and waits for the first line of its
# stdout that matches the pattern: start PATTERN COMMAND... Lines up to there are in STARTED, its
# process id in STARTED_PID, and what it says later can be read from the descriptor STARTED_FD.
start() {
	local pattern=$1 number=${#STARTED_PIDS[@]} line to_it from_it
	local fifo=$BATS_TEST_TMPDIR/job.$number
	shift
	rm -f "$fifo.in" "$fifo.out"
	mkfifo "$fifo.in" "$fifo.out"
	"$@" <"$fifo.in" >"$fifo.out" 3>&- &
	STARTED_PID=$!
	STARTED_PIDS+=("$STARTED_PID")
	exec {to_it}>"$fifo.in" {from_it}<"$fifo.out"
	STARTED_FD=$from_it
	STARTED=()
	while IFS= read -r -t "$PATIENCE" -u "$from_it" line; do
		STARTED+=("$line")
		# shellcheck disable=SC2053 # a pattern
		[[ $line != $pattern ]] || return 0
	done
	echo "$1 did not say '$pattern', but: ${STARTED[*]}" >&2
	return 1
}

# Waits for the end of a job and compares its exit status: ended_with STATUS PID.
ended_with() {
	local status=0
	wait "$2" || status=$?
	same "exit status $status" "exit status $1"
}

# For eventually(): a process runs sockkit, not what starts it, and has its signals: SIGTERM is caught.
takes_signals() {
	[[ $(readlink "/proc/$1/exe") == */sockkit ]] &&
		[ $((0x$(sed -n 's/^SigCgt:\t//p' "/proc/$1/status") & 1 << 14)) -ne 0 ]
}

# Ends what start() started. The number of a job that has ended may be somebody else's by now.
stop() {
	[[ $'\n'$(jobs -rp)$'\n' != *$'\n'"$1"$'\n'* ]] || kill "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
}

# Ends whatever else is in the test's namespace: what a job started lives on without the job.
empty_netns() {
	local link net
	net=$(readlink "/proc/$NETNS_PID/ns/net") || return 0
	while read -r link; do
		kill "$(cut -d / -f 3 <<<"$link")" 2>/dev/null || :
	done < <(find /proc -mindepth 3 -maxdepth 3 -path '/proc/[0-9]*/ns/net' \
		-lname "${net//[/\\[}" ! -path "/proc/$NETNS_PID/*" 2>/dev/null)
}

stop_all() {
	local i
	for ((i = ${#STARTED_PIDS[@]} - 1; i >= 0; i--)); do
		[ "${STARTED_PIDS[i]}" != "$NETNS_PID" ] || empty_netns
		stop "${STARTED_PIDS[i]}"
	done
	STARTED_PIDS=()
	NETNS_PID=
}

# ---- the namespace ----

STARTED_PIDS=()
NETNS_PID=

# Only an own user namespace lets others than root have a network.
open_netns() {
	local unshare=(unshare --net)
	[ "$EUID" -eq 0 ] || unshare+=(--map-root-user)
	"${unshare[@]}" true 2>/dev/null || skip 'this system refuses network namespaces'
	start ready "${unshare[@]}" sh -c 'ip link set lo up && echo ready && exec cat'
	NETNS_PID=$STARTED_PID
}

# Runs a program in the test's namespace. Before it is used inside $(...) or `run`, the namespace
# must exist: setup() opens it.
in_netns() {
	local enter=(nsenter --target "$NETNS_PID" --net)
	[ "$EUID" -eq 0 ] || enter+=(--user --preserve-credentials)
	# In a job the shell itself becomes the program, so that $! is its process id; the interrupts that
	# shells have their jobs ignore reach it.
	${EXEC_IN_JOB:+exec} "${enter[@]}" -- ${EXEC_IN_JOB:+env --default-signal=INT,QUIT} "$@"
}

# The same for programs that might not end by themselves.
within_patience() {
	in_netns timeout "$PATIENCE" "$@"
}

# For eventually(): a file has so many lines, or one with the pattern.
has_lines() {
	[ "$(wc -l <"$1")" -ge "$2" ]
}

has_line() {
	grep -q -- "$2" "$1" 2>/dev/null
}

# A connection to a closed port was refused in the test's namespace.
has_refused() {
	in_netns awk '/^Tcp:/ { if (at) exit $at == 0; for (i = 2; i <= NF; i++) if ($i == "OutRsts") at = i }' \
		/proc/net/snmp
}

# A UDP or TCP port of the test's namespace is held.
is_bound() {
	[ -n "$(in_netns ss -Htuanl "sport = :$1")" ]
}

# Tests that put a file in place of another need mounts of their own, which a chroot cannot have.
need_mounts() {
	in_netns unshare --mount true 2>/dev/null || skip 'no mounts of our own here'
}

sockkit() {
	in_netns "$SOCKKIT" "$@"
}

# Makes sockets in the test's namespace: mksock SITUATION... (see mksock.c). A line for each of them is
# in SOCKETS, the process that holds them in MKSOCK_PID.
mksock() {
	EXEC_IN_JOB=1 start ready in_netns "$MKSOCK" "$@"
	MKSOCK_PID=$STARTED_PID
	SOCKETS=("${STARTED[@]:0:${#STARTED[@]}-1}")
}

# One field of a made socket: field NUMBER FIELD, with the fields of mksock.c: situation proto local
# remote state inode pid fd.
field() {
	local names=(situation proto local remote state inode pid fd) words i
	read -r -a words <<<"${SOCKETS[$1]}"
	for i in "${!names[@]}"; do
		[ "${names[i]}" != "$2" ] || printf '%s\n' "${words[i]}"
	done
}

port_of() {
	local end
	end=$(field "$1" local)
	echo "${end##*:}"
}

# ---- users ----

# Runs a program of ours as somebody who owns nothing, from where he can read it.
as_nobody() {
	local program=$1 public
	shift
	[ "$EUID" -eq 0 ] || skip 'only root can become somebody else'
	public=$(mktemp -d /tmp/sockkit-public.XXXXXX)
	chmod 755 "$public"
	install -m 755 "$program" "$public"
	local rc=0
	in_netns setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \
		"$public/${program##*/}" "$@" || rc=$?
	rm -rf "$public"
	return "$rc"
}

# ---- systems that lack something ----

# A root of its own, where there is nothing but our programs and their libraries: no /proc, no /etc.
# Nothing is mounted for it, which a chroot without a mount of its own would refuse.
need_bare_root() {
	local program library
	[ "$EUID" -eq 0 ] || skip 'only root can have another root'
	[[ $(ldd "$SOCKKIT") != *libasan* ]] || skip 'the sanitizer reads /proc'
	BARE_ROOT=$BATS_TEST_TMPDIR/bare
	for program in "$SOCKKIT" "$HELPERS/refuse"; do
		install -D "$program" "$BARE_ROOT/${program##*/}"
		while read -r library; do
			install -D "$library" "$BARE_ROOT$library"
		done < <(ldd "$program" | grep -o '/[^ ]*')
	done
}

# Runs `/NAME` there.
in_bare_root() {
	in_netns chroot "$BARE_ROOT" "$@"
}

# For tests that act a user at a terminal: a chroot may have none.
need_terminal() {
	has_terminals || skip 'there is no /dev/pts'
}

has_terminals() {
	script -qec true /dev/null >/dev/null 2>&1 </dev/null
}

# ---- what most tests want ----

setup() {
	open_netns
}

teardown() {
	stop_all
}

# Two texts are the same, or the difference is shown.
same() {
	[ "$1" = "$2" ] || {
		diff <(printf '%s\n' "$1") <(printf '%s\n' "$2") >&2
		return 1
	}
}
