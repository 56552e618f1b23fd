# `sockkit listen -k`: what clients meet, many at once, and what must not happen to the others.
# shellcheck disable=SC2030,SC2031,SC2094,SC2153 # tests are subshells; nothing is read where it is written
load listen

@test "--echo: everything comes back, large and small" {
	random 8388608 >"$BATS_TEST_TMPDIR/data"
	serve /dev/null /dev/null -k --echo 0
	client "$PORT" <"$BATS_TEST_TMPDIR/data" | cmp - "$BATS_TEST_TMPDIR/data"
	in_netns socat -t 20 - "TCP6:[::1]:$PORT" <"$BATS_TEST_TMPDIR/data" | cmp - "$BATS_TEST_TMPDIR/data"
	same "$(echo hi | client "$PORT")" hi
	serve /dev/null /dev/null --echo 0
	same "$(echo once | client "$PORT")" once
	ended 0
}

# Sends records of these sizes, as far as they are taken, and tells what comes back.
records='
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 400000)
s.connect(sys.argv[1])
for size in sys.argv[2:]:
	s.send(b"x" * int(size))
s.shutdown(socket.SHUT_WR)
try:
	while data := s.recv(400000):
		print(len(data))
except ConnectionResetError:
	print("reset")'

@test "--seqpacket: an empty record is no end, a large one goes through, a larger one is refused in words" {
	local path=$BATS_TEST_TMPDIR/records
	serve /dev/null /dev/null -k --echo --seqpacket "unix:$path"
	same "$(within_patience python3 -c "$records" "$path" 0 3 0 0 250000 5)" $'3\n250000\n5'
	within_patience python3 -c "$records" "$path" 3 270000
	hear '*client 2 is reset: a record of it is longer than 256 KiB*'
	stop "$SERVER"
	serve /dev/null "$BATS_TEST_TMPDIR/got" -k --seqpacket "unix:$path"
	within_patience python3 -c "$records" "$path" 0 250000 0 7
	printf 'x%.0s' {1..250007} >"$BATS_TEST_TMPDIR/expected"
	eventually cmp -s "$BATS_TEST_TMPDIR/got" "$BATS_TEST_TMPDIR/expected"
	within_patience python3 -c "$records" "$path" 270000
	hear '*client 2 is reset: a record of it is longer than 256 KiB*'
	stop "$SERVER"
	serve /dev/null "$BATS_TEST_TMPDIR/one" --seqpacket "unix:$path"
	within_patience python3 -c "$records" "$path" 0 0 4
	ended 0
	same "$(<"$BATS_TEST_TMPDIR/one")" xxxx
}

@test "--discard and --chargen" {
	serve /dev/null /dev/null -k -v --discard 0
	same "$(random 3000000 | client "$PORT")" ''
	hear '*3000000 bytes received, 0 sent'
	stop "$SERVER"
	serve /dev/null /dev/null -k --chargen 0
	# Also a client that has nothing more to say gets its characters.
	client "$PORT" </dev/null | head -c 14060 >"$BATS_TEST_TMPDIR/got" || :
	same "$(head -n 1 "$BATS_TEST_TMPDIR/got" | tr -d '\r')" " !\"#\$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_\`abcdefg"
	cmp <(head -c 7030 "$BATS_TEST_TMPDIR/got") <(tail -c 7030 "$BATS_TEST_TMPDIR/got")
	[ "$(awk '{ print length }' "$BATS_TEST_TMPDIR/got" | sort -u)" = 73 ]
}

@test "--broadcast: all others hear it, once" {
	serve /dev/null /dev/null -k -v --broadcast 0
	local heard=()
	for i in 1 2 3; do
		EXEC_IN_JOB=1 in_netns bash -c 'exec 3<>/dev/tcp/127.0.0.1/$0; read -r -t "$PATIENCE" -u 3 line; echo "$line"' "$PORT" >"$BATS_TEST_TMPDIR/heard.$i" &
		heard+=($!)
		hear "*client $i: accepted*"
	done
	EXEC_IN_JOB=1 in_netns bash -c 'exec 3<>/dev/tcp/127.0.0.1/$0; echo news >&3; read -r -t "$PATIENCE" -u 3 line; echo "$line"' "$PORT" \
		>"$BATS_TEST_TMPDIR/heard.sender" &
	wait "${heard[@]}"
	same "$(cat "$BATS_TEST_TMPDIR"/heard.?)" $'news\nnews\nnews'
	# Who spoke has not heard itself: the next word is another's.
	in_netns bash -c 'exec 3<>/dev/tcp/127.0.0.1/$0; echo more >&3' "$PORT"
	wait "$!"
	same "$(cat "$BATS_TEST_TMPDIR/heard.sender")" more
}

