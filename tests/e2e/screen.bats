# What people see on a terminal: lines that fit, columns that say something, and no silence.
load listen

bats_require_minimum_version 1.5.0

# screen COLUMNS ARGS...: `sockkit ARGS` on a terminal.
screen() {
	run in_netns python3 "$BATS_TEST_DIRNAME/screen.py" "$1" "$SOCKKIT" "${@:2}"
	[ "$status" -ne 77 ] || skip 'there is no /dev/pts'
	[ "$status" -eq 0 ] || {
		echo "sockkit ${*:2}: $output" >&2
		return 1
	}
}

# Sockets of every kind that wants room: long addresses, long paths, many holders.
crowd() {
	in_netns ip addr add 2001:db8:1234:5678:9abc:def0:1234:5678/128 dev lo nodad
	mksock -n a-rather-long-name-of-it tcp-listen , tcp-established ::1 , tcp-established , udp-bound , \
		share 5 tcp-listen , tcp-established 2001:db8:1234:5678:9abc:def0:1234:5678
	serve /dev/null /dev/null -k --echo \
		"unix:$BATS_TEST_TMPDIR/a-socket-with-a-name-that-is-as-long-as-they-come.sock"
	PORT=$(port_of 0)
}

@test "the commonest commands fit into 80 columns" {
	crowd
	local command commands=(
		'ports' 'ports -u' "ports $PORT" 'ports -p' 'ports --sort=-port' "ports --why $PORT" 'ports --free=3'
		'ports --registry 1-100' "ports --kill --dry-run $PORT" 'sockets' 'sockets -t' 'sockets -l'
		'sockets -tan' 'sockets -ti' 'sockets -tieomp -f long' 'sockets -x' 'sockets -A all' 'sockets state established' 'sockets -s'
		'sockets --group-by=process' "sockets sport = $PORT" "connect -z 127.0.0.1 $PORT" "connect -z ::1 1"
	)
	for command in "${commands[@]}"; do
		# shellcheck disable=SC2086 # words
		screen 80 $command
	done
}

@test "few rows that no line has room for are unfolded; in a pipe they are lines" {
	crowd
	screen 80 sockets -ti state established sport = "$(port_of 2)"
	[ "${#lines[@]}" -gt 3 ]
	[[ ${lines[0]} =~ ^tcp\ +ESTABLISHED\  && $output == *$'\ntcp '*' rtt_us '* ]]
	run -0 in_netns "$SOCKKIT" sockets -ti state established sport = "$(port_of 2)"
	[ "${#lines[@]}" -eq 2 ]
	run -0 in_netns "$SOCKKIT" sockets -f long -c proto,local_port,uid sport = "$(port_of 2)"
	same "${lines[0]}" tcp
	[[ ${lines[1]} == '             local_port '*' uid '* ]]
}

@test "a column without a value is left out on a terminal, unless it was asked for" {
	crowd
	screen 200 ports -4
	[[ ${lines[0]} == *PORT*PROCESS* && ${lines[0]} != *CONTAINER* ]]
	screen 200 ports -4 -c port,container
	[[ ${lines[0]} == *PORT*CONTAINER ]]
	run -0 in_netns "$SOCKKIT" ports -4
	[[ ${lines[0]} == *CONTAINER* ]]
}

@test "who listens on every address of both families is one row on a terminal" {
	mksock -n both tcp-listen 0.0.0.0 8080 , v6only tcp-listen :: 8080 , udp-bound 0.0.0.0 8080 , \
		v6only udp-bound :: 8080
	local port=8080
	screen 80 ports "$port"
	same "${#lines[@]}" 3
	[[ ${lines[1]} == *' tcp '*' * '* && ${lines[2]} == *' udp '*' * '* ]]
	mksock -n other share 1 udp-bound 0.0.0.0 99 , v6only udp-bound :: 99
	screen 80 ports -u 99
	same "${#lines[@]}" 3
	screen 80 ports -c port,address "$port"
	same "${#lines[@]}" 5
	run -0 in_netns "$SOCKKIT" ports "$port"
	same "${#lines[@]}" 5
	run -0 in_netns "$SOCKKIT" ports "$port" -t -f csv -c address --sort=address -H
	same "$output" $'0.0.0.0\n::'
}

