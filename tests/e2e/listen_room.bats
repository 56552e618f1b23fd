# `sockkit listen` as a room: --join, --label, --end-with-stdin.
# shellcheck disable=SC2030,SC2031,SC2094,SC2153 # tests are subshells; nothing is read where it is written
load listen

# Runs Python in the namespace: PORT is a number or unix:PATH, enter() a new client, hear() waits for
# the bytes that it is to hear, and name() is what it is called.
guests() {
	in_netns timeout "$PATIENCE" python3 -c 'import os, socket, sys
PORT = sys.argv[1]
def enter():
    if PORT.startswith("unix:"):
        s = socket.socket(socket.AF_UNIX)
        s.connect(PORT[5:])
        return s
    return socket.create_connection(("127.0.0.1", int(PORT)))
def hear(s, wanted):
    got = bytearray()
    while len(got) < len(wanted):
        piece = s.recv(min(len(wanted) - len(got), 1 << 16))
        if not piece: break
        got += piece
    got = bytes(got)
    if got != wanted: sys.exit(f"heard {got!r}, not {wanted!r}")
def name(s):
    return "127.0.0.1:%d" % s.getsockname()[1]
'"$1" "$PORT"
}

@test "--broadcast --join: bytes are everybody's, unaltered, and the end of stdin is nobody's" {
	mkfifo "$BATS_TEST_TMPDIR/in"
	serve <(cat "$BATS_TEST_TMPDIR/in") "$BATS_TEST_TMPDIR/got" -k -v --broadcast --join 0
	exec {to}>"$BATS_TEST_TMPDIR/in"
	guests '
a, b = enter(), enter()
b.send(b"ready")
hear(a, b"ready")
a.send(b"\x1b[2J\0\xff no end")
hear(b, b"\x1b[2J\0\xff no end")'
	printf 'ready\033[2J\0\377 no end' | cmp - "$BATS_TEST_TMPDIR/got"
	# Two who are there; then stdin, of which nobody holds the other end any more.
	mkfifo "$BATS_TEST_TMPDIR/told"
	guests '
a, b = enter(), enter()
open(os.environ["BATS_TEST_TMPDIR"] + "/told", "w").write("there\n")
hear(a, b"\x01from here")
hear(b, b"\x01from here")
open(os.environ["BATS_TEST_TMPDIR"] + "/told", "w").write("heard\n")
open(os.environ["BATS_TEST_TMPDIR"] + "/told").read()
a.send(b"still")
hear(b, b"still")' {to}>&- &
	local guests=$!
	read -r _ <"$BATS_TEST_TMPDIR/told"
	printf '\1from here' >&"$to"
	read -r _ <"$BATS_TEST_TMPDIR/told"
	exec {to}>&-
	hear '*stdin ended*'
	echo on >"$BATS_TEST_TMPDIR/told"
	wait "$guests"
	stop "$SERVER"
	printf 'ready\033[2J\0\377 no endstill' | cmp - "$BATS_TEST_TMPDIR/got"
}

@test "--label: whole lines, with who says them in front, harmless" {
	mkfifo "$BATS_TEST_TMPDIR/in"
	exec {to}<>"$BATS_TEST_TMPDIR/in"
	serve "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/got" -k --broadcast --join --label 0
	printf 'wel\tcome\n' >&"$to"
	guests '
a = enter()
hear(a, b"<server> wel\\tcome\n")
b = enter()
b.send(b"in\n")
hear(a, f"<{name(b)}> in\n".encode())
a.send(b"he")
b.send(b"whole\n")
hear(a, f"<{name(b)}> whole\n".encode())
a.send(b"llo\r\n\x1b[2J\r<1.2.3.4:5> \xff\nbegun")
a.shutdown(socket.SHUT_WR)
hear(b, ("<{0}> hello\n<{0}> \\e[2J\\r<1.2.3.4:5> \\xff\n<{0}> begun\n".format(name(a))).encode())
print("<{0}> in\n<{0}> whole\n<{1}> hello\n<{1}> \\e[2J\\r<1.2.3.4:5> \\xff\n<{1}> begun".format(name(b), name(a)))
' >"$BATS_TEST_TMPDIR/expected"
	stop "$SERVER"
	cmp "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/got"
	exec {to}>&-
}

@test "--label: lines to stdout, clients without an address, and a line without end" {
	serve /dev/null "$BATS_TEST_TMPDIR/got" -k --label "unix:$BATS_TEST_TMPDIR/sock"
	guests '
a, b = enter(), enter()
b.sendall(b"\xc3\xbc" * 5000)
b.close()
a.send(b"one\n")
a.shutdown(socket.SHUT_WR)
hear(a, b"")
a.recv(1)'
	eventually has_lines "$BATS_TEST_TMPDIR/got" 4
	same "$(sort "$BATS_TEST_TMPDIR/got" | sed 's/ü\{100\}//g; s/ü//g' | uniq -c | tr -s ' ')" $' 1 <client 1> one\n 3 <client 2> '
	same "$(grep -o ü "$BATS_TEST_TMPDIR/got" | wc -l)" 5000
}

@test "--end-with-stdin: all of it arrives, and that is the end" {
	seq 100000 >"$BATS_TEST_TMPDIR/data"
	local mode
	for mode in '' '--broadcast --join'; do
		# shellcheck disable=SC2086 # words
		serve "$BATS_TEST_TMPDIR/data" /dev/null -k $mode --end-with-stdin 0
		# Who is not through yet is no reason for a reset.
		guests '
a = enter()
hear(a, open(os.environ["BATS_TEST_TMPDIR"] + "/data", "rb").read())
a.send(b"late")
if a.recv(1): sys.exit("no end")
a.shutdown(socket.SHUT_WR)'
		ended 0
	done
}

@test "a guest who never reads is cut off, and the others hear everything" {
	seq 400000 >"$BATS_TEST_TMPDIR/data"
	serve "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/got" -k -v --broadcast --join --label --recv-only 0
	idle_client "$PORT"
	hear '*accepted*'
	guests '
import threading
a, b = enter(), enter()
b.send(b"!\n")
hear(a, f"<{name(b)}> !\n".encode())
data = open(os.environ["BATS_TEST_TMPDIR"] + "/data", "rb").read()
label = f"\n<{name(a)}> ".encode()
wanted = data[:-1].replace(b"\n", label)
wanted = label[1:] + wanted + b"\n"
speaker = threading.Thread(target=a.sendall, args=(data,))
speaker.start()
hear(b, wanted)
speaker.join()'
	hear '*too slow*'
	eventually has_lines "$BATS_TEST_TMPDIR/got" 400001
}

@test "options of a room are for a room" {
	run -2 sockkit listen -k --join 0
	run -2 sockkit listen --label 0
	run -2 sockkit listen -k --echo --label 0
	run -2 sockkit listen -k --label --send-only 0
	run -2 sockkit listen -k --label --seqpacket 0
	run -2 sockkit listen --end-with-stdin 0
	run -2 sockkit listen -k --broadcast --end-with-stdin 0
	run -2 sockkit listen -k --end-with-stdin --recv-only 0
	run -2 sockkit listen -k --broadcast --join --send-only 0
	run -2 sockkit listen -k --broadcast --recv-only 0
}
