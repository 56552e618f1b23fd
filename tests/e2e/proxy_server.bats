# listen --socks and --http-proxy: what is asked for is read to the byte, answered as the protocol has it, and refused
# where it is for nobody.
# shellcheck disable=SC2016,SC2094,SC2153
load listen

setup() {
	open_netns
	serve /dev/null /dev/null -k --echo '[::]:0'
	ECHO=$PORT
	# As two bytes for printf.
	printf -v TWO '\\%03o\\%03o' $((ECHO / 256)) $((ECHO % 256))
}

# What the server says to BYTES, in hexadecimal: asked BYTES
asked() {
	# shellcheck disable=SC2059 # bytes
	printf "$1" | sockkit connect "127.0.0.1:$PORT" 2>/dev/null | od -An -v -tx1 | tr -d ' \n'
}

# The first line of its answer to a head of HTTP.
status_of() {
	# shellcheck disable=SC2059
	printf "$1" | sockkit connect "127.0.0.1:$PORT" 2>/dev/null | head -n 1 | tr -d '\r'
}

@test "--socks, --http-proxy: each protocol to the byte, and what is glued to a request is data" {
	local hex
	serve /dev/null /dev/null --socks --http-proxy --allow-target=localhost --allow-target=127.0.0.1 --allow-target=::1 127.0.0.1:0
	same "$(asked "\\4\\1$TWO\\177\\0\\0\\1joe\\0hello")" 005a00000000000068656c6c6f
	same "$(asked "\\4\\1$TWO\\0\\0\\0\\1\\0localhost\\0hello")" 005a00000000000068656c6c6f
	hex=$(asked "\\5\\1\\0\\5\\1\\0\\1\\177\\0\\0\\1${TWO}hello")
	[[ $hex == 0500050000017f000001????68656c6c6f ]]
	hex=$(asked "\\5\\2\\0\\2\\5\\1\\0\\3\\11localhost${TWO}hello")
	[[ $hex == 05000500000[14]*68656c6c6f ]]
	hex=$(asked "\\5\\1\\0\\5\\1\\0\\4\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\1${TWO}hello")
	[[ $hex == 05000500000400000000000000000000000000000001????68656c6c6f ]]
	# Who offers nothing but to say who it is may say so.
	hex=$(asked "\\5\\1\\2\\1\\1a\\1b\\5\\1\\0\\1\\177\\0\\0\\1${TWO}hello")
	[[ $hex == 05020100050000017f000001????68656c6c6f ]]
	same "$(printf 'CONNECT localhost:%s HTTP/1.1\r\n\r\nhello' "$ECHO" | sockkit connect "127.0.0.1:$PORT")" \
		$'HTTP/1.1 200 Connection established\r\n\r\nhello'
	same "$(printf 'PUT http://[::1]:%s/x HTTP/1.1\r\nA: b\r\nProxy-Connection: close\r\n\r\nhello' "$ECHO" |
		sockkit connect "127.0.0.1:$PORT")" \
		"PUT /x HTTP/1.1"$'\r\n'"Host: [::1]:$ECHO"$'\r\nA: b\r\nVia: 1.1 sockkit\r\nConnection: close\r\n\r\nhello'
}

