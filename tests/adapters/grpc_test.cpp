// grpc.hpp: a channel against a gRPC server, which counts the calls that arrive. Both are generic, so
// that no code has to be generated.
#include "breaker/adapters/grpc.hpp"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/client_unary_call.h>

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using adapters::grpc_interceptor;
using adapters::GrpcInterceptors;
using Circuit = CircuitBreaker<ManualClock>;

constexpr const char* get = "/prices.Prices/Get";
constexpr const char* put = "/prices.Prices/Put";
constexpr const char* check = "/grpc.health.v1.Health/Check";

grpc::ByteBuffer bytes(const std::string& text) {
  const grpc::Slice slice{text};
  return {&slice, 1};
}

// Ends each call with the status it is told, echoing the request (or a text of the size it is told) if
// that is OK, or never: it may send that once before.
class Server : private grpc::CallbackGenericService {
 public:
  Server() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
  }
  ~Server() { server_->Shutdown(std::chrono::system_clock::now()); }

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  std::atomic<grpc::StatusCode> status{grpc::StatusCode::OK};
  std::atomic<bool> hangs{false};
  std::atomic<bool> sends_first{false};
  std::atomic<std::size_t> size{0};
  std::string pushback;  // both while no call is under way
  std::string details;
  std::atomic<int> arrived{0};

 private:
  class Call final : public grpc::ServerGenericBidiReactor {
   public:
    Call(Server& server, grpc::GenericCallbackServerContext& context)
        : server_{server}, hangs_{server.hangs} {
      server_.arrived.fetch_add(1);
      if (!server_.pushback.empty())
        context.AddTrailingMetadata("grpc-retry-pushback-ms", server_.pushback);
      StartRead(&message_);
    }
    void OnReadDone(bool ok) override {
      const grpc::StatusCode status = server_.status;
      if (server_.size > 0) message_ = bytes(std::string(server_.size, 'x'));
      if (hangs_ && ok && server_.sends_first) StartWrite(&message_);
      if (hangs_) return;
      if (ok && status == grpc::StatusCode::OK)
        return StartWriteAndFinish(&message_, {}, grpc::Status::OK);
      Finish(status == grpc::StatusCode::OK ? grpc::Status::OK
                                            : grpc::Status{status, "told to", server_.details});
    }
    void OnCancel() override {
      if (hangs_) Finish(grpc::Status::CANCELLED);
    }
    void OnDone() override { delete this; }

   private:
    Server& server_;
    const bool hangs_;
    grpc::ByteBuffer message_;
  };

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Call{*this, *context};
  }

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// A channel with an interceptor, and how calls on it end.
class Client {
 public:
  Client(const Server& server, GrpcInterceptors::value_type interceptor) {
    GrpcInterceptors interceptors;
    if (interceptor) interceptors.push_back(std::move(interceptor));
    channel_ = grpc::experimental::CreateCustomChannelWithInterceptors(
        server.address(), grpc::InsecureChannelCredentials(), {}, std::move(interceptors));
  }

  grpc::Status call(const char* method, std::chrono::milliseconds timeout = 10s) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + timeout);
    const grpc::ByteBuffer request = bytes(method == check ? "" : "which?");
    grpc::ByteBuffer response;
    return grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
        channel_.get(), {method, nullptr, grpc::internal::RpcMethod::NORMAL_RPC}, &context, request,
        &response);
  }

  /// **Returns** how `times` calls ended, in one word each.
  std::string calls(int times, const char* method = get) {
    std::string codes;
    for (; times > 0; --times) codes += std::to_string(call(method).error_code()) + ' ';
    return codes;
  }

  std::shared_ptr<grpc::Channel> channel() { return channel_; }

 private:
  std::shared_ptr<grpc::Channel> channel_;
};

// A circuit on a channel to a server. Its clock moves only when told.
struct Guarded {
  Server server;
  ManualClock clock;
  Circuit circuit{Config{.open_for = 10s}, ConsecutiveFailures{3}, clock};
  Client client{server, grpc_interceptor(circuit)};
};

// One message there and one back.
class Stream final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit Stream(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::GenericStub{channel}.PrepareBidiStreamingCall(&context_, get, {}, this);
    StartRead(&response_);
    StartWriteLast(&request_, {});
    StartCall();
  }
  void OnReadDone(bool ok) override {
    reads += ok ? 1 : 0;
    if (ok && reads == 1) first_.set_value();
    if (ok) StartRead(&response_);
  }
  void OnWriteDone(bool ok) override { writes += ok ? 1 : 0; }
  void OnDone(const grpc::Status& status) override { done_.set_value(status); }

  grpc::Status status() { return done_.get_future().get(); }
  void wait_for_first() { first_.get_future().get(); }
  void cancel() { context_.TryCancel(); }

  int reads = 0;
  int writes = 0;

 private:
  grpc::ClientContext context_;
  grpc::ByteBuffer request_ = bytes("which?");
  grpc::ByteBuffer response_;
  std::promise<void> first_;
  std::promise<grpc::Status> done_;
};

