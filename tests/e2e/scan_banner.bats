# Greetings of open ports.
# shellcheck disable=SC2030,SC2031,SC2154 # bats sets output and stderr
load helper

# A server for everybody who connects: serve PORT SHELL-COMMAND
serve() {
	printf '%s\n' "$2" >"$BATS_TEST_TMPDIR/serve.$1"
	EXEC_IN_JOB=1 in_netns socat "TCP-LISTEN:$1,fork,reuseaddr,bind=127.0.0.1" "EXEC:sh $BATS_TEST_TMPDIR/serve.$1" \
		3>&- 2>/dev/null &
	STARTED_PIDS+=("$!")
	PORTS=${PORTS:+$PORTS,}$1
}

serving() {
	local port
	for port in ${PORTS//,/ }; do
		in_netns "$SOCKKIT" connect -z -qq --wait="$PATIENCE" "127.0.0.1:$port" >/dev/null
	done
}

@test "services are named by what they say, in every format, by SYNs and connections" {
	serve 2222 "printf 'SSH-2.0-x\\033]0;evil\\007/,&\\r\\n'; cat"
	serve 8080 "read -r line; printf 'HTTP/1.1 200 OK\\r\\nServer: web\\r\\n\\r\\n'; cat"
	serve 3306 "printf 'J\\0\\0\\0\\n8.0.36\\0abc'; cat"
	serve 6379 "read -r line; echo +PONG; cat"
	serving
	local method
	for method in connect syn; do
		run --separate-stderr -0 sockkit scan --method=$method --banner -p "$PORTS,9998" -f jsonl 127.0.0.1
		[[ $stderr == *'4 of 4 open ports gave a greeting'* ]]
		same "$(jq -rs 'sort_by(.port)[] | "\(.port) \(.service) \(.banner)"' <<<"$output" | grep -v ^9998)" \
			$'2222 ssh SSH-2.0-x\e]0;evil\a/,&\n3306 mysql 8.0.36\n6379 redis +PONG\n8080 http HTTP/1.1 200 OK; web'
		[ "$(jq 'select(.port == 9998).banner' <<<"$output")" = null ]
	done
	run -0 sockkit scan -q --banner -p "$PORTS" 127.0.0.1
	[[ ${lines[0]} == *' SERVICE '*' BANNER' ]]
	[[ $output == *'SSH-2.0-x\e]0;evil\x07/,&'* ]]
	run -1 grep -q $'\e' <<<"$output"
	run -0 sockkit scan -q --banner -p "$PORTS" -f grepable 127.0.0.1
	[[ $output == *'2222/open/tcp//ssh//SSH-2.0-x?]0;evil?|;&/, 3306/open/tcp//mysql//8.0.36/, '* ]]
	run -0 sockkit scan -q --banner -p "$PORTS" -f xml 127.0.0.1
	[[ $output == *'<service name="ssh" method="probed" conf="10"/><script id="banner" output="SSH-2.0-x?]0;evil?/,&amp;"/>'* ]]
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/out.xml"
	xmllint --noout "$BATS_TEST_TMPDIR/out.xml"
	[ ! -e /usr/share/nmap/nmap.dtd ] ||
		xmllint --noout --dtdvalid /usr/share/nmap/nmap.dtd "$BATS_TEST_TMPDIR/out.xml"
	run -0 sockkit scan -q --banner -p "$PORTS" -f csv -H -c port,banner --sort=port 127.0.0.1
	[ "${lines[1]}" = 3306,8.0.36 ]
}

@test "a silent port is asked one thing, once, and never for long" {
	serve 7000 "cat >>$BATS_TEST_TMPDIR/asked"
	serving
	: >"$BATS_TEST_TMPDIR/asked"
	# A hundred of them at once: in turn they would take minutes.
	local i situations=()
	for i in {7001..7100}; do
		situations+=(tcp-listen 127.0.0.1 "$i" ',')
	done
	mksock "${situations[@]:0:${#situations[@]}-1}"
	run --separate-stderr -0 sockkit scan --method=syn --banner -p 7000-7100 -f csv -H -c port,greeting,banner 127.0.0.1
	[ "$(grep -c '^7...,silent,$' <<<"$output")" -eq 101 ]
	[[ $stderr == *'; 0 of 101 open ports gave a greeting'* ]]
	same "$(cat "$BATS_TEST_TMPDIR/asked")" $'GET / HTTP/1.0\r\n\r'
}

@test "a server that never stops talking is cut off" {
	serve 7000 "yes"
	serve 7001 ". $ROOT/tests/patience/patience.sh; while printf x; do patience_rest 0.05; done"
	serving
	run -0 sockkit scan -q --banner -p 7000,7001 -f jsonl --sort=port 127.0.0.1
	[ "$(jq -rs '.[0].banner' <<<"$output")" = y ]
	[[ $(jq -rs '.[1].banner' <<<"$output") == x* ]]
	[ "$(jq -rs '.[1].banner | length' <<<"$output")" -lt 256 ]
	# The screen is not filled by one that has no line to show.
	serve 7002 "yes | tr -d '\\n'"
	PORTS=7002 serving
	run -0 sockkit scan -q --banner -p 7002 127.0.0.1
	[[ ${lines[1]} == *'  words     yyyyy'*'yyyyy...' && ${#lines[1]} -lt 180 ]]
}

@test "what comes slowly is whole, what comes late is seen, and silence is not the only silence" {
	local rest=". $ROOT/tests/patience/patience.sh"
	serve 7000 "$rest; for c in S S H - 2 . 0 - s l o w; do printf %s \$c; patience_rest 0.1; done; echo; cat"
	serve 7001 "$rest; patience_rest 5; echo 220 late smtp; cat"
	serve 7002 "cat"
	serve 7003 "true"
	EXEC_IN_JOB=1 start ready in_netns python3 -c 'import socket, struct
with socket.create_server(("127.0.0.1", 7004)) as server:
	print("ready", flush=True)
	while True:
		client = server.accept()[0]
		client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		client.close()'
	mksock tcp-listen 127.0.0.1 7005
	PORTS=7000,7001,7002 serving
	eventually is_bound 7003
	run --separate-stderr -0 sockkit scan --banner -p 7000-7005 -f csv -H -c port,greeting,service,banner --sort=port 127.0.0.1
	same "$output" "7000,words,ssh,SSH-2.0-slow
7001,words,smtp,220 late smtp
7002,echo,echo,
7003,closed,$(cut -d, -f3 <<<"${lines[3]}"),
7004,reset,$(cut -d, -f3 <<<"${lines[4]}"),
7005,silent,$(cut -d, -f3 <<<"${lines[5]}"),"
	[[ $stderr == *'2 of 6 open ports gave a greeting'* ]]
}

@test "a host that takes everything gets one remark" {
	local i situations=()
	for i in {7001..7060}; do
		situations+=(tcp-listen 127.0.0.1 "$i" ',')
	done
	mksock "${situations[@]:0:${#situations[@]}-1}"
	run --separate-stderr -0 sockkit scan -p 7001-7062 127.0.0.1
	[ "$(grep -c 'nearly all ports of 127.0.0.1 are open' <<<"$stderr")" -eq 1 ]
	run --separate-stderr -0 sockkit scan -p 6940-7060 127.0.0.1
	[[ $stderr != *'nearly all'* ]]
}

@test "greetings count for the rate" {
	local i situations=() begin end
	for i in {7001..7010}; do
		situations+=(tcp-listen 127.0.0.1 "$i" ',')
	done
	mksock "${situations[@]:0:${#situations[@]}-1}"
	begin=$(date +%s%N)
	# Ten probes and ten connections, five a second, and then two seconds for the last.
	run -0 sockkit scan -q --banner --rate=5 -p 7001-7010 -f csv -H 127.0.0.1
	end=$(date +%s%N)
	[ $(((end - begin) / 1000000)) -ge 5500 ]
	[ "${#lines[@]}" -eq 10 ]
}

@test "a scan killed before a greeting asks that port again" {
	mksock tcp-listen 127.0.0.1 7000
	: >"$BATS_TEST_TMPDIR/out"
	EXEC_IN_JOB=1 sockkit scan -q --banner -H -f csv -c port --resume="$BATS_TEST_TMPDIR/journal" \
		127.0.0.1 -p 1-50,7000 >"$BATS_TEST_TMPDIR/out" 3>&- &
	STARTED_PIDS+=("$!")
	eventually has_lines "$BATS_TEST_TMPDIR/out" 50
	kill -9 "$!"
	ended_with 137 "$!"
	run -1 grep -q 7000 "$BATS_TEST_TMPDIR/out"
	run --separate-stderr -0 sockkit scan --banner -H -f csv -c port --resume="$BATS_TEST_TMPDIR/journal" \
		127.0.0.1 -p 1-50,7000
	[ "$output" = 7000 ]
	[[ $stderr == *'1 planned = 1 open'* ]]
}

@test "an end by time or signal keeps the ports that have not spoken" {
	mksock tcp-listen 127.0.0.1 7000
	run --separate-stderr -0 sockkit scan --max-time="$MOMENT" --banner -p 7000 -f csv -H -c port,state 127.0.0.1
	[ "$output" = 7000,open ]
	: >"$BATS_TEST_TMPDIR/out"
	EXEC_IN_JOB=1 sockkit scan -q -j --banner 127.0.0.1 -p 6990-7000 >"$BATS_TEST_TMPDIR/out" 3>&- &
	STARTED_PIDS+=("$!")
	eventually has_lines "$BATS_TEST_TMPDIR/out" 10
	kill -TERM "$!"
	ended_with 143 "$!"
	[ "$(jq length "$BATS_TEST_TMPDIR/out")" -eq 11 ]
}

@test "datagrams are greeted by nobody" {
	run --separate-stderr -2 sockkit scan -u --banner 127.0.0.1
	[[ $stderr == *'--banner'* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
}
