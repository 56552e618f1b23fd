# Other programs' words: every answer of the table is given, and the command in it can be run.
# shellcheck disable=SC2030,SC2031 # tests are subshells
load helper

bats_require_minimum_version 1.5.0

# Rows of a table (dialect or taken), as COMMAND, WORD, what it is here and what takes its place (or
# `null`), a line each.
rows() {
	"$SOCKKIT" --introspect | jq -r --arg kind "$1" \
		'select(.kind == $kind) | [.command // "", .name, .help, .run // "null"] | join("\u001f")'
}

# What somebody types who means WORD, in `words`.
type_words() {
	local word=$1 value
	case $word in
	*' '[A-Z]*) value=${word##* } word=${word% *} ;;
	*' '*) value=${word##* } word=${word% *} ;;
	esac
	# What stands for any text.
	word=${word//'?*'/y}
	case $word in
	'-[!-]*'*) word=-n${word//[!a-z]/} ;;
	-[a-z]\*) word=${word%?} ;;
	*://*) word=${word/\*/localhost:1} word=${word//\*/y} ;;
	VSOCK-CONNECT:*) word=${word/\*/2:1} word=${word//\*/x} ;;
	OPENSSL*) word=${word/\*/localhost:1,x} ;;
	SYSTEM:*) word=${word/\*/a;b} word=${word//\*/x} ;;
	TCP*-LISTEN:\* | UDP*) word=${word/\*/1,reuseaddr} word=${word//\*/} ;;
	UNIX-* | UNIX:* | ABSTRACT-*) word=${word/\*/\/x} word=${word//\*/} ;;
	*LISTEN:*) word=${word/\*/1,x} word=${word//\*/} ;;
	TCP*:*) word=${word/\*/localhost:1} word=${word//\*/nodelay} ;;
	-iTCP:* | -iUDP:* | -P* | *=*) word=${word/\*/1} ;;
	*) word=${word//\*/x} ;;
	esac
	words=("$word")
	case ${value-} in
	'') return ;;
	TCP | UDP) ;;
	ADDR) value=127.0.0.1 ;;
	IFACE) value=lo ;;
	COMMAND) value='cat' ;;
	HOST) value=localhost ;;
	PATH) value=/nonexistent/x ;;
	FILE) value=x ;;
	[A-Z]*[A-Z] | N) value=1 ;;
	*) value=${value//\*/1} ;;
	esac
	words+=("$value")
}

# can_run WORD...: sockkit takes these, as far as it looks at them before it shows the help.
can_run() {
	run -0 "$SOCKKIT" "$@" --help
	[[ $output == 'Usage: sockkit '* ]]
}

