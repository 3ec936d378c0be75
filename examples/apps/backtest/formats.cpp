// The table of formats, see formats.hpp. To add a format, add an entry: a test reads its samples.
#include "formats.hpp"

namespace backtest {

namespace {

using Shape = KnownFormat::Shape;
using Found = KnownFormat::Found;

// Apache's and nginx's combined format, to the user agent: `time` is when the call ended (nginx,
// Tomcat), `begin` when it began (Apache, Traefik).
#define ENDED_COMBINED                                                                     \
  R"($remote_addr - $remote_user [$time] "$request" $status $body_bytes_sent "$referer" )" \
  R"("$user_agent")"
#define BEGUN_COMBINED                                                                      \
  R"($remote_addr - $remote_user [$begin] "$request" $status $body_bytes_sent "$referer" )" \
  R"("$user_agent")"
#define COMBINED_LINE \
  R"(10.0.0.7 - - [23/Nov/2026:18:54:23 +0000] "POST /api/pay?x=1 HTTP/1.1" 503 24 "-" "wrk")"

const std::vector<KnownFormat> table{
    // ---- access logs in text
    {"nginx",
     "nginx combined + $request_time",
     Shape::text,
     ENDED_COMBINED " $request_time",
     {{COMBINED_LINE " 0.023", "e 2026-11-23 18:54:23 23ms 503 - /api"}},
     Found::if_fractions},
    {"nginx",
     "nginx combined + $request_time $upstream_response_time",
     Shape::text,
     ENDED_COMBINED " $request_time $upstream_response_time",
     {{COMBINED_LINE " 0.023 0.000, 0.022", "e 2026-11-23 18:54:23 23ms 503 - /api"}},
     Found::if_fractions},
    {"nginx",
     "nginx combined + $request_time $upstream_addr",
     Shape::text,
     ENDED_COMBINED " $request_time $upstream_addr",
     {{COMBINED_LINE " 0.023 10.0.0.1:80", "e 2026-11-23 18:54:23 23ms 503 10.0.0.1:80 /api"},
      {COMBINED_LINE " 0.023 10.0.0.1:80, 10.0.0.2:80 : 10.0.0.3:80",
       "e 2026-11-23 18:54:23 23ms 503 10.0.0.3:80 /api"}},
     Found::if_fractions},
    {"nginx",
     "nginx combined + $request_time $upstream_addr $host",
     Shape::text,
     ENDED_COMBINED " $request_time $upstream_addr $host",
     {{COMBINED_LINE " 0.023 10.0.0.1:80 pay.local",
       "e 2026-11-23 18:54:23 23ms 503 10.0.0.1:80 /api"}},
     Found::if_fractions},
    {"nginx",
     "nginx combined + rt= uct= uht= urt= ua=",
     Shape::text,
     ENDED_COMBINED
     R"( "$forwarded_for" rt=$request_time uct="$uct" uht="$uht" urt="$urt" ua="$upstream_addr")",
     {{COMBINED_LINE R"( "-" rt=0.023 uct="0.000" uht="0.023" urt="0.023" ua="10.0.0.1:80")",
       "e 2026-11-23 18:54:23 23ms 503 10.0.0.1:80 /api"}}},
    {"nginx",
     "nginx combined + rt= ua= us= ut= ul= cs=",
     Shape::text,
     ENDED_COMBINED
     R"( "$forwarded_for" "$host" sn="$server_name" rt=$request_time ua="$upstream_addr" )"
     R"(us="$us" ut="$ut" ul="$ul" cs=$cs)",
     {{COMBINED_LINE R"( "-" "pay.local" sn="_" rt=0.023 ua="10.0.0.1:80" us="503" ut="0.023" )"
                     R"(ul="24" cs=-)",
       "e 2026-11-23 18:54:23 23ms 503 10.0.0.1:80 /api"}}},
    {"ingress-nginx",
     "ingress-nginx",
     Shape::text,
     ENDED_COMBINED
     " $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] "
     "$upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id",
     {{COMBINED_LINE " 183 0.029 [default-web-8080] [] 10.0.0.1:8080 59 0.029 503 5bd0",
       "e 2026-11-23 18:54:23 29ms 503 10.0.0.1:8080 /api"},
      {COMBINED_LINE
       " 183 0.029 [web-80] [] 10.0.0.9:80, 10.0.0.1:80 0, 59 0.000, 0.029 502, 503 a",
       "e 2026-11-23 18:54:23 29ms 503 10.0.0.1:80 /api"},
      {COMBINED_LINE " 183 0.000 [] [] - - - - 5bd0", "e 2026-11-23 18:54:23 0s 503 - /api"}}},
    {"apache",
     "Apache combined + %D",
     Shape::text,
     BEGUN_COMBINED " $duration_us",
     {{R"(10.0.0.7 - bob [23/Nov/2026:18:54:23 +0000] "GET /a HTTP/1.1" 200 5 "-" "a \"b\" c" )"
       "23041",
       "b 2026-11-23 18:54:23 23041us 200 - /a"}},
     Found::if_large},
    {"apache",
     "Apache vhost_combined + %D",
     Shape::text,
     "$host " BEGUN_COMBINED " $duration_us",
     {{"pay.local:443 " COMBINED_LINE " 23041", "b 2026-11-23 18:54:23 23041us 503 - /api"}},
     Found::if_large},
    {"apache",
     "Apache combined + **%T/%D**",
     Shape::text,
     BEGUN_COMBINED " **$whole_seconds/$duration_us**",
     {{COMBINED_LINE " **0/23041**", "b 2026-11-23 18:54:23 23041us 503 - /api"}}},
    {"apache-T",
     "Apache combined + %T, whole seconds",
     Shape::text,
     BEGUN_COMBINED " $duration_s",
     {{COMBINED_LINE " 1", "b 2026-11-23 18:54:23 1s 503 - /api"}},
     Found::never},
    {"apache-ms",
     "Apache combined + %{ms}T",
     Shape::text,
     BEGUN_COMBINED " $duration_ms",
     {{COMBINED_LINE " 23", "b 2026-11-23 18:54:23 23ms 503 - /api"}},
     Found::never},
    {"tomcat",
     "Tomcat combined + %D, milliseconds",
     Shape::text,
     ENDED_COMBINED " $duration_ms",
     {{COMBINED_LINE " 23", "e 2026-11-23 18:54:23 23ms 503 - /api"}},
     Found::never},
    {"tomcat",
     "Spring Boot's Tomcat, common + (%D ms)",
     Shape::text,
     R"($remote_addr - $remote_user [$time] "$request" $status $body_bytes_sent ($duration_ms ms))",
     {{R"(0:0:0:0:0:0:0:1 - - [23/Nov/2026:18:54:23 +0000] "GET /a HTTP/1.1" 200 512 (23 ms))",
       "e 2026-11-23 18:54:23 23ms 200 - /a"}}},
    {"traefik",
     "Traefik's CLF",
     Shape::text,
     BEGUN_COMBINED R"( $request_count "$router" "$upstream" $duration)",
     {{COMBINED_LINE R"( 17 "web@docker" "http://10.0.0.1:80" 28ms)",
       "b 2026-11-23 18:54:23 28ms 503 http://10.0.0.1:80 /api"}}},
    {"haproxy",
     "HAProxy's HTTP log",
     Shape::text,
     R"($client [$begin] $frontend $upstream $Tq/$Tw/$Tc/$Tr/$duration_ms $status $bytes_read )"
     R"($request_cookie $response_cookie $termination $connections $queues "$request")",
     {{R"(10.0.1.2:33317 [23/Nov/2026:18:54:23.655] http-in shop/s1 10/0/30/69/109 200 2750 - - )"
       R"(---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1")",
       "b 2026-11-23 18:54:23.655 109ms 200 shop/s1 /index.html"},
      {R"(10.0.1.2:33317 [23/Nov/2026:18:54:23.655] http-in shop/s1 0/0/0/-1/3002 504 194 - - )"
       R"(sH-- 1/1/1/1/0 0/0 "GET /a HTTP/1.1")",
       "b 2026-11-23 18:54:23.655 3002ms 504 shop/s1 /a"},
      {R"(10.0.1.2:33317 [23/Nov/2026:18:54:23.655] http-in shop/s1 0/0/0/-1/+12 -1 0 - - )"
       R"(CH-- 1/1/1/1/0 0/0 "GET /a HTTP/1.1")",
       "b 2026-11-23 18:54:23.655 12ms aborted shop/s1 /a"}}},
    {"envoy",
     "Envoy's default format",
     Shape::text,
     R"([$begin] "$request" $status $flags $bytes_received $bytes_sent $duration_ms )"
     R"($upstream_service_time "$forwarded_for" "$user_agent" "$request_id" "$host" )"
     R"("$upstream_addr")",
     {{R"([2026-11-23T18:54:23.100Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 )"
       R"("10.0.35.28" "nsq2http" "cc21d9b0" "locations" "tcp://10.0.2.1:80")",
       "b 2026-11-23 18:54:23.100 226ms 204 tcp://10.0.2.1:80 /api"},
      {R"([2026-11-23T18:54:23.100Z] "GET /a HTTP/2" 0 DC 154 0 226 - "-" "-" "c" "l" "-")",
       "b 2026-11-23 18:54:23.100 226ms aborted - /a"}}},
    {"istio",
     "Istio's default format",
     Shape::text,
     R"([$begin] "$request" $status $flags $details $termination_details "$transport_failure" )"
     R"($bytes_received $bytes_sent $duration_ms $upstream_service_time "$forwarded_for" )"
     R"("$user_agent" "$request_id" "$host" "$upstream_host" $cluster $local $downstream_local )"
     R"($downstream_remote $server_name $route)",
     {{R"([2026-11-23T18:54:23.100Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 4 4 )"
       R"("-" "curl/7.73.0" "84961386" "httpbin:8000" "10.44.1.27:80" )"
       R"(outbound|8000||httpbin.foo.svc.cluster.local 10.44.1.23:37652 10.0.45.184:8000 )"
       R"(10.44.1.23:46520 - default)",
       "b 2026-11-23 18:54:23.100 4ms 418 10.44.1.27:80 /status"}}},
    {"alb",
     "AWS's application load balancer",
     Shape::text,
     R"($type $time $elb $client $upstream_addr $request_processing_time $duration_s )"
     R"($response_processing_time $status $target_status $received_bytes $sent_bytes "$request" )"
     R"("$user_agent" $ssl_cipher $ssl_protocol $target_group "$trace_id" $*)",
     {{R"(http 2026-11-23T18:54:23.186641Z app/lb/50dc6c49 192.0.2.7:2817 10.0.0.1:80 0.000 0.024 )"
       R"(0.000 200 200 34 366 "GET http://shop.example:80/x HTTP/1.1" "curl/8" - - arn:aws:x )"
       R"("Root=1-0" "-" "-" 0 2026-11-23T18:54:23.162000Z "forward" "-" "-" "-" "-" "-" "-")",
       "e 2026-11-23 18:54:23.186 24ms 200 10.0.0.1:80 /x"},
      {R"(https 2026-11-23T18:54:23.186641Z app/lb/50dc6c49 192.0.2.7:2817 10.0.0.1:80 0.000 -1 -1 )"
       R"(504 - 34 366 "GET https://shop.example:443/x HTTP/1.1" "curl/8" - - arn:aws:x "Root=1-0" )"
       R"("-" "-" 0 2026-11-23T18:54:22.162000Z "forward" "-" "-" "-" "-" "-" "-" TID_1)",
       "e 2026-11-23 18:54:23.186 - 504 10.0.0.1:80 /x"}}},
    {"gin",
     "Gin",
     Shape::text,
     R"([GIN] $time | $status | $duration | $client | $method "$path")",
     {{R"([GIN] 2026/11/23 - 18:54:23 | 200 |   28.638ms | 1.2.3.4 | GET      "/api/x")",
       "e 2026-11-23 18:54:23 28638us 200 - /api"},
      {"[GIN] 2026/11/23 - 18:54:23 | 502 |     474.5\u00b5s | 1.2.3.4 | GET      \"/api/x\"",
       "e 2026-11-23 18:54:23 474500ns 502 - /api"}}},
    {"rails",
     "Rails with lograge",
     Shape::text,
     "$severity, [$time #$pid]$level-- : method=$method path=$path format=$format "
     "controller=$controller action=$action status=$status duration=$duration_ms $*",
     {{"I, [2026-11-23T18:54:23.031877 #1234]  INFO -- : method=GET path=/a/b format=json "
       "controller=Users action=show status=200 duration=28.64 view=0.0 db=1.2",
       "e 2026-11-23 18:54:23.031 28640us 200 - /a"}}},
    {"rails",
     "Rails with lograge and allocations",
     Shape::text,
     "$severity, [$time #$pid]$level-- : method=$method path=$path format=$format "
     "controller=$controller action=$action status=$status allocations=$allocations "
     "duration=$duration_ms $*",
     {{"E, [2026-11-23T18:54:23.031877 #1234] ERROR -- : method=GET path=/a/b format=html "
       "controller=Users action=show status=503 allocations=463 duration=28.64 view=0.00 db=1.20",
       "e 2026-11-23 18:54:23.031 28640us 503 - /a"}}},

