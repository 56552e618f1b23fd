"""Those around a command that is tortured: each is a context of a directory of the run, and yields
what it has seen, a dict. None is slower than what it waits for, and none outlives its run.
"""
import contextlib
import functools
import os
import socket
import ssl
import struct
import subprocess
import threading
import time

PATIENCE = float(os.environ.get("PATIENCE", 30))
DATA = bytes(range(256)) * 1600
SHORT = DATA[:65536]
OVER = b"\0over"


def serve(handle, port=7001):
    """Accepts, each in its turn; who connected before the command was gone is heard to its end."""
    @contextlib.contextmanager
    def around(_):
        seen = {}
        listener = socket.create_server(("127.0.0.1", port), backlog=64)
        last = socket.socket()
        last.bind(("127.0.0.1", 0))

        def loop():
            while True:
                client, peer = listener.accept()
                with client:
                    if peer == last.getsockname():
                        return
                    client.settimeout(PATIENCE)
                    with contextlib.suppress(OSError):
                        handle(client, seen)

        thread = threading.Thread(target=loop)
        thread.start()
        try:
            yield seen
        finally:
            last.connect(listener.getsockname())
            thread.join()
            last.close()
            listener.close()
    return around


def collect(answer=None, port=7001):
    """Receives datagrams; of each it may have an ANSWER."""
    @contextlib.contextmanager
    def around(_):
        seen = {"datagrams": []}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            receiver.bind(("127.0.0.1", port))

            def loop():
                while True:
                    data, peer = receiver.recvfrom(65536)
                    if data == OVER:
                        return
                    seen["datagrams"].append(data)
                    if answer:
                        receiver.sendto(answer(data), peer)

            thread = threading.Thread(target=loop)
            thread.start()
            try:
                yield seen
            finally:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                    last.sendto(OVER, ("127.0.0.1", port))
                thread.join()
    return around


def repeat(again):
    """Does AGAIN(SEEN) until the command has ended or it says that it is done."""
    @contextlib.contextmanager
    def around(_):
        seen = {}
        done = threading.Event()

        def loop():
            while not again(seen):
                if done.wait(0.002):
                    return

        thread = threading.Thread(target=loop)
        thread.start()
        try:
            yield seen
        finally:
            done.set()
            thread.join()
    return around


def call(talk, port=7002, again=False):
    """Connects to what the command listens on, until it has or the command is gone; AGAIN also where talk failed."""
    def once(seen):
        with socket.socket() as client:
            client.settimeout(PATIENCE)
            try:
                client.connect(("127.0.0.1", port))
            except OSError:
                return False
            try:
                talk(client, seen)
                return True
            except OSError:
                seen["broken"] = True
            return not again
    return repeat(once)


