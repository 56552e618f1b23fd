# The plan of the rooms, and that its check can fail.
bats_require_minimum_version 1.5.0

setup() {
	mkdir -p "$BATS_TEST_TMPDIR"/{cmd/{,scan,listen,listing,stream},lib/{base,tls,net,proc,diag,filter,out,scan}}
	echo 'int main(void) { exit(0); }' >"$BATS_TEST_TMPDIR/cmd/main.c"
}

layers() {
	"$BATS_TEST_DIRNAME/layers" "$BATS_TEST_TMPDIR"
}

# What FILE with this one line in it is told.
complains() {
	local file=$BATS_TEST_TMPDIR/$1
	printf '%s\n' "$2" >"$file"
	run -1 layers
	[[ $output == "$1:1: "*"$3"* ]]
	[ "${#lines[@]}" -eq 1 ]
	rm "$file"
}

accepts() {
	printf '%s\n' "$2" >"$BATS_TEST_TMPDIR/$1"
	run -0 layers
	[ -z "$output" ]
	rm "$BATS_TEST_TMPDIR/$1"
}

@test "the tree keeps to the plan" {
	run -0 "$BATS_TEST_DIRNAME/layers"
	[ -z "$output" ]
}

@test "a room may know only the rooms below it" {
	complains lib/base/x.c '#include "net/dial.h"' 'base may not know net'
	complains lib/net/x.c '#include "diag/inet.h"' 'net may not know diag'
	complains lib/net/x.h '#include "scan/order.h"' 'net may not know scan'
	complains lib/diag/x.c '  #  include "out/text.h"' 'diag may not know out'
	complains lib/out/x.c '#include "diag/inet.h"' 'out may not know diag'
	complains lib/diag/x.c '#include "proc/owner.h"' 'diag may not know proc'
	complains lib/proc/x.c '#include "diag/socket.h"' 'proc may not know diag'
	complains lib/diag/x.c '#include "filter/filter.h"' 'diag may not know filter'
	complains lib/scan/x.c '#include "out/text.h"' 'scan may not know out'
	complains lib/out/x.c '#include "cmd/command.h"' 'out may not know cmd'
	accepts lib/scan/x.c '#include "net/dial.h"'
	accepts cmd/x.c '#include "scan/order.h"'
}

@test "an include carries its room" {
	complains lib/base/x.c '#include "err.h"' 'carries its room'
	complains lib/base/x.c '#include "../base/err.h"' 'carries its room'
}

@test "a foreign library is known to one file" {
	complains lib/base/x.c '#include <argp.h>' 'only cmd/'
	complains lib/diag/inet.c '#include <libmnl/libmnl.h>' 'only lib/diag/netlink.c'
	complains cmd/x.c '#include <openssl/ssl.h>' 'only lib/tls/'
	complains lib/proc/owner.c '#include <bpf/libbpf.h>' 'only lib/proc/owner.bpf.c'
	accepts cmd/x.c '#include <argp.h>'
	accepts lib/diag/netlink.c '#include <libmnl/libmnl.h>'
	accepts lib/tls/session.c '#include <openssl/ssl.h>'
	complains lib/proc/owner.c '#include <linux/bpf.h>' 'only lib/proc/bpf.c'
	accepts lib/proc/bpf.c '#include <linux/bpf.h>'
	accepts lib/proc/owner.bpf.c '#include <bpf/bpf_helpers.h>'
}

@test "only main.c ends the process" {
	complains lib/base/x.c 'void f(void) { exit(1); }' 'ends the process'
	complains cmd/x.c 'void f(void) { abort (); }' 'ends the process'
	complains cmd/x.c '/* a comment */ void f(void) { exit(1); }' 'ends the process'
	accepts cmd/x.c '/* it would exit(1) */'
	accepts cmd/x.c 'const char *text = "exit(1)";'
	accepts lib/net/x.c 'void f(void) { _exit(127); on_exit(f); skt_exit(); }'
	accepts lib/net/x.c $'/* one\n * would exit(1)\n */'
}

# Pauses, and waits of so many seconds, outside of tests/patience.
impatient() {
	grep -rnE --exclude-dir={patience,bench,fuzz,fixtures} \
		-e '\b(u|nano)?sleep[ (](\$|\$?[0-9.])' -e 'sleep\(' \
		-e '\btimeout (-[a-zA-Z]+ |--[a-z]+ |[$A-Z][^ ]* )*[0-9.]' -e 'read .*-t ?[0-9.]*[1-9]' \
		-e 'settimeout|time\.monotonic|BATS_TEST_TIMEOUT|\balarm\(' "$1"
}

@test "how long tests wait is decided in one place" {
	run -1 impatient "$BATS_TEST_DIRNAME/e2e"
	run -1 impatient "$BATS_TEST_DIRNAME/lab"
	run -1 impatient "$BATS_TEST_DIRNAME/docs"
	run -1 impatient "$BATS_TEST_DIRNAME/unit"
	run -1 impatient "$BATS_TEST_DIRNAME/peers"
	local line
	while IFS= read -r line; do
		printf '%s\n' "$line" >"$BATS_TEST_TMPDIR/x"
		impatient "$BATS_TEST_TMPDIR/x" || { echo "not seen: $line" >&2 && return 1; }
	done <<-'END'
		until true; do sleep 0.1; done
		time.sleep(60)
		usleep(1000);
		(void)nanosleep(&pause, NULL);
		timeout 20 nc
		timeout -s INT 0.5 nc
		IFS= read -r -t 5 line
		s.settimeout(0.2)
	END
}

