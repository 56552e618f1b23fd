"""Holders of ports in every way that bind(2) tells apart, and what `ports --why` says of each, beside
what binding comes to. Arguments: SOCKKIT, then names of interfaces. Prints what does not agree."""
import itertools
import json
import os
import random
import socket
import subprocess
import sys

SOCKKIT, DEVICES = sys.argv[1], [None] + sys.argv[2:]
NOBODY = 65534
USERS = [0, NOBODY] if os.geteuid() == 0 else [os.geteuid()]
V4, V6 = socket.AF_INET, socket.AF_INET6
# family, address, takes IPv4 too
PLACES = [(V4, "0.0.0.0", 0), (V4, "127.0.0.1", 0), (V6, "::", 0), (V6, "::", 1), (V6, "::1", 0)]
FLAGS = [(), (socket.SO_REUSEADDR,), (socket.SO_REUSEPORT,), (socket.SO_REUSEADDR, socket.SO_REUSEPORT)]
STATES = ["bound", "listen", "time-wait"]


def make(port, place, flags, device=None, user=None):
    """A socket bound as asked, or None."""
    family, address, dual = place
    before = os.geteuid()
    if user not in (None, before):
        os.seteuid(user)
    s = socket.socket(family, socket.SOCK_STREAM)
    if os.geteuid() != before:
        os.seteuid(before)
    if family == V6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not dual)
    for flag in flags:
        s.setsockopt(socket.SOL_SOCKET, flag, 1)
    try:
        if device:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        s.bind((address, port))
        return s
    except OSError:
        s.close()
        return None


def can(*args):
    s = make(*args)
    if s:
        s.close()
    return s is not None


def hold(port, place, flags, device, user, state):
    """Sockets that hold PORT; None where that cannot be."""
    s = make(port, place, flags, device, user)
    if not s or state == "bound":
        return [s] if s else None
    s.listen()
    if state == "listen":
        return [s]
    client = socket.create_connection((place[1] if place[1] not in ("0.0.0.0", "::") else
                                       "127.0.0.1" if place[0] == V4 else "::1", port))
    server, _ = s.accept()
    server.close()
    client.recv(1)
    client.close()
    s.close()
    return []


def ways(port, place, users):
    """Which of plain, SO_REUSEADDR, SO_REUSEPORT, both, and shared by another user."""
    return [can(port, place, flags) for flags in FLAGS] + [
        any(can(port, place, FLAGS[2], None, user) for user in users)]


def truth(port, users):
    four, six = ways(port, PLACES[0], users), ways(port, PLACES[2], users)

    def every(*which):
        return all(any(tries[i] for i in which) for tries in (four, six))

    names = {"IPv4": any(four), "IPv6": any(six)}
    if every(0):
        return "free", names
    if every(0, 1):
        return "free-with-reuseaddr", names
    if every(0, 2) or every(0, 2, 4):
        return "free-with-reuseport", names
    if every(0, 3):
        return "free-with-reuseaddr-reuseport", names
    if any(four + six) or anything(port, [None]):
        return "partly", names
    return "taken", names


def anything(port, users):
    """Whether bind(2) takes PORT in any way at all."""
    return any(can(port, *how) for how in itertools.product(PLACES, FLAGS, DEVICES, users))


def main():
    single = list(itertools.product(PLACES, FLAGS, DEVICES[:2], USERS, STATES))
    # TIME-WAIT minds flags and place only.
    single = [c for c in single if c[4] != "time-wait" or (not c[2] and c[3] == USERS[0])]
    choice = random.Random(7)
    cases = [[case] for case in single] + [choice.sample(single, 2) for _ in range(60)]
    kept, checked, bad = [], 0, 0
    for port, case in enumerate(cases, 20001):
        sockets = [hold(port, *holder) for holder in case]
        kept.append(sockets)
        if None in sockets and all(s is None for s in sockets):
            continue
        users = [holder[3] for holder in case if holder[3] != os.geteuid()]
        said = subprocess.run([SOCKKIT, "ports", "--why", "-f", "jsonl", str(port)],
                              capture_output=True, text=True, check=False).stdout
        last = json.loads(said.splitlines()[-1])
        verdict, names = truth(port, users)
        detail = last["detail"]
        wrong = []
        if last["verdict"] != verdict:
            wrong.append("it is " + verdict)
        for name, usable in names.items():
            if name + " can not" in detail and usable:
                wrong.append(name + " can")
        if "nobody can bind" in detail and anything(port, [None] + users):
            wrong.append("somebody can")
        checked += 1
        bad += bool(wrong)
        if wrong:
            print(case, last["verdict"], detail, wrong)
        for each in sockets:
            for s in each or []:
                s.close()
    print(checked, "checked,", bad, "wrong")
    return bad != 0 or checked < 50


sys.exit(main())
