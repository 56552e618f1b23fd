"""A name server for tests, at 127.0.0.1 port 53: every name has the address 127.0.0.1, and no other
question (AAAA, PTR) is ever answered."""
import socket
import struct

A = 1
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", 53))
print("ready", flush=True)
while True:
    query, peer = sock.recvfrom(512)
    end = query.index(b"\0", 12) + 5
    if struct.unpack("!H", query[end - 4 : end - 2])[0] != A:
        continue
    header = query[:2] + struct.pack("!5H", 0x8180, 1, 1, 0, 0)
    answer = struct.pack("!HHHIH", 0xC00C, A, 1, 60, 4) + socket.inet_aton("127.0.0.1")
    sock.sendto(header + query[12:end] + answer, peer)
