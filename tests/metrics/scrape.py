#!/usr/bin/env python3
"""A real Prometheus scrapes the example service; every expression of resilience4j's dashboard and of ours must
return data, and the alert rules must load. Usage: scrape.py <example_metrics> <examples/metrics>"""
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

# What the circuit breaker panels of resilience4j's grafana_dashboard.json ask, but for calls_total, which
# resilience4j no longer exports.
OF = '{instance=~"$instance",name=~"$name"}'
RESILIENCE4J = [query.replace("{}", OF).replace("@", "resilience4j_circuitbreaker_") for query in (
    'sum(@state{state="closed"})',
    'sum(@state{state=~"open|forced_open"})',
    '@state{instance=~"$instance"}',
    'sum(@state{state="half_open"})',
    '@failure_rate{}',
    'rate(@calls_seconds_count{}[1m])',
    '@buffered_calls{}',
    '@max_buffered_calls{}',
    'increase(@calls_seconds_sum{}[1m]) / increase(@calls_seconds_count{}[1m])',
    'sum(increase(@calls_seconds_sum{}[1m])) / sum(increase(@calls_seconds_count{}[1m]))',
)]
SCRAPES = 20  # the circuit of backend-c opens, probes and opens again meanwhile

# What no dashboard may show, over all scrapes: of a circuit that is not closed, a rate of -1; and 0 %
# for the backend of which most calls fail.
RATES = ("failure_rate", "slow_call_rate")
NEVER = [f"""count_over_time((resilience4j_circuitbreaker_{rate} == -1 and on (instance, name)
    resilience4j_circuitbreaker_state{{state=~"open|half_open"}} == 1)[60s:1s])""" for rate in RATES]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fill_in(query):
    for variable, value in (("instance", ".*"), ("job", ".*"), ("name", "backend-.*"),
                            ("__rate_interval", "1m"), ("__range", "1m")):
        query = query.replace("$" + variable, value)
    return query


def expressions(dashboard):
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


class Prometheus:
    def __init__(self, folder, target, rules):
        self.port = free_port()
        config = folder / "prometheus.yml"
        config.write_text(f"""global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}"]
scrape_configs:
  - job_name: shop
    static_configs: [{{targets: ["{target}"]}}]
""")
        self.log = (folder / "log").open("w+")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self.log, stderr=self.log)

    def ask(self, path, **parameters):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        """Samples that are numbers: a rate of nothing is no data."""
        return [sample for sample in self.ask("query", query=expression)["result"]
                if sample["value"][1] != "NaN"]

    def wait_for_scrapes(self, count, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                found = self.query(f"sum(count_over_time(up[{seconds}s])) and min(up) == 1")
                if found and float(found[0]["value"][1]) >= count:
                    return
            except (urllib.error.URLError, ConnectionError):
                pass
            time.sleep(0.2)
        self.log.seek(0)
        sys.exit(f"Prometheus does not scrape:\n{self.log.read()[-3000:]}")


def main():
    program, examples = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    if shutil.which("prometheus") is None:
        print("SKIPPED: prometheus is not here (Debian: prometheus)")
        return 0
    dashboard = json.loads((examples / "dashboard.json").read_text())
    service = prometheus = None
    missing = 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            service = subprocess.Popen([program, str(free_port())], stdout=subprocess.PIPE, text=True)
            # What it has checked it says first.
            target = next(filter(None, (re.match(r"http://(.*)/metrics", line) for line in service.stdout))).group(1)
            prometheus = Prometheus(pathlib.Path(folder), target, examples / "alerts.yml")
            prometheus.wait_for_scrapes(SCRAPES)
            for whose, queries in (("resilience4j's dashboard", RESILIENCE4J),
                                   ("our dashboard", expressions(dashboard))):
                print(whose)
                for query in queries:
                    found = len(prometheus.query(fill_in(query)))
                    missing += found == 0
                    print(f"  {found:4} samples  {query}")
            print("never, of a circuit that is not closed:")
            drawn = [query for query in expressions(dashboard) if "failure_rate" in query]
            zeros = [f"min_over_time(({query})[60s:1s]) == 0".replace("$name", "backend-c") for query in drawn]
            for query in NEVER + zeros:
                found = len(prometheus.query(fill_in(query)))
                missing += found != 0
                print(f"  {found:4} samples  {query}")
            # It was open by its policy, and by a probe that failed.
            missing += len(prometheus.query(
                'max_over_time(resilience4j_circuitbreaker_transitions_total{name="backend-c"}[60s]) >= 3')) == 0
            rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
            healthy = [rule["name"] for rule in rules if rule["health"] == "ok"]
            print("alert rules that Prometheus evaluates:", ", ".join(healthy))
            missing += len(healthy) != 4
        finally:
            for process in (service, prometheus.process if prometheus else None):
                if process is not None:
                    process.kill()
                    process.wait()
    print("all as it should be" if missing == 0 else f"{missing} are not as they should be")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
