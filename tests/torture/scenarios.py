"""The ordinary runs that are tortured. A new mode gets a line here."""
import contextlib
import json
import os
import subprocess

from around import (DATA, SHORT, both, by_http, by_proxy_protocol, by_socks, call, collect, echo, echo_tls, exchange,
                    greet, http_proxy, lines, manager, nobody, over_tls, pair, process, put, send, serve, socks_proxy,
                    sockets, swallow)
from faults import SOCKKIT


class Scenario:
    """ARGV in AROUND with STDIN; SCRATCH in it is a directory of the run's own, with FILES.

    whole(RUN, GOOD) says whether RUN has done everything that GOOD, an undisturbed run, did. TELLS: what it could not see
    may also be said on stderr, as of processes and names. ANSWERS: errors that are no faults here, but what is asked for.
    """

    def __init__(self, argv, around=nobody, stdin=b"", whole=lambda run, good: run.out == good.out, tells=False,
                 files=None, environment=None, answers=()):
        self.argv, self.around, self.stdin, self.whole, self.tells = argv.split(), around, stdin, whole, tells
        self.files, self.environment, self.answers = files or {}, environment or {}, answers

    def document(self):
        """"json", "jsonl" or None: what the output has to be."""
        for form in ("json", "jsonl"):
            if f"-f {form} " in " ".join(self.argv) + " ":
                return form
        return None


def rows_of(run):
    """The rows of a document in JSON or in lines of JSON; None: it is none."""
    try:
        text = run.out.decode()
        rows = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
    except ValueError:
        return None
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def same_rows(run, good):
    return rows_of(run) is not None and rows_of(run) == rows_of(good)


def any_rows(run, _):
    return bool(rows_of(run))


def events(run, good):
    """As many rows as in an undisturbed run, at least; their order and times are their own."""
    return rows_of(run) is not None and len(rows_of(run)) >= len(rows_of(good))


def got(data):
    return lambda run, _: run.seen.get("got", b"") == data


def got_all_or_knows(run, good):
    """A server of many ends with 0: its client has everything, or has seen that it has not."""
    return bool(run.seen.get("broken")) or got(DATA)(run, good)


def echoed(run, _):
    return run.out == DATA


def sent(data, count=None):
    return lambda run, _: b"".join(run.seen.get("datagrams")) == data if data else len(run.seen.get("datagrams")) == count


def done(_run, _good):
    return True


def says(text):
    return lambda run, _: text in run.out


REFUSED = ("ECONNREFUSED", "EAFNOSUPPORT")
ROWS = "-f json -c port,state,reason -p 7100-7112 127.0.0.1"
CLIENT = "connect 127.0.0.1 7001"
SERVER = "127.0.0.1:7002"
SLEEPER = ["python3", "-c", "import signal, socket\ns = socket.create_server(('127.0.0.1', 7100))\nsignal.pause()"]


def recorded(directory):
    """A recording in DIRECTORY, made once."""
    @contextlib.contextmanager
    def around(scratch):
        if not os.path.exists(f"{directory}/recorded"):
            with sockets(scratch):
                subprocess.run([SOCKKIT, "sockets", "-t", f"--record={directory}/recorded", "--timeout=50ms", "--interval=20ms"], check=True)
        yield {}
    return around


def front(*, talk):
    """A client in front of what the command listens on, and an echo behind it."""
    return both(call(talk), serve(echo))


