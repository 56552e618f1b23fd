# What open ports are: scan --service.
# shellcheck disable=SC2030,SC2031,SC2154 # bats sets output and stderr
load helper

# Ports of one server: PORT of a port and what happens at it, see services.py.
serve() {
	EXEC_IN_JOB=1 start ready in_netns python3 "$ROOT/tests/e2e/services.py" "$@"
}

rows() {
	sockkit scan -q --service -f csv -H --sort=port "$@" 127.0.0.1
}

@test "services, products and versions in every format, and what follows from an answer" {
	serve 2200:ssh 2375:docker 6379:redis 8025:smtp 9090:prometheus 8443:plain
	run --separate-stderr -0 sockkit scan --service -p 2200,2375,6379,8025,8443,9090,9998 -f jsonl 127.0.0.1
	[[ $stderr == *'; 6 of 6 open ports are known'* ]]
	same "$(jq -rs 'sort_by(.port)[] | "\(.port) \(.service) \(.confidence) \(.product) \(.version) \(.extra)"' <<<"$output")" \
		"2200 ssh matched OpenSSH 9.2p1 Debian-2; protocol 2.0
2375 docker matched Docker 26.1.5 null
6379 redis matched Redis 7.0.15 standalone; Linux 6
8025 smtp matched Exim smtpd 4.96 null
8443 https matched null null null
9090 http matched prometheus 2.42.0 null
9998 distinct32 port null null null"
	run -0 sockkit scan -q --service -p 2200,9998 -f xml 127.0.0.1
	[[ $output == *'<service name="ssh" product="OpenSSH" version="9.2p1" extrainfo="Debian-2; protocol 2.0" method="probed" conf="10"/>'* ]]
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/out.xml"
	xmllint --noout "$BATS_TEST_TMPDIR/out.xml"
	[ ! -e /usr/share/nmap/nmap.dtd ] ||
		xmllint --noout --dtdvalid /usr/share/nmap/nmap.dtd "$BATS_TEST_TMPDIR/out.xml"
	run -0 sockkit scan -q --service -p 2200 -f grepable 127.0.0.1
	[[ $output == *'2200/open/tcp//ssh//OpenSSH 9.2p1 (Debian-2; protocol 2.0)/'* ]]
	run -0 sockkit scan -q --service -p 2200 127.0.0.1
	[[ ${lines[0]} == *' SERVICE '*' CONFIDENCE '*' PRODUCT '*' VERSION '*' EXTRA '* ]]
}

@test "what is inside of TLS, and whose certificate it is" {
	[[ $(sockkit --version) == *' +tls'* ]] || skip 'built without TLS'
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$BATS_TEST_TMPDIR/tls.pem" -days 30 \
		-out "$BATS_TEST_TMPDIR/cert" -subj /CN=there -addext subjectAltName=DNS:there,DNS:www.there 2>/dev/null
	cat "$BATS_TEST_TMPDIR/cert" >>"$BATS_TEST_TMPDIR/tls.pem"
	serve 443:tls-docker 993:tls-imap 7443:tls-ssh 7444:tls-closed 7445:tls-echo 8443:plain
	run -0 sockkit scan -q --service -p 443,993,7443-7445,8443 -f jsonl 127.0.0.1
	same "$(jq -rs 'sort_by(.port)[] | "\(.port) \(.service) \(.product) \(.version) \(.tunnel) \(.names | map(.name) | join(",")) \(.verified) \(.why)"' \
		<<<"$output")" "443 docker Docker 26.1.5 tls there,www.there false self-signed
993 imaps Dovecot null tls there,www.there false self-signed
7443 ssh OpenSSH 9.2p1 tls there,www.there false self-signed
7444 tls null null tls there,www.there false self-signed
7445 echo null null tls there,www.there false self-signed
8443 https null null null  null null"
	[ "$(jq -rs '[.[] | .tls_version // empty] | unique | length' <<<"$output")" -eq 1 ]
}

# All of them at once: none may hold up another, or the end.
@test "hostile ports are unknown, each for its reason, in bounded time and without a byte of theirs on the screen" {
	serve 7001:silent 7002:closed 7003:reset 7004:endless 7005:drip 7006:echo 7007:garbage 7008:controls \
		7009:broken 7010:header 7011:late 7012:bomb
	SECONDS=0
	run -0 rows -p 7001-7012 -c port,service,confidence,greeting
	[ "$SECONDS" -le $((12 + PATIENCE / 10)) ]
	same "$output" "7001,unknown,unknown,silent
7002,unknown,unknown,closed
7003,unknown,unknown,reset
7004,unknown,unknown,words
7005,unknown,unknown,words
7006,echo,matched,echo
7007,unknown,unknown,words
7008,ssh,matched,words
7009,http,matched,words
7010,http,matched,words
7011,ssh,matched,words
7012,http,matched,words"
	run -0 sockkit scan -q --service -p 7008 127.0.0.1
	run -1 grep -q $'[\e\a]' <<<"$output"
}

@test "printers are listened to, and asked only where that was said" {
	serve 9100:log
	run -0 rows -p 9100 -c port,service,confidence,greeting
	same "$output" 9100,unknown,unknown,unasked
	[ ! -s "$BATS_TEST_TMPDIR/asked" ]
	run -0 sockkit scan -q --service=all -f csv -H -p 9100 -c port 127.0.0.1
	grep -q '^GET / ' "$BATS_TEST_TMPDIR/asked"
}

@test "who speaks first is not spoken to" {
	serve 25:log
	EXEC_IN_JOB=1 sockkit scan -q --service -p 25 -f csv -H 127.0.0.1 >"$BATS_TEST_TMPDIR/out" 3>&- &
	STARTED_PIDS+=("$!")
	eventually test -e "$BATS_TEST_TMPDIR/accepted"
	[ ! -s "$BATS_TEST_TMPDIR/asked" ]
	kill -TERM "$!"
	ended_with 143 "$!"
	grep -q '^127.0.0.1,25,' "$BATS_TEST_TMPDIR/out" || grep -q ',25,tcp,open,' "$BATS_TEST_TMPDIR/out"
}

@test "a UDP port that answers what it is asked alone is open, for every purpose" {
	serve 5300:dns
	run --separate-stderr -0 sockkit scan --service -u --retries=0 -p 5300 -f csv -H -c port,state,reason,service,product,version,confidence \
		--expect=5300=open 127.0.0.1
	same "$output" 5300,open,udp-response,domain,dnsmasq,2.89,matched
	[[ $stderr == *'1 planned = 1 open;'* ]]
}

# The last one is begun with after its time would have been over.
@test "a rate puts ports off, and makes none of them unknown" {
	serve 7001:ssh 7003:ssh 7004:ssh 7005:ssh
	run -0 rows --rate=4 -p 7001,7003-7005 -c port,service
	same "$output" $'7001,ssh\n7003,ssh\n7004,ssh\n7005,ssh'
}

@test "a choice that is none is refused" {
	run --separate-stderr -2 sockkit scan --service=some 127.0.0.1
	[[ $stderr == *"--service 'some'"* ]]
	run --separate-stderr -2 sockkit scan --up --service 127.0.0.1
	[[ $stderr == *--service* ]]
}
