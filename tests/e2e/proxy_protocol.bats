# The PROXY protocol: who a client is, by the word of a proxy; and what is said of whom.
# shellcheck disable=SC2016,SC2094,SC2153
load listen

# Version 2, all but LENGTH and what it is the length of.
signature='\r\n\r\n\0\r\nQUIT\n'
inet4='\xc0\0\2\1\xc6\x33\x64\2\4\xd2\1\xbb' # 192.0.2.1:1234 to 198.51.100.2:443

# Sends BYTES, as printf has them, and tells what comes: said BYTES
said() {
	# shellcheck disable=SC2059
	printf "$1" | within_patience nc -N 127.0.0.1 "$PORT"
}

@test "--proxy-protocol: the client that is told is the client, and what follows is data" {
	serve /dev/null /dev/null -kv --proxy-protocol --echo 127.0.0.1:0
	same "$(said 'PROXY TCP4 192.0.2.1 198.51.100.2 1234 443\r\nhello')" hello
	hear '*192.0.2.1:1234 by way of 127.0.0.1:*'
	hear '*closed 192.0.2.1:1234 after*5 bytes received*'
	same "$(said "$signature\x21\x11\0\x0c${inet4}PROXY UNKNOWN")" 'PROXY UNKNOWN'
	hear '*192.0.2.1:1234 by way of 127.0.0.1:*'
	# A check of the proxy's own, datagrams, a unix socket: served, and shown as what they are.
	same "$(said "$signature\x20\0\0\0a")" a
	hear '*somebody by way of*'
	same "$(said "$signature\x21\x12\0\x0c${inet4}b")" b
	hear '*192.0.2.1:1234 by way of*'
	same "$(said "$signature\x21\x31\0\xd8/run/from$(printf '\\0%.0s' {1..207})c")" c
	hear '*a local client by way of*'
}

@test "--proxy-protocol: nobody gets in without a header, or with one that lies" {
	local bad
	serve /dev/null /dev/null -k --proxy-protocol --echo 127.0.0.1:0
	for bad in 'GET / HTTP/1.0\r\n\r\n' 'PROXY TCP4 1.2.3.4 1.2.3.4 99999 1\r\n' \
		'PROXY TCP4 1.2.3.4' "$signature\x21\x11\0\4\0\0\0\0" "$signature\x21\x11\xff\xff" \
		"PROXY TCP4 $(printf '1%.0s' {1..120})" \
		"$signature\x21\x11\0\x13$inet4\3\0\4\0\0\0\0"; do
		same "$(said "$bad" 2>/dev/null || :)" ''
		hear '*refused 127.0.0.1:*PROXY header: *'
	done
	# One byte at a time is slow, but a header.
	same "$( (
		printf 'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\nx' | while IFS= read -r -n 1 -d '' c; do printf %s "$c"; done
	) | within_patience nc -N 127.0.0.1 "$PORT")" x
}

@test "--proxy-protocol: one that says nothing of use is not the one client" {
	serve /dev/null "$BATS_TEST_TMPDIR/got" --proxy-protocol 127.0.0.1:0
	said 'PROXY TCP4'
	hear '*client 1: refused *PROXY header: the other side ended*'
	said 'PROXY UNKNOWN\r\nhello'
	ended 0
	same "$(<"$BATS_TEST_TMPDIR/got")" hello
}

@test "--proxy-protocol: lists and limits are about who was told" {
	serve /dev/null /dev/null -kv --proxy-protocol --echo --deny 192.0.2.0/24 --allow 192.0.2.0/24 --allow 10.0.0.0/8 127.0.0.1:0
	same "$(said 'PROXY TCP4 192.0.2.1 1.1.1.1 1 2\r\nhello' 2>/dev/null || :)" ''
	hear '*192.0.2.1:1 is not allowed*'
	same "$(said 'PROXY TCP6 ::ffff:10.0.0.1 ::1 1 2\r\nhello')" hello
	# The proxy itself is not on the list.
	same "$(said 'PROXY UNKNOWN\r\nhello' 2>/dev/null || :)" ''
	hear '*127.0.0.1:* is not allowed*'
	stop "$SERVER"
	serve /dev/null /dev/null -kv --proxy-protocol --proxy-from 127.0.0.2 --echo 127.0.0.1:0
	same "$(said 'PROXY UNKNOWN\r\nhello' 2>/dev/null || :)" ''
	hear '*refused: 127.0.0.1:* is not allowed*'
	same "$(printf 'PROXY UNKNOWN\r\nhello' | sockkit connect -s 127.0.0.2 "127.0.0.1:$PORT")" hello
}

@test "--send-proxy: connect speaks for itself, --forward for its client, also for one that was told" {
	local behind at
	serve /dev/null /dev/null -kv --proxy-protocol --sh 'echo $TCPREMOTEIP $TCPREMOTEPORT $TCPLOCALIP $TCPLOCALPORT; cat' '[::1]:0'
	behind=$PORT
	at=$(echo x | sockkit connect --send-proxy=v1 "[::1]:$behind")
	[[ $at == "::1 "*" ::1 $behind"$'\nx' ]]
	serve /dev/null /dev/null -kv --proxy-protocol --forward "[::1]:$behind" --send-proxy=v2 127.0.0.1:0
	same "$(said 'PROXY TCP4 192.0.2.1 198.51.100.2 1234 443\r\nhello')" $'192.0.2.1 1234 198.51.100.2 443\nhello'
	# Of a unix socket nothing is told that programs could be told.
	serve /dev/null /dev/null -k --forward "[::1]:$behind" --send-proxy=v2 "unix:$BATS_TEST_TMPDIR/s"
	same "$(echo hi | sockkit connect "unix:$BATS_TEST_TMPDIR/s")" $'\nhi'
	sockkit connect -z --send-proxy=v2 "[::1]:$behind"
}
