# listen --tls: what a server shows, to whom, and each way in which its clients may behave.
# shellcheck disable=SC2030,SC2031,SC2094,SC2153 # tests are subshells; nothing is read where it is written
load listen
load tls

bats_require_minimum_version 1.5.0

setup_file() {
	export PKI=$BATS_FILE_TMPDIR
	new_ca ca
	new_certificate a DNS:a.example,IP:127.0.0.1
	new_certificate b DNS:b.example
	cat "$PKI/b.key" "$PKI/b.pem" >"$PKI/both.pem"
	chmod 600 "$PKI"/*
}

setup() {
	open_netns
}

teardown() {
	stop_all
}

# A client that verifies: connects ARGS.
connects() {
	within_patience "$SOCKKIT" connect --tls --ca "$PKI/ca.pem" "$@"
}

# Whose certificate a server shows to who asks for NAME: shown NAME.
shown() {
	connects -z --insecure --servername "$1" -f jsonl "127.0.0.1:$PORT" 2>&1 | jq -r .subject
}

ends() {
	within_patience python3 "$BATS_TEST_DIRNAME/tls_client_ends.py" "$PORT" "$@"
}

@test "without a certificate one is made, and what is printed is all that a client needs" {
	local line
	serve /dev/null /dev/null -k --echo --tls 127.0.0.1:0
	hear '*temporary certificate*'
	line=${HEARD#*know it by sockkit }
	random 3000000 >"$BATS_TEST_TMPDIR/data"
	# shellcheck disable=SC2086 # words of a command line
	within_patience "$SOCKKIT" $line <"$BATS_TEST_TMPDIR/data" | cmp - "$BATS_TEST_TMPDIR/data"
	run -1 --separate-stderr within_patience "$SOCKKIT" connect --tls --pin "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" \
		"127.0.0.1:$PORT" < <(echo secret)
	[[ -z $output && $stderr == *'has another key than the pin says'* ]]
	hear "*client 2: refused 127.0.0.1:*: TLS: the other side refuses with the alert 'handshake failure'*"
	# Who speaks no TLS is told of, and ends nothing; who says nothing is in nobody's way.
	idle_client "$PORT"
	printf 'GET / HTTP/1.1\r\n\r\n' | client "$PORT" >/dev/null || true
	hear "*refused 127.0.0.1:*: TLS: the other side does not speak TLS: it says 'GET / HTTP/1.1'"
	ends early
	hear '*refused 127.0.0.1:*: TLS: the other side *handshake'
	same "$(echo there | connects --insecure "127.0.0.1:$PORT" 2>/dev/null)" there
}

@test "certificates are chosen by the name that is asked for, and read anew on SIGHUP" {
	cp "$PKI/a.pem" "$PKI/a.key" "$BATS_TEST_TMPDIR"
	serve /dev/null /dev/null -k --discard --tls --cert "$BATS_TEST_TMPDIR/a.pem" --key "$BATS_TEST_TMPDIR/a.key" \
		--cert "$PKI/both.pem" --alpn imap,h2 0
	same "$(shown a.example) $(shown B.example) $(shown other.example)" 'CN=a CN=b CN=a'
	same "$(connects -z --servername b.example --alpn h2,imap -f jsonl "127.0.0.1:$PORT" | jq -r '.reason + " " + .alpn')" \
		'verified imap'
	run -1 --separate-stderr connects --servername a.example --alpn smtp "127.0.0.1:$PORT" </dev/null
	[[ $stderr == *"alert 'no application protocol'"* ]]
	hear '*the other side offers none of our protocols (ALPN)'
	echo nothing >"$BATS_TEST_TMPDIR/a.pem"
	kill -HUP "$SERVER"
	hear "*the certificates stay as they were: certificate '$BATS_TEST_TMPDIR/a.pem': *"
	same "$(shown a.example)" CN=a
	cat "$PKI/both.pem" >"$BATS_TEST_TMPDIR/a.pem"
	cat "$PKI/both.pem" >"$BATS_TEST_TMPDIR/a.key"
	kill -HUP "$SERVER"
	hear '*loaded the certificates*'
	same "$(shown a.example)" CN=b
}

@test "clients that have to show a certificate are known by it" {
	serve /dev/null /dev/null -kv --sh 'echo "$SOCKKIT_TLS_VERSION $SOCKKIT_TLS_SERVERNAME $SOCKKIT_TLS_SUBJECT"; cat' \
		--tls --cert "$PKI/both.pem" --client-ca "$PKI/ca.pem" 0
	run -1 --separate-stderr connects --servername b.example "127.0.0.1:$PORT" < <(echo lost)
	[[ -z $output && $stderr == *"the alert 'certificate required': it wants a certificate of ours"* ]]
	hear '*refused*: TLS: the other side has no certificate'
	same "$(echo heard | connects --servername b.example --cert "$PKI/a.pem" --key "$PKI/a.key" "127.0.0.1:$PORT")" \
		$'TLSv1.3 b.example CN=a\nheard'
	hear '*speaks TLSv1.3, TLS_AES_256_GCM_SHA384, asks for b.example, is CN=a'
	# One of an authority that nobody knows here.
	PKI=$BATS_TEST_TMPDIR new_ca stranger
	run -1 --separate-stderr connects --servername b.example --cert "$BATS_TEST_TMPDIR/stranger.pem" \
		--key "$BATS_TEST_TMPDIR/stranger.key" "127.0.0.1:$PORT" </dev/null
	hear '*refused*: TLS: the certificate is self-signed, and not known here'
}

# One client for the stdout of a server: takes ENDS_STATUS SAID OUTPUT END ARGS... SAID is a pattern.
takes() {
	local status=$1 said=$2 output=$3 end=$4
	shift 4
	serve /dev/null "$BATS_TEST_TMPDIR/out" --tls --cert "$PKI/both.pem" "$@" 0
	ends "$end" hello
	ended "$status"
	same "$(cat "$BATS_TEST_TMPDIR/out")" "$output"
	# shellcheck disable=SC2053 # a pattern
	[[ $(rest) == $said ]] || { rest >&2; return 1; }
}

@test "an end without close_notify is no end, unless that is asked for" {
	takes 0 '' hello notify
	takes 0 '' hello unread
	takes 1 '*ended after 5 bytes without the close_notify of TLS*' hello cut
	takes 0 '' hello cut --tls-end lenient
	takes 1 '*without the close_notify of TLS*' hello middle --tls-end lenient
	takes 1 '*connection reset*' '' reset
	takes 1 '*closed 127.0.0.1:* without a close_notify*' '' cut --discard
	serve /dev/null /dev/null -kv --echo --tls --cert "$PKI/both.pem" 0
	same "$(ends notify hello)" helloclosed
}

@test "one client is waited for, whoever comes before it, and gets no ticket" {
	serve /dev/null "$BATS_TEST_TMPDIR/out" --tls --cert "$PKI/both.pem" 0
	idle_client "$PORT"
	ends early
	hear '*refused*'
	random 3000000 >"$BATS_TEST_TMPDIR/data"
	connects --insecure --send-only "127.0.0.1:$PORT" <"$BATS_TEST_TMPDIR/data" 2>/dev/null
	ended 0
	cmp "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/out"
}

@test "what stands around TLS, and within it: a proxy's header, a greeting, a record, a unix socket" {
	local path=$BATS_TEST_TMPDIR/socket
	serve /dev/null /dev/null -kv --echo --greet 'hello\n' --record "$BATS_TEST_TMPDIR/records" --proxy-protocol \
		--tls --cert "$PKI/both.pem" 0
	same "$(echo you | connects --insecure --send-proxy v2 "127.0.0.1:$PORT" 2>/dev/null)" $'hello\nyou'
	hear '*closed 127.0.0.1:*, 4 bytes received, 10 sent'
	grep -rq you "$BATS_TEST_TMPDIR/records"
	serve /dev/null /dev/null -k --chargen --tls "unix:$path"
	hear '*temporary certificate*'
	# shellcheck disable=SC2086,SC2031 # words of a command line
	same "$(within_patience "$SOCKKIT" ${HEARD#*know it by sockkit } --recv-only | head -c 5)" ' !"#$'
}

# `listen` with these options of TLS fails, with status 3 and these words: fails WORDS OPTIONS...
fails() {
	local words=$1
	shift
	run -3 --separate-stderr in_netns "$SOCKKIT" listen --timeout=1ms --tls "$@" 0
	same "$stderr" "sockkit listen: $words"
}

@test "files that are no good are told in one line, before anybody is listened for" {
	local at=$BATS_TEST_TMPDIR
	fails "certificate '$at/none': No such file or directory" --cert "$at/none"
	fails "key '$PKI/a.pem': no private key is in it: see --key" --cert "$PKI/a.pem"
	fails "key '$PKI/b.key': it is not that of certificate '$PKI/a.pem'" --key "$PKI/b.key" --cert "$PKI/a.pem"
	cat "$PKI/ca.pem" "$PKI/a.pem" >"$at/order.pem"
	fails "certificate '$at/order.pem': that of the key has to be the first in it, issuers behind" \
		--cert "$at/order.pem" --key "$PKI/a.key"
	openssl pkey -in "$PKI/a.key" -aes256 -passout pass:secret -out "$at/locked.key"
	fails "key '$at/locked.key': it is encrypted: write it without a passphrase" --cert "$PKI/a.pem" --key "$at/locked.key"
	FROM=20200101000000Z TO=20210203040506Z new_certificate old DNS:b.example
	serve /dev/null /dev/null -k --tls --cert "$PKI/old.pem" --key "$PKI/old.key" 0
	run -2 "$SOCKKIT" listen --tls --key x
	run -2 "$SOCKKIT" listen --cert x
}

@test "many on stdout: what a client says arrives to its end, though TLS has taken it from the socket at once" {
	random 3000000 >"$BATS_TEST_TMPDIR/data"
	serve /dev/null "$BATS_TEST_TMPDIR/out" -k --tls --cert "$PKI/a.pem" --key "$PKI/a.key" 127.0.0.1:0
	connects "127.0.0.1:$PORT" <"$BATS_TEST_TMPDIR/data"
	# Its end has been heard, and so has all before.
	cmp "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/data"
}
