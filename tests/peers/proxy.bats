# Proxies, and clients of ours, that others wrote: microsocks, dante, tinyproxy and ncat (and ssh -D in sshd.bats); in a row, too.
# shellcheck disable=SC2030,SC2031,SC2094,SC2153 # tests are subshells; nothing reads what it writes
load peers

setup() {
	open_netns
	cd "$BATS_TEST_TMPDIR" || return 1
	# It speaks before it is asked, so that no half-close is in its way.
	serve -k --sh 'echo hello' '[::]:0'
	TARGET=$PORT
	grep -q localhost /etc/hosts
}

# Waits until something listens at PORT.
await() {
	sockkit ports --wait="$PATIENCE" "$1" >/dev/null
}

through() {
	sockkit connect "$@" </dev/null
}

# Names, addresses of either family, one where nobody listens, which proxies tell or only have failed: STATUS PROXY...
targets() {
	local target status=$1
	shift
	for target in "127.0.0.1:$TARGET" "[::1]:$TARGET" "localhost:$TARGET"; do
		same "$(through "$@" "$target")" hello
	done
	run "-$status" through "$@" 127.0.0.1:9
}

start_microsocks() {
	EXEC_IN_JOB=1 in_netns "$(peer microsocks)" -i 127.0.0.1 -p "$@" 3>&- 2>/dev/null &
	STARTED_PIDS+=("$!")
	await "$1"
}

start_tinyproxy() {
	printf 'Port 8888\nListen 127.0.0.1\nTimeout 60\nLogLevel Error\n%s\n' "$1" >tinyproxy.conf
	EXEC_IN_JOB=1 in_netns "$(peer tinyproxy)" -d -c "$PWD/tinyproxy.conf" 3>&- >/dev/null 2>&1 &
	STARTED_PIDS+=("$!")
	await 8888
}

@test "microsocks: with and without user and password" {
	start_microsocks 1080
	targets 1 --proxy=socks5://127.0.0.1
	same "$(sockkit connect -z -H -c state,reason --proxy=socks5://127.0.0.1 127.0.0.1:9 | tr -s ' ')" 'closed refused'
	start_microsocks 1081 -u joe -P 'p:w'
	targets 1 '--proxy=socks5://joe:p%3aw@127.0.0.1:1081'
	run -3 --separate-stderr through --proxy=socks5://joe:x@127.0.0.1:1081 "127.0.0.1:$TARGET"
	# shellcheck disable=SC2154 # run --separate-stderr sets it
	[[ $stderr == *'it does not accept user and password'* ]]
	run -3 --separate-stderr through --proxy=socks5://127.0.0.1:1081 "127.0.0.1:$TARGET"
	[[ $stderr == *'it wants a user and a password'* ]]
	# From here to one that listens at another, and on; the third is asked by the second.
	same "$(through --proxy=socks5://127.0.0.1 '--proxy=socks5://joe:p%3aw@127.0.0.1:1081' --proxy=socks5://127.0.0.1 "localhost:$TARGET")" hello
	serve -k --forward "localhost:$TARGET" --proxy=socks5://127.0.0.1 127.0.0.1:0
	same "$(through "127.0.0.1:$PORT")" hello
}

@test "tinyproxy: CONNECT, with and without user and password" {
	start_tinyproxy ''
	targets 3 --proxy=http://127.0.0.1:8888
	run -3 --separate-stderr through --proxy=http://127.0.0.1:8888 127.0.0.1:9
	[[ $stderr == *'it answers "500 Unable to connect"'* ]]
	kill "${STARTED_PIDS[-1]}"
	sockkit ports --wait-closed="$PATIENCE" 8888
	start_tinyproxy 'BasicAuth joe secret'
	same "$(through --proxy=http://joe:secret@127.0.0.1:8888 "127.0.0.1:$TARGET")" hello
	run -3 --separate-stderr through --proxy=http://joe:x@127.0.0.1:8888 "127.0.0.1:$TARGET"
	[[ $stderr == *'it does not accept user and password'* ]]
}

@test "ncat: as an HTTP proxy" {
	EXEC_IN_JOB=1 in_netns "$(peer ncat)" -lk --proxy-type http 127.0.0.1 3128 3>&- 2>/dev/null &
	STARTED_PIDS+=("$!")
	await 3128
	targets 1 --proxy=http://127.0.0.1
}

@test "dante: SOCKS 4, and 5 with rules" {
	cat >danted.conf <<-END
		logoutput: stderr
		internal: 127.0.0.1 port = 1085
		external: lo
		clientmethod: none
		socksmethod: none
		user.privileged: root
		user.unprivileged: nobody
		client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
		socks block { from: 0.0.0.0/0 to: 127.0.0.9/32 }
		socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
	END
	EXEC_IN_JOB=1 in_netns "$(peer danted)" -f "$PWD/danted.conf" 3>&- >dante.log 2>&1 &
	STARTED_PIDS+=("$!")
	await 1085
	same "$(through --proxy=socks4://127.0.0.1:1085 "127.0.0.1:$TARGET")" hello
	same "$(through --proxy=socks5://127.0.0.1:1085 "127.0.0.1:$TARGET")" hello
	run -3 --separate-stderr through --proxy=socks5://127.0.0.1:1085 "127.0.0.9:$TARGET"
	[[ $stderr == *'its rules do not allow this'* ]]
	run -1 --separate-stderr through --proxy=socks5://127.0.0.1:1085 127.0.0.1:9
	[[ $stderr == *'its connection was refused'* ]]
}

