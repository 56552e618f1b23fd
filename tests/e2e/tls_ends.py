"""A server of TLS whose sessions end in one way: tls_ends.py CERT KEY END says its port, then `ready`.

It says `hello`, and END: `notify` ends with close_notify, `cut` closes without one, `middle` closes in
the middle of a record, `reset` resets; `echo` gives back what it gets until that has ended, and then
ends in order, having said how much that was on its stdout.
"""
import socket
import ssl
import struct
import sys


def end_session(connection, session, outgoing, end):
    session.write(b"hello\n")
    connection.sendall(outgoing.read())
    if end == "notify":
        try:
            session.unwrap()
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
    elif end == "middle":
        session.write(b"never whole")
        connection.sendall(outgoing.read()[:-5])
    elif end == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def shake(connection, session, incoming, outgoing):
    while True:
        try:
            session.do_handshake()
            break
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            incoming.write(connection.recv(65536))
    connection.sendall(outgoing.read())


def echo(connection, context):
    total = 0
    with context.wrap_socket(connection, server_side=True) as inside:
        while True:
            piece = inside.recv(65536)
            if not piece:
                break
            total += len(piece)
            inside.sendall(piece)
        print("heard", total, flush=True)
        inside.unwrap()


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1])
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        try:
            if sys.argv[3] == "echo":
                echo(connection, context)
                continue
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            session = context.wrap_bio(incoming, outgoing, server_side=True)
            shake(connection, session, incoming, outgoing)
            end_session(connection, session, outgoing, sys.argv[3])
            connection.close()
        except OSError:
            connection.close()


main()
