# connect --probe --tls: who the other side is, and each way in which it may not be that.
# shellcheck disable=SC2030,SC2031 # tests are subshells
load helper
load tls

bats_require_minimum_version 1.5.0

setup_file() {
	export PKI=$BATS_FILE_TMPDIR
	new_ca ca
	new_ca stranger
	new_certificate good DNS:localhost,DNS:a.example,IP:127.0.0.1,IP:::1
	new_certificate other 'DNS:other.example,DNS:*.wild.example,DNS:b*r.example,DNS:127.0.0.3'
	FROM=20200101000000Z TO=20210203040506Z new_certificate expired DNS:localhost,IP:127.0.0.1
	FROM=20900101000000Z TO=20910101000000Z new_certificate future DNS:localhost,IP:127.0.0.1
	new_certificate weak DNS:localhost,IP:127.0.0.1 rsa:1024
	CA=stranger new_certificate unknown DNS:localhost,IP:127.0.0.1
	openssl req -x509 -newkey ed25519 -nodes -keyout "$PKI/self.key" -out "$PKI/self.pem" -days 9 \
		-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null
}

setup() {
	open_netns
}

teardown() {
	stop_all
}

# What a check says: in STATUS and, as JSON, in ROW.
check() {
	STATUS=0
	ROW=$(within_patience "$SOCKKIT" connect -z --tls --ca "$PKI/ca.pem" -w "$PATIENCE" -f jsonl "$@") || STATUS=$?
}

# One value of the row: value NAME.
value() {
	jq -r ".$1 | if type == \"array\" then map(.name) | join(\" \") else . end" <<<"$ROW"
}

# The row has this reason and these words, and the status is that of no: is_told REASON WHY.
is_told() {
	[[ $STATUS -eq 1 && $(value reason) == "$1" && $(value why) == "$2" && $(value state) == open ]] || {
		echo "status $STATUS: $ROW" >&2
		return 1
	}
}

@test "a check tells version, cipher, protocol, and all of the certificate" {
	tls_server good -alpn h2
	check --alpn h2,http/1.1 "127.0.0.1:$PORT"
	[ "$STATUS" -eq 0 ]
	[[ $(value reason) == verified && $(value verified) == true && $(value why) == null ]]
	[[ $(value tls_version) == TLSv1.3 && $(value cipher) == TLS_* && $(value alpn) == h2 ]]
	[[ $(value names) == 'localhost a.example 127.0.0.1 ::1' && $(value chain) == 1 ]]
	[[ $(value subject) == CN=good && $(value issuer) == CN=ca,O=Test ]]
	[[ $(value key_type) == EC && $(value key_bits) == 256 && $(value signature) == ecdsa-with-SHA256 ]]
	[[ $(value days_left) =~ ^(19|20)$ && $(value tls_us) -gt 0 && $(value total_us) -ge $(value tls_us) ]]
	# The rest as openssl has it.
	local cert=$PKI/good.pem
	[ "$(value not_after)" = "$(date -u -d "$(openssl x509 -in "$cert" -noout -enddate | cut -d = -f 2)" +%FT%TZ)" ]
	[ "$(value not_before)" = "$(date -u -d "$(openssl x509 -in "$cert" -noout -startdate | cut -d = -f 2)" +%FT%TZ)" ]
	[ "$(value fingerprint)" = "$(openssl x509 -in "$cert" -outform der | sha256sum | cut -d ' ' -f 1)" ]
	[ "$(value pin)" = "sha256//$(openssl x509 -in "$cert" -noout -pubkey | openssl pkey -pubin -outform der |
		openssl dgst -sha256 -binary | base64)" ]
	[ "$(value serial)" = "$(openssl x509 -in "$cert" -noout -serial | cut -d = -f 2 | tr A-F a-f)" ]
}