@test "stdin and stdout with many clients: all speak, all hear" {
	mkfifo "$BATS_TEST_TMPDIR/in"
	exec {to}<>"$BATS_TEST_TMPDIR/in"
	serve "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/got" -k -v 0
	local jobs=()
	for i in 1 2; do
		EXEC_IN_JOB=1 in_netns bash -c 'exec 3<>/dev/tcp/127.0.0.1/$0; echo "from $1" >&3; read -r -t "$PATIENCE" -u 3 line; echo "$line"' "$PORT" "$i" >"$BATS_TEST_TMPDIR/heard.$i" &
		jobs+=($!)
		hear "*client $i: accepted*"
	done
	eventually grep -q 'from 2' "$BATS_TEST_TMPDIR/got"
	echo 'to all' >&"$to"
	wait "${jobs[@]}"
	same "$(cat "$BATS_TEST_TMPDIR"/heard.*)" $'to all\nto all'
	same "$(sort "$BATS_TEST_TMPDIR/got")" $'from 1\nfrom 2'
	exec {to}>&-
}

@test "--send-only to many: one that never reads does not stop the others" {
	seq 4000000 >"$BATS_TEST_TMPDIR/data"
	mkfifo "$BATS_TEST_TMPDIR/in"
	exec {to}<>"$BATS_TEST_TMPDIR/in"
	serve "$BATS_TEST_TMPDIR/in" /dev/null -k -v --send-only 0
	idle_client "$PORT"
	hear '*accepted*'
	client "$PORT" </dev/null >"$BATS_TEST_TMPDIR/got" &
	local reader=$!
	hear '*accepted*'
	cat "$BATS_TEST_TMPDIR/data" >&"$to"
	hear '*too slow*'
	eventually cmp -s "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/got"
	exec {to}>&-
	kill "$reader" 2>/dev/null || :
}

@test "a peer that never reads, next to one that does" {
	random 4000000 >"$BATS_TEST_TMPDIR/data"
	serve /dev/null /dev/null -k --echo 0
	EXEC_IN_JOB=1 in_netns bash -c 'exec 3<>/dev/tcp/127.0.0.1/$0; cat /dev/zero >&3' "$PORT" &
	STARTED_PIDS+=($!)
	client "$PORT" <"$BATS_TEST_TMPDIR/data" | cmp - "$BATS_TEST_TMPDIR/data"
}

@test "--exec: the socket itself, and a world as it was found" {
	serve /dev/null /dev/null -k --sh 'readlink /proc/self/fd/0 /proc/self/fd/1; grep -E "SigIgn|SigBlk" /proc/self/status; ulimit -Sn; ls -l /proc/self/fd | grep -cE "socket|anon_inode"' 0
	run -0 client "$PORT" </dev/null
	[[ ${lines[0]} == socket:* && ${lines[0]} == "${lines[1]}" ]]
	[[ ${lines[2]} == *0000000000000000 && ${lines[3]} == *000[01]000 ]]
	same "${lines[4]}" "$(ulimit -Sn)"
	# Its stdin: its stdout is the pipe to grep.
	same "${lines[5]}" 1
}

