# `sockkit ports --why`: who holds a port, and whether it can be bound.
load helper

python() {
	EXEC_IN_JOB=1 start ready in_netns python3 -u -c "import signal, socket, sys
$1
print('ready')
signal.pause()" "${@:2}"
}

sysctl() {
	in_netns sh -c 'echo "$2" >"/proc/sys/net/ipv4/$1"' sysctl "$@"
}

# Rows as JSON, without those about other namespaces, of which other tests have some.
rows() {
	sockkit ports --why -f jsonl -c all "$@" | jq -c 'select(.reason != "namespace")'
}

# Columns of all rows: why COLUMNS OPTION... PORT.
why() {
	local columns=$1
	shift
	# What could not be seen of processes that come and go is told on stderr.
	run --separate-stderr rows "$@"
	run jq -r --arg columns "$columns" \
		'. as $row | $columns | split(",") | map($row[.] // "" | tostring) | join(",")' <<<"$output"
}

# The verdict, by binding as --why must: truth TYPE PORT.
truth() {
	in_netns python3 -c "$truth" "$@"
}

truth='import socket, sys
tcp, port = sys.argv[1] == "tcp", int(sys.argv[2])
def bind(family, address, *options):
	with socket.socket(family, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as s:
		if family == socket.AF_INET6:
			s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
		for option in options:
			s.setsockopt(socket.SOL_SOCKET, option, 1)
		try:
			s.bind((address, port))
			return True
		except OSError:
			return False
def both(*options):
	return [bind(socket.AF_INET, "0.0.0.0", *options), bind(socket.AF_INET6, "::", *options)]
plain = both()
reuse = both(socket.SO_REUSEADDR) if tcp else plain
share = both(socket.SO_REUSEPORT) if tcp else plain
single = [bind(socket.AF_INET, "127.0.0.1"), bind(socket.AF_INET6, "::1")]
print("free" if all(plain) else "free-with-reuseaddr" if all(a or b for a, b in zip(plain, reuse))
	else "free-with-reuseport" if all(a or b for a, b in zip(plain, share))
	else "partly" if any(plain + reuse + share)
	else "partly" if any(single) else "taken")'

# The last row says VERDICT, and that is so: verdict VERDICT PORT [-u].
verdict() {
	local status=0
	sockkit ports --why ${3:+"$3"} "$2" >/dev/null || status=$?
	rows ${3:+"$3"} "$2" | jq -s . >"$BATS_TEST_TMPDIR/rows"
	same "$(jq -r '.[-1].verdict' "$BATS_TEST_TMPDIR/rows")" "$1"
	jq -e '(.[-1].reason == "verdict") and all(.[:-1][]; .verdict == null and .reason != "verdict")' \
		"$BATS_TEST_TMPDIR/rows"
	same "$(truth "$([ "${3-}" ] && echo udp || echo tcp)" "$2")" "$1"
	[ "$status" -eq "$([ "$1" = free ] && echo 0 || echo 1)" ]
}

# ---- holders ----

@test "nobody: one row, and yes" {
	run -0 sockkit ports --why 8080
	[[ ${lines[-1]} == verdict*free*'8080/tcp: any user can bind it now'* ]]
	verdict free 8080
	verdict free 8080 -u
	why verdict -tu postgresql
	[ "$output" = $'free\nfree' ]
}

@test "a listener: at an address, at all of IPv4, at all of IPv6, at all" {
	mksock tcp-listen 127.0.0.1 8080 , tcp-listen ::1 8081
	python 'for address, port, only in ("0.0.0.0", 8082, 0), ("::", 8083, 1), ("::", 8084, 0):
	s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
	if ":" in address:
		s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
	s.bind((address, port))
	s.listen()
	globals()["kept%d" % port] = s'
	why reason,local,pid,process 8080
	[ "${lines[0]}" = "listener,127.0.0.1:8080,$MKSOCK_PID,mksock" ]
	for port in 8080 8081 8082 8083; do
		verdict partly "$port"
	done
	verdict taken 8084
	# What takes IPv4 too hinders IPv4, and what does not is not even shown.
	for port in 8080:taken 8081:free 8082:taken 8083:free 8084:taken; do
		why verdict -4 "${port%:*}"
		[ "${lines[-1]}" = "${port#*:}" ]
	done
	why reason -4 8083
	[ "${#lines[@]}" -eq 1 ]
	why detail 8084
	[[ ${lines[0]} == *'takes IPv4 too'* ]]
	[[ ${lines[1]} == *"stop python3"*"[$STARTED_PID] (sockkit ports --kill 8084)"* ]]
}

@test "single addresses are left" {
	in_netns ip addr add 10.0.0.1/32 dev lo
	in_netns ip addr add fd00::1/128 dev lo nodad
	python 'a = socket.create_server(("10.0.0.1", 8080))
b = socket.create_server(("fd00::1", 8080), family=socket.AF_INET6)'
	verdict partly 8080
	why detail 8080
	[[ ${lines[-1]} == *'127.0.0.1 ::1 can be bound'* ]]
}

@test "bound but not listening" {
	mksock tcp-bound 127.0.0.1 8080
	why reason,state,pid -4 8080
	[ "${lines[0]}" = "bound,BOUND,$MKSOCK_PID" ]
	verdict partly 8080
}

@test "a connection that has the port as its own" {
	python 'l = socket.create_server(("127.0.0.2", 0))
c = socket.socket()
c.bind(("127.0.0.3", 8080))
c.connect(l.getsockname())'
	why reason,local,pid 8080
	[ "${lines[0]}" = "connection,127.0.0.3:8080,$STARTED_PID" ]
	verdict partly 8080
	why detail 8080
	[[ ${lines[1]} == *"end the connection of python3"*"[$STARTED_PID]"* ]]
	# The one that is in the way of IPv4 leaves other addresses of it alone.
	why verdict -4 8080
	[ "${lines[-1]}" = partly ]
}

@test "a connection that no process holds" {
	mksock tcp-orphan 127.0.0.1
	local port
	port=$(sockkit sockets -f csv -H -c local_port state fin-wait-2)
	why reason,pid,state,detail "$port"
	[[ ${lines[0]} == connection,,FIN-WAIT-2,*kernel* ]]
	[[ ${lines[-1]} == *'wait for the connection to end'* ]]
}

@test "TIME-WAIT, and how long" {
	in_netns python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 8080))
