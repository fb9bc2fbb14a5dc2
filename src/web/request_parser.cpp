// SPDX-License-Identifier: Apache-2.0
// The subset of RFC 9112 that browsers, curl, Prometheus and proxies send: origin-form targets, a body of a stated length,
// CR LF. Refused: folded headers, a blank before a colon, transfer codings, a second Host or Content-Length.

#include "web/request_parser.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace pupil::web {
namespace {

struct Refusal {
  int status;
  std::string_view problem;
};

bool is_token_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

void read_target(std::string_view target, Request& request) {
  if (!target.starts_with('/')) throw Refusal{400, "the request's target does not begin with /"};
  const std::size_t mark = std::min(target.find('?'), target.size());
  if (target.find('#') != std::string_view::npos ||
      !decode_percent(target.substr(0, mark), false, request.path))
    throw Refusal{400, "the request's path is not well-formed"};
  if (has_dot_segment(request.path)) throw Refusal{400, "the request's path has a . or .. segment"};
  if (mark < target.size() && !read_form(target.substr(mark + 1), request.query))
    throw Refusal{400, "the request's query is not well-formed"};
}

// "GET /path HTTP/1.1"
void read_request_line(std::string_view line, Request& request) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) throw Refusal{400, "not a request line"};
  request.method = line.substr(0, first);
  if (!is_token(request.method)) throw Refusal{400, "not a method"};
  const std::string_view version = line.substr(last + 1);
  if (!version.starts_with("HTTP/")) throw Refusal{400, "not a request line"};
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    throw Refusal{505, "HTTP/1.1 or HTTP/1.0 is spoken here"};
  request.http_1_0 = version == "HTTP/1.0";
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (target.find(' ') != std::string_view::npos) throw Refusal{400, "not a request line"};
  read_target(target, request);
}

void read_header(std::string_view line, Request& request) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) throw Refusal{400, "not a header"};
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (std::ranges::any_of(
          value, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }))
    throw Refusal{400, "a header has a control character"};
  request.headers.emplace_back(lower_case(line.substr(0, colon)), value);
}

// Lines end with CR LF; a bare CR or LF is refused.
std::string_view take_line(std::string_view& head) {
  const std::size_t end = head.find("\r\n");
  const std::string_view line = head.substr(0, end);
  if (line.find_first_of("\r\n") != std::string_view::npos)
    throw Refusal{400, "a line does not end with CR LF"};
  head.remove_prefix(end + 2);
  return line;
}

std::int64_t count_of(const Request& request, std::string_view name) {
  return std::ranges::count(request.headers, name, [](const auto& header) { return header.first; });
}

void check_headers(const Request& request) {
  if (count_of(request, "transfer-encoding") > 0) throw Refusal{501, "a body needs Content-Length"};
  if (count_of(request, "content-length") > 1) throw Refusal{400, "two Content-Length headers"};
  const std::int64_t hosts = count_of(request, "host");
  if (hosts > 1 || (hosts == 0 && !request.http_1_0)) throw Refusal{400, "one Host header is needed"};
}

std::int64_t body_bytes(const Request& request, const RequestLimits& limits) {
  const std::string_view text = request.header("content-length");
  if (count_of(request, "content-length") == 0) {
    if (request.method == "POST" || request.method == "PUT")
      throw Refusal{411, "a body needs Content-Length"};
    return 0;
  }
  std::int64_t size = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
    throw Refusal{400, "Content-Length is not a number"};
  if (error != std::errc() || size > limits.body_bytes) throw Refusal{413, "the body is too large"};
  return size;
}

Request read_head(std::string_view head, const RequestLimits& limits) {
  Request request;
  read_request_line(take_line(head), request);
  while (!head.empty()) {
    if (static_cast<std::int64_t>(request.headers.size()) == limits.header_count)
      throw Refusal{431, "too many headers"};
    read_header(take_line(head), request);
  }
  check_headers(request);
  return request;
}

bool keeps_alive(const Request& request) {
  return !request.http_1_0 && lower_case(request.header("connection")).find("close") == std::string::npos;
}

ParsedRequest parse(std::string_view bytes, const RequestLimits& limits) {
  ParsedRequest result;
  // An empty line before a request is overlooked, as RFC 9112 asks.
  const std::size_t skipped = bytes.starts_with("\r\n") ? 2 : 0;
  bytes.remove_prefix(skipped);
  const std::size_t head_end = bytes.substr(0, static_cast<std::size_t>(limits.head_bytes)).find("\r\n\r\n");
  if (head_end == std::string_view::npos) {
    if (static_cast<std::int64_t>(bytes.size()) < limits.head_bytes) {
      if (bytes.find('\0') != std::string_view::npos) throw Refusal{400, "not a request line"};
      return result;
    }
    throw Refusal{
        bytes.substr(0, static_cast<std::size_t>(limits.head_bytes)).find("\r\n") == std::string_view::npos
            ? 414
            : 431,
        "the request's head is too large"};
  }
  result.request = read_head(bytes.substr(0, head_end + 2), limits);
  const auto size = static_cast<std::size_t>(body_bytes(result.request, limits));
  if (bytes.size() < head_end + 4 + size) {
    result.head_complete = true;
    result.wants_continue = lower_case(result.request.header("expect")) == "100-continue";
    return result;
  }
  result.request.body = bytes.substr(head_end + 4, size);
  result.kind = ParsedRequest::Kind::complete;
  result.used_bytes = skipped + head_end + 4 + size;
  result.keep_alive = keeps_alive(result.request);
  return result;
}

}  // namespace

ParsedRequest parse_request(std::string_view bytes, const RequestLimits& limits) {
  try {
    return parse(bytes, limits);
  } catch (const Refusal& refusal) {
    ParsedRequest result;
    result.kind = ParsedRequest::Kind::refused;
    result.status = refusal.status;
    result.problem = refusal.problem;
    return result;
  }
}

}  // namespace pupil::web
