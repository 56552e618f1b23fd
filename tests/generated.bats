# What is generated and committed is what the generator writes today.
bats_require_minimum_version 1.5.0

setup() {
	ROOT=${BATS_TEST_DIRNAME%/*}
	: "${SOCKKIT:=$ROOT/build/sockkit}"
}

fresh() {
	diff -u "$ROOT/completions/$1" "$BATS_TEST_TMPDIR/$1"
}

@test "completions are those of the option tables" {
	"$ROOT/completions/generate" "$SOCKKIT" "$BATS_TEST_TMPDIR"
	fresh sockkit.bash
	fresh _sockkit
	fresh sockkit.fish
}

# A stand-in for the binary that knows one option more.
@test "an option that is missing in them is noticed" {
	cat >"$BATS_TEST_TMPDIR/changed" <<-END
		#!/bin/sh
		"$SOCKKIT" --introspect
		echo '{"kind":"option","command":"sockets","name":"--new","short":"N","metavar":null,"values":null,"optional":false,"repeats":false,"set":null,"help":"it\u0027s [new]"}'
	END
	chmod +x "$BATS_TEST_TMPDIR/changed"
	"$ROOT/completions/generate" "$BATS_TEST_TMPDIR/changed" "$BATS_TEST_TMPDIR"
	for file in sockkit.bash _sockkit sockkit.fish; do
		run -1 fresh "$file"
		[[ $output == *new* ]]
	done
	bash -n "$BATS_TEST_TMPDIR/sockkit.bash"
	zsh -n "$BATS_TEST_TMPDIR/_sockkit"
	fish -n "$BATS_TEST_TMPDIR/sockkit.fish"
}

@test "a metavar that no shell could complete is refused" {
	cat >"$BATS_TEST_TMPDIR/changed" <<-'END'
		#!/bin/sh
		echo '{"kind":"option","command":"sockets","name":"--new","short":null,"metavar":"THING","values":null,"optional":false,"repeats":false,"set":null,"help":""}'
	END
	chmod +x "$BATS_TEST_TMPDIR/changed"
	run ! "$ROOT/completions/generate" "$BATS_TEST_TMPDIR/changed" "$BATS_TEST_TMPDIR"
	[[ $output == *"unknown metavar THING"* ]]
}
