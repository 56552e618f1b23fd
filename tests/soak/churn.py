"""Churn of what is no stream that comes back: members of a broadcast, and senders of datagrams.

    churn.py broadcast|udp PORT SECONDS COUNT SEED

COUNT of them come and go within SECONDS. Prints what clients.c prints: who began, who was to get all, the
bytes compared, the wrong ones, and who did not get all.
"""
import collections
import errno
import os
import random
import selectors
import socket
import struct
import sys
import time

PORT, SECONDS, COUNT, SEED = int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
LONGEST = 4096
chance = random.Random(SEED)
noise = chance.randbytes(1 << 16)
selector = selectors.DefaultSelector()
said = collections.Counter()


def pattern(number, turn, size):
    """SIZE bytes that belong to what NUMBER says at its TURN."""
    start = (number * 7919 + turn * 104729) % (len(noise) - LONGEST)
    return noise[start:start + size]


def compare(got, expected):
    """Counts the bytes compared, and those that differ."""
    said["bytes"] += len(got)
    if got != expected:
        said["wrong"] += sum(a != b for a, b in zip(got, expected)) + abs(len(got) - len(expected))


class Member:
    """Says some lines, and hears those of all others: each whole, and in its order."""

    def __init__(self, number):
        self.number, self.turn, self.rest, self.heard = number, 0, b"", {}
        self.way = chance.choices(["stays", "resets", "stalls"], [70, 15, 15])[0]
        self.until = time.monotonic() + chance.uniform(0.2, 6)
        self.deaf_until = time.monotonic() + 1 if self.way == "stalls" else 0
        self.socket = socket.create_connection((f"127.0.0.{1 + number % 100}", PORT))
        self.socket.setblocking(False)
        self.ending = False
        if not self.deaf_until:
            selector.register(self.socket, selectors.EVENT_READ, self)

    def line(self, number, turn):
        size = 1 + (number * 31 + turn * 17) % 400
        return b"%d %d %s\n" % (number, turn, pattern(number, turn, size).hex().encode())

    def hear(self):
        try:
            more = self.socket.recv(1 << 16)
        except BlockingIOError:
            return
        except ConnectionError:
            more = b""
        if not more:
            said["cut"] += not self.ending
            self.leave()
            return
        *lines, self.rest = (self.rest + more).split(b"\n")
        for line in lines:
            words = line.split(b" ")
            try:
                number, turn = int(words[0]), int(words[1])
            except (ValueError, IndexError):
                number, turn = 0, 0
            compare(line + b"\n", self.line(number, turn))
            # Of whoever was there before, all after the first that it hears; nothing twice.
            said["cut"] += number in self.heard and self.heard[number] + 1 != turn
            self.heard[number] = turn

    def go_on(self, now):
        """Returns whether it is still there."""
        if self.socket.fileno() < 0:
            return False
        if self.deaf_until and now > self.deaf_until:
            self.deaf_until = 0
            selector.register(self.socket, selectors.EVENT_READ, self)
        if now > self.until and self.way == "resets":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.leave()
        elif now > self.until and not self.ending:
            self.ending = True
            self.socket.shutdown(socket.SHUT_WR)
        elif not self.ending and chance.random() < 0.005:
            self.turn += 1
            # Small enough for a buffer that is taken from all the time.
            self.socket.send(self.line(self.number, self.turn))
        return True

    def leave(self):
        if not self.deaf_until:
            selector.unregister(self.socket)
        self.socket.close()


class Sender:
    """Sends some datagrams, each when the one before has come back; some are gone by then."""

    def __init__(self, number):
        self.number, self.turn, self.lost_at = number, 0, 0
        self.turns = chance.randint(1, 8)
        self.leaves = chance.random() < 0.2
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((f"127.0.0.{1 + number % 100}", PORT))
        self.socket.setblocking(False)
        selector.register(self.socket, selectors.EVENT_READ, self)
        self.say()

    def data(self):
        return pattern(self.number, self.turn, 1 + (self.number * 61 + self.turn * 977) % LONGEST)

    def say(self):
        self.lost_at = time.monotonic() + 10
        self.socket.send(self.data())

    def hear(self):
        compare(self.socket.recv(1 << 16), self.data())
        self.turn += 1
        if self.turn == self.turns:
            self.leave()
        else:
            self.say()

    def go_on(self, now):
        """Returns whether it is still there."""
        if self.socket.fileno() < 0:
            return False
        if self.leaves and self.turn == self.turns - 1 or now > self.lost_at:
            said["cut"] += now > self.lost_at
            self.leave()
        return True

    def leave(self):
        selector.unregister(self.socket)
        self.socket.close()


def main():
    kind = {"broadcast": Member, "udp": Sender}[sys.argv[1]]
    begin, there, started = time.monotonic(), [], 0
    while started < COUNT or there:
        for key, _ in selector.select(0.02):
            if key.fileobj.fileno() >= 0:
                key.data.hear()
        now = time.monotonic()
        there = [one for one in there if one.go_on(now)]
        while started < COUNT and (now - begin) / SECONDS * COUNT >= started:
            try:
                there.append(kind(started))
            except OSError as error:
                sys.exit(f"{kind.__name__}: {os.strerror(error.errno or errno.EIO)}")
            started += 1
    print(started, started, said["bytes"], said["wrong"], said["cut"])
    sys.exit(1 if said["wrong"] or said["cut"] else 0)


main()