@test "each thing that is wrong with a certificate has a word of its own, and says what" {
	tls_server expired
	check "127.0.0.1:$PORT"
	is_told expired 'expired on 2021-02-03T04:05:06Z'
	[ "$(value days_left)" -lt -2000 ]
	check --insecure "127.0.0.1:$PORT"
	[[ $STATUS -eq 0 && $(value reason) == expired && $(value verified) == false ]]

	tls_server future
	check "127.0.0.1:$PORT"
	is_told not-yet-valid 'is not valid until 2090-01-01T00:00:00Z'

	tls_server weak -cipher DEFAULT@SECLEVEL=0
	check "127.0.0.1:$PORT"
	is_told weak-key 'has a key that is too weak: RSA of 1024 bits'

	tls_server unknown
	check "127.0.0.1:$PORT"
	is_told unknown-issuer 'is of an issuer that is not known here: CN=stranger,O=Test'

	tls_server self
	check "127.0.0.1:$PORT"
	is_told self-signed 'is self-signed, and not known here'
	check --ca "$PKI/self.pem" "127.0.0.1:$PORT"
	[ "$STATUS" -eq 0 ]
}

@test "a name is one of those that the certificate offers, by the rules" {
	tls_server other
	local at=127.0.0.1:$PORT name
	check "$at"
	is_told name-mismatch 'is for other.example, *.wild.example, b*r.example, 127.0.0.3, not for 127.0.0.1'
	for name in other.example OTHER.example. a.wild.example; do
		check --servername "$name" "$at"
		[ "$STATUS" -eq 0 ] || { echo "$name: $ROW" >&2 && return 1; }
	done
	# A wildcard is one whole label, no CN counts, and an address is no name (RFC 9525, 6.4).
	for name in wild.example a.b.wild.example bar.example other 127.0.0.2 127.0.0.3 ::1; do
		check --servername "$name" "$at"
		[[ $STATUS -eq 1 && $(value reason) == name-mismatch && $(value why) == *", not for $name" ]] ||
			{ echo "$name: $ROW" >&2 && return 1; }
	done
	check --servername bücher.example "$at"
	[[ $(value why) == *', not for xn--bcher-kva.example' ]]
}

@test "a pin is trust in a key, whoever has signed it" {
	local pin
	tls_server self
	check --insecure "127.0.0.1:$PORT"
	pin=$(value pin)
	sockkit connect -z --tls --pin "$pin" "127.0.0.1:$PORT" >"$BATS_TEST_TMPDIR/out"
	grep -q verified "$BATS_TEST_TMPDIR/out"
	# With --ca both are asked for; and --insecure does not make another key the right one.
	check --pin "$pin" "127.0.0.1:$PORT"
	is_told self-signed 'is self-signed, and not known here'
	ROW=$(sockkit connect -z --tls --insecure --pin sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
		-f jsonl "127.0.0.1:$PORT") && STATUS=0 || STATUS=$?
	is_told pin-differs "has another key than the pin says: $pin"
}

@test "what expires too soon is told before it has" {
	tls_server good
	check --expires-within 19d "127.0.0.1:$PORT"
	[[ $STATUS -eq 0 && $(value reason) == verified ]]
	check --expires-within 30d "127.0.0.1:$PORT"
	is_told expires-soon "expires on $(value not_after)"
	check --expires-within 30d --insecure "127.0.0.1:$PORT"
	[ "$STATUS" -eq 1 ]
	# Those that it stands on count, too: without them it is worth nothing.
	openssl req -x509 -key "$PKI/stranger.key" -days 5 -out "$PKI/stranger.pem" -subj /O=Test/CN=stranger 2>/dev/null
	tls_server unknown
	check --ca "$PKI/stranger.pem" --expires-within 3d "127.0.0.1:$PORT"
	[ "$STATUS" -eq 0 ]
	check --ca "$PKI/stranger.pem" --expires-within 10d "127.0.0.1:$PORT"
	is_told expires-soon "issuer CN=stranger,O=Test expires on $(date -u -d "$(openssl x509 -in "$PKI/stranger.pem" \
		-noout -enddate | cut -d = -f 2)" +%FT%TZ)"
}

