#!/usr/bin/env python3
"""Drives `sockkit sockets -t --follow` where BPF tells of TCP: follow_tcp.py CASE SOCKKIT.

Everything waits for what it needs to see; no case depends on the time that anything takes.
"""
import collections
import ctypes
import errno
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys

from patience import LIMIT, eventually

COLUMNS = "event,cookie,local_address,local_port,remote_address,remote_port,state,pid,process,comm,uid,inode," \
    "direction,bytes_acked,bytes_received,duration_us,error"


class Follower:
    """One that tells of what happens from now on."""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            [sys.argv[2], "sockets", "-t", "--follow", "-f", "jsonl", "--owners=bpf", *(options if "-c" in options else ("-c", COLUMNS, *options))],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.events, self.pending, self.stderr = [], b"", b""
        os.set_blocking(self.process.stdout.fileno(), False)
        os.set_blocking(self.process.stderr.fileno(), False)

    def started(self):
        """It has its programs: a link to each tracepoint."""
        eventually(lambda: len(self.programs()) >= 3, lambda: f"its programs: {self.stderr}", self.read)
        return self

    def programs(self):
        """The numbers of its BPF programs that are attached."""
        found = set()
        base = f"/proc/{self.process.pid}/fdinfo"
        for name in os.listdir(base):
            try:
                with open(f"{base}/{name}", encoding="ascii") as info:
                    text = info.read()
            except OSError:
                continue
            if "link_id" in text:
                found.update(map(int, re.findall(r"^prog_id:\s*(\d+)", text, re.MULTILINE)))
        return found

    def read(self, timeout=0.1):
        ready, _, _ = select.select([self.process.stdout, self.process.stderr], [], [], timeout)
        for stream in ready:
            data = stream.read() or b""
            if stream is self.process.stderr:
                self.stderr += data
                continue
            *lines, self.pending = (self.pending + data).split(b"\n")
            self.events += map(json.loads, lines)
        return bool(ready)

    def wait_for(self, kind, **fields):
        eventually(lambda: self.of(kind, **fields),
                   lambda: f"{kind} {fields} (stderr: {self.stderr}; last: {self.events[-6:]})", self.read)
        return self.of(kind, **fields)[0]

    def of(self, kind, **fields):
        return [e for e in self.events if e["event"] == kind and all(e[k] == v for k, v in fields.items())]

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        eventually(lambda: self.process.poll() is not None, "its end", self.read)
        self.read(0)
        assert self.process.returncode == -number, (self.process.returncode, self.stderr)


def cookie(sock):
    # SO_COOKIE
    return int.from_bytes(sock.getsockopt(socket.SOL_SOCKET, 57, 8), sys.byteorder)


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()


