// The demo from its first line to its last: the same load on the same sick service, twice.
#pragma once

#include <string>

#include "story.hpp"

namespace demo {

/// Tell the story, to the service at `url`.
/// **Returns** whether everything went as it should.
[[nodiscard]] bool run_demo(const Story& story, const std::string& url);

}  // namespace demo
