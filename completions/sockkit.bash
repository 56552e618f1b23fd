# shellcheck shell=bash
# bash completion for sockkit: asks `sockkit --complete`, which knows what may stand where.
#
# Nothing that is typed, and nothing that is offered, is ever expanded by the shell: names of
# processes and paths of sockets are anybody's. What is offered is quoted as it has to be.

# From the line up to the cursor to the words of it, without their quotes. The callers' variables:
# words; quote: the one that is open at the end (' " $' or none); done: what of the last word readline
# does not replace, since it begins anew behind a quote and behind what breaks words.
_sockkit_read_words() {
	local line=${COMP_LINE:0:COMP_POINT} word='' begun='' redirected='' char i
	words=() quote='' done=''
	for ((i = 0; i < ${#line}; i++)); do
		char=${line:i:1}
		case $quote$char in
		"''" | '""' | "$'"\')
			[[ $quote != "$'" ]] || word=$done$(_sockkit_decode "${word#"$done"}")
			quote='' done=$word
			;;
		"'"? | "$'"[!\\])
			word+=$char
			;;
		"$'"\\)
			i=$((i + 1))
			word+=$char${line:i:1}
			;;
		'"'\\)
			i=$((i + 1))
			char=${line:i:1}
			[[ $char == [\"\$\`\\] ]] || word+=\\
			word+=$char
			;;
		'"'?)
			word+=$char
			;;
		\\)
			i=$((i + 1))
			word+=${line:i:1}
			begun=1
			;;
		[\'\"])
			quote=$char begun=1
			if [[ $char == \' && $word == *\$ && ${line:i-1:1} == \$ ]]; then
				quote="$'" word=${word%\$}
			fi
			done=$word
			;;
		[[:blank:]])
			[[ -z $begun || -n $redirected ]] || words+=("$word")
			[[ -z $begun ]] || redirected=''
			word='' done='' begun=''
			;;
		[\<\>])
			# Where the output goes is no word of the command.
			[[ -z $begun || -n $redirected || $word != *[!0-9]* ]] || words+=("$word")
			word='' done='' begun='' redirected=1
			;;
		*)
			# A word begins anew behind what breaks words, but with the @.
			[[ $char != @ || ${COMP_WORDBREAKS-} != *@* ]] || done=$word
			word+=$char begun=1
			[[ $char == @ || ${COMP_WORDBREAKS-} != *"$char"* ]] || done=$word
			;;
		esac
	done
	[[ $quote != "$'" ]] || word=$done$(_sockkit_decode "${word#"$done"}")
	words+=("$word")
}

# What $'...' holds, which is no more than printf(1) knows.
_sockkit_decode() {
	local text
	printf -v text '%b' "${1//\\\'/\'}"
	printf %s "$text"
}

# The text as it is written behind the quote that is open: _sockkit_quote TEXT, in `quoted`.
_sockkit_quote() {
	case $quote in
	\') quoted=${1//\'/\'\\\'\'} ;;
	\")
		quoted=${1//\\/\\\\}
		quoted=${quoted//\"/\\\"}
		quoted=${quoted//\$/\\\$}
		quoted=${quoted//\`/\\\`}
		;;
	*)
		quoted=$1
		[[ $1 == *[!a-zA-Z0-9._:@%/+,=-]* ]] || return 0
		printf -v quoted %q "$1"
		# Within $'...' it goes on without these.
		if [[ $quote == "$'" ]]; then
			[[ $quoted == \$\'* ]] || printf -v quoted '%q' "$1"$'\001'
			quoted=${quoted#\$\'}
			quoted=${quoted%\'}
			quoted=${quoted%\\001}
		elif [[ -n $done && $quoted == \\[~#]* ]]; then
			quoted=${quoted#\\}
		fi
		;;
	esac
}

# Paths are bash's own: it knows ~, marks directories, and quotes.
_sockkit_add_paths() {
	local option=-f path
	[[ $1 != directories ]] || option=-d
	compopt -o filenames 2>/dev/null
	while IFS= read -r path; do
		path=$front$path
		COMPREPLY+=("${path#"$done"}")
	done < <(compgen "$option" -- "${word#"$front"}" 2>/dev/null)
}

_sockkit() {
	local IFS=$' \t\n' words=() quote='' done='' quoted='' action='' front='' word text about
	local texts=() abouts=() widest=0 i
	COMPREPLY=()
	_sockkit_read_words
	word=${words[${#words[@]} - 1]}
	while
		IFS= read -r -d '' action && IFS= read -r -d '' front
		while IFS= read -r -d '' text && IFS= read -r -d '' about; do
			texts+=("$text") abouts+=("$about")
		done
		false
	do :; done < <(command sockkit --complete -- "${words[@]:1}" 2>/dev/null)

	if [[ ${#texts[@]} -eq 0 ]]; then
		[[ $action != files && $action != directories ]] || _sockkit_add_paths "$action"
		return 0
	fi
	compopt -o nosort 2>/dev/null
	[[ $action != list && ${texts[0]} != *[=:,/@] ]] || compopt -o nospace 2>/dev/null
	for i in "${!texts[@]}"; do
		_sockkit_quote "${texts[i]#"$done"}"
		COMPREPLY+=("$quoted")
		[[ ${#quoted} -le $widest ]] || widest=${#quoted}
	done
	# Where they are listed, and not one after the other put into the line, what they are is listed
	# too. What all of them begin with ends before that.
	[[ ${#texts[@]} -gt 1 && ${COMP_TYPE-} != 37 && ${COMP_TYPE-} != 42 ]] || return 0
	for i in "${!texts[@]}"; do
		[[ -z ${abouts[i]} ]] || printf -v 'COMPREPLY[i]' '%-*s  (%s)' "$widest" \
			"${COMPREPLY[i]}" "${abouts[i]}"
	done
}

complete -F _sockkit sockkit
