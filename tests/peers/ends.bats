# The rule about ends beside every netcat there is: who says what, from which stdin, and whether it
# arrives. Each cell is one run of cell.c: what was put in comes out, or we say so and fail.
load peers

setup() {
	open_netns
	cd "$BATS_TEST_TMPDIR" || return 1
}

LARGE=8388608
SILENT=hold

# What goes into our stdin, and into the other's: up to LARGE bytes; a silent pipe, if any. Theirs is
# never closed: most of them then have the connection itself as descriptor 0, and read from it what
# they should send.
stdins() {
	local size kind other
	for size in 0 1 65536 $LARGE; do
		for kind in file fast slow; do
			for other in null fast:0 $SILENT; do
				echo "$kind:$size $other"
				echo "$other $kind:$size"
			done
			echo "closed $kind:$size"
		done
	done
	for kind in file fast slow; do
		for other in file fast slow; do
			echo "$kind:$LARGE $other:$LARGE"
		done
	done
}

# Runs a cell for each line of stdin, US THEM connect|listen OUR-COMMAND -- THEIR-COMMAND, and wants
# these verdicts only: run_cells 'ok|told'
run_cells() {
	local count
	cat >cells
	in_netns xargs -P "$(($(nproc) * 2))" -L 1 "$HELPERS/cell" <cells >verdicts || :
	! grep -v -E "^($1) " verdicts >&2 || return
	count=$(wc -l <cells)
	[ "$count" -gt 0 ] && same "$(wc -l <verdicts) cells" "$count cells"
}

# All stdins beside one program: matrix connect|listen goes-on|ends NAME ARG... says our part, and
# whether the other goes on sending after our end. Where it ends instead, it drops what it had still to
# say, and we can have all of it only if we do not half-close.
matrix() {
	local part=$1 manner=$2 program us them ours
	program=$(peer "$3")
	shift 3
	stdins | while read -r us them; do
		ours="$SOCKKIT connect"
		[ "$part" = connect ] || ours="$SOCKKIT listen -q"
		case $manner,$us,$them in
		ends,file:*,*:[1-9]* | ends,fast:*,*:[1-9]* | ends,slow:*,*:[1-9]*) ours+=' --no-half-close' ;;
		esac
		echo "$us $them $part $ours 127.0.0.1:7000 -- $program $*"
	done | run_cells ok
}

@test "we connect, nc.openbsd listens" {
	matrix connect ends nc.openbsd -l 127.0.0.1 7000
}

@test "we connect, nc.openbsd -N listens" {
	matrix connect ends nc.openbsd -N -l 127.0.0.1 7000
}

@test "we listen, nc.openbsd connects" {
	matrix listen goes-on nc.openbsd 127.0.0.1 7000
}

@test "we listen, nc.openbsd -N connects" {
	matrix listen goes-on nc.openbsd -N 127.0.0.1 7000
}

@test "we connect, nc.traditional listens" {
	matrix connect ends nc.traditional -l -p 7000 -s 127.0.0.1
}

@test "we listen, nc.traditional connects" {
	matrix listen ends nc.traditional 127.0.0.1 7000
}

@test "we connect, busybox nc listens" {
	matrix connect ends busybox nc -l -p 7000
}

@test "we listen, busybox nc connects" {
	matrix listen ends busybox nc 127.0.0.1 7000
}

@test "we connect, ncat listens" {
	matrix connect ends ncat -l 127.0.0.1 7000
}

# From 7.96 on ncat ends with the peer; Debian 12 has 7.93, which goes on.
@test "we listen, ncat connects" {
	local manner=goes-on version
	version=$("$(peer ncat)" --version 2>&1 | sed -n 's/^Ncat: Version \([0-9.]*\).*/\1/p')
	[ "$(printf '%s\n' 7.96 "$version" | sort -V | head -n 1)" = "$version" ] || manner=ends
	matrix listen "$manner" ncat 127.0.0.1 7000
}

@test "we connect, socat listens" {
	matrix connect goes-on socat - TCP-LISTEN:7000,bind=127.0.0.1
}

@test "we listen, socat connects" {
	matrix listen goes-on socat - TCP:127.0.0.1:7000
}

@test "we listen, curl speaks telnet" {
	# It takes more than a second for a megabyte from a pipe, and a silent one keeps it from reading.
	LARGE=500000 SILENT='' matrix listen ends curl -sN telnet://127.0.0.1:7000
}

@test "we connect, and we listen" {
	local us them pair="$SOCKKIT connect 127.0.0.1:7000 -- $SOCKKIT listen -q 127.0.0.1:7000"
	stdins | while read -r us them; do
		echo "$us $them connect $pair"
		# Ours may be closed at either end.
		[ "$them" != null ] || echo "$us closed connect $pair"
	done | run_cells ok
}

# The peer breaks off: after nothing, some or all of it, in order or not.
@test "the other closes or resets in the middle" {
	local bytes us part breaks ours
	for part in connect listen; do
		ours="$SOCKKIT $part" breaks="$HELPERS/breaks listen"
		[ "$part" = connect ] || ours+=' -q' breaks=${breaks/listen/connect}
		for us in {file,fast,slow}:{1,65536,8388608} {fast,file}:0 null closed hold; do
			for bytes in 0 1 100000 9000000; do
				echo "$us null $part $ours 127.0.0.1:7000 -- $breaks close $bytes"
				echo "$us null $part $ours 127.0.0.1:7000 -- @breaks $breaks reset $bytes"
			done
		done
		# A silent pipe never ends: that the other is gone is noticed all the same.
		echo "silent null $part $ours 127.0.0.1:7000 -- @breaks $breaks reset 0"
	done | run_cells 'ok|told'
}

@test "the other is killed in the middle" {
	local bytes us
	for us in {file,fast,slow}:$LARGE; do
		for bytes in 1 100000 5000000; do
			echo "$us null connect $SOCKKIT connect 127.0.0.1:7000 -- @kill $bytes $(peer nc.openbsd) -l 127.0.0.1 7000"
			echo "$us hold listen $SOCKKIT listen -q 127.0.0.1:7000 -- @kill $bytes $(peer nc.openbsd) 127.0.0.1 7000"
			echo "$us null connect $SOCKKIT connect 127.0.0.1:7000 -- @kill $bytes $SOCKKIT listen -q 127.0.0.1:7000"
		done
	done | run_cells 'ok|told'
}
