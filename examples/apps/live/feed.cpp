// Server-sent events, see feed.hpp.
#include "feed.hpp"

namespace live {

void Feed::publish(const std::string& event, const std::string& data) {
  const std::lock_guard lock{mutex_};
  std::erase_if(readers_, [](const auto& reader) { return reader.expired(); });
  for (const auto& weak : readers_) {
    const auto reader = weak.lock();
    if (!reader) continue;
    if (reader->waiting.size() == 1000) reader->waiting.pop_front();
    reader->waiting.push_back("event: " + event + "\ndata: " + data + "\n\n");
  }
  news_.notify_all();
}

std::string Feed::next(Reader& reader) {
  std::unique_lock lock{mutex_};
  news_.wait(lock, [&] { return is_closed_ || !reader.waiting.empty(); });
  std::string text;
  if (is_closed_) return text;
  for (const std::string& event : reader.waiting) text += event;
  reader.waiting.clear();
  return text;
}

void Feed::stream_to(httplib::Response& response) {
  const auto reader = std::make_shared<Reader>();
  {
    const std::lock_guard lock{mutex_};
    readers_.push_back(reader);
  }
  response.set_header("Cache-Control", "no-store");
  response.set_chunked_content_provider("text/event-stream",
                                        [this, reader](std::size_t, httplib::DataSink& sink) {
                                          const std::string text = next(*reader);
                                          if (text.empty()) {
                                            sink.done();
                                            return true;
                                          }
                                          return sink.write(text.data(), text.size());
                                        });
}

void Feed::close() {
  const std::lock_guard lock{mutex_};
  is_closed_ = true;
  news_.notify_all();
}

}  // namespace live
