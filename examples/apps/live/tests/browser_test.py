#!/usr/bin/env python3
"""The live page in headless Chromium: break a backend and see its circuits open, and only those; repair it; force one
open; reset it; try other settings and take them over; all by what a person would press. Usage: browser_test.py <live> <screenshot.png>"""
import pathlib
import re
import sys
import urllib.error
import urllib.request

from browser import chromium, live_page, wait


class Page:
    def __init__(self, browser):
        self.browser = browser

    def states(self):
        return self.browser.run("Object.fromEntries([...document.querySelectorAll('tr[data-state]')]"
                                ".map(row => [row.dataset.endpoint, row.dataset.state]))")

    def press(self, label):
        """Go to a button as a keyboard does, and press Enter."""
        for _ in range(100):
            self.browser.press("Tab", 9)
            if self.browser.run("document.activeElement.getAttribute('aria-label')") == label:
                return self.browser.press("Enter", 13)
        raise AssertionError(f"the keyboard does not reach {label!r}")

    def wait(self, what, holds):
        def is_seen():
            states = self.states()
            return len(states) == 20 and holds(states)

        wait(what, is_seen)

    def why(self, endpoint):
        return self.browser.run(f"document.querySelector('tr[data-endpoint=\"{endpoint}\"] .why span').textContent")

    def closings(self, endpoint):
        """How often it closed, as far as the log goes back."""
        return len(re.findall(rf"{endpoint}: \w+ -> closed", self.text("log")))

    def text(self, name):
        """What is written in the element of that id; empty if it is hidden."""
        return self.browser.run(f"page.{name}.offsetParent ? page.{name}.textContent : ''")

    def write(self, text):
        """Write over what is in the field of the sentence."""
        self.browser.run("page.sentence.select()")
        self.browser.send("Input.insertText", text=text)


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
    wait("a probe goes out, and fails", lambda: "probes failed" in page.why("prices/eu"))
    assert all(state == "closed" for name, state in page.states().items() if not name.startswith("prices/"))
    log = page.text("log")
    assert "open -> half_open" in log and "calls failed" in log, log[:500]
    wait("a half-open time of a millisecond is seen in the ribbon", lambda: browser.run(HALF_OPEN_IS_DRAWN))
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


def check_settings(page, browser):
    page.press("Settings stock/audit")
    wait("the settings are shown", lambda: "50 % of the last 20 calls" in page.text("live_sentence"))
    assert "failures come in clumps" in page.text("live_forecast"), page.text("live_forecast")
    assert browser.run("document.activeElement.id") == "sentence"
    page.write("2 failures in a row, opem 3 s")
    wait("it is said where the sentence makes no sense", lambda: page.text("where").endswith("\n" + " " * 21 + "^"))
    assert "expected a setting: open" in page.text("expected"), page.text("expected")
    assert browser.run("page.try.disabled"), "what makes no sense can be tried"
    page.write("2 failures in a row, open 3 s")
    wait("and what it promises, if it does", lambda: "every 16.8 min at 10 calls/s" in page.text("promise"))

    browser.press("Enter", 13)
    wait("it is on trial", lambda: page.text("trial_sentence").startswith("2 failures in a row; open 3 s"))
    assert "has no outcome" in page.text("trial"), "the blind spot is not said"
    page.press("Break stock")
    wait("the trial opens, and would have refused calls", lambda: page.text("trial_state") != "closed"
         and "trial would have refused 0." not in page.text("counts"))
    page.wait("the circuit opens, as the others of stock", lambda states: states["stock/audit"] != "closed")
    closings = page.closings("stock/audit")
    page.press("Take over the trial")
    wait("it is taken over", lambda: page.text("live_sentence").startswith("2 failures in a row; open 3 s"))
    assert page.text("trial") == "", "it is still on trial"
    wait("a failed probe opens it for as long as the new settings say", lambda: page.why("stock/audit").endswith(" 3000 ms"))
    assert page.closings("stock/audit") == closings, "the outage is forgotten"
    wait("and the others as before", lambda: page.why("stock/orders").endswith(" 2000 ms"))
    page.press("Repair stock")
    page.wait("all closed again", all_closed)
    page.press("Settings stock/orders")
    wait("the others have the settings that they had", lambda: page.text("endpoint") == "stock/orders"
         and "50 % of the last 20 calls" in page.text("live_sentence"))
    page.press("Close the settings")
    assert browser.console == [], browser.console


class FleetPage(Page):
    def cells(self):
        """By (node, backend): the circuit's state, and whether it was told that the backend is down."""
        cells = self.browser.run("[...document.querySelectorAll('tr[data-node] td[data-backend]')].map(cell => "
                                 "[cell.parentNode.dataset.node, cell.dataset.backend, cell.dataset.state, cell.dataset.told])")
        return {(node, backend): (state, told == "true") for node, backend, state, told in cells}

    def wait(self, what, holds):
        def is_seen():
            cells = self.cells()
            return len(cells) == 18 and holds(cells)

        wait(what, is_seen)


def check_fleet(page, browser):
    def is_well(cells):
        return all(cell == ("closed", False) for cell in cells.values())

    def stores():
        return browser.run("[...document.querySelectorAll('tr[data-node]')].map(row => row.cells[4].textContent)")

    browser.follow("fleet")
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
            urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            assert error.code == 403, error.code
        else:
            raise AssertionError(f"the token {token!r} was accepted")
    print("no control without the token")


def main():
    program, screenshot = sys.argv[1], pathlib.Path(sys.argv[2])
    if chromium() is None:
        print("SKIPPED: Chromium is not here (Debian: chromium)")
        return
    with live_page(program) as (browser, url):
        check_token(url.split("#")[0])
        browser.open(url)
        check_page(Page(browser), browser, screenshot)
        check_settings(Page(browser), browser)
        check_fleet(FleetPage(browser), browser)


if __name__ == "__main__":
    main()