@test "a server that wants a certificate is told from one that does not" {
	tls_server good -Verify 1 -CAfile "$PKI/ca.pem" -verify_return_error
	check "127.0.0.1:$PORT"
	is_told tls-alert "the other side refuses with the alert 'certificate required': it wants a certificate of ours"
	check --cert "$PKI/good.pem" --key "$PKI/good.key" "127.0.0.1:$PORT"
	[ "$STATUS" -eq 0 ]
	# Files that are none are named, and nothing is asked.
	run -3 --separate-stderr sockkit connect -z --tls --cert "$PKI/good.pem" "127.0.0.1:$PORT"
	[[ $stderr == *"key '$PKI/good.pem': no private key is in it: see --key" && -z $output ]]
	run -3 --separate-stderr sockkit connect -z --tls --cert "$PKI/good.pem" --key "$PKI/weak.key" "127.0.0.1:$PORT"
	[[ $stderr == *"key '$PKI/weak.key': it is not that of certificate '$PKI/good.pem'" ]]
	run -3 --separate-stderr sockkit connect -z --tls --ca "$PKI/none" "127.0.0.1:$PORT"
	[[ $stderr == *"authorities '$PKI/none': No such file or directory" ]]
	openssl ec -in "$PKI/good.key" -aes128 -passout pass:x -out "$PKI/locked.key" 2>/dev/null
	run -3 --separate-stderr sockkit connect -z --tls --cert "$PKI/good.pem" --key "$PKI/locked.key" "127.0.0.1:$PORT" </dev/null
	[[ $stderr == *"key '$PKI/locked.key': it is encrypted: write it without a passphrase" ]]
}

@test "an old version is refused, unless it is asked for" {
	tls_server good -tls1_1 -cipher DEFAULT@SECLEVEL=0
	check "127.0.0.1:$PORT"
	[[ $STATUS -eq 1 && $(value reason) == tls-version ]]
	check --tls-min 1.0 "127.0.0.1:$PORT"
	[[ $STATUS -eq 0 && $(value tls_version) == TLSv1.1 ]]
	tls_server good -tls1_2
	check "127.0.0.1:$PORT"
	[[ $STATUS -eq 0 && $(value tls_version) == TLSv1.2 && $(value cipher) == TLS_ECDHE_* ]]
	check --tls-min 1.3 "127.0.0.1:$PORT"
	[[ $STATUS -eq 1 && $(value reason) == tls-version ]]
}

@test "peers that speak no TLS, stall, or cut it are told apart" {
	mksock tcp-listen 127.0.0.1 0
	local silent
	silent=$(field 0 local)
	check -w 200ms "$silent"
	is_told tls-timeout 'TLS handshake: Connection timed out'
	check --timeout=200ms "$silent"
	is_told tls-timeout 'TLS handshake: Connection timed out'
	start '*listening*' in_netns sh -c "exec '$SOCKKIT' listen -k --exec 'printf SSH-2.0-x\\\\r\\\\n; cat >/dev/null' 127.0.0.1:0 2>&1"
	check "${STARTED[-1]##* }"
	is_told no-tls "TLS: the other side does not speak TLS: it says 'SSH-2.0-x'"
	start '*listening*' in_netns sh -c "exec '$SOCKKIT' listen -k --exec 'head -c 5 >/dev/null; printf \"\\\\026\\\\003\\\\003\\\\000\\\\172\\\\002\"; cat >/dev/null & exit' 127.0.0.1:0 2>&1"
	check "${STARTED[-1]##* }"
	[[ $STATUS -eq 1 && $(value reason) == tls-cut ]]
}

