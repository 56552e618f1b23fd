"""Sends SIGTERM to a command at 100 moments of its first millisecond with handlers. Arguments:
the command. Prints how it ended where it did not die of the signal."""
import os
import signal
import subprocess
import sys

from patience import LIMIT, eventually

TRIES, TURNS = 100, 150  # turns of an empty loop: some microseconds


def catches(process):
    """Whether it is the program already, and catches SIGTERM."""
    with open(f"/proc/{process.pid}/status", encoding="ascii", errors="replace") as status:
        caught = next(line for line in status if line.startswith("SigCgt"))
    return int(caught.split()[1], 16) >> signal.SIGTERM - 1 & 1


def main():
    kept = os.pipe()
    for i in range(TRIES):
        with subprocess.Popen(sys.argv[1:], stdin=kept[0], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            eventually(lambda: catches(process), "a handler", lambda: None)
            for _ in range(i * TURNS):
                pass
            process.send_signal(signal.SIGTERM)
            try:
                status = process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                status = "never"
        if status != -signal.SIGTERM:
            sys.exit(f"after {i * TURNS} turns: {status}")


main()
