"""Connections that are idle, and one over which something goes to and fro, beside a sockkit that looks.

Usage: rates.py SOCKKIT
"""
import json
import os
import socket
import subprocess
import sys
import threading

SOCKKIT = sys.argv[1]


def pair(listener):
    return socket.create_connection(listener.getsockname()), listener.accept()[0]


def sockets(*args, code=0):
    run = subprocess.run([SOCKKIT, "sockets", *args], stdout=subprocess.PIPE, check=False)
    assert run.returncode == code, (args, run.returncode)
    return json.loads(run.stdout) if run.stdout else []


def volley(here, there, over):
    """64 bytes there, 32 back, until it is over."""
    while not over.is_set():
        here.sendall(b"x" * 64)
        there.recv(64, socket.MSG_WAITALL)
        there.sendall(b"x" * 32)
        here.recv(32, socket.MSG_WAITALL)
        over.wait(0.001)


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(("127.0.0.1", 0))
    idle, busy = pair(listener), pair(listener)
    over = threading.Event()
    thread = threading.Thread(target=volley, args=(*busy, over))
    thread.start()
    try:
        ports = [end.getsockname()[1] for end in (listener, datagrams, idle[0], busy[0])]
        rows = sockets("-tu", "--rates=100ms", "-j", "-c",
                       "local_port,remote_port,recv_rate,send_rate,total_rate,retransmit_rate")
        rates = {(row["local_port"], row["remote_port"]): list(row.values())[2:] for row in rows}
        assert rates[ports[0], None] == rates[ports[1], None] == [None] * 4, rates
        assert rates[ports[2], ports[0]] == rates[ports[0], ports[2]] == [0] * 4, rates
        received, sent, total, again = rates[ports[3], ports[0]]
        assert received > 0 and again == 0, rates
        assert abs(sent - 2 * received) <= 0.1 * sent + 700, rates
        assert abs(total - sent - received) <= 1, rates
        # The fastest first, and what has no rate last.
        assert [row["total_rate"] is None for row in rows] == [False] * 4 + [True] * 2, rows
        assert {rows[0]["local_port"], rows[1]["local_port"]} == {ports[0], ports[3]}, rows
        fast = sockets("-t", "--rates=50ms", "-j", "-c", "local_port,remote_port", "recv_rate", ">", "100", "and",
                       "send_rate", "<", "1G")
        assert {row["local_port"] for row in fast} == {ports[0], ports[3]}, fast
        assert sockets("-t", "--rates=50ms", "-j", "recv_rate > 1G", code=1) == []
        groups = sockets("-t", "--rates=200ms", "-j", "--group-by=remote_port", "--max=recv_rate")
        # The fastest first: what one end sends the other receives.
        ends = {group["remote_port"]: group for group in groups}
        assert {group["remote_port"] for group in groups[:2]} == {ports[0], ports[3]}, groups
        assert ends[None]["sum_total_rate"] is None and ends[None]["open_rate"] == 0, groups
        assert ends[ports[0]]["count"] == 2 and ends[ports[3]]["max_recv_rate"] > 0, groups
        assert ends[idle[0].getsockname()[1]]["sum_total_rate"] == 0, groups
        metrics = subprocess.run([SOCKKIT, "sockets", "-t", "--rates=50ms", "-f", "openmetrics"],
                                 stdout=subprocess.PIPE, check=True, text=True).stdout
        values = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if not line.startswith("#"))
        kind = '{proto="tcp",state="ESTABLISHED"}'
        assert values[f"sockkit_sockets{kind}"] == "4", metrics
        assert int(values[f"sockkit_sockets_sum_recv_rate{kind}"]) > 0, metrics
        assert values[f"sockkit_sockets_open_rate{kind}"] == "0", metrics
        # Beside all that one look can tell, there is nothing.
        row = sockets("-t", "-j", "-c", "all", "sport", "=", str(ports[3]))[0]
        assert row["recv_rate"] is None and row["bytes_received"] > 0, row
    finally:
        over.set()
        thread.join()


os.environ["LC_ALL"] = "C"
main()