@test "a new room needs a place in the plan" {
	mkdir "$BATS_TEST_TMPDIR/lib/misc"
	complains lib/misc/x.c '' 'no such room'
}

@test "files of a folder include each other in no circle" {
	local scan=$BATS_TEST_TMPDIR/cmd/scan out=$BATS_TEST_TMPDIR/lib/out
	# x.c and x.h are one: what the one includes, the other knows.
	echo '#include "cmd/scan/run.h"' >"$scan/scan.c"
	echo '#include "cmd/scan/report.h"' >"$scan/run.c"
	printf '\n#include "cmd/scan/options.h"\n#include "cmd/scan/run.h"\n' >"$scan/report.h"
	echo '#include "cmd/scan/report.h"' >"$scan/report.c"
	run -1 layers
	[[ $output == cmd/scan/*:[13]": files of cmd/scan include each other in a circle: "* ]]
	[[ $output == *": run -> report -> run" || $output == *": report -> run -> report" ]]
	[ "${#lines[@]}" -eq 1 ]
	# Without the way back there is none, whatever the ways there.
	echo '#include "cmd/scan/options.h"' >"$scan/report.h"
	echo '#include "cmd/scan/report.h"' >>"$scan/scan.c"
	run -0 layers
	[ -z "$output" ]
	# The same names in two folders are two; each folder has its own circles.
	echo '#include "out/b.h"' >"$out/a.h"
	echo '#include "out/c.h"' >"$out/b.c"
	echo '#include "out/a.h"' >"$out/c.h"
	echo '#include "cmd/scan/d.h"' >"$scan/c.h"
	echo '#include "cmd/scan/c.h"' >"$scan/d.c"
	run -1 layers
	[ "${#lines[@]}" -eq 2 ]
	[[ $output == *"files of lib/out"*" -> "*" -> "*" -> "* && $output == *"files of cmd/scan"* ]]
}

@test "what a noun keeps to itself is no part of a circle, and no other folder's" {
	local net=$BATS_TEST_TMPDIR/lib/net
	echo '#include "net/x.h"' >"$net/x_internal.h"
	echo '#include "net/x_internal.h"' >"$net/x.c"
	echo '#include "net/x_internal.h"' >"$net/x_path.c"
	run -0 layers
	[ -z "$output" ]
	echo '#include "net/x_path.h"' >>"$net/x.c"
	run -1 layers
	[[ $output == *"files of lib/net include each other in a circle: x -> x_path -> x" ||
		$output == *": x_path -> x -> x_path" ]]
	rm "$net"/x*
	complains cmd/x.c '#include "net/loop_internal.h"' "is its own folder's alone"
	accepts lib/net/loop.c '#include "net/loop_internal.h"'
}

@test "in cmd the frame knows no folder, and a command none but its own and the shared ones" {
	complains cmd/x.c '#include "cmd/scan/run.h"' 'the frame may not know scan'
	complains cmd/commands.c '#include "cmd/listing/join.h"' 'the frame may not know listing'
	complains cmd/scan/x.c '#include "cmd/listen/run.h"' 'scan may not know listen'
	complains cmd/listing/x.h '#include "cmd/scan/options.h"' 'listing may not know scan'
	complains cmd/listing/x.c '#include "cmd/stream/record.h"' 'may not know each other'
	accepts cmd/x.c '#include "cmd/command.h"'
	accepts cmd/scan/x.c '#include "cmd/scan/options.h"'
	accepts cmd/scan/x.c '#include "cmd/parse.h"'
	accepts cmd/scan/x.c '#include "cmd/listing/join.h"'
	accepts cmd/listing/x.c '#include "cmd/listing/listing.h"'
}

@test "no part of a command includes the command" {
	complains cmd/scan/run.c '#include "cmd/scan/scan.h"' 'no part of a command'
	complains cmd/scan/options.h '#include "cmd/scan/scan.h"' 'no part of a command'
	accepts cmd/scan/scan.c '#include "cmd/scan/scan.h"'
}

@test "what cannot be bounded is banned" {
	local name
	for name in strcpy strcat sprintf vsprintf gets strncpy strncat atoi atol atoll atof strtok \
		alloca tmpnam mktemp; do
		complains lib/base/x.c "	$name (x);" "$name() is banned"
		accepts lib/base/x.c "	skt_$name(x); x_$name(x); int $name;"
		accepts lib/base/x.c "const char *text = \"$name()\"; /* $name() */"
	done
	complains cmd/x.h 'if (c == '"'\"'"') strcpy(a, "b");' 'strcpy() is banned'
	complains cmd/x.c '/* " */ x = strtok(a, " ");' 'strtok() is banned'
	complains lib/out/x.c 'char *x __attribute__((cleanup(f)));' 'no attribute cleanup'
	accepts lib/out/x.c 'snprintf(a, 1, "x"); vsnprintf(a, 1, "x", l); strtok_r(a, b, c); fgets(a);'
}