@test "--exec: the environment of the contract" {
	serve /dev/null /dev/null -k --exec env 0
	run -0 client "$PORT" </dev/null
	local line
	for line in PROTO=TCP SOCKKIT_PROTO=TCP TCPREMOTEIP=127.0.0.1 SOCKKIT_REMOTE_ADDR=127.0.0.1 \
		TCPLOCALIP=127.0.0.1 SOCKKIT_LOCAL_ADDR=127.0.0.1 "TCPLOCALPORT=$PORT" "SOCKKIT_LOCAL_PORT=$PORT"; do
		grep -qx "$line" <<<"$output"
	done
	grep -qE '^TCPREMOTEPORT=[0-9]+$' <<<"$output"
	run -0 client "$PORT" ::1 </dev/null
	grep -qx TCPREMOTEIP=::1 <<<"$output"
}

# Holds the only place, has two more wait of whom the first is reset, and leaves.
impatient_client='
import socket, struct, sys
at = ("127.0.0.1", int(sys.argv[1]))
first = socket.create_connection(at)
assert first.recv(1)
gone = socket.create_connection(at)
print(gone.getsockname()[1])
gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
gone.close()
last = socket.create_connection(at)
first.close()
assert last.recv(1)'

@test "--exec: who was reset before it came has its address all the same" {
	local line
	serve /dev/null /dev/null -k --max-clients=1 --sh "env >>'$BATS_TEST_TMPDIR/env'; echo . >>'$BATS_TEST_TMPDIR/env'; echo; cat" 0
	line=$(in_netns timeout "$PATIENCE" python3 -c "$impatient_client" "$PORT")
	eventually [ "$(grep -cx . "$BATS_TEST_TMPDIR/env")" -eq 3 ]
	grep -qx "TCPREMOTEPORT=$line" "$BATS_TEST_TMPDIR/env"
	[ "$(grep -cx 'TCPREMOTEIP=127.0.0.1' "$BATS_TEST_TMPDIR/env")" -eq 3 ]
	[ "$(grep -cx "TCPLOCALPORT=$PORT" "$BATS_TEST_TMPDIR/env")" -eq 3 ]
}

@test "--greet: what each client hears first" {
	serve /dev/null /dev/null -k -v --echo --greet='220 \x41\r\n' 0
	same "$(echo hi | client "$PORT" | od -c -An | tr -s ' ')" ' 2 2 0 A \r \n h i \n'
	hear '*3 bytes received, 10 sent'
	serve /dev/null /dev/null -k --exec 'echo there' --greet='hello ' 0
	same "$(client "$PORT" </dev/null)" 'hello there'
	printf ' second' >"$BATS_TEST_TMPDIR/second"
	serve "$BATS_TEST_TMPDIR/second" /dev/null --greet=first 0
	same "$(client "$PORT" </dev/null)" 'first second'
	run -2 sockkit listen --greet='\q' 0
	run -2 sockkit listen --greet= 0
	run -2 sockkit listen --greet="$(printf 'x%.0s' {1..2000})" 0
}

@test "--dump: both directions live on stderr, harmless" {
	serve /dev/null /dev/null -k --echo --dump=text --greet='hello\r\n' 0
	printf 'one\n\e[2Jtwo' | client "$PORT" >/dev/null
	hear 'O 20*Z client 1 7 bytes'
	hear 'hello'
	hear 'I 20*Z client 1 11 bytes'
	hear 'one'
	hear '\\e\[2Jtwo'
	hear 'O 20*Z client 1 11 bytes'
	stop "$SERVER"
	serve /dev/null /dev/null -k --exec cat --dump=hex 0
	printf 'one\n' | client "$PORT" >/dev/null
	hear 'I 20*'
	hear '000000  6f 6e 65 0a * one.'
	run -2 sockkit listen --dump=octal 0
}

@test "--exec: words, quotes, PATH, and what cannot be run" {
	serve /dev/null /dev/null -k --exec "printf '%s|' 'a b' \"c\" d\\ e" 0
	same "$(client "$PORT" </dev/null)" 'a b|c|d e|'
	run -3 sockkit listen --exec nosuchprogram 0
	[[ $output == *nosuchprogram* && $output != *listening* ]]
	run -3 sockkit listen --exec /etc/passwd 0
	run -2 sockkit listen --exec ' ' 0
}

@test "--exec for one client: its status is the answer" {
	serve /dev/null /dev/null --sh 'echo done' 0
	same "$(client "$PORT" </dev/null)" 'done'
	ended 0
	serve /dev/null /dev/null --sh 'exit 7' 0
	client "$PORT" </dev/null
	ended 1
	[[ $(rest) == *'exited with status 7'* ]]
}

