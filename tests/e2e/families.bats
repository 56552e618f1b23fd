# Sockets that are neither TCP nor UDP, compared with what ss says of them row by row.
load helper

# Some of each family in the namespace, with queues, peers and groups. Lines of python: those that
# come as an argument run before it says `ready`.
make_sockets() {
	EXEC_IN_JOB=1 start ready in_netns python3 -u -c "
import ctypes, os, struct, sys
from socket import *
kept = []
def new(*arguments):
    kept.append(socket(*arguments))
    return kept[-1]
def bind_raw(s, path):
    address = struct.pack('H', AF_UNIX) + path
    if ctypes.CDLL(None, use_errno=True).bind(s.fileno(), address, len(address)):
        raise OSError(ctypes.get_errno())
os.chdir(sys.argv[1])
$1
print('ready')
sys.stdin.read()" "$BATS_TEST_TMPDIR"
	export MAKER=$STARTED_PID
}

unix_sockets='
for kind, name in ((SOCK_STREAM, "stream"), (SOCK_SEQPACKET, "seqpacket")):
    listener = new(AF_UNIX, kind); listener.bind(sys.argv[1] + "/" + name); listener.listen(5)
    for accepted in (True, False):
        client = new(AF_UNIX, kind); client.connect(sys.argv[1] + "/" + name)
        if accepted:
            kept.append(listener.accept()[0]); client.send(b"x" * 100)
    new(AF_UNIX, kind).bind(sys.argv[1] + "/bound-" + name)
    new(AF_UNIX, kind)
server = new(AF_UNIX, SOCK_DGRAM); server.bind(sys.argv[1] + "/dgram")
client = new(AF_UNIX, SOCK_DGRAM); client.connect(sys.argv[1] + "/dgram"); client.send(b"hello")
kept += socketpair(AF_UNIX, SOCK_DGRAM) + socketpair(AF_UNIX, SOCK_STREAM)
half = socketpair(AF_UNIX, SOCK_STREAM); kept += half; half[0].shutdown(SHUT_WR)
new(AF_UNIX, SOCK_STREAM).bind("\0abstract"); kept[-1].listen(1)
new(AF_UNIX, SOCK_STREAM).bind("")
'
other_sockets='
for protocol in (1, 89, 255):
    new(AF_INET, SOCK_RAW, protocol)
new(AF_INET6, SOCK_RAW, 58).bind(("::1", 0))
new(AF_INET, SOCK_RAW, 1).connect(("127.0.0.1", 0))
for kind in (SOCK_RAW, SOCK_DGRAM):
    for protocol in (3, 0x800, 0x806, 0x88cc, 0x1234):
        new(AF_PACKET, kind, htons(protocol))
        if protocol != 3:
            kept[-1].bind(("lo", protocol))
new(AF_PACKET, SOCK_RAW, 0)
for protocol, groups in ((0, 0), (0, 0x11), (16, 0), (4, 0), (15, 1)):
    new(AF_NETLINK, SOCK_RAW, protocol).bind((0, groups))
new(AF_NETLINK, SOCK_RAW, 2).bind((0, 0)); kept[-1].connect((os.getpid(), 0))
'
mptcp_sockets='
for family, host in ((AF_INET, "127.0.0.1"), (AF_INET6, "::1")):
    listener = new(family, SOCK_STREAM, 262); listener.bind((host, 0)); listener.listen(3)
    client = new(family, SOCK_STREAM, 262); client.connect(listener.getsockname()[:2])
    kept.append(listener.accept()[0])
    client.send(b"x" * 1000); kept[-1].recv(2000)
    kept[-1].send(b"answer"); client.recv(10)
'

# Whoever looks into all namespaces of the machine, as other tests do meanwhile, has a socket in this one.
no_guests='select((.local // "" | startswith("sock_diag:") | not) or
	.local == "sock_diag:kernel" or .local == "sock_diag:\(env.MAKER)") | '

# Rows as lines of jsonl turned to text by a program of jq.
rows() {
	local program=$no_guests$1
	shift
	sockkit sockets -f jsonl "$@" 2>/dev/null | jq -r "$program" | LC_ALL=C sort -u
}

