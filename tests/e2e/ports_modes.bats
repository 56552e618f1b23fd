# The modes of `sockkit ports` that act: --free, --hold, --wait, --wait-closed and --kill.
load helper

# ---- help for tests ----

# A server or client in python3: python NAME CODE, which prints `ready` when it is.
python() {
	EXEC_IN_JOB=1 start ready in_netns python3 -u -c "$1" "${@:2}"
}

sysctl() {
	in_netns sh -c 'echo "$2" >"/proc/sys/net/ipv4/$1"' sysctl "$@"
}

alive() {
	# A zombie, which only this shell has not yet waited for, has ended.
	[ -r "/proc/$1/stat" ] && ! is_zombie "$1"
}

is_zombie() {
	[ "$(sed 's/.*) \(.\) .*/\1/' "/proc/$1/stat")" = Z ]
}

listen='import os, signal, socket, sys
s = socket.create_server((sys.argv[1], int(sys.argv[2])),
	family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
'

# ---- usage ----

@test "modes and options that do not go together are wrong usage" {
	local line
	while read -r line; do
		# shellcheck disable=SC2086 # words
		run -2 sockkit ports $line
		[ "${#lines[@]}" -eq 1 ] || { echo "$line: $output" >&2 && return 1; }
	done <<-'END'
		--wait --kill 80
		--free --registry
		--wait --wait-closed 80
		--wait
		--wait-closed
		--kill
		--hold -- true
		--free --hold
		--free --hold true
		--free --hold -j -- true
		--free=0
		--free=65536
		--free=-1
		--dry-run 80
		--force
		--grace=1s 80
		--wait=soon 80
		--wait -j 80
		--wait-closed -c port 80
		--kill=NOSUCH 80
		--kill=0 80
		--kill=65 80
		--kill --grace=x 80
	END
	run -2 sockkit ports --wait=0 nosuchservice
}

# ---- --free ----

@test "--free: a number alone that can be bound, of either protocol and family" {
	local family options port
	for family in '' -4 -6; do
		for options in '' -u '-t -u'; do
			# shellcheck disable=SC2086 # words
			port=$(sockkit ports --free $family $options)
			[[ $port =~ ^[0-9]+$ ]]
			mksock tcp-bound 0.0.0.0 "$port" , udp-bound 0.0.0.0 "$port"
			stop "$MKSOCK_PID"
			mksock tcp-bound ::1 "$port" , udp-bound ::1 "$port"
			stop "$MKSOCK_PID"
		done
	done
	sockkit ports --free=2 -t -u -j | jq -e 'length == 2 and all(.proto == "tcp,udp")'
	[ "$(sockkit ports --free -f csv -c port,service 5432)" = $'port,service\n5432,postgresql' ]
}

@test "--free: COUNT ports are distinct, outgoing and reserved ones are not among them" {
	local low high
	sysctl ip_local_reserved_ports 1024-19999,30000,61000-61005
	read -r low high < <(in_netns cat /proc/sys/net/ipv4/ip_local_port_range)
	run -0 sockkit ports --free=2000
	[ "${#lines[@]}" -eq 2000 ]
	[ "$(sort -u <<<"$output" | wc -l)" -eq 2000 ]
	awk -v low="$low" -v high="$high" '$1 >= low && $1 <= high || $1 < 20000 || $1 == 30000 ||
		$1 >= 61000 && $1 <= 61005 { bad = 1 } END { exit bad }' <<<"$output"
	# Asked for by number, they are tried, the safest first.
	run -0 --separate-stderr sockkit ports --free=3 30000,40000,61006
	[ "$output" = $'61006\n40000\n30000' ]
	# shellcheck disable=SC2154 # set by run
	[[ $stderr == *"port 40000 may be taken any moment"*"$low-$high"* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	sysctl ip_local_port_range '2000 65000'
	run -0 sockkit ports --free=500
	awk '$1 <= 65000 { bad = 1 } END { exit bad }' <<<"$output"
	# As container hosts have it: there is nothing outside of the range.
	sysctl ip_local_port_range '1024 65535'
	run -0 --separate-stderr sockkit ports --free
	[ "$output" -ge 20000 ]
	[[ $stderr == *'may be taken any moment'* ]]
	run -0 --separate-stderr sockkit ports --free --hold 40001 -- sh -c 'echo $PORT'
	[ "$output,$stderr" = 40001, ]
	# Drawn: two hundred are not in one place.
	run -0 --separate-stderr sockkit ports --free=200
	awk '{ part[int($1 / 8192)]++ } END { for (i = 3; i < 8; i++) if (!part[i]) exit 1 }' <<<"$output"
}

@test "--free: whatever holds a port, it is not given" {
	mksock tcp-listen 127.0.0.1 20001 , tcp-listen ::1 20002 , tcp-bound 127.0.0.1 20003 , \
		tcp-established ::1 20005 , udp-bound 127.0.0.1 20006
	# The end that closes first is left in TIME-WAIT.
	in_netns python3 -c "$listen
c = socket.create_connection(s.getsockname())
s.accept()[0].close()
c.recv(1)" 127.0.0.1 20004
	sockkit sockets -t -H sport = :20004 | grep -q TIME-WAIT
	run -0 sockkit ports --free 20001-20007
	[ "$output" = 20006 ]
	run -0 sockkit ports --free -u 20006,20007
	[ "$output" = 20007 ]
	run -0 sockkit ports --free=1 -tu 20001-20007
	[ "$output" = 20007 ]
	run -1 --separate-stderr sockkit ports --free=3 20001-20007
	[ "$output" = $'20006\n20007' ]
	# shellcheck disable=SC2154 # set by run
	[[ $stderr == *'found 2 of 3 free ports: 5 are taken'* ]]
	run -1 sockkit ports --free 20001
}

@test "--free: a port that this user may not bind is trouble" {
	[ "$EUID" -eq 0 ] || skip 'only root can become somebody else'
	sysctl ip_unprivileged_port_start 1024
	run -3 as_nobody "$SOCKKIT" ports --free 80
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *CAP_NET_BIND_SERVICE* ]]
	run -0 as_nobody "$SOCKKIT" ports --free 80,20001
	[ "$output" = 20001 ]
}

# ---- --hold ----

@test "--hold: the command inherits the listening port, and its status is handed on" {
	# shellcheck disable=SC2016 # for the command
	run -7 sockkit ports --free --hold 20001-20009 -- sh -c '
		echo "$PORT $LISTEN_FDS $LISTEN_FDNAMES"
		[ "$LISTEN_PID" = $$ ] && exit 7'
	[ "$output" = '20001 1 tcp-20001' ]
	run -127 sockkit ports --free --hold -- /no/such/program
	run -126 sockkit ports --free --hold -- /
	# Words behind -- are the command's own, also those that look like options or PORTS.
	run -0 sockkit ports --free --hold -- echo --kill 1-2 -- -x
	[ "$output" = '--kill 1-2 -- -x' ]
}

@test "--hold: descriptors 3 and on take connections, of both families" {
	run -0 sockkit ports --free=2 -tu --hold 20001-20009 -- python3 -c '
import os, socket
assert os.environ["LISTEN_FDS"] == "4" and int(os.environ["LISTEN_PID"]) == os.getpid()
assert os.environ["LISTEN_FDNAMES"] == "tcp-20001:udp-20001:tcp-20002:udp-20002"
for i in range(4):
	s = socket.socket(fileno=3 + i)
	assert s.getsockname()[1] == 20001 + i // 2
	if i % 2:
		c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		c.sendto(b"x", ("127.0.0.1", 20001 + i // 2))
		assert s.recv(9) == b"x"
		continue
	for host in "127.0.0.1", "::1":
		c = socket.create_connection((host, 20001 + i // 2))
		s.accept()
print("fine")'
	[ "$output" = fine ]
}

@test "--hold: of many at once each gets a port of its own" {
	local i pids=()
	for i in {1..20}; do
		sockkit ports --free --hold 20001-20020 -- sh -c \
			'echo "$PORT"; . "$1"; eventually test -e "$2"' sh "$ROOT/tests/patience/patience.sh" "$BATS_TEST_TMPDIR/end" \
			>"$BATS_TEST_TMPDIR/port.$i" 3>&- &
		pids+=($!)
	done
	sockkit ports --wait="$PATIENCE" 20001-20020
	touch "$BATS_TEST_TMPDIR/end"
	for i in "${pids[@]}"; do
		wait "$i"
	done
	[ "$(sort -u "$BATS_TEST_TMPDIR"/port.* | wc -l)" -eq 20 ]
}

# ---- --wait ----

@test "--wait: listeners on 127.0.0.1 only, on IPv6 only, on UDP" {
	mksock tcp-listen 127.0.0.1 8080 , tcp-listen ::1 8081 , udp-bound ::1 8082
	run -0 sockkit ports --wait=0 8080,8081
	[ -z "$output" ]
	run -0 sockkit ports --wait=0 -u 8082
	run -0 sockkit ports --wait=0 -6 8081
	run -1 sockkit ports --wait=0 -4 8081
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *'nothing listens on port 8081/tcp'* ]]
	run -1 sockkit ports --wait=0 8082
	run -1 sockkit ports --wait=0 -tu 8080
	run -1 sockkit ports --wait=0.05 8080-8082
	[[ $output == *8082/tcp* ]]
}

@test "--wait: ends soon after the port is listened on, and nothing has connected" {
	local waiter
	sockkit ports --wait="$PATIENCE" 8080 3>&- &
	waiter=$!
	python "$listen
print('ready')
signal.pause()" 127.0.0.1 8080
	wait "$waiter"
	# Who had connected, and left again, would wait in the queue.
	[ "$(sockkit sockets -f csv -H -c recv_queue state listening)" -eq 0 ]
	run -0 sockkit ports --wait=0 8080
}

@test "--wait: a client's port and a bound one do not count" {
	mksock tcp-established 127.0.0.1 9000 , tcp-bound 127.0.0.1 9001 , udp-connected 127.0.0.1 9002
	local client
	client=$(sockkit sockets -t -f csv -H -c local_port dport = :9000)
	run -1 sockkit ports --wait=0 "$client"
	run -1 sockkit ports --wait=0 9000
	run -1 sockkit ports --wait=0 9001
}

# ---- --wait-closed ----

@test "--wait-closed: nothing there, somebody there" {
	mksock tcp-listen ::1 8080
	run -0 sockkit ports --wait-closed 8081
	run -1 sockkit ports --wait-closed=0 8080
	run -1 sockkit ports --wait-closed=0.1 8080,8081
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *'8080/tcp is still listened on'* ]]
	run -0 sockkit ports --wait-closed=0 -u 8080
}

@test "--wait-closed: a listener that dies by kill -9, one that shuts down, a last holder" {
	local how waiter
	for how in KILL USR1; do
		python "$listen
signal.signal(signal.SIGUSR1, lambda *_: s.shutdown(socket.SHUT_RDWR))
print('ready')
while True:
	signal.pause()" 127.0.0.1 8080
		sockkit ports --wait-closed="$PATIENCE" 8080 3>&- &
		waiter=$!
		kill "-$how" "$STARTED_PID"
		wait "$waiter"
	done
	mksock share 1 tcp-listen 127.0.0.1 8080
	kill -9 "$MKSOCK_PID"
	# The other one lives until it sees that.
	sockkit ports --wait-closed="$PATIENCE" 8080
	run -0 sockkit ports --wait-closed=0 8080
}

@test "--wait-closed: connections that stay do not count" {
	mksock tcp-established 127.0.0.1 9000
	run -0 sockkit ports --wait-closed=0 9000
}

@test "--wait and --wait-closed: a signal ends them as signals do" {
	local mode pid status
	mksock tcp-listen 127.0.0.1 8080
	for mode in "--wait=$PATIENCE 1" "--wait-closed=$PATIENCE 8080"; do
		# shellcheck disable=SC2086 # words
		EXEC_IN_JOB=1 in_netns "$SOCKKIT" ports $mode 3>&- &
		pid=$! status=0
		eventually takes_signals "$pid"
		kill "$pid"
		wait "$pid" || status=$?
		[ "$status" -eq 143 ]
	done
}

# ---- --kill ----

@test "--kill: who listens ends, who is connected lives" {
	python "$listen
print('ready')
c, _ = s.accept()
signal.pause()" 127.0.0.1 8080
	local server=$STARTED_PID
	python "import signal, socket
s = socket.create_connection(('127.0.0.1', 8080))
print('ready')
signal.pause()"
	local client=$STARTED_PID
	# Connected by a port of that number, as a browser may be.
	python "import signal, socket
l = socket.create_server(('127.0.0.2', 0))
s = socket.create_connection(l.getsockname(), source_address=('127.0.0.3', 8080))
print('ready')
signal.pause()"
	local other=$STARTED_PID
	run -0 sockkit ports --kill -f csv -H -c pid,ports,action,signal 8080
	[ "$output" = "$server,8080/tcp,ended,TERM" ]
	run ! alive "$server"
	alive "$client"
	alive "$other"
	run -1 sockkit ports --kill 8080
	[[ $output == *'nothing listens there'* ]]
}

@test "--dry-run: the same rows, and nobody ends" {
	local pid
	mksock share 3 tcp-listen 127.0.0.1 8080
	sockkit ports --kill --dry-run -j 8080 | jq -e 'length == 4 and all(.action == "would-end" and .signal == null)'
	for pid in "$MKSOCK_PID" $(field 1 pid) $(field 2 pid) $(field 3 pid); do
		alive "$pid"
	done
	run -1 sockkit ports --kill --dry-run 8081
}

@test "--kill: every holder of a shared socket, one row each" {
	mksock share 3 tcp-listen :: 8080
	run -0 sockkit ports --kill -f csv -H -c action 8080
	[ "${#lines[@]}" -eq 4 ]
	run -1 sockkit ports 8080
	mksock tcp-listen 127.0.0.1 8080 , tcp-listen ::1 8080 , tcp-listen ::1 8081 , udp-bound ::1 8080
	run -0 sockkit ports --kill --dry-run -f csv -H -c ports -tu 8080,8081
	[ "$(tr , '\n' <<<"${output//\"/}" | sort | paste -sd ' ')" = '8080/tcp 8080/udp 8081/tcp' ]
}

@test "--kill: a bound UDP port only with -u" {
	mksock udp-bound 127.0.0.1 8080
	run -1 sockkit ports --kill 8080
	alive "$MKSOCK_PID"
	run -0 sockkit ports --kill -u 8080
	run ! alive "$MKSOCK_PID"
}

@test "--kill: who listens by the other protocol is told" {
	mksock udp-bound 127.0.0.1 5353 , tcp-listen 127.0.0.1 8080
	run -1 --separate-stderr sockkit ports --kill 5353
	[[ $stderr == *'port 5353/udp is bound: use -u'* ]]
	run -1 --separate-stderr sockkit ports --kill -u 8080
	[[ $stderr == *'port 8080/tcp is listened on: use -t'* ]]
	run -1 --separate-stderr sockkit ports --kill -tu 9
	[[ $stderr == *'nothing listens there' ]]
	alive "$MKSOCK_PID"
}

@test "--kill: a supervisor starts it again, and that is no yes" {
	# Half a second later; apart from this session, as daemons are.
	cat >"$BATS_TEST_TMPDIR/server" <<-END
		$listen
		print('ready', flush=True)
		signal.pause()
	END
	python "import os, subprocess, sys, threading
os.setsid()
while True:
	subprocess.run([sys.executable, sys.argv[1], '127.0.0.1', '8080'])
	threading.Event().wait(0.5)" "$BATS_TEST_TMPDIR/server"
	run -1 --separate-stderr sockkit ports --kill -f csv -H -c action 8080
	[ "$output" = ended ]
	[[ $stderr == *'port 8080/tcp is again listened on by python3'*', started by python3'*"[$STARTED_PID]"* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	kill -9 "$STARTED_PID"
	run -0 sockkit ports --kill -f csv -H -c action 8080
	[ "$output" = ended ]
}

@test "--kill: a stopped process, and one that ignores TERM" {
	mksock tcp-listen 127.0.0.1 8080
	kill -STOP "$MKSOCK_PID"
	run -0 sockkit ports --kill -f csv -H -c action,signal 8080
	[ "$output" = ended,TERM ]
	python "$listen
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('ready')
signal.pause()" 127.0.0.1 8080
	run -1 sockkit ports --kill=TERM --grace=0.1 -f csv -H -c action,signal 8080
	[ "$output" = running,TERM ]
	alive "$STARTED_PID"
	run -0 sockkit ports --kill --grace=0.1 -f csv -H -c action,signal 8080
	[ "$output" = killed,KILL ]
	run ! alive "$STARTED_PID"
}

@test "--kill: the signal that is asked for" {
	mksock tcp-listen 127.0.0.1 8080 , tcp-listen 127.0.0.1 8081
	run -0 sockkit ports --kill=sigint -f csv -H -c signal 8080
	[ "$output" = INT ]
	mksock tcp-listen 127.0.0.1 8080
	run -0 sockkit ports --kill=9 -f csv -H -c action,signal 8080
	[ "$output" = killed,KILL ]
}

@test "--kill: a server that makes children while it is ended" {
	python "$listen
TERM = {signal.SIGTERM}
def child(*_):
	# Blocked, or a TERM that comes before SIG_DFL makes one more child, or is lost in fork().
	signal.pthread_sigmask(signal.SIG_BLOCK, TERM)
	if os.fork() == 0:
		signal.signal(signal.SIGTERM, signal.SIG_DFL)
		signal.pthread_sigmask(signal.SIG_UNBLOCK, TERM)
		signal.pause()
	os._exit(0)
signal.signal(signal.SIGTERM, child)
print('ready')
signal.pause()" 127.0.0.1 8080
	run -0 sockkit ports --kill -f csv -H -c action 8080
	[ "$output" = $'ended\nended' ]
	run -1 sockkit ports 8080
}

@test "--kill: processes that vanish meanwhile" {
	for _ in {1..5}; do
		mksock share 20 tcp-listen 127.0.0.1 8080
		kill -9 "$MKSOCK_PID" &
		run sockkit ports --kill 8080
		[ "$status" -le 1 ]
		sockkit ports --wait-closed=10 8080
	done
}

@test "--kill: not itself, nor who started it" {
	run -1 sockkit ports --free --hold 8080 -- "$SOCKKIT" ports --kill -f csv -H -c action 8080
	[ "$output" = refused ]
	run -1 sockkit ports --free --hold 8080 -- sh -c '"$0" ports --kill -f csv -H -c action 8080; exit' "$SOCKKIT"
	[ "$output" = $'refused\nrefused' ]
	run -143 sockkit ports --free --hold 8080 -- sh -c '"$0" ports --kill --force 8080 >/dev/null; exit' "$SOCKKIT"
}

@test "--kill: without privilege one clear line, status 3, and nobody ends" {
	mksock tcp-listen 127.0.0.1 8080
	run -3 --separate-stderr as_nobody "$SOCKKIT" ports --kill -H 8080
	[ -z "$output" ]
	# shellcheck disable=SC2154 # set by run
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	[[ $stderr == *'cannot see who listens on port 8080/tcp'*root* ]]
	alive "$MKSOCK_PID"
}

@test "--kill: whom BPF names, and /proc does not show, is not said to be gone" {
	[ "$EUID" -eq 0 ] || skip 'only root can give up privileges'
	mksock tcp-listen 127.0.0.1 8080
	local fewer=(setpriv --bounding-set '-sys_ptrace,-dac_read_search' --inh-caps -all)
	# Neither sees anything: not a word of the kernel's own sockets.
	run -3 --separate-stderr in_netns "${fewer[@]}" "$SOCKKIT" ports --kill --owners=proc -H 8080
	[ -z "$output" ]
	[[ $stderr == *'cannot see who listens on port 8080/tcp'*CAP_SYS_PTRACE* ]]
	if sockkit ports --owners=bpf 8080; then
		run -3 --separate-stderr in_netns "${fewer[@]}" \
			"$SOCKKIT" ports --kill --owners=bpf -f csv -H -c pid,action 8080
		[ "$output" = "$MKSOCK_PID,denied" ]
		[[ $stderr == *'cannot see whether process'*CAP_SYS_PTRACE* ]]
	fi
	alive "$MKSOCK_PID"
}

@test "--kill: who got the socket from another by a message" {
	local giver taker
	EXEC_IN_JOB=1 start ready in_netns python3 -u -c "$listen
u = socket.socket(socket.AF_UNIX)
u.bind(sys.argv[3])
u.listen()
print('ready')
c, _ = u.accept()
socket.send_fds(c, [b'x'], [s.fileno()])
signal.pause()" 127.0.0.1 8080 "$BATS_TEST_TMPDIR/give"
	giver=$STARTED_PID
	EXEC_IN_JOB=1 start ready in_netns python3 -u -c "import signal, socket, sys
u = socket.socket(socket.AF_UNIX)
u.connect(sys.argv[1])
kept = socket.recv_fds(u, 1, 1)
print('ready')
signal.pause()" "$BATS_TEST_TMPDIR/give"
	taker=$STARTED_PID
	sockkit ports -j 8080 | jq -e --argjson a "$giver" --argjson b "$taker" \
		'.[0].processes | map(.pid) | sort == ([$a, $b] | sort)'
	run -0 sockkit ports --kill -f csv -H -c pid,action 8080
	same "$(sort <<<"$output")" "$(printf '%s,ended\n' "$giver" "$taker" | sort)"
	run -1 sockkit ports 8080
}

@test "--kill: a process whose first thread has ended, and others live" {
	EXEC_IN_JOB=1 start ready in_netns python3 -u -c "$listen
import ctypes, threading
def stay():
	print('ready')
	signal.pause()
threading.Thread(target=stay).start()
ctypes.CDLL(None).pthread_exit(None)" 127.0.0.1 8080
	eventually is_zombie "$STARTED_PID"
	# Its descriptors are to be seen at its threads only, and it has no program any more.
	[ -z "$(ls "/proc/$STARTED_PID/fd" 2>/dev/null)" ]
	run -0 sockkit ports --wait=0 8080
	run -0 sockkit ports --kill -f csv -H -c pid,action 8080
	[ "$output" = "$STARTED_PID,ended" ]
	run -1 sockkit ports 8080
}

# As somebody else, in a PID namespace of his own, with a /proc that hides others.
in_hidden() {
	in_netns unshare --mount --pid --fork sh -c 'mount -t proc -o hidepid=2 proc /proc &&
		exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$@"' sh "$@"
}

@test "--kill, --why: what hidepid hides is said to be hidden" {
	need_mounts
	[ "$EUID" -eq 0 ] || skip 'only root can become somebody else'
	local public
	public=$(mktemp -d /tmp/sockkit-public.XXXXXX)
	chmod 755 "$public"
	install -m 755 "$SOCKKIT" "$public/sockkit"
	mksock tcp-listen 127.0.0.1 8080
	run -3 in_hidden "$public/sockkit" ports --kill -H 8080
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *'cannot see who listens on port 8080/tcp'*root* ]]
	alive "$MKSOCK_PID"
	run -1 in_hidden "$public/sockkit" ports --why -f csv -H -c reason,pid,detail 8080
	[[ $output == *listener,,* && $output == *'run as root to see'* ]]
	run -0 in_hidden "$public/sockkit" ports -f csv -H -c port,pid 8080
	[[ $output == *8080,* && $output == *'cannot name processes'* ]]
	rm -rf "$public"
}

@test "--kill: who lives in a PID namespace of his own" {
	need_mounts
	# From outside he has a number, and ends.
	EXEC_IN_JOB=1 start ready in_netns unshare --pid --fork --kill-child python3 -u -c "$listen
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
print('ready')
signal.pause()" 127.0.0.1 8080
	# From another PID namespace he is not to be seen.
	run -3 in_netns unshare --pid --fork --mount-proc "$SOCKKIT" ports --kill -H 8080
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *'cannot see who listens on port 8080/tcp'*'PID namespace'* ]]
	run -0 sockkit ports --kill -f csv -H -c ports,action 8080
	[ "$output" = 8080/tcp,ended ]
}

@test "--kill: a browser that has many connections to the port, and one open from it, lives" {
	local server browser
	python "$listen
import threading
def serve(c):
	c.sendall(b'x' * 100000)
	c.recv(1)
print('ready')
while True:
	threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()" 127.0.0.1 8080
	server=$STARTED_PID
	python "import signal, socket
kept = [socket.create_connection(('127.0.0.1', 8080)) for _ in range(6)]
for c in kept:
	while len(c.recv(100000, socket.MSG_PEEK)) < 1000:
		pass
l = socket.create_server(('127.0.0.2', 0))
kept.append(socket.create_connection(l.getsockname(), source_address=('127.0.0.3', 8080)))
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(('127.0.0.1', 8080))
print('ready')
while kept[0].recv(65536):
	pass
print('closed')
signal.pause()"
	browser=$STARTED_PID
	run -0 sockkit ports --kill -f csv -H -c pid,action 8080
	[ "$output" = "$server,ended" ]
	alive "$browser"
	# Nothing listens, so nobody is ended, however many connections are left over.
	run -1 sockkit ports --kill 8080
	alive "$browser"
}

@test "-N: --why, --free, --wait and --wait-closed are about another namespace" {
	[ "$EUID" -eq 0 ] || skip 'only root can enter the namespaces of others'
	start ready unshare --net sh -c 'ip link set lo up && echo 2000 65000 >/proc/sys/net/ipv4/ip_local_port_range &&
		echo ready && exec cat'
	local other=$STARTED_PID
	EXEC_IN_JOB=1 start ready nsenter --target "$other" --net python3 -u -c "$listen
print('ready')
signal.pause()" 127.0.0.1 8080
	local server=$STARTED_PID
	mksock tcp-listen 127.0.0.1 8081
	run -1 sockkit ports --why -N "$other" -f csv -H -c reason,pid 8080
	[ "${lines[0]}" = "listener,$server" ]
	[[ $output == *ephemeral* ]]
	# Other tests may have the port in namespaces of theirs.
	run -0 sockkit ports --why -N "$other" -f csv -H -c reason 8081
	[ "$(grep -v namespace <<<"$output")" = $'ephemeral\nverdict' ]
	run -1 sockkit ports --free -N "$other" 8080
	run -0 --separate-stderr sockkit ports --free -N "$other" 8080,8081
	[ "$output" = 8081 ]
	# The port is bound there, and the command runs here.
	run -0 sockkit ports --free --hold -N "$other" 8081 -- sh -c \
		'"$0" ports --wait=0 -N "$1" 8081 && readlink /proc/self/ns/net' "$SOCKKIT" "$other"
	[ "$output" = "$(in_netns readlink /proc/self/ns/net)" ]
	run -0 sockkit ports --wait=0 -N "$other" 8080
	run -1 sockkit ports --wait=0 -N "$other" 8081
	run -1 sockkit ports --wait=0 8080
	run -1 sockkit ports --wait-closed=0 -N "$other" 8080
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" ports "--wait-closed=$PATIENCE" -N "$other" 8080 3>&- &
	kill "$server"
	wait $!
	run -1 sockkit ports --wait=0 -N nosuchnamespace 80
	run -2 sockkit ports --wait=0 -N all 80
	run -2 sockkit ports --kill -N "$other" 80
	run -3 as_nobody "$SOCKKIT" ports --free -N "$other"
	[ "${#lines[@]}" -eq 1 ]
}

@test "--tree shows who is connected to whom" {
	mksock udp-bound 127.0.0.1 53 , tcp-established ::1
	EXEC_IN_JOB=1 start ready in_netns python3 -c "
import signal, socket
server = socket.create_server(('127.0.0.1', 8080))
both = socket.create_server(('::', 8081), family=socket.AF_INET6, dualstack_ipv6=True)
mapped = socket.create_connection(('127.0.0.1', 8081)), both.accept()
pair = [socket.create_server((any, 8082), family=family) for any, family in
	(('0.0.0.0', socket.AF_INET), ('::', socket.AF_INET6))]
clients = [(socket.create_connection((own, 8082)), at.accept()[0]) for own, at in zip(('127.0.0.1', '::1'), pair)]
ends = [(socket.create_connection(('127.0.0.1', 8080)), server.accept()[0]) for i in range(3)]
print('ready', flush=True)
signal.pause()"
	local server=$STARTED_PID
	run -0 sockkit ports --tree -f csv -H -c port,state,pid,client_address,client_pid 8080
	same "${lines[0]}" "8080,LISTEN,$server,,"
	same "${lines[3]}" "8080,ESTABLISHED,$server,127.0.0.1,$server"
	same "${#lines[@]}" 4
	same "$(sockkit ports --tree -f csv -H -c address,client_address 8081 | tail -1)" '::,127.0.0.1'
	# What somebody else listens at is no client of it, and a client that connects is none of its own.
	run -0 sockkit ports --tree -f jsonl -u
	same "$(jq -r '[.port, .client_port] | @csv' <<<"$output")" '53,'
	run -1 sockkit ports --tree 9
	run -2 sockkit ports --tree --kill 9
	run -2 sockkit ports --tree -N all
	run in_netns python3 "$BATS_TEST_DIRNAME/screen.py" 60 "$SOCKKIT" ports --tree 8080
	[ "$status" -ne 77 ] || skip 'there is no /dev/pts'
	same "${lines[1]}" '└─ tcp 127.0.0.1:8080'
	[[ ${lines[2]} == "   └─ python3"*"[$server]  127.0.0.1  x3" ]]
	# One server, which has a socket for each family.
	same "$(sockkit ports --tree -f csv -H -c address,client_address 8082 | paste -sd ' ')" \
		'0.0.0.0, 0.0.0.0,127.0.0.1 ::, ::,::1'
	run in_netns python3 "$BATS_TEST_DIRNAME/screen.py" 60 "$SOCKKIT" ports --tree 8082
	same "${lines[1]}" '└─ tcp *:8082'
	[[ ${lines[2]} == *'[::1]:'* && ${lines[3]} == *' 127.0.0.1:'* && ${#lines[@]} -eq 4 ]]
}
