# What zsh would offer: complete.zsh DIRECTORY LINE prints one match a line, typing LINE and a tab
# into a zsh of its own.
zmodload zsh/zpty
dir=$1 line=$2
zpty shell zsh -f -i
zpty -w shell "PS1= RPS1= fpath=(${(q)dir} \$fpath); autoload -U compinit; compinit -u -d ~/.zcompdump; stty -echo"
zpty -w shell '
unsetopt zle_bracketed_paste 2>/dev/null; unset zle_bracketed_paste
bindkey "^I" complete-word
zstyle ":completion:*" verbose no
compadd() {
	if [[ ${@[(i)-[OAD]]} -le $# ]]; then
		builtin compadd "$@"
		return
	fi
	local -a hits; local hit prefix=$IPREFIX$PREFIX
	builtin compadd -O hits "$@"
	for hit in $hits; do print -r -- "<$IPREFIX$hit>"; done
	builtin compadd "$@"
}
_message() { }
done_completing() { print "<""done>"; exit; }
zle -N done_completing; bindkey "^X" done_completing
print "<""ready>"'
while zpty -r shell reply; do
	[[ $reply == *'<ready>'* ]] && break
done
zpty -n -w shell $line$'\t\x18'
while zpty -r shell reply; do
	[[ $reply == *'<done>'* ]] && break
	while [[ $reply == *'<'*'>'* ]]; do
		reply=${reply#*<}
		print -r -- ${reply%%>*}
		reply=${reply#*>}
	done
done
zpty -d shell
