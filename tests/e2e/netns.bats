# Other network namespaces: by name, by process, all of them; for root and for those who may not. The
# names are below a /run of the test's own.
load helper

# A mount namespace where /run is empty, in the test's network namespace: HOST_PID is in it.
setup() {
	open_netns
	need_mounts
	EXEC_IN_JOB=1 start ready in_netns unshare --mount sh -c '
		mount -t tmpfs none /run && mkdir /run/netns && echo ready && exec cat'
	# The machine's may hide processes from others than root.
	[ "$EUID" -ne 0 ] || nsenter --target "$STARTED_PID" --mount mount -t proc -o hidepid=0 proc /proc
	HOST_PID=$STARTED_PID
}

# Runs a program there.
here() {
	local enter=(nsenter --target "$HOST_PID" --net --mount)
	[ "$EUID" -eq 0 ] || enter+=(--user --preserve-credentials)
	${EXEC_IN_JOB:+exec} "${enter[@]}" -- "$@"
}

# in_name NAME COMMAND...: in the namespace of that name.
in_name() {
	here ip netns exec "$@"
}

# mksock_in NAME SITUATION...
mksock_in() {
	local name=$1
	shift
	EXEC_IN_JOB=1 start ready in_name "$name" "$MKSOCK" "$@"
}

add_name() {
	here ip netns add "$1"
	here ip netns exec "$1" ip link set lo up
}

# A namespace without a name: NAMELESS is a process in it.
add_nameless() {
	EXEC_IN_JOB=1 start ready here unshare --net sh -c 'ip link set lo up && exec "$0" "$@"' "$MKSOCK" "$@"
	NAMELESS=$STARTED_PID
}

# What rows call the namespace that a process is in: the lowest one of the test's is the lowest.
nameless_label() {
	local pid
	for pid in "${STARTED_PIDS[@]}"; do
		[ "$(here readlink "/proc/$pid/ns/net")" != "$(here readlink "/proc/$1/ns/net")" ] || echo "$pid"
	done | sort -n | sed 's/^/pid:/; q'
}

# shellcheck disable=SC2054 # mksock wants the commas
situations=(tcp-listen 127.0.0.1 , tcp-queued ::1 0 2 , udp-bound 127.0.0.1 , udp-connected ::1 , tcp-time-wait)

# Both listings as sorted lines, TIME-WAIT and all.
ours() {
	here "$SOCKKIT" sockets -H -c proto,state,recv_queue,send_queue,local,remote "$@" 2>/dev/null |
		awk '$2 != "BOUND" { print $1, $2, $3, $4, $5, $6 }' | sort
}

theirs() {
	"$@" ss -tuanH | awk '
		BEGIN { word["ESTAB"] = "ESTABLISHED"; word["UNCONN"] = "UNCONNECTED" }
		{
			state = ($2 in word) ? word[$2] : $2
			if ($1 == "udp" && $2 == "ESTAB")
				state = "CONNECTED"
			sub(/^(0\.0\.0\.0|\[::\]):\*$/, "*:*", $6)
			print $1, state, $3, $4, $5, $6
		}' | sort
}

@test "a namespace by its name, by a process, by what the column says: the rows that ss has there" {
	add_name red
	mksock_in red "${situations[@]}"
	add_nameless tcp-listen 127.0.0.1 0 3 , udp-bound ::1
	local wanted selector inode
	wanted=$(theirs here ip netns exec red)
	[ "$(wc -l <<<"$wanted")" -gt 7 ]
	same "$wanted" "$(ours -N red)"
	same "$wanted" "$(ours --netns=/run/netns/red)"
	wanted=$(theirs here nsenter --target "$NAMELESS" --net)
	inode=$(stat -L -c %i "/proc/$NAMELESS/ns/net")
	for selector in "$NAMELESS" "pid:$NAMELESS" "net:[$inode]" "/proc/$NAMELESS/ns/net"; do
		same "$selector $wanted" "$selector $(ours -N "$selector")"
	done
	# None of these is here.
	[ -z "$(ours)" ]
}

