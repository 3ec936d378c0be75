#!/usr/bin/env python3
"""Prometheus' own strict parser of OpenMetrics reads the page of a program. Usage: openmetrics.py <metrics_page>"""
import subprocess
import sys

PARSE = """
import sys
try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
except ImportError:
    sys.exit("SKIPPED: no parser is here (Debian: python3-prometheus-client)")
families = {family.name: family for family in text_string_to_metric_families(sys.stdin.read())}
prefix = "resilience4j_circuitbreaker_"
kinds = {name: families[prefix + name].type for name in
         ("state", "not_permitted_calls", "calls_seconds", "call_duration_seconds", "transitions_by_reason", "settings")}
assert list(kinds.values()) == ["gauge", "counter", "summary", "histogram", "counter", "gauge"], kinds
assert families["breaker"].type == "info"
buckets = [sample for sample in families[prefix + "call_duration_seconds"].samples
           if sample.name.endswith("_bucket") and sample.labels["kind"] == "successful"]
assert [sample.exemplar for sample in buckets if sample.exemplar][0].labels == {
    "trace_id": "0af7651916cd43dd8448eb211c80319c"}
assert buckets[-1].value == 3 and buckets[-1].labels["le"] == "+Inf"
assert any(sample.name.endswith("_created") for sample in families[prefix + "transitions"].samples)
print(len(families), "families")
"""

page = subprocess.run([sys.argv[1], "openmetrics"], capture_output=True, check=True).stdout
# The system's own Python has the packages of the system.
read = subprocess.run(["/usr/bin/python3", "-c", PARSE], input=page, check=False)
sys.exit(read.returncode)