@test "--exec: children that are killed are reaped, and the server goes on" {
	serve /dev/null /dev/null -k -v --exec cat 0
	local pid
	for _ in 1 2 3; do
		idle_client "$PORT"
		hear '*process * started'
		pid=${HEARD##*process }
		kill -KILL "${pid%% *}"
		hear '*was killed by SIGKILL'
		hear '*closed*'
	done
	same "$(cat /proc/"$SERVER"/task/*/children)" ''
	same "$(echo alive | client "$PORT")" alive
}

@test "--exec by way of a relay: --record, --idle-timeout, --rate" {
	random 3000000 >"$BATS_TEST_TMPDIR/data"
	serve /dev/null /dev/null -k --exec cat --record="$BATS_TEST_TMPDIR/records" 0
	client "$PORT" <"$BATS_TEST_TMPDIR/data" | cmp - "$BATS_TEST_TMPDIR/data"
	[ "$(find "$BATS_TEST_TMPDIR/records" -type f -size +1M | wc -l)" -eq 1 ]
	serve /dev/null /dev/null -k -v --sh 'echo early' --idle-timeout=30 0
	same "$(echo unread | client "$PORT")" early
	hear '*closed*'
	serve /dev/null /dev/null -k -v --exec cat --idle-timeout=0.2 0
	in_netns bash -c 'exec 3<>/dev/tcp/127.0.0.1/$0; ! read -r -t "$PATIENCE" -u 3' "$PORT"
	hear '*idle-timeout*'
	serve /dev/null /dev/null -k --exec cat --rate=100kB 0
	local start=${EPOCHREALTIME/./}
	head -c 60000 /dev/zero | client "$PORT" | cmp - <(head -c 60000 /dev/zero)
	[ $((${EPOCHREALTIME/./} - start)) -gt 400000 ]
}

# Says something when the program that it was given is gone, and tells how the connection ended:
# 0, or the errno of a reset.
late_client='
import socket, sys
from patience import eventually
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
heard = b""
while data := s.recv(4096):
	heard += data
s.sendall(b"unheard")
s.shutdown(socket.SHUT_WR)
closed = 7
eventually(lambda: s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO) == closed)
print(heard.decode().strip(), s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))'

@test "--exec: who speaks when the program is gone is not answered with a reset" {
	serve /dev/null /dev/null -k -v --sh 'echo early' 0
	same "$(within_patience python3 -c "$late_client" "$PORT")" 'early 0'
	# The same by way of a relay.
	serve /dev/null /dev/null -k -v --sh 'echo early' --idle-timeout=30 0
	same "$(within_patience python3 -c "$late_client" "$PORT")" 'early 0'
	# What the program left unread is its own affair, too.
	serve /dev/null /dev/null -k -v --sh 'read -r line; echo "$line"' --idle-timeout=30 0
	same "$(random 300000 | base64 -w 1000 | client "$PORT" | wc -c)" 1001
	hear '*closed*'
	# Who never ends is not waited for.
	serve /dev/null /dev/null -k -v --sh 'echo early' --idle-timeout=30 0
	idle_client "$PORT"
	hear '*closed*'
	[[ $HEARD == *' 6 sent' ]]
}

@test "--forward: both ways, each end by itself" {
	random 8388608 >"$BATS_TEST_TMPDIR/data"
	serve /dev/null /dev/null -k --echo 0
	local target=$PORT
	serve /dev/null /dev/null -k --forward "localhost:$target" 0
	client "$PORT" <"$BATS_TEST_TMPDIR/data" | cmp - "$BATS_TEST_TMPDIR/data"
	# The answer comes a while after the request has ended.
	serve /dev/null /dev/null -k --sh ". $ROOT/tests/patience/patience.sh
		cat >/dev/null; patience_rest 0.3; head -c 200000 /dev/zero" "unix:$BATS_TEST_TMPDIR/target"
	serve /dev/null /dev/null -k --forward "unix:$BATS_TEST_TMPDIR/target" 0
	[ "$(echo request | client "$PORT" | wc -c)" -eq 200000 ]
	# The target ends first, the client goes on.
	serve /dev/null "$BATS_TEST_TMPDIR/got" 0
	target=$PORT
	serve /dev/null /dev/null -k --forward "127.0.0.1:$target" 0
	client "$PORT" <"$BATS_TEST_TMPDIR/data"
	eventually cmp -s "$BATS_TEST_TMPDIR/got" "$BATS_TEST_TMPDIR/data"
}