# What ss calls states, for those that differ; and an address of no socket.
words='def state: {ESTABLISHED: "ESTAB", CONNECTED: "ESTAB", UNCONNECTED: "UNCONN", CLOSED: "UNCONN"}[.state] // .state;
	def any: sub("^(0\\.0\\.0\\.0|\\[::\\]):"; "*:");'

@test "unix sockets, row by row what ss says" {
	make_sockets "$unix_sockets"
	same "$(in_netns ss -xaH | awk '{ print $1, $2, $3, $4, $5, $6, $8 }' | LC_ALL=C sort -u)" \
		"$(rows "$words"'[{stream: "u_str", dgram: "u_dgr", seqpacket: "u_seq"}[.type], state,
			.recv_queue, .send_queue, (.local | if startswith("socket:[") then "*" else . end),
			.inode, (.peer_inode // 0)] | join(" ")' -x -c all)"
	[ "$(rows .inode -x -c inode | wc -l)" -ge 21 ]
	# A peer knows its peer, and calls it as that calls itself.
	sockkit sockets -x -j -c inode,peer_inode,local,remote | jq -e '
		(map({(.inode | tostring): .local}) | add) as $local |
		map(select(.peer_inode)) | length > 8 and
		all(.remote == $local[.peer_inode | tostring] and .inode != .peer_inode)'
}

# What people want to know of a daemon: who its clients are, those that it has not accepted too.
@test "the clients of a unix socket by its path, those that send to one, and its file" {
	local path=$BATS_TEST_TMPDIR/stream each='"\(.inode) \(.remote)"'
	make_sockets "$unix_sockets
waiting = new(AF_UNIX, SOCK_STREAM); waiting.bind(\"own-name\"); waiting.connect(sys.argv[1] + \"/stream\")
senders = [new(AF_UNIX, SOCK_DGRAM) for i in range(3)]
for sender in senders: sender.connect(sys.argv[1] + \"/dgram\")
print(waiting.fileno(), server.fileno(), *[sender.fileno() for sender in senders + [client]])"
	local fds
	read -r -a fds <<<"${STARTED[0]}"
	same "$(rows "$each" -x -c inode,remote dst "$path" | wc -l)" 3
	same "$(rows "$each" -x -c inode,remote dst "$path")" "$(rows "$each" -x -c inode,remote remote = "$path")"
	same "$(rows .inode -x -c inode dst "$path")" "$(rows .inode -x -c inode "dst '*/STREAM'")"
	[ "$(rows .inode -x -c inode not dst "$path" | wc -l)" -eq "$(($(rows .inode -x -c inode | wc -l) - 3))" ]
	# ss shows the file, and the inodes of those that wait; we who they are.
	sockkit sockets -x -j -c local,state,peer,peer_inode,recv_queue,vfs_inode,vfs_device src "$path" |
		jq -e --argjson fd "${fds[0]}" --argjson file "$(stat -c %i "$path")" \
			--arg device "$(stat -c '%Hd:%Ld' "$path")" '
			all(.vfs_inode == $file and .vfs_device == $device) and
			(map(select(.state == "LISTEN")) | length == 1 and .[0].recv_queue == 2 and
				(.[0].peer | length == 2 and any(.fd == $fd)))'
	sockkit sockets -x -j -c peer,remote src "$BATS_TEST_TMPDIR/dgram" | jq -e --arg fds "${fds[*]:2}" '
		length == 1 and .[0].remote == null and
		(.[0].peer | map(.fd) | sort) == ($fds | split(" ") | map(tonumber) | sort)'
	sockkit sockets -x -j -c peer,remote dst "$BATS_TEST_TMPDIR/dgram" | jq -e --argjson fd "${fds[1]}" '
		length == 4 and all(.peer[0].fd == $fd)'
	# They are told without processes, to anybody, and where rows are kept.
	[ "$EUID" -ne 0 ] || same "$(as_nobody "$SOCKKIT" sockets -x -f csv -c inode --sort=inode dst "$path")" \
		"$(sockkit sockets -x -f csv -c inode --sort=inode dst "$path")"
	same "$(sockkit sockets -x -j --sort=-remote -c remote,peer | jq -c 'sort_by(.remote, .peer)')" \
		"$(sockkit sockets -x -j -c remote,peer | jq -c 'sort_by(.remote, .peer)')"
}

@test "the other ends of unix sockets, each that lsof has, and who ss says holds them" {
	command -v lsof >/dev/null || skip 'no lsof'
	make_sockets "$unix_sockets
for i in range(3):
    new(AF_UNIX, SOCK_DGRAM).connect(sys.argv[1] + \"/dgram\")"
	local theirs
	theirs=$(in_netns lsof -w -n +E -U -a -p "$MAKER" |
		sed -n 's/^[^ ]* *[0-9]* .* \([0-9]*\) .*type=.*->INO=[0-9]* \([0-9]*\),.*,\([0-9]*\)u .*/\1 \2:\3/p' | LC_ALL=C sort)
	[ "$(wc -l <<<"$theirs")" -gt 12 ]
	# lsof has one of those that wait or send, and none of who waits.
	same "$(LC_ALL=C comm -23 <(echo "$theirs") \
		<(rows '.inode as $inode | .peer[] | "\($inode) \(.pid):\(.fd)"' -x -c inode,peer))" ''
	same "$(cut -d ' ' -f 1 <<<"$theirs")" "$(rows 'select(.peer != [] and
			(.peer_inode or .state != "ESTABLISHED")).inode' -x -c inode,state,peer,peer_inode)"
	same "$(in_netns ss -xapH | sed 's/.*users:((//; s/)).*//; s/pid=//; s/fd=//' | LC_ALL=C sort -u)" \
		"$(rows '.processes[] | "\"\(.comm)\",\(.pid),\(.fd)"' -x -c processes)"
}

@test "the clients of a unix socket that are in another network namespace" {
	[ "$EUID" -eq 0 ] || skip 'only root can enter namespaces'
	make_sockets 'listener = new(AF_UNIX, SOCK_STREAM); listener.bind(sys.argv[1] + "/daemon"); listener.listen(5)'
	local here=$NETNS_PID inode
	start '[0-9]*' unshare --net python3 -u -c '
import os, sys
from socket import *
client = socket(AF_UNIX, SOCK_STREAM); client.connect(sys.argv[1])
print(os.fstat(client.fileno()).st_ino)
sys.stdin.read()' "$BATS_TEST_TMPDIR/daemon"
	inode=${STARTED[0]}
	same "$(sockkit sockets -x -f csv -H -c inode,remote -N all dst "$BATS_TEST_TMPDIR/daemon")" \
		"$inode,$BATS_TEST_TMPDIR/daemon"
	same "$(sockkit sockets -x -f csv -H -c inode -N "$STARTED_PID" dst "$BATS_TEST_TMPDIR/daemon")" "$inode"
	run -1 sockkit sockets -x -N "$here" dst "$BATS_TEST_TMPDIR/daemon"
}

@test "memory and drops of unix, packet and netlink sockets, row by row what ss says" {
	make_sockets "$unix_sockets$other_sockets
for i in range(3):
    client.send(b'x' * 1000)"
	local option memory='\(.rmem_alloc) \(.rcvbuf) \(.wmem_alloc) \(.sndbuf) \(.fwd_alloc) \(.wmem_queued) \(.optmem) \(.backlog_bytes) \(.drops)'
	for option in -x -0; do
		same "$(in_netns ss -anmeH "$option" | tr '\n\t' '  ' | sed 's/skmem:(r/\n/g' | sed -n '2,$p' |
			sed 's/).*//; s/,[a-z]*/ /g' | LC_ALL=C sort)" \
			"$(sockkit sockets -f jsonl "$option" -m -c +inode | jq -r "\"$memory\"" | LC_ALL=C sort)"
	done
	same "$(rows 'select(.wmem_alloc > 3000) | .remote' -x -m -c +wmem_alloc)" "$BATS_TEST_TMPDIR/dgram"
}

@test "what a netlink socket missed" {
	make_sockets '
import subprocess
new(AF_NETLINK, SOCK_RAW, 0).bind((0, 0x10)); kept[-1].setsockopt(SOL_SOCKET, SO_RCVBUF, 1)
for i in range(50):
    for verb in ("add", "del"):
        subprocess.run(["ip", "addr", verb, "192.0.2.%d/32" % i, "dev", "lo"], check=True)
print(os.fstat(kept[-1].fileno()).st_ino)'
	local inode=${STARTED[0]} drops
	drops=$(in_netns awk -v inode="$inode" '$10 == inode { print $9 }' /proc/net/netlink)
	[ "$drops" -gt 0 ]
	same "$(sockkit sockets --netlink -f csv -H -c drops,rcvbuf inode = "$inode")" "$drops,2304"
	same "$(sockkit sockets --netlink -f csv -H -c inode 'drops > 0')" "$inode"
}

# Numbers of setsockopt(2) are those of linux/if_packet.h: what captures, and how.
packet_programs='
def packet(*options):
    new(AF_PACKET, SOCK_RAW, htons(3)).bind(("lo", 3))
    for option in options:
        kept[-1].setsockopt(263, *option)
    return kept[-1]
packet((10, 1), (5, struct.pack("4I", 65536, 4, 2048, 128)), (13, struct.pack("4I", 65536, 2, 4096, 32)))
packet((10, 2), (5, struct.pack("7I", 65536, 2, 2048, 64, 50, 0, 1)))
for member in range(2):
    packet((18, 7 | 1 << 16))
packet((1, struct.pack("IHH8s", 1, 1, 0, b"")), (8, 1), (9, 1))
program = [(0x28, 0, 0, 12), (0x15, 0, 1, 0x800), (6, 0, 0, 0x40000), (6, 0, 0, 0)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in program))
packet().setsockopt(SOL_SOCKET, 26, struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
'

@test "rings, fanout and filters of packet sockets, row by row what ss says" {
	make_sockets "$packet_programs"
	local ss
	ss=$(in_netns ss -0aebH | tr -d '\n' | sed 's/p_raw/\n/g' | sed -n '2,$p' | sed 's/.*ino://; s/ sk:[^ \t]*//')
	same "$(sed 's/\t/ /g; s/  */ /g; s/ $//' <<<"$ss" | LC_ALL=C sort)" \
		"$(sockkit sockets -0 -j -c all | jq -r '
			def ring(name): if ."\(name)_ring_blocks" then "ring_\(name)(blk_size:" +
				([."\(name)_ring_block_size", "blk_nr:\(."\(name)_ring_blocks")",
				"frm_size:\(."\(name)_ring_frame_size")", "frm_nr:\(."\(name)_ring_frames")",
				"tmo:\(."\(name)_ring_timeout_ms")",
				"features:0x\(."\(name)_ring_features")"] | map(tostring) | join(",")) + ")" else empty end;
			def hex: tonumber | "0x" + ([. / 16, . % 16] | map(floor) | map("0123456789abcdef"[.:. + 1]) | add);
			.[] | [.inode, "ver:\({v1: 0, v2: 1, v3: 2}[.packet_version])", "cpy_thresh:\(.copy_threshold)",
			"flags(", .packet_flags[], ")", ring("rx"), ring("tx"),
			if .fanout_id then "fanout(id:\(.fanout_id),type:\(.fanout_type))" else empty end,
			if .bpf_filter then (.bpf_filter | split(",") | "bpf filter (\(.[0])): " + (.[1:] |
				map((. | split(" ")) as $i | "\($i[0] | hex) \($i[1:] | join(" ")),") | join(" ")))
				else empty end] | map(tostring) | join(" ")' | LC_ALL=C sort)"
	[ "$(wc -l <<<"$ss")" -eq 6 ]
	# What ss does not show: who listens to everybody's.
	sockkit sockets -0 -j -c memberships,packet_flags 'memberships = promisc' |
		jq -e 'length == 1 and .[0] == {memberships: ["promisc"], packet_flags: ["running", "auxdata", "origdev"]}'
	same "$(sockkit sockets -0 -f csv -H -c fanout_id,fanout_type fanout_type = lb)" $'7,lb\n7,lb'
	same "$(sockkit sockets -0 -f csv -H -c bpf_filter --sort=-bpf_filter | head -n 1)" \
		'"4,40 0 0 12,21 0 1 2048,6 0 0 262144,6 0 0 0"'
	[ "$EUID" -eq 0 ] || return 0
	run -0 as_nobody "$SOCKKIT" sockets -0 -f csv -H -c rx_ring_frames,bpf_filter
	same "$(sort -n <<<"$output" | tail -n 2)" $'64,\n128,'
}

@test "for whom TCP has MD5 keys, as ss has it, and never a key" {
	make_sockets '
for host in "127.0.0.1", "127.0.0.2":
    listener = new(); listener.bind((host, 0)); listener.listen()
peer = struct.pack("HH4s120s", AF_INET, 0, inet_aton("192.0.2.1"), b"")
net = struct.pack("HH4s120s", AF_INET, 0, inet_aton("198.51.100.0"), b"")
try:
    listener.setsockopt(IPPROTO_TCP, 14, peer + struct.pack("BBHi80s", 0, 0, 6, 0, b"secret"))
    listener.setsockopt(IPPROTO_TCP, 32, net + struct.pack("BBHi80s", 1, 24, 6, 0, b"secret"))
except OSError: print("none")'
	[ "${STARTED[0]}" != none ] || skip 'this kernel has no TCP_MD5SIG'
	same "$(in_netns ss -tlniH | grep -a -o 'md5keys:[0-9./=,a-z]*' | sed 's/md5keys://; s/=[a-z0-9]*//g')" \
		"$(sockkit sockets -f csv -H -c md5_peers md5_peers != - | tr -d '"')"
	run -0 sockkit sockets -j -i -e
	[[ $output == *198.51.100.0/24* && $output != *secret* ]]
	[ "$EUID" -eq 0 ] || return 0
	run -0 as_nobody "$SOCKKIT" sockets -f csv -H -c md5_peers
	same "$output" $'""\n""'
}

@test "raw, packet, netlink and MPTCP sockets, row by row what ss says" {
	make_sockets "$other_sockets"
	same "$(in_netns ss -wanH | awk '{ sub(/^(0\.0\.0\.0|\[::\]):/, "*:", $4)
			sub(/^0\.0\.0\.0:\*$/, "*:*", $5); print $1, $2, $3, $4, $5 }' | LC_ALL=C sort -u)" \
		"$(rows "$words"'[state, .recv_queue, .send_queue, (.local | any), .remote // "*:*"] | join(" ")' \
			-w -c all)"
	same "$(in_netns ss -0aH | sed 's/LLDP/lldp/; s/\[4660\]/0x1234/; s/\[0\]/0x0000/' |
		awk '{ print $1, $3, $4, $5 }' | LC_ALL=C sort -u)" \
		"$(rows '[{raw: "p_raw", dgram: "p_dgr"}[.type], .recv_queue, .send_queue,
			(.local // "*:*")] | join(" ")' -0 -c all)"
	# Of those that ask one is ss itself, and the question waits in the kernel's queue; port ids above
	# 2^31 ss takes for negative.
	same "$(in_netns ss -f netlink -nH | awk -v maker="$MAKER" '
			$3 ~ /^4:/ && $3 != "4:0" && $3 != "4:" maker { next }
			{ sub(/\*/, "*:*", $4); print $3 == "4:0" ? 0 : $1, $2, $3, $4 }' | LC_ALL=C sort -u)" \
		"$(rows '{rtnetlink: 0, usersock: 2, sock_diag: 4, xfrm: 6, selinux: 7, iscsi: 8, audit: 9,
			fib_lookup: 10, connector: 11, netfilter: 12, kobject_uevent: 15, generic: 16,
			rdma: 20, crypto: 21, smc: 22} as $number | (.local | split(":")) as $local |
			($local[1] | if . == "kernel" then 0 else tonumber end) as $port |
			[if .local == "sock_diag:kernel" then 0 else .recv_queue end, .send_queue, "\($number[$local[0]]):\(if $port >= 2147483648 then
				$port - 4294967296 else $port end)", .remote // "*:*"] | join(" ")' --netlink -c all)"
	[ "$(rows .groups --netlink -c groups,local | grep -c '^1,5$')" -eq 1 ]
	[ "$(rows .inode -w -c inode | wc -l)" -eq 5 ]
	[ "$(rows .inode -0 -c inode | wc -l)" -eq 11 ]
}

@test "MPTCP connections, row by row what ss says" {
	if ! in_netns python3 -c 'from socket import *; socket(AF_INET, SOCK_STREAM, 262)' 2>/dev/null; then
		[ -z "$(rows .local -M)" ]
		return
	fi
	make_sockets "$mptcp_sockets"
	same "$(in_netns ss -ManH | awk '{ sub(/^(0\.0\.0\.0|\[::\]):\*$/, "*:*", $5); print $1, $2, $3, $4, $5 }' |
		LC_ALL=C sort -u)" \
		"$(rows "$words"'[state, .recv_queue, .send_queue, .local, .remote // "*:*"] | join(" ")' -M -c all)"
	[ "$(rows .inode -M -c inode | wc -l)" -eq 6 ]
	# What MPTCP knows inside; ss has it in hexadecimal. Of listeners there is nothing to know.
	same "$(in_netns ss -MniH | grep -o 'token:.*' | sed 's/[a-z_]*://g; s/ *$//' | LC_ALL=C sort)" \
		"$(sockkit sockets -M -f csv -H -c mptcp_token,mptcp_write_seq,mptcp_snd_una,mptcp_rcv_nxt mptcp_token != - |
			python3 -c 'import sys
for line in sys.stdin: print(*("%x" % int(n) for n in line.split(",")))' | LC_ALL=C sort)"
	sockkit sockets -M -j -i | jq -e 'length == 6 and all((.state == "LISTEN") == (.mptcp_token == null)) and
		(map(select(.mptcp_token)) | length == 4 and map(.mptcp_bytes_sent) == map(.mptcp_bytes_acked) and
			([.[].mptcp_bytes_sent] | sort) == ([.[].mptcp_bytes_received] | sort) and
			any(.mptcp_bytes_sent == 1000))'
	same "$(rows 'select(.proto == "mptcp").inode' -c proto,inode)" "$(rows .inode -M -c inode)"
	[ "$(rows .inode -M4 -c inode | wc -l)" -eq 3 ]
	same "$(rows .family -M6 -c family)" inet6
}

# Whoever looks at an MPTCP listener gives it a cookie, which what it accepts then inherits.
@test "MPTCP connections of a listener that was looked at are all there" {
	in_netns python3 -c 'from socket import *; socket(AF_INET, SOCK_STREAM, 262)' 2>/dev/null ||
		skip 'no MPTCP here'
	run -0 in_netns python3 - "$SOCKKIT" <<'END'
import json, select, subprocess, sys
from socket import *
command = [sys.argv[1], "sockets", "-M"]
def rows(*filter):
    return json.loads(subprocess.run([*command, "-j", "-c", "cookie,local,remote", *filter],
        check=True, stdout=subprocess.PIPE).stdout)
def connect(kept=[]):
    client = socket(AF_INET, SOCK_STREAM, 262)
    client.connect(listener.getsockname())
    kept += [client, listener.accept()[0]]
    return "127.0.0.1:%d" % client.getsockname()[1]
listener = socket(AF_INET, SOCK_STREAM, 262)
listener.bind(("127.0.0.1", 0))
listener.listen()
port = listener.getsockname()[1]
(looked_at,) = rows()
clients = {connect() for i in range(20)}
found = rows(f"sport = :{port}")
assert len(found) == 21, found
assert {row["cookie"] for row in found} == {looked_at["cookie"]}, found
assert {row["remote"] for row in found} == clients | {None}, found
assert len(rows(f"dport = :{port}")) == 20

follow = subprocess.Popen([*command, "-t", "-f", "jsonl", "-c", "event,local,remote", "--follow=20ms"],
    stdout=subprocess.PIPE, text=True)
probes = []
while not select.select([follow.stdout], [], [], 0.1)[0]:
    probes.append(socket())
    probes[-1].bind(("127.0.0.1", 0))
    probes[-1].listen()
clients = {connect() for i in range(20)}
while clients:
    row = json.loads(follow.stdout.readline())
    # TCP has more to tell where BPF may be used; MPTCP is looked for.
    if row["event"] == "opened" and row["local"] == f"127.0.0.1:{port}":
        clients.discard(row["remote"])
follow.terminate()
assert follow.wait() in (0, -15)
END
}

@test "who holds a socket of any family" {
	make_sockets "$unix_sockets$other_sockets"
	local option
	for option in -x -0 -w; do
		sockkit sockets -j "$option" | jq -e --argjson pid "$MAKER" 'length > 0 and all(.pid == $pid)'
	done
	# At the other end of its pairs it is the same process; nobody is there of those without a remote
	# end, but for clients that wait and who sends datagrams.
	sockkit sockets -x -j -c peer,peer_inode,remote,state,type,recv_queue | jq -e --argjson pid "$MAKER" '
		(map(select(.peer_inode)) | length > 8 and all(.peer[0].pid == $pid)) and
		(map(select(.state == "LISTEN")) | all((.peer | length) == .recv_queue)) and
		(map(select(.remote == null and .state != "LISTEN")) | length > 3 and
			all(.peer == [] or (.type == "dgram" and .state == "CONNECTED")))'
	sockkit sockets -j --netlink | jq -e --argjson pid "$MAKER" '
		map('"$no_guests"'select(.local | endswith(":kernel") | not)) | length == 6 and all(.pid == $pid)'
}

@test "the same sockets by /proc/net" {
	make_sockets "$unix_sockets$other_sockets"
	local option
	for option in -x -0 -w --netlink; do
		# There is no word of what a netlink socket is connected to. Connections that nobody has
		# accepted have no inode, and netlink passes them over.
		same "$(rows '[.proto, .inode, .state, .local] | join(" ")' "$option" -c all |
			sed 's/^\(netlink .*\) CONNECTED /\1 UNCONNECTED /' | LC_ALL=C sort -u)" \
			"$(rows 'select(.inode or (.local | endswith(":kernel"))) |
				[.proto, .inode, .state, .local] | join(" ")' "$option" -c all --source=proc)"
	done
	same "$(rows .local --netlink -c local)" "$(rows .local --netlink -c local --source=proc)"
	run -3 sockkit sockets --vsock --source=proc
}

hostile='
for name in (b"\0in\0ner\0", b"\0\x1b[31m\n", b"\0\xff\xfe", b"\0" + b"L" * 107, b"\0 ",
        os.fsencode(sys.argv[1]) + b"/new\nline", b"\xff\x1b[2J", b"@relative", b"socket:[5]", b"a,\"b\""):
    new(AF_UNIX, SOCK_DGRAM).bind(name)
bind_raw(new(AF_UNIX, SOCK_DGRAM), b"p" * 108)
'

@test "names with anything in them are shown whole, and nothing leaves its cell" {
	make_sockets "$hostile"
	run -0 sockkit sockets -x -H -c local,state,processes
	[ "${#lines[@]}" -eq 11 ]
	[[ $output != *$'\e'* ]]
	[[ $output == *'@in\x00ner\x00 '* && $output == *'@\e[31m\n '* && $output == *'@\xff\xfe '* ]]
	[[ $output == *'/new\nline '* && $output == *'\xff\e[2J '* && $output == *'./@relative '* ]]
	[[ $output == *'./socket:[5] '* ]]
	sockkit sockets -x -j | jq -e 'length == 11 and ([.[].local] |
		any(. == "@in\u0000ner\u0000") and any(. == "@\u001b[31m\n") and any(. == "@\ufffd\ufffd") and
		any(. == "@" + "L" * 107) and any(. == "p" * 108) and any(. == "./socket:[5]"))'
	run -0 sockkit sockets -x -f csv -H -c local,type
	[[ $output == *'"a,""b""",dgram'* && $output != *$'\e'* ]]
	same "$(sockkit sockets -x -j --sort=local | jq -c 'map(.inode) | sort')" \
		"$(sockkit sockets -x -j --sort=-local | jq -c 'map(.inode) | sort')"
	same "$(sockkit sockets -x -j --sort=local -c local | jq -c 'map(.local)')" \
		"$(sockkit sockets -x -j --sort=-local -c local | jq -c 'map(.local) | reverse')"
	# One of the lines that a newline makes cannot be read.
	run -3 --separate-stderr sockkit sockets -x --source=proc -c local
	[[ $stderr == *'could not be read'* ]]
}

