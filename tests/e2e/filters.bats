# Filters of `sockkit sockets` beyond ports, addresses and states: what ss knows of these is compared
# with ss, and columns with what jq chooses from all rows.
load helper

# Some of everything that filters ask for.
sockets_of_all_kinds() {
	local mark=()
	[ "$EUID" -ne 0 ] || mark=(mark 5)
	mksock -n 'two words' "${mark[@]}" device lo tcp-established 127.0.0.1 , \
		"${mark[@]}" tcp-listen ::1 , "${mark[@]}" tcp-time-wait 127.0.0.1 , \
		device lo udp-bound 127.0.0.1 , tcp-listen 127.0.0.1 40001 7 , udp-connected ::1 , \
		share 1 tcp-listen 127.0.0.1 443 , tcp-syn-recv 127.0.0.1 , \
		device lo tcp-time-wait ::1 , tcp-unread 127.0.0.1 0 12345 , tcp-queued ::1 0 3 , \
		tcp-fin-wait-2 127.0.0.1 , tcp-bound 127.0.0.1 , tcp-syn-sent ::1
}

# Protocol and ends, one spelling for each.
spelled() {
	awk '{ gsub(/0\.0\.0\.0:\*|\[::\]:\*/, "*:*"); gsub(/%lo\]/, "]%lo"); print $1, $(NF - 1), $NF }' | sort
}

agree() {
	local theirs ours
	# ss takes the words apart itself, and shows no socket that is only bound.
	# shellcheck disable=SC2086 # words
	set -f && theirs=$(in_netns ss -Htuan $1 | spelled) && set +f
	ours=$(sockkit sockets -H -c proto,local,remote "( $1 ) and state != bound" | spelled) || [ -z "$theirs" ]
	same "$1: $theirs" "$1: $ours"
}

cgroup_of_shell() {
	local mount path
	mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	path=$(sed -n 's/^0:://p' /proc/self/cgroup)
	[ -n "$mount" ] && [ -d "$mount$path" ] && printf '%s\n' "$mount${path%/}"
}