    // ---- a line #Fields: names the fields
    {"cloudfront",
     "AWS CloudFront",
     Shape::w3c,
     "duration_s=time-taken status=sc-status x-edge-location path=cs-uri-stem? host=x-host-header?",
     {{"#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs-uri-stem "
       "sc-status x-host-header time-taken\n2026-11-23\t18:54:23\tLHR62-C2\t2390\t192.0.2.2\tGET\t"
       "/a/b\t502\td1.cloudfront.net\t0.028",
       "e 2026-11-23 18:54:23 28ms 502 - /a"}}},
    {"iis",
     "IIS",
     Shape::w3c,
     "duration_ms=time-taken status=sc-status sc-win32-status path=cs-uri-stem? host=cs-host? "
     "upstream=s-ip?",
     {{"#Software: Microsoft Internet Information Services 10.0\n#Fields: date time s-ip cs-method "
       "cs-uri-stem cs-uri-query s-port sc-status sc-substatus sc-win32-status time-taken\n"
       "2026-11-23 18:54:23 127.0.0.1 GET /a/b - 80 200 0 0 28",
       "e 2026-11-23 18:54:23 28ms 200 127.0.0.1 /a"}}},
    {"w3c",
     "W3C's extended log format",
     Shape::w3c,
     "duration=time-taken status=sc-status path=cs-uri-stem? host=cs-host? upstream=s-ip?",
     {{"#Fields: date time cs-uri-stem sc-status time-taken\n2026-11-23 18:54:23.5 /a 200 0.028",
       "e 2026-11-23 18:54:23.500 28ms 200 - /a"}}},

