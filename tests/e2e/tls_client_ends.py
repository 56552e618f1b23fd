"""A client of TLS that ends in one way: tls_client_ends.py PORT END [TEXT].

It says TEXT, and END: `notify` ends with close_notify and reads to the end, `cut` closes without one,
`middle` closes in the middle of a record, `reset` says nothing and resets, `early` closes in the handshake, `unread` ends
in order and closes without having read. What it got is written to stdout.
"""
import socket
import ssl
import struct
import sys

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
session = context.wrap_bio(incoming, outgoing)
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
end = sys.argv[2]


def more():
    data = connection.recv(65536)
    if data:
        incoming.write(data)
    else:
        incoming.write_eof()


def shake():
    while True:
        try:
            session.do_handshake()
            break
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            if end == "early":
                connection.close()
                sys.exit()
            more()
    connection.sendall(outgoing.read())


def read_to_the_end():
    while True:
        try:
            data = session.read(65536)
            if not data:
                return
            sys.stdout.write(data.decode())
        except ssl.SSLWantReadError:
            more()
        except ssl.SSLZeroReturnError:
            print("closed")
            return
        except ssl.SSLEOFError:
            print("cut")
            return


def unwrap():
    try:
        session.unwrap()
    except ssl.SSLWantReadError:
        pass
    connection.sendall(outgoing.read())


shake()
if len(sys.argv) > 3 and end != "reset":
    session.write(sys.argv[3].encode())
    connection.sendall(outgoing.read())
if end == "middle":
    session.write(b"never whole")
    connection.sendall(outgoing.read()[:-5])
elif end == "reset":
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
elif end in ("notify", "unread"):
    unwrap()
    if end == "notify":
        read_to_the_end()
connection.close()