def case_life():
    """Every step of both ends, with process, direction, figures and time."""
    for family, address in (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"):
        follower = Follower().started()
        server = socket.create_server((address, 0), family=family)
        port = server.getsockname()[1]
        client = socket.create_connection((address, port))
        asked = cookie(client)
        accepted = server.accept()[0]
        answered = cookie(accepted)
        client.sendall(b"x" * 1234)
        assert accepted.recv(1234, socket.MSG_WAITALL) == b"x" * 1234
        here, inode = client.getsockname()[1], os.fstat(client.fileno()).st_ino
        client.close()
        accepted.close()
        listening = cookie(server)
        server.close()
        follower.wait_for("closed", cookie=listening)
        follower.wait_for("closed", cookie=answered)
        follower.end()
        of = lambda number: [e for e in follower.events if e["cookie"] == number]
        assert [e["event"] for e in of(listening)] == ["listening", "closed"], of(listening)
        assert [e["event"] for e in of(asked)] == ["connecting", "established", "closed"], of(asked)
        assert [e["event"] for e in of(answered)] == ["established", "accepted", "closed"], of(answered)
        for event in of(listening) + of(asked) + of(answered)[1:]:
            assert event["pid"] == os.getpid() and event["uid"] == os.geteuid(), event
            assert event["process"].startswith("python"), event
            assert event["local_address"] == address, event
        connecting, established, closed = of(asked)
        assert connecting["remote_port"] == established["remote_port"] == closed["remote_port"] == port
        assert established["local_port"] == closed["local_port"] == here
        assert connecting["state"] == "SYN-SENT" and connecting["inode"] == inode, connecting
        assert established["duration_us"] >= 0 and closed["duration_us"] >= 0
        assert {e["direction"] for e in of(asked)} == {"out"} and {e["direction"] for e in of(answered)} == {"in"}
        assert of(answered)[2]["bytes_received"] in (1234, 1235), of(answered)
        assert closed["bytes_acked"] in (1234, 1235, 1236), closed
        assert not [e for e in follower.events if e["error"]], follower.events


def case_failed():
    """Why there is no connection, or no more; and that an attempt has one end."""
    follower = Follower().started()
    with socket.create_server(("127.0.0.1", 0)) as server:
        end = server.getsockname()
        client, accepted = socket.create_connection(end), server.accept()[0]
        broken = cookie(client)
        reset(accepted)
        assert select.select([client], [], [], LIMIT)[0]
        client.close()
        follower.wait_for("closed", cookie=broken, error="Connection reset by peer")
    refused = socket.socket()
    number = cookie(refused)
    assert refused.connect_ex(end) == errno.ECONNREFUSED
    failed = follower.wait_for("failed", cookie=number, error="Connection refused")
    assert failed["pid"] == os.getpid() and failed["remote_port"] == end[1] and failed["duration_us"] >= 0, failed
    refused.close()
    # Nobody is there: what is sent arrives at an interface that has another address.
    for words in ("link add sink type veth peer name drain", "link set sink up", "link set drain up",
                  "addr add 192.0.2.1/24 dev sink", "neigh add 192.0.2.2 lladdr 02:00:00:00:00:01 dev sink"):
        subprocess.run(["ip", *words.split()], check=True)
    late = socket.socket()
    late.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1)
    number = cookie(late)
    assert late.connect_ex(("192.0.2.2", 9)) == errno.ETIMEDOUT
    assert follower.wait_for("failed", cookie=number)["error"] == "Connection timed out"
    late.close()
    given_up = socket.socket()
    given_up.setblocking(False)
    number = cookie(given_up)
    assert given_up.connect_ex(("192.0.2.2", 9)) == errno.EINPROGRESS
    follower.wait_for("connecting", cookie=number)
    given_up.close()
    assert follower.wait_for("failed", cookie=number)["error"] == "closed before it was established"
    mark = socket.create_server(("127.0.0.1", 0))
    follower.wait_for("listening", local_port=mark.getsockname()[1])
    follower.end()
    ends = collections.Counter(e["cookie"] for e in follower.of("failed") + follower.of("closed"))
    assert set(ends.values()) == {1}, ends
    assert len(follower.of("failed")) == 3, follower.of("failed")


def case_waiting():
    """Accepted, but never read from: a look finds who has it; what nobody accepts waits."""
    follower = Follower().started()
    server = socket.create_server(("127.0.0.1", 0))
    clients = [socket.create_connection(server.getsockname()) for _ in range(2)]
    accepted = server.accept()[0]
    event = follower.wait_for("accepted", cookie=cookie(accepted))
    assert event["pid"] == os.getpid() and event["direction"] == "in", event
    number = cookie(accepted)
    reset(accepted)
    follower.wait_for("closed", cookie=number)
    server.close()
    for each in clients:
        each.close()
    eventually(lambda: len(follower.of("closed")) >= 5, "all ends", follower.read)
    follower.end()
    assert len(follower.of("accepted")) == 1, follower.of("accepted")
    assert len(follower.of("established", direction="in")) == 2


