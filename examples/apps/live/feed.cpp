// Server-sent events, see feed.hpp.
#include "feed.hpp"

#include <algorithm>

namespace live {

void Feed::publish(const std::string& event, const std::string& data, bool is_kept) {
  const auto text =
      std::make_shared<const std::string>("event: " + event + "\ndata: " + data + "\n\n");
  const std::lock_guard lock{mutex_};
  if (is_kept) {
    kept_.push_back(text);
    for (bytes_kept_ += text->size(); bytes_kept_ > most_kept; kept_.pop_front())
      bytes_kept_ -= kept_.front()->size();
  }
  std::erase_if(readers_, [](const auto& reader) { return reader.expired(); });
  for (const auto& weak : readers_) {
    const auto reader = weak.lock();
    if (!reader) continue;
    if (reader->waiting.size() == 1000) reader->waiting.pop_front();
    reader->waiting.push_back(text);
  }
  news_.notify_all();
}

std::string Feed::next(Reader& reader) {
  std::unique_lock lock{mutex_};
  news_.wait(lock, [&] { return is_closed_ || !reader.waiting.empty(); });
  std::string text;
  if (is_closed_) return text;
  for (const Text& event : reader.waiting) text += *event;
  reader.waiting.clear();
  return text;
}

bool Feed::stream_to(httplib::Response& response, const std::string& address) {
  const auto reader = std::make_shared<Reader>();
  {
    const std::lock_guard lock{mutex_};
    std::erase_if(readers_, [](const auto& each) { return each.expired(); });
    const auto of_one = std::count_if(readers_.begin(), readers_.end(), [&](const auto& each) {
      const auto open = each.lock();
      return open && open->address == address;
    });
    if (readers_.size() >= most_streams || static_cast<std::size_t>(of_one) >= most_of_one)
      return false;
    *reader = {address, kept_};
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
  return true;
}

void Feed::close() {
  const std::lock_guard lock{mutex_};
  is_closed_ = true;
  news_.notify_all();
}

}  // namespace live
