"""What a command shows on a terminal: screen.py COLUMNS COMMAND... Prints its lines, without colours;
status 1 and the widest line on stderr where one is wider than the terminal."""
import fcntl
import os
import pty
import re
import struct
import sys
import termios
import unicodedata


def width(line):
    """Of the line in terminal columns."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in line)


def run(columns, command):
    """What it writes to a terminal of so many columns, and its status."""
    try:
        leader, follower = pty.openpty()
    except OSError:
        sys.exit(77)
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    pid = os.fork()
    if not pid:
        for fd in 1, 2:
            os.dup2(follower, fd)
        os.environ.pop("COLUMNS", None)
        os.execvp(command[0], command)
    os.close(follower)
    shown = b""
    while True:
        try:
            more = os.read(leader, 65536)
        except OSError:  # EIO: nobody has the other side
            break
        if not more:
            break
        shown += more
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return shown.decode("utf-8", "replace"), status


def main():
    columns = int(sys.argv[1])
    shown, status = run(columns, sys.argv[2:])
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r\n", "\n").splitlines()
    # What a carriage return begins anew has been seen on a line of its own.
    lines = [part for line in lines for part in line.split("\r")]
    print("\n".join(lines))
    widest = max(lines, key=width, default="")
    if width(widest) > columns:
        print(f"{width(widest)} columns: {widest}", file=sys.stderr)
        sys.exit(1)
    if status > 1:
        sys.exit(f"exit status {status}")


main()
