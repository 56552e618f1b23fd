"""A server that comes and goes, for tests: restarting.py STEP... Each step is one of

    take=N     accepts, says "hello", takes N bytes and ends in order
    all        the same until the other side has ended
    unread     accepts, waits until bytes have come, and resets the connection without reading them
    deaf=FIFO  accepts with a small buffer, reads nothing until the fifo has a writer, and resets
    quit       accepts, takes nothing, and ends in order
    away=FIFO  nobody listens until somebody writes to the fifo

Prints its port after "ready", and after each connection what it took, as a line of Python; bytes beyond
100 go to the file taken.N of the connection, counted from 0.
"""
import select
import socket
import struct
import sys


def listen(port):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen(5)
    return server


def take(client, most):
    client.sendall(b"hello\n")
    taken = b""
    while len(taken) < most:
        some = client.recv(min(65536, most - len(taken)))
        if not some:
            break
        taken += some
    return taken


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


server = listen(0)
port = server.getsockname()[1]
print(port, "ready", flush=True)
number = 0
for step in sys.argv[1:]:
    name, _, value = step.partition("=")
    if name == "away":
        server.close()
        open(value).read()
        server = listen(port)
        continue
    if name == "deaf":
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client, _ = server.accept()
    taken = b""
    if name == "take":
        taken = take(client, int(value))
    elif name == "all":
        taken = take(client, 1 << 40)
    elif name == "unread":
        select.select([client], [], [])
        reset(client)
    elif name == "deaf":
        open(value).read()
        reset(client)
    client.close()
    if len(taken) > 100:
        with open(f"taken.{number}", "wb") as file:
            file.write(taken)
    print(number, taken if len(taken) <= 100 else len(taken), flush=True)
    number += 1
