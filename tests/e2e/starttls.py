"""Servers that begin in the clear: starttls.py CERT KEY says `PROTOCOL PORT` for each, then `ready`.

Each speaks its protocol as far as the agreement to TLS, then TLS, and says `hello` inside of it.
"""
import socket
import ssl
import sys
import threading

XMPP = b"<?xml version='1.0'?><stream:stream id='1' version='1.0'><stream:features>" \
    b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"
MYSQL = b"\x0a8.0.30\0\1\0\0\0abcdefgh\0\xff\xff\x21\2\0\xff\xdf\x15" + 10 * b"\0" + 13 * b"a"
OID = b"1.3.6.1.4.1.1466.20037"

# What the server says, and what must have come before each of it but the first.
TALKS = {
    "smtp": [b"220-a\r\n220 b ESMTP\r\n", b"EHLO localhost\r\n", b"250-a\r\n250-STARTTLS\r\n250 HELP\r\n",
             b"STARTTLS\r\n", b"220 go ahead\r\n"],
    "imap": [b"* OK hello\r\n", b"a STARTTLS\r\n", b"* CAPABILITY x\r\na OK begin\r\n"],
    "pop3": [b"+OK hello\r\n", b"STLS\r\n", b"+OK\r\n"],
    "ftp": [b"220-a\r\n b\r\n220 c\r\n", b"AUTH TLS\r\n", b"234 go\r\n"],
    "nntp": [b"200 hello\r\n", b"STARTTLS\r\n", b"382 go\r\n"],
    "ldap": [b"", b"\x30\x1d\2\1\1\x77\x18\x80\x16" + OID,
             b"\x30\x24\2\1\1\x78\x1f\x0a\1\0\4\0\4\0\x8a\x16" + OID],
    "xmpp": [b"", b"to='localhost'>", XMPP, b"xmpp-tls'/>", b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"],
    "postgres": [b"", b"\0\0\0\x08\x04\xd2\x16\x2f", b"S"],
    "mysql": [len(MYSQL).to_bytes(3, "little") + b"\0" + MYSQL, 23 * b"\0", b""],
    "refusing": [b"220 a\r\n", b"EHLO localhost\r\n", b"250 nothing\r\n"],
}


def talk(connection, words, context):
    with connection:
        connection.sendall(words[0])
        for asked, answer in zip(words[1::2], words[2::2]):
            heard = b""
            while not heard.endswith(asked):
                more = connection.recv(1)
                if not more:
                    return
                heard += more
            connection.sendall(answer)
        try:
            with context.wrap_socket(connection, server_side=True) as inside:
                inside.sendall(b"hello\r\n")
                inside.recv(1)
        except OSError:
            pass


def serve(listener, words, context):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=talk, args=(connection, words, context), daemon=True).start()


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    for name, words in TALKS.items():
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=serve, args=(listener, words, context), daemon=True).start()
        print(name, listener.getsockname()[1])
    print("ready", flush=True)
    sys.stdin.read()


main()