@test "--forward to nobody: the client is reset, the server says so and goes on" {
	serve /dev/null /dev/null -k --forward 127.0.0.1:1 0
	run client "$PORT" </dev/null
	hear '*refused*'
	run client "$PORT" </dev/null
	hear '*refused*'
	run -2 sockkit listen --forward nowhere
	run -2 sockkit listen --forward localhost:nosuchservice 0
}

@test "20,000 connections in a row leave nothing behind" {
	serve /dev/null /dev/null -k --echo 0
	local before
	before=$(descriptors "$SERVER")
	same "$(in_netns "$LOAD" many "$PORT" 20000)" 20000
	eventually has_descriptors "$SERVER" "$before"
	same "$(echo alive | client "$PORT")" alive
}

# Starts a server with 20 descriptors.
serve_with_few() {
	local limited=$BATS_TEST_TMPDIR/limited
	printf '#!/bin/sh\nulimit -n 20\nexec "%s" "$@"\n' "$SOCKKIT" >"$limited"
	chmod +x "$limited"
	SOCKKIT=$limited serve /dev/null /dev/null "$@"
}

@test "20 descriptors, 30 clients: it says so, rests, and serves whoever is there" {
	serve_with_few -k --echo 0
	EXEC_IN_JOB=1 start ready in_netns "$LOAD" hold "$PORT" 30
	local holder=$STARTED_PID before
	hear '*no descriptor is left*others wait*'
	before=$(cpu_of "$SERVER")
	patience_rest 0.5
	[ $(($(cpu_of "$SERVER") - before)) -le 3 ]
	stop "$holder"
	same "$(echo alive | client "$PORT")" alive
	hear '*clients are accepted again'
}

@test "nobody reads stderr: the server goes on, and tells later what was lost" {
	serve /dev/null /dev/null -k -v --echo 0
	same "$(in_netns "$LOAD" many "$PORT" 2000)" 2000
	rest >/dev/null
	same "$(echo alive | client "$PORT")" alive
	hear '*events were lost: nobody read standard error'
	hear '*: accepted *'
	stop "$SERVER"
	serve /dev/null /dev/null -k -v --events=json --echo 0 || :
	PORT=$(jq -r .local_port <<<"$HEARD")
	same "$(in_netns "$LOAD" many "$PORT" 1000)" 1000
	rest >"$BATS_TEST_TMPDIR/told"
	jq -e .event <"$BATS_TEST_TMPDIR/told" >/dev/null
	same "$(echo alive | client "$PORT")" alive
	hear '*"events_lost"*'
	jq -e '.lost > 0' <<<"$HEARD"
}

# COUNT clients at once, who each say a line and leave when they have heard it: how many did not.
crowd='
import selectors, socket, sys
port, count = map(int, sys.argv[1:])
waiting, unheard = selectors.DefaultSelector(), 0
for i in range(count):
	s = socket.create_connection(("127.0.0.1", port))
	s.sendall(b"%d\n" % i)
	waiting.register(s, selectors.EVENT_READ, b"%d\n" % i)
while waiting.get_map():
	for key, _ in waiting.select():
		try:
			unheard += key.fileobj.recv(100) != key.data
		except OSError:
			unheard += 1
		waiting.unregister(key.fileobj)
		key.fileobj.close()
print(unheard)'

@test "20 descriptors, 28 clients: none is reset, whatever serves them" {
	serve /dev/null /dev/null -k --echo 0
	local target=$PORT service
	for service in --echo '--exec cat' '--exec cat --idle-timeout=60' "--forward localhost:$target"; do
		# shellcheck disable=SC2086 # words
		serve_with_few -k $service 0
		same "$(in_netns timeout "$PATIENCE" python3 -c "$crowd" "$PORT" 28)" 0
		stop "$SERVER"
	done
}