@test "what is said and expected goes inside of TLS, to a server that is verified" {
	EXEC_IN_JOB=1 start 'ACCEPT *' in_netns openssl s_server -accept 127.0.0.1:0 -cert "$PKI/good.pem" \
		-key "$PKI/good.key" -www
	PORT=${STARTED[-1]##*:}
	check --send 'GET / HTTP/1.0\r\n\r\n' --expect '^HTTP/1.0 200' "127.0.0.1:$PORT"
	[[ $STATUS -eq 0 && $(value reason) == answer-matches && $(value verified) == true ]]
	check --send 'GET / HTTP/1.0\r\n\r\n' --expect '^SSH' "127.0.0.1:$PORT"
	[[ $STATUS -eq 1 && $(value reason) == answer-differs ]]
	check --servername not.example --send 'GET / HTTP/1.0\r\n\r\n' --expect '^HTTP' "127.0.0.1:$PORT"
	[[ $STATUS -eq 1 && $(value reason) == name-mismatch && $(value banner) == null ]]
}

@test "a conversation in the clear becomes one of TLS" {
	local line
	start ready in_netns python3 "$BATS_TEST_DIRNAME/starttls.py" "$PKI/good.pem" "$PKI/good.key"
	for line in "${STARTED[@]:0:${#STARTED[@]}-2}"; do
		check --starttls "${line% *}" --servername localhost --expect '^hello$' "127.0.0.1:${line#* }"
		[[ $STATUS -eq 0 && $(value reason) == answer-matches && $(value verified) == true ]] ||
			{ echo "$line: $ROW" >&2 && return 1; }
	done
	line=${STARTED[-2]}
	check --starttls smtp "127.0.0.1:${line#* }"
	is_told no-starttls 'smtp: the server does not offer STARTTLS'
	check --starttls pop3 "127.0.0.1:${line#* }"
	is_told no-starttls "pop3: this is no greeting: '220 a'"
	check "127.0.0.1:${line#* }"
	is_told no-tls "TLS: the other side does not speak TLS: it says '220 a'"
}

@test "texts of a hostile certificate are bounded, and show their bytes" {
	local names
	names=$(printf 'DNS:n%d.example,' {1..2000})
	SUBJECT=$'/CN=a\x1b[31mb/O=\xe2\x82\xac' new_certificate hostile "${names%,}"
	tls_server hostile
	check --servername x.example "127.0.0.1:$PORT"
	[[ $STATUS -eq 1 && $(value reason) == name-mismatch ]]
	[[ $(value why) == 'is for n1.example, n2.example, '*', and '*' more, not for x.example' ]]
	[ "$(jq '.names | length' <<<"$ROW")" -eq 256 ]
	[[ $ROW != *$'\x1b'* && $(value subject) != *$'\x1b'* && $(value subject) == *'\1B'* ]]
	check --servername n2000.example "127.0.0.1:$PORT"
	[ "$STATUS" -eq 0 ]
}

@test "the secrets of a session are kept for who asks, and not for others" {
	tls_server good
	check --keylog "$BATS_TEST_TMPDIR/keys" "127.0.0.1:$PORT"
	[ "$STATUS" -eq 0 ]
	grep -q '^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]\{64\} ' "$BATS_TEST_TMPDIR/keys"
	[ "$(stat -c %a "$BATS_TEST_TMPDIR/keys")" = 600 ]
	run --separate-stderr -3 sockkit connect -z --tls --ca "$PKI/ca.pem" --keylog /dev/full "127.0.0.1:$PORT"
	[[ $stderr == *"--keylog '/dev/full': No space left on device: secrets are missing" ]]
}

@test "options of TLS that would do nothing, or cannot be verified, are wrong usage" {
	run -2 sockkit connect -z --ca /dev/null 127.0.0.1:1
	[[ $output == *'--ca has no effect without --tls'* ]]
	run -2 sockkit connect -z --tls unix:/tmp/a
	[[ $output == *'unix:/tmp/a has no name that a certificate could have: give --servername or --pin'* ]]
	run -2 sockkit connect -z --tls --key /dev/null 127.0.0.1:1
	run -2 sockkit connect -z --tls --pin sha256//abc 127.0.0.1:1
	run -2 sockkit connect -z --tls --alpn h2,, 127.0.0.1:1
	run -2 sockkit connect -z --tls --servername 'a..b' 127.0.0.1:1
	run -2 sockkit connect -z -u --tls 127.0.0.1:1
}

@test "repeated checks stand below their headings on a terminal of 80 columns" {
	mksock tcp-listen 127.0.0.1 0
	local port
	port=$(field 0 local)
	run in_netns python3 "$BATS_TEST_DIRNAME/screen.py" 80 \
		"$SOCKKIT" connect -qz --tls --count=1 -w 200ms "localhost:${port##*:}"
	[ "$status" -ne 77 ] || skip 'there is no /dev/pts'
	[ "$status" -eq 0 ]
	local before=${lines[0]%%STATE*} below=${lines[1]%%open*}
	same "${#below}" "${#before}"
	[[ ${lines[1]} == *open* ]]
}