@test "tables that stream fit, and tell what is asked for once" {
	crowd
	screen 80 connect -z --count=2 --interval=10ms 127.0.0.1 "$PORT"
	same "${lines[0]}" 'ENDPOINT         STATE     REASON          TCP   TOTAL   SEQ'
	screen 80 connect -z --count=2 --interval=10ms "localhost:$PORT" "127.0.0.1:$PORT"
	[[ ${lines[0]} == 'ENDPOINT'*' ADDRESS '*' DNS '* && ${lines[0]} != *PORT* ]]
	screen 80 connect -z --count=1 -c endpoint,address,port "127.0.0.1:$PORT"
	[[ ${lines[1]} == "127.0.0.1:$PORT"*127.0.0.1*" $PORT" ]]
	screen 80 connect -z --count=1 2001:db8:1234:5678:9abc:def0:1234:5678 1
	screen 80 connect -z --count=1 2001:db8:ffff:5678:9abc:def0:1234:5678 1
	[[ ${lines[1]} == *' unreachable '* ]]
	screen 80 sockets --follow --timeout=10ms
	[[ ${lines[0]} == 'EVENT '*' LOCAL '*' PROCESSES '*' ERROR' ]]
	run -0 in_netns "$SOCKKIT" connect -z --count=1 "127.0.0.1:$PORT"
	[[ ${lines[0]} == *'ADDRESS'*'PORT'*'PROTO'* ]]
}

@test "a wait is seen on a terminal, and nowhere else" {
	screen 80 ports --wait=700ms 9
	same "${lines[-2]}" 'waiting until port 9/tcp is listened on: 0s of 0.7s'
	same "${lines[-1]}" 'sockkit ports: nothing listens on port 9/tcp after 0.7 s'
	screen 80 connect --wait=600ms 127.0.0.1 9
	[[ $output == *'connecting to 127.0.0.1:9: 0s of 0.6s'*'Connection refused' ]]
	screen 80 connect -z --wait=600ms 127.0.0.1 9
	[[ $output == *'waiting for 127.0.0.1:9: 0s of 0.6s'*closed* ]]
	screen 80 connect -q --wait=600ms 127.0.0.1 9
	same "$output" 'sockkit connect: connect 127.0.0.1:9: Connection refused'
	run -1 --separate-stderr in_netns "$SOCKKIT" connect --wait=600ms 127.0.0.1 9
	same "$stderr" 'sockkit connect: connect 127.0.0.1:9: Connection refused'
}

@test "repeated probes are drawn below their rows" {
	serve /dev/null /dev/null -k --echo 127.0.0.1:0
	screen 80 connect -z --count=3 --interval=10ms "127.0.0.1:$PORT"
	[[ $output =~ [▁▂▃▄▅▆▇█]{3}' '[0-9.]+[um]s ]]
	screen 80 connect -z --count=2 --interval=10ms 127.0.0.1:9 "127.0.0.1:$PORT"
	[[ $output == *'127.0.0.1:9 xx 2 of 2 lost  127.0.0.1:'* ]]
	run -0 --separate-stderr in_netns "$SOCKKIT" connect -z --count=2 --interval=10ms "127.0.0.1:$PORT"
	[[ $stderr != *▁* ]]
}

@test "how many there are of each is drawn on a terminal" {
	mksock tcp-many 127.0.0.1 0 20 , udp-bound
	screen 80 sockets -s
	[[ ${lines[1]} == 'tcp '*' ESTABLISHED '*███* && $output == *'udp '*[▏▎▍▌▋▊▉]* ]]
	screen 80 sockets --group-by=proto
	[[ ${lines[1]} == 'tcp '*████████ ]]
	screen 80 sockets -s -c proto,count
	[[ $output != *█* ]]
	run -0 in_netns "$SOCKKIT" sockets -s
	[[ $output != *█* ]]
}

@test "a terminal is told that there is nothing, and shown no empty table" {
	screen 80 ports 9
	same "$output" 'sockkit ports: nothing listens there'
	screen 80 sockets dport = 9
	same "$output" 'sockkit sockets: no socket matches'
	screen 80 sockets -s dport = 9
	same "$output" 'sockkit sockets: no socket matches'
	run -1 --separate-stderr in_netns "$SOCKKIT" ports 9
	same "$stderr" ''
	[[ $output == *PORT* ]]
}

@test "the accounts of a scan stand above one another on a terminal, and are a line in a pipe" {
	open_netns
	screen 80 scan -p 1-2000 127.0.0.1
	[[ $output == *$'\n     2,000  planned     2,000  probes\n     2,000  closed '*$' s  time\n'*$' %  loss\n'*'  answers likely missed' ]]
	screen 80 scan --up 127.0.0.1
	[[ $output == *$'\n         1  host '*$' probe\n         1  up '*$' s  time\n         0  down\n         0  unknown' ]]
	run -1 --separate-stderr sockkit scan -p 1 127.0.0.1
	[[ $stderr == 'sockkit scan: 1 planned = 1 closed; 1 probe in '* && ${#stderr_lines[@]} -eq 1 ]]
	run -0 --separate-stderr sockkit scan --up 127.0.0.1
	[[ $stderr == 'sockkit scan: 1 host = 1 up + 0 down + 0 unknown; 1 probe in '* ]]
}
