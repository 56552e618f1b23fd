# OpenSSH and rsync through sockkit: as a ProxyCommand, and through a relay.
# shellcheck disable=SC2030,SC2031,SC2094,SC2102 # a test is a process; nothing reads what it writes
load peers

# sshd wants a user `sshd`, a folder in /run, and an account to log in to: all of that is in mounts of
# the test's own, for which it takes root.
setup() {
	[ "$EUID" -eq 0 ] || skip 'only root can have an sshd with users of its own'
	open_netns
	need_mounts
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir home
	chmod 700 home
	echo "root:*:0:0:root:$PWD/home:/bin/sh
sshd:*:65533:65534::/run/sshd:/usr/sbin/nologin" >passwd
	printf '%s:*:1::::::\n' root sshd >shadow
	"$(peer ssh-keygen)" -q -t ed25519 -N '' -f host
	"$(peer ssh-keygen)" -q -t ed25519 -N '' -f user
	echo "there $(<host.pub)" >known
	start_sshd
	cat >config <<-END
		Host *
		User root
		Port 2222
		IdentityFile $PWD/user
		IdentitiesOnly yes
		UserKnownHostsFile $PWD/known
		GlobalKnownHostsFile /dev/null
		StrictHostKeyChecking yes
		HostKeyAlias there
		BatchMode yes
		ForwardAgent no
		ConnectTimeout $PATIENCE
	END
	PROXY="ProxyCommand=$SOCKKIT connect %h %p"
	SSH="$(peer ssh) -F $PWD/config"
}

start_sshd() {
	local options=(Port=2222 ListenAddress=127.0.0.1 "HostKey=$PWD/host" PidFile=none UsePAM=no
		StrictModes=no "AuthorizedKeysFile=$PWD/user.pub" PermitRootLogin=yes
		"Subsystem=sftp $(peer sftp-server)") i
	# Newer releases have a program for each session.
	for i in session auth; do
		[ ! -e "$PEERS/root/usr/lib/openssh/sshd-$i" ] ||
			options+=("Sshd${i^}Path=$PEERS/bin/sshd-$i")
	done
	start_said '*Server listening on*' in_netns unshare --mount sh -c '
		mount -t tmpfs none /run && mkdir -m 755 /run/sshd &&
		mount --bind passwd /etc/passwd && mount --bind shadow /etc/shadow &&
		exec "$@"' sh "$(peer sshd)" -D -e -f /dev/null "${options[@]/#/-o}"
}

# Runs one of OpenSSH's clients with the test's configuration: client NAME ARG...
client() {
	local program
	program=$(peer "$1")
	shift
	in_netns "$program" -F config "$@"
}

@test "ProxyCommand: a command, its output, its status, and its stdin to the end" {
	run -0 client ssh -o "$PROXY" 127.0.0.1 'echo "$SSH_CONNECTION"'
	[[ $output == '127.0.0.1 '*' 127.0.0.1 2222' ]]
	run -7 client ssh -o "$PROXY" 127.0.0.1 'exit 7'
	head -c 52428800 /dev/urandom >large
	client ssh -o "$PROXY" 127.0.0.1 'sha256sum' <large | diff - <(sha256sum <large)
	client ssh -o "$PROXY" 127.0.0.1 "cat '$PWD/large'" </dev/null | cmp - large
	client ssh -o "$PROXY" 127.0.0.1 cat <large | cmp - large
}

@test "ProxyUseFdpass: ssh gets the connection itself, also through a proxy, and its last byte" {
	local fdpass="ProxyCommand=$SOCKKIT connect --fdpass %h %p"
	run -0 client ssh -o ProxyUseFdpass=yes -o "$fdpass" 127.0.0.1 'echo "$SSH_CONNECTION"'
	[[ $output == '127.0.0.1 '*' 127.0.0.1 2222' ]]
	head -c 20000000 /dev/urandom >large
	client ssh -o ProxyUseFdpass=yes -o "$fdpass" 127.0.0.1 cat <large | cmp - large
	EXEC_IN_JOB=1 in_netns "$(peer microsocks)" -i 127.0.0.1 -p 1081 3>&- 2>/dev/null &
	STARTED_PIDS+=("$!")
	sockkit ports --wait="$PATIENCE" 1081 >/dev/null
	fdpass="ProxyCommand=$SOCKKIT connect --fdpass --proxy=socks5://127.0.0.1:1081 %h %p"
	client ssh -o ProxyUseFdpass=yes -o "$fdpass" 127.0.0.1 cat <large | cmp - large
	# Where nobody listens ssh hears no more than that, and the user why.
	run -255 client ssh -o ProxyUseFdpass=yes -o "$fdpass" -p 9 127.0.0.1 true
	[[ $output == *'sockkit connect: '* ]]
}