def send(data=b"datagram\n", port=7003):
    """Sends to what the command receives on, until it has ended."""
    def once(_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, contextlib.suppress(OSError):
            sender.connect(("127.0.0.1", port))
            sender.send(data)
        return False
    return repeat(once)


# ---- what is said over a connection: HANDLE(CLIENT, SEEN) ----

def echo(client, _):
    while data := client.recv(65536):
        client.sendall(data)


def swallow(client, seen):
    while data := client.recv(65536):
        seen["got"] = seen.get("got", b"") + data


def greet(client, _):
    client.sendall(b"SSH-2.0-torture\r\n")
    while client.recv(65536):
        pass


def put(client, _):
    client.sendall(DATA)
    client.shutdown(socket.SHUT_WR)
    while client.recv(65536):
        pass


def exchange(client, seen):
    def feed():
        with contextlib.suppress(OSError):
            client.sendall(DATA)
            client.shutdown(socket.SHUT_WR)

    feeder = threading.Thread(target=feed)
    feeder.start()
    got = b""
    try:
        while data := client.recv(65536):
            got += data
    finally:
        feeder.join()
    seen["got"] = got


def lines(client, seen):
    """Says one line, and hears what comes until the end."""
    client.sendall(b"hello\n")
    client.shutdown(socket.SHUT_WR)
    got = b""
    while data := client.recv(65536):
        got += data
    seen["got"] = got


def over_tls(client, seen):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(client) as inside:
        inside.sendall(SHORT)
        got = b""
        while len(got) < len(SHORT) and (data := inside.recv(65536)):
            got += data
        seen["got"] = got
        inside.unwrap()


def read(client, count):
    data = b""
    while len(data) < count:
        piece = client.recv(count - len(data))
        if not piece:
            raise ConnectionError("too short")
        data += piece
    return data


def by_socks(client, seen):
    client.sendall(b"\x05\x01\x00" + b"\x05\x01\x00\x01\x7f\0\0\x01" + struct.pack(">H", 7001))
    if read(client, 12)[:4] != b"\x05\x00\x05\x00":
        raise ConnectionError("refused")
    exchange(client, seen)


def until_blank(client):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += read(client, 1)
    return head


def by_http(client, seen):
    client.sendall(b"CONNECT 127.0.0.1:7001 HTTP/1.1\r\nHost: 127.0.0.1:7001\r\n\r\n")
    if b" 200 " not in until_blank(client).split(b"\r\n")[0]:
        raise ConnectionError("refused")
    exchange(client, seen)


def by_proxy_protocol(client, seen):
    client.sendall(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n")
    exchange(client, seen)


def socks_proxy(client, seen):
    """A proxy that is the target, too."""
    read(client, 3)
    client.sendall(b"\x05\x00")
    read(client, 10)
    client.sendall(b"\x05\x00\x00\x01\x7f\0\0\x01\x1b\x59")
    echo(client, seen)


def http_proxy(client, seen):
    until_blank(client)
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    echo(client, seen)


@functools.cache
def identity(directory):
    """The path of a certificate of 127.0.0.1 with its key."""
    path = f"{directory}/identity.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "7",
                    "-keyout", path, "-out", f"{path}.certificate"], check=True, capture_output=True)
    with open(path, "ab") as both, open(f"{path}.certificate", "rb") as certificate:
        both.write(certificate.read())
    return path


def echo_tls(directory):
    """Serves over TLS what comes back unchanged."""
    def handle(client, seen):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity(directory))
        with context.wrap_socket(client, server_side=True) as inside:
            with contextlib.suppress(ssl.SSLZeroReturnError):
                echo(inside, seen)
            inside.unwrap()
    return handle


# ---- what stands while the command looks ----

@contextlib.contextmanager
def nobody(_):
    yield {}


@contextlib.contextmanager
def sockets(_):
    with contextlib.ExitStack() as stack:
        for port in range(7100, 7110):
            stack.enter_context(socket.create_server(("127.0.0.1", port)))
        yield {}


@contextlib.contextmanager
def pair(_):
    """A connection."""
    with socket.create_server(("127.0.0.1", 7100)) as listener, socket.create_connection(("127.0.0.1", 7100)):
        with listener.accept()[0]:
            yield {}


def process(argv, port):
    """A process that listens on PORT."""
    @contextlib.contextmanager
    def around(_):
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while child.poll() is None:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.002)
            yield {"child": child}
        finally:
            child.kill()
            child.wait()
    return around


@contextlib.contextmanager
def manager(directory):
    """Hears what is notified."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"{directory}/notify")
        seen = {}
        yield seen
        heard.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                seen["notified"] = seen.get("notified", b"") + heard.recv(4096) + b"\n"


def both(*arounds):
    @contextlib.contextmanager
    def around(directory):
        with contextlib.ExitStack() as stack:
            seens = [stack.enter_context(each(directory)) for each in arounds]
            seen = Seen(seens)
            yield seen
    return around


class Seen:
    """What several have seen, as one."""

    def __init__(self, seens):
        self.seens = seens

    def get(self, key, default=None):
        return next((seen[key] for seen in self.seens if key in seen), default)
