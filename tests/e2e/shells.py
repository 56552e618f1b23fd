"""Somebody at a terminal types lines with tabs into a shell: shells.py SHELL COMPLETIONS SOCKKIT LINE...
Prints a line of JSON for each: the words that sockkit was then run with, and what was on the screen meanwhile.

In place of sockkit stands a program that hands --complete to SOCKKIT and keeps its words otherwise."""
import fcntl
import json
import os
import pty
import select
import struct
import sys
import tempfile
import termios

from patience import eventually

READY = b"<ready>"

SETUP = {
    # What bash-completion would do is not needed, and neither is that all variables are set.
    "bash": ("rc", "set -u\nPS1='<re''ady>'\nbind 'set bell-style none' 'set enable-bracketed-paste off'\n"
             "bind 'set page-completions off' 'set completion-query-items 0'\nsource {completions}/sockkit.bash\n",
             ["bash", "--noprofile", "--rcfile", "{home}/rc", "-i"]),
    "zsh": (".zshrc", "PS1='<re''ady>' RPS1= PROMPT_SP=\nunsetopt prompt_sp beep; unset zle_bracketed_paste\n"
            "LISTMAX=10000\nfpath=({completions} $fpath)\nautoload -U compinit\ncompinit -u -D\n",
            ["zsh", "-d", "-i"]),
    "fish": ("config.fish", "function fish_prompt; printf '<re%s' 'ady>'; end\nset -g fish_autosuggestion_enabled 0\n"
             "set -g fish_greeting\nsource {completions}/sockkit.fish\n",
             ["fish", "--no-config", "-C", "source {home}/config.fish", "-i"]),
}

STAND_IN = """#!/bin/sh
[ "$1" = --complete ] && exec {sockkit} "$@"
printf '%s\\0' "$@" >{home}/words
printf '<r%s' 'an>' >&2
"""


class Terminal:
    def __init__(self, argv, env):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.execvpe(argv[0], argv, env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self.seen = self.unanswered = b""

    def type(self, text):
        os.write(self.fd, text.encode())

    def read(self):
        """What there is to read, if something comes in a moment."""
        if not select.select([self.fd], [], [], 0.1)[0]:
            return
        try:
            more = os.read(self.fd, 65536)
        except OSError:  # EIO: nobody has the other side
            more = b""
        if not more:
            raise EOFError(self.seen)
        # What terminals are asked for who they are; a read may end within the question.
        self.unanswered += more
        if b"\x1b[c" in self.unanswered or b"\x1b[0c" in self.unanswered:
            os.write(self.fd, b"\x1b[?62;c")
            self.unanswered = b""
        self.unanswered = self.unanswered[-3:]
        self.seen += more

    def wait_for(self, text):
        eventually(lambda: text in self.seen, lambda: f"{text!r} in {self.seen!r}", self.read)
        before, _, self.seen = self.seen.partition(text)
        return before


def type_lines(shell, completions, sockkit, lines, home):
    name, setup, argv = SETUP[shell]
    names = {"completions": completions, "home": home, "sockkit": sockkit}
    with open(os.path.join(home, name), "w") as file:
        file.write(setup.replace("{completions}", completions))
    with open(os.path.join(home, "sockkit"), "w") as file:
        file.write(STAND_IN.format(**names))
    os.chmod(os.path.join(home, "sockkit"), 0o755)
    env = dict(os.environ, HOME=home, ZDOTDIR=home, XDG_CONFIG_HOME=home, XDG_DATA_HOME=home, TERM="xterm",
               PATH=home + ":" + os.environ["PATH"])
    terminal = Terminal([word.format(**names) for word in argv], env)
    words = os.path.join(home, "words")
    terminal.wait_for(READY)
    for line in lines:
        terminal.type(line + "\r")
        # The prompt is there again below a list, too.
        shown = terminal.wait_for(b"<ran>")
        terminal.wait_for(READY)
        with open(words, "rb") as file:
            argv = [word.decode("utf-8", "surrogateescape") for word in file.read().split(b"\0")[:-1]]
        print(json.dumps({"words": argv, "shown": shown.decode("utf-8", "surrogateescape")}))
    terminal.type("exit\r")
    try:
        terminal.wait_for(b"<never>")
    except EOFError:
        pass
    os.waitpid(terminal.pid, 0)


def main():
    shell, completions, sockkit, *lines = sys.argv[1:]
    with tempfile.TemporaryDirectory() as home:
        type_lines(shell, completions, sockkit, lines, home)


main()
