// Server-sent events: whatever is published reaches every page that is open.
#pragma once

#include <httplib.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace live {

class Feed {
 public:
  /// Send `data`, one line, to every reader. A reader that is 1000 events behind loses the oldest.
  void publish(const std::string& event, const std::string& data);

  /// Make `response` a stream of what is published from now on, until reader or feed is gone.
  void stream_to(httplib::Response& response);

  /// End all streams.
  void close();

 private:
  struct Reader {
    std::deque<std::string> waiting;
  };
  /// **Returns** what waits for `reader`, "" when the feed is closed; waits for it.
  std::string next(Reader& reader);

  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<std::weak_ptr<Reader>> readers_;  // guarded by mutex_, and what they hold
  bool is_closed_ = false;                      // guarded by mutex_
};

}  // namespace live