@test "tables by the names that ss has for them" {
	make_sockets "$unix_sockets$other_sockets"
	mksock tcp-listen 127.0.0.1 , udp-bound 127.0.0.1
	local each='"\(.proto) \(.type) \(.inode) \(.local)"'
	same "$(rows "$each" -A unix -c all)" "$(rows "$each" -x -c all)"
	same "$(rows "$each" -A all -c all)" \
		"$(rows "$each" -t -u -w -x -0 -M --netlink --vsock --xdp --sctp --tipc --smc -c all)"
	same "$(rows "$each" -A '!inet' -c all)" "$(rows "$each" -x -0 --netlink -c all)"
	same "$(rows "$each" -A 'inet' -c all)" "$(rows "$each" -tuwM -c all)"
	same "$(rows "$each" -c all)" "$(rows "$each" -tuwM -c all)"
	same "$(rows .type -A u_str,u_seq -c type | tr '\n' ' ')" 'seqpacket stream '
	same "$(rows "$each" -A u_str,unix_seqpacket,unix_dgram -c all)" "$(rows "$each" -x -c all)"
	same "$(rows .type -x -A '!u_dgr' -c type | tr '\n' ' ')" 'seqpacket stream '
	same "$(rows '"\(.proto) \(.type)"' -A p_dgr,tcp -c all | tr '\n' ' ')" 'packet dgram tcp stream '
	same "$(rows .proto -x -t -c proto | tr '\n' ' ')" 'tcp unix '
	for bad in '' nothing 'tcp,' ,tcp '!' TCP; do
		run -2 sockkit sockets -A "$bad"
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "states and ports in filters" {
	make_sockets "$unix_sockets$other_sockets"
	same "$(rows .state -x -c state state listening)" LISTEN
	[ "$(rows .inode -x -c inode state listening | wc -l)" -eq 3 ]
	same "$(rows .state -x -c state state established | tr '\n' ' ')" 'CONNECTED ESTABLISHED '
	same "$(rows .state -xl -c state | tr '\n' ' ')" 'LISTEN '
	same "$(rows .state -0 -l -c state)" UNCONNECTED
	run -1 sockkit sockets -x sport = :22
	run -1 sockkit sockets -x -0 --netlink 'port > 0'
	run -1 sockkit sockets -x dst 0.0.0.0/0
	run -0 sockkit sockets -x 'not port = 22'
	# The port of a raw socket is its protocol, as in ss.
	same "$(rows .local -w -c local sport = :89)" 0.0.0.0:89
}

@test "what the kernel lacks is no rows, and trouble only where nothing else was asked for" {
	local option status=0
	for option in --vsock --xdp --tipc --sctp --smc -M -0 --netlink -x -w; do
		run --separate-stderr sockkit sockets "$option"
		[ "$status" -eq 0 ] || {
			[ "$status" -eq 3 ]
			[ "${#stderr_lines[@]}" -eq 1 ]
			[[ $stderr == *'tells nothing of'* ]]
		}
		run -0 --separate-stderr sockkit sockets -t "$option"
		[ -z "$stderr" ]
	done
	run -0 --separate-stderr sockkit sockets -A all
	[ -z "$stderr" ]
	run -0 --separate-stderr sockkit sockets
	[ -z "$stderr" ]
}

@test "vsock and XDP sockets, row by row what ss says, where the kernel tells" {
	local status=0
	sockkit sockets --vsock >/dev/null 2>&1 || status=$?
	if [ "$status" -eq 3 ]; then
		[ -z "$(in_netns ss --vsock -naH)" ]
	else
		make_sockets 'new(AF_VSOCK, SOCK_STREAM).bind((0xffffffff, 1234)); kept[-1].listen(1)'
		same "$(in_netns ss --vsock -naH | awk '{ print $2, $5, $6 }' | LC_ALL=C sort -u)" \
			"$(rows "$words"'[state, .local, .remote // "*:*"] | join(" ")' --vsock -c all)"
	fi
	status=0
	sockkit sockets --xdp >/dev/null 2>&1 || status=$?
	if [ "$status" -eq 3 ]; then
		[ -z "$(in_netns ss --xdp -naH)" ]
	else
		make_sockets 'new(44, SOCK_RAW, 0)'
		same "$(in_netns ss --xdp -naH | wc -l)" "$(rows .inode --xdp -c inode | wc -l)"
	fi
}

@test "somebody else sees the same rows" {
	make_sockets "$unix_sockets$other_sockets"
	as_nobody "$SOCKKIT" sockets -A all -H -c proto,type,state,local,remote,inode,uid \
		>"$BATS_TEST_TMPDIR/rows" 2>"$BATS_TEST_TMPDIR/why"
	[ ! -s "$BATS_TEST_TMPDIR/why" ]
	same "$(sockkit sockets -A all -H -c proto,type,state,local,remote,inode,uid | tr -s ' ' | sort)" \
		"$(tr -s ' ' <"$BATS_TEST_TMPDIR/rows" | sort)"
	as_nobody "$SOCKKIT" sockets -x -j 2>"$BATS_TEST_TMPDIR/why" | jq -e 'length > 20 and all(.pid == null)'
	[ "$(wc -l <"$BATS_TEST_TMPDIR/why")" -eq 1 ]
}
