// SPDX-License-Identifier: Apache-2.0
// A page's own files, which the build puts into the program (pupil_page() in cmake/pupil.cmake), served with the style that all
// local pages share (page/).

#pragma once

#include <span>
#include <string_view>

#include "web/server.h"

namespace pupil::web {

struct PageFile {
  std::string_view name;  ///< "index.html", "live.js": the ending says what it is
  std::string_view text;
};

/// What all pages share: "base.css" and "spectrogram.js". Static storage.
std::span<const PageFile> shared_page_files();

/// "index.html" at "/", the others and the shared files by their names. Relative links hold behind a proxy too, that shows the page
/// under a prefix (Request::prefix), with or without a slash at its end. `files` outlive the server. Before start().
void serve_page(Server& server, std::span<const PageFile> files);

}  // namespace pupil::web
