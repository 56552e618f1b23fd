# Why no process is shown beside a socket: `held_by` says it of every one, and in other words.
# shellcheck disable=SC2030,SC2031 # tests are subshells
load helper

setup() {
	open_netns
}

# What is said of the socket that was made as number $1, by the filter $2 (sport).
held_by() {
	sockkit sockets "${@:2}" -H -c processes,held_by -A all "sport = $(port_of "$1")" | sed 's/ \+/ /'
}

# A ring that tells what is registered with it: not where io_uring is switched off or too old.
make_ring() {
	local info
	mksock tcp-io-uring 127.0.0.1 || skip 'no io_uring here'
	for info in /proc/"$MKSOCK_PID"/fdinfo/*; do
		! grep -q "socket:\[$(field 0 inode)\]" "$info" || return 0
	done
	skip 'this kernel does not tell what is registered with an io_uring'
}

@test "a socket that only an io_uring holds" {
	make_ring
	for owners in auto proc; do
		run -0 --separate-stderr held_by 0 --owners=$owners
		[[ $output =~ ^-\ io_uring\ \((exe|mksock)\[$MKSOCK_PID\]:[0-9]+\)$ ]]
		[ -z "$stderr" ]
	done
	# Here no other tool names anybody.
	[[ $(in_netns ss -tlnpH "sport = :$(port_of 0)") != *users:* ]]
	run -0 sockkit ports -H -c held_by "$(port_of 0)"
	[[ $output == "io_uring ("*"[$MKSOCK_PID]:"* ]]
	run sockkit ports --why "$(port_of 0)"
	[[ $output == *"io_uring ("*"[$MKSOCK_PID]:"* ]]
	run -0 sockkit sockets -H -c local 'held_by ~ "io_uring*"'
	[ "$output" = "$(field 0 local)" ]
}

@test "a socket in a message that nobody has received" {
	mksock tcp-in-flight 127.0.0.1
	run -0 --separate-stderr held_by 0 --owners=proc
	[[ $output =~ ^-\ in\ flight\?\ \(.*\[$MKSOCK_PID\]:[0-9]+\)$ ]]
	[ -z "$stderr" ]
	run sockkit ports --why "$(port_of 0)"
	[[ $output == *"in flight"*" ("*"[$MKSOCK_PID]:"* ]]
	# Two such messages: which it is in is not told, but by BPF, which looks into them.
	EXEC_IN_JOB=1 start ready in_netns "$MKSOCK" tcp-in-flight 127.0.0.1
	same "$(held_by 0 --owners=proc)" '- in flight?'
	sockkit sockets -H -t -c pid --owners=bpf >/dev/null 2>&1 || skip 'no BPF here'
	run -0 --separate-stderr held_by 0
	[[ $output =~ ^-\ in\ flight\ \(.*\[$MKSOCK_PID\]:[0-9]+\)$ ]]
	[ -z "$stderr" ]
	run -0 --separate-stderr sockkit sockets -tlH -c held_by
	[ "$(sed 's/.*\[//; s/\].*//' <<<"$output" | sort)" = "$(printf '%s\n' "$MKSOCK_PID" "$STARTED_PID" | sort)" ]
	# What lies in no message is not said to.
	in_netns ip link add tunnel7 type vxlan id 7 dstport 4790 2>/dev/null || return 0
	in_netns ip link set tunnel7 up
	[[ $(sockkit sockets -uH -c held_by) != *flight* ]]
}

@test "a connection that waits to be accepted, and a request that waits for its answer" {
	mksock tcp-queued 127.0.0.1 , tcp-syn-recv 127.0.0.1
	local holder
	holder="[$MKSOCK_PID]:$(field 0 fd))"
	run -0 --separate-stderr sockkit sockets -tn -H -c held_by \
		"sport = $(port_of 0)" state established
	[[ $output == 'not accepted ('*"$holder" ]]
	[ -z "$stderr" ]
	run -0 sockkit sockets -tn -H -c held_by state syn-recv
	[[ $output == 'not accepted ('*"[$MKSOCK_PID]:$(field 3 fd))" ]]
}

@test "of several listeners at a port the one that has something in its queue" {
	mksock tcp-queued ::1 , tcp-listen 127.0.0.1 0
	run -0 sockkit sockets -tn -H -c held_by "sport = $(port_of 0)" state established
	[[ $output == 'not accepted ('*"[$MKSOCK_PID]:$(field 0 fd))" ]]
}

@test "what the kernel keeps after its process: orphaned, and TIME-WAIT" {
	mksock tcp-orphan 127.0.0.1 , tcp-time-wait 127.0.0.1
	same "$(sockkit sockets -tn -H -c held_by state fin-wait-2)" orphaned
	same "$(sockkit sockets -tn -H -c held_by state time-wait)" time-wait
	run -0 sockkit sockets -tn -H -c held_by state close-wait
	[ "$output" = - ]
}

@test "the kernel's own: a tunnel by its device, netlink's other end" {
	run -0 sockkit sockets -A netlink -H -c local,held_by
	grep -q '^rtnetlink:kernel *kernel$' <<<"$output"
	in_netns ip link add tunnel7 type vxlan id 7 dstport 4790 2>/dev/null || skip 'no vxlan here'
	in_netns ip link set tunnel7 up
	mksock udp-bound 127.0.0.1
	run -0 --separate-stderr sockkit sockets -un -H -c local_port,processes,held_by
	[[ $output == *"4790  -"*"kernel (tunnel7)"* ]]
	[ "$(grep -c 'kernel (' <<<"$output")" -eq "$(grep -cE "^ *4790 " <<<"$output")" ]
	[ -z "$stderr" ]
	run sockkit ports --why -u 4790
	[[ $output == *'kernel (tunnel7)'* ]]
}

