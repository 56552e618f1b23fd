# sockkit-tour(7) is what happens: typed into real terminals, it shows what the page shows.
load ../e2e/helper

setup() {
	open_netns
	in_netns grep -q . /proc/net/if_inet6 || skip 'the tour needs IPv6'
}

# Without privilege, since more is told to those who have it than the page shows.
tour() {
	run in_netns setpriv --bounding-set=-all --inh-caps=-all env PATH="${SOCKKIT%/*}:$PATH" python3 "$BATS_TEST_DIRNAME/tour.py" "$1"
	[ "$status" -ne 77 ] || skip 'there is no /dev/pts'
}

@test "each step of the tour does what the page says" {
	tour "$ROOT/man/sockkit-tour.7"
	[ "$status" -eq 0 ] || { echo "$output" && false; }
}

@test "a step that shows something else is noticed" {
	printf '%s\n' .EX '1$ echo one; echo two' two one '1$ cat' '\fBhello\fR' hello '.\" key 1 ^D' '.\" ended 1' .EE \
		>"$BATS_TEST_TMPDIR/good.7"
	tour "$BATS_TEST_TMPDIR/good.7"
	[ "$status" -eq 0 ] || { echo "$output" && false; }
	printf '%s\n' .EX '1$ echo one' two .EE >"$BATS_TEST_TMPDIR/bad.7"
	PATIENCE=1 tour "$BATS_TEST_TMPDIR/bad.7"
	[ "$status" -eq 1 ]
	[[ $output == *"bad.7:3: ['two'] in "* ]]
	printf '%s\n' .EX '1$ cat' .EE .EX '1$ echo one' .EE >"$BATS_TEST_TMPDIR/bad.7"
	PATIENCE=1 tour "$BATS_TEST_TMPDIR/bad.7"
	[[ $output == *'the prompt behind'* ]]
}