// A google.rpc.Status with a RetryInfo of these seconds and nanoseconds, behind some other detail.
std::string retry_info(const std::string& delay) {
  const auto field = [](char tag, const std::string& text) {
    return std::string{tag, static_cast<char>(text.size())} + text;
  };
  const auto any = [&](const std::string& type, const std::string& value) {
    return field('\x1a',
                 field('\x0a', "type.googleapis.com/google.rpc." + type) + field('\x12', value));
  };
  return std::string{"\x08\x0e"} + any("DebugInfo", field('\x12', "why")) +
         any("RetryInfo", field('\x0a', delay));
}

[[maybe_unused]] void example() {
  std::map<std::string, CircuitBreaker<>, std::less<>> circuits;
#include "example/grpc.inc"
}

}  // namespace

TEST_CASE("a circuit on a channel opens on a failing server, probes it, and closes again") {
  Guarded guarded;
  Server& server = guarded.server;

  CHECK(guarded.client.calls(3) == "0 0 0 ");
  server.status = grpc::StatusCode::INTERNAL;
  CHECK(guarded.client.calls(5) == "13 13 13 14 14 ");
  CHECK(server.arrived == 3 + 3);

  guarded.clock.advance(10s);
  CHECK(guarded.client.calls(3) == "13 14 14 ");  // one probe, which fails
  CHECK(server.arrived == 3 + 3 + 1);

  server.status = grpc::StatusCode::OK;
  guarded.clock.advance(10s);
  CHECK(guarded.client.calls(3) == "0 0 0 ");  // one probe, which closes
  CHECK(server.arrived == 3 + 3 + 1 + 3);
  CHECK(guarded.circuit.state() == State::closed);
}

TEST_CASE("of many calls at a time no more reach the server than there may be probes") {
  Server server;
  ManualClock clock;
  Circuit circuit{Config{.open_for = 10s, .probes = 2}, clock};
  Client client{server, grpc_interceptor(circuit)};
  server.hangs = true;
  circuit.trip();
  clock.advance(10s);

  std::vector<std::future<grpc::Status>> calls;
  for (int i = 0; i < 8; ++i) {
    calls.push_back(std::async(std::launch::async, [&] { return client.call(get, 1s); }));
  }
  std::map<grpc::StatusCode, int> ends;
  for (auto& call : calls) ++ends[call.get().error_code()];

  CHECK(server.arrived == 2);
  CHECK(ends == std::map<grpc::StatusCode, int>{{grpc::StatusCode::DEADLINE_EXCEEDED, 2},
                                                {grpc::StatusCode::UNAVAILABLE, 6}});
  CHECK(circuit.state() == State::open);
}

TEST_CASE("each status counts as the table says") {
  Guarded guarded;
  const auto failures_after = [&](grpc::StatusCode code) {
    guarded.circuit.reset();
    guarded.server.status = grpc::StatusCode::UNAVAILABLE;
    static_cast<void>(guarded.client.call(get));  // so that a success can be told from ignored
    guarded.server.status = code;
    CHECK(guarded.client.call(get).error_code() == code);
    return guarded.circuit.snapshot().numbers.at[0];
  };

  for (const int failure : {2, 4, 8, 13, 14, 15}) {
    CAPTURE(failure);
    CHECK(failures_after(static_cast<grpc::StatusCode>(failure)) == 2);
  }
  for (const int success : {0, 3, 5, 6, 7, 9, 10, 11, 12, 16}) {
    CAPTURE(success);
    CHECK(failures_after(static_cast<grpc::StatusCode>(success)) == 0);
  }
  CHECK(failures_after(grpc::StatusCode::CANCELLED) == 1);
}

