# connect and listen --forward by way of proxies: what they say is read to the byte, and no more is believed.
# shellcheck disable=SC2016,SC2094,SC2153
load listen

granted5='\5\0\5\0\0\1\0\0\0\0\0\0' # the method, then the connection

# A proxy that says BYTES at once, whatever it is asked, and then sends back what it hears but for the
# REQUEST, of so many bytes: proxy_says BYTES REQUEST
proxy_says() {
	[ -z "${SERVER:-}" ] || stop "$SERVER"
	serve /dev/null /dev/null -k --sh "printf '$1'; head -c $2 >'$BATS_TEST_TMPDIR/asked'; cat" 127.0.0.1:0
}

# What comes back through it, of the words ARGS: through SCHEME [TARGET]
through() {
	echo hello | sockkit connect "--proxy=$1://127.0.0.1:$PORT" "${2:-1.2.3.4:80}"
}

asked() {
	same "$(od -An -v -tx1 "$BATS_TEST_TMPDIR/asked" | tr -d ' \n')" "$1"
}

@test "--proxy: each scheme asks for the target, and what is glued to the answer is data" {
	proxy_says "${granted5}glued " 13
	same "$(through socks5)" 'glued hello'
	asked 05010005010001010203040050
	proxy_says '\5\0\5\0\0\3\4name\0\0glued ' 19
	same "$(through socks5h host.test:80)" 'glued hello'
	asked 0501000501000309686f73742e746573740050
	proxy_says '\0Z\0\0\0\0\0\0glued ' 9
	same "$(through socks4)" 'glued hello'
	asked 040100500102030400
	rm "$BATS_TEST_TMPDIR/asked"
	# It knows no names: this one is looked up here.
	same "$(through socks4 localhost:80)" 'glued hello'
	asked 040100507f00000100
	run -1 --separate-stderr sockkit connect --proxy="socks4://127.0.0.1:$PORT" no.such.invalid:80 </dev/null
	[[ $stderr == *no.such.invalid* ]]
	proxy_says '\0Z\0\0\0\0\0\0glued ' 13
	same "$(through socks4a a.b:80)" 'glued hello'
	asked 040100500000000100612e6200
	proxy_says 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nglued ' 49
	same "$(through http)" 'glued hello'
	same "$(<"$BATS_TEST_TMPDIR/asked")" $'CONNECT 1.2.3.4:80 HTTP/1.1\r\nHost: 1.2.3.4:80\r\n\r'
}

