// The choice between the two text formats.
#include "breaker/metrics/format.hpp"

#include <string_view>

#include "support/catch.hpp"

using namespace breaker;

TEST_CASE("a scraper gets OpenMetrics if it asks for that, and for text no more") {
  for (const char* accept :
       {"application/openmetrics-text;version=1.0.0,application/"
        "openmetrics-text;version=0.0.1;q=0.75,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;q=0.6,"
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        "text/plain;q=0.5, application/openmetrics-text; version=1.0.0 ; q=0.5",
        "application/openmetrics-text;q=1,text/plain;q=0.999",
        "application/openmetrics-text;q=0.2/,text/plain;q=0.195",
        "application/openmetrics-text;q=0.1230,text/plain;q=0.1239",
        "application/openmetrics-text"}) {
    CAPTURE(accept);
    CHECK(prometheus_format(accept) == PrometheusFormat::openmetrics);
  }
  for (const char* accept :
       {"", "*/*", "text/plain", "text/html,application/xml;q=0.9",
        "application/openmetrics-text;q=0", "application/openmetrics-text;q=0.:9",
        "application/openmetrics-text;q=0.123,text/plain;q=0.124", "q=1", ",;,;",
        "text/plain, application/openmetrics-text;q=0.9"}) {
    CAPTURE(accept);
    CHECK(prometheus_format(accept) == PrometheusFormat::text);
  }
  CHECK(std::string_view{content_type_of(PrometheusFormat::openmetrics)}.starts_with(
      "application/openmetrics-text; version=1.0.0"));
  CHECK(std::string_view{content_type_of(PrometheusFormat::text)}.starts_with(
      "text/plain; version=0.0.4"));
}
