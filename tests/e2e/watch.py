#!/usr/bin/env python3
"""Drives `sockkit sockets --watch`, or ports, on a pseudo-terminal: watch.py CASE SOCKKIT.

The screen is a small terminal that knows the sequences which the program may use, and no other: any
other, and any control character, fails the case. Everything waits for what it needs to see.
"""
import contextlib
import fcntl
import os
import re
import select
import signal
import socket
import struct
import sys
import termios

from patience import eventually

SEQUENCE = re.compile(rb"\033\[(\?1049[hl]|\?25[hl]|\?2026[hl]|H|\d+;\d+H|2K|J|[\d;]*m)")


class Screen:
    """A terminal of WIDTH by HEIGHT characters."""

    def __init__(self, width, height):
        self.alternate, self.cursor, self.frames = False, True, 0
        self.whole = True
        self.strict = True
        self.resize(width, height)

    def resize(self, width, height):
        self.width, self.height = width, height
        self.lines = [""] * height
        self.row = self.column = 0

    def feed(self, data):
        """Takes bytes; returns those that are the beginning of something."""
        at = 0
        while at < len(data):
            if data[at] == 0x1B:
                match = SEQUENCE.match(data, at)
                if not match:
                    if len(data) - at < 10:
                        return data[at:]
                    sys.exit(f"unknown sequence: {data[at:at + 20]}")
                self.sequence(match.group(1).decode())
                at = match.end()
                continue
            if data[at] == ord("\r"):
                self.column = 0
            elif data[at] == ord("\n"):
                self.row += 1
                assert self.row < self.height or not self.alternate or not self.strict, "scrolled"
                self.row = min(self.row, self.height - 1)
            elif self.alternate:
                length = 1 if data[at] < 0x80 else 2 if data[at] < 0xE0 else 3 if data[at] < 0xF0 else 4
                if at + length > len(data):
                    return data[at:]
                self.put(data[at:at + length].decode())
                at += length - 1
            at += 1
        return b""

    def put(self, character):
        assert character.isprintable(), repr(character)
        if self.column >= self.width and not self.strict:
            return
        assert self.column < self.width, f"beyond the right edge: {self.lines[self.row]}"
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[:self.column] + character + line[self.column + 1:]
        self.column += 1

    def sequence(self, text):
        if text.startswith("?1049"):
            assert self.alternate != (text[-1] == "h"), "entered or left twice"
            self.alternate = text[-1] == "h"
        elif text.startswith("?25"):
            self.cursor = text[-1] == "h"
        elif text.startswith("?2026"):
            self.whole = text[-1] == "l"
        elif text == "2K":
            self.lines[self.row] = ""
        elif text == "J":
            self.lines[self.row] = self.lines[self.row][:self.column]
            self.lines[self.row + 1:] = [""] * (self.height - self.row - 1)
        elif text.endswith("H"):
            row, column = map(int, text[:-1].split(";")) if text != "H" else (1, 1)
            assert row <= self.height or not self.strict, "below the screen"
            self.row, self.column = min(row, self.height) - 1, column - 1
            self.frames += text == "H"