TEST_CASE("nobody there, and a server that hangs, are failures") {
  ManualClock clock;
  Circuit circuit{Config{.open_for = 10s}, ConsecutiveFailures{2}, clock};

  SECTION("nobody there") {
    auto server = std::make_unique<Server>();
    Client client{*server, grpc_interceptor(circuit)};
    server.reset();
    CHECK(client.calls(2) == "14 14 ");
  }
  SECTION("hangs") {
    Server server;
    server.hangs = true;
    Client client{server, grpc_interceptor(circuit)};
    for (int i = 0; i < 2; ++i)
      CHECK(client.call(get, 50ms).error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
  }

  CHECK(circuit.state() == State::open);
}

TEST_CASE("a refused call says why and for how long, and nothing is sent") {
  Guarded guarded;
  guarded.circuit.trip();

  const grpc::Status status = guarded.client.call(get);

  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(status.error_message() == "the circuit is open for 10000 ms");
  CHECK(guarded.server.arrived == 0);
}

TEST_CASE("health checks pass by, and count for nothing") {
  Guarded guarded;
  guarded.circuit.force_open();

  CHECK(guarded.client.call(check).ok());

  CHECK(guarded.circuit.snapshot().refused == 0);
  CHECK_FALSE(guarded.client.call(get).ok());
}

TEST_CASE("each method may have a circuit of its own, or none") {
  Server server;
  ManualClock clock;
  Circuit circuit{Config{.open_for = 10s}, ConsecutiveFailures{2}, clock};
  Client client{server, grpc_interceptor([&](std::string_view method) {
                  return method == get ? &circuit : nullptr;
                })};
  server.status = grpc::StatusCode::INTERNAL;

  CHECK(client.calls(4, put) == "13 13 13 13 ");
  CHECK(client.calls(4, get) == "13 13 14 14 ");
  CHECK(client.calls(1, put) == "13 ");
  CHECK(server.arrived == 4 + 2 + 1);
}

TEST_CASE("a stream counts by its status, and a refused one reads and writes nothing") {
  Guarded guarded;

  {
    Stream stream{guarded.client.channel()};
    CHECK(stream.status().ok());
    CHECK(stream.reads == 1);
    CHECK(stream.writes == 1);
  }
  guarded.server.status = grpc::StatusCode::DATA_LOSS;
  for (int i = 0; i < 3; ++i) {
    CHECK(Stream{guarded.client.channel()}.status().error_code() == grpc::StatusCode::DATA_LOSS);
  }
  CHECK(guarded.circuit.state() == State::open);
  {
    Stream stream{guarded.client.channel()};
    CHECK(stream.status().error_code() == grpc::StatusCode::UNAVAILABLE);
    CHECK(stream.reads == 0);
    CHECK(stream.writes == 0);
  }
  CHECK(guarded.server.arrived == 4);
}

TEST_CASE("a deadline that was over before the call began says nothing of the server") {
  Guarded guarded;
  guarded.server.status = grpc::StatusCode::INTERNAL;
  CHECK(guarded.client.calls(2) == "13 13 ");
  guarded.server.hangs = true;

  for (int i = 0; i < 5; ++i)
    CHECK(guarded.client.call(get, 0ms).error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);

  CHECK(guarded.circuit.snapshot().numbers.at[0] == 2);  // neither more nor forgiven
}

TEST_CASE("a message larger than the caller's limit, and a call that he cancels, are ignored") {
  Guarded guarded;
  guarded.server.status = grpc::StatusCode::INTERNAL;
  CHECK(guarded.client.calls(2) == "13 13 ");
  guarded.server.status = grpc::StatusCode::OK;

  SECTION("larger than what he takes") {
    guarded.server.size = 5'000'000;
    CHECK(guarded.client.calls(3) == "8 8 8 ");
  }
  SECTION("cancelled") {
    guarded.server.hangs = true;
    for (int i = 0; i < 3; ++i) {
      Stream stream{guarded.client.channel()};
      stream.cancel();
      CHECK(stream.status().error_code() == grpc::StatusCode::CANCELLED);
    }
  }

  CHECK(guarded.circuit.snapshot().numbers.at[0] == 2);
}

TEST_CASE("what the server asks to wait for is the open wait") {
  Guarded guarded;
  guarded.server.status = grpc::StatusCode::UNAVAILABLE;
  const auto wait = [&](const char* pushback, const std::string& details) {
    guarded.circuit.reset();
    guarded.server.pushback = pushback;
    guarded.server.details = details;
    CHECK(guarded.client.calls(3) == "14 14 14 ");
    return guarded.circuit.why().open_for;
  };

  CHECK(wait("", "") == 10s);
  CHECK(wait("45000", "") == 45s);
  CHECK(wait("-1", "") == 10s);
  CHECK(wait("soon", "") == 10s);
  CHECK(wait("45000x", "") == 10s);
  CHECK(wait("", retry_info("\x08\x3c")) == 60s);
  CHECK(wait("45000", retry_info("\x08\x3c")) == 60s);
  CHECK(wait("", retry_info({"\x08\x3c\x10\x80\x94\xeb\xdc\x03", 8})) ==
        10s);  // + 10^9 ns, too many
}

TEST_CASE("details of a status that are none are left alone") {
  const auto wait = adapters::detail::retry_info_wait;
  const std::string whole = retry_info({"\x08\x3c\x10\x80\xca\xb5\xee\x01", 8});  // 60.5 s

  CHECK(wait(whole).ticks() == 60'500'000'000);
  CHECK(wait(retry_info("\x08\xff\xff\xff\xff\x0f")).ticks() == 1'000'000'000 * 1'000'000'000LL);
  CHECK_FALSE(
      wait(retry_info({"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11})).is_given());  // -1
  CHECK_FALSE(wait("nonsense").is_given());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    for (int byte = 0; byte < 256; byte += 5) {  // no bytes make it read beyond their end
      std::string cut{whole, 0, size};
      if (size > 0) cut[size / 2] = static_cast<char>(byte);
      static_cast<void>(wait(std::string_view{cut}));
    }
  }
}

TEST_CASE("a classifier of the caller's comes after the circuit's own, before the rest") {
  struct NotFoundFails {
    static Judgement on_result(const grpc::Status& status) {
      return status.error_code() == grpc::StatusCode::NOT_FOUND ? Verdict::failure
                                                                : Judgement::none();
    }
  };
  struct AbortedFails {
    static Judgement on_result(const grpc::Status& status) {
      return status.error_code() == grpc::StatusCode::ABORTED ? Verdict::failure
                                                              : Judgement::none();
    }
  };
  Server server;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1000}, NotFoundFails{}};
  Client client{server, grpc_interceptor(circuit, AbortedFails{} | adapters::GrpcResults{})};
  const auto failures_after = [&](grpc::StatusCode code) {
    server.status = code;
    client.calls(1);
    return circuit.snapshot().numbers.at[0];
  };

  CHECK(failures_after(grpc::StatusCode::NOT_FOUND) == 1);
  CHECK(failures_after(grpc::StatusCode::ABORTED) == 2);
  CHECK(failures_after(grpc::StatusCode::UNAVAILABLE) == 3);
  CHECK(failures_after(grpc::StatusCode::ALREADY_EXISTS) == 0);
}

TEST_CASE("a stream without an end counts by its first message, if it is asked to") {
  Server server;
  ManualClock clock;
  Circuit circuit{Config{.open_for = 10s}, ConsecutiveFailures{1}, clock};
  Client client{server, grpc_interceptor(circuit, adapters::GrpcResults{},
                                         adapters::GrpcStreams::by_first_message)};
  circuit.trip();
  clock.advance(10s);
  server.hangs = true;
  server.sends_first = true;

  Stream stream{client.channel()};
  stream.wait_for_first();
  CHECK(circuit.state() == State::closed);
  stream.cancel();
  stream.status();
  CHECK(circuit.state() == State::closed);

  server.hangs = false;
  server.status = grpc::StatusCode::UNAVAILABLE;
  Stream{client.channel()}.status();  // no message came before its status
  CHECK(circuit.state() == State::open);
}

TEST_CASE("unless it is asked to, a stream without an end holds its probe") {
  Guarded guarded;
  guarded.circuit.trip();
  guarded.clock.advance(10s);
  guarded.server.hangs = true;
  guarded.server.sends_first = true;

  Stream stream{guarded.client.channel()};
  stream.wait_for_first();
  CHECK_FALSE(guarded.circuit.would_admit());
  stream.cancel();
  stream.status();
  CHECK(guarded.circuit.would_admit());
}

TEST_CASE("what a synchronous stub returns is judged by call()") {
  Server server;
  Client client{server, nullptr};
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{2}, adapters::GrpcResults{}};
  const auto call = [&](grpc::StatusCode code) {
    server.status = code;
    return circuit.call([&] { return client.call(get); }).error_code();
  };

  call(grpc::StatusCode::UNAVAILABLE);
  CHECK(call(grpc::StatusCode::NOT_FOUND) == grpc::StatusCode::NOT_FOUND);
  CHECK(circuit.snapshot().numbers.at[0] == 0);
  call(grpc::StatusCode::INTERNAL);
  call(grpc::StatusCode::UNAVAILABLE);
  CHECK(circuit.state() == State::open);
  CHECK(call(grpc::StatusCode::OK) == grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("the adapter for gRPC allocates nothing but the object that gRPC asks for") {
  struct Idle final : grpc::experimental::Interceptor {
    void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override {
      batch->Proceed();
    }
  };
  struct Idles final : grpc::experimental::ClientInterceptorFactoryInterface {
    grpc::experimental::Interceptor* CreateClientInterceptor(
        grpc::experimental::ClientRpcInfo*) override {
      return new Idle;
    }
  };
  Guarded guarded;
  Client idle{guarded.server, std::make_unique<Idles>()};
  const auto least = [](Client& client) {  // what gRPC needs differs from call to call
    int fewest = 1'000'000;
    for (int i = 0; i < 50; ++i) {
      fewest = std::min(fewest, allocations_in([&] { static_cast<void>(client.call(get)); }));
    }
    return fewest;
  };

  const int without = least(idle);
  const int with = least(guarded.client);

  CHECK(without > 0);
  CHECK(with == without);
}
