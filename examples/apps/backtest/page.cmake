# Writes the page of the report as a string. Takes: PAGE (report.html), OUT (the header).
file(READ ${PAGE} page)
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT [[
#pragma once
#include <string_view>
inline constexpr std::string_view page_template = R"~~~~(@page@)~~~~";
]])
