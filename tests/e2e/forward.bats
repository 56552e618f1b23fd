# --forward with several endpoints: who is asked, who is left out, and who is asked again.
# shellcheck disable=SC2154
load listen

# An endpoint that tells its name: backend NAME. Its process is in BACKEND.
backend() {
	EXEC_IN_JOB=1 in_netns "$SOCKKIT" listen -k --greet "$1" --discard "unix:$BATS_TEST_TMPDIR/$1" \
		</dev/null >/dev/null 2>&1 3>&- &
	BACKEND=$!
	STARTED_PIDS+=("$BACKEND")
	eventually test -S "$BATS_TEST_TMPDIR/$1"
}

# What the next client hears.
asked() {
	client "$PORT" </dev/null
}

@test "--forward again and again: the next one where one does not answer, and the first once it does" {
	cd "$BATS_TEST_TMPDIR"
	serve /dev/null /dev/null -k --check=50ms --forward "unix:$PWD/a" --forward "unix:$PWD/b" 0
	hear '*/a is down, and left out until it answers: connect unix:*/a: No such file or directory'
	hear '*/b is down*'
	# Nobody is up: everybody is asked before the client is sent away.
	same "$(asked || :)" ''
	hear "*client 1: none of 2 endpoints has answered: connect unix:$PWD/b: No such file or directory"
	backend b
	hear '*/b is up again, after *'
	same "$(asked)" b
	backend a
	hear '*/a is up again, after *'
	same "$(asked)$(asked)" aa
	kill "$BACKEND"
	hear '*/a is down*'
	same "$(asked)" b
}

@test "--balance: in turn, or where the fewest are" {
	cd "$BATS_TEST_TMPDIR"
	backend a
	backend b
	serve /dev/null /dev/null -k -v --balance=round-robin \
		--forward "unix:$PWD/a" --forward "unix:$PWD/none" --forward "unix:$PWD/b" 0
	same "$(asked)$(asked)$(asked)$(asked)" abab
	hear '*client 1: connected to unix:*/a'
	hear '*/none is down*'
	hear '*client 2: connected to unix:*/b'
	serve /dev/null /dev/null -k -v --balance=leastconn --forward "unix:$PWD/a" --forward "unix:$PWD/b" 0
	# One stays where it is.
	idle_client "$PORT"
	hear '*client 1: connected to unix:*/a'
	same "$(asked)$(asked)$(asked)" bbb
}

@test "--balance, --check: what they are no good for" {
	run -2 sockkit listen --balance=round-robin --forward localhost:1 0
	[[ $output == *'--balance is for several endpoints'* ]]
	run -2 sockkit listen --check=1 0
	[[ $output == *'--check is for --forward'* ]]
	run -2 sockkit listen --balance=random --forward localhost:1 --forward localhost:2 0
}
