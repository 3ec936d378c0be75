#!/usr/bin/env python3
"""The live page in headless Chromium: break a backend and see its circuits open, and only those; repair it; force one
open; reset it; all by what a person would press. Usage: browser_test.py <live> <screenshot.png>"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request


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
            self.console.append(parameters["exceptionDetails"]["text"])
        elif event.get("method") == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning"):
            self.console.append(str(parameters["args"]))
        elif event.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.console.append(parameters["entry"]["text"])

    def open(self, url):
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")
        self.send("Page.navigate", url=url)

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
        import base64
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])


class Page:
    def __init__(self, browser):
        self.browser = browser

    def states(self):
        return self.browser.run("Object.fromEntries([...document.querySelectorAll('tr[data-state]')]"
                                ".map(row => [row.dataset.endpoint, row.dataset.state]))")

    def press(self, label):
        """Go to a button as a keyboard does, and press Enter."""
        for _ in range(80):
            self.browser.press("Tab", 9)
            if self.browser.run("document.activeElement.getAttribute('aria-label')") == label:
                return self.browser.press("Enter", 13)
        raise AssertionError(f"the keyboard does not reach {label!r}")

    def wait(self, what, holds, seconds=20):
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            states = self.states()
            if len(states) == 20 and holds(states):
                print(f"{what}: after {time.monotonic() - began:.1f} s")
                return
            time.sleep(0.1)
        raise AssertionError(f"not seen: {what}; {states}")


# Whether some pixel of the ribbon has the colour of half-open.
HALF_OPEN_IS_DRAWN = """(() => {
  const probe = document.createElement('canvas').getContext('2d');
  probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--half');
  probe.fillRect(0, 0, 1, 1);
  const half = probe.getImageData(0, 0, 1, 1).data.join();
  const ribbon = document.querySelector('tr[data-endpoint="prices/eu"] canvas');
  const pixels = ribbon.getContext('2d').getImageData(0, 10, ribbon.width, 1).data;
  return Array.from({length: ribbon.width}, (_, x) => pixels.slice(4 * x, 4 * x + 4).join()).includes(half);
})()"""


def all_closed(states):
    return all(state == "closed" for state in states.values())


def check_page(page, browser, screenshot):
    page.wait("twenty circuits, all closed", all_closed)

    page.press("Break prices")
    page.wait("the circuits of prices are not closed, all others are", lambda states: all(
        (state != "closed") == name.startswith("prices/") for name, state in states.items()))
    time.sleep(3)  # probes go out, and fail
    assert all(state == "closed" for name, state in page.states().items() if not name.startswith("prices/"))
    why = browser.run("document.querySelector('tr[data-endpoint=\"prices/eu\"] .why').textContent")
    assert "failed" in why, why
    log = browser.run("document.getElementById('log').textContent")
    assert "open -> half_open" in log and "calls failed" in log, log[:500]
    assert browser.run(HALF_OPEN_IS_DRAWN), "a half-open time of a millisecond is not seen in the ribbon"
    screenshot.write_bytes(browser.screenshot())

    page.press("Repair prices")
    page.wait("all closed again", all_closed)

    page.press("Force open stock/audit")
    page.wait("one forced open, by hand", lambda states: states["stock/audit"] == "forced_open")
    page.press("Reset stock/audit")
    page.wait("and reset", all_closed)

    for scheme in ("dark", "light"):
        browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        back = browser.run("getComputedStyle(document.body).backgroundColor")
        assert (back == "rgb(255, 255, 255)") == (scheme == "light"), (scheme, back)
    outside = browser.run("performance.getEntriesByType('resource').map(entry => new URL(entry.name).origin)"
                          ".filter(origin => origin !== location.origin)")
    assert outside == [], outside
    assert browser.console == [], browser.console
    print("no console error, nothing loaded from elsewhere, light and dark")


class FleetPage(Page):
    def cells(self):
        """By (node, backend): the circuit's state, and whether it was told that the backend is down."""
        cells = self.browser.run("[...document.querySelectorAll('tr[data-node] td[data-backend]')].map(cell => "
                                 "[cell.parentNode.dataset.node, cell.dataset.backend, cell.dataset.state, cell.dataset.told])")
        return {(node, backend): (state, told == "true") for node, backend, state, told in cells}

    def wait(self, what, holds, seconds=20):
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            cells = self.cells()
            if len(cells) == 18 and holds(cells):
                print(f"{what}: after {time.monotonic() - began:.1f} s")
                return
            time.sleep(0.1)
        raise AssertionError(f"not seen: {what}; {cells}")


def check_fleet(page, browser):
    def is_well(cells):
        return all(cell == ("closed", False) for cell in cells.values())

    def stores():
        return browser.run("[...document.querySelectorAll('tr[data-node]')].map(row => row.cells[4].textContent)")

    browser.run("document.getElementById('fleet').click()")
    page.wait("six nodes, all closed, none told anything", is_well)
    page.press("Break payments")
    page.wait("all were told that payments is down, and nothing else", lambda cells: all(
        told == (backend == "payments") for (_, backend), (_, told) in cells.items()))
    page.wait("all opened", lambda cells: all(
        (state != "closed") == (backend == "payments") for (_, backend), (state, _) in cells.items()))
    log = browser.run("document.getElementById('log').textContent")
    assert all(f"node {i} was told: payments is down" in log for i in range(1, 7)), log[:500]
    page.press("Repair payments")
    page.wait("all closed again, and nothing stands", is_well)
    page.press("Take away store")
    page.wait("the store is away for all", lambda _: stores() == ["away"] * 6)
    page.press("Bring back store")
    page.wait("and there again", lambda _: stores() == ["answers"] * 6)
    assert browser.console == [], browser.console


def check_token(url):
    """Who does not know the token changes nothing."""
    for token in ("", "wrong"):
        request = urllib.request.Request(url + "backend?of=stock&to=broken", data=b"x", headers={"X-Token": token})
        try:
            urllib.request.urlopen(request, timeout=5)
        except urllib.error.HTTPError as error:
            assert error.code == 403, error.code
        else:
            raise AssertionError(f"the token {token!r} was accepted")
    print("no control without the token")


def main():
    program, screenshot = sys.argv[1], pathlib.Path(sys.argv[2])
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("SKIPPED: Chromium is not here (Debian: chromium)")
        return
    live = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    browser = None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            url = live.stdout.readline().strip()
            assert re.match(r"http://127\.0\.0\.1:\d+/#\w{20}$", url), url
            check_token(url.split("#")[0])
            browser = Browser(chromium, folder)
            browser.open(url)
            check_page(Page(browser), browser, screenshot)
            check_fleet(FleetPage(browser), browser)
        finally:
            if browser:
                browser.process.kill()
                browser.process.wait()
            live.stdin.write("\n")
            live.stdin.close()
            code = live.wait(timeout=20)
    assert code == 0, f"the program ended with {code}"


if __name__ == "__main__":
    main()