for _ in range(3):
	c = socket.create_connection(s.getsockname())
	s.accept()[0].close()
	c.recv(1)'
	rows 8080 | jq -se '.[0] | .reason == "time-wait" and .count == 3 and
		.left_ms > 0 and .left_ms <= 60000 and .process == null'
	verdict free-with-reuseaddr 8080
	why detail 8080
	[[ ${lines[-1]} =~ wait\ [1-9][0-9]?\ s ]]
	# The other end set no SO_REUSEADDR: nobody can have its port.
	mksock tcp-time-wait
	verdict partly "$(port_of 0)"
}

@test "what a listener accepted is counted, and many connections are cut short" {
	mksock tcp-queued 127.0.0.1 8080 20
	rows 8080 | jq -s . >"$BATS_TEST_TMPDIR/rows"
	jq -e 'length == 3 and .[1].reason == "accepted" and .[1].count == 20' "$BATS_TEST_TMPDIR/rows"
	python 'kept = []
for i in range(40):
	l = socket.create_server(("127.0.0.2", 0))
	c = socket.socket()
	c.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	c.bind(("127.0.0.3", 8081))
	c.connect(l.getsockname())
	kept += [l, c]'
	rows 8081 | jq -s . >"$BATS_TEST_TMPDIR/rows"
	jq -e '(map(select(.reason == "connection")) | length == 17 and .[-1].count == 24)' "$BATS_TEST_TMPDIR/rows"
	verdict free-with-reuseaddr 8081
}

@test "SO_REUSEPORT is shared by one user" {
	python 's = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.bind(("0.0.0.0", 8080))
s.listen()
t = socket.socket(socket.AF_INET6)
t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
t.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
t.bind(("::", 8080))
t.listen()'
	verdict free-with-reuseport 8080
	[ "$EUID" -eq 0 ] || return 0
	run -1 as_nobody "$SOCKKIT" ports --why -f csv -H -c verdict 8080
	[ "${lines[2]}" = taken ] || [[ $output == *taken* ]]
}

