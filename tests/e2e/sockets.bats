# `sockkit sockets` on the live kernel, compared with what was made and with what ss says.
load helper

# Both listings as sorted lines: proto state recv-q send-q local remote. Wildcards are spelled in
# several ways by ss; sockets that are only bound it does not know.
ours() {
	sockkit sockets -H -c proto,state,recv_queue,send_queue,local,remote "$@" |
		awk '$2 != "BOUND" { sub(/^(0\.0\.0\.0|\[::\]):/, "*:", $5); print $1, $2, $3, $4, $5, $6 }' | sort
}

theirs() {
	in_netns ss -tuanH "$@" | awk '
		BEGIN {
			word["ESTAB"] = "ESTABLISHED"; word["SYN-RECV"] = "SYN-RECEIVED"
			word["UNCONN"] = "UNCONNECTED"
		}
		{
			state = ($2 in word) ? word[$2] : $2
			if ($1 == "udp" && $2 == "ESTAB")
				state = "CONNECTED"
			sub(/^(0\.0\.0\.0|\[::\]):/, "*:", $5)
			sub(/^(0\.0\.0\.0|\[::\]):\*$/, "*:*", $6)
			print $1, state, $3, $4, $5, $6
		}' | sort
}

hundreds_of_sockets() {
	mksock tcp-listen 127.0.0.1 0 7 , tcp-listen ::1 , tcp-listen 0.0.0.0 , tcp-listen :: , \
		tcp-queued 127.0.0.1 0 3 , tcp-queued ::1 0 2 , \
		tcp-unread 127.0.0.1 0 1234 , tcp-unread ::1 , \
		tcp-syn-sent 127.0.0.1 , tcp-syn-sent ::1 , tcp-syn-recv 127.0.0.1 , tcp-syn-recv ::1 , \
		tcp-fin-wait-1 127.0.0.1 , tcp-fin-wait-1 ::1 , tcp-fin-wait-2 127.0.0.1 , tcp-fin-wait-2 ::1 , \
		tcp-orphan 127.0.0.1 , tcp-orphan ::1 , tcp-last-ack 127.0.0.1 , tcp-last-ack ::1 , \
		tcp-closing 127.0.0.1 , tcp-closing ::1 , tcp-time-wait 127.0.0.1 , tcp-time-wait ::1 , \
		tcp-bound 127.0.0.1 , tcp-bound ::1 , udp-bound 127.0.0.1 , udp-bound :: , \
		udp-connected 127.0.0.1 , udp-connected ::1 , tcp-many 127.0.0.1 0 150 , tcp-many ::1 0 50
}

@test "row by row what ss says, hundreds of sockets in every state" {
	hundreds_of_sockets
	same "$(theirs)" "$(ours)"
	[ "$(ours | wc -l)" -gt 400 ]
	same "$(ours | cut -d ' ' -f 2 | sort -u | tr '\n' ' ')" \
		'CLOSE-WAIT CLOSING CONNECTED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 LAST-ACK LISTEN SYN-RECEIVED SYN-SENT TIME-WAIT UNCONNECTED '
}

@test "the same by /proc/net, but for what it cannot know" {
	hundreds_of_sockets
	# Backlogs are not in /proc/net; requests are.
	same "$(theirs | awk '$2 == "LISTEN" { $4 = 0 } { print }' | sort)" \
		"$(ours --source=proc | awk '$2 == "LISTEN" { $4 = 0 } { print }' | sort)"
}

@test "filters choose the rows that ss chooses" {
	hundreds_of_sockets
	local filter count=0
	# ss leaves the state out where it can be only one.
	both_ends() {
		awk '{ sub(/^(0\.0\.0\.0|\[::\]):/, "*:", $(NF - 1))
			sub(/^(0\.0\.0\.0|\[::\]):\*$/, "*:*", $NF)
			print $1, $(NF - 1), $NF }' | sort
	}
	while IFS= read -r filter; do
		case $filter in '#'* | '') continue ;; esac
		# shellcheck disable=SC2086 # words
		set -f && set -- $filter && set +f
		same "$filter: $(in_netns ss -tuanH "$@" | both_ends)" \
			"$filter: $(sockkit sockets -H -c proto,state,local,remote "$@" |
				awk '$2 != "BOUND"' | both_ends)"
		count=$((count + 1))
	done <"$BATS_TEST_DIRNAME/filters.txt"
	[ "$count" -ge 60 ]
}

