# What is generated and committed is what the generator writes today.
bats_require_minimum_version 1.5.0

setup() {
	ROOT=${BATS_TEST_DIRNAME%/*}
	: "${SOCKKIT:=$ROOT/build/sockkit}" "${BUILD:=build}"
}

@test "sockkit-from(7) is the table of dialects" {
	diff -u "$ROOT/man/sockkit-from.7" <("$ROOT/man/generate-from" "$SOCKKIT")
}

@test "JSON Schemas are those of the tables of columns" {
	"$ROOT/man/schema/generate" "$SOCKKIT" "$BATS_TEST_TMPDIR"
	diff -r -x generate "$ROOT/man/schema" "$BATS_TEST_TMPDIR" || { echo "columns have changed: make generated"; return 1; }
}

# missing RECORD: what was recorded then, and is not so now; 1 if there is any.
missing() {
	local gone
	gone=$(LC_ALL=C comm -23 "$1" <("$ROOT/tests/interface/record" "$SOCKKIT"))
	[ -z "$gone" ] && return
	echo "vanished or changed since ${1##*/} (if that is not released yet: make interface):" "$gone"
	return 1
}

@test "what scripts rely on since a release is still there" {
	local record
	for record in "$ROOT"/tests/interface/[0-9]*; do
		missing "$record"
	done
	{ cat "$record"; echo 'key sockets state integer'; } | LC_ALL=C sort >"$BATS_TEST_TMPDIR/other"
	run -1 missing "$BATS_TEST_TMPDIR/other"
	[[ $output == *'make interface): key sockets state integer' ]]
}

# ---- the BPF programs behind --owners=bpf and --follow ----

# The binary under test with one object in another shape: variant NAME SOURCE [FLAG...].
variant() {
	local name=$1 source=$2 compile link libraries
	shift 2
	{
		read -r compile
		read -r link
		read -r libraries
	} <"$ROOT/$BUILD/flags"
	(
		cd "$ROOT" || exit
		eval "$compile $* -c -o '$BATS_TEST_TMPDIR/$name.o' '$source'"
		eval "$link -o '$BATS_TEST_TMPDIR/$name' '$BATS_TEST_TMPDIR/$name.o'" \
			"'$BUILD/cmd/main.o' '$BUILD/libsockkit.a' $libraries"
	)
}

# Something to find: a listener, its process in LISTENING, its port in PORT.
listen() {
	coproc LISTENER { exec "$SOCKKIT" listen --print-port 127.0.0.1:0 3>&-; }
	LISTENING=$LISTENER_PID
	read -r PORT <&"${LISTENER[0]}"
}

teardown() {
	[ -z "${LISTENING-}" ] || kill "$LISTENING"
}

# Who listens at a port, found by BPF; or why that cannot be.
owner_of() {
	"$2" sockets --owners=bpf -l -f jsonl -c local,inode,processes sport = "$1" 2>&1
}

@test "BPF skeletons are those of their programs" {
	local name shared sum
	while read -r name shared; do
		sum=$(cat "$ROOT/lib/proc/$name.bpf.c" "$ROOT/lib/proc/$shared" | cksum)
		grep -qF "($sum)" "$ROOT/lib/proc/${name}_skeleton.h" ||
			{ echo "$name.bpf.c has changed: make deps generated"; return 1; }
	done <<-'END'
		owner owner_hit.h
		tcp_events tcp_event.h
		drops drop.h
	END
}

@test "the BPF skeleton is what the tools write today, or finds the same owners" {
	local status=0
	mkdir "$BATS_TEST_TMPDIR/proc"
	"$ROOT/lib/proc/generate-skeleton" owner >"$BATS_TEST_TMPDIR/proc/owner_skeleton.h" || status=$?
	[ "$status" -ne 77 ] || skip 'clang, bpftool or the headers of libbpf are not here'
	[ "$status" -eq 0 ]
	"$ROOT/lib/proc/generate-skeleton" --check owner "$ROOT/lib/proc/owner_skeleton.h" || status=$?
	[ "$status" -eq 0 ] || [ "$status" -eq 77 ]
	"$ROOT/lib/proc/generate-skeleton" --check tcp_events \
		"$ROOT/lib/proc/tcp_events_skeleton.h" || status=$?
	[ "$status" -eq 0 ] || [ "$status" -eq 77 ]
	"$ROOT/lib/proc/generate-skeleton" --check drops "$ROOT/lib/proc/drops_skeleton.h" || status=$?
	[ "$status" -eq 0 ] || [ "$status" -eq 77 ]
	variant fresh lib/proc/owner_bpf.c -iquote "$BATS_TEST_TMPDIR"
	local owner
	listen
	owner=$(owner_of "$PORT" "$SOCKKIT") || :
	[ "$(owner_of "$PORT" "$BATS_TEST_TMPDIR/fresh")" = "$owner" ]
	[[ $owner == *"\"pid\":$LISTENING,"* || $owner == *'Operation not permitted'* ]]
}

@test "BPF=0 leaves the program out, and says so" {
	variant without lib/proc/owner_no_bpf.c
	[[ $("$BATS_TEST_TMPDIR/without" --version) == *' -bpf'* ]]
	listen
	run -3 "$BATS_TEST_TMPDIR/without" sockets --owners=bpf
	[[ $output == *'built without BPF (BPF=0)'* ]]
	"$BATS_TEST_TMPDIR/without" sockets >/dev/null
	# The name of the program, as the kernel shows it.
	run ! grep -q each_file "$BATS_TEST_TMPDIR/without"
	[[ $("$SOCKKIT" --version) == *' -bpf'* ]] || grep -q each_file "$SOCKKIT"
}
