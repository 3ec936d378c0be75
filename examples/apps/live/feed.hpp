// Server-sent events: whatever is published reaches every page that is open.
#pragma once

#include <httplib.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace live {

class Feed {
 public:
  /// How many streams may be open, in all and of one address: each holds a worker of the server.
  static constexpr std::size_t most_streams = 16;
  static constexpr std::size_t most_of_one = 6;
  /// How many bytes of what was published are kept, for a page that is loaded later: a minute of a thousand circuits.
  static constexpr std::size_t most_kept = std::size_t{4} << 20;

  /// Send `data`, one line, to every reader. A reader that is 1000 events behind loses the oldest.
  /// `is_kept`: also to readers that come later.
  void publish(const std::string& event, const std::string& data, bool is_kept);

  /// Make `response` a stream of what is kept and of what is published from now on, until reader or
  /// feed is gone. `address`: whose it is. **Returns** false if too many are open.
  bool stream_to(httplib::Response& response, const std::string& address);

  /// End all streams.
  void close();

 private:
  /// One for all readers.
  using Text = std::shared_ptr<const std::string>;
  struct Reader {
    std::string address;
    std::deque<Text> waiting;
  };
  /// **Returns** what waits for `reader`, "" when the feed is closed; waits for it.
  std::string next(Reader& reader);

  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<std::weak_ptr<Reader>> readers_;  // guarded by mutex_, and what they hold
  std::deque<Text> kept_;                       // guarded by mutex_
  std::size_t bytes_kept_ = 0;                  // guarded by mutex_
  bool is_closed_ = false;                      // guarded by mutex_
};

}  // namespace live