@test "all of them, each row saying which" {
	local label
	add_name red
	add_name blue
	mksock_in red "${situations[@]}"
	mksock_in blue tcp-listen ::1 0 5 , udp-bound 127.0.0.1
	add_nameless tcp-listen 127.0.0.1 0 3
	EXEC_IN_JOB=1 start ready here "$MKSOCK" tcp-listen 127.0.0.1
	here "$SOCKKIT" sockets -N all -f jsonl -c netns,proto,local,remote >"$BATS_TEST_TMPDIR/rows"
	of() {
		jq -r --arg netns "$1" 'select(.netns == $netns) | "\(.proto) \(.local) \(.remote // "*:*")"' \
			"$BATS_TEST_TMPDIR/rows" | sort
	}
	ends_of() {
		"$@" | awk '{ print $1, $5, $6 }' | sort
	}
	same "$(ends_of theirs here ip netns exec red)" "$(of red)"
	same "$(ends_of theirs here ip netns exec blue)" "$(of blue)"
	same "$(ends_of theirs here nsenter --target "$NAMELESS" --net)" "$(of "pid:$NAMELESS")"
	# The own one comes first, and is told by its lowest process.
	label=$(nameless_label "$HOST_PID")
	[ "$(jq -r .netns "$BATS_TEST_TMPDIR/rows" | head -n 1)" = "$label" ]
	[ "$(here "$SOCKKIT" sockets -H -c netns | uniq)" = "$label" ]
	# No namespace twice, though names and processes lead to it.
	[ "$(jq -r .netns "$BATS_TEST_TMPDIR/rows" | uniq | sort | uniq -d)" = '' ]
	# Ports know them too, and owners are found in every one.
	here "$SOCKKIT" ports -N all -j | jq -e 'map(select(.netns == "red")) |
		length > 1 and all(.process == "mksock")'
	[ "$(here "$SOCKKIT" ports -H -N blue -c netns,process | uniq | awk '{ print $1, $2 }')" = 'blue mksock' ]
}

@test "by /proc too: that of a process there, or of no process at all" {
	add_name red
	add_name empty
	mksock_in red tcp-listen ::1 , udp-bound 127.0.0.1
	# Its only holder has left the namespace.
	EXEC_IN_JOB=1 start ready in_name empty "$SOCKKIT" ports --free --hold -- \
		nsenter --target "$HOST_PID" --net -- sh -c 'echo ready && exec cat'
	[ "$(here "$SOCKKIT" sockets -H -N red --source=proc | wc -l)" -eq 2 ]
	[ "$(here "$SOCKKIT" sockets -H -N empty --source=proc -c state,netns)" = 'LISTEN  empty' ]
	[ "$(here "$SOCKKIT" sockets -H -N empty -c state,netns)" = 'LISTEN  empty' ]
	[ "$(here "$SOCKKIT" sockets -H -N all --source=proc -c netns 2>/dev/null | grep -cxE 'red|empty')" -eq 3 ]
}

@test "interfaces have the names of the row's namespace" {
	local name
	for name in red blue; do
		here ip netns add "$name"
		in_name "$name" ip link set lo name "$name-lo"
		in_name "$name" ip link set "$name-lo" up
		EXEC_IN_JOB=1 start '*listening*' in_name "$name" sh -c 'exec socat -d -d "$0" STDIO 2>&1' \
			"TCP4-LISTEN:7777,so-bindtodevice=$name-lo"
	done
	# Interface 1 is another one in each.
	same "$(printf '%s\n' 'blue blue-lo 0.0.0.0%blue-lo:7777' 'red red-lo 0.0.0.0%red-lo:7777')" \
		"$(here "$SOCKKIT" sockets -N all -H -c netns,interface,local sport = :7777 2>/dev/null |
			awk '$1 == "red" || $1 == "blue" { print $1, $2, $3 }')"
	[ "$(here "$SOCKKIT" sockets -N red -H -c interface)" = red-lo ]
}

