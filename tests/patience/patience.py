"""How long tests wait for what must come: patience.sh decides, and says why."""
import os
import sys
import time

# Seconds for one event.
LIMIT = float(os.environ.get("PATIENCE", 60))


def eventually(there, what="it", look=lambda: time.sleep(0.02)):
    """Waits until THERE() is true; LOOK() takes what news there are, waiting a moment for them.

    WHAT, or what it returns, is said where it never was.
    """
    end = time.monotonic() + LIMIT
    while not there():
        if time.monotonic() > end:
            sys.exit(f"{what() if callable(what) else what} was never seen")
        look()


def rest(seconds):
    """What is slow on purpose waits so; it waits for nothing."""
    time.sleep(seconds)
