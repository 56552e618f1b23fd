# The plan of the rooms, and that its check can fail.
bats_require_minimum_version 1.5.0

setup() {
	mkdir -p "$BATS_TEST_TMPDIR"/{cmd,lib/{base,net,proc,diag,filter,out,scan}}
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
	complains cmd/x.c '#include <openssl/ssl.h>' 'only lib/net/tls.c'
	complains lib/proc/owner.c '#include <bpf/libbpf.h>' 'only lib/proc/owner.bpf.c'
	accepts cmd/x.c '#include <argp.h>'
	accepts lib/diag/netlink.c '#include <libmnl/libmnl.h>'
	accepts lib/net/tls.c '#include <openssl/ssl.h>'
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