@test "options choose what ss's choose" {
	hundreds_of_sockets
	same "$(theirs -4)" "$(ours -4)"
	same "$(theirs -6)" "$(ours -6)"
	same "$(theirs | grep ^tcp)" "$(ours -t)"
	same "$(theirs | grep ^udp)" "$(ours -u)"
	same "$(theirs | grep -E 'LISTEN|UNCONNECTED')" "$(ours -l)"
	same "$(theirs)" "$(ours -l -a)"
}

@test "sockets that are only bound are shown" {
	mksock tcp-bound 127.0.0.1
	[ "$(sockkit sockets -H -c state,local)" = "BOUND  127.0.0.1:$(port_of 0)" ]
	[ "$(sockkit sockets -H -c local state bound-inactive)" = "127.0.0.1:$(port_of 0)" ]
	run -1 sockkit sockets state listening
}

@test "all holders with pid and descriptor" {
	mksock share 2 udp-bound 127.0.0.1
	sockkit sockets -u -f jsonl >"$BATS_TEST_TMPDIR/rows"
	same "$(printf '%s\n' "${SOCKETS[@]}" | awk '{ print $7, $8 }' | sort -n)" \
		"$(jq -r '.processes[] | "\(.pid) \(.fd)"' "$BATS_TEST_TMPDIR/rows" | sort -n)"
	[ "$(jq -r '.inode' "$BATS_TEST_TMPDIR/rows")" = "$(field 0 inode)" ]
	[ "$(jq -r '.process' "$BATS_TEST_TMPDIR/rows")" = mksock ]
	[[ $(sockkit sockets -u -H -c processes) == *"mksock[$MKSOCK_PID]:$(field 0 fd)"*,* ]]
}

@test "TIME-WAIT has a timer and no owner" {
	mksock tcp-time-wait
	sockkit sockets -f jsonl -e state time-wait >"$BATS_TEST_TMPDIR/rows"
	jq -e '.timer == "time-wait" and .timer_ms > 0 and .timer_ms <= 60000' "$BATS_TEST_TMPDIR/rows"
	jq -e '.uid == null and .user == null and .inode == null and .pid == null and .processes == []' \
		"$BATS_TEST_TMPDIR/rows"
}

@test "a name with anything in it cannot leave its cell" {
	mksock -n $'a) b\e[31m\n\xff\xe2\x80\xae' udp-bound
	run -0 sockkit sockets -u -H
	[ "${#lines[@]}" -eq 1 ]
	[[ $output != *$'\e'* ]]
	sockkit sockets -u -j | jq -e 'length == 1'
	sockkit sockets -u -f csv -c process,pid | grep -c . | grep -qx 2
	sockkit sockets -u -p >/dev/null
}

@test "columns, order, and what they are without an end" {
	mksock tcp-listen 127.0.0.1
	run -0 sockkit sockets -c local_port,remote_port,remote_address,remote -f csv
	same "$output" "local_port,remote_port,remote_address,remote
$(port_of 0),,,"
	run -0 sockkit sockets -c local_port,remote_port,remote -j
	same "$(jq -c . <<<"$output")" "[{\"local_port\":$(port_of 0),\"remote_port\":null,\"remote\":null}]"
	[ "$(sockkit sockets -H -c remote)" = '*:*' ]
	[ "$(sockkit sockets -c all -f csv | head -n 1 | tr ',' '\n' | wc -l)" -gt 20 ]
	[ "$(sockkit sockets -c -processes | head -n 1 | wc -w)" -eq 6 ]
	[ "$(sockkit sockets -c +inode -H | awk '{ print $NF }')" = "$(field 0 inode)" ]
}

@test "rows are sorted by what is asked for" {
	mksock tcp-listen 127.0.0.1 5001 , tcp-listen 127.0.0.1 900 , tcp-listen 127.0.0.1 5000
	same "$(sockkit sockets -H -c local_port --sort=local_port)" "$(printf '%4s\n' 900 5000 5001)"
	same "$(sockkit sockets -H -c local_port --sort=-local_port | tr -d ' ')" $'5001\n5000\n900'
	same "$(sockkit sockets -f csv -H -c processes --sort=local_port)" \
		"$(printf '%s\n' "${SOCKETS[@]}" | sort -t : -k 2 -n | awk '{ print "mksock[" $7 "]:" $8 }')"
}