# ---- ours, and clients that others wrote ----

# Everything that they may ask for is here.
serve_proxy() {
	serve --socks --http-proxy --allow-target=localhost --allow-target=127.0.0.0/8 --allow-target=::1 "$@" '127.0.0.1:0'
}

@test "curl and python: every scheme, names and addresses, with a user and without, and what it makes of a refusal" {
	local scheme target web
	head -c 300000 /dev/urandom >file
	start_peer '*Serving*' busybox sh -c 'echo Serving; exec "$0" httpd -f -p 8080 -h .' "$(peer busybox)"
	await 8080
	serve_proxy
	for scheme in socks4 socks4a socks5 socks5h http; do
		for target in 127.0.0.1 localhost; do
			run_peer curl -sS --max-time "$PATIENCE" -x "$scheme://127.0.0.1:$PORT" "http://$target:8080/file" | cmp - file
		done
	done
	run_peer curl -sS -p -x "http://127.0.0.1:$PORT" http://localhost:8080/file | cmp - file
	in_netns python3 -c '
import sys, urllib.request as request
proxy = request.ProxyHandler({"http": "http://127.0.0.1:" + sys.argv[1]})
sys.stdout.buffer.write(request.build_opener(proxy).open("http://localhost:8080/file").read())' "$PORT" | cmp - file
	# Two requests by one proxy, which ends after each.
	run_peer curl -sS -x "http://127.0.0.1:$PORT" http://localhost:8080/file http://127.0.0.1:8080/file | cmp - <(cat file file)
	# A body of its own, which is not waited for by a server that refuses it.
	run_peer curl -sS -o /dev/null -T file -x "http://127.0.0.1:$PORT" http://localhost:8080/put
	same "$(run_peer curl -sS -o /dev/null -w '%{http_code}' -x "http://127.0.0.1:$PORT" http://127.0.0.1:9/)" 502
	same "$(run_peer curl -sS -o /dev/null -w '%{http_code}' -x "http://127.0.0.1:$PORT" http://192.0.2.1/)" 403
	run -97 run_peer curl -sS -x "socks5h://127.0.0.1:$PORT" http://127.0.0.1:9/
	[[ $output == *'(5)'* ]]
	echo joe:secret >users
	web=$PORT
	serve_proxy --proxy-users=users
	for scheme in socks5 socks5h http; do
		run_peer curl -sS -x "$scheme://joe:secret@127.0.0.1:$PORT" http://localhost:8080/file | cmp - file
		run run_peer curl -sS -f -x "$scheme://joe:wrong@127.0.0.1:$PORT" http://localhost:8080/file
		[ "$status" -ne 0 ]
	done
	run_peer curl -sS --proxy-anyauth -x "http://joe:secret@127.0.0.1:$PORT" http://localhost:8080/file | cmp - file
	# One behind the other.
	run_peer curl -sS --preproxy "socks5h://127.0.0.1:$web" -p -x "http://joe:secret@127.0.0.1:$PORT" http://localhost:8080/file | cmp - file
}

@test "ncat and nc: by way of ours" {
	local type
	serve_proxy
	for type in socks4 socks5 http; do
		same "$(run_peer ncat --proxy-type "$type" --proxy "127.0.0.1:$PORT" 127.0.0.1 "$TARGET" </dev/null)" hello
	done
	for type in 4 5 connect; do
		same "$(run_peer nc.openbsd -X "$type" -x "127.0.0.1:$PORT" 127.0.0.1 "$TARGET" </dev/null)" hello
	done
}

@test "https: curl to ours, and ours to stunnel in front of tinyproxy" {
	local PKI=$BATS_TEST_TMPDIR
	# shellcheck source=tests/e2e/tls.bash
	. "$ROOT/tests/e2e/tls.bash"
	new_ca ca
	new_certificate good DNS:localhost,IP:127.0.0.1
	serve_proxy --tls --cert=good.pem --key=good.key
	same "$(run_peer curl -sS --http0.9 -p -x "https://127.0.0.1:$PORT" --proxy-cacert ca.pem "http://localhost:$TARGET/" --max-time "$PATIENCE")" hello
	start_tinyproxy ''
	cat good.pem good.key >both.pem
	printf 'foreground = yes\npid =\n[proxy]\naccept = 127.0.0.1:4433\nconnect = 127.0.0.1:8888\ncert = %s\n' "$PWD/both.pem" >stunnel.conf
	EXEC_IN_JOB=1 in_netns "$(peer stunnel4)" "$PWD/stunnel.conf" 3>&- >/dev/null 2>&1 &
	STARTED_PIDS+=("$!")
	await 4433
	same "$(through --proxy=https://localhost:4433 --proxy-ca=ca.pem "localhost:$TARGET")" hello
	run -3 through --proxy=https://localhost:4433 "localhost:$TARGET"
}