@test "each word of others is answered in one line, with status 2, and with a command that can be run" {
	local command word here run words answer
	while IFS=$'\x1f' read -r command word here run; do
		type_words "$word"
		# A program alone is told what it is; with words behind it, the command.
		[ -n "$command" ] || words+=(x)
		[[ $command != @(iperf|netstat|nc|ncat) ]] || here=
		run within_patience "$SOCKKIT" ${command:+"$command"} "${words[@]}"
		answer=${output%%'; so: '*}
		[[ $status -eq 2 && ${#lines[@]} -eq 1 && $answer == *"$here" &&
			($output == "sockkit"*"'${words[0]}"* || $command == @(iperf|netstat|nc|ncat)) ]] || {
			echo "$command ${words[*]}: $output" >&2
			return 1
		}
		[ "$run" != null ] || continue
		# What it leaves is not all of a command line where something is missing, but no option is wrong.
		[[ $output == *'; so: sockkit '* ]] || {
			echo "$command ${words[*]}: no command in: $output" >&2
			return 1
		}
		eval "words=(${output#*'; so: sockkit '})"
		can_run "${words[@]}"
	done < <(rows dialect)
}

@test "the commands that are named exist" {
	local command word here run name
	while IFS=$'\x1f' read -r command word here run; do
		while read -r _ name; do
			"$SOCKKIT" "$name" --help >"$BATS_TEST_TMPDIR/help"
		done < <(grep -oE 'sockkit [a-z]+' <<<"$here $run")
	done < <(rows dialect)
}

@test "what means the same is taken as it is" {
	local command word here run words
	while IFS=$'\x1f' read -r command word here run; do
		type_words "$word"
		can_run "$command" "${words[@]}"
	done < <(rows taken)
	can_run listen --keep-open --sh-exec=cat
	can_run ports -tulpn
	run -1 sockkit connect -U "$BATS_TEST_TMPDIR/none"
	[[ $output == *"unix:$BATS_TEST_TMPDIR/none: No such file"* ]]
	run -1 sockkit connect -vU"$BATS_TEST_TMPDIR/none"
	[[ $output == *"unix:$BATS_TEST_TMPDIR/none: No such file"* ]]
	run -1 sockkit connect -z tcp://127.0.0.1:1
	[[ ${lines[1]} == *127.0.0.1*' 1 '*refused* ]]
	run -1 sockkit connect -z 'http://[::1]/'
	[[ ${lines[1]} == *' ::1 '*' 80 '*refused* ]]
	# The rest of a URL is not what a connection knows.
	run -2 sockkit connect http://127.0.0.1:8080/path
	[[ $output == *'; so: sockkit connect 127.0.0.1:8080' ]]
	# A value of an option is no word of the line.
	run -2 sockkit connect --source tcp://127.0.0.1:1 127.0.0.1 1
	[[ $output == *'--source'* ]]
	run -1 sockkit scan 127.0.0.1 1-3,5 -c port,state -H --sort=port
	[[ $output == *'4 planned = 4 closed'* ]]
	run -0 sockkit ports --free 5
	[[ $output == *$'\n5\n'*'--free=5'* || $output == *'--free=5'* ]]
}

# answered WORD... -- COMMAND: the command in the answer.
answered() {
	local words=()
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	run -2 within_patience "$SOCKKIT" "${words[@]}"
	same "${words[*]} -> ${output#*'; so: '}" "${words[*]} -> $2"
}

@test "whole command lines of others" {
	answered nc -lvnp 4444 -- 'sockkit listen -v 4444'
	answered listen -lvnp 4444 -- 'sockkit listen -v 4444'
	answered connect -lvnp4444 -- 'sockkit listen -v 4444'
	answered nc -q 1 -N localhost 80 -- 'sockkit connect --linger=1 localhost 80'
	answered nc -k -l -s 127.0.0.1 -p 80 -- 'sockkit listen -k 127.0.0.1 80'
	answered nc -u localhost 53 -- 'sockkit udpsend localhost 53'
	answered nc -zu localhost 53 -- 'sockkit connect -zu localhost 53'
	answered nc -F localhost 22 -- 'sockkit connect --fdpass localhost 22'
	answered nc -ul 53 -- 'sockkit udprecv 53'
	answered nc -lk -p 80 -e 'cat -u' -- "sockkit listen -k 80 -e 'cat -u'"
	answered ncat -lk --chat 4444 -- 'sockkit listen -k --broadcast --label 4444'
	answered socat - TCP:localhost:80,crnl -- 'sockkit connect localhost:80'
	answered socat TCP-LISTEN:99,reuseaddr,fork EXEC:cat -- 'sockkit listen -k 99 --exec=cat'
	answered nmap -sS -T4 -Pn -p 22,80 --top-ports 10 -oX - 192.0.2.1 -- \
		'sockkit scan --method=syn -p 22,80 --top=10 --format=xml 192.0.2.1'
	answered ss -tlnp sport = :22 -- 'sockkit sockets -tlnp sport = :22'
	answered netstat -tulpn -- 'sockkit ports -tulpn'
	answered lsof -i :80 -nP -- 'sockkit ports :80 -n'
	answered lsof -iTCP:80 -sTCP:LISTEN -nP -- 'sockkit ports -t 80 -n'
	answered fuser -k 80/tcp -- 'sockkit ports --kill 80/tcp'
	answered iperf -s -u -i 1 -- 'sockkit udprecv --stats --stats=1'
	answered iperf -c localhost -u -b 10M -l 100 -t 5 -- \
		'sockkit udpsend localhost --rate=10Mbit --size=100 --duration=5'
	answered kill 8080 -- 'sockkit ports --kill 8080'
	answered telnet localhost 25 -- 'sockkit connect localhost 25'
	answered tcping localhost 25 -- 'sockkit connect --probe localhost 25'
	# What cannot be had as a whole is not offered as one.
	run -2 "$SOCKKIT" nc -x proxy:1 localhost 80
	[[ $output != *'; so:'* && $output == *'--proxy=socks5'* ]]
	run -2 "$SOCKKIT" connect -N --no-such-option localhost 80
	[[ $output != *'; so:'* ]]
	# What is typed is shown, and does nothing.
	answered nc -N "a'b" $'$(x)\e' -- "sockkit connect 'a'\"'\"'b' '\$(x)\\e'"
}

@test "a rate in bits is one in any case; bytes are B" {
	can_run udpsend --rate=10MBit
	can_run udpsend --rate=10mbit/s
	can_run udpsend --rate=10MBPS
	run -2 "$SOCKKIT" udpsend --rate=10Mb x 1
}

@test "endpoints that are none say why" {
	run -2 "$SOCKKIT" connect localhost:80:90
	[[ $output == *'one colon only'* ]]
	run -2 "$SOCKKIT" connect ::1:80
	[[ $output == *'brackets'* ]]
	run -2 "$SOCKKIT" connect 'localhost 80'
	[[ $output == *'two words'* ]]
	run -2 "$SOCKKIT" listen ' 80'
	[[ $output == *'a blank'* ]]
}
