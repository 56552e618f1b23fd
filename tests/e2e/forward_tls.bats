# --forward with TLS on either side, or both: who is verified, which name is asked for, and how ends go through.
# shellcheck disable=SC2030,SC2031,SC2094,SC2153 # tests are subshells; nothing is read where it is written
load listen
load tls

bats_require_minimum_version 1.5.0

setup_file() {
	export PKI=$BATS_FILE_TMPDIR
	new_ca ca
	new_certificate a DNS:localhost,IP:127.0.0.1
	new_certificate b DNS:b.example
	chmod 600 "$PKI"/*
}

setup() {
	open_netns
}

teardown() {
	stop_all
}

connects() {
	within_patience "$SOCKKIT" connect "$@" "127.0.0.1:$PORT"
}

@test "--forward-tls verifies as connect does, and gives nothing to who is not the right one" {
	random 3000000 >"$BATS_TEST_TMPDIR/data"
	serve /dev/null /dev/null -k --echo --tls --cert "$PKI/b.pem" --key "$PKI/b.key" 127.0.0.1:0
	local wrong=$PORT right
	serve /dev/null /dev/null -k --echo --tls --cert "$PKI/a.pem" --key "$PKI/a.key" 127.0.0.1:0
	right=$PORT
	serve /dev/null /dev/null -kv --forward-tls --ca "$PKI/ca.pem" --forward "127.0.0.1:$wrong" 0
	run -1 --separate-stderr connects < <(echo secret)
	[[ -z $output ]]
	hear "*client 1: TLS: the certificate is for b.example, not for 127.0.0.1: see --servername"
	# The next endpoint is asked, and it is told which one is no good.
	serve /dev/null /dev/null -kv --forward-tls --ca "$PKI/ca.pem" --forward "127.0.0.1:$wrong" --forward "localhost:$right" 0
	connects <"$BATS_TEST_TMPDIR/data" | cmp - "$BATS_TEST_TMPDIR/data"
	hear "*127.0.0.1:$wrong is down, and left out until it answers: TLS: the certificate is for b.example, not for 127.0.0.1*"
	hear "*client 1: connected to * port $right, TLSv1.3"
}

@test "TLS on both sides: name and protocol of the client are asked for there" {
	serve /dev/null /dev/null -kv --echo --alpn h2,imap --tls --cert "$PKI/a.pem" --key "$PKI/a.key" \
		--cert "$PKI/b.pem" --key "$PKI/b.key" 127.0.0.1:0
	local said=$SAID
	serve /dev/null /dev/null -kv --tls --cert "$PKI/a.pem" --key "$PKI/a.key" --cert "$PKI/b.pem" --key "$PKI/b.key" \
		--alpn imap,h2 --forward-tls --ca "$PKI/ca.pem" --pass-servername --forward "localhost:$PORT" 127.0.0.1:0
	same "$(echo one | connects --tls --ca "$PKI/ca.pem" --servername b.example --alpn h2)" one
	SAID=$said hear '*client 1: * speaks TLSv1.3, *, h2, asks for b.example'
	same "$(echo two | connects --tls --ca "$PKI/ca.pem" --alpn imap)" two
	SAID=$said hear '*client 2: * speaks TLSv1.3, *, imap, asks for localhost'
	same "$(echo three | connects --tls --ca "$PKI/ca.pem")" three
	SAID=$said hear '*client 3: * speaks TLSv1.3, *_SHA384, asks for localhost'
}

# How a session ends at one side, and is seen at the other: through END WHAT [OPTION...]
through() {
	start ready in_netns python3 "$BATS_TEST_DIRNAME/tls_ends.py" "$PKI/a.pem" "$PKI/a.key" "$1"
	serve /dev/null /dev/null -k --tls --cert "$PKI/a.pem" --key "$PKI/a.key" "${@:3}" \
		--forward-tls --ca "$PKI/ca.pem" --forward "localhost:${STARTED[-2]}" 127.0.0.1:0
	# The client is there before the other end is asked: its connection has begun when that ends.
	run --separate-stderr connects --tls --ca "$PKI/ca.pem" </dev/null
	# shellcheck disable=SC2053 # a pattern
	[[ "$status $output $stderr" == $2 ]] || {
		echo "$1: $status, $output, $stderr" >&2
		return 1
	}
}

@test "an end in order goes through, and one that is cut is a reset" {
	through notify '0 hello *'
	through cut '1 hello *reset by the other side*'
	through middle '1 hello *reset by the other side*' --tls-end=lenient
	through reset '1 *reset by the other side*'
	# The client's, too. It has not read what TLS had for it, so that it may be a reset from its own side.
	serve /dev/null /dev/null -k --echo 127.0.0.1:0
	serve /dev/null /dev/null -kv --tls --forward "127.0.0.1:$PORT" 127.0.0.1:0
	same "$(within_patience python3 "$BATS_TEST_DIRNAME/tls_client_ends.py" "$PORT" cut word)" ''
	hear '*client 1: closed *'
	[[ $HEARD == *': '*': '*reset* || $HEARD == *': '*': '*close_notify* || $HEARD == *'Broken pipe' ]]
}

@test "--send-proxy=v2 tells who the client is in TLS, and passes on what it was told" {
	local said=$BATS_TEST_TMPDIR/said
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" listen -kv --events=json --proxy-protocol --greet there --discard \
		"unix:$BATS_TEST_TMPDIR/last" </dev/null >/dev/null 2>"$said" 3>&- &
	STARTED_PIDS+=("$!")
	eventually test -S "$BATS_TEST_TMPDIR/last"
	serve /dev/null /dev/null -k --proxy-protocol --send-proxy=v2 --forward "unix:$BATS_TEST_TMPDIR/last" 127.0.0.1:0
	serve /dev/null /dev/null -k --tls --cert "$PKI/a.pem" --key "$PKI/a.key" --client-ca "$PKI/ca.pem" --alpn h2 \
		--send-proxy=v2 --forward "127.0.0.1:$PORT" 127.0.0.1:0
	same "$(connects --tls --ca "$PKI/ca.pem" --servername localhost --alpn h2 --source 127.0.0.9 \
		--cert "$PKI/b.pem" --key "$PKI/b.key" < <(:))" there
	same "$(jq -r 'select(.event == "proxied") | [.remote_address, .authority, .alpn, .tls, .tls_name] | join(" ")' "$said")" \
		'127.0.0.9 localhost h2 TLSv1.3 b'
}

@test "--forward-tls: what cannot be, and what would do nothing" {
	run -2 sockkit listen --forward-tls --ca "$PKI/ca.pem" --forward unix:/nowhere 0
	[[ $output == *'--forward-tls: unix:/nowhere has no name that a certificate could have: give --servername or --pin'* ]]
	run -2 sockkit listen --ca "$PKI/ca.pem" --forward localhost:1 0
	[[ $output == *'--ca has no effect without --forward-tls'* ]]
	run -2 sockkit listen --alpn h2 --forward localhost:1 0
	[[ $output == *'--alpn has no effect without --tls or --forward-tls'* ]]
	run -2 sockkit listen --pass-servername --forward-tls --forward localhost:1 0
	[[ $output == *'--pass-servername needs --tls'* ]]
	run -2 sockkit listen --forward-tls 0
	run -3 sockkit listen --forward-tls --ca /nowhere --forward localhost:1 0
}
