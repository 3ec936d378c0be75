"""Chromium without a window, and the live page in it."""
import base64
import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time


class Browser:
    """Chromium, spoken to over a pair of pipes: one JSON message each way, ended by a zero."""

    def __init__(self, program, folder):
        down_read, down_write = os.pipe()
        up_read, up_write = os.pipe()

        def connect():  # Chromium reads from 3 and writes to 4
            high = (os.dup(down_read), os.dup(up_write))
            for number, end in zip((3, 4), high):
                os.dup2(end, number)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--window-size=1400,1100", f"--user-data-dir={folder}", "--remote-debugging-pipe", "about:blank"],
            close_fds=False, preexec_fn=connect, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(down_read)
        os.close(up_write)
        self.down, self.up = os.fdopen(down_write, "wb"), up_read
        self.buffer = b""
        self.number = 0
        self.session = None
        self.console = []  # what went wrong on the page
        self.loads = 0

    def receive(self):
        while b"\0" not in self.buffer:
            more = os.read(self.up, 1 << 16)
            if not more:
                raise RuntimeError("the browser is gone")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def send(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.down.write(json.dumps(message).encode() + b"\0")
        self.down.flush()
        while (answer := self.receive()).get("id") != self.number:
            self.note(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def note(self, event):
        parameters = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.console.append(details.get("exception", {}).get("description", details["text"]))
        elif event.get("method") == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning"):
            self.console.append(str(parameters["args"]))
        elif event.get("method") == "Page.loadEventFired":
            self.loads += 1
        elif event.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.console.append(parameters["entry"]["text"])

    def open(self, url, first=""):
        """`first`: a script that runs before those of the page."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")
        self.send("Page.addScriptToEvaluateOnNewDocument", source=first)
        self.send("Page.navigate", url=url)

    def follow(self, link):
        """Press the link of that id, and wait for the page that it leads to."""
        before = self.loads
        self.run(f"document.getElementById('{link}').click()")
        while self.loads == before:
            self.note(self.receive())

    def run(self, expression):
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']['text']}")
        return answer["result"].get("value")

    def press(self, key, code):
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                      text="\r" if key == "Enter" else "")

    def screenshot(self):
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])


def chromium():
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextlib.contextmanager
def live_page(program, *arguments):
    """The program, running: a browser, and the address to open in it."""
    live = subprocess.Popen([program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    browser = None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            url = live.stdout.readline().strip()
            assert re.match(r"http://127\.0\.0\.1:\d+/#\w{20}$", url), url
            browser = Browser(chromium(), folder)
            yield browser, url
        finally:
            if browser:
                browser.process.kill()
                browser.process.wait()
            live.stdin.write("\n")
            live.stdin.close()
            code = live.wait(timeout=60)
    assert code == 0, f"the program ended with {code}"


def wait(what, holds, seconds=60):
    """Wait until `holds()` is true. A busy machine may need long."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, f"not seen: {what}"
        time.sleep(0.1)
    print(f"{what}: after {time.monotonic() - began:.1f} s")