@test "an interface is named where an address needs it" {
	in_netns ip link add veth0 type veth peer name veth1
	in_netns ip addr add fe80::1/64 dev veth0 nodad
	in_netns ip link set veth0 up
	in_netns ip link set veth1 up
	start '*' in_netns sh -c 'echo begun; exec socat TCP6-LISTEN:81,bind=[fe80::1%veth0],so-bindtodevice=veth0 PIPE'
	start '*' in_netns sh -c 'echo begun; exec socat TCP4-LISTEN:82,so-bindtodevice=lo PIPE'
	eventually is_bound 81
	eventually is_bound 82
	[ "$(sockkit sockets -H -c local sport = :81)" = '[fe80::1%veth0]:81' ]
	[ "$(sockkit sockets -H -c local sport = :82)" = '0.0.0.0%lo:82' ]
	sockkit sockets -f jsonl sport = :81 | jq -e '.local_address == "fe80::1" and .interface == "veth0"'
	[ "$(sockkit ports -f csv -H -c address,scope 81)" = 'fe80::1%veth0,link' ]
	[ "$(sockkit ports -f csv -H -c address,scope 82)" = '0.0.0.0,loopback' ]
}

@test "JSON is one document, also when there is nothing" {
	[ "$(sockkit sockets -j | jq -c .)" = '[]' ]
	[ -z "$(sockkit sockets -f jsonl)" ]
	[ "$(sockkit sockets -f csv | wc -l)" -eq 1 ]
	[ "$(sockkit sockets | wc -l)" -eq 1 ]
}

@test "exit status: a filter without a match is no, a bare listing is yes" {
	run -0 sockkit sockets
	run -0 sockkit sockets -t -l
	run -1 sockkit sockets state listening
	mksock tcp-listen
	run -0 sockkit sockets state listening
	run -1 sockkit sockets port 1
	# No, or, where there is nobody to be asked, trouble.
	run sockkit sockets dst nosuchhost.invalid
	[ "$status" -eq 1 ] || [ "$status" -eq 3 ]
	[[ $output == *nosuchhost.invalid* ]]
	run -2 sockkit sockets sport = nosuchservice
	[[ $output == *nosuchservice* ]]
}

@test "service names and host names, only when asked for" {
	local name
	mksock tcp-listen 127.0.0.1 80
	[ "$(sockkit sockets -H -c local)" = 127.0.0.1:80 ]
	# A minimal system has no /etc/hosts, and no name for it.
	name=$(getent hosts 127.0.0.1 | awk '{ print $2 }')
	[ "$(sockkit sockets -H -c local -r)" = "${name:-127.0.0.1}:http" ]
	[ "$(sockkit sockets -H -c local -r -n)" = 127.0.0.1:80 ]
	[ "$(sockkit sockets -H -c service)" = http ]
	[ "$(sockkit sockets -H -c local sport = :http)" = 127.0.0.1:80 ]
}

@test "a mapped address has the name of its host" {
	mksock tcp-listen ::ffff:127.0.0.1 80
	[ "$(sockkit sockets -H -c local -r)" = localhost:http ]
}

@test "a /proc that hides processes is told of as well" {
	need_mounts
	[ "$EUID" -eq 0 ] || skip 'only root can mount /proc'
	mksock tcp-listen 127.0.0.1 80
	# shellcheck disable=SC2016 # expands in the namespace
	run -0 --separate-stderr in_netns unshare --mount sh -c '
		mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid=65534 --regid=65534 \
			--clear-groups --inh-caps=-all "$0" sockets -H -c local,processes' "$SOCKKIT"
	same "$output" '127.0.0.1:80  -'
	[[ $stderr == *'run as root'* ]]
}

@test "somebody else sees every row, and one line why not every owner" {
	hundreds_of_sockets
	as_nobody "$SOCKKIT" sockets -H -c proto,state,local,remote >"$BATS_TEST_TMPDIR/rows" 2>"$BATS_TEST_TMPDIR/why"
	same "$(sockkit sockets -H -c proto,state,local,remote | sort)" "$(sort "$BATS_TEST_TMPDIR/rows")"
	[ ! -s "$BATS_TEST_TMPDIR/why" ]
	as_nobody "$SOCKKIT" sockets -j >"$BATS_TEST_TMPDIR/rows" 2>"$BATS_TEST_TMPDIR/why"
	jq -e 'length > 400 and all(.pid == null)' "$BATS_TEST_TMPDIR/rows"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/why")" -eq 1 ]
	grep -q 'run as root' "$BATS_TEST_TMPDIR/why"
}

# ---- both ends ----

