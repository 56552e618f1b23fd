# connect --tls: what goes through, who gets it, and each way in which a session may end.
# shellcheck disable=SC2030,SC2031,SC2094 # tests are subshells; nothing reads what it writes
load helper
load tls

bats_require_minimum_version 1.5.0

setup_file() {
	export PKI=$BATS_FILE_TMPDIR
	new_ca ca
	new_certificate good DNS:localhost,IP:127.0.0.1
	head -c 3000000 /dev/urandom >"$PKI/bytes"
}

setup() {
	open_netns
}

teardown() {
	stop_all
}

# A server whose sessions end so: ending_server END.
ending_server() {
	start ready in_netns python3 "$BATS_TEST_DIRNAME/tls_ends.py" "$PKI/good.pem" "$PKI/good.key" "$1"
	AT=127.0.0.1:${STARTED[-2]}
}

tls_connect() {
	within_patience "$SOCKKIT" connect --tls --ca "$PKI/ca.pem" "$@"
}

@test "bytes go both ways, to the last, and the end of each way is told" {
	ending_server echo
	tls_connect "$AT" <"$PKI/bytes" >"$BATS_TEST_TMPDIR/out"
	cmp "$PKI/bytes" "$BATS_TEST_TMPDIR/out"
	run -0 --separate-stderr tls_connect -v --timing -j "$AT" < <(echo one)
	[ "$output" = one ]
	[[ $stderr == *'TLSv1.3, TLS_AES_256_GCM_SHA384: CN=good is verified'* ]]
	[[ $(sed -n '/^\[/,/^\]/p' <<<"$stderr" | jq '.[0] | .tls_us > 0 and .verified and .sent == 4') == true ]]
	# What the record keeps is what was said, not what was sent.
	tls_connect --record "$BATS_TEST_TMPDIR/record" "$AT" < <(echo kept) >"$BATS_TEST_TMPDIR/out"
	grep -q 'kept' "$BATS_TEST_TMPDIR/record"
}

@test "session tickets that nobody waits for destroy nothing" {
	local line
	ending_server echo
	# The server sends tickets and, here, all the bytes back to one that only sends.
	tls_connect --send-only "$AT" <"$PKI/bytes"
	read -r -t "$PATIENCE" -u "$STARTED_FD" line
	[ "$line" = 'heard 3000000' ]
}

@test "an end without close_notify is no end, unless that is asked for" {
	ending_server notify
	run -0 --separate-stderr tls_connect "$AT" </dev/null
	[[ $output == hello && -z $stderr ]]
	ending_server cut
	run -1 --separate-stderr tls_connect "$AT" </dev/null
	[[ $output == hello ]]
	[[ $stderr == 'sockkit connect: the other side ended after 6 bytes without the close_notify of TLS: data may be lost' ]]
	run -0 --separate-stderr tls_connect --tls-end lenient "$AT" </dev/null
	[[ $output == hello && -z $stderr ]]
	# In the middle of a record it is none in any case.
	ending_server middle
	run -1 --separate-stderr tls_connect --tls-end lenient "$AT" </dev/null
	[[ $output == hello && $stderr == *'without the close_notify of TLS'* ]]
	ending_server reset
	run -1 --separate-stderr tls_connect "$AT" </dev/null
	[[ $stderr == *'connection reset by the other side after 0 bytes sent'* ]]
}

@test "nothing is said to who is not verified, and --insecure says so each time" {
	local server
	EXEC_IN_JOB=1 start 'ACCEPT *' in_netns openssl s_server -accept 127.0.0.1:0 -cert "$PKI/good.pem" \
		-key "$PKI/good.key" -rev
	server=127.0.0.1:${STARTED[-1]##*:}
	run -1 --separate-stderr tls_connect --servername not.example "$server" < <(echo secret)
	[[ -z $output ]]
	[[ $stderr == 'sockkit connect: TLS: the certificate is for localhost, 127.0.0.1, not for not.example: see --servername' ]]
	# Who waits for a server to come up does not wait for another one.
	run -1 --separate-stderr tls_connect --wait --servername not.example "$server" < <(echo secret)
	[[ $stderr == *'not for not.example'* ]]
	run -0 --separate-stderr tls_connect --insecure --servername not.example --end-with-peer "$server" < <(echo secret)
	[[ $output == terces ]]
	[[ $stderr == 'sockkit connect: --insecure: anybody may be at the other side: its certificate is for localhost, 127.0.0.1, not for not.example' ]]
}

@test "a server that refuses us after the handshake is quoted" {
	tls_server good -Verify 1 -CAfile "$PKI/ca.pem" -verify_return_error
	run -1 --separate-stderr tls_connect "127.0.0.1:$PORT" </dev/null
	[[ $stderr == *"the other side refuses with the alert 'certificate required': it wants a certificate of ours: data may be lost" ]]
}

@test "a program is joined by a relay, its status counts, and so does an end that is none" {
	ending_server echo
	run -5 --separate-stderr tls_connect "$AT" \
		--exec "sh -c 'echo hello; read -r x; echo \"got \$x by \$SOCKKIT_TLS_VERSION\" >&2; exit 5'"
	[ "$stderr" = 'got hello by TLSv1.3' ]
	# Both ways at once, and nothing is left behind.
	run -0 tls_connect "$AT" --exec "sh -c 'cat $PKI/bytes & exec head -c 3000000 | cmp - $PKI/bytes >&2'"
	ending_server cut
	run -1 --separate-stderr tls_connect "$AT" --exec "sh -c 'cat >$BATS_TEST_TMPDIR/out'"
	same "$(cat "$BATS_TEST_TMPDIR/out")" hello
	[[ $stderr == 'sockkit connect: connection lost: the connection ended without a close_notify'* ]]
	run -3 --separate-stderr tls_connect "$AT" --exec ./no-such-program
	[[ $stderr == 'sockkit connect: run ./no-such-program: No such file or directory' ]]
	run -2 sockkit connect --tls --fdpass 127.0.0.1:1
	run -2 sockkit connect --tls --expires-within 1d 127.0.0.1:1
	run -2 sockkit connect -z --tls --tls-end lenient 127.0.0.1:1
}

@test "an https proxy is verified before it is told anything, and TLS goes inside of TLS" {
	local proxy
	EXEC_IN_JOB=1 start '[0-9]*' in_netns "$SOCKKIT" listen -qq --print-port --http-proxy --tls --cert="$PKI/good.pem" \
		--key="$PKI/good.key" --allow-target=127.0.0.1 127.0.0.1:0
	proxy=https://127.0.0.1:${STARTED[-1]}
	ending_server echo
	tls_connect --proxy-ca="$PKI/ca.pem" --proxy="$proxy" "$AT" <"$PKI/bytes" | cmp - "$PKI/bytes"
	# Each connects to itself, and nobody is told of the target.
	tls_connect --proxy-ca="$PKI/ca.pem" --proxy="$proxy" --proxy="$proxy" "$AT" < <(echo one) | grep -qx one
	run -3 --separate-stderr sockkit connect --proxy="$proxy" "$AT" </dev/null
	[[ $stderr == *"$proxy: TLS: "*'not known here'*': see --proxy-ca' ]]
	run -3 sockkit connect -z -H -c reason --proxy="$proxy" "$AT"
	[[ $output == *proxy-failed ]]
	run -0 sockkit connect -z -H -c state,reason --tls --ca="$PKI/ca.pem" --proxy-ca="$PKI/ca.pem" --proxy="$proxy" "$AT"
	[[ $output == open*verified ]]
}
