#!/usr/bin/python3
"""The report's page in a real browser: it shows what the tool found, and can be used by mouse and
keyboard. Takes: the tool, the folder of the recorded log, a folder to work in."""

import base64
import json
import os
import shutil
import subprocess
import sys

try:
    from selenium import webdriver
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.chrome.service import Service
except ImportError:
    print("SKIPPED: selenium is not here (Debian: python3-selenium)")
    sys.exit(0)

tool, data, work = sys.argv[1:4]
browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
if not browser or not driver:
    print("SKIPPED: chromium is not here (Debian: chromium chromium-driver)")
    sys.exit(0)


def check(holds, what):
    if not holds:
        print(f"FAILED: it does not hold that {what}")
        page.save_screenshot(f"{work}/failed.png")
        sys.exit(1)
    print(f"ok: {what}")


def opened_in_browser(scheme):
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                     "--window-size=1200,1600"):
        options.add_argument(argument)
    if scheme == "dark":
        options.add_argument("--force-dark-mode")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    session = webdriver.Chrome(service=Service(driver), options=options)
    session.execute_cdp_cmd("Emulation.setEmulatedMedia",
                            {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    session.get(f"file://{os.path.abspath(report)}")
    return session


def find(selector):
    return page.find_elements(By.CSS_SELECTOR, selector)


def brightness(element):
    numbers = element.value_of_css_property("background-color").strip("rgba()").split(",")[:3]
    return sum(float(n) for n in numbers)


def requests_made():
    messages = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


report = f"{work}/report.html"
found = json.loads(subprocess.run(
    [tool, "payments.log.gz", "--html", os.path.abspath(report), "--json", "-"],
    cwd=data, check=True, capture_output=True, text=True).stdout)
trials = found["endpoints"][0]["trials"]

page = opened_in_browser("light")
try:
    check(len(find("#table tbody tr")) == len(trials), "the table has a row for each candidate")
    check(len(find("#timeline rect.outage")) == len(found["endpoints"][0]["outages"]),
          "each outage is shaded in the timeline")
    check(len(find("#tradeoff circle.point")) == len(trials), "the trade-off has a point for each candidate")
    check(find("#cpp")[0].text == found["endpoints"][0]["recommendation"]["cpp"],
          "the recommended line is there to copy")
    check(found["settings"]["limit"] in find("#rules")[0].text, "the honest limit is told")
    headings = [heading.text for heading in find("#table th")]
    rows = [[cell.text for cell in row.find_elements(By.TAG_NAME, "td")] for row in find("#table tbody tr")]
    promised = {row[0]: row[headings.index("promised")] for row in rows}
    check([promised[candidate + "; open 30 s"] for candidate in
           ("5 failures in 10 s", "50 % in 10 s, at least 20", "slower than 1 s: 50 % in 10 s, at least 20")] ==
          ["444 ms", "never", "–"], "the table says what candidates promise")
    check("come in clumps" in trials[0]["warning"] and trials[0]["warning"] in find("#detail")[0].text,
          "it is said where promise and log part")
    check(found["forecast_condition"] in find("#glossary")[0].text, "it is said when forecasts hold")

    busiest = max(trials, key=lambda t: t["opened"])
    row = find(f'#table tr[data-candidate="{busiest["number"]}"]')[0]
    row.click()
    bands = find("#timeline .lane.chosen .band")
    check(len(bands) == len(busiest["openings_ms"]) > 1,
          f"a click on '{busiest['candidate']}' shows its {busiest['opened']} bands")
    lane = find(f'#timeline .lane[data-candidate="{busiest["number"]}"] .band')
    check(bands == lane, "the bands that are shown are that candidate's")
    timeline = found["endpoints"][0]["timeline"]
    span = len(timeline["calls"]) * timeline["step_ms"]
    for band, (begin, end) in zip(bands, busiest["openings_ms"]):
        x = 285 + 705 * (begin - timeline["begin_ms"]) / span
        width = max(705 * (end - begin) / span, 1)
        if abs(float(band.get_attribute("x")) - x) > .5 or abs(float(band.get_attribute("width")) - width) > .5:
            check(False, "a band lies where the circuit was open")
    check(True, "each band lies where the circuit was open")
    check(busiest["candidate"] in find("#detail")[0].text, "the chosen candidate is told in words")
    check(len(find("tr.chosen")) == 1 and len(find(".point.chosen")) == 1, "one candidate is chosen everywhere")

    find("#table th button")[4].click()
    lost = [int(r.find_elements(By.TAG_NAME, "td")[4].text.replace(",", "")) for r in find("#table tbody tr")]
    check(lost == sorted(lost, reverse=True), "a click on a heading sorts by it")
    find("#table th button")[4].click()
    lost = [int(r.find_elements(By.TAG_NAME, "td")[4].text.replace(",", "")) for r in find("#table tbody tr")]
    check(lost == sorted(lost), "a second click sorts the other way round")
    check(find("#table th")[4].get_attribute("aria-sort") == "ascending", "a screen reader hears of it")

    button = find("#table tbody button")[0]
    page.execute_script("arguments[0].focus()", button)
    button.send_keys(Keys.ARROW_DOWN)
    second = find("#table tbody tr")[1]
    check("chosen" in second.get_attribute("class"), "the arrow keys go from candidate to candidate")
    point = find("#tradeoff circle.point")[3]
    page.execute_script("arguments[0].focus()", point)
    point.send_keys(Keys.ENTER)
    check("chosen" in point.get_attribute("class"), "Enter on a point of the trade-off chooses it")

    bars = lambda: len(find("#timeline rect.ok"))
    shown = lambda: find("#range")[0].text
    whole, all_bars = shown(), bars()
    find("#timeline")[0].send_keys("+")
    check(shown() != whole and bars() < all_bars, "the key + shows a part of the log")
    part = shown()
    find("#timeline")[0].send_keys(Keys.ARROW_RIGHT)
    check(shown() != part and shown() > part, "the arrow keys move")
    find("#timeline")[0].send_keys("0")
    check(shown() == whole and bars() == all_bars, "the key 0 shows all of it again")
    svg = find("#timeline svg")[0]
    page.execute_script("""const box = arguments[0].getBoundingClientRect();
      arguments[0].dispatchEvent(new WheelEvent("wheel", {deltaY: -1, clientX: box.left + box.width * .6, clientY: box.top + 9, bubbles: true, cancelable: true}))""", svg)
    check(shown() != whole and shown()[:19] > whole[:19], "the wheel zooms at the pointer")
    for _ in range(12):
        find("#zoom-in")[0].click()
    part, text = shown(), find("#timeline svg")[0].text
    check(part[:19] < part[23:42] and text, "the button zooms in, but not to nothing")
    svg = find("#timeline svg")[0]
    ActionChains(page).move_to_element_with_offset(svg, 200, 0).click_and_hold().move_by_offset(-90, 0).release().perform()
    check(shown() > part, "dragging moves")
    find("#whole")[0].click()
    page.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    find("#local")[0].click()
    hours = lambda text: int(text[11:13])
    check("local time" in shown() and hours(shown()) == (hours(whole) + 9) % 24, "times are local if the reader asks")
    find("#local")[0].click()
    check(shown() == whole, "and UTC again")
    check(not find("#callers")[0].is_displayed(), "one caller has no table")

    sideways = page.execute_script("return document.documentElement.scrollWidth - innerWidth")
    check(sideways <= 0, "nothing hangs out at the side")
    light = brightness(find("body")[0])
    page.save_screenshot(f"{work}/report_light.png")
    pdf = page.execute_cdp_cmd("Page.printToPDF", {"printBackground": True, "landscape": True})["data"]
    check(len(pdf) > 20000, "it prints")
    with open(f"{work}/report.pdf", "wb") as file:
        file.write(base64.b64decode(pdf))

    errors = [entry for entry in page.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    check(not errors, f"the console has no errors {errors}")
    outside = [url for url in requests_made() if not url.startswith(("file:", "data:"))]
    check(not outside, f"nothing is loaded from elsewhere {outside}")
    page.quit()

    page = opened_in_browser("dark")
    check(brightness(find("body")[0]) < 200 < light, "it is dark where the reader wants it dark")
    check(find("#h-take")[0].text == "Take this", "what helps is told to be taken")
    page.save_screenshot(f"{work}/report_dark.png")
    page.quit()

    subprocess.run([tool, "payments.log.gz", "--callers", "3", "--try", "consecutive 5, open 1s", "--html",
                    os.path.abspath(report)], cwd=data, check=True, capture_output=True)
    page = opened_in_browser("light")
    rows = [[cell.text for cell in row.find_elements(By.TAG_NAME, "td")] for row in find("#caller-table tbody tr")]
    number = lambda text: int(text.replace(",", ""))
    check(len(rows) == 3 and sum(number(row[1]) for row in rows) == found["endpoints"][0]["calls"],
          "each caller has a row")
    saved = number(find("#table tbody td")[3].text)
    check(sum(number(row[4]) for row in rows) == saved > 0, "what the callers saved adds up")
    page.quit()

    subprocess.run([tool, "payments.log.gz", "--try", "rate>=99% in 60s", "--html", os.path.abspath(report)],
                   cwd=data, check=True, capture_output=True)
    page = opened_in_browser("light")
    check(find("#h-take")[0].text == "Nothing would have helped" and not find("#cpp")[0].is_displayed(),
          "what would not have helped is not told to be taken")
finally:
    page.quit()
print("the page is as it should be")