    // ---- JSON with keys of its own
    {"otlp",
     "OpenTelemetry's spans",
     Shape::spans,
     "",
     {{R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":)"
       R"({"stringValue":"shop"}}]},"scopeSpans":[{"spans":[{"name":"GET","kind":3,)"
       R"("startTimeUnixNano":"1795460063250000000","endTimeUnixNano":"1795460064250000000",)"
       R"("attributes":[{"key":"http.response.status_code","value":{"intValue":"504"}},)"
       R"({"key":"server.address","value":{"stringValue":"10.0.0.1"}}],"status":{"code":2}}]}]}]})",
       "b 2026-11-23 18:54:23.250 1s failure 10.0.0.1 -"},
      {R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":2,"startTimeUnixNano":"1","endTimeUnix)"
       R"(Nano":"2"},{"kind":3,"startTimeUnixNano":"1795460063250000000",)"
       R"("endTimeUnixNano":"1795460063260000000"}]}]}]})",
       "b 2026-11-23 18:54:23.250 10ms success - -"}}},
    {"traefik",
     "Traefik's JSON",
     Shape::json,
     "begin=StartUTC duration_ns=Duration status=DownstreamStatus upstream=ServiceURL? "
     "host=RequestHost? path=RequestPath? RouterName?",
     {{R"({"DownstreamStatus":502,"Duration":28638228,"RequestHost":"shop","RequestPath":"/a/b",)"
       R"("ServiceURL":"http://10.0.0.1:80","StartUTC":"2026-11-23T18:54:23.003941000Z",)"
       R"("level":"info","msg":"","time":"2026-11-23T18:54:23Z"})",
       "b 2026-11-23 18:54:23.003 28638228ns 502 http://10.0.0.1:80 /a"}}},
    {"envoy",
     "Envoy's JSON",
     Shape::json,
     "begin=start_time duration_ms=duration status=response_code flags=response_flags? "
     "upstream=upstream_host? host=authority? path=path?",
     {{R"({"start_time":"2026-11-23T18:54:23.003Z","path":"/a/b","response_code":200,"duration":28,)"
       R"("upstream_host":"10.0.0.1:80"})",
       "b 2026-11-23 18:54:23.003 28ms 200 10.0.0.1:80 /a"}}},
    {"caddy",
     "Caddy",
     Shape::json,
     "time=ts logger duration_s=duration status=status path=request.uri host=request.host?",
     {{R"({"level":"info","ts":1795460063.5,"logger":"http.log.access","msg":"handled request",)"
       R"("request":{"remote_ip":"1.2.3.4","host":"shop","uri":"/a/b","headers":{"User-Agent":)"
       R"(["curl"]}},"duration":0.028638228,"size":12,"status":200})",
       "e 2026-11-23 18:54:23.500 28638228ns 200 - /a"}}},
    {"gcp",
     "Google's load balancer",
     Shape::json,
     "begin=timestamp duration=httpRequest.latency status=httpRequest.status "
     "upstream=httpRequest.serverIp? path=httpRequest.requestUrl?",
     {{R"({"httpRequest":{"latency":"0.028638s","requestUrl":"https://shop.example/a/b","status":502,)"
       R"("serverIp":"10.0.0.1"},"insertId":"x","timestamp":"2026-11-23T18:54:23.003941Z"})",
       "b 2026-11-23 18:54:23.003 28638us 502 10.0.0.1 /a"}}},
    {"ecs",
     "Elastic's common schema",
     Shape::json,
     "time=@timestamp duration_ns=event.duration status=http.response.status_code path=url.path? "
     "host=url.domain? upstream=destination.address?",
     {{R"({"@timestamp":"2026-11-23T18:54:23.031Z","event":{"duration":28638228,"outcome":"success"},)"
       R"("http":{"response":{"status_code":200}},"url":{"path":"/a/b"}})",
       "e 2026-11-23 18:54:23.031 28638228ns 200 - /a"},
      {R"({"@timestamp":"2026-11-23T18:54:23.031Z","event.duration":28638228,)"
       R"("http.response.status_code":200,"url.path":"/a/b"})",
       "e 2026-11-23 18:54:23.031 28638228ns 200 - /a"}}},
    {"pino",
     "pino-http",
     Shape::json,
     "time=time duration_ms=responseTime status=res.statusCode path=req.url? "
     "host=req.headers.host?",
     {{R"({"level":30,"time":1795460063500,"pid":1,"hostname":"a","req":{"method":"GET","url":)"
       R"("/a/b"},"res":{"statusCode":200},"responseTime":28,"msg":"request completed"})",
       "e 2026-11-23 18:54:23.500 28ms 200 - /a"}}},
    {"grpc",
     "gRPC's middleware for Go",
     Shape::json,
     "time=time duration_ms=grpc.time_ms grpc.status=grpc.code host=grpc.service? "
     "path=grpc.method?",
     {{R"({"time":"2026-11-23T18:54:23.031Z","grpc.service":"Users","grpc.method":"/Get/x",)"
       R"("grpc.code":"DeadlineExceeded","grpc.time_ms":28.638})",
       "e 2026-11-23 18:54:23.031 28638us 504 - /Get"}}},
    {"zap",
     "zap",
     Shape::json,
     "time=ts level msg duration_s=duration status=status path=path? url=url? host=host? "
     "upstream=upstream?",
     {{R"({"level":"info","ts":1795460063.5,"caller":"client/http.go:42","msg":"call","status":200,)"
       R"("duration":0.028638228,"path":"/a/b"})",
       "e 2026-11-23 18:54:23.500 28638228ns 200 - /a"}},
     Found::if_fractions},
    {"slog",
     "Go's slog",
     Shape::json,
     "time=time level msg duration_ns=duration status=status path=path? url=url? host=host? "
     "upstream=upstream?",
     {{R"({"time":"2026-11-23T18:54:23.031877Z","level":"INFO","msg":"call","path":"/a/b",)"
       R"("status":200,"duration":28638228})",
       "e 2026-11-23 18:54:23.031 28638228ns 200 - /a"}},
     Found::never},

    // ---- by the usual names of fields
    {"json",
     "JSON lines",
     Shape::json,
     "",
     {{R"({"time":"2026-11-23T18:54:23+00:00","request_time":0.023,"status":"502","n":1,)"
       R"("upstream":"10.0.0.1","path":"/a"})",
       "e 2026-11-23 18:54:23 23ms 502 10.0.0.1 /a"},
      {R"({"time":"2026-11-23T18:54:23.031877Z","status":200,"duration":28638228})",
       "e 2026-11-23 18:54:23.031 28638228ns 200 - -"},
      {"{\"timestamp\":\"2026-11-23T18:54:23.5Z\",\"status\":502,\"latency\":\"474.5\u03bcs\"}",
       "e 2026-11-23 18:54:23.500 474500ns 502 - -"},
      {R"({"timestamp":"2026-11-23T18:54:23.5Z","statusCode":502,"durationMs":1.5})",
       "e 2026-11-23 18:54:23.500 1500us 502 - -"},
      {R"({"timestamp":"2026-11-23T18:54:23.5Z","url":"http://users/","status":502,)"
       R"("duration":7.1e-05})",
       "e 2026-11-23 18:54:23.500 71us 502 - /"},
      {R"({"name":"GET","start_time":"2026-11-23T18:54:23.25Z","end_time":)"
       R"("2026-11-23T18:54:24.25Z","status":{"status_code":"ERROR"},)"
       R"("attributes":{"http.status_code":504}})",
       "b 2026-11-23 18:54:23.250 1s failure - -"}}},
    {"logfmt",
     "logfmt",
     Shape::logfmt,
     "",
     {{R"(time=2026-11-23T18:54:23.031Z level=info msg="handled \"it\"" status=200 duration=28.638ms )"
       R"(upstream=10.0.0.1:80 path="/a/b")",
       "e 2026-11-23 18:54:23.031 28638us 200 10.0.0.1:80 /a"},
      {R"(level=info status=503 took=1m2.5s ts=1795460063.5)",
       "e 2026-11-23 18:54:23.500 62500ms 503 - -"}}},
    {"csv",
     "CSV",
     Shape::csv,
     "",
     {{"time,duration,status\n1795460063.5,0.023,200", "e 2026-11-23 18:54:23.500 23ms 200 - -"},
      {"1795460063.5,0.023,ok", "e 2026-11-23 18:54:23.500 23ms success - -"},
      {"time;duration;status\n2026-11-23 18:54:23,031;0,028;200",
       "e 2026-11-23 18:54:23.031 28ms 200 - -"},
      {"path,\"duration_ms\",outcome,time\n\"/a/\"\"b\"\"\",1.5,timeout,1795460063.5",
       "e 2026-11-23 18:54:23.500 1500us failure - /a"}}},
};

}  // namespace

std::span<const KnownFormat> known_formats() { return table; }

}  // namespace backtest