@test "--proxy: what says no, makes no sense, never ends or is cut is said in words" {
	local status scheme answer said
	while IFS=' ' read -r status scheme answer said; do
		proxy_says "$answer" 1
		run "-$status" --separate-stderr through "$scheme"
		# shellcheck disable=SC2154 # run --separate-stderr sets it
		[[ $stderr == *"$scheme://127.0.0.1:$PORT: "*"$said"* && -z $output ]] || {
			echo "$scheme $answer: $stderr" >&2
			return 1
		}
	done <<-'END'
		1 socks5 \5\0\5\5 its connection was refused
		3 socks5 \5\377 it wants a user and a password
		3 socks5 \5\2 it wants method 2
		3 socks5 \5\0\5\0\0\7\0 another protocol
		3 socks5 HTTP/1.0 another protocol
		1 socks5 \5\0\5\4 it finds the host unreachable
		3 socks5 \5\0\5\1 it has failed
		3 socks4 \0[\0\0\0\0\0\0 it refuses
		3 http HTTP/1.1\0404407\040No\r\n\r\n its answer has no status
		3 http HTTP/1.1\040407\040No\r\n\r\n it wants a user and a password
		3 http HTTP/1.1\040503\040Busy\r\n\r\n it answers "503 Busy"
		1 http HTTP/1.1\040504\040Late\r\n\r\n it answers "504 Late"
		3 http SSH-2.0 another protocol
	END
	# Cut off, overlong, and silent.
	serve /dev/null /dev/null -k --sh "printf '\5\0\5'" 127.0.0.1:0
	run -3 --separate-stderr through socks5
	[[ $stderr == *'the other side ended'* ]]
	serve /dev/null /dev/null -k --sh "printf 'HTTP/1.1 200 OK\r\nx: '; head -c 20000 /dev/zero | tr '\0' x; cat" 127.0.0.1:0
	run -3 --separate-stderr through http
	[[ $stderr == *'too long'* ]]
	serve /dev/null /dev/null -k --discard 127.0.0.1:0
	run -1 --separate-stderr sockkit connect -w 50ms "--proxy=socks5://127.0.0.1:$PORT" 1.2.3.4:80 </dev/null
	[[ $stderr == *'Connection timed out'* ]]
	run -3 --separate-stderr sockkit connect --proxy=socks5://127.0.0.1:9 1.2.3.4:80 </dev/null
	[[ $stderr == *'proxy: connect 127.0.0.1:9: Connection refused'* ]]
}

@test "--proxy: user and password from the URL, a file, the environment; nobody else gets to see them" {
	local file=$BATS_TEST_TMPDIR/auth hex=0502000201036a6f6503703a77
	printf 'joe:p:w\nmore' >"$file"
	proxy_says '\5\2\1\0\5\0\0\1\0\0\0\0\0\0' 23
	through5() {
		echo hello | sockkit connect "--proxy=socks5://${1}127.0.0.1:$PORT" "${@:2}" 1.2.3.4:80
	}
	same "$(through5 'joe:p%3aw@')" hello
	asked "${hex}05010001010203040050"
	rm "$BATS_TEST_TMPDIR/asked"
	same "$(through5 '' --proxy-auth-file="$file")" hello
	asked "${hex}05010001010203040050"
	rm "$BATS_TEST_TMPDIR/asked"
	same "$(SOCKKIT_PROXY_AUTH=joe:p:w through5 '')" hello
	asked "${hex}05010001010203040050"
	run -3 --separate-stderr through5 '' --proxy-auth-file="$file.none"
	[[ $stderr == *"auth.none: No such file"* ]]
	: >"$file"
	run -3 --separate-stderr through5 '' --proxy-auth-file="$file"
	[[ $stderr == *"auth: expected USER:PASSWORD"* ]]
	run -2 --separate-stderr sockkit connect --proxy=socks5://joe:secret@:x 1.2.3.4:80
	[[ $stderr != *secret* ]]
	serve /dev/null /dev/null -k --echo 127.0.0.1:0
	SOCKKIT_PROXY_AUTH=joe:secret run -0 sockkit connect -e env "127.0.0.1:$PORT"
	[[ $output != *secret* ]]
}

@test "--proxy: in a row, from the environment, for a forwarder and a probe" {
	local echo proxy
	serve /dev/null /dev/null -k --echo 127.0.0.1:0
	echo=$PORT SERVER=
	proxy_says "${granted5}\0Z\0\0\0\0\0\0in a row: " 22
	same "$(echo hello | sockkit connect --proxy="socks5://127.0.0.1:$PORT" --proxy=socks4://5.6.7.8:9 1.2.3.4:80)" 'in a row: hello'
	asked 05010005010001050607080009040100500102030400
	proxy_says "$granted5" 13
	proxy=$PORT
	same "$(echo hello | all_proxy=socks5://127.0.0.1:$proxy sockkit connect --proxy=env 1.2.3.4:80)" hello
	rm "$BATS_TEST_TMPDIR/asked"
	same "$(sockkit connect -z -H -c address,state,reason,dns_us --proxy="socks5://127.0.0.1:$proxy" 1.2.3.4:80 host.test:80 | tr -s ' ')" \
		$'1.2.3.4 open connected -\n- open connected -'
	# That a proxy is not there says nothing of what is behind it.
	run -3 sockkit connect -z -H -c state,reason --proxy=socks5://127.0.0.1:9 1.2.3.4:80
	[[ $output == *'error'*'proxy-failed'* ]]
	same "$(echo hello | all_proxy=socks5://127.0.0.1:9 no_proxy=127.0.0.0/8 sockkit connect --proxy=env "127.0.0.1:$echo")" hello
	serve /dev/null /dev/null -k --forward 1.2.3.4:80 --proxy="socks5://127.0.0.1:$proxy" 127.0.0.1:0
	same "$(echo hello | sockkit connect "127.0.0.1:$PORT")" hello
	asked 05010005010001010203040050
}

@test "--proxy: what cannot be asked for is wrong usage" {
	local args
	for args in '--proxy=ftp://p a:1' '--proxy-ca=x --proxy=http://p a:1' '--proxy-ca=x a:1' '--proxy=p:1 a:1' '--proxy=socks4://p [::1]:1' '--proxy=socks4a://p [::1]:1' \
		'--proxy=socks5://p unix:/x' '--proxy=env --proxy=socks5://p a:1' '--proxy-auth-file=x a:1' \
		'--proxy=socks5://p -z -u a:1' '--proxy=socks5://p [fe80::1%lo]:1'; do
		# shellcheck disable=SC2086 # words
		run -2 sockkit connect $args
	done
	run -2 sockkit listen --proxy=socks5://p --timeout=10ms
}
