# TLS and the words before it, of servers that others wrote.
# shellcheck disable=SC2030,SC2031,SC2094,SC2153 # tests are subshells; nothing reads what it writes; PORT and SAID are of helpers
load peers
load ../e2e/tls
load services

setup() {
	export PKI=$BATS_TEST_TMPDIR
	open_netns
}

teardown() {
	stop_all
	rm -rf "$LAB"
}

@test "connect -z --starttls: mail, directory and databases of Debian agree to TLS" {
	local protocol port wrong=0 said
	[ "$EUID" -eq 0 ] || skip 'daemons with users and mounts of their own are for root'
	start_services
	while read -r protocol port; do
		said=$(sockkit connect -z --starttls "$protocol" --ca "$LAB/cert.pem" --servername there -w "$PATIENCE" \
			-H -c reason,why "127.0.0.1:$port") || :
		[[ $said =~ ^verified\ +-$ ]] || {
			echo "$protocol: $said"
			wrong=1
		}
	done <<-END
		smtp 25
		imap 143
		ldap 389
		postgres 5432
		mysql 3306
	END
	[ "$wrong" -eq 0 ]
	sockkit connect -z --tls --ca "$LAB/cert.pem" --servername there 127.0.0.1:443 >"$BATS_TEST_TMPDIR/out"
	# Redis and vsftpd do not speak it, and are not what they are taken for.
	run -1 sockkit connect -z --tls -H -c reason 127.0.0.1:21
	[[ $output == no-tls* ]]
	run -1 sockkit connect -z --starttls ftp -H -c reason,why 127.0.0.1:21
	[[ $output == "no-starttls"*"ftp: the server refuses: '"* ]]
	run -1 sockkit connect -z --starttls smtp -H -c reason,why 127.0.0.1:143
	[[ $output == "no-starttls"*"smtp: this is no greeting: '* OK "* ]]
}

# Whatever is at AT gives back a megabyte, and its certificate is `good`.
gives_back() {
	sockkit connect --tls --ca "$PKI/ca.pem" "$@" "$AT" <"$PKI/bytes" >"$PKI/out"
	cmp "$PKI/bytes" "$PKI/out"
}

@test "connect --tls: OpenSSL, GnuTLS and what is built on them give everything back" {
	local log
	new_ca ca
	new_certificate good DNS:localhost,IP:127.0.0.1
	head -c 1000000 /dev/urandom >"$PKI/bytes"
	cat "$PKI/good.pem" "$PKI/good.key" >"$PKI/both.pem"

	AT=127.0.0.1:7001
	start_peer '*listening on*' socat -d -d OPENSSL-LISTEN:7001,bind=127.0.0.1,fork,cert="$PKI/both.pem",verify=0 \
		EXEC:cat
	gives_back
	gives_back --tls-min 1.3

	AT=127.0.0.1:7002
	start_peer '*listening on*7002*' gnutls-serv --echo --port 7002 --x509certfile "$PKI/good.pem" \
		--x509keyfile "$PKI/good.key"
	printf 'hello\n' >"$PKI/line"
	sockkit connect --tls --ca "$PKI/ca.pem" --tls-end lenient "$AT" <"$PKI/line" >"$PKI/out"
	cmp "$PKI/line" "$PKI/out"

	serve -k --echo 127.0.0.1:0
	cat >"$PKI/stunnel.conf" <<-END
		foreground = yes
		pid =
		[echo]
		accept = 127.0.0.1:7003
		connect = 127.0.0.1:$PORT
		cert = $PKI/both.pem
	END
	AT=127.0.0.1:7003
	start_peer '*Configuration successful*' stunnel4 "$PKI/stunnel.conf"
	eventually is_bound 7003
	gives_back

	AT=127.0.0.1:7004
	start_peer '*Listening on 127.0.0.1:7004*' ncat -v --ssl --ssl-cert "$PKI/good.pem" --ssl-key "$PKI/good.key" \
		-l 127.0.0.1 7004
	sockkit connect --tls --ca "$PKI/ca.pem" --send-only "$AT" <"$PKI/line"
	log=$SAID
	eventually has_line "$log" '^hello$'
}

