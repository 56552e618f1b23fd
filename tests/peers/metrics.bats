# What Prometheus and its tools make of openmetrics, and one question to many hosts by GNU parallel and
# ssh.
# shellcheck disable=SC2094 # nothing reads what it writes
load peers

setup() {
	open_netns
	cd "$BATS_TEST_TMPDIR" || return 1
}

# Sockets whose process has a name that has to be escaped.
make_sockets() {
	cp "$MKSOCK" $'a "name\\'
	MKSOCK=$PWD/$'a "name\\' mksock tcp-listen 127.0.0.1 7777 , tcp-established 127.0.0.1
}

@test "promtool has nothing to say of what sockets and ports tell" {
	make_sockets
	local words
	while read -r words; do
		# shellcheck disable=SC2086 # words
		sockkit $words -f openmetrics >metrics
		run -0 run_peer promtool check metrics <metrics
		[ -z "$output" ]
	done <<-END
		sockets
		sockets --group-by=process,state --sum=recv_queue,bytes_sent --max=rtt_us,notsent_bytes
		sockets -t --group-by=host,process --sum=send_rate --rates=10ms
		ports
	END
}

# For eventually(): Prometheus knows the value of a query.
has_value() {
	in_netns "$PROMTOOL" query instant http://127.0.0.1:9090 "$1" 2>/dev/null | grep -q " => $2 @"
}

@test "Prometheus scrapes the exporter of one line, and node_exporter's files" {
	PROMTOOL=$(peer promtool)
	make_sockets
	mkdir textfile data
	sockkit ports -f openmetrics >textfile/ports.prom
	cat >exporter <<-'END'
		while read -r line && [ "${line%?}" ]; do :; done
		printf 'HTTP/1.0 200 OK\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n\r\n'
		exec "$SOCKKIT" sockets --group-by=process,state --sum=recv_queue -f openmetrics
	END
	SOCKKIT=$SOCKKIT serve -k --sh "$(cat exporter)" 127.0.0.1:0
	start_peer '*Listening on*' node-exporter --web.listen-address=127.0.0.1:9100 \
		--collector.disable-defaults --collector.textfile --collector.textfile.directory="$PWD/textfile"
	cat >prometheus.yml <<-END
		global: {scrape_interval: 500ms}
		scrape_configs:
		- {job_name: sockkit, static_configs: [{targets: ["127.0.0.1:$PORT"]}]}
		- {job_name: node, static_configs: [{targets: ["127.0.0.1:9100"]}]}
	END
	start_peer '*ready to receive*' prometheus --config.file=prometheus.yml --storage.tsdb.path=data \
		--web.listen-address=127.0.0.1:9090
	eventually has_value 'sockkit_sockets{state="ESTABLISHED",process="a \"name\\\\"}' 2
	eventually has_value 'sockkit_sockets_sum_recv_queue{state="LISTEN",process="a \"name\\\\"}' 0
	eventually has_value 'sockkit_port_up{port="7777"}' 1
}

# An sshd in a network and host name of its own: start_host NAME
start_host() {
	start_said '*Server listening on*' in_netns unshare --mount --uts --net sh -c '
		hostname "$0" && ip link set lo up && mount -t tmpfs none /run && mkdir -m 755 /run/sshd &&
		mount --bind passwd /etc/passwd && mount --bind shadow /etc/shadow && exec "$@"' \
		"$1" "$(peer sshd)" -D -e -f /dev/null "${SSHD[@]/#/-o}"
	cat >>config <<-END
		Host $1
		ProxyCommand nsenter --net=/proc/$STARTED_PID/ns/net $SOCKKIT connect 127.0.0.1 2222
	END
}

@test "GNU parallel asks several hosts over ssh, and each row says which it is of" {
	[ "$EUID" -eq 0 ] || skip 'only root can have an sshd with users of its own'
	need_mounts
	mkdir home && chmod 700 home
	echo "root:*:0:0:root:$PWD/home:/bin/sh
sshd:*:65533:65534::/run/sshd:/usr/sbin/nologin" >passwd
	printf '%s:*:1::::::\n' root sshd >shadow
	"$(peer ssh-keygen)" -q -t ed25519 -N '' -f host
	"$(peer ssh-keygen)" -q -t ed25519 -N '' -f user
	echo "there $(<host.pub)" >known
	SSHD=(Port=2222 ListenAddress=127.0.0.1 "HostKey=$PWD/host" PidFile=none UsePAM=no StrictModes=no
		"AuthorizedKeysFile=$PWD/user.pub" PermitRootLogin=yes)
	local i
	for i in session auth; do
		[ ! -e "$PEERS/root/usr/lib/openssh/sshd-$i" ] ||
			SSHD+=("Sshd${i^}Path=$PEERS/bin/sshd-$i")
	done
	: >config
	for i in red green blue; do start_host "$i"; done
	cat >>config <<-END
		Host *
		User root
		IdentityFile $PWD/user
		UserKnownHostsFile $PWD/known
		GlobalKnownHostsFile /dev/null
		HostKeyAlias there
		BatchMode yes
	END
	printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(peer ssh)" "$PWD/config" >ssh
	chmod 755 ssh
	mkdir -p par
	PARALLEL_HOME=$PWD/par PARALLEL_SSH=$PWD/ssh perl "$PEERS/root/usr/bin/parallel" --will-cite --nonall \
		--sshlogin red,green,blue "$SOCKKIT" sockets -tl -c host,local_port -f jsonl >rows 2>err
	same "$(jq -r '[.host, .local_port] | join(" ")' rows | sort)" "$(printf '%s 2222\n' blue green red)"
}
