#!/usr/bin/env python3
"""The live page with a thousand circuits, of which many go up and down: how soon it is there, and what a frame costs: it draws
the rows that are in sight, five times a second at most, however much happens. Then the filter, the order, the groups. Usage:
many_test.py <live>"""
import sys
import threading
import urllib.request

from browser import chromium, live_page, wait

# Notes of each frame: when it was drawn, how long that took, on how many canvases; how many rows there were.
NOTE_FRAMES = """{
  window.frames_drawn = [];
  const ask = requestAnimationFrame, pen = HTMLCanvasElement.prototype.getContext;
  let canvases = 0;
  HTMLCanvasElement.prototype.getContext = function(...of) { ++canvases; return pen.apply(this, of); };
  window.requestAnimationFrame = act => ask(() => {
    canvases = 0;
    const began = performance.now();
    act();
    frames_drawn.push({began, took: performance.now() - began, canvases, rows: document.querySelectorAll('tr[data-state]').length});
  });
}"""


def check_load(browser):
    def drawn():
        return [frame for frame in browser.run("frames_drawn") if frame["rows"] == 1000 and frame["canvases"] > 0]

    wait("a thousand circuits", drawn)
    soon = (drawn()[0]["began"] + drawn()[0]["took"]) / 1000
    print(f"from load to drawn: {soon:.2f} s")


class Hand(threading.Thread):
    """Opens and closes the circuits of prices/asia by hand, one after the other, until it is stopped."""

    def __init__(self, url):
        super().__init__()
        self.address, self.token = url.split("#")
        self.is_stopped = False
        self.count = 0

    def run(self):
        while not (self.is_stopped and self.count % 100 == 50):  # which leaves them open
            number = self.count % 50 + 1
            endpoint = "prices/asia" + (f"/{number}" if number > 1 else "")
            to = "forced_open" if self.count % 100 < 50 else "closed"
            urllib.request.urlopen(urllib.request.Request(
                f"{self.address}circuit?of={endpoint}&to={to}", data=b"x", headers={"X-Token": self.token}))
            self.count += 1


def check_frames(browser, url):
    """While circuits open and close all the time."""
    hand = Hand(url)
    hand.start()
    browser.run("frames_drawn.length = 0")
    wait("a hundred transitions, in some frames", lambda: hand.count > 100 and browser.run("frames_drawn.length") > 5)
    frames = browser.run("frames_drawn")
    hand.is_stopped = True
    hand.join()
    took = min(frame["took"] for frame in frames)  # the others may have waited for a busy machine
    canvases = max(frame["canvases"] for frame in frames)
    print(f"{hand.count} transitions, {len(frames)} frames, the fastest in {took:.1f} ms, on {canvases} canvases")
    assert all(b["began"] - a["began"] > 190 for a, b in zip(frames, frames[1:])), "there are more than five frames a second"
    assert 20 <= canvases <= 100, "drawn are the rows in sight"
    assert took < 40, "a frame takes too long"


def check_view(browser):
    def rows():
        return browser.run("rows.map(row => row.dataset.group ?? row.dataset.endpoint)")

    wait("all that was opened is seen", lambda: browser.run("rows.filter(row => row.dataset.state !== 'closed').length") == 50)
    browser.run("page.troubled.click()")
    states = browser.run("rows.map(row => row.dataset.state === 'closed')")
    assert states == sorted(states) and not all(states), "those that are not closed come first"
    browser.run("page.grouped.click()")
    assert len(rows()) == 1003 and rows()[0] == "prices", rows()[:5]
    assert browser.run("rows[0].textContent") == "prices: 350 circuits, 50 not closed"
    browser.run("rows[0].querySelector('button').click()")
    assert len(rows()) == 653, "a group can be shut"
    browser.run("page.filter.focus()")
    browser.send("Input.insertText", text="Refunds/4")
    assert len(rows()) == 12 and rows()[:3] == ["payments", "payments/refunds/4", "payments/refunds/40"], rows()
    assert browser.run("page.summary.textContent").startswith("1000 circuits: 950 closed, 50 forced open · ")
    print("the circuits are filtered, ordered, in groups")


def main():
    if chromium() is None:
        print("SKIPPED: Chromium is not here (Debian: chromium)")
        return
    with live_page(sys.argv[1], "--endpoints", "1000") as (browser, url):
        browser.open(url, NOTE_FRAMES)
        check_load(browser)
        check_frames(browser, url)
        check_view(browser)
        assert browser.console == [], browser.console


if __name__ == "__main__":
    main()
