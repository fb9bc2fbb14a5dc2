// SPDX-License-Identifier: Apache-2.0
#include "review/review_page.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "review/reviewer.h"
#include "web/page.h"

namespace pupil::review {

std::span<const web::PageFile> page_files();  // made by the build

namespace {

constexpr std::int64_t kMostItems = 48;
constexpr std::size_t kMostAtOnce = 1000;

std::int64_t read_id(std::string_view text, std::string_view what) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0)
    throw Error(concat(what, " is not a number"));
  return id;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::int64_t> read_ids(std::string_view text) {
  std::vector<std::int64_t> ids;
  if (text.empty()) return ids;
  for (const std::string_view part : split(text, ',')) ids.push_back(read_id(part, "alike"));
  if (ids.size() > kMostAtOnce) throw Error("too many windows at once");
  return ids;
}

// An Error is the request's or the data's, and is said in words; a full disk is neither.
template <typename Answer>
web::Handler answering(const Answer& answer) {
  return [answer](const web::Request& request) -> web::Response {
    try {
      return answer(request);
    } catch (const DiskError& error) {
      return web::Response::text(503, error.what());
    } catch (const Error& error) {
      return web::Response::text(400, error.what());
    }
  };
}

web::Response json(const Json& value) {
  return web::Response::json(value.dump());
}

}  // namespace

ReviewPage::ReviewPage(web::Server& server, std::filesystem::path project_dir, SessionOptions options)
    : project_dir_(std::move(project_dir)), options_(std::move(options)) {
  using web::Request;
  const auto below = [](const Request& request, std::string_view folder) {
    return read_id(std::string_view(request.path).substr(folder.size()), "the window");
  };
  web::serve_page(server, page_files());
  server.get("/project", answering([this](const Request&) { return json(session().about()); }));
  server.get("/summary", answering([this](const Request&) { return json(session().summary()); }));
  server.get("/next", answering([this](const Request& request) {
               const std::int64_t count = read_id(request.query_value("count"), "count");
               return json(session().next(checked_reviewer(std::string(request.query_value("reviewer"))),
                                          static_cast<std::size_t>(std::min(count, kMostItems))));
             }));
  server.get("/neighbours/*", answering([this, below](const Request& request) {
               return json(session().neighbours(below(request, "/neighbours/")));
             }));
  server.get("/student/*", answering([this, below](const Request& request) {
               return json(session().student(below(request, "/student/")));
             }));
  server.get("/sound/*", answering([this](const Request& request) { return sound(request); }));
  server.post("/verdict", answering([this](const Request& request) { return take_verdict(request); }));
  server.post("/skip", answering([this](const Request& request) { return take_skip(request); }));
  server.post("/undo", answering([this](const Request& request) {
                return json(session().undo(checked_reviewer(request.form_value("reviewer"))));
              }));
}

ReviewSession& ReviewPage::session() {
  if (!session_) session_ = std::make_unique<ReviewSession>(project_dir_, options_);
  return *session_;
}

web::Response ReviewPage::sound(const web::Request& request) {
  const auto parts = split(std::string_view(request.path).substr(std::string_view("/sound/").size()), '/');
  if (parts.size() != 4) return web::Response::text(404, "sound/ID/KIND/N/SPAN");
  web::Response response;
  response.type = "audio/wav";
  response.body =
      session().sound(read_id(parts[0], "the window"), std::string(parts[1]),
                      static_cast<std::size_t>(read_id(parts[2], "the view")), std::string(parts[3]));
  response.ranged = true;
  return response;
}

web::Response ReviewPage::take_verdict(const web::Request& request) {
  GivenVerdict verdict;
  verdict.reviewer = checked_reviewer(request.form_value("reviewer"));
  verdict.window_id = read_id(request.form_value("id"), "id");
  const auto kind = corpus::parse_verdict_kind(request.form_value("kind"));
  if (!kind) throw Error("kind is accept, reject, class, none or unsure");
  verdict.kind = *kind;
  verdict.label = request.form_value("class");
  verdict.alike = read_ids(request.form_value("alike"));
  const std::string repeat = request.form_value("repeat_of");
  if (!repeat.empty()) verdict.repeat_of = read_id(repeat, "repeat_of");
  return json(session().record(verdict));
}

web::Response ReviewPage::take_skip(const web::Request& request) {
  session().skip(checked_reviewer(request.form_value("reviewer")), read_id(request.form_value("id"), "id"));
  return json(Json::Object{{"skipped", true}});
}

void check_reviewable(const std::filesystem::path& project_dir, const SessionOptions& options) {
  corpus::Catalogue catalogue = corpus::Catalogue::open(project_dir);
  const corpus::ReviewConfigs configs = corpus::find_review_configs(catalogue);
  const std::vector<std::string_view> names(configs.classes.begin(), configs.classes.end());
  if (!options.label.empty() && std::ranges::find(names, options.label) == names.end())
    throw Error(concat("no class is called '", options.label, "'", did_you_mean(options.label, names)));
}

}  // namespace pupil::review
