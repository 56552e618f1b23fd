#!/usr/bin/env python3
"""Drives `sockkit sockets --follow`: follow.py CASE SOCKKIT [USER].

Everything waits for what it needs to see; no case depends on the time that
anything takes.
"""
import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time

from patience import LIMIT, eventually

USER = sys.argv[3] if len(sys.argv) > 3 else None


class Follower:
    def __init__(self, *options, form="jsonl", probe=None, owners="proc"):
        """By OWNERS=proc all sockets are looked for; by bpf the kernel tells of those of TCP."""
        command = [sys.argv[2], "sockets", "--follow=20ms", "-f", form, f"--owners={owners}", *options]
        if USER:
            command = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--inh-caps=-all", *command]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.form, self.events, self.pending, self.raw = form, [], b"", b""
        # Cookies, of events that have them.
        self.open, self.closed = set(), set()
        os.set_blocking(self.process.stdout.fileno(), False)
        os.set_blocking(self.process.stderr.fileno(), False)
        self.stderr = b""
        self.await_start(probe or (lambda: [bound()]))

    def await_start(self, probe):
        """What is there when it looks first is not told: until something is, makes more of it."""
        made = []

        def look():
            """One that was there when it looked first is never told of: the next may be."""
            if not self.read():
                more = probe()
                for each in made:
                    each.close()
                made[:] = more

        eventually(lambda: self.raw.count(b"opened"), lambda: f"its first event: {self.stderr}", look)
        for each in made:
            each.close()
        if self.form == "jsonl":
            ends = lambda kind: {(e["proto"], e["local_port"], e["remote_port"]) for e in self.of(kind)}
            eventually(lambda: ends("opened") <= ends("closed"), "the end of a probe", self.read)
            self.events.clear()

    def read(self, timeout=0.1):
        ready, _, _ = select.select([self.process.stdout, self.process.stderr], [], [], timeout)
        for stream in ready:
            data = stream.read() or b""
            if stream is self.process.stderr:
                self.stderr += data
                continue
            self.raw += data
            self.pending += data
            *lines, self.pending = self.pending.split(b"\n")
            for event in map(json.loads, lines) if self.form == "jsonl" else ():
                self.events.append(event)
                (self.open if event["event"] == "opened" else self.closed).add(event.get("cookie"))
        return bool(ready)

    def wait_for(self, wanted):
        eventually(lambda: any(wanted(event) for event in self.events),
                   lambda: f"an event (stderr: {self.stderr}; last: {self.events[-3:]})", self.read)

    @contextlib.contextmanager
    def marker(self, family=socket.AF_INET):
        """A socket that is reported before the body runs, and whose end is reported behind it."""
        with bound(family) as mark:
            port = mark.getsockname()[1]
            mine = lambda event: event["local_port"] == port and event["proto"] == "udp"
            self.wait_for(lambda event: mine(event) and event["event"] == "opened")
            yield port
        self.wait_for(lambda event: mine(event) and event["event"] == "closed")

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        before = self.pending
        eventually(lambda: self.process.poll() is not None, "its end", self.read)
        self.read(0)
        assert self.process.returncode == -number, (self.process.returncode, self.stderr)
        assert self.pending == before or not self.pending, self.pending

    def of(self, kind, **fields):
        return [e for e in self.events if e["event"] == kind and all(e[k] == v for k, v in fields.items())]


def bound(family=socket.AF_INET):
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
    return made


def tcp_probe():
    """A connection at port 7001."""
    with socket.create_server(("127.0.0.1", 7001)) as server:
        return pair(server)


def pair(server):
    client = socket.create_connection(server.getsockname())
    return client, server.accept()[0]


def drops():
    """Events that the kernel had no room for, of sockets of this namespace."""
    with open("/proc/net/netlink", encoding="ascii") as table:
        # sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode; 4 is NETLINK_SOCK_DIAG.
        return sum(int(line.split()[8]) for line in table if line.split()[1] == "4")


def churn(follower, count, batch):
    """Has a child churn, and reads meanwhile what FOLLOWER (or None) tells."""
    child = os.fork()
    if not child:
        churn_here(count, batch)
        os._exit(0)
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if follower:
            follower.read(0.01)


