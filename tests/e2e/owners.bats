# Who looks for the processes behind sockets: --owners. Both ways give the same rows.
load helper

setup() {
	open_netns
}

# Where BPF is left out or not permitted, that is said in a line and nothing is listed, and by itself
# sockkit does without; any other refusal is a failure. False: there is nothing to compare.
has_bpf() {
	local said status=0
	said=$(sockkit sockets -H --owners=bpf 2>&1) || status=$?
	[ "$status" -ne 0 ] || return 0
	echo "# no BPF here: $said" >&3
	same "$status" 3
	same "$(wc -l <<<"$said")" 1
	[[ $said == *'built without BPF'* || $said == *'Operation not permitted'* || $said == *'it takes Linux'* ]] || exit 1
	same "$(rows sockets --owners=auto)" "$(rows sockets --owners=proc)"
	return 1
}

rows() {
	sockkit "$@" -f jsonl -c +command | jq -c 'del(.timer, .timer_ms)' | sort
}

@test "row by row the same by BPF and in /proc" {
	local first second
	mksock tcp-listen 127.0.0.1 0 7 , tcp-listen ::1 , tcp-queued 127.0.0.1 0 3 , tcp-unread ::1 , \
		tcp-time-wait 127.0.0.1 , tcp-orphan ::1 , udp-bound 127.0.0.1 , udp-connected ::1 , \
		tcp-many 127.0.0.1 0 150 , tcp-many ::1 0 50
	first=$(port_of 0) second=$MKSOCK_PID
	mksock tcp-listen 127.0.0.1 , tcp-many 127.0.0.1 0 50
	has_bpf || return 0
	[ "$(rows sockets --owners=bpf | wc -l)" -gt 300 ]
	diff <(rows sockets --owners=bpf) <(rows sockets --owners=proc)
	diff <(rows sockets --owners=auto) <(rows sockets --owners=proc)
	diff <(rows ports --owners=bpf) <(rows ports --owners=proc)
	diff <(rows ports --owners=bpf "$first") <(rows ports --owners=proc "$first")
	[ "$(rows ports --owners=bpf "$first" | jq .pid)" = "$second" ]
}

@test "two processes that share a socket, by BPF and in /proc" {
	mksock tcp-listen 127.0.0.1
	# The second cat ends with the first end of stdin, too.
	EXEC_IN_JOB=1 start ready in_netns bash -c \
		'exec {s}<>"/dev/tcp/127.0.0.1/$0"; cat <&0 & echo ready; wait' "$(port_of 0)"
	has_bpf || return 0
	rows sockets --owners=bpf dport = "$(port_of 0)" >"$BATS_TEST_TMPDIR/bpf"
	diff "$BATS_TEST_TMPDIR/bpf" <(rows sockets --owners=proc dport = "$(port_of 0)")
	[ "$(jq -r '.processes[].name' "$BATS_TEST_TMPDIR/bpf" | sort | xargs)" = 'bash cat' ]
}

@test "in a pid namespace processes have the numbers of that namespace" {
	has_bpf || return 0
	need_mounts
	in_netns unshare --pid --fork --mount-proc bash -c '
		coproc MADE { exec "$2" tcp-listen 127.0.0.1 0 1; }
		while [ "$line" != ready ]; do IFS= read -r -u "${MADE[0]}" line || exit; done
		for way in bpf proc; do
			"$1" ports -H --owners=$way -c pid,process
		done
		echo "$MADE_PID mksock"
		kill "$MADE_PID"' - "$SOCKKIT" "$MKSOCK" >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/out"
	[ "$(awk '{ print $1, $2 }' "$BATS_TEST_TMPDIR/out" | sort -u | wc -l)" -eq 1 ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -eq 3 ]
}

@test "BPF is refused below the /proc of another pid namespace" {
	mksock tcp-listen 127.0.0.1
	has_bpf || return 0
	in_netns unshare --pid --fork true 2>/dev/null || skip 'no pid namespace of our own here'
	run -3 --separate-stderr in_netns unshare --pid --fork "$SOCKKIT" ports --owners=bpf
	[[ $stderr == *'not of this pid namespace'* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	# /proc still tells, by the numbers that it knows.
	run -0 in_netns unshare --pid --fork "$SOCKKIT" ports -H --owners=auto -c pid
	[ "$output" -eq "$MKSOCK_PID" ]
}

@test "without privilege BPF is refused in words, where it was asked for" {
	mksock tcp-listen 127.0.0.1
	run -3 --separate-stderr as_nobody "$SOCKKIT" sockets --owners=bpf -H -c local,pid
	[[ $output == "$(field 0 local) "*- ]]
	[[ ${stderr_lines[0]} == *'cannot name processes: '*BPF* ]]
	run -0 --separate-stderr as_nobody "$SOCKKIT" sockets --owners=auto -H -c local,process
	[[ $stderr != *BPF* ]]
}

@test "what a process calls itself, whether its program was replaced, and its threads" {
	local program=$BATS_TEST_TMPDIR/program
	cp "$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')" "$program"
	local PYTHONHOME
	PYTHONHOME=$(python3 -c 'import sys; print(sys.base_prefix)')
	export PYTHONHOME
	EXEC_IN_JOB=1 start ready in_netns "$program" -u -c '
import ctypes, os, sys, threading
from socket import *
name = ctypes.CDLL(None).prctl
listener = socket(); listener.bind(("127.0.0.1", 0)); listener.listen()
name(15, b"a (b) \x1b[2J", 0, 0, 0)
threading.Thread(target=lambda: (name(15, b"worker", 0, 0, 0), print("ready"), sys.stdin.read())).start()'
	local pid=$STARTED_PID each='"\(.process) \(.comm) \(.exe) \(.deleted)"'
	mksock tcp-listen 127.0.0.1
	same "$(sockkit sockets -j -c +comm,exe,deleted process = program | jq -r ".[] | $each")" \
		$'program a (b) \e[2J '"$program false"
	run -1 sockkit sockets deleted
	# As an upgrade does it: another file takes the name.
	cp "$program" "$program.new"
	mv "$program.new" "$program"
	same "$(sockkit sockets -j -c +comm,exe,deleted deleted | jq -r ".[] | $each")" \
		$'program a (b) \e[2J '"$program (deleted) true"
	same "$(sockkit ports -j -c process,comm,exe,deleted | jq -r ".[] | select(.deleted) | $each")" \
		$'program a (b) \e[2J '"$program (deleted) true"
	local filter
	for filter in "process = 'a (b) "$'\e'"[2J'" "process like '*(b)*'" "comm like 'a*'" \
		"process = program" "threads = worker" "not process = mksock" "process = program and not comm = x"; do
		same "$(sockkit sockets -f csv -H -c pid "$filter")" "$pid"
	done
	run -1 sockkit sockets 'process = worker'
	run -0 sockkit sockets -T -H 'threads = worker'
	[[ $output == *" a (b) \e[2J[$pid],worker["*']' ]]
	# ss has the same threads.
	same "$(in_netns ss -tlnpHT | grep -o '"worker",pid=[0-9]*,tid=[0-9]*' | sed 's/.*tid=//')" \
		"$(sockkit sockets -j -c threads 'threads = worker' | jq '.[0].threads[] | select(.name == "worker").tid')"
	sockkit sockets -j -Z | jq -e 'length == 2 and all(has("context") and has("socket_context"))'
}