@test "interfaces, marks, cgroups and given ports as ss has them, alone and combined" {
	sockets_of_all_kinds
	local atoms=('dev lo' 'dev != lo' 'sport > 1024' 'dst 127.0.0.1' 'src [::1]' 'sport = :443' 'dport ge :1') a b i j
	local cgroup count=0
	cgroup=$(cgroup_of_shell) && atoms+=("cgroup $cgroup")
	[ "$EUID" -ne 0 ] || atoms+=('fwmark 5' 'fwmark 0x1/0x3' 'fwmark = 0')
	agree autobound
	agree '( autobound and dev lo )'
	agree '( autobound or sport = :443 )'
	for ((i = 0; i < ${#atoms[@]}; i++)); do
		a=${atoms[i]}
		agree "$a"
		for ((j = i + 1; j < ${#atoms[@]}; j++)); do
			b=${atoms[j]}
			agree "( $a and $b )"
			agree "( $a or $b )"
			[ $(((i + j) % 3)) -ne 0 ] || agree "not ( $a or $b )"
			count=$((count + 2))
		done
	done
	[ "$count" -ge 40 ]
}

@test "every column can be asked for, and rows are those that have it so" {
	sockets_of_all_kinds
	sockkit sockets -j -c all >"$BATS_TEST_TMPDIR/all"
	local filter expression count=0
	while IFS=$'\t' read -r filter expression; do
		same "$filter: $(jq -r "map(select($expression).cookie) | sort | .[]" "$BATS_TEST_TMPDIR/all")" \
			"$filter: $(sockkit sockets -f csv -H -c cookie "$filter" | sort -n)"
		count=$((count + 1))
	done <<-'E'
	proto = tcp	.proto == "tcp"
	proto != tcp	.proto != "tcp"
	proto udp and local_port > 1	.proto == "udp"
	family = inet6	.family == "inet6"
	state = listening	.state == "LISTEN"
	state != LISTEN	.state != "LISTEN"
	state ~ *WAIT*	.state | contains("WAIT")
	state = BOUND,syn-sent	.state == "BOUND" or .state == "SYN-SENT"
	recv_queue > 10k	.recv_queue > 10240
	recv_queue = 12345	.recv_queue == 12345
	recv-q = 1-20k	.recv_queue >= 1 and .recv_queue <= 20480
	send_queue != 0	.send_queue != 0
	local_port = 443,40001	.local_port == 443 or .local_port == 40001
	local_port < 1024	.local_port and .local_port < 1024
	remote_port >= 1024	.remote_port and .remote_port >= 1024
	remote_port = -	.remote_port == null
	local_address = ::1	.local_address == "::1"
	remote_address != 127/8	.remote_address != "127.0.0.1"
	local = 127.0.0.1:443	.local == "127.0.0.1:443"
	local ~ *:443	.local | endswith(":443")
	local { 127.0.0.1:443 [::1] }	.local == "127.0.0.1:443" or .local_address == "::1"
	interface = lo	.interface == "lo"
	interface ~ l?	.interface == "lo"
	interface = -	.interface == null
	uid = 0-4294967294	.uid != null
	user = -	.user == null
	user !~ *	.user == null
	process = "mksock"	.process == "mksock"
	process ~ 'mks*'	.process != null
	process ~ nobody,mk*	.process != null
	process != 'mksock'	.process == null
	command = nobody	.command == "nobody"
	command ~ 'two words *'	.command // "" | startswith("two words ")
	command ~ two*,x	.command // "" | startswith("two")
	pid > 1	.pid != null
	pid = -	.pid == null
	inode = -	.inode == null
	cookie > 0	true
	timer = time-wait	.timer == "time-wait"
	timer = TIME-WAIT,keepalive	.timer == "time-wait" or .timer == "keepalive"
	timer ~ *e*	.timer // "" | contains("e")
	timer_ms <= 2m	.timer_ms != null
	timer_ms > 1h	false
	timer_ms = -	.timer_ms == null
	shutdown = send	.shutdown == "send"
	shutdown != none	.shutdown != "none"
	v6only	.v6only == true
	not v6only	.v6only != true
	v6only = no	.v6only == false
	direction = in	.direction == "in"
	direction != out	.direction != "out"
	peer = mksock and proto = tcp state established	(.peer | length) > 0 and .state == "ESTABLISHED"
	rcvbuf > 1	.rcvbuf != null
	cwnd >= 1	.cwnd != null and .cwnd >= 1
	rtt < 1h	.rtt_us != null
	unit = -	.unit == null
	service = https	.service == "https"
	service ~ htt*	.service // "" | startswith("htt")
	process = "mksock" and proto = udp	.process == "mksock" and .proto == "udp"
	process = "mksock" or timer = time-wait	.process == "mksock" or .timer == "time-wait"
	not ( process = "mksock" or state = BOUND )	(.process == "mksock" or .state == "BOUND") | not
	state listening process ~ m* or local_port = 443	.state == "LISTEN"
	inode > 0 and ( recv_queue > 0 or pid = - )	.inode != null and (.recv_queue > 0 or .pid == null)
	E
	[ "$count" -ge 50 ]
}

@test "all holders are asked, and columns need not be shown" {
	sockets_of_all_kinds
	local pids
	mapfile -t pids < <(sockkit sockets -f jsonl local_port 443 | jq '.processes[].pid')
	[ "${#pids[@]}" -eq 2 ]
	[ "$(sockkit sockets -H -c local "local_port 443 and pid = ${pids[0]}")" = 127.0.0.1:443 ]
	[ "$(sockkit sockets -H -c local "local_port 443 and pid ${pids[1]}")" = 127.0.0.1:443 ]
	run -1 sockkit sockets -H -c local "local_port 443 and pid != ${pids[0]}"
	# Sorting needs what it sorts by, too.
	same "$(sockkit sockets -H -c local --sort=-pid local_port 443,40001)" \
		"$(sockkit sockets -H -c local,pid --sort=-pid local_port 443,40001 | awk '{ print $1 }')"
}

@test "the same rows where the kernel runs no program" {
	sockets_of_all_kinds
	local filter
	for filter in 'sport > 400 and dst 127/8' 'not ( src [::1] or sport = 443 )' \
		'dport != 443 and recv_queue > 0' 'port 443,40001 or timer = time-wait'; do
		same "$(sockkit sockets -f csv -H -c proto,local,remote "( $filter ) and state != bound" | sed 's/%lo//' | sort)" \
			"$(sockkit sockets --source=proc -f csv -H -c proto,local,remote "$filter" | sort)"
	done
}

@test "what there is not is no match, what is wrong is wrong usage" {
	run -1 sockkit sockets dev nosuch0
	[[ $output == *"column 5: no such interface: 'nosuch0'"* ]]
	run -1 sockkit sockets cgroup /no/such/group
	[[ $output == *"column 8: no such cgroup: '/no/such/group'"* ]]
	run -1 sockkit sockets process = 'nobody-is-called-so'
	run -2 env HOME=/home/of/me "$SOCKKIT" sockets process /home/of/me nginx
	[[ $output == *"the shell made '~' the directory /home/of/me: write 'like', or quote it" ]]
	run -2 sockkit sockets 'usr = root'
	[[ $output == *"column 1: unknown predicate 'usr': did you mean 'user'?"* ]]
	run -2 sockkit sockets tcp and nginx
	[[ $output == *"column 9: unknown predicate 'nginx': for a program write process = 'nginx'"* ]]
	run -2 sockkit sockets nginx = 5
	[[ $output == *"column 1: unknown predicate 'nginx': expected a column,"* ]]
	run -2 sockkit sockets 'timer = keepaliv'
	[[ $output == *"column 9: unknown timer 'keepaliv': did you mean 'keepalive'?"* ]]
	run -2 sockkit sockets 'sport = 22 and timer_ms > 1parsec'
	[[ $output == *"column 27: expected a number or a duration, as in 250ms, found '1parsec'"* ]]
}

@test "marks that are hidden are said to be" {
	sockets_of_all_kinds
	run -1 as_nobody "$SOCKKIT" sockets 'fwmark 5'
	[[ $output == *'marks'*CAP_NET_ADMIN* ]]
	run -0 as_nobody "$SOCKKIT" sockets -H -c local 'sport = 443'
	[ "$output" = 127.0.0.1:443 ]
}
