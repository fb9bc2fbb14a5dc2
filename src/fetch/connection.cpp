// SPDX-License-Identifier: Apache-2.0
// 1. The address is checked where the socket is made: a name may stand for another address there than a moment ago.
//    Where the environment names a proxy, the socket is the proxy's, which is asked for; numbers in addresses are
//    checked by client.cpp all the same.
// 2. libcurl is C: what is thrown inside its callbacks is kept in `failure` and thrown again outside.

#include "fetch/connection.h"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <exception>
#include <utility>

#include "base/environment.h"
#include "base/error.h"
#include "base/text.h"
#include "fetch/address.h"

namespace pupil::fetch {

struct Connection::State {
  CURL* handle = nullptr;
  const Question* question = nullptr;
  const std::function<void(const Head&, std::string_view)>* take = nullptr;
  Head head;
  std::string refused_address;
  std::exception_ptr failure;

  bool guarded(auto&& work) noexcept {
    try {
      work();
      return true;
    } catch (...) {
      failure = std::current_exception();
      return false;
    }
  }
};

namespace {

bool behind_proxy() {
  constexpr const char* kNames[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
  return std::ranges::any_of(kNames, [](const char* name) { return !environment(name).empty(); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  return text;
}

void take_header(std::string_view line, Head& head) {
  if (line.starts_with("HTTP/")) head = Head{};  // after "100 Continue"
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  head.headers[lower_case(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
}

void complete(CURL* handle, Head& head) {
  if (head.status != 0) return;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &head.status);
  curl_off_t length = -1;
  curl_easy_getinfo(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  head.length = length;
}

Outcome outcome_of(CURLcode code) {
  switch (code) {
    case CURLE_OK: return Outcome::answered;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return Outcome::broken;
    default: return Outcome::impossible;
  }
}

}  // namespace

const std::string& Head::header(const std::string& name) const {
  static const std::string none;
  const auto found = headers.find(name);
  return found == headers.end() ? none : found->second;
}

Connection::Connection() : state_(std::make_unique<State>()) {
  state_->handle = curl_easy_init();
  if (state_->handle == nullptr) throw Error("libcurl cannot be started");
}

Connection::~Connection() {
  curl_easy_cleanup(state_->handle);
}

Answer Connection::ask(const Question& question,
                       const std::function<void(const Head&, std::string_view)>& take) {
  CURL* handle = state_->handle;
  state_->question = &question;
  state_->take = &take;
  state_->head = Head{};
  state_->refused_address.clear();
  char error[CURL_ERROR_SIZE] = "";
  curl_easy_reset(handle);  // its options; open connections stay
  curl_easy_setopt(handle, CURLOPT_URL, question.url.c_str());
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(question.stall_s));
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(question.stall_s));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(1000 * question.max_s));
  curl_easy_setopt(handle, CURLOPT_USERAGENT, question.user_agent.c_str());
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, state_.get());
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, state_.get());
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, state_.get());
  curl_easy_setopt(
      handle, CURLOPT_HEADERFUNCTION, +[](char* data, std::size_t, std::size_t size, void* self) {
        auto& state = *static_cast<State*>(self);
        return state.guarded([&] { take_header(trimmed({data, size}), state.head); }) ? size : 0;
      });
  curl_easy_setopt(
      handle, CURLOPT_WRITEFUNCTION, +[](char* data, std::size_t, std::size_t size, void* self) {
        auto& state = *static_cast<State*>(self);
        complete(state.handle, state.head);
        const bool taken = state.guarded([&] { (*state.take)(state.head, {data, size}); });
        return taken ? size : std::size_t{CURL_WRITEFUNC_ERROR};
      });
  curl_easy_setopt(
      handle, CURLOPT_OPENSOCKETFUNCTION,
      +[](void* self, curlsocktype, curl_sockaddr* address) -> curl_socket_t {
        auto& state = *static_cast<State*>(self);
        if (!state.question->allow_private && is_private_address(address->addr) && !behind_proxy()) {
          state.refused_address = address_text(address->addr);
          return CURL_SOCKET_BAD;
        }
        return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
      });
  curl_slist* headers = nullptr;
  for (const std::string& header : question.headers) headers = curl_slist_append(headers, header.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  // Not CURLOPT_RESUME_FROM: it takes the whole file as an answer for an error.
  if (!question.range.empty()) curl_easy_setopt(handle, CURLOPT_RANGE, question.range.c_str());
  const CURLcode code = curl_easy_perform(handle);
  curl_slist_free_all(headers);
  if (state_->failure) std::rethrow_exception(std::exchange(state_->failure, nullptr));
  complete(handle, state_->head);
  Answer answer{outcome_of(code), std::move(state_->head), {}};
  if (code != CURLE_OK) answer.error = *error != '\0' ? error : curl_easy_strerror(code);
  if (code != CURLE_OK && !state_->refused_address.empty()) {
    answer.outcome = Outcome::private_address;
    answer.error = concat(state_->refused_address, " is an address within a private network");
  }
  return answer;
}

}  // namespace pupil::fetch
