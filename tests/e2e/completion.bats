# What a tab offers: what the binary knows, and what becomes of it in bash, zsh and fish at a terminal.
# shellcheck disable=SC2030,SC2031,SC2046 # tests are subshells; words are words
load helper

bats_require_minimum_version 1.5.0

# complete WORD...: what is offered in place of the last one, a line each.
complete() {
	mapfile -d '' -t fields < <(in_netns "$SOCKKIT" --complete -- "$@")
	action=${fields[0]-}
	offered=() about=()
	local i
	for ((i = 2; i < ${#fields[@]}; i += 2)); do
		offered+=("${fields[i]}")
		about+=("${fields[i + 1]}")
	done
}

# offers WORD... -- OFFERED...: exactly these, in this order.
offers() {
	local words=() word
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	complete "${words[@]}"
	same "${words[*]}: ${offered[*]}" "${words[*]}: $*"
}

# offers_among WORD... -- OFFERED...: these, and maybe more.
offers_among() {
	local words=() word
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	complete "${words[@]}"
	for word; do
		[[ " ${offered[*]} " == *" $word "* ]] || {
			echo "${words[*]} offers '${offered[*]}', not '$word'" >&2
			return 1
		}
	done
}

@test "commands, options, and values of the option table" {
	offers so -- sockets
	offers help so -- sockets
	offers_among '' -- sockets ports help
	offers nonsense so --
	offers sockets --exte -- --extended
	offers_among sockets - -- -t -e --tcp --format=
	offers --ver -- --version
	offers ports --format=j -- --format=json --format=jsonl
	offers ports -f j -- json jsonl
	offers ports -fj -- -fjson -fjsonl
	offers sockets --color= -- --color=auto --color=always --color=never
	offers sockets --no-header --exten -- --extended
	complete ports --json=
	[ "${#offered[@]}" -eq 0 ]
	run -2 "$SOCKKIT" --complete
	run -0 "$SOCKKIT" --complete --help
}

@test "columns: lists, signs, none twice, and those of the rows that are asked for" {
	offers sockets -c recv_q -- recv_queue
	[ "$action" = list ]
	offers sockets --columns=state,recv_q -- --columns=state,recv_queue
	offers sockets --columns=+recv_q -- --columns=+recv_queue
	offers sockets --columns=+state,recv_q -- --columns=+state,recv_queue
	offers sockets --columns=al -- --columns=all
	offers sockets --sort=-recv_q -- --sort=-recv_queue
	offers sockets --sort=-state,-recv_q -- --sort=-state,-recv_queue
	offers sockets --sort=recv_queue,recv_q --
	offers ports -c eph --
	offers ports --registry -c eph -- ephemeral
	offers_among connect -z -c t -- tcp_us
}

@test "the language of filters: its words first, then what stands behind them" {
	complete sockets ''
	same "${offered[*]:0:11}" 'state exclude src dst sport dport port dev fwmark cgroup autobound'
	[ "${#offered[@]}" -lt 30 ]
	complete sockets sport = 22 ''
	same "${offered[*]:0:3}" 'and or state'
	offers sockets state est -- established
	offers sockets state established,syn-s -- established,syn-sent
	offers sockets exclude time-wait,time-w --
	offers sockets 'sport=' --
	offers_among sockets state established sport = htt -- http https
	offers_among sockets '(sport=:htt' -- '(sport=:http'
	offers sockets sport = 22 and recv_q -- recv_queue
	offers sockets dev = l -- lo
	offers sockets proto = ud -- udp udplite
	offers sockets recv_queue = re --
	offers sockets wmem -- $(sockkit --introspect |
		jq -r 'select(.kind == "column" and .command == "sockets" and .set == null).name | select(startswith("wmem"))')
}

@test "ports that are listened on, and who listens" {
	mksock -n 'a server' tcp-listen , udp-bound
	local tcp udp
	tcp=$(port_of 0) udp=$(port_of 1)
	offers ports "$tcp" -- "$tcp"
	same "${about[*]}" "mksock[$MKSOCK_PID]"
	offers ports -t "" -- "$tcp"
	offers ports -u "" -- "$udp"
	offers ports 1, -- $(printf '1,%s\n' "$tcp" "$udp" | sort -V)
	offers ports --kill '' -- "$tcp"
	offers ports --why -u '' -- "$udp"
	offers connect localhost: -- "localhost:$tcp"
	offers connect '[::1]:' -- "[::1]:$tcp"
	offers connect 127.0.0.1 '' -- "$tcp"
	offers udpsend localhost '' -- "$udp"
	offers_among connect localhost:htt -- localhost:http localhost:https
	offers connect 192.0.2.1: --
	offers sockets sport = '' -- $(printf '%s\n' "$tcp" "$udp" | sort -V)
	offers sockets process = '' -- '"a server"' mksock
	offers sockets process = m -- mksock
	offers sockets pid = '' -- "$MKSOCK_PID"
	same "${about[*]}" "mksock[$MKSOCK_PID]"
}

@test "names of unix sockets, hosts, addresses, interfaces, namespaces, programs" {
	start ready in_netns python3 "$BATS_TEST_DIRNAME/unix_names.py" server "$BATS_TEST_TMPDIR/one" "@two" "@"
	offers connect "unix:$BATS_TEST_TMPDIR/" -- "unix:$BATS_TEST_TMPDIR/one"
	offers connect unix:@ -- unix:@two
	offers sockets src @ -- @two
	complete listen unix:/no/such
	same "$action ${#offered[@]}" 'files 0'
	offers connect -s 127 -- 127.0.0.1
	offers listen '' -- 127.0.0.1: '[::1]:' unix: vsock:
	offers connect -I '' -- lo
	offers_among ports -N '' -- all
	offers_among listen --exec mktem -- mktemp
	complete scan @/etc/host
	same "$action ${fields[1]}" 'files @'
	complete connect --exec=/bin/l
	same "$action ${fields[1]}" 'files --exec='
	offers_among listen --user=roo -- --user=root
	offers sockets -A unix_s -- unix_stream unix_seqpacket
	local table
	complete sockets -A ''
	for table in "${offered[@]}"; do
		sockkit sockets -t -A "$table" >/dev/null
	done
}

@test "names of /etc/hosts are names, whatever stands in it" {
	need_mounts
	printf '%s\n' '127.0.0.1 good.example $(touch${IFS}pwned) a;b # no' '# not' '::1' '192.0.2.1 x' \
		$'192.0.2.2\tgood.second\t\e[31mred' >"$BATS_TEST_TMPDIR/hosts"
	mkdir -p "$BATS_TEST_TMPDIR/.ssh"
	printf '%s\n' 'good.known,192.0.2.7 ssh-rsa AAA' '|1|hash|= ssh-rsa AAA' '@revoked good.not ssh-rsa AAA' \
		>"$BATS_TEST_TMPDIR/.ssh/known_hosts"
	mapfile -d '' -t fields < <(in_netns unshare --mount sh -c 'mount --bind "$1" /etc/hosts && HOME=$2 exec "$3" --complete -- sockets dst ""' sh \
		"$BATS_TEST_TMPDIR/hosts" "$BATS_TEST_TMPDIR" "$SOCKKIT")
	same "${fields[*]:2}" 'good.example  x  good.second  good.known  192.0.2.7 '
}

@test "without /proc, and without anything, there is what there is" {
	need_bare_root
	mksock tcp-listen
	mapfile -d '' -t fields < <(in_bare_root /sockkit --complete -- ports '')
	same "${fields[*]:2:1}" "$(port_of 0)"
	mapfile -d '' -t fields < <(in_bare_root /sockkit --complete -- connect '')
	same "${fields[*]:2}" 'unix: a unix socket: PATH or @NAME vsock: a machine: CID:PORT'
	mapfile -d '' -t fields < <(in_bare_root /sockkit --complete -- listen --exec '')
	same "${#fields[@]}" 2
}

# ---- shells at a terminal ----

# typed SHELL LINE...: what sockkit is run with, its words with | between them, and in `shown` what was
# on the screen.
typed() {
	local shell=$1
	need_terminal
	command -v "$shell" >/dev/null || skip "there is no $shell"
	run -0 in_netns python3 "$BATS_TEST_DIRNAME/shells.py" "$shell" "$ROOT/completions" "$SOCKKIT" "${@:2}"
	shown=$(jq -r .shown <<<"$output")
	output=$(jq -r '.words | join("|")' <<<"$output")
}

# Each shell, one after the other.
everywhere() {
	local shell
	for shell in bash zsh fish; do
		echo "$shell:" >&2
		"$@" "$shell"
	done
}

common_lines() {
	local tab=$'\t'
	typed "$1" "sockkit so$tab" "sockkit sockets state est$tab" "sockkit sockets state established,syn-s$tab" \
		"sockkit ports --form$tab" "sockkit ports --format=jsonl$tab" "sockkit ports ${PORT%?}$tab" \
		"sockkit ports 1,${PORT%?}$tab" "sockkit connect localhost:${PORT%?}$tab" \
		"sockkit connect [::1]:${PORT%?}$tab" "sockkit sockets 'sport = :${PORT%?}$tab" \
		"sockkit sockets -c recv_q$tab" "sockkit scan @$BATS_TEST_TMPDIR/tar$tab" \
		"sockkit connect --record=$BATS_TEST_TMPDIR/tar$tab" "sockkit connect -s 127$tab" \
		"sockkit ports >/dev/null ${PORT%?}$tab"
	same "$output" "sockets
sockets|state|established
sockets|state|established,syn-sent
ports|--format=
ports|--format=jsonl
ports|$PORT
ports|1,$PORT
connect|localhost:$PORT
connect|[::1]:$PORT
sockets|sport = :$PORT
sockets|-c|recv_queue
scan|@$BATS_TEST_TMPDIR/targets
connect|--record=$BATS_TEST_TMPDIR/targets
connect|-s|127.0.0.1
ports|$PORT"
}

@test "bash, zsh and fish put it into the line" {
	mksock tcp-listen
	PORT=$(port_of 0)
	: >"$BATS_TEST_TMPDIR/targets"
	everywhere common_lines
}

hostile_lines() {
	local tab=$'\t' i lines=() expected=''
	for i in "${!HOSTILE[@]}"; do
		lines+=("sockkit connect unix:$DIR/${HOSTILE[i]:0:1}$tab")
		expected+="connect|unix:$DIR/${HOSTILE[i]}"$'\n'
	done
	# Where a quote is open already, and where a word was begun by one.
	lines+=("sockkit connect 'unix:$DIR/c$tab" "sockkit connect \"unix:$DIR/b$tab" "sockkit connect unix:\"$DIR/d$tab"
		"sockkit connect unix:@ab$tab" "sockkit sockets process = \\\"$tab")
	expected+="connect|unix:$DIR/${HOSTILE[2]}
connect|unix:$DIR/${HOSTILE[1]}
connect|unix:$DIR/${HOSTILE[3]}
connect|unix:@abstract \$(touch pwned)
"
	typed "$1" "${lines[@]}"
	same "$output" "${expected}sockets|process|=|$(printf '%s' "\"$COMM\"")"
	# The whole list, at the second tab in bash: what is on the screen says it, and does nothing.
	[ "$1" != bash ] || tab+=$tab
	typed "$1" "sockkit connect unix:$DIR/$tab"
	[[ $shown == *'touch'* && $shown == *python* ]]
	[[ $shown != *$'\e]0;title'* && $shown != *$'\u009b'* ]]
}

@test "names that mean something to a shell or a terminal mean nothing to them" {
	DIR=$BATS_TEST_TMPDIR/d
	mkdir "$DIR"
	cd "$DIR"
	HOSTILE=('a b' 'b$(touch pwned)' "c'q" 'd"q' $'e\nn' $'f\e]0;title\ax' 'g\h' 'h*?[x]' 'i;j&k|l>m' 'jé☃'
		'k`touch pwned`' 'l!m' 'm~n' 'n#o' 'o{p,q}' 'p:q=r@s' $'q\u009br' 's(t)')
	COMM='$(touch x) `y'
	start ready in_netns python3 "$BATS_TEST_DIRNAME/unix_names.py" "$COMM" "${HOSTILE[@]/#/$DIR/}" \
		"@abstract \$(touch pwned)"
	everywhere hostile_lines
	[ ! -e pwned ] && [ ! -e x ]
}

# What people type is not run either: in quotes, behind them, in an earlier word, in a path.
typed_lines() {
	local tab=$'\t' left=$'\e[D'
	typed "$1" "sockkit connect '\$(touch pwned)$tab'" "sockkit connect '\`touch pwned\`' '\$1 > 0.0$tab'" \
		"sockkit scan '@\$(touch pwned)/x$tab'" "sockkit scan @'\$(touch pwned)/'$tab" \
		"sockkit ports ${PORT%?} -n$left$left$left$tab"
	same "${output##*$'\n'}" "ports|$PORT|-n"
}

@test "what is typed is not run, and the cursor may stand within the line" {
	cd "$BATS_TEST_TMPDIR"
	mksock tcp-listen
	PORT=$(port_of 0)
	everywhere typed_lines
	[ ! -e pwned ]
}

@test "bash that breaks words elsewhere" {
	mksock tcp-listen
	PORT=$(port_of 0)
	local breaks
	for breaks in '${COMP_WORDBREAKS//:}' '${COMP_WORDBREAKS//[=@]}' "' '"; do
		typed bash "COMP_WORDBREAKS=$breaks; sockkit connect localhost:${PORT%?}"$'\t' \
			$'sockkit ports --format=jsonl\t' $'sockkit scan @/etc/hostn\t'
		same "$output" "connect|localhost:$PORT
ports|--format=jsonl
scan|@/etc/hostname"
	done
}
