# The helper that makes sockets, against ss: other tests rely on what it says.
load helper

# What was made, in the fields and the words of ss: state, local, remote, inode (0: none).
made_as_ss() {
	printf '%s\n' "${SOCKETS[@]}" | awk -v proto="$1" '
		BEGIN {
			word["ESTABLISHED"] = word["CONNECTED"] = "ESTAB"
			word["UNCONNECTED"] = "UNCONN"
			word["SYN-RECEIVED"] = "SYN-RECV"
		}
		$2 == proto && $5 != "BOUND" {
			if ($4 == "-")
				$4 = $3 ~ /^\[/ ? "[::]:*" : "0.0.0.0:*"
			print ($5 in word ? word[$5] : $5), $3, $4, $6
		}' | sort -u
}

# Orphans of ss have no ino: field, or ino:0.
ss_rows() {
	in_netns ss "$@" -anOHe | awk '{
		inode = 0
		for (i = 6; i <= NF; i++)
			if ($i ~ /^ino:/)
				inode = substr($i, 5)
		print $1, $4, $5, inode
	}' | sort -u
}

all_states() {
	local address=$1
	mksock tcp-listen "$address" 0 7 , tcp-queued "$address" 0 3 , tcp-established "$address" , \
		tcp-unread "$address" , tcp-syn-sent "$address" , tcp-syn-recv "$address" , \
		tcp-fin-wait-1 "$address" , tcp-fin-wait-2 "$address" , tcp-orphan "$address" , \
		tcp-last-ack "$address" , tcp-closing "$address" , tcp-time-wait "$address" , \
		udp-bound "$address" , udp-connected "$address"
}

@test "every state of TCP and UDP, IPv4: ss sees what was said" {
	all_states 127.0.0.1
	same "$(made_as_ss tcp)" "$(ss_rows -t)"
	same "$(made_as_ss udp)" "$(ss_rows -u)"
	same "$(ss_rows -t | cut -d ' ' -f 1 | sort -u | tr '\n' ' ')" \
		'CLOSE-WAIT CLOSING ESTAB FIN-WAIT-1 FIN-WAIT-2 LAST-ACK LISTEN SYN-RECV SYN-SENT TIME-WAIT '
}

@test "every state of TCP and UDP, IPv6: ss sees what was said" {
	all_states ::1
	same "$(made_as_ss tcp)" "$(ss_rows -t)"
	same "$(made_as_ss udp)" "$(ss_rows -u)"
}

@test "a bound socket holds its port, and is no listener" {
	mksock tcp-bound 127.0.0.1 0
	[ "$(field 0 state)" = BOUND ]
	[ -z "$(ss_rows -tl)" ]
	[ "$(readlink "/proc/$(field 0 pid)/fd/$(field 0 fd)")" = "socket:[$(field 0 inode)]" ]
	run -1 in_netns "$MKSOCK" tcp-listen 127.0.0.1 "$(port_of 0)" </dev/null
	[[ $output == *"in use"* ]]
}

@test "queues hold what was asked for" {
	mksock tcp-queued 127.0.0.1 0 3 , tcp-unread 127.0.0.1 0 1234
	[ "$(in_netns ss -tlnH | awk '{ print $2, $3 }')" = '3 3' ]
	in_netns ss -tnH state established | awk '$1 == 1234 { found = 1 } END { exit !found }'
}

@test "a shared socket is held by as many processes as said" {
	mksock share 3 udp-bound 127.0.0.1 0
	[ "${#SOCKETS[@]}" -eq 4 ]
	for i in 0 1 2 3; do
		[ "$(readlink "/proc/$(field $i pid)/fd/$(field $i fd)")" = "socket:[$(field 0 inode)]" ]
	done
	[ "$(printf '%s\n' "${SOCKETS[@]}" | cut -d ' ' -f 7 | sort -u | wc -l)" -eq 4 ]
}

# A zombie has neither descriptors nor a program.
has_ended() {
	[ ! -d "/proc/$1/fd" ] || [ ! -r "/proc/$1/exe" ]
}

@test "sharers end with the process that made them" {
	local sharer
	mksock share 1 udp-bound 127.0.0.1 0
	sharer=$(field 1 pid)
	[ -d "/proc/$sharer" ]
	stop "$MKSOCK_PID"
	eventually has_ended "$sharer"
}

@test "a name with anything in it is the name of the process" {
	local name=$'a) b\e[31m\n\xff'
	mksock -n "$name" udp-bound
	[ "$(tr '\0' '|' <"/proc/$MKSOCK_PID/cmdline" | head -c ${#name})" = "$(head -c ${#name} <<<"$name")" ]
	[ "$(cat "/proc/$MKSOCK_PID/comm")" = "$name" ]
}

@test "many connections" {
	mksock tcp-many 127.1.0.1 0 500
	[ "${#SOCKETS[@]}" -eq 1000 ]
	same "$(made_as_ss tcp)" "$(ss_rows -t)"
}

@test "what it cannot make, it says" {
	run -1 "$MKSOCK" tcp-nonsense </dev/null
	run -1 "$MKSOCK" tcp-listen nowhere </dev/null
	run -1 "$MKSOCK" , </dev/null
}