class Watcher:
    def __init__(self, *options, command="sockets", width=100, height=20, stdin=None, environment=()):
        self.screen, self.pending, self.queue = Screen(width, height), b"", []
        self.master, slave = os.openpty()
        self.resize(width, height, told=False)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        report_in, report_out = os.pipe()
        self.shell = os.fork()
        if not self.shell:
            os.close(self.master)
            os.close(report_in)
            self.run_shell([command, "--watch=100ms", *options], stdin, dict(environment), report_out)
        os.close(report_out)
        self.reports = os.fdopen(report_in, buffering=1)
        self.pid = int(self.reports.readline())

    def run_shell(self, words, stdin, environment, report):
        """As a shell does: the job in a process group of its own, in the foreground."""
        # A fork holds every socket of the case.
        for fd in range(3, 256):
            if fd not in (self.slave, report):
                with contextlib.suppress(OSError):
                    os.close(fd)
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        job = os.fork()
        if not job:
            os.setpgid(0, 0)
            os.tcsetpgrp(self.slave, os.getpid())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            for fd in 0, 1, 2:
                os.dup2(self.slave, fd)
            if stdin:
                os.dup2(os.open(stdin, os.O_RDONLY), 0)
            os.environ.update(environment)
            os.execv(sys.argv[2], [sys.argv[2], *words])
        os.write(report, b"%d\n" % job)
        while True:
            _, status = os.waitpid(job, os.WUNTRACED | os.WCONTINUED)
            os.write(report, b"%d\n" % status)
            if os.WIFEXITED(status) or os.WIFSIGNALED(status):
                # The terminal lives until the other side has looked at it.
                os._exit(0)

    def drain(self):
        while self.queue or select.select([self.master], [], [], 0.05)[0]:
            self.read(0)

    def resize(self, width, height, told=True):
        if told:
            self.screen.resize(width, height)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def read(self, timeout=0.05):
        """Takes what there is up to the next frame, so that each can be looked at."""
        if not self.queue and select.select([self.master], [], [], timeout)[0]:
            self.queue = re.split(rb"(?<=\033\[\?2026l)", os.read(self.master, 65536))
        if self.queue:
            self.pending = self.screen.feed(self.pending + self.queue.pop(0))

    def wait_for(self, wanted, what="it"):
        """Waits until a frame that is drawn to its end shows what is wanted."""
        eventually(lambda: self.screen.whole and not self.pending and wanted(), lambda: "\n".join([*self.screen.lines, what]), self.read)

    def settle(self):
        """Waits for a frame that began now."""
        frames = self.screen.frames
        self.wait_for(lambda: self.screen.frames >= frames + 2, "a frame")

    def press(self, keys):
        os.write(self.master, keys.encode() if isinstance(keys, str) else keys)

    def rows(self):
        return [line for line in self.screen.lines[2:-1] if line.strip()]

    def has(self, pattern):
        return any(re.search(pattern, line) for line in self.rows())

    def await_row(self, pattern):
        self.wait_for(lambda: self.has(pattern), pattern)

    def report(self):
        eventually(lambda: select.select([self.reports], [], [], 0)[0], "a change of its state", self.read)
        return int(self.reports.readline())

    def ended(self):
        """How it ended; the terminal must be as it was."""
        status = self.report()
        self.drain()
        assert not self.screen.alternate and self.screen.cursor, "the screen is still taken"
        assert termios.tcgetattr(self.slave) == self.before, "the terminal has other modes"
        os.waitpid(self.shell, 0)
        os.close(self.slave)
        os.close(self.master)
        return status


def bound(port, host="127.0.0.1"):
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, port))
    return made


def quit_well(watcher):
    watcher.press("q")
    assert watcher.ended() == 0


def case_marks():
    """New rows have a +, those that are gone a -, for one frame."""
    with bound(7001):
        watcher = Watcher()
        watcher.await_row(r"^ .udp .*127\.0\.0\.1:7001")
        assert re.match(r"^\d+ sockets?  \+0 -0", watcher.screen.lines[0]), watcher.screen.lines
        assert watcher.screen.lines[1].split()[:4] == ["PROTO", "STATE", "RECV-Q", "SEND-Q"]
        watcher.wait_for(lambda: watcher.screen.lines[-1].startswith("q quit"))
        other = bound(7002)
        # A frame lasts a tenth of a second: pause to look at it calmly is what `p` is for.
        watcher.await_row(r"^\+.udp .*:7002")
        watcher.await_row(r"^ .udp .*:7002")
        assert watcher.has(r"^ .udp .*:7001")
        other.close()
        watcher.await_row(r"^-.udp .*:7002")
        watcher.wait_for(lambda: not watcher.has(":7002"))
    watcher.wait_for(lambda: not watcher.has(":7001"))
    quit_well(watcher)


def ports(watcher):
    return [int(m.group(1)) for m in (re.search(r"udp .*?:(70\d\d) ", row) for row in watcher.rows()) if m]


def at_cursor(watcher):
    """The port at the cursor."""
    return next((int(m.group(1)) for m in (re.search(r"^.>.*:(70\d\d) ", row) for row in watcher.rows()) if m), None)


