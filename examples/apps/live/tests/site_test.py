#!/usr/bin/env python3
"""What the live page's server does with requests that are not the page's: bodies that are too long, too many
streams of events, names of other hosts, settings that make no sense; and that a page which is loaded again hears what was
before. Usage:
site_test.py <live>"""
import json
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

HUGE = 300_000_000


def request(port, head, body=b"", host=None, read=4096):
    """The answer's first bytes, and the connection."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.sendall(f"{head} HTTP/1.1\r\nHost: {host or f'127.0.0.1:{port}'}\r\n".encode() + body)
    return connection.recv(read).decode(errors="replace") if read else "", connection


def status_of(answer):
    found = re.match(r"HTTP/1\.1 (\d+)", answer)
    return int(found[1]) if found else 0


def memory_of(process):
    """The most that it ever held, in bytes."""
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", text)[1]) * 1024


def check_bodies(port, token, process):
    before = memory_of(process)
    change, look = "POST /backend?of=stock&to=slow", "GET /metrics"
    for name, request_line, fields in (("no token", change, ""), ("the token", change, f"X-Token: {token}\r\n"),
                                       ("no control", look, "")):
        for how in (f"Content-Length: {HUGE}\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"):
            answer, connection = "", socket.create_connection(("127.0.0.1", port), timeout=60)
            connection.sendall(f"{request_line} HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}{how}".encode())
            chunk = b"x" * 1_000_000
            try:
                for _ in range(HUGE // len(chunk)):
                    connection.sendall(b"f4240\r\n" + chunk + b"\r\n" if "chunked" in how else chunk)
            except OSError:
                pass  # it hung up
            try:
                answer = connection.recv(4096).decode()
            except OSError:
                pass
            connection.close()
            assert status_of(answer) in (0, 403, 413), (name, how, answer)
    answer, connection = request(port, "GET /metrics", b"Content-Length: 2000\r\n\r\n")
    connection.close()
    assert status_of(answer) == 413, answer
    held = memory_of(process) - before
    assert held < 50_000_000, f"{held} bytes of bodies were held"
    print(f"bodies of 300 MB are not read: {held // 1024} KiB more were held")


def check_streams(port, token):
    streams = [request(port, "GET /events", b"\r\n") for _ in range(64)]
    open_ones = sum(status_of(answer) == 200 for answer, _ in streams)
    refused = sum(status_of(answer) == 429 for answer, _ in streams)
    assert (open_ones, refused) == (6, 58), (open_ones, refused)
    for path in ("/", "/fleet", "/metrics"):
        assert urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60).read(), path
    change = urllib.request.Request(f"http://127.0.0.1:{port}/backend?of=stock&to=healthy", data=b"x",
                                    headers={"X-Token": token})
    assert urllib.request.urlopen(change, timeout=60).status == 200
    for _, connection in streams:
        connection.close()
    print("64 streams of events starve neither the page nor the metrics nor the buttons")


def check_hosts(port):
    for host, status in ((f"127.0.0.1:{port}", 200), (f"localhost:{port}", 200), (f"[::1]:{port}", 200),
                         (f"evil.example:{port}", 421), ("evil.example", 421), ("127.0.0.1.evil.example", 421),
                         ("", 421)):
        answer, connection = request(port, "GET /metrics", b"Connection: close\r\n\r\n", host=host or " ")
        connection.close()
        assert status_of(answer) == status, (host, answer[:100])
        assert status == 200 or "breaker_" not in answer, host
    print("a name of another's reads nothing")


def open_stream(port):
    """A stream of events, once one of those that were closed has been noticed."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/events", timeout=60)
        except urllib.error.HTTPError as error:
            assert error.code == 429 and time.monotonic() < deadline, error


def events(port, enough):
    """Events of a new stream, until `enough` of them are there."""
    deadline = time.monotonic() + 60
    with open_stream(port) as stream:
        found, event = [], None
        for line in stream:
            assert time.monotonic() < deadline, f"{len(found)} events, but not the one"
            text = line.decode().strip()
            if text.startswith("event: "):
                event = text[7:]
            elif text.startswith("data: "):
                found.append((event, json.loads(text[6:])))
                if enough(found):
                    return found
    raise AssertionError("the stream ended")


def check_history(port, token):
    change = urllib.request.Request(f"http://127.0.0.1:{port}/circuit?of=stock/audit&to=forced_open", data=b"x",
                                    headers={"X-Token": token})
    urllib.request.urlopen(change, timeout=60)
    events(port, lambda found: any(kind == "transition" and data["endpoint"] == "stock/audit" for kind, data in found))
    loaded_again = time.time() * 1000
    found = events(port, lambda found: found[-1][1]["at"] > loaded_again)
    old = [(kind, data) for kind, data in found if data["at"] <= loaded_again]
    assert any(kind == "transition" and data["to"] == "forced_open" for kind, data in old), old
    assert any(kind == "sample" for kind, _ in old)
    print(f"a page that is loaded again hears {len(old)} events from before")


def ask(port, path, token=None, **values):
    """Status and text of what is answered; it is asked with POST if there is a token."""
    address = f"http://127.0.0.1:{port}/{path}?{urllib.parse.urlencode(values)}"
    change = {} if token is None else {"data": b"x", "headers": {"X-Token": token}}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, **change), timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def check_settings(port, token):
    def change(to, sentence="", of="stock/audit", token=token):
        return ask(port, "settings", token, of=of, to=to, sentence=sentence)

    for sentence, wrong in (("5 failures in 10", "5 failures in 10\n                ^ expected "),
                            ("5 failures in 10 s, named x", "named by its key"),
                            ("50 % of the last 2000 calls", "AnyRule.last_calls")):
        assert wrong in json.loads(ask(port, "check", sentence=sentence)[1])["wrong"], sentence
        status, text = change("try", sentence)
        assert status == 400 and wrong in text, (status, text)
    usual = json.loads(ask(port, "settings", of="stock/audit")[1])
    assert usual["trial"] is None, usual
    assert change("try", "5 failures in 10 s", token="")[0] == 403
    assert change("try", "5 failures in 10 s", "nobody")[0] == 400
    assert change("take") == (400, "nothing is on trial")
    assert change("drop") == (400, "expected try, stop or take")
    assert json.loads(ask(port, "settings", of="stock/audit")[1]) == usual

    assert change("try", "5 failures in 10 s, normally 2 % at 3 calls/s")[0] == 200
    trial = json.loads(ask(port, "settings", of="stock/audit")[1])["trial"]
    assert trial["sentence"] == "5 failures in 10 s; open 30 s; normally 2 % at 3 calls/s", trial
    assert change("stop")[0] == 200
    assert json.loads(ask(port, "settings", of="stock/audit")[1]) == usual
    print("settings are taken from who has the token, and if they make sense")


def main():
    live = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        url = live.stdout.readline().strip()
        port, token = re.match(r"http://127\.0\.0\.1:(\d+)/#(\w{20})$", url).groups()
        check_bodies(int(port), token, live)
        check_streams(int(port), token)
        check_hosts(int(port))
        check_history(int(port), token)
        check_settings(int(port), token)
    finally:
        live.stdin.write("\n")
        live.stdin.close()
        code = live.wait(timeout=60)
    assert code == 0, f"the program ended with {code}"


if __name__ == "__main__":
    main()
