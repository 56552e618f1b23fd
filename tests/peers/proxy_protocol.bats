# The PROXY protocol with programs that others wrote: HAProxy, nginx and curl, at either end.
# shellcheck disable=SC2016,SC2094,SC2153
load peers

setup() {
	open_netns
	cd "$BATS_TEST_TMPDIR" || return 1
}

# haproxy_with LINES: HAProxy from 127.0.0.1:8001 to where LINES say.
haproxy_with() {
	cat >haproxy.cfg <<-END
		defaults
			mode tcp
			timeout connect 20s
			timeout client 20s
			timeout server 20s
		$1
	END
	start_peer '*oading success*' haproxy -W -f haproxy.cfg
}

@test "HAProxy sends either version: its client is ours, and its checks are served" {
	local version said
	serve -kv --proxy-protocol --sh 'echo $TCPREMOTEIP $TCPREMOTEPORT; cat' 127.0.0.1:0
	said=$SAID
	haproxy_with "
listen one
	bind 127.0.0.1:8001
	server far 127.0.0.1:$PORT send-proxy check inter 100ms
listen two
	bind 127.0.0.1:8002
	server far 127.0.0.1:$PORT send-proxy-v2 check inter 100ms
listen three
	bind 127.0.0.1:8003
	server far 127.0.0.1:$PORT send-proxy-v2 proxy-v2-options crc32c,unique-id,authority"
	for version in 1 2 3; do
		same "$(echo hello | sockkit connect --source=127.0.0.9:4242 "127.0.0.1:800$version")" $'127.0.0.9 4242\nhello'
	done
	eventually grep -q 'somebody by way of' "$said"
	run -1 grep 'refused' "$said"
}

@test "HAProxy is told by connect and by --forward, in either version" {
	local version
	haproxy_with "
frontend in
	mode http
	bind 127.0.0.1:8001 accept-proxy
	http-request return status 200 content-type text/plain lf-string '%ci %cp %fi %fp'"
	for version in v1 v2; do
		serve -k --forward 127.0.0.1:8001 "--send-proxy=$version" 127.0.0.1:0
		same "$(run_peer curl -sS --local-port 5000-5999 -w ' %{local_port}' "http://127.0.0.1:$PORT/" |
			awk '{ print $1, $2 == $5, $3, $4 }')" "127.0.0.1 1 127.0.0.1 $PORT"
		printf 'GET / HTTP/1.0\r\n\r\n' | sockkit connect --no-half-close "--send-proxy=$version" 127.0.0.1:8001 |
			tail -n 1 | grep -q '^127.0.0.1 [0-9]* 127.0.0.1 8001$'
	done
}

@test "nginx is told by connect and by --forward; curl tells" {
	cat >nginx.conf <<-END
		daemon off;
		master_process off;
		pid nginx.pid;
		error_log stderr notice;
		events { }
		http {
			access_log off;
			client_body_temp_path tmp;
			proxy_temp_path tmp;
			fastcgi_temp_path tmp;
			uwsgi_temp_path tmp;
			scgi_temp_path tmp;
			server {
				listen 127.0.0.1:8080 proxy_protocol;
				listen [::1]:8080 proxy_protocol;
				return 200 "\$proxy_protocol_addr \$proxy_protocol_port \$proxy_protocol_server_port\n";
			}
		}
	END
	start_peer '*using the "epoll" event method*' nginx -p "$PWD/" -c nginx.conf -e stderr
	local version
	for version in v1 v2; do
		same "$(printf 'GET / HTTP/1.0\r\n\r\n' | sockkit connect --no-half-close -s 127.0.0.7:4000 "--send-proxy=$version" 127.0.0.1:8080 | tail -n 1)" '127.0.0.7 4000 8080'
		# Who is of another family is told in IPv6, which has a place for IPv4.
		serve -k --forward '[::1]:8080' "--send-proxy=$version" 127.0.0.1:0
		same "$(run_peer curl -sS --interface 127.0.0.6 --local-port 4100-4199 "http://127.0.0.1:$PORT/" | cut -d ' ' -f 1,3)" "127.0.0.6 $PORT"
	done
	serve -kv --proxy-protocol --sh 'read -r line; printf "HTTP/1.0 200 OK\r\n\r\n$TCPREMOTEIP"' 127.0.0.1:0
	same "$(run_peer curl -sS --haproxy-protocol --interface 127.0.0.6 "http://127.0.0.1:$PORT/")" 127.0.0.6
}

@test "one that says nothing is let go of after a while" {
	serve -k --proxy-protocol --echo 127.0.0.1:0
	same "$(run_peer socat -u "TCP:127.0.0.1:$PORT" - 2>/dev/null || :)" ''
	grep -q 'refused 127.0.0.1:.*PROXY header: Connection timed out' "$SAID"
}
