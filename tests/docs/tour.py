"""Takes the tour: tour.py PAGE types what the page says into real terminals, and looks for what it
shows there. So it does with the session of README.md, the blocks fenced with ```shell-session, where
`$ COMMAND` is typed into the only terminal.

In its blocks `1$ COMMAND` is typed into the first terminal and a line in bold into the one that was
typed into last; every other line is what appears there, up to blanks and to numbers that the kernel
chooses. In the source `.\\" key 2 ^D` is a key that the text tells to press in the second one,
`.\\" ended 2` that what ran there ends, and `.\\" in 1` that the lines below it appear in the first. `--show` prints what appeared. The
status is 77 where there are no terminals.
"""
import codecs
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios

from patience import eventually

PROMPT = "tour> "
KEYS = {"^C": "\x03", "^D": "\x04", "^Z": "\x1a"}
PORTS = range(7000, 7100)  # those that the page chooses


class Terminal:
    """A shell on a terminal of 80 columns."""

    def __init__(self):
        try:
            pid, self.fd = pty.fork()
        except OSError:
            sys.exit(77)
        if not pid:
            os.environ.update(PS1=PROMPT, TERM="dumb")
            os.environ.pop("COLUMNS", None)
            os.execvp("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"])
        os.set_inheritable(self.fd, False)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.text = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a read may end within a character
        self.asked = 0  # where the last command was typed
        self.command = ""
        self.seen = 0  # what is in front of it has been looked at

    def read(self):
        try:
            self.text += self.decoder.decode(os.read(self.fd, 65536))
        except OSError:  # EIO
            sys.exit(f"the shell has ended: {self.text!r}")

    def type(self, text):
        os.write(self.fd, text.encode())


def plain(line):
    """A line as it is compared."""
    line = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line).rstrip().rsplit("\r", 1)[-1]
    line = re.sub(r"\b\d+(\.\d+)?(us|ms|s)\b", "#", line)
    line = re.sub(r"^\[(\d)\] \d+$", r"[\1] #", line)
    line = re.sub(r"(?<=\w)\[\d+\](:\d+)?", "[#]", line)
    line = re.sub(r"\b\d{4,}\b", lambda m: m[0] if int(m[0]) in PORTS else "#", line)
    return " ".join(line.split())


def unroff(line):
    """What a line of the source looks like."""
    for escape, char in (r"\-", "-"), (r"\(aq", "'"), (r"\(dq", '"'), (r"\&", ""), (r"\e", "\\"), (r"\[u2026]", "…"):
        line = line.replace(escape, char)
    return line


def steps(page):
    """(number of the line, what, terminal or None, text) of the blocks of a page; "see" has many texts."""
    inside, shown, fence = False, [], "```"
    with open(page, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n")
            if line == (fence if inside else "```shell-session"):
                line = ".EE" if inside else ".EX"
            elif page.endswith(".md"):
                line = re.sub(r"^\$ ", "1$ ", line)
            if shown and (line.startswith(".") or re.match(r"\d\$ |\\fB", line)):
                yield number - 1, "see", None, shown
                shown = []
            if line in (".EX", ".EE"):
                inside = line == ".EX"
            elif not inside:
                continue
            elif match := re.fullmatch(r'\.\\" key (\d) (\^.)', line):
                yield number, "key", int(match[1]), match[2]
            elif match := re.fullmatch(r'\.\\" (in|ended) (\d)', line):
                yield number, match[1], int(match[2]), ""
            elif match := re.fullmatch(r"(\d)\$ (.*)", line):
                yield number, "command", int(match[1]), unroff(match[2])
            elif match := re.fullmatch(r"\\fB(.*)\\fR", line):
                yield number, "type", None, unroff(match[1])
            elif line.startswith("."):
                sys.exit(f"{page}:{number}: what is this? {line}")
            else:
                shown.append(unroff(line))


class Tour:
    """The terminals, of which one is looked at."""

    def __init__(self):
        self.terminals = {}
        self.current = None

    def look(self):
        """Takes what the terminals show, waiting a moment for it."""
        ready = select.select([t.fd for t in self.terminals.values()], [], [], 0.05)[0]
        for terminal in self.terminals.values():
            if terminal.fd in ready:
                terminal.read()

    def turn_to(self, number):
        if number not in self.terminals:
            self.terminals[number] = Terminal()
        self.current = self.terminals[number]

    def await_prompt(self):
        t = self.current
        eventually(lambda: PROMPT in t.text[t.asked :], lambda: f"the prompt behind {t.text!r}", self.look)

    def command(self, text):
        t = self.current
        self.await_prompt()
        t.asked = t.seen = len(t.text)
        t.command = text
        t.type(text + "\n")

    def see(self, texts):
        """Waits for lines behind those that were seen before; the kernel decides in which order."""
        t = self.current

        def missing():
            wanted, at, end = [plain(text) for text in texts], t.seen, t.seen
            for line in t.text[at:].splitlines(keepends=True):
                at += len(line)
                # A job in the background writes behind the prompt.
                for shown in plain(line), plain(line.removeprefix(PROMPT)):
                    if line.endswith("\n") and shown in wanted:
                        wanted.remove(shown)
                        end = at
                        break
            if not wanted:
                t.seen = end
            elif re.match(r"sockkit (sockets|ports) (?!.*--follow)", t.command) and PROMPT in t.text[t.asked :]:
                self.command(t.command)  # looks again, as people do who were too quick
            return wanted

        eventually(lambda: not missing(), lambda: f"{missing()} in {t.text[t.seen :]!r}", self.look)

    def take(self, what, number, text):
        if number:
            self.turn_to(number)
        if what == "ended":
            self.await_prompt()
        elif what == "command":
            self.command(text)
        elif what == "type":
            self.current.seen = len(self.current.text)
            self.current.type(text + "\n")
            self.see([text])
        elif what == "key":
            self.current.type(KEYS[text])
        elif what == "see":
            self.see(text)


def main():
    show = sys.argv[1] == "--show"
    tour = Tour()
    number = 0
    try:
        for number, *step in steps(sys.argv[-1]):
            if show and step[0] == "see":
                continue
            tour.take(*step)
            for _ in range(10 if show else 0):
                tour.look()
    except SystemExit as wrong:
        if wrong.code == 77:
            raise
        for which, terminal in sorted(tour.terminals.items()):
            print(f"=== {which}\n" + terminal.text.replace("\r", ""), file=sys.stderr)
        sys.exit(f"{sys.argv[-1]}:{number}: {wrong}")
    if show:
        for number, terminal in sorted(tour.terminals.items()):
            print(f"=== {number}\n" + terminal.text.replace("\r", ""))


main()