def case_keys():
    """Sort, reverse, filter, pause, scroll."""
    with contextlib.ExitStack() as stack:
        for port in 7010, 7003, 7001, 7012:
            stack.enter_context(bound(port))
        watcher = Watcher("-u", "-c", "proto,local_port,local,remote")
        watcher.wait_for(lambda: len(ports(watcher)) == 4)
        watcher.press(">")
        watcher.wait_for(lambda: "sort: proto" in watcher.screen.lines[0])
        watcher.press(">")
        watcher.wait_for(lambda: "LOCAL-PORT▲" in watcher.screen.lines[1])
        watcher.wait_for(lambda: "sort: local_port" in watcher.screen.lines[0])
        watcher.wait_for(lambda: ports(watcher) == [7001, 7003, 7010, 7012])
        watcher.press("r")
        watcher.wait_for(lambda: ports(watcher) == [7012, 7010, 7003, 7001])
        assert "sort: -local_port" in watcher.screen.lines[0]
        assert "LOCAL-PORT▼" in watcher.screen.lines[1]
        watcher.press("<")
        watcher.wait_for(lambda: "sort: -proto" in watcher.screen.lines[0])
        watcher.press("<")
        watcher.wait_for(lambda: "sort:" not in watcher.screen.lines[0])
        watcher.press("<")
        watcher.wait_for(lambda: "sort: -remote" in watcher.screen.lines[0])
        # `q` and the like are text while one types.
        watcher.press("f:701q")
        watcher.wait_for(lambda: "filter: :701q_  0 shown" in watcher.screen.lines[0])
        assert not watcher.rows()
        watcher.press(b"\x7f")
        watcher.wait_for(lambda: sorted(ports(watcher)) == [7010, 7012])
        watcher.press("\r")
        watcher.wait_for(lambda: "filter: :701  2 shown" in watcher.screen.lines[0])
        watcher.press("\\")
        watcher.press("ä\033[A€".encode()[:-1])
        watcher.press("€".encode()[-1:])
        watcher.wait_for(lambda: "filter: :701ä€_" in watcher.screen.lines[0])
        watcher.press(b"\x7f\x7f\x7f")
        watcher.wait_for(lambda: "filter: :70_" in watcher.screen.lines[0])
        watcher.press(b"\x15UDP")
        watcher.wait_for(lambda: "filter: UDP_  4 shown" in watcher.screen.lines[0])
        # A lone escape, not the beginning of a sequence.
        watcher.press("\033")
        watcher.wait_for(lambda: "filter" not in watcher.screen.lines[0] and len(ports(watcher)) == 4)
        watcher.press("p")
        watcher.wait_for(lambda: "PAUSED" in watcher.screen.lines[0])
        with bound(7020), bound(7021):
            watcher.press("r")
            watcher.wait_for(lambda: "sort: remote" in watcher.screen.lines[0])
            assert 7020 not in ports(watcher)
            watcher.press(" ")
            watcher.wait_for(lambda: "PAUSED" not in watcher.screen.lines[0] and 7020 in ports(watcher))
        # Keys that mean nothing, and the beginning of one that never comes.
        watcher.press(b"\x00\x01\xff\xfe\033[99~\033[1;5C\033[<0;1;1Mx\033[")
        watcher.settle()
        watcher.press("q")
        if not watcher.screen.lines[0].count("filter"):
            quit_well(watcher)


def case_scroll():
    """More rows than lines; a smaller and a larger terminal."""
    with contextlib.ExitStack() as stack:
        for port in range(7000, 7060):
            stack.enter_context(bound(port))
        watcher = Watcher("-u", "--sort=local_port", "-c", "proto,local,remote", height=13)
        watcher.wait_for(lambda: ports(watcher) == list(range(7000, 7010)))
        watcher.press("\033[B\033[B\033[A")
        watcher.wait_for(lambda: at_cursor(watcher) == 7001 and ports(watcher)[0] == 7000)
        watcher.press("\033[6~")
        watcher.wait_for(lambda: ports(watcher) == list(range(7002, 7012)) and at_cursor(watcher) == 7011)
        watcher.press("jk\x06G")
        watcher.wait_for(lambda: ports(watcher) == list(range(7050, 7060)) and at_cursor(watcher) == 7059)
        watcher.press("\033[5~")
        watcher.wait_for(lambda: ports(watcher) == list(range(7049, 7059)) and at_cursor(watcher) == 7049)
        watcher.press("/:7055\r")
        watcher.wait_for(lambda: at_cursor(watcher) == 7055)
        watcher.press("/:701\r")
        watcher.wait_for(lambda: at_cursor(watcher) == 7010)
        watcher.press("nn")
        watcher.wait_for(lambda: at_cursor(watcher) == 7012)
        watcher.press("NNN")
        watcher.wait_for(lambda: at_cursor(watcher) == 7019)
        watcher.press("/nowhere")
        watcher.wait_for(lambda: "no row has it" in watcher.screen.lines[-1])
        watcher.press("\033")
        watcher.wait_for(lambda: "search" not in watcher.screen.lines[0])
        # The cursor stays with its row when others come and go.
        with bound(7000, "127.0.0.2"), bound(7000, "127.0.0.3"):
            watcher.await_row(r"127\.0\.0\.[23]:7000|:7019")
            watcher.settle()
            assert at_cursor(watcher) == 7019, watcher.screen.lines
        watcher.press("\033[H")
        watcher.wait_for(lambda: ports(watcher) == list(range(7000, 7010)) and at_cursor(watcher) == 7000)
        for width, height in (60, 40), (20, 5), (1, 1), (3, 2), (200, 100), (100, 13):
            watcher.resize(width, height)
            # A frame for the size before may be on its way.
            watcher.screen.strict = False
            watcher.settle()
            watcher.screen.strict = True
            watcher.settle()
        watcher.wait_for(lambda: ports(watcher) == list(range(7000, 7010)))
        quit_well(watcher)