@test "--socks, --http-proxy: what is for nobody, makes no sense or is not there is refused in the protocol's words" {
	local request answer hex
	serve /dev/null /dev/null --socks --http-proxy --allow-target=127.0.0.1:1-9 --allow-target='*.test' --deny-target=a.test 127.0.0.1:0
	while read -r request answer; do
		same "$(asked "$request")" "$answer"
	done <<-END
		\\5\\1\\0\\5\\1\\0\\1\\177\\0\\0\\1\\0\\11 050005050001000000000000
		\\5\\1\\0\\5\\1\\0\\1\\177\\0\\0\\1$TWO 050005020001000000000000
		\\5\\1\\0\\5\\1\\0\\1\\12\\0\\0\\1\\0\\1 050005020001000000000000
		\\5\\1\\0\\5\\1\\0\\3\\6a.test\\0\\1 050005020001000000000000
		\\5\\1\\0\\5\\2\\0\\1\\177\\0\\0\\1\\0\\11 050005070001000000000000
		\\5\\1\\0\\5\\1\\0\\11 050005080001000000000000
		\\5\\1\\0\\5\\1\\0\\3\\1/\\0\\1 050005010001000000000000
		\\5\\1\\1 05ff
		\\4\\1\\0\\11\\177\\0\\0\\1\\0 005b000000000000
		\\4\\2\\0\\11\\177\\0\\0\\1\\0 005b000000000000
		\\5\\1\\0\\6 050005010001000000000000
		\\6
		\\26\\3\\1\\2\\0
	END
	same "$(status_of 'CONNECT 127.0.0.1:9 HTTP/1.1\r\n\r\n')" 'HTTP/1.1 502 Bad Gateway'
	same "$(status_of 'CONNECT 127.0.0.1:10 HTTP/1.1\r\n\r\n')" 'HTTP/1.1 403 Forbidden'
	same "$(status_of 'GET http://a.test/ HTTP/1.1\r\n\r\n')" 'HTTP/1.1 403 Forbidden'
	same "$(status_of 'GET / HTTP/1.1\r\n\r\n')" 'HTTP/1.1 400 Bad Request'
	same "$(status_of 'GET ftp://a/ HTTP/1.1\r\n\r\n')" 'HTTP/1.1 501 Not Implemented'
	# What never ends is bounded, and who is silent keeps nobody waiting.
	idle_client "$PORT"
	hex=$(printf 'x%.0s' {1..20000})
	[[ $(status_of "GET http://a.test/ HTTP/1.1\r\nx: $hex") == *' 431 '* ]]
	# One language only.
	serve /dev/null /dev/null --socks 127.0.0.1:0
	same "$(asked 'CONNECT a:1 HTTP/1.1\r\n\r\n')" ''
	serve /dev/null /dev/null --http-proxy 127.0.0.1:0
	same "$(asked '\5\1\0')" ''
}

@test "--proxy-users: nobody else, whatever the protocol; a proxy in front of a proxy; events tell who went where" {
	local first hex
	printf '# us\njoe:p:w\n' >"$BATS_TEST_TMPDIR/users"
	serve /dev/null /dev/null --socks --http-proxy -v --events=json --proxy-users="$BATS_TEST_TMPDIR/users" --allow-target=localhost 127.0.0.1:0
	PORT=${PORT%%\"*}
	first=$PORT
	same "$(echo hello | sockkit connect --proxy="socks5://joe:p%3aw@127.0.0.1:$PORT" "localhost:$ECHO")" hello
	hear '*requested*'
	same "$(jq -r '[.protocol, .endpoint, .user] | join(" ")' <<<"$HEARD")" "socks5 localhost:$ECHO joe"
	hear '*"forwarded"*'
	same "$(jq -r .target_port <<<"$HEARD")" "$ECHO"
	same "$(echo hello | sockkit connect --proxy="http://joe:p%3aw@127.0.0.1:$PORT" "localhost:$ECHO")" hello
	same "$(asked '\5\2\0\2\1\3joe\1x')" 05020101
	hear '*not_forwarded*'
	same "$(jq -r '[.level, .error, .user] | join(" ")' <<<"$HEARD")" "notice EKEYREJECTED joe"
	same "$(asked '\5\1\0')" 05ff
	same "$(asked '\4\1\0\11\177\0\0\1joe\0')" 005d000000000000
	[[ $(status_of 'CONNECT a:1 HTTP/1.1\r\n\r\n') == *' 407 '* ]]
	serve /dev/null /dev/null --socks --allow-target=localhost --proxy="http://joe:p%3aw@127.0.0.1:$first" 127.0.0.1:0
	same "$(echo hello | sockkit connect --proxy="socks4a://127.0.0.1:$PORT" "localhost:$ECHO")" hello
	[[ $(asked "\\5\\1\\0\\5\\1\\0\\1\\177\\0\\0\\1$TWO") == 0500050200* ]]
}

@test "--socks: open to everybody only if asked, and what cannot be is wrong usage" {
	local args
	for args in '' 1080 '[::]:1080' '-k --echo --socks localhost:0' '--greet=x localhost:0' '--allow-target=10.0.0.0/99 localhost:0'; do
		# shellcheck disable=SC2086 # words
		run -2 sockkit listen --socks $args
	done
	run -2 sockkit listen --proxy-users=/etc/passwd localhost:0
	run -2 sockkit listen -k --echo --allow-target=a localhost:0
	run -3 sockkit listen --socks --proxy-users=/dev/null 0
	run -0 sockkit listen --socks --allow=127.0.0.1 --timeout=10ms 0
	run -0 sockkit listen --socks --timeout=10ms "unix:$BATS_TEST_TMPDIR/socket"
}
