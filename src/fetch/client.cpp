// SPDX-License-Identifier: Apache-2.0
// Redirects are followed here and not by libcurl: each new address is checked and limited like the first, and a key goes
// to its own host alone. Whether a failure may come right decides between another attempt and a reason; what a body that
// broke off had already brought is the caller's (download.cpp keeps it and asks for the rest).

#include "fetch/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <thread>

#include "base/log.h"
#include "base/sha256.h"
#include "base/text.h"
#include "fetch/address.h"
#include "fetch/url.h"

namespace pupil::fetch {
namespace {

constexpr int kMostRedirects = 10;

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool may_come_right(long status) {
  return status >= 500 || status == 429 || status == 408;
}

Failure failure_of(const Answer& answer) {
  if (answer.outcome == Outcome::private_address) return Failure::private_address;
  if (answer.outcome == Outcome::impossible) return Failure::unusable;
  // A body that broke off came with a status of its own.
  if (answer.outcome == Outcome::broken)
    return answer.head.status == 0 ? Failure::unreachable : Failure::truncated;
  switch (answer.head.status) {
    case 404:
    case 410: return Failure::gone;
    case 401:
    case 403:
    case 407:
    case 451: return Failure::refused;
    case 429: return Failure::limited;
    default: return may_come_right(answer.head.status) ? Failure::unreachable : Failure::unusable;
  }
}

std::string reason_of(const Answer& answer) {
  return answer.outcome == Outcome::answered ? concat("the server answered ", answer.head.status)
                                             : answer.error;
}

void sleep_s(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

}  // namespace

double retry_after_s(const std::string& value) {
  double seconds = -1;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error == std::errc() && end == value.data() + value.size() && seconds >= 0) return seconds;
  const std::time_t date = curl_getdate(value.c_str(), nullptr);
  return date < 0 ? -1 : std::max(0.0, std::difftime(date, std::time(nullptr)));
}

Client::Client(ClientOptions options) : options_(std::move(options)) {}

Client::~Client() = default;

RateLimit* Client::limit_of(const std::string& authority) {
  if (options_.limit_folder.empty()) return nullptr;
  const auto known = options_.limits.find(authority);
  const auto& rules = known == options_.limits.end() ? options_.other_limit : known->second;
  auto& limit = limits_[authority];
  if (!limit) {
    // A host's name may be longer than a file's.
    const std::string name = authority.size() < 100 ? authority : sha256_hex(authority);
    limit = std::make_unique<RateLimit>(options_.limit_folder / name, rules);
  }
  return limit.get();
}

void Client::wait_for_limit(const std::string& authority) {
  RateLimit* limit = limit_of(authority);
  if (limit == nullptr) return;
  double waited_s = 0;
  while (const double wait_s = limit->take()) {
    if (waited_s + wait_s > options_.max_wait_s)
      throw FetchError(Failure::limited, concat(authority, ": no more requests for ",
                                                readable_seconds(wait_s), ": run again then"));
    sleep_s(wait_s);
    waited_s += wait_s;
  }
}

bool Client::may_be_private(const std::string& authority) const {
  return std::ranges::any_of(options_.private_authorities,
                             [&](const std::string& named) { return named == "*" || named == authority; });
}

void Client::check_step(const std::string& from, const std::string& to) const {
  const Url here = parse_url(from);
  const Url there = parse_url(to);
  if (here.scheme == "https" && there.scheme == "http")
    throw FetchError(Failure::unusable,
                     concat(from, ": is redirected from https to http (", there.host, ")"));
  if (is_private_literal(there.host) && !may_be_private(there.authority()))
    throw FetchError(Failure::private_address, concat(from, ": is redirected to ", there.authority(),
                                                      ", an address within a private network"));
}

Answer Client::attempt(const Request& request, const std::string& range,
                       const std::vector<std::string>& headers,
                       const std::function<void(const Head&, std::string_view)>& take) {
  const std::string home = parse_url(request.url).authority();
  std::string url = request.url;
  check_step(url, url);
  for (int redirects = 0;; ++redirects) {
    const std::string authority = parse_url(url).authority();
    wait_for_limit(authority);
    Question question{.url = url, .headers = request.headers, .range = range};
    question.headers.insert(question.headers.end(), headers.begin(), headers.end());
    if (authority == home && !request.secret_query.empty())
      question.url += concat(url.find('?') == std::string::npos ? '?' : '&', request.secret_query);
    if (authority == home && !request.secret_header.empty())
      question.headers.push_back(request.secret_header);
    question.user_agent = options_.user_agent;
    question.stall_s = options_.stall_s;
    question.max_s = request.max_s;
    question.allow_private = may_be_private(authority);
    ++request_count_;
    Answer answer = connection_.ask(question, [&](const Head& head, std::string_view bytes) {
      if (!is_redirect(head.status)) take(head, bytes);
    });
    if (answer.outcome == Outcome::private_address)
      throw FetchError(Failure::private_address, concat(request.url, ": ", answer.error));
    const double hold_s = retry_after_s(answer.head.header("retry-after"));
    if (hold_s > 0 && may_come_right(answer.head.status) && limit_of(authority) != nullptr)
      limit_of(authority)->hold(hold_s);
    if (answer.outcome != Outcome::answered || !is_redirect(answer.head.status)) return answer;
    if (redirects >= kMostRedirects)
      throw FetchError(Failure::unusable, concat(request.url, ": more than ", kMostRedirects, " redirects"));
    const std::string next = resolve_url(url, answer.head.header("location"));
    check_step(url, next);
    url = next;
  }
}

void Client::wait_to_repeat(const Request& request, const Answer& answer, int failed) {
  const Failure failure = failure_of(answer);
  const std::string reason = reason_of(answer);
  const bool again = answer.outcome == Outcome::broken ||
                     (answer.outcome == Outcome::answered && may_come_right(answer.head.status));
  if (!again) throw FetchError(failure, concat(request.url, ": ", reason));
  const int most = request.attempt_count > 0 ? request.attempt_count : options_.attempt_count;
  if (failed >= most) throw FetchError(failure, concat(request.url, ": ", reason, " (", most, " attempts)"));
  double wait_s = options_.retry_wait_s * static_cast<double>(1LL << std::min(failed - 1, 30));
  wait_s = std::max(wait_s, retry_after_s(answer.head.header("retry-after")));
  if (wait_s > options_.max_wait_s)
    throw FetchError(failure, concat(request.url, ": ", reason, ", and asks to wait ",
                                     readable_seconds(wait_s), ": run again then"));
  log_debug(concat(request.url, ": ", reason, "; trying again in ", fixed(wait_s, 1), " s"));
  sleep_s(wait_s);
}

Body Client::get(const Request& request) {
  for (int failed = 1;; ++failed) {
    Body body;
    const Answer answer = attempt(request, {}, {}, [&](const Head& head, std::string_view bytes) {
      if (head.status != 200) return;
      body.text += bytes;
      if (request.max_bytes > 0 && std::ssize(body.text) > request.max_bytes)
        throw FetchError(Failure::too_large,
                         concat(request.url, ": longer than ", readable_bytes(request.max_bytes)));
    });
    body.content_type = answer.head.header("content-type");
    if (answer.outcome == Outcome::answered && answer.head.status == 200) return body;
    wait_to_repeat(request, answer, failed);
  }
}

}  // namespace pupil::fetch