@test "hidden: of another user, by hidepid, in a pid namespace" {
	mksock tcp-listen 127.0.0.1
	local look=(sockets -tn -H -c held_by)
	run -0 --separate-stderr as_nobody "$SOCKKIT" "${look[@]}"
	same "$output" 'hidden (user root)'
	[ -z "$stderr" ]
	need_mounts
	in_netns unshare --mount mount -t proc -o hidepid=2 proc /proc 2>/dev/null || skip 'no /proc of our own here'
	in_netns() { nsenter --target "$NETNS_PID" --net -- unshare --mount bash -c \
		'mount -t proc -o hidepid=2 proc /proc && exec "$@"' - "$@"; }
	run -0 --separate-stderr as_nobody "$SOCKKIT" "${look[@]}"
	same "$output" 'hidden (hidepid)'
	[ -z "$stderr" ]
}

@test "hidden: outside of a pid namespace" {
	mksock tcp-listen 127.0.0.1
	in_netns unshare --pid --fork --mount-proc true 2>/dev/null || skip 'no pid namespace of our own here'
	run -0 --separate-stderr in_netns unshare --pid --fork --mount-proc \
		"$SOCKKIT" sockets -tn -H -c processes,held_by
	same "$(tr -s ' ' <<<"$output")" '- hidden (pid namespace)'
	[ -z "$stderr" ]
}

# What `ports --why` advises, and what `ports --kill` says with status $2, of the port of number $1: $3.
advised() {
	local port
	port=$(port_of "$1")
	run sockkit ports --why "${@:4}" -f csv -H -c reason,detail "$port"
	[[ $output == *verdict*"$3"* && $output != *'ports --kill'* && $output != *'its owner'* ]]
	run "-$2" --separate-stderr sockkit ports --kill "${@:4}" -H "$port"
	[ -z "$output" ]
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	[[ $stderr == *"nobody was ended for port $port/"*": "*"$3"* ]]
}

@test "no kill is advised that cannot work: io_uring, in flight, the kernel" {
	mksock tcp-in-flight 127.0.0.1
	sockkit sockets -H -t -c pid --owners=bpf >/dev/null 2>&1 || skip 'no BPF here'
	advised 0 1 "[$MKSOCK_PID], who has a message unread that holds it (kill $MKSOCK_PID)"
	# What is advised helps.
	kill "$MKSOCK_PID"
	run -0 sockkit ports --wait-closed=10 "$(port_of 0)"
	if in_netns ip link add 'w;id' type vxlan id 7 dstport 4790 2>/dev/null; then
		in_netns ip link set 'w;id' up
		# shellcheck disable=SC2034 # for port_of
		SOCKETS=('- udp 0.0.0.0:4790 - - - - -')
		advised 0 1 "the kernel itself, for device w;id (ip link delete 'w;id')" -u
	fi
	make_ring
	advised 0 1 "[$MKSOCK_PID], whose io_uring has it (kill $MKSOCK_PID)"
	kill "$MKSOCK_PID"
	run -0 sockkit ports --wait-closed=10 "$(port_of 0)"
}

@test "root is told nothing on stderr of what no process holds" {
	[ "$EUID" -eq 0 ] || skip 'only root sees all'
	mksock tcp-in-flight 127.0.0.1
	for owners in auto proc; do
		run -0 --separate-stderr sockkit sockets -tl -H -c processes --owners=$owners
		[ "$output" = - ]
		[ -z "$stderr" ]
	done
	# Who lacks what it takes is told what that is.
	run -0 --separate-stderr as_nobody "$SOCKKIT" sockets -tl -H -c processes
	[[ $stderr == *CAP_SYS_PTRACE* ]]
}

@test "root of a user namespace is told what it takes to see more" {
	[ "$EUID" -eq 0 ] || skip 'only root sees all'
	in_netns unshare --user --map-root-user true 2>/dev/null || skip 'no user namespaces here'
	mksock tcp-in-flight 127.0.0.1
	run -0 --separate-stderr in_netns unshare --user --map-root-user "$SOCKKIT" sockets -tl -H -c processes
	[[ $stderr == *CAP_SYS_PTRACE* ]]
}

@test "more in flight than is looked at: what was not seen there may be there" {
	sockkit sockets -H -t -c pid --owners=bpf >/dev/null 2>&1 || skip 'no BPF here'
	start 'ready*' in_netns python3 -uc '
import array, resource, socket
resource.setrlimit(resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE)[1:] * 2)
carriers = socket.socketpair()
for n in range(6):
	listeners = [socket.socket() for i in range(200)]
	for listener in listeners:
		listener.bind(("127.0.0.1", 0)); listener.listen()
	carriers[0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [l.fileno() for l in listeners]))])
	for listener in listeners: listener.close()
print("ready"); input()'
	run -0 --separate-stderr sockkit sockets -tlH -c held_by
	[ "${#lines[@]}" -eq 1200 ]
	[ -z "$stderr" ]
	[ "$(grep -c '^in flight (' <<<"$output")" -gt 1000 ]
	[ "$(grep -cvE '^in flight\??( \(.*\))?$' <<<"$output")" -eq 0 ]
	[ "$(grep -c '^in flight?' <<<"$output")" -gt 0 ]
}
