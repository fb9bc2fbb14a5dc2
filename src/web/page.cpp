// SPDX-License-Identifier: Apache-2.0
#include "web/page.h"

#include "base/text.h"

namespace pupil::web {

std::span<const PageFile> page_files();  // of this module: what all pages share

namespace {

Response file_response(const PageFile& file) {
  Response response;
  response.type = file.name.ends_with(".js")    ? "text/javascript; charset=utf-8"
                  : file.name.ends_with(".css") ? "text/css; charset=utf-8"
                                                : "text/html; charset=utf-8";
  response.body = file.text;
  return response;
}

// Relative links need the page's folder. A proxy may show the page without the slash at its end.
Response index_response(const PageFile& file, const Request& request) {
  Response response = file_response(file);
  constexpr std::string_view kHead = "<head>";
  if (!request.prefix.empty())
    response.body.insert(
        response.body.find(kHead) + kHead.size(),
        concat("<base href=\"", request.prefix, request.prefix.ends_with('/') ? "" : "/", "\">"));
  return response;
}

}  // namespace

std::span<const PageFile> shared_page_files() {
  return page_files();
}

void serve_page(Server& server, std::span<const PageFile> files) {
  for (const PageFile& file : files) {
    if (file.name == "index.html")
      server.get("/", [file](const Request& request) { return index_response(file, request); });
    else
      server.get(concat("/", file.name), [file](const Request&) { return file_response(file); });
  }
  for (const PageFile& file : page_files())
    server.get(concat("/", file.name), [file](const Request&) { return file_response(file); });
}

}  // namespace pupil::web