@test "direction: in at the port of a listener, out elsewhere, nothing where there is no connection" {
	mksock tcp-queued ::1 9000 2 , tcp-established 127.0.0.1 9001 , udp-connected 127.0.0.1 9002 , tcp-syn-sent 127.0.0.1 9003
	direction() {
		sockkit sockets -f csv -H -c direction "$@" | sort -u
	}
	same "$(direction state listening or state bound or state unconnected)" '""'
	same "$(direction sport = :9000 state established)" in
	same "$(direction dport = :9000)" out
	# Its listener is gone.
	same "$(direction sport = :9001)" out
	same "$(direction dport = :9002 or dport = :9003)" out
	sockkit sockets -j -c direction state listening | jq -e 'all(.direction == null)'
	same "$(direction --source=proc sport = :9000 state established)" in
}

@test "peer: who holds the other end, by TCP and UDP, IPv4, IPv6 and the one in the other" {
	local server client
	EXEC_IN_JOB=1 start ready in_netns python3 -u -c 'import signal, socket
s = socket.create_server(("::", 9000), family=socket.AF_INET6, dualstack_ipv6=True)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("0.0.0.0", 9001))
print("ready")
kept = [s.accept() for _ in range(2)]
print("accepted")
signal.pause()'
	server=$STARTED_PID
	EXEC_IN_JOB=1 start ready in_netns python3 -u -c 'import signal, socket
a = socket.create_connection(("127.0.0.1", 9000))
b = socket.create_connection(("::1", 9000))
c = socket.create_connection(("127.0.0.1", 9000))
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.connect(("127.0.0.1", 9001))
print("ready")
signal.pause()'
	client=$STARTED_PID
	peers() {
		sockkit sockets -f jsonl -c pid,peer "$@" | jq -r '.peer[].pid' | sort | uniq -c | awk '{ print $1, $2 }'
	}
	eventually are_accepted 2
	same "$(peers dport = :9000)" "3 $server"
	# Nobody holds the third one yet, and it has its other end.
	same "$(peers sport = :9000 state established)" "3 $client"
	same "$(peers dport = :9001)" "1 $server"
	same "$(peers state listening)" ''
	same "$(peers --source=proc dport = :9000)" "3 $server"
	kill "$server"
	sockkit ports --wait-closed="$PATIENCE" 9000
	same "$(peers dport = :9000)" ''
}

are_accepted() {
	[ "$(sockkit sockets -f csv -H -c pid sport = :9000 state established | grep -c '[0-9]')" -eq "$1" ]
}

@test "peer: all who share it, and not who merely has such a port elsewhere" {
	in_netns ip addr add 10.0.0.1/32 dev lo
	mksock share 2 tcp-established ::1 9000
	[ "$(sockkit sockets -f jsonl -c peer dport = :9000 | jq '.peer | length')" -eq 3 ]
	EXEC_IN_JOB=1 start ready in_netns python3 -u -c 'import signal, socket
s = socket.create_server(("10.0.0.1", 9001))
t = socket.create_server(("127.0.0.1", 9001))
c = socket.create_connection(("10.0.0.1", 9001))
print("ready")
signal.pause()'
	[ "$(sockkit sockets -f jsonl -c peer dport = :9001 | jq -c '.peer | map(.pid)')" = "[$STARTED_PID]" ]
	sockkit sockets -p --sort=local_port >/dev/null
	# A hidden holder is none.
	[ "$EUID" -ne 0 ] || [ "$(as_nobody "$SOCKKIT" sockets -f jsonl -c peer dport = :9001 2>/dev/null)" = '{"peer":[]}' ]
}

@test "direction and peer are told in another namespace, by its own listeners and ends" {
	[ "$EUID" -eq 0 ] || skip 'only root can enter the namespaces of others'
	mksock tcp-queued 127.0.0.1 9000 1
	"$SOCKKIT" sockets -N "$NETNS_PID" -f jsonl -c direction,peer sport = :9000 state established >"$BATS_TEST_TMPDIR/rows"
	jq -e --argjson pid "$MKSOCK_PID" '.direction == "in" and (.peer | map(.pid)) == [$pid]' "$BATS_TEST_TMPDIR/rows"
	same "$("$SOCKKIT" sockets -N all -f jsonl -c pid,direction,peer,netns dport = :9000 state established |
		jq -c --argjson pid "$MKSOCK_PID" 'select(.pid == $pid) | [.direction, .peer[].pid]')" "[\"out\",$MKSOCK_PID]"
}