# What a server of ours had from one client: took ARGS... It is compared with a megabyte.
took() {
	"$@" <"$PKI/bytes"
	eventually has_ended "$SERVED"
	cmp "$PKI/bytes" "$PKI/taken"
}

has_ended() {
	! kill -0 "$1" 2>/dev/null
}

# A server for one client, whose words go to `taken`.
serve_one() {
	: >"$PKI/taken"
	in_netns "$SOCKKIT" listen --tls --cert "$PKI/both.pem" "$@" 127.0.0.1:7100 </dev/null >"$PKI/taken" \
		2>"$PKI/said" 3>&- &
	SERVED=$!
	STARTED_PIDS+=("$SERVED")
	eventually is_bound 7100
}

@test "listen --tls: curl, GnuTLS, socat, ncat, stunnel and OpenSSL find what they look for, to the last byte" {
	local pin
	new_ca ca
	new_certificate good DNS:localhost,IP:127.0.0.1
	new_certificate me DNS:me.example
	head -c 1000000 /dev/urandom >"$PKI/bytes"
	cat "$PKI/good.pem" "$PKI/good.key" >"$PKI/both.pem"
	chmod 600 "$PKI"/*
	cat >"$PKI/answer" <<-'END'
		read -r line
		while read -r other && [ "$other" != $'\r' ]; do :; done
		printf 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n'
		cat "$PKI/bytes"
	END

	# Each ends in a way of its own; a server for one has everything, and status 0.
	serve_one
	took run_peer socat -u - OPENSSL:127.0.0.1:7100,cafile="$PKI/ca.pem"
	serve_one
	took run_peer ncat --ssl-verify --ssl-trustfile "$PKI/ca.pem" -4 --send-only localhost 7100
	serve_one --tls-end lenient
	took run_peer gnutls-cli --x509cafile "$PKI/ca.pem" --logfile=/dev/null -p 7100 127.0.0.1 >/dev/null
	serve_one
	took in_netns openssl s_client -quiet -no_ign_eof -nocommands -CAfile "$PKI/ca.pem" -verify_return_error \
		-connect 127.0.0.1:7100 2>/dev/null

	# And the other way.
	serve -k --tls --cert "$PKI/both.pem" --sh "cat $PKI/bytes" 127.0.0.1:0
	run_peer socat -u "OPENSSL:127.0.0.1:$PORT,cafile=$PKI/ca.pem" - | cmp - "$PKI/bytes"
	run_peer ncat --ssl-verify --ssl-trustfile "$PKI/ca.pem" -4 --recv-only localhost "$PORT" | cmp - "$PKI/bytes"

	serve -k --tls --cert "$PKI/both.pem" --sh "bash $PKI/answer" --client-ca "$PKI/ca.pem" --alpn http/1.1 127.0.0.1:0
	pin=$(openssl x509 -in "$PKI/good.pem" -noout -pubkey | openssl pkey -pubin -outform der |
		openssl dgst -sha256 -binary | base64)
	run_peer curl -sS --cacert "$PKI/ca.pem" --cert "$PKI/me.pem" --key "$PKI/me.key" "https://127.0.0.1:$PORT/" |
		cmp - "$PKI/bytes"
	run_peer curl -sSk --pinnedpubkey "sha256//$pin" --cert "$PKI/me.pem" --key "$PKI/me.key" "https://localhost:$PORT/" |
		cmp - "$PKI/bytes"
	run -56 run_peer curl -sS --cacert "$PKI/ca.pem" "https://127.0.0.1:$PORT/"

	serve -k --echo --tls --cert "$PKI/both.pem" 127.0.0.1:0
	cat >"$PKI/stunnel.conf" <<-END
		foreground = yes
		pid =
		[echo]
		client = yes
		accept = 127.0.0.1:7101
		connect = 127.0.0.1:$PORT
		verifyChain = yes
		CAfile = $PKI/ca.pem
		checkIP = 127.0.0.1
	END
	start_peer '*Configuration successful*' stunnel4 "$PKI/stunnel.conf"
	eventually is_bound 7101
	sockkit connect 127.0.0.1:7101 <"$PKI/bytes" | cmp - "$PKI/bytes"
}