@test "datagrams: who is bound, who is connected, and nobody loses one" {
	mksock udp-bound 0.0.0.0 8080 , udp-connected ::1 8081
	why reason,proto,pid -u 8080
	[ "${lines[0]}" = "listener,udp,$MKSOCK_PID" ]
	verdict partly 8080 -u
	verdict partly 8081 -u
	verdict free 8082 -u
	local client
	client=$(sockkit sockets -u -f csv -H -c local_port state connected)
	why reason -u "$client"
	[ "${lines[0]}" = connection ]
	# TCP is another matter.
	verdict free 8080
	why detail -u 8080
	[[ ${lines[-1]} == *'ports -u --kill 8080'* ]]
}

# A namespace like that of a container: on a bridge address, with a server at port 80 of it.
container() {
	start ready unshare --net sh -c 'ip link set lo up && ip addr add 172.31.250.2/32 dev lo && echo ready &&
		exec cat'
	CONTAINER_PID=$STARTED_PID
	EXEC_IN_JOB=1 start ready nsenter --target "$CONTAINER_PID" --net python3 -u -c 'import signal, socket
s = socket.create_server(("0.0.0.0", 80))
t = socket.create_server(("0.0.0.0", 27380))
print("ready")
signal.pause()'
	SERVER_PID=$STARTED_PID
}

docker_proxy() {
	cp "$(command -v bash)" "$BATS_TEST_TMPDIR/docker-proxy"
	start ready in_netns "$SOCKKIT" ports --free --hold 8080 -- "$BATS_TEST_TMPDIR/docker-proxy" \
		-c 'echo ready; read -r line' -proto tcp -host-ip 0.0.0.0 -host-port 8080 "$@"
}

@test "a docker-proxy and what it stands for" {
	docker_proxy -container-ip 172.31.250.9 -container-port 80
	why reason,process,detail 8080
	[[ ${lines[0]} == container-proxy,docker-proxy,*'172.31.250.9 port 80' ]]
	[[ ${lines[-1]} == *'stop the container'* ]]
}

@test "the server in the container is found, and who has the port in another namespace" {
	[ "$EUID" -eq 0 ] || skip 'only root can enter the namespaces of others'
	container
	docker_proxy -container-ip 172.31.250.2 -container-port 80
	why detail 8080
	[[ ${lines[0]} == *"172.31.250.2 port 80, served by python3"*"[$SERVER_PID]"* ]]
	run -0 sockkit ports --why -f jsonl 27380
	jq -se --argjson pid "$SERVER_PID" '.[0] | .reason == "namespace" and .pid == $pid and
		(.netns | length > 0) and .local == "0.0.0.0:27380"' <<<"$output"
	[ "$(jq -r .verdict <<<"${lines[-1]}")" = free ]
	run -1 sockkit ports --kill 27380
	kill -0 "$SERVER_PID"
	# To end the proxy would leave a container without its port.
	run -1 --separate-stderr sockkit ports --kill -f csv -H -c process,action,reason 8080
	[[ $output == 'docker-proxy,refused,'*'172.31.250.2 port 80'*'--force'* ]]
	run -0 sockkit ports --kill --force -f csv -H -c process,action 8080
	[ "$output" = docker-proxy,ended ]
}

@test "PID 1 listens for a unit, whose file names the port" {
	need_mounts
	# shellcheck disable=SC2016 # for the shell inside
	run in_netns unshare --pid --fork --mount-proc sh -c 'mount -t tmpfs none /run &&
		mkdir -p /run/systemd/system && echo ListenStream=8080 >/run/systemd/system/demo.socket &&
		exec "$0" ports --free --hold 8080 -- sh -c '\''"$0" ports --why -f csv -H -c reason,pid,detail 8080
			"$0" ports --kill -f csv -H -c pid,action,reason 8080
			exit'\'' "$0"' "$SOCKKIT"
	[[ $output == *'1,refused,"PID 1 listens for a service: systemctl stop demo.socket, or use --force"'* ]]
	[[ ${lines[0]} == socket-unit,1,*'demo.socket names the port'* ]]
	[[ ${lines[1]} == verdict*systemctl* ]]
}

# ---- rules ----