def scenarios(directory):
    """By names. DIRECTORY is for what is made once for all."""
    both_ends = echo_tls(directory)
    return {
        # sockets
        "sockets": Scenario("sockets -tl -f json -c local_address,local_port,state", sockets, whole=same_rows),
        "sockets-proc": Scenario("sockets -tl -f json -c local_port,pid --owners=proc", sockets, whole=same_rows, tells=True),
        "sockets-bpf": Scenario("sockets -tl -f json -c local_port,pid", sockets, whole=same_rows, tells=True),
        "sockets-all": Scenario("sockets -f json -c proto,local_port,state -t -u -w", sockets, whole=same_rows),
        "sockets-table": Scenario("sockets -tlei", sockets, whole=lambda run, good: len(run.out.splitlines()) == len(good.out.splitlines()), tells=True),
        "sockets-files": Scenario("sockets -tl --source=proc -f json -c local_port,state", sockets, whole=same_rows),
        "sockets-every": Scenario("sockets -A all -f jsonl -c proto,state sport=7100-7109", sockets, whole=same_rows),
        "summary": Scenario("sockets -s -t -f json", sockets, whole=same_rows),
        "groups": Scenario("sockets --group-by=state -t -f json", sockets, whole=same_rows),
        "metrics": Scenario("sockets -tl --group-by=state -f openmetrics", sockets, tells=True),
        "netns": Scenario("sockets -tl -N all -f json -c local_port sport=7100-7109", sockets, whole=same_rows, tells=True),
        "follow": Scenario("sockets --follow --timeout=60ms -tl -f jsonl -c event,local_port,state", sockets, whole=events, tells=True),
        "drops": Scenario("sockets --drops=30ms -f json -c reason,count", nobody, whole=same_rows, tells=True),
        "rates": Scenario("sockets --rates=30ms -t -f json -c state", pair, whole=same_rows, tells=True),
        "why-slow": Scenario("sockets --why -t -f json -c state,verdict", pair, whole=same_rows, tells=True),
        "kill-sockets": Scenario("sockets -K -f json -c local_port,result sport=7100 state established", pair, whole=same_rows),
        "record": Scenario("sockets -t --record=SCRATCH/recorded --interval=20ms --timeout=50ms", sockets, whole=done, tells=True),
        "replay": Scenario(f"sockets --replay={directory}/recorded -t -f json -c local_port,state", recorded(directory), whole=same_rows, tells=True),
        # ports
        "ports": Scenario("ports -f json -c port,proto,address", sockets, whole=same_rows),
        "ports-tree": Scenario("ports --tree -f json -c port,proto", sockets, whole=same_rows, tells=True),
        "ports-metrics": Scenario("ports -f openmetrics", sockets, tells=True),
        "registry": Scenario("ports --registry -f csv 22 80 443", tells=True),
        "why": Scenario("ports --why 7100", sockets, whole=lambda run, good: bool(run.out)),
        "free": Scenario("ports --free=2 -f json", whole=any_rows),
        "hold": Scenario("ports --free=1 --hold -- echo held", whole=says(b"held\n")),
        "wait": Scenario("ports --wait=5s 7100", sockets),
        "wait-closed": Scenario("ports --wait-closed=5s 7120", sockets),
        "kill": Scenario("ports --kill -f json -c port,action 7100", process(SLEEPER, 7100),
                         whole=lambda run, good: same_rows(run, good) and run.seen["child"].poll() is not None),
        # connect
        "connect": Scenario(CLIENT, serve(echo), DATA, echoed),
        "connect-name": Scenario("connect localhost 7001", serve(echo), DATA, echoed),
        "connect-exec": Scenario("connect --exec=cat 127.0.0.1 7001", serve(exchange), whole=got(DATA)),
        "connect-record": Scenario("connect --record=SCRATCH/record 127.0.0.1 7001", serve(echo), DATA, echoed),
        "connect-rate": Scenario("connect --rate=50MB --progress 127.0.0.1 7001", serve(echo), DATA, echoed),
        "connect-hex": Scenario("connect --dump=hex --crlf 127.0.0.1 7001", serve(echo), b"one\ntwo\n", whole=says(b"one\r\ntwo\r\n")),
        "send-only": Scenario("connect --send-only 127.0.0.1 7001", serve(swallow), DATA, got(DATA)),
        "probe": Scenario("connect -z -f json 127.0.0.1 7001", serve(echo), whole=says(b'"state":"open"'), answers=REFUSED),
        "probe-often": Scenario("connect -z --count=3 --interval=5ms -f json -c seq,state 127.0.0.1 7001", serve(echo), whole=same_rows, answers=REFUSED),
        "probe-udp": Scenario("connect -z -u -f json -c port,state,reason 127.0.0.1 7001", collect(lambda data: data), whole=same_rows, answers=REFUSED),
        "timing": Scenario("connect --timing -c port,state 127.0.0.1 7001", serve(greet), b"hello\n", whole=lambda run, _: "7001  open" in run.err),
        "connect-tls": Scenario("connect --tls --insecure 127.0.0.1 7001", serve(both_ends), SHORT, lambda run, _: run.out == SHORT),
        "connect-socks": Scenario("connect --proxy=socks5://127.0.0.1:7001 192.0.2.1 80", serve(socks_proxy), DATA, echoed),
        "connect-http": Scenario("connect --proxy=http://127.0.0.1:7001 192.0.2.1 80", serve(http_proxy), DATA, echoed),
        # listen
        "listen": Scenario(f"listen {SERVER}", call(put), whole=echoed),
        "listen-echo": Scenario(f"listen --echo {SERVER}", call(exchange), whole=got(DATA)),
        "listen-exec": Scenario(f"listen --exec=cat {SERVER}", call(exchange), whole=got(DATA)),
        "listen-record": Scenario(f"listen --echo --record=SCRATCH {SERVER}", call(exchange), whole=got(DATA)),
        "broadcast": Scenario(f"listen -k --broadcast --exit-idle=30ms {SERVER}", call(lines), whole=done),
        "forward": Scenario(f"listen --forward=127.0.0.1:7001 {SERVER}", front(talk=exchange), whole=got(DATA)),
        "balance": Scenario(f"listen --forward=127.0.0.1:7001 --forward=127.0.0.1:7009 --balance=leastconn --check=50ms {SERVER}", front(talk=exchange), whole=got(DATA)),
        "listen-tls": Scenario(f"listen --tls --echo {SERVER}", call(over_tls, again=True), whole=got(SHORT)),
        "forward-tls": Scenario(f"listen --forward=127.0.0.1:7001 --forward-tls --insecure {SERVER}", both(call(exchange), serve(both_ends)), whole=got(DATA)),
        "proxy-protocol": Scenario(f"listen --proxy-protocol --echo {SERVER}", call(by_proxy_protocol, again=True), whole=got(DATA)),
        "socks": Scenario(f"listen --socks --exit-idle=50ms --allow-target=127.0.0.1 {SERVER}", front(talk=by_socks), whole=got_all_or_knows),
        "http-proxy": Scenario(f"listen --http-proxy --exit-idle=50ms --allow-target=127.0.0.1 {SERVER}", front(talk=by_http), whole=got_all_or_knows),
        "notify": Scenario(f"listen --echo {SERVER}", both(call(exchange), manager), environment={"NOTIFY_SOCKET": "SCRATCH/notify"},
                           whole=lambda run, good: got(DATA)(run, good) and (b"READY=1" in run.seen.get("notified", b"") or "READY" in run.err or "NOTIFY" in run.err)),
        # scan
        "scan": Scenario(f"scan {ROWS}", sockets, whole=same_rows, answers=REFUSED),
        "scan-connect": Scenario(f"scan --method=connect {ROWS}", sockets, whole=same_rows, answers=REFUSED),
        "scan-syn": Scenario(f"scan --method=syn {ROWS}", sockets, whole=same_rows, answers=REFUSED),
        "scan-udp": Scenario(f"scan --method=udp {ROWS}", sockets, whole=same_rows, answers=REFUSED),
        "scan-banner": Scenario("scan --banner -f json -c port,state,reason,banner -p 7001-7003 127.0.0.1", serve(greet), whole=lambda run, good: same_rows(run, good) or " gave a greeting" in run.err, answers=REFUSED),
        "scan-service": Scenario("scan --service -f json -c port,state,service -p 7001-7003 127.0.0.1", serve(greet), whole=same_rows, answers=REFUSED),
        "scan-up": Scenario("scan --up -f json -c state 127.0.0.1", whole=same_rows, answers=REFUSED),
        "scan-xml": Scenario("scan -f grepable -p 7100-7103 127.0.0.1", sockets, whole=lambda run, _: run.out.count(b"/open/") == 4, answers=REFUSED),
        "scan-resume": Scenario("scan --resume=SCRATCH/state -f jsonl -c port,state -p 7100-7112 127.0.0.1", sockets, whole=same_rows, answers=REFUSED),
        "scan-expect": Scenario("scan --expect=7100-7109=open,*=closed -p 7100-7112 127.0.0.1", sockets, whole=done, answers=REFUSED),
        # datagrams
        "udpsend": Scenario("udpsend 127.0.0.1 7001", collect(), b"one\ntwo\nthree\n", sent(b"onetwothree")),
        "udpsend-paced": Scenario("udpsend --size=100 --count=20 --rate=4000pps 127.0.0.1 7001", collect(), whole=sent(None, 20)),
        "udpsend-file": Scenario("udpsend --chunk=1000 --file=SCRATCH/data 127.0.0.1 7001", collect(), files={"data": SHORT[:20000]}, whole=sent(SHORT[:20000])),
        "udpsend-reply": Scenario("udpsend --reply=5s --replies=1 --data=ping 127.0.0.1 7001", collect(lambda data: data), whole=says(b"ping")),
        "udprecv": Scenario("udprecv --count=3 127.0.0.1:7003", send(), whole=lambda run, _: run.out == b"datagram\n" * 3),
        "udprecv-json": Scenario("udprecv --count=3 -f json -c length,data 127.0.0.1:7003", send(), whole=same_rows),
        "udprecv-stats": Scenario("udprecv --count=3 --stats -f json 127.0.0.1:7003", send(), whole=any_rows),
        "udprecv-echo": Scenario("udprecv --count=3 --echo 127.0.0.1:7003", send(), whole=done),
        "udprecv-exec": Scenario("udprecv --count=3 --sh=cat>/dev/null 127.0.0.1:7003", send(), whole=done),
    }


# One of each command and of each way that bytes go, for every check: none has a clock of its own.
SHORT_LIST = ["sockets", "sockets-proc", "ports", "connect", "probe", "listen-echo", "listen-exec", "forward", "scan-connect",
              "udpsend", "udprecv-json"]