def case_signals():
    """Whatever ends it, or stops it, hands the terminal back."""
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP:
        watcher = Watcher()
        watcher.settle()
        os.kill(watcher.pid, number)
        status = watcher.ended()
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == number, (number, status)
    for key, number in ("\x03", signal.SIGINT), ("\x1c", signal.SIGQUIT):
        watcher = Watcher()
        watcher.settle()
        watcher.press(key)
        status = watcher.ended()
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == number, (number, status)


def case_stop():
    """^Z hands the terminal to the shell, fg takes it again."""
    watcher = Watcher()
    watcher.settle()
    for _ in range(3):
        watcher.press("\x1a")
        status = watcher.report()
        assert os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGTSTP, status
        watcher.drain()
        assert not watcher.screen.alternate and watcher.screen.cursor
        assert termios.tcgetattr(watcher.slave) == watcher.before
        os.kill(watcher.pid, signal.SIGCONT)
        assert os.WIFCONTINUED(watcher.report())
        watcher.wait_for(lambda: watcher.screen.alternate)
        watcher.settle()
        assert termios.tcgetattr(watcher.slave) != watcher.before
    quit_well(watcher)


def case_input():
    """Keys come from the terminal, also where stdin is something else."""
    watcher = Watcher(stdin="/dev/null")
    watcher.settle()
    quit_well(watcher)


def case_hostile():
    """What processes are called stays in its cell, at any width."""
    child = os.fork()
    if not child:
        with bound(7001) as held:
            os.set_inheritable(held.fileno(), True)
            os.execv("/usr/bin/tail", ["\033[2J\033]0;x\007\r\n\t ä世界" * 9, "-f", "/dev/null"])
    for width in 200, 81, 80, 79, 30:
        watcher = Watcher("-p", width=width)
        watcher.await_row(r"UNCONN")
        watcher.settle()
        quit_well(watcher)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def case_color():
    """No colours where none are wanted; marks then say all."""
    watcher = Watcher("--color=never")
    raw = b""

    def look():
        nonlocal raw
        data = os.read(watcher.master, 65536)
        raw += data
        watcher.pending = watcher.screen.feed(watcher.pending + data)

    eventually(lambda: watcher.screen.frames >= 3, "a third frame", look)
    assert not re.search(rb"\033\[[\d;]*m", raw), raw
    quit_well(watcher)


def case_wide():
    """What is wider than the terminal is scrolled."""
    with bound(7001):
        watcher = Watcher("-u", "-c", "proto,local,remote,inode,cookie,cgroup", width=30)
        watcher.await_row(r"^ >udp +127")
        assert "LOCAL" in watcher.screen.lines[1] and "CGROUP" not in watcher.screen.lines[1]
        watcher.press("l\033[C" * 20)
        watcher.wait_for(lambda: watcher.screen.lines[1].endswith("CGROUP") and "LOCAL" not in watcher.screen.lines[1])
        watcher.press("h" * 20 + "\033[D")
        watcher.await_row(r"^ >udp +127")
        quit_well(watcher)


def case_pages():
    """The help, and all of one row; whatever is looked at stays as it is."""
    with bound(7001):
        watcher = Watcher("-u", height=16)
        watcher.await_row(":7001")
        watcher.press("?")
        watcher.wait_for(lambda: watcher.screen.lines[0] == "keys")
        assert watcher.has("destroy the socket")
        watcher.press("q")
        watcher.await_row(r"^ >udp")
        watcher.press("\r")
        watcher.wait_for(lambda: watcher.screen.lines[0] == "all of it")
        assert watcher.screen.lines[1].startswith("udp  UNCONNECTED  127.0.0.1:7001")
        assert watcher.has("cookie [1-9]") and watcher.has("rcvbuf ")
        watcher.press("j")
        watcher.wait_for(lambda: not watcher.screen.lines[1].startswith("udp"))
        watcher.press("\033")
        watcher.await_row(r"^ >udp")
        quit_well(watcher)