@test "what is not there is named, with a better name where there is one" {
	add_name blue
	run -1 here "$SOCKKIT" sockets -N bleu
	[[ $output == *"--netns 'bleu'"*"did you mean 'blue'?"* ]]
	[ "${#lines[@]}" -eq 1 ]
	run -1 here "$SOCKKIT" ports -N nothing-like-it
	[[ $output == *'no such namespace'* && ${#lines[@]} -eq 1 ]]
	run -2 here "$SOCKKIT" sockets -N /dev/null
	[[ $output == *'no namespace'* ]]
	run -1 here "$SOCKKIT" sockets -N /run/netns/none
	run -2 here "$SOCKKIT" sockets -N ''
	run -2 here "$SOCKKIT" sockets -N ..
	# No process has this number (PID_MAX_LIMIT).
	run -1 here "$SOCKKIT" sockets -N 1073741824
	[[ $output == *'no such process'* && ${#lines[@]} -eq 1 ]]
	run -1 here "$SOCKKIT" sockets -N 'net:[1]'
	run -2 here "$SOCKKIT" ports -N blue --kill 80
	[[ $output == *--netns* ]]
}

@test "a name may be a number, or anything else" {
	local hostile=$'a\nb \e]0;x'
	add_name 1
	mksock_in 1 tcp-listen 127.0.0.1
	[ "$(here "$SOCKKIT" sockets -N 1 -H -c netns)" = 1 ]
	add_nameless udp-bound 127.0.0.1
	here sh -c 'touch "$1" && mount --bind "/proc/$2/ns/net" "$1"' sh "/run/netns/$hostile" "$NAMELESS"
	here "$SOCKKIT" sockets -N "$hostile" -f jsonl | jq -e --arg name "$hostile" '.netns == $name'
	here "$SOCKKIT" sockets -N all -j -c netns 2>/dev/null |
		jq -e --arg name "$hostile" 'any(.netns == $name)'
	run -0 here "$SOCKKIT" sockets -N "$hostile" -H
	[ "${#lines[@]}" -eq 1 ]
	[[ $output != *$'\e'* ]]
	run -1 here "$SOCKKIT" sockets -N "$hostile+"
	[ "${#lines[@]}" -eq 1 ]
	[[ $output != *$'\e'* ]]
}

@test "what else lies in /run/netns is passed over" {
	add_name red
	mksock_in red tcp-listen 127.0.0.1
	here sh -c 'touch /run/netns/left && mkfifo /run/netns/fifo && mkdir /run/netns/dir &&
		ln -s nowhere /run/netns/link && ln -s red /run/netns/alias &&
		touch /run/netns/mine && mount --bind /proc/self/ns/uts /run/netns/mine'
	run -2 here "$SOCKKIT" sockets -N left
	[[ $output == *'no namespace'* ]]
	run -2 here "$SOCKKIT" sockets -N fifo
	# Both names are of one namespace: the first by the alphabet.
	[ "$(here "$SOCKKIT" sockets -H -N all -c netns 2>/dev/null | grep -cxE 'red|alias')" -eq 1 ]
	[ "$(here "$SOCKKIT" sockets -H -N red -c netns)" = red ]
	# Of another kind: it cannot be entered, which is counted, and is not the end.
	run -3 here "$SOCKKIT" sockets -N mine
	run -3 --separate-stderr here "$SOCKKIT" sockets -H -N all -c netns
	[[ $stderr == *'could not be read: 1 ('* ]]
	[[ $output == *alias* ]]
}

@test "namespaces may vanish meanwhile" {
	add_name red
	mksock_in red tcp-listen 127.0.0.1
	for _ in {1..10}; do
		here sh -c 'for i in 1 2 3 4 5 6 7 8; do unshare --net true & done; wait' 3>&- &
		run -0 --separate-stderr here "$SOCKKIT" sockets -H -N all -c netns
		[[ $output == *red* ]]
		[[ $stderr != *'could not be read'* && $stderr != *'refused'* ]]
		wait "$!"
	done
}

# Runs sockkit there as somebody who owns nothing.
as_stranger() {
	here install -D -m 755 "$SOCKKIT" /run/public/sockkit
	here setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all /run/public/sockkit "$@"
}

@test "who may not enter is told so, and shown what /proc tells" {
	[ "$EUID" -eq 0 ] || skip 'only root can become somebody else'
	add_name red
	mksock_in red tcp-listen 127.0.0.1 , udp-bound 127.0.0.1
	add_nameless tcp-listen ::1 , udp-bound ::1
	EXEC_IN_JOB=1 start ready here "$MKSOCK" tcp-listen 127.0.0.1
	# Nobody whom one may see is in it: there is nothing to be had.
	run -3 --separate-stderr as_stranger sockets -N red -H
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == *red*CAP_SYS_ADMIN* ]]
	# That of a process is told by /proc.
	run -0 --separate-stderr as_stranger sockets -N "$NAMELESS" -H -c proto,local,netns
	[ "${#lines[@]}" -eq 2 ]
	[[ $output == *"pid:$NAMELESS"* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == *"/proc/$NAMELESS/net"*CAP_SYS_ADMIN* ]]
	# Of all there is at least the own one, and it is no failure.
	run -0 --separate-stderr as_stranger sockets -N all -H -c state,local
	[ "${#lines[@]}" -ge 1 ]
	[[ $stderr == *'not entered: '[1-9]*CAP_SYS_ADMIN* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "a process that /proc hides is not said to be none" {
	[ "$EUID" -eq 0 ] || skip 'only root can become somebody else'
	local how
	add_nameless tcp-listen ::1
	# Nor where the own namespace is the only one that may be seen.
	run -0 --separate-stderr as_stranger sockets -N all -H
	[[ $stderr == *'hide their network namespace: '[1-9]*CAP_SYS_PTRACE* ]]
	for how in noaccess invisible ptraceable; do
		here mount -t proc -o hidepid=$how proc /proc
		run -3 --separate-stderr as_stranger sockets -N "$NAMELESS" -H
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == *"$NAMELESS"*'run as root or with CAP_SYS_'* ]]
		run -1 --separate-stderr as_stranger sockets -N 1073741824 -H
		[[ $stderr == *'no such process'* ]]
	done
}

@test "in a user namespace all that is denied is one line" {
	add_name red
	mksock_in red tcp-listen 127.0.0.1
	here unshare --user --map-root-user --net true || skip 'no user namespaces here'
	run -0 --separate-stderr here unshare --user --map-root-user --net sh -c '
		ip link set lo up && exec "$0" ports --free --hold -- "$0" sockets -N all -H -c state,pid' "$SOCKKIT"
	[ "${#lines[@]}" -ge 1 ]
	[[ $stderr == *'not entered: '[1-9]*CAP_SYS_ADMIN* ]]
	[ "${#stderr_lines[@]}" -le 2 ]
	# What it makes itself it may enter, and need not come back from: its own belongs to others.
	run -0 --separate-stderr here unshare --user --map-root-user sh -c '
		mkfifo "$1/up" "$1/in"
		unshare --net sh -c "ip link set lo up; exec \"\$0\" tcp-listen 127.0.0.1" "$2" <"$1/in" >"$1/up" &
		exec 9>"$1/in" 8<"$1/up"
		while read -r line <&8 && [ "$line" != ready ]; do :; done
		"$0" sockets -N $! -H -c state,netns' "$SOCKKIT" "$BATS_TEST_TMPDIR" "$MKSOCK"
	[[ $output == LISTEN*pid:* ]]
	[ -z "$stderr" ]
}

@test "processes see their own namespaces in nested ones" {
	add_name red
	mksock_in red tcp-listen 127.0.0.1
	# From inside of red the test's namespace is another one.
	EXEC_IN_JOB=1 start ready here "$MKSOCK" udp-bound 127.0.0.1
	run -0 --separate-stderr here ip netns exec red unshare --net "$SOCKKIT" sockets -N all -f jsonl -c netns,proto
	[ "$(jq -r 'select(.netns == "red").proto' <<<"$output")" = tcp ]
	[ "$(jq -r --arg netns "$(nameless_label "$HOST_PID")" 'select(.netns == $netns).proto' <<<"$output")" = udp ]
}

@test "many at once: each whole, in order, also those that are more than is read ahead" {
	local name tables='tcp,udp,raw,mptcp,unix'
	for name in a b c d; do
		add_name "$name"
	done
	mksock_in a tcp-many 127.0.0.1 0 1100
	mksock_in c tcp-many 127.0.0.1 0 1100
	mksock_in d "${situations[@]}"
	here "$SOCKKIT" sockets -A "$tables" -N all -f csv -H -c netns,proto,state,local,remote,rtt_us,peer >"$BATS_TEST_TMPDIR/rows"
	same "$(cut -d, -f1 "$BATS_TEST_TMPDIR/rows" | uniq | grep -x '[abcd]' | tr '\n' ' ')" 'a c d '
	for name in a c d; do
		same "$(grep "^$name," "$BATS_TEST_TMPDIR/rows" | grep ',tcp,' | cut -d, -f2-5 | sort)" \
			"$(here "$SOCKKIT" sockets -N "$name" -t -f csv -H -c proto,state,local,remote | sort)"
	done
	[ "$(grep -cE '^a,tcp,ESTABLISHED,[^,]*,[^,]*,[0-9]+,mksock' "$BATS_TEST_TMPDIR/rows")" -eq 2200 ]
	# Who has seen enough goes, and all of it goes with him.
	run -0 --separate-stderr bash -c 'set -o pipefail; "$@" | head -n 1 >/dev/null || [ $? -eq 141 ]' - \
		nsenter --target "$HOST_PID" --net --mount -- "$SOCKKIT" sockets -t -N all
	# On one processor the same.
	same "$(here taskset -c 0 "$SOCKKIT" sockets -t -N all -f csv -H -c netns,local 2>/dev/null | grep -c '^[ac],')" 4400
}

@test "MPTCP is not looked for only where there is none: the path manager's listener is seen" {
	[ "$(here cat /proc/sys/net/mptcp/enabled 2>/dev/null)" = 1 ] || skip 'no MPTCP here'
	add_name red
	add_name blue
	here ip netns exec red ip address add 10.9.0.1/24 dev lo
	here ip netns exec red ip mptcp endpoint add 10.9.0.1 port 8080 signal 2>/dev/null ||
		skip 'no endpoints of MPTCP here'
	EXEC_IN_JOB=1 start ready here ip netns exec blue python3 -uc '
import socket
listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, 262); listener.bind(("::1", 0)); listener.listen()
print("ready"); input()'
	same "$(here "$SOCKKIT" sockets -N all -H -f csv -c netns,proto,state 2>/dev/null | grep -E '^(red|blue),mptcp')" \
		$'blue,mptcp,LISTEN\nred,mptcp,LISTEN'
	same "$(here "$SOCKKIT" sockets -N red -H -f csv -c proto,state)" $'tcp,LISTEN\nmptcp,LISTEN'
	same "$(here ip netns exec blue "$SOCKKIT" sockets -H -f csv -c proto,state)" $'tcp,LISTEN\nmptcp,LISTEN'
}

# Namespaces that no process is in, each with a listener: kept by a descriptor, a mount, a thread that is
# elsewhere than its process, a socket alone. Says `ready PID TID FD SOCKET-FD`.
keepers='
import ctypes, os, socket, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
back = os.open("/proc/self/ns/net", os.O_RDONLY)
kept = []
def leave():
	assert libc.unshare(0x40000000) == 0, os.strerror(ctypes.get_errno())
def listen(port):
	listener = socket.socket(); listener.bind(("127.0.0.1", port)); listener.listen(); kept.append(listener)
	return listener.fileno()
def come_back(): assert libc.setns(back, 0) == 0
leave(); fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY); listen(4001); come_back()
leave(); open("/run/a mount", "w").close()
assert libc.mount(b"/proc/thread-self/ns/net", b"/run/a mount", None, 4096, None) == 0
listen(4002); come_back()
settled = threading.Event()
def work():
	global tid
	tid = threading.get_native_id(); leave(); listen(4003); settled.set(); threading.Event().wait()
threading.Thread(target=work, daemon=True).start(); settled.wait()
leave(); alone = listen(4004); come_back()
print("ready", os.getpid(), tid, fd, alone, flush=True)
sys.stdin.read()'

@test "namespaces that no process is in: held by a thread, a descriptor, a mount, a socket" {
	[ "$EUID" -eq 0 ] || skip 'a user namespace lets nobody mount namespaces'
	local pid tid fd alone label
	EXEC_IN_JOB=1 start 'ready *' here python3 -c "$keepers"
	read -r _ pid tid fd alone <<<"${STARTED[0]}"
	here "$SOCKKIT" sockets -t -l -N all -f jsonl -c netns,local,pid 2>/dev/null |
		jq -r "select(.pid == $pid) | \"\(.local) \(.netns)\"" | sort >"$BATS_TEST_TMPDIR/rows"
	# Whichever of a socket and a descriptor comes first is named.
	same "$(sed "s,/fd/$((fd + 1))\$,/fd/$fd," "$BATS_TEST_TMPDIR/rows" | head -n 3)" "127.0.0.1:4001 /proc/$pid/fd/$fd
127.0.0.1:4002 /run/a mount
127.0.0.1:4003 tid:$tid"
	if here "$SOCKKIT" sockets -H -t -c pid --owners=bpf >/dev/null 2>&1; then
		same "$(tail -n +4 "$BATS_TEST_TMPDIR/rows")" "127.0.0.1:4004 /proc/$pid/fd/$alone"
	fi
	# What the column says can be asked for, without BPF too.
	while read -r local label; do
		same "$(here setpriv --bounding-set '-bpf,-perfmon' --inh-caps -all \
			"$SOCKKIT" sockets -t -l -N "$label" -H -f csv -c local,netns)" "$local,$label"
	done <"$BATS_TEST_TMPDIR/rows"
	run -2 here "$SOCKKIT" sockets -N "/proc/$pid/fd/0"
	# From another mount namespace the mount is seen by a process that has it.
	run -0 --separate-stderr "$SOCKKIT" sockets -t -l -N all -H -f csv -c netns "pid = $pid" "sport = :4002"
	[[ $output == /proc/*'/root/run/a mount' ]]
}