def churn_here(count, batch):
    """Opens and closes connections as fast as can be, with short rests between batches."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as server:
        for _ in range(0, count, batch):
            pairs = [pair(server) for _ in range(batch)]
            for ends in pairs:
                for end in ends:
                    # No TIME-WAIT, or ports run out.
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    end.close()


def closes_match(follower):
    opened, closed = ([e["cookie"] for e in follower.of(kind)] for kind in ("opened", "closed"))
    opened = set(opened)
    assert opened <= set(closed), f"{len(opened - set(closed))} of {len(opened)} were never closed"
    return opened, closed


def case_life():
    """What a row says: process, figures, order; and what does not happen twice."""
    follower = Follower("-c", "+cookie")
    with follower.marker():
        server = socket.create_server(("127.0.0.1", 0))
        port = server.getsockname()[1]
        client, accepted = pair(server)
        follower.wait_for(lambda e: e["remote_port"] == port and e["event"] == "opened")
        follower.wait_for(lambda e: e["local_port"] == port and e["remote_port"] and e["event"] == "opened")
        accepted.sendall(b"x" * 12345)
        got = 0
        while got < 12345:
            got += len(client.recv(65536))
        client.close()
        accepted.close()
        server.close()
    follower.end()
    listener = [e for e in follower.events if e["local_port"] == port and not e["remote_port"]]
    assert [e["event"] for e in listener] == ["opened", "closed"], listener
    assert listener[1]["rtt_us"] is None and listener[1]["bytes_acked"] is None, listener
    (end,) = follower.of("closed", remote_port=port)
    assert end["bytes_received"] == 12345 or end["bytes_received"] == 12346, end
    assert end["rtt_us"] > 0 and end["total_retrans"] == 0, end
    assert end["state"] == "CLOSED" and end["recv_queue"] is None, end
    if not USER:
        assert end["pid"] == os.getpid(), end
        assert [p["fd"] for p in end["processes"]], end
    opened, closed = closes_match(follower)
    assert len(closed) == len(set(closed)), "closed twice"
    assert len(follower.of("opened")) == len(opened), "opened twice"
    times = [e["time_ns"] for e in follower.events]
    assert times == sorted(times) and abs(times[0] / 1e9 - time.time()) < 600
    assert all(list(e)[0] == "event" for e in follower.events)


def case_churn():
    """10,000 connections at speed: every close of a socket that was reported is reported."""
    follower = Follower("-c", "event,cookie,proto,local_port,remote_port")
    with follower.marker():
        churn(follower, 10000, 100)
    follower.end()
    opened, closed = closes_match(follower)
    # Both ends of each have ended, and each end is told of once, seen open or not.
    if b"events were lost" not in follower.stderr:
        assert len(closed) == len(set(closed)), "closed twice"
        assert len(closed) >= 20000, len(closed)
    assert len(opened) > 2, opened
    print(f"{len(opened)} opened, {len(closed)} closed", file=sys.stderr)


def case_lost():
    """Events that there was no room for: it is said, and what was open is told of."""
    follower = Follower("-c", "event,cookie,proto,local_port,remote_port")
    server = socket.create_server(("127.0.0.1", 0), backlog=4096)
    with follower.marker():
        held = [pair(server) for _ in range(200)]
        follower.wait_for(lambda _: len(follower.open) >= 401)
        follower.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, follower.process.pid, os.WSTOPPED)
        while not drops():
            for _ in range(2000):
                bound().close()
        for ends in held:
            for end in ends:
                end.close()
        follower.process.send_signal(signal.SIGCONT)
        mine = {e["cookie"] for e in follower.of("opened", proto="tcp")}
        follower.wait_for(lambda _: len(mine - follower.closed) <= 1)
        server.close()
    follower.end()
    closes_match(follower)
    assert b"events were lost" in follower.stderr, follower.stderr
    assert len(follower.stderr.splitlines()) < 100


def case_filter():
    """A filter, a family and -l choose what is told; a socket that changes its state has not gone."""
    follower = Follower("-t", "-4", "state", "established", "and", "sport", "=", ":7001",
                        probe=tcp_probe)
    other = Follower("-l", "-6", probe=lambda: [bound(socket.AF_INET6)])
    with other.marker(socket.AF_INET6):
        server = socket.create_server(("127.0.0.1", 7001))
        client, accepted = pair(server)
        # A probe that nobody saw opened may end only now: it is not ours.
        ours = {"remote_port": client.getsockname()[1]}
        follower.wait_for(lambda e: e in follower.of("opened", **ours))
        client.shutdown(socket.SHUT_WR)
        with other.marker(socket.AF_INET6):
            pass
        assert accepted.recv(1) == b""
        assert not follower.of("closed", **ours), follower.events
        client.close()
        accepted.close()
        follower.wait_for(lambda e: e in follower.of("closed", **ours))
        server.close()
    follower.end()
    other.end(signal.SIGTERM)
    assert len(follower.of("opened", **ours)) == len(follower.of("closed", **ours)) == 1, follower.events
    assert all(e["local_port"] == 7001 for e in follower.events)
    assert all(e["family"] == "inet6" and not e["remote_port"] for e in other.events)


def case_formats():
    """Output is valid to the last byte, also when a signal ends it."""
    for form in "json", "csv", "table":
        follower = Follower(form=form)
        with bound() as made:
            port = made.getsockname()[1]
            # Its row: those of the probes come and go meanwhile.
            row = {"json": rb'"event": ?"%%s".*"local_port": ?%d\b', "csv": rb"^%%s,.*,%d,",
                   "table": rb"^%%s .*:%d\b"}[form] % port
            told = lambda event: re.search(row % event, follower.raw, re.MULTILINE)
            eventually(lambda: told(b"opened"), "its opening", follower.read)
        eventually(lambda: told(b"closed"), "its closing", follower.read)
        follower.pending = b""
        follower.end()
        lines = follower.raw.decode().splitlines()
        if form == "json":
            mine = [r["event"] for r in json.loads(follower.raw) if r["local_port"] == port]
        elif form == "csv":
            assert lines[0].startswith("event,time_ns,proto"), lines
            assert len({line.count(",") for line in lines}) == 1, lines
            mine = [line.split(",")[0] for line in lines if f",{port}," in line]
        else:
            assert lines[0].split()[:2] == ["EVENT", "PROTO"], lines
            assert all(lines[0].index("STATE") == line.index("UNCONNECTED") for line in lines[1:]), lines
            mine = [line.split()[0] for line in lines if f":{port} " in line]
        assert mine == ["opened", "closed"], lines


def case_silent():
    """Unix, netlink and packet sockets, of which the kernel tells nothing."""
    follower = Follower("-A", "all", "-c", "event,proto,inode,state,local_port,remote_port")
    kinds = [("unix", lambda: socket.socketpair()),
             ("netlink", lambda: [socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)])]
    if os.geteuid() == 0:
        kinds.append(("packet", lambda: [socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)]))
    for proto, make in kinds:
        for _ in range(3):
            made = make()
            for each in made:
                if proto == "netlink":
                    each.bind((0, 0))
            inodes = {os.fstat(each.fileno()).st_ino for each in made}
            told = lambda kind: {e["inode"] for e in follower.of(kind, proto=proto)}
            eventually(lambda: inodes <= told("opened"), f"an opened {proto}", follower.read)
            for each in made:
                each.close()
            eventually(lambda: inodes <= told("closed"), f"a closed {proto}", follower.read)
    for event in follower.of("closed"):
        assert len(follower.of("closed", inode=event["inode"], proto=event["proto"])) == 1, event
    follower.end()


def case_short():
    """With looks so far apart that nothing is seen but ends."""
    for options in (["state", "established"], ["-l"]):
        listening = options == ["-l"]
        command = [sys.argv[2], "sockets", "-t", "--follow=1h", "-f", "jsonl", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            os.set_blocking(process.stdout.fileno(), False)
            text, ports = b"", set()

            def look():
                nonlocal text
                with socket.create_server(("127.0.0.1", 0)) as server:
                    ports.add(server.getsockname()[1])
                    for each in pair(server):
                        each.close()
                select.select([process.stdout], [], [], 0.05)
                text += process.stdout.read() or b""

            lines = lambda: [json.loads(line) for line in text.splitlines(True) if line.endswith(b"\n")]
            mine = lambda event: event["event"] == "closed" and event["local_port"] in ports
            try:
                eventually(lambda: any(map(mine, lines())), f"a short one: {options}", look)
            finally:
                process.send_signal(signal.SIGINT)
            assert all((e["remote_port"] is None) == listening for e in lines() if mine(e)), text


def case_reset():
    """A socket whose connection was reset is not closed until its process has closed it."""
    follower = Follower("-t", "-c", "event,cookie,proto,local_port,remote_port,state", probe=tcp_probe)
    judge = Follower()
    server = socket.create_server(("127.0.0.1", 0))
    client, accepted = pair(server)
    port = server.getsockname()[1]
    with judge.marker():
        follower.wait_for(lambda e: e["remote_port"] == port)
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        accepted.close()
        follower.wait_for(lambda e: e["local_port"] == port and e["remote_port"] and e["event"] == "closed")
        for _ in range(5):
            with judge.marker():
                pass
        follower.read(0)
        assert not follower.of("closed", remote_port=port)
        client.close()
        follower.wait_for(lambda e: e["remote_port"] == port and e["event"] == "closed")
        server.close()
        follower.wait_for(lambda e: e["local_port"] == port and not e["remote_port"] and e["event"] == "closed")
    follower.end()
    judge.end()
    closes_match(follower)


globals()["case_" + sys.argv[1]]()
