# What a running command has given up, as the kernel tells it; what runs still do is in every other test.
# shellcheck disable=SC2154
load listen

# A line of /proc/PID/status: kept PID NAME.
kept() {
	sed -n "s/^$2:\t//p" "/proc/$1/status"
}

# PID has no capability, and can gain none.
is_bare() {
	same "$(kept "$1" CapEff) $(kept "$1" CapPrm) $(kept "$1" NoNewPrivs)" "0000000000000000 0000000000000000 1"
}

# Calls are filtered, if this kernel has such filters and this build is none for tests of itself.
is_filtered() {
	[ "$(kept $$ Seccomp)" ] || return 0
	# A sanitizer has no room for it.
	! nm "$SOCKKIT" 2>/dev/null | grep -q '__asan_init\|__gcov_init' || return 0
	same "$(kept "$1" Seccomp)" 2
}

need_others() {
	in_netns chroot --userspec=65534 / true 2>/dev/null || skip 'only root can become somebody else'
}

@test "servers and clients are bare once they run; --no-sandbox keeps all" {
	serve /dev/null /dev/null -k --echo 127.0.0.1:81
	is_bare "$SERVER"
	same "$(kept "$SERVER" CapBnd)" 0000000000000000
	is_filtered "$SERVER"
	# A name that is looked up, and a client that has one.
	coproc CLIENT { in_netns "$SOCKKIT" connect localhost 81 3>&-; }
	echo hello >&"${CLIENT[1]}"
	read -r -t "$PATIENCE" line <&"${CLIENT[0]}"
	same "$line" hello
	# shellcheck disable=SC2153
	pid=$(pgrep -P "$CLIENT_PID" -x sockkit || echo "$CLIENT_PID")
	is_bare "$pid"
	is_filtered "$pid"
	kill "$pid"
	wait "$CLIENT_PID" || :
	stop "$SERVER"
	serve /dev/null /dev/null -k --echo --no-sandbox 127.0.0.1:0
	same "$(kept "$SERVER" CapBnd) $(kept "$SERVER" NoNewPrivs)" "$(kept $$ CapBnd) 0"
	stop "$SERVER"
}

@test "who serves others as root is told once that he need not" {
	local how told
	# Not in a namespace where a user plays root.
	told=$(in_netns sh -c '[ "$(id -u)" -ne 0 ] || awk "{ print \$2 == 0; exit }" /proc/self/uid_map')
	for how in -k --exec=cat; do
		run sockkit listen $how --timeout=10ms 127.0.0.1:0
		same "$(grep -c 'serving as root: see --user' <<<"$output")" "${told:-0}"
	done
	run sockkit listen -k -q --timeout=10ms 127.0.0.1:0
	same "$output" ''
	run sockkit listen --timeout=10ms 127.0.0.1:0
	[[ $output != *root* ]]
}

@test "programs keep what the server has, and nothing where --user names somebody else" {
	local line
	serve /dev/null /dev/null -k --sh 'sed -n "/^CapEff\|^NoNew/s/.*\t//p" /proc/self/status' 127.0.0.1:0
	same "$(client "$PORT" </dev/null | tr '\n' ' ')" "$(kept "$SERVER" CapEff) 0 "
	[ "$(kept "$SERVER" CapEff)" != 0000000000000000 ]
	stop "$SERVER"
	need_others
	serve /dev/null /dev/null -k --user=65534 --sh 'sed -n "/^CapBnd\|^NoNew/s/.*\t//p" /proc/self/status' 127.0.0.1:0
	same "$(client "$PORT" </dev/null | tr '\n' ' ')" "0000000000000000 1 "
	stop "$SERVER"
}

@test "files: a list that is replaced is read again, records are written, a socket is removed" {
	local dir=$BATS_TEST_TMPDIR
	mkdir "$dir/lists"
	echo 10.0.0.0/8 >"$dir/lists/allow"
	serve /dev/null /dev/null -k --echo --record="$dir/records" --allow="@$dir/lists/allow" 127.0.0.1:0
	same "$(client "$PORT" <<<refused || :)" ''
	echo 127.0.0.0/8 >"$dir/lists/new"
	mv "$dir/lists/new" "$dir/lists/allow"
	kill -HUP "$SERVER"
	hear '*loaded the lists*'
	same "$(client "$PORT" <<<hello)" hello
	grep -q hello "$dir"/records/*
	stop "$SERVER"
	serve /dev/null /dev/null -k --echo "unix:$dir/s"
	same "$(sockkit connect "unix:$dir/s" <<<hello)" hello
	stop "$SERVER"
	[ ! -e "$dir/s" ]
}

@test "files are open to code that somebody has put into the process" {
	run in_netns env LD_LIBRARY_PATH=/nonexistent "$SOCKKIT" listen -vv --timeout=10ms 127.0.0.1:0
	[[ $output == *'confined: capabilities 0, no_new_privs in force, landlock not used, '* ]]
	run sockkit listen -vv --no-sandbox --timeout=10ms 127.0.0.1:0
	[[ $output != *confined* ]]
}

@test "--chroot: nothing outside is there, and users are those outside" {
	local dir=$BATS_TEST_TMPDIR/root
	run -2 sockkit listen --chroot="$BATS_TEST_TMPDIR" 0
	[[ $output == *'--chroot needs --user'* ]]
	need_others
	mkdir "$dir" "$dir/records"
	chown 65534 "$dir/records"
	chmod 711 "$BATS_TEST_TMPDIR"
	serve /dev/null /dev/null -k --echo --user=nobody --chroot="$dir" --record=/records 127.0.0.1:0
	same "$(client "$PORT" <<<hello)" hello
	grep -q hello "$dir"/records/*
	same "$(readlink "/proc/$SERVER/root")" "$dir"
	stop "$SERVER"
	# Nobody would be found in there: that is said before anybody is looked for.
	run sockkit listen --user=nobody --chroot="$dir" --forward=localhost:9 --timeout=10ms 127.0.0.1:0
	[[ $output == *"--chroot $dir: names are looked up inside, where there is no /etc/resolv.conf"* ]]
	run -3 sockkit listen --user=nobody --chroot="$dir/none" 0
	[[ $output == *"--chroot $dir/none: No such file or directory"* ]]
}
