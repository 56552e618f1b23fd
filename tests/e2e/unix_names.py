"""Listens at unix sockets of any names until its stdin ends: unix_names.py COMM NAME... A NAME that begins
with @ is abstract; what else there is, is a path. The process is called COMM (prctl(2))."""
import ctypes
import socket
import sys

PR_SET_NAME = 15


def main():
    comm, *names = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_NAME, comm.encode("utf-8", "surrogateescape"), 0, 0, 0)
    listening = []
    for name in names:
        listening.append(socket.socket(socket.AF_UNIX))
        listening[-1].bind("\0" + name[1:] if name[0] == "@" else name)
        listening[-1].listen(1)
    print("ready", flush=True)
    sys.stdin.read()


main()
