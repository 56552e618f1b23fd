# Sockets that processes hold and no table of the kernel lists: they are found by the descriptors.
load helper

setup() {
	open_netns
}

# Asks -A $1 for PROTO,FAMILY,STATE,PID:FD,UID of what is in no table.
look() {
	sockkit sockets -A "$1" state unbound -f csv -H -c proto,state,pid,uid,inode "${@:2}" | sort
}

# What it should say of those that mksock made, but for those in some table.
made() {
	local i
	for i in "${!SOCKETS[@]}"; do
		[ "$(field "$i" state)" != UNBOUND ] ||
			echo "$(field "$i" proto),UNBOUND,$(field "$i" pid),$EUID,$(field "$i" inode)"
	done | sort
}

@test "fifty descriptors that leak are fifty rows, in -A all and where they are asked for" {
	mksock tcp-unbound 127.0.0.1 0 50 , udp-unbound ::1 , tcp-reset 127.0.0.1 , tcp-listen 127.0.0.1 \
		, udp-bound 127.0.0.1 , tcp-established 127.0.0.1
	for owners in auto proc; do
		same "$(look all --owners=$owners)" "$(made)"
	done
	[ "$(made | wc -l)" -eq 52 ]
	same "$(look tcp)" "$(made | grep ^tcp)"
	same "$(look udp)" "$(made | grep ^udp)"
	# Others are not looked through for those that did not ask.
	run -0 sockkit sockets -t -H -c state
	[[ $output != *UNBOUND* ]]
	run -0 sockkit sockets -A all -f csv -H -c state,local,remote "pid = $MKSOCK_PID" state unbound
	same "$(sort -u <<<"$output")" $'UNBOUND,0.0.0.0:*,\nUNBOUND,[::]:*,'
	run -1 sockkit sockets -A unix state unbound
	run -1 sockkit sockets -4 -u state unbound
	run -0 sockkit sockets -A all --group-by=state -H -f csv
	[[ $output == *UNBOUND,52* ]]
	run sockkit sockets -K --dry-run -t -f csv -H -c reason state unbound
	[[ $output == *'lists it nowhere'* && $output != *would* ]]
}

@test "as many as lsof has, which cannot identify their protocol" {
	command -v lsof >/dev/null || skip 'no lsof'
	mksock tcp-unbound 127.0.0.1 0 7
	same "$(lsof -w -n -P -a -p "$MKSOCK_PID" 2>/dev/null | grep -c 'protocol: TCP')" 7
	same "$(look all | wc -l)" 7
}

@test "ping and UDP-Lite: unbound ones, and those that /proc/net has" {
	in_netns sh -c 'echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range' || skip 'no ping sockets here'
	mksock ping-unbound 127.0.0.1 , ping-unbound ::1 || skip 'no ping sockets here'
	same "$(look ping)" "$(made)"
	mksock udplite-unbound ::1 , udplite-bound 127.0.0.1 || skip 'no UDP-Lite here'
	same "$(look udplite)" "$(made)"
	run -0 sockkit sockets -A udplite -f csv -H -c proto,state,local,pid "sport = $(port_of 1)"
	same "$output" "udplite,UNCONNECTED,$(field 1 local),$MKSOCK_PID"
	same "$(sockkit sockets -A inet -H -f csv -c proto | sort -u)" udplite
}

@test "a holder elsewhere: its namespace is where such a socket is" {
	mksock tcp-unbound 127.0.0.1 0 3
	run -1 "$SOCKKIT" sockets -A all state unbound "pid = $MKSOCK_PID"
	run -0 "$SOCKKIT" sockets -A all -N "$NETNS_PID" -f csv -H -c proto,pid state unbound
	same "$(sort -u <<<"$output")" "tcp,$MKSOCK_PID"
	run -0 --separate-stderr "$SOCKKIT" sockets -A all -N all -f csv -H -c proto,netns state unbound "pid = $MKSOCK_PID"
	[ "${#lines[@]}" -eq 3 ]
	[[ ${lines[0]} == tcp,pid:* ]]
}

@test "what another namespace lists is not unbound here" {
	# A listener made there and held by a process that is here.
	start ready in_netns python3 -uc '
import os, socket, ctypes
listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen()
fd = os.open("/proc/'$$'/ns/net", os.O_RDONLY)
assert ctypes.CDLL(None, use_errno=True).setns(fd, 0) == 0, os.strerror(ctypes.get_errno())
print("ready"); input()'
	run -1 "$SOCKKIT" sockets -A all state unbound "pid = $STARTED_PID"
}

@test "another user's are seen by root only; one's own by everybody" {
	mksock tcp-unbound 127.0.0.1 0 2
	run -1 --separate-stderr as_nobody "$SOCKKIT" sockets -A all -H state unbound
	[ -z "$output" ]
	start ready as_nobody "$MKSOCK" udp-unbound 127.0.0.1 0 2
	run -0 --separate-stderr as_nobody "$SOCKKIT" sockets -A all -H -f csv -c proto,state,uid state unbound
	same "$output" $'udp,UNBOUND,65534\nudp,UNBOUND,65534'
	# Root without BPF sees all of them; without a look at others it names no protocol.
	run -0 in_netns setpriv --bounding-set '-bpf,-perfmon,-sys_admin' --inh-caps -all \
		"$SOCKKIT" sockets -A all -H -f csv -c proto state unbound
	same "$(sort <<<"$output" | uniq -c | tr -s ' ')" $' 2 tcp\n 2 udp'
}

@test "connections that come and go meanwhile are never taken for unbound" {
	mksock tcp-many 127.0.0.1 0 200
	start ready in_netns python3 -uc '
import socket
listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen(1024)
print("ready")
while True:
	pairs = []
	for i in range(100):
		client = socket.create_connection(listener.getsockname())
		pairs.append((client, listener.accept()[0]))
	for client, server in pairs: client.close(); server.close()'
	local lasting round
	lasting=$(for round in "${!SOCKETS[@]}"; do field "$round" inode; done | sort)
	for round in {1..10}; do
		run sockkit sockets -A all -H -f csv -c inode state unbound
		[ "$status" -le 1 ]
		same "$(sort <<<"$output" | comm -12 - <(echo "$lasting"))" ''
	done
}
