# What a tab offers in bash, zsh and fish: the same lines typed into each.
load helper

setup() {
	export PATH="${SOCKKIT%/*}:$PATH" TERM=dumb
	export HOME=$BATS_FILE_TMPDIR
	shells='bash zsh fish'
	# zsh completes only at a terminal; the first test is skipped for it.
	has_terminals || shells='bash fish'
}

# The words as readline cuts them: at blanks, and at = and :.
offers_bash() {
	local line=$1 words=() word=''
	while IFS= read -r -n 1 char; do
		case $char in
		' ' | '') [ -z "$word" ] || words+=("$word"); word='' ;;
		'=' | ':') [ -z "$word" ] || words+=("$word"); words+=("$char"); word='' ;;
		*) word+=$char ;;
		esac
	done < <(printf %s "$line")
	[ -n "$word" ] || [[ $line == *[=:] ]] || words+=('')
	[ -z "$word" ] || words+=("$word")
	bash --norc -c '
		source "$1"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_sockkit
		printf "%s\n" "${COMPREPLY[@]}"' bash "$ROOT/completions/sockkit.bash" "${words[@]}"
}

offers_zsh() {
	timeout "$PATIENCE" zsh -f "$BATS_TEST_DIRNAME/complete.zsh" "$ROOT/completions" "$1"
}

# Where nothing begins with what is typed, fish goes on and looks for it anywhere: left out here.
offers_fish() {
	local typed=${1##*[ =]}
	fish --no-config -c 'source $argv[1]; complete -C $argv[2] | string replace -r "\t.*" ""' \
		"$ROOT/completions/sockkit.fish" "$1" |
		awk -v typed="$typed" '{ word = $0; sub(/^--[a-z-]*=/, "", word) }
			index(word, typed) == 1 || index($0, typed) == 1'
}

# The last words that are offered, without what bash leaves out and the others repeat: the text up to
# the =. offered SHELL LINE
offered() {
	"offers_$1" "$2" | sed 's/^--[a-z-]*=//; s/ $//; /^$/d' | sort -u | tr '\n' ' '
}

# expect LINE WORDS: every shell offers exactly these.
expect() {
	local shell got
	for shell in $shells; do
		got=$(offered "$shell" "$1")
		[ "$got" = "${2:+$2 }" ] || {
			echo "$shell: '$1' offers '$got', not '$2'" >&2
			return 1
		}
	done
}

# expect_among LINE WORD...: every shell offers these, and maybe more.
expect_among() {
	local line=$1 shell got word
	shift
	for shell in $shells; do
		got=" $(offered "$shell" "$line")"
		for word; do
			[[ $got == *" $word "* ]] || {
				echo "$shell: '$line' offers '$got', not '$word'" >&2
				return 1
			}
		done
	done
}

@test "zsh is among the shells" {
	need_terminal
	[[ $shells == *zsh* ]]
}

@test "commands" {
	expect 'sockkit so' sockets
	expect_among 'sockkit ' sockets ports help
	expect 'sockkit help so' sockets
	shells='bash fish' expect 'sockkit nonsense so' ''
}

@test "options, long and short" {
	expect 'sockkit sockets --exte' --extended
	expect 'sockkit ports --reg' --registry
	expect_among 'sockkit sockets -' -t -e --tcp --format
	expect 'sockkit --ver' --version
	[[ " $(offered bash 'sockkit ports -')" != *' --extended '* ]]
}

@test "values that are given in the option table" {
	expect 'sockkit ports --format=j' 'json jsonl'
	expect 'sockkit ports --format j' 'json jsonl'
	expect 'sockkit ports -f j' 'json jsonl'
	expect 'sockkit sockets --color=' 'always auto never'
}

@test "columns: lists, signs, and none twice" {
	expect 'sockkit sockets -c recv' recv_queue
	expect 'sockkit sockets --columns=state,recv' state,recv_queue
	expect 'sockkit sockets --columns=+recv' +recv_queue
	expect 'sockkit sockets --columns=+state,recv' +state,recv_queue
	expect 'sockkit sockets --columns=al' all
	expect 'sockkit sockets --sort=-recv' -recv_queue
	expect 'sockkit sockets --sort=-state,-recv' -state,-recv_queue
	expect 'sockkit sockets --sort=recv_queue,recv' ''
	expect 'sockkit sockets --sort=-recv_queue,recv' ''
}

@test "columns of the rows that are asked for" {
	expect 'sockkit ports -c eph' ''
	expect 'sockkit ports --registry -c eph' ephemeral
}

@test "ports by name, none before a letter" {
	expect_among 'sockkit ports htt' http https
	expect_among 'sockkit ports 22,htt' 22,http 22,https
	shells='bash fish' expect 'sockkit ports ' ''
}

@test "filters" {
	expect 'sockkit sockets sta' state
	expect 'sockkit sockets state est' established
	expect_among 'sockkit sockets -t state established sport = htt' http https
	expect 'sockkit sockets sport = 22 and recv' recv_queue
	expect 'sockkit sockets autob' autobound
	expect 'sockkit sockets state != est' established
	expect_among 'sockkit sockets interface = l' lo
	expect_among 'sockkit sockets user = roo' root
	expect 'sockkit sockets recv_queue = re' ''
}

@test "values wait behind an option that takes one, not behind a flag" {
	expect_among 'sockkit sockets --extended sta' state
	expect 'sockkit sockets --no-header --exten' --extended
}

# A binary of that name that answers TAB with what a shell would run.
hostile() {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/sockkit" <<-'END'
		#!/bin/sh
		printf '%s\n' 'http$(touch pwned)' 'http`touch pwned`' 'http;touch pwned' 'http good' httpfine
	END
	chmod +x "$BATS_TEST_TMPDIR/bin/sockkit"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	cd "$BATS_TEST_TMPDIR" || return
}

@test "names with shell syntax in them are neither run nor offered" {
	hostile
	for line in 'sockkit ports http' 'sockkit ports 22,http' 'sockkit sockets sport = http'; do
		expect "$line" "$([[ $line == *,* ]] && echo 22,)httpfine"
	done
	[ ! -e pwned ]
}

@test "what is typed is not run either" {
	hostile
	offers_bash 'sockkit ports --columns=$(touch${IFS}pwned)'
	offers_bash 'sockkit $(touch${IFS}pwned) -'
	[ ! -e pwned ]
}

@test "namespaces by their names" {
	expect 'sockkit sockets --netns=al' all
	expect_among 'sockkit ports -N ' all
}

@test "tables of sockets, each of which is taken" {
	expect 'sockkit sockets -A unix_s' 'unix_seqpacket unix_stream'
	expect 'sockkit sockets --query=xd' 'xdp'
	local table
	for table in $(offered bash 'sockkit sockets -A '); do
		"$SOCKKIT" sockets -t -A "$table" >/dev/null
	done
}