@test "privileged, reserved and ephemeral ports" {
	sysctl ip_unprivileged_port_start 1024
	why reason 80
	[ "${lines[0]}" = privileged ]
	sysctl ip_unprivileged_port_start 80
	why reason 80
	[ "${lines[0]}" = verdict ]
	sysctl ip_local_port_range '40000 50000'
	why reason,detail 40000
	[[ ${lines[0]} == ephemeral,*40000-50000* && ${lines[1]} == *ip_local_reserved_ports=40000* ]]
	sysctl ip_local_reserved_ports 40000-40001,3
	why reason 40000
	[ "${lines[0]}" = reserved ]
	[ "${#lines[@]}" -eq 2 ]
	why reason 39999
	[ "${#lines[@]}" -eq 1 ]
}

@test "without privilege: the verdict is this user's, and who holds the port is hidden" {
	[ "$EUID" -eq 0 ] || skip 'only root can become somebody else'
	sysctl ip_unprivileged_port_start 1024
	mksock tcp-listen 127.0.0.1 80 , tcp-listen :: 8080
	run -1 as_nobody "$SOCKKIT" ports --why -f csv -H -c reason,verdict,detail 81
	[[ $output == *verdict,denied,*CAP_NET_BIND_SERVICE* ]]
	run -1 as_nobody "$SOCKKIT" ports --why -f csv -H -c reason,verdict,detail 80
	[[ $output == *verdict,denied,*'run as root to see'* ]]
	run -1 as_nobody "$SOCKKIT" ports --why -f csv -H -c reason,pid,verdict,detail 8080
	[[ $output == *listener,,,*verdict,,taken,*'run as root to see'* ]]
}

# ---- usage ----

@test "every verdict is what bind(2) does: families, flags, interfaces, users, states" {
	in_netns ip link add bind0 type veth peer name bind1 2>/dev/null || skip 'needs veth'
	in_netns ip link set bind0 up
	in_netns python3 "$BATS_TEST_DIRNAME/binds.py" "$SOCKKIT" lo bind0
}

@test "the own namespace is no other one, also where /proc is missing" {
	need_mounts
	[ "$EUID" -eq 0 ] || skip 'only root can tell without /proc'
	mksock tcp-listen 127.0.0.1 8080
	# shellcheck disable=SC2016 # for the shell inside
	run -1 in_netns unshare --mount sh -c 'mount -t tmpfs none /run && mkdir /run/netns &&
		touch /run/netns/mine && mount --bind /proc/self/ns/net /run/netns/mine &&
		mount -t tmpfs none /proc && exec "$0" ports --why -f csv -H -c reason 8080' "$SOCKKIT"
	[[ $output == *listener* && $output != *namespace* ]]
}

@test "every holder is named, and how many share a socket" {
	mksock share 20 tcp-listen 127.0.0.1 8080
	why process,detail -4 8080
	[[ ${lines[-1]} == *'stop mksock['*'], mksock['*'], mksock['*'], mksock['*' and '*' more (sockkit ports'* ]]
	run -1 sockkit ports --why -4 8080
	[[ $output == *'mksock +'* ]]
}

@test "one port, by number or name" {
	local line
	while read -r line; do
		# shellcheck disable=SC2086 # words
		run -2 sockkit ports --why $line
		[ "${#lines[@]}" -eq 1 ] || { echo "$line: $output" >&2 && return 1; }
	done <<-'END'

		0
		80 81
		80,81
		80-81
		--free 80
		--kill 80
		--wait 80
		--registry 80
		--hold 80
	END
	run -2 sockkit ports --why nosuchservice
	why port,reason postgresql
	[ "$output" = 5432,verdict ]
}

@test "a row for each reason, whatever is done to the columns" {
	mksock tcp-listen 127.0.0.1 8080
	run -1 sockkit ports --why -c all 8080
	[[ ${lines[-1]} == *verdict* ]]
	run -1 sockkit ports --why -f csv 8080
	[[ ${lines[-1]} == 8080,tcp,verdict,* ]]
	run -1 sockkit ports --why --sort=-reason -f jsonl 8080
	[ "$(jq -r .reason <<<"${lines[0]}")" = verdict ]
	run -1 sockkit ports --why -r 8080
}