def case_churn():
    """As fast as can be, by many processes: each end once, with its process."""
    follower = Follower().started()
    command = [os.path.join(os.path.dirname(os.environ["MKSOCK"]), "connections"), "10", "100"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        made = child.stdout.read().decode().splitlines()
    assert child.returncode == 0 and len(made) == 1000
    eventually(lambda: len(follower.of("closed", remote_port=None)) >= 5 and len(follower.of("closed")) >= 1005,
               "all ends", follower.read)
    follower.end()
    pids = collections.defaultdict(list)
    for event in follower.events:
        pids[event["event"], event["cookie"]].append(event["pid"])
    for line in made:
        kind, number, pid = line.split()
        first = "accepted" if kind == "accepted" else "connecting"
        assert pids[first, int(number)] == pids["closed", int(number)] == [int(pid)], (line, pids[first, int(number)])
    assert not follower.stderr, follower.stderr


def case_lost():
    """More than there was room for: it is said, and the end of what was open is told."""
    follower = Follower().started()
    server = socket.create_server(("127.0.0.1", 0))
    client, accepted = socket.create_connection(server.getsockname()), server.accept()[0]
    number = cookie(client)
    follower.wait_for("established", cookie=number)
    follower.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, follower.process.pid, os.WSTOPPED)
    for _ in range(70000):
        socket.socket().close()
    client.close()
    accepted.close()
    late = socket.create_connection(server.getsockname())
    follower.process.send_signal(signal.SIGCONT)
    follower.wait_for("closed", cookie=number)
    follower.wait_for("opened", cookie=cookie(late))
    follower.end()
    assert follower.stderr.count(b"events were lost") in (1, 2), follower.stderr


def case_filter():
    """What is asked for is told from the moment at which it matches, to its end."""
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    follower = Follower("state", "established", "and", "dport", "=", str(port), "and", "pid", "=",
                        str(os.getpid())).started()
    other = Follower("-6").started()
    client, accepted = socket.create_connection(("127.0.0.1", port)), server.accept()[0]
    number = cookie(client)
    client.close()
    accepted.close()
    follower.wait_for("closed", cookie=number)
    mark = socket.create_server(("::1", 0), family=socket.AF_INET6)
    other.wait_for("listening", local_port=mark.getsockname()[1])
    follower.end()
    other.end(signal.SIGTERM)
    assert [e["event"] for e in follower.events] == ["established", "closed"], follower.events
    assert [e["local_address"] for e in other.events] == ["::1"], other.events


def case_netns():
    """Of all namespaces or of one, each row with its own; a namespace that comes later has its name, too."""
    script = ("import os, socket, subprocess, sys; subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True);"
              "print('ready', flush=True);"
              "[(socket.create_connection(s.getsockname()).close(), s.close(), print(s and 1, flush=True))"
              " for _ in sys.stdin for s in [socket.create_server(('127.0.0.1', 0))]]")
    command = ["unshare", "--net", sys.executable, "-c", script]
    everywhere = Follower("-N", "all", "-c", "+netns").started()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"ready\n"
        inside = Follower("-N", str(child.pid), "-c", "+netns").started()
        child.stdin.write(b"now\n")
        child.stdin.flush()
        assert child.stdout.readline()
        label = f"pid:{child.pid}"
        for follower in everywhere, inside:
            follower.wait_for("connecting", netns=label, pid=child.pid)
            follower.wait_for("closed", netns=label, pid=child.pid, remote_port=None)
        with socket.create_server(("127.0.0.1", 0)) as mine:
            here = everywhere.wait_for("listening", local_port=mine.getsockname()[1], pid=os.getpid())
        assert here["netns"] != label, here
        child.stdin.close()
    everywhere.end()
    inside.end()
    assert {e["netns"] for e in inside.events} == {label}, inside.events


def case_killed():
    """Nothing is left of it, however it ends."""
    follower = Follower().started()
    programs = follower.programs()
    follower.process.kill()
    follower.process.wait()
    libc = ctypes.CDLL(None, use_errno=True)

    def gone(number):
        # bpf(BPF_PROG_GET_FD_BY_ID)
        attr = (ctypes.c_uint32 * 32)(number)
        fd = libc.syscall({"x86_64": 321}.get(os.uname().machine, 280), 13, attr, ctypes.sizeof(attr))
        if fd >= 0:
            os.close(fd)
            return False
        assert ctypes.get_errno() == errno.ENOENT, os.strerror(ctypes.get_errno())
        return True

    eventually(lambda: all(map(gone, programs)), "the end of its programs", lambda: select.select([], [], [], 0.05))


globals()["case_" + sys.argv[1]]()