@test "--when-full=refuse: who is too many is reset" {
	serve /dev/null /dev/null -k -v --echo --max-clients=1 --when-full=refuse 0
	idle_client "$PORT"
	hear '*accepted*'
	same "$(echo hi | client "$PORT" 2>/dev/null)" ''
	hear '*as many clients as --max-clients allows'
	run -2 sockkit listen -k --echo --max-clients=0 0
	run -2 sockkit listen -k --echo --when-full=refuse 0
	run -2 sockkit listen -k --echo --max-clients=1 --when-full=perhaps 0
	run -2 sockkit listen --max-clients=1 --when-full=refuse 0
}

# A connection waits to be accepted at $PORT.
is_queued() {
	[ "$(in_netns ss -Hltn "sport = :$PORT" | awk '{ print $2 }')" -gt 0 ]
}

@test "--max-clients: others wait; --max-per-host: others are reset" {
	serve /dev/null /dev/null -k -v --echo --max-clients=2 0
	EXEC_IN_JOB=1 start ready in_netns "$LOAD" hold "$PORT" 2
	local holder=$STARTED_PID
	hear '*client 2: accepted*'
	echo waits | client "$PORT" >"$BATS_TEST_TMPDIR/got" &
	local waiting=$!
	eventually is_queued
	[ ! -s "$BATS_TEST_TMPDIR/got" ]
	stop "$holder"
	wait "$waiting"
	same "$(<"$BATS_TEST_TMPDIR/got")" waits
	stop "$SERVER"
	serve /dev/null /dev/null -k -v --echo --max-per-host=1 0
	idle_client "$PORT"
	hear '*accepted*'
	same "$(echo hi | in_netns nc -N 127.0.0.1 "$PORT" 2>/dev/null)" ''
	hear '*--max-per-host*'
	same "$(echo hi | in_netns nc -N -s 127.0.0.9 127.0.0.1 "$PORT")" hi
}

@test "1,000 idle clients cost no time" {
	[ "$(ulimit -Hn)" -ge 2000 ] || skip 'too few descriptors'
	serve /dev/null /dev/null -k --echo 0
	EXEC_IN_JOB=1 start ready in_netns "$LOAD" hold "$PORT" 1000
	local before
	before=$(cpu_of "$SERVER")
	patience_rest 0.5
	[ $(($(cpu_of "$SERVER") - before)) -le 1 ]
}

@test "the story of the tour: one welcome socket, one socket for each client" {
	serve /dev/null /dev/null -k -v --echo 5501
	same "$(sockkit sockets -H -c state,local_port,remote_port port 5501 | tr -s ' ')" 'LISTEN 5501 -'
	local ports=() client
	for client in one two; do
		mkfifo "$BATS_TEST_TMPDIR/$client"
		EXEC_IN_JOB=1 in_netns "$SOCKKIT" connect localhost 5501 <"$BATS_TEST_TMPDIR/$client" \
			>"$BATS_TEST_TMPDIR/$client.out" 2>/dev/null 3>&- {SAID}>&- &
		STARTED_PIDS+=($!)
		exec {to}>"$BATS_TEST_TMPDIR/$client"
		echo "$client" >&"$to"
		hear '*: accepted *'
		[[ $HEARD =~ :([0-9]+)' as socket' ]]
		ports+=("${BASH_REMATCH[1]}")
		eventually grep -qx "$client" "$BATS_TEST_TMPDIR/$client.out"
	done
	same "$(sockkit sockets -H -c state port 5501 | tr -d ' ' | sort | uniq -c | tr -s ' ')" $' 4 ESTABLISHED\n 1 LISTEN'
	same "$(sockkit sockets -H -c remote_port sport = :5501 state established | tr -d ' ' | sort)" \
		"$(printf '%s\n' "${ports[@]}" | sort)"
	same "$(sockkit sockets -H -c pid sport = :5501 | tr -d ' ' | sort -u)" "$SERVER"
}
