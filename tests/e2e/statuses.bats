# One mistake, one exit status, in whichever command it is made.
# shellcheck disable=SC2030,SC2031 # tests are subshells
load helper

bats_require_minimum_version 1.5.0

setup() {
	open_netns
	need_mounts
	echo 'hosts: files' >"$BATS_TEST_TMPDIR/nsswitch.conf"
}

# sockkit where only /etc/hosts knows names: what is not there is not known, and nobody is asked.
alone() {
	within_patience unshare --mount sh -c 'mount --bind "$0" /etc/nsswitch.conf && exec "$@"' \
		"$BATS_TEST_TMPDIR/nsswitch.conf" "$SOCKKIT" "$@" </dev/null
}

# all_end_with STATUS TEXT: each command line of stdin ends so, with one line on stderr that says TEXT.
all_end_with() {
	local expected=$1 text=$2 line words
	while read -r line; do
		read -r -a words <<<"$line"
		run --separate-stderr alone "${words[@]}"
		[[ $status -eq $expected && $stderr == *"$text"* && ${#stderr_lines[@]} -eq 1 ]] || {
			echo "sockkit $line: status $status, $stderr" >&2
			return 1
		}
	done
}

@test "a service that nobody knows is wrong usage" {
	all_end_with 2 "unknown service 'nosuch'" <<-'END'
		connect localhost nosuch
		connect localhost:nosuch
		connect -z localhost 22,nosuch
		connect -zu localhost nosuch
		listen nosuch
		listen localhost nosuch
		listen --forward=localhost:nosuch 0
		scan -p nosuch localhost
		scan localhost:nosuch
		scan --exclude-ports=nosuch localhost
		scan --expect=nosuch=open localhost
		udpsend localhost nosuch
		udpsend -s :nosuch localhost 1
		udprecv nosuch
		udprecv --pull=localhost:nosuch
		ports nosuch
		ports --why nosuch
		ports --kill nosuch
		ports --free nosuch
		ports --wait nosuch
		ports --wait-closed nosuch
		ports --registry nosuch
		sockets sport = nosuch
		sockets dst localhost:nosuch
		sockets -K sport = nosuch
		sockets --follow sport = nosuch
		sockets -s sport = nosuch
	END
	all_end_with 2 'the port is a number' <<<'connect -s :nosuch localhost 1'
}

@test "a host that does not resolve is an answer: no" {
	all_end_with 1 'look up nosuch.invalid: ' <<-'END'
		connect nosuch.invalid 80
		listen nosuch.invalid:8080
		listen --allow=nosuch.invalid 0
		scan nosuch.invalid
		udpsend nosuch.invalid 1
		udprecv nosuch.invalid:1
		udprecv --pull=nosuch.invalid:1
		udprecv --allow=nosuch.invalid 0
		sockets dst nosuch.invalid
		sockets -K dst nosuch.invalid
		sockets --follow dst nosuch.invalid
		sockets -s src nosuch.invalid
	END
	# Others are asked nevertheless, and the answer is no.
	run -1 alone connect -z -c state,reason -H nosuch.invalid:80
	[[ $output == *unknown* ]]
	mksock tcp-listen 127.0.0.1
	run -1 --separate-stderr alone scan -q -H -c state -p "$(port_of 0)" 127.0.0.1 nosuch.invalid
	same "$output" open
}

@test "a namespace that is not there is an answer: no" {
	all_end_with 1 "--netns '" <<-'END'
		sockets -N nosuch
		sockets -N nosuch -s
		sockets -N pid:1073741824
		sockets -N 1073741824
		sockets -N net:[1]
		sockets -N /nosuch/path
		ports -N nosuch
		ports -N nosuch --why 22
		ports -N nosuch --free
		ports -N nosuch --wait=1 22
		ports -N nosuch --wait-closed=1 22
		ports -N 1073741824 --why 22
		ports -N /nosuch/path
	END
	# What is there and no namespace was never one.
	all_end_with 2 'no namespace' <<-'END'
		sockets -N /dev/null
		ports -N /dev/null
		ports -N /dev/null --why 22
	END
}

@test "an interface that is not there is trouble" {
	all_end_with 3 'o such ' <<-'END'
		connect -I nosuch 127.0.0.1 1
		listen -I nosuch 0
		scan -I nosuch 127.0.0.1
		udpsend -I nosuch 127.0.0.1 1
		udprecv -I nosuch 0
		connect fe80::1%nosuch 1
		scan fe80::1%nosuch
		udprecv --join=224.0.0.1%nosuch 0
	END
}
