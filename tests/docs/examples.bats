# What README.md and the man pages tell users to type works, in a namespace where something is going on.
load ../e2e/helper

# What is going on. Examples may end it, so that each page gets one of its own.
begin() {
	open_netns
	mksock tcp-listen :: 22 , tcp-listen 0.0.0.0 80 , \
		tcp-queued 0.0.0.0 443 3 , tcp-listen 127.0.0.1 5432 , \
		tcp-established 127.0.0.1 8000 , tcp-established ::1 , tcp-time-wait , tcp-close-wait , \
		tcp-syn-sent , tcp-syn-recv ::1 , tcp-bound , \
		udp-bound 0.0.0.0 53 , udp-bound :: 546 , udp-connected 127.0.0.1 123
	# Of a process of its own, which may be ended.
	mksock tcp-listen ::1 8080
}

# Every command of a document ends as the document says.
works() {
	local wanted command status=0 count=0 broken=0
	"$ROOT/tests/docs/examples" "$1" >"$BATS_TEST_TMPDIR/examples" || return
	while IFS=$'\t' read -r wanted command; do
		status=0 count=$((count + 1))
		within_patience env PATH="${SOCKKIT%/*}:$PATH" \
			bash -o pipefail -c "cd '$BATS_TEST_TMPDIR'; $command" \
			>"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null || status=$?
		# `| head` may end the left side by SIGPIPE.
		[ "$status" -ne 141 ] || status=0
		[ "$status" -eq "$wanted" ] || {
			printf '%s\n  exits %d, not %d:\n' "$command" "$status" "$wanted" >&2
			sed 's/^/  /' "$BATS_TEST_TMPDIR/out" >&2
			broken=1
		}
	done <"$BATS_TEST_TMPDIR/examples"
	[ "$count" -gt 0 ] && [ "$broken" -eq 0 ]
}

setup() {
	begin
}

@test "the tour of README.md" {
	works "$ROOT/README.md"
}

@test "the examples of every man page" {
	local page broken=0
	for page in "$ROOT"/man/*.[17]; do
		# What it types takes several terminals: tour.bats.
		[ "${page##*/}" != sockkit-tour.7 ] || continue
		works "$page" || {
			echo "in ${page##*/}" >&2
			broken=1
		}
		stop_all
		begin
	done
	[ "$broken" -eq 0 ]
}

@test "a command that fails, or is missing, is noticed" {
	printf '%s\n' '```console' '$ true' '$ false' '```' >"$BATS_TEST_TMPDIR/bad.md"
	run -1 works "$BATS_TEST_TMPDIR/bad.md"
	[[ $output == *"exits 1, not 0"* ]]
	printf '%s\n' '```console' '$ true' '```' '<!-- exits 1 -->' >"$BATS_TEST_TMPDIR/bad.md"
	run -1 works "$BATS_TEST_TMPDIR/bad.md"
	echo 'no commands here' >"$BATS_TEST_TMPDIR/bad.md"
	run -1 works "$BATS_TEST_TMPDIR/bad.md"
}

@test "commands are read as they are meant" {
	cat >"$BATS_TEST_TMPDIR/x.md" <<-'END'
		$ not in a block
		```console
		$ one | \
		> two
		output
		$ three
		```
		<!-- exits 3 -->
		```sh
		$ not this
		```
	END
	run -0 "$ROOT/tests/docs/examples" "$BATS_TEST_TMPDIR/x.md"
	same "$output" $'0\tone | two\n3\tthree'
	printf '%s\n' .EX '$ a \-b \(aqc\(aq "\e(d)"' .EE >"$BATS_TEST_TMPDIR/x.1"
	run -0 "$ROOT/tests/docs/examples" "$BATS_TEST_TMPDIR/x.1"
	# shellcheck disable=SC1003 # a backslash
	same "$output" $'0\ta -b \'c\' "\\(d)"'
}

@test "what only the tests need is said where no reader sees it" {
	cat >"$BATS_TEST_TMPDIR/x.1" <<-'END'
		.EX
		$ ask db.example db \-v db\-1 db
		.\" db is localhost
		.\" exits 3
		$ wait
		.\" run: {} || [ $? = 7 ] # {
		.EE
	END
	run -0 "$ROOT/tests/docs/examples" "$BATS_TEST_TMPDIR/x.1"
	same "$output" $'3\task db.example localhost -v db-1 localhost\n0\twait || [ $? = 7 ] # {'
	run ! grep -q 'run:\|exits' <(mandoc -T utf8 "$BATS_TEST_TMPDIR/x.1")
	printf '%s\n' .EX '$ true' '.\" sometimes' .EE >"$BATS_TEST_TMPDIR/x.1"
	run -1 works "$BATS_TEST_TMPDIR/x.1"
	[[ $output == *'what is this about? sometimes'* ]]
}