@test "ProxyCommand: the session is killed at the other end, and ssh says so" {
	run -255 client ssh -o "$PROXY" 127.0.0.1 'kill -9 $PPID; exec cat'
}

@test "sftp and scp, both ways, through ProxyCommand and through --forward" {
	make_tree from 50
	# These follow links.
	find from -type l -delete
	sum_tree from >want
	printf '%s\n' "put -r from $PWD/up" "get -r $PWD/up down" >transfers
	client sftp -q -o "$PROXY" -b transfers 127.0.0.1
	sum_tree up | diff want -
	sum_tree down | diff want -
	serve -k --forward 127.0.0.1:2222 127.0.0.1:0
	client scp -q -r -P "$PORT" from 127.0.0.1:"$PWD/there"
	client scp -q -r -P "$PORT" 127.0.0.1:"$PWD/there" back
	sum_tree there | diff want -
	sum_tree back | diff want -
}

@test "rsync, both ways, through ProxyCommand: a tree of 60 MB is the same" {
	make_tree from 60
	sum_tree from >want
	in_netns "$(peer rsync)" -a --rsync-path="$(peer rsync)" -e "$SSH -o '$PROXY'" from/ 127.0.0.1:"$PWD/there"
	sum_tree there | diff want -
	in_netns "$(peer rsync)" -a --rsync-path="$(peer rsync)" -e "$SSH -o '$PROXY'" 127.0.0.1:"$PWD/there/" back
	sum_tree back | diff want -
}

@test "rsync, both ways, through --forward: a tree of 60 MB is the same" {
	make_tree from 60
	sum_tree from >want
	serve -k --forward 127.0.0.1:2222 127.0.0.1:0
	in_netns "$(peer rsync)" -az --rsync-path="$(peer rsync)" -e "$SSH -p $PORT" from/ 127.0.0.1:"$PWD/there"
	sum_tree there | diff want -
	# A second time there is little to send.
	touch there/large
	in_netns "$(peer rsync)" -a --rsync-path="$(peer rsync)" -e "$SSH -p $PORT" from/ 127.0.0.1:"$PWD/there"
	in_netns "$(peer rsync)" -a --rsync-path="$(peer rsync)" -e "$SSH -p $PORT" 127.0.0.1:"$PWD/there/" back
	sum_tree back | diff want -
}

@test "--forward: ten sessions at once, each with its own bytes" {
	local i pids=()
	serve -k --forward 127.0.0.1:2222 127.0.0.1:0
	for i in {1..10}; do
		head -c 5000000 /dev/urandom >"in.$i"
		client ssh -p "$PORT" 127.0.0.1 cat <"in.$i" >"out.$i" 3>&- &
		pids+=("$!")
	done
	for i in {1..10}; do
		wait "${pids[i - 1]}"
		cmp "in.$i" "out.$i"
	done
}

@test "ssh -L and a tunnel inside of the tunnel" {
	serve -k --echo 127.0.0.1:0
	local echo=$PORT
	start_said '*' in_netns "$(peer ssh)" -v -F config -o "$PROXY" -N -L "127.0.0.1:7777:127.0.0.1:$echo" 127.0.0.1
	eventually is_bound 7777
	head -c 20000000 /dev/urandom >large
	sockkit connect 127.0.0.1:7777 <large | cmp - large
}

@test "ssh -D: connect by way of SOCKS 4, 4a and 5" {
	local scheme
	EXEC_IN_JOB=1 in_netns "$(peer ssh)" -F config -N -D 127.0.0.1:1090 127.0.0.1 3>&- </dev/null 2>/dev/null &
	STARTED_PIDS+=("$!")
	sockkit ports --wait="$PATIENCE" 1090 >/dev/null
	start_said '*listening on*' in_netns "$SOCKKIT" listen -k --sh 'echo hello' '[::]:8080'
	for scheme in socks4://127.0.0.1 socks4a://localhost socks5://127.0.0.1 socks5://localhost socks5://[::1]; do
		same "$(sockkit connect --proxy="${scheme%%:*}://127.0.0.1:1090" "${scheme#*//}:8080" </dev/null)" hello
	done
	run -3 sockkit connect --proxy=socks5://127.0.0.1:1090 127.0.0.1:9
}

@test "ssh: by way of a SOCKS and an HTTP proxy of ours, as nc connects and as we do" {
	local how
	start_said '*listening on*' in_netns "$SOCKKIT" listen --socks --http-proxy --allow-target=127.0.0.1:2222 127.0.0.1:1090
	head -c 3000000 /dev/urandom >large
	for how in "$(peer nc.openbsd) -N -X 5 -x 127.0.0.1:1090" "$(peer nc.openbsd) -N -X connect -x 127.0.0.1:1090" \
		"$SOCKKIT connect --proxy=socks5://127.0.0.1:1090"; do
		client ssh -o "ProxyCommand=$how %h %p" 127.0.0.1 cat <large | cmp - large
	done
}