def case_acts():
    """What is destroyed or ended was asked for, and the question was seen."""
    def connected():
        server = socket.create_server(("127.0.0.1", 7001))
        client = socket.create_connection(("127.0.0.1", 7001))
        try:
            client.recv(1)
        except ConnectionAbortedError:
            os._exit(7)

    # What started it would be spared: others hold what is ended.
    other = os.fork()
    if not other:
        connected()
    watcher = Watcher("-t", "dport = 7001")
    watcher.await_row("ESTAB")
    # What was typed before the question was drawn is no answer.
    watcher.press("Ky")
    watcher.wait_for(lambda: watcher.screen.lines[-1].startswith("Destroy tcp ESTABLISHED 127.0.0.1:"))
    watcher.press("x")
    watcher.wait_for(lambda: watcher.screen.lines[-1] == "nothing was done")
    watcher.press("K")
    watcher.wait_for(lambda: watcher.screen.lines[-1].endswith("? y/n"))
    watcher.press("y")
    watcher.wait_for(lambda: watcher.screen.lines[-1] == "destroyed")
    assert os.WEXITSTATUS(os.waitpid(other, 0)[1]) == 7
    quit_well(watcher)
    held = socket.create_server(("127.0.0.1", 7002))
    watcher = Watcher("7002", command="ports")
    watcher.await_row(r"^ > *7002 ")
    watcher.press("T")
    watcher.wait_for(lambda: watcher.screen.lines[-1].startswith("not ended: what started this sockkit"))
    child = os.fork()
    if not child:
        signal.pause()
    held.close()
    watcher.settle()
    watcher.press("T")
    watcher.wait_for(lambda: watcher.screen.lines[-1].startswith(f"End python3") and f"[{child}]" in watcher.screen.lines[-1])
    watcher.press("y")
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGTERM
    watcher.wait_for(lambda: not watcher.rows())
    quit_well(watcher)


def short_lived(listener):
    """A connection over which little goes, and which is no more."""
    with socket.create_connection(listener.getsockname()) as here:
        here.sendall(b"x" * 100)
        there = listener.accept()[0]
        with there:
            there.recv(100)
    return True


def case_groups():
    """A summary, and ports, can be watched, too."""
    with bound(7001), bound(7002):
        watcher = Watcher("--group-by=proto")
        watcher.await_row(r"^ >udp +2$")
        watcher.press("K")
        watcher.wait_for(lambda: "this row is of many" in watcher.screen.lines[-1])
        with bound(7003):
            watcher.await_row(r"^ >udp +3$")
        watcher.press("\r")
        watcher.wait_for(lambda: watcher.has("count 2") or watcher.has("count 3"))
        watcher.press("xq")
        assert watcher.ended() == 0
        watcher = Watcher("-t", "--rates", "--group-by=remote_port", height=6)
        # Of what has no connection nothing is known, and the second look shows what is.
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            watcher.wait_for(lambda: "OPEN/S" in watcher.screen.lines[1] and short_lived(listener) and any(
                re.search(rf"^.. +{port} +\d +[\d.]+k?B/s +[\d.]+k?B/s +\d+  .*[▂-█]", row) for row in watcher.rows()))
        quit_well(watcher)
        watcher = Watcher("-u", command="ports")
        watcher.wait_for(lambda: watcher.screen.lines[1].startswith("  PORT▲"))
        watcher.await_row(r"^ > *7001 +udp")
        quit_well(watcher)


def case_dumb():
    """A terminal that cannot move its cursor is left as it is."""
    assert os.WEXITSTATUS(Watcher(environment={"TERM": "dumb"}).ended()) == 3


def case_end():
    """--timeout ends it; with a filter, nothing is no. A terminal that goes away ends it too."""
    assert Watcher("--timeout=300ms").ended() == 0
    assert os.WEXITSTATUS(Watcher("--timeout=300ms", "port", "1").ended()) == 1


try:
    for end_of_it in os.openpty():
        os.close(end_of_it)
except OSError:
    sys.exit(77)  # a chroot may have no terminals
globals()["case_" + sys.argv[1]]()
