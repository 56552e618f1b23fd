"""Ports that talk: services.py PORT:HOW...; prints `ready` once all listen."""
import os
import socket
import ssl
import struct
import sys
import threading
from patience import rest

TMP = os.environ["BATS_TEST_TMPDIR"]
INFO = b"# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nos:Linux 6\r\n"
PAGES = {
    ("docker", b"/"): b"HTTP/1.0 404 Not Found\r\nApi-Version: 1.45\r\n\r\n{}",
    ("docker", b"/version"): b'HTTP/1.0 200 OK\r\n\r\n{"Version":"26.1.5","MinAPIVersion":"1.24"}',
    ("prometheus", b"/"): b"HTTP/1.0 302 Found\r\nLocation: /graph\r\n\r\n",
    ("prometheus", b"/metrics"): b"HTTP/1.0 200 OK\r\n\r\n" + b"go_gc 1\n" * 9000
    + b'prometheus_build_info{goversion="go1.19",version="2.42.0"} 1\n',
}


def line(client):
    data = b""
    while not data.endswith(b"\n"):
        byte = client.recv(1)
        if not byte:
            break
        data += byte
    return data


def wait(client):
    while client.recv(4096):
        pass


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def talk(client, how):
    if how in ("docker", "prometheus"):
        words = line(client).split(b" ")
        if words[0] == b"GET":
            client.sendall(PAGES.get((how, words[1]), b"HTTP/1.0 404 Not Found\r\n\r\n"))
    elif how == "redis":
        if line(client) == b"INFO server\r\n":
            client.sendall(b"$%d\r\n%s\r\n" % (len(INFO), INFO))
            wait(client)
    elif how == "ssh":
        client.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
        wait(client)
    elif how == "imap":
        client.sendall(b"* OK [CAPABILITY IMAP4rev1] Dovecot (Debian) ready.\r\n")
        wait(client)
    elif how == "smtp":
        client.sendall(b"220-there ESMTP Exim 4.96 today\r\n220 ready\r\n")
        wait(client)
    elif how == "plain":
        if b"GET" in line(client):
            client.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
    elif how == "silent":
        wait(client)
    elif how == "reset":
        reset(client)
    elif how == "endless":
        while True:
            client.sendall(b"y" * 65536)
    elif how == "drip":
        while True:
            client.sendall(b"x")
            rest(0.05)
    elif how == "echo":
        while data := client.recv(4096):
            client.sendall(data)
    elif how == "garbage":
        client.sendall(bytes(range(128, 256)) * 20)
        wait(client)
    elif how == "controls":
        client.sendall(b"SSH-2.0-\x1b]0;evil\x07_1\x1b[2J\r\n")
        wait(client)
    elif how == "broken":
        line(client)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        reset(client)
    elif how == "header":
        line(client)
        client.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            client.sendall(b"X: " + b"y" * 1000 + b"\r\n")
    elif how == "late":
        rest(4)
        client.sendall(b"SSH-2.0-late_1\r\n")
        wait(client)
    elif how == "bomb":
        line(client)
        client.sendall(b"HTTP/1.1 302 Found\r\nLocation: /graph\r\nContent-Length: 0\r\n\r\n")
    elif how == "log":
        open(f"{TMP}/accepted", "ab").close()
        with open(f"{TMP}/asked", "ab", buffering=0) as log:
            while data := client.recv(4096):
                log.write(data)
                client.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")


def serve(client, how):
    with client:
        try:
            if how.startswith("tls-"):
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(f"{TMP}/tls.pem")
                client = context.wrap_socket(client, server_side=True)
                how = how[4:]
            talk(client, how)
        except OSError:
            pass


def accept(server, how):
    while True:
        threading.Thread(target=serve, args=(server.accept()[0], how), daemon=True).start()


def answer(server):
    question = b"\x07version\x04bind\x00\x00\x10\x00\x03"
    while True:
        data, sender = server.recvfrom(4096)
        if question in data:
            server.sendto(data[:2] + b"\x85\0\0\1\0\1\0\0\0\0" + question
                          + b"\xc0\x0c\0\x10\0\3\0\0\0\0\0\x0d\x0cdnsmasq-2.89", sender)


for arg in sys.argv[1:]:
    port, how = arg.split(":")
    if how == "dns":
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", int(port)))
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        continue
    server = socket.create_server(("127.0.0.1", int(port)), backlog=64)
    threading.Thread(target=accept, args=(server, how), daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
