# HTTP through connect, listen --forward and listen --exec: nginx, HAProxy, curl and ab at the ends.
# shellcheck disable=SC2094,SC2153 # nothing reads what it writes
load peers

# nginx at 8080 with files that can be put, and a reverse proxy to them at 8081.
setup() {
	open_netns
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir site tmp
	cat >nginx.conf <<-END
		daemon off;
		master_process off;
		pid nginx.pid;
		error_log stderr notice;
		events { worker_connections 512; }
		http {
			access_log access.log;
			client_max_body_size 0;
			client_body_temp_path tmp/body;
			proxy_temp_path tmp/proxy;
			fastcgi_temp_path tmp/fastcgi;
			uwsgi_temp_path tmp/uwsgi;
			scgi_temp_path tmp/scgi;
			server { listen 127.0.0.1:8080; root site; dav_methods PUT; }
			server { listen 127.0.0.1:8081; location / { proxy_pass http://127.0.0.1:8080; } }
		}
	END
	start_peer '*using the "epoll" event method*' nginx -p "$PWD/" -c nginx.conf -e stderr
	NGINX=$STARTED_PID
	head -c 50000000 /dev/urandom >site/large
	head -c 1000 /dev/urandom >site/small
}

curl() {
	run_peer curl -sS --fail "$@"
}

# One request of HTTP/1.0, and the body of the answer: ask PATH CONNECT-ARG...
ask() {
	local path=$1
	shift
	printf 'GET %s HTTP/1.0\r\nHost: here\r\n\r\n' "$path" | sockkit connect "$@" | sed '1,/^\r$/d'
}

# nginx drops clients that half-close: the answer of a proxy that has not begun, and what is left of one
# that has.
@test "connect --no-half-close: fifty megabytes of a server, and through a proxy" {
	ask /large --no-half-close 127.0.0.1:8080 | cmp - site/large
	ask /large --no-half-close 127.0.0.1:8081 | cmp - site/large
}

@test "--forward: large and small, down and up, over one connection and over many" {
	local i urls=()
	serve -k --forward 127.0.0.1:8080 127.0.0.1:0
	curl "http://127.0.0.1:$PORT/large" | cmp - site/large
	curl -T site/large "http://127.0.0.1:$PORT/put"
	cmp site/put site/large
	for ((i = 0; i < 100; i++)); do
		urls+=("http://127.0.0.1:$PORT/small")
	done
	curl "${urls[@]}" | cmp - <(for ((i = 0; i < 100; i++)); do cat site/small; done)
	curl -Z --parallel-max 20 -H 'Connection: close' "${urls[@]}" >got
	same "$(stat -c %s got)" 100000
}

@test "--forward: ab has no failed request, with keep-alive and without" {
	local how
	serve -k --forward 127.0.0.1:8080 127.0.0.1:0
	for how in -k -q; do
		run -0 run_peer ab "$how" -q -c 50 -n 3000 "http://127.0.0.1:$PORT/small"
		[[ $output == *'Complete requests:      3000'* ]]
		[[ $output == *'Failed requests:        0'* ]]
		[[ $output == *'HTML transferred:       3000000 bytes'* ]]
	done
}

@test "--forward: the server is killed in the middle, and curl knows that the answer is not whole" {
	serve -k --forward 127.0.0.1:8080 127.0.0.1:0
	in_netns "$(peer curl)" -sS --limit-rate 20M -o got "http://127.0.0.1:$PORT/large" 3>&- 2>said &
	local curl=$!
	STARTED_PIDS+=("$curl")
	eventually [ -s got ]
	kill -KILL "$NGINX"
	ended_with 18 "$curl"
}

@test "--exec: a script is a server of twenty megabytes" {
	local i
	printf 'HTTP/1.0 200 OK\r\nContent-Length: 20000000\r\n\r\n' >answer
	head -c 20000000 /dev/urandom | tee body >>answer
	printf '%s\n' 'while IFS= read -r line && [ "${#line}" -gt 1 ]; do :; done' 'exec cat answer' >script
	serve -k --exec 'sh script' 127.0.0.1:0
	for i in 1 2 3 4 5 6; do
		curl "http://127.0.0.1:$PORT/" | cmp - body
	done
}

@test "HAProxy in front of --echo, and of itself behind --forward" {
	serve -k --echo 127.0.0.1:0
	printf '%s\n' defaults ' mode tcp' ' timeout connect 30s' ' timeout client 300s' ' timeout server 300s' \
		'listen front' ' bind 127.0.0.1:9000' " server echo 127.0.0.1:$PORT" >haproxy.cfg
	start_said 'starting' in_netns sh -c 'echo starting; exec "$@"' sh "$(peer haproxy)" -db -f haproxy.cfg
	eventually is_bound 9000
	cmp <(sockkit connect 127.0.0.1:9000 <site/large) site/large
	serve -k --forward 127.0.0.1:9000 127.0.0.1:0
	cmp <(sockkit connect "127.0.0.1:$PORT" <site/large) site/large
	cmp <(run_peer nc.openbsd -N 127.0.0.1 "$PORT" <site/large) site/large
}
