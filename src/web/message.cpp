// SPDX-License-Identifier: Apache-2.0
#include "web/message.h"

#include <algorithm>
#include <charconv>

namespace pupil::web {
namespace {

std::string_view find(const Fields& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, [](const auto& field) { return field.first; });
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Digits alone, at most 18 of them; -1 otherwise.
std::int64_t read_count(std::string_view text) {
  std::int64_t value = -1;
  if (text.empty() || text.size() > 18) return -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && text.front() != '-' ? value : -1;
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  return find(headers, name);
}

std::string_view Request::cookie(std::string_view name) const {
  std::string_view rest = header("cookie");
  while (!rest.empty()) {
    std::string_view part = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    while (part.starts_with(' ')) part.remove_prefix(1);
    if (part.starts_with(name) && part.substr(name.size()).starts_with('='))
      return part.substr(name.size() + 1);
  }
  return {};
}

std::string_view Request::query_value(std::string_view name) const {
  return find(query, name);
}

std::string Request::form_value(std::string_view name) const {
  Fields fields;
  if (!header("content-type").starts_with("application/x-www-form-urlencoded") || !read_form(body, fields))
    return {};
  return std::string(find(fields, name));
}

Response Response::text(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  if (!response.body.ends_with('\n')) response.body += '\n';
  return response;
}

Response Response::json(std::string body) {
  Response response;
  response.type = "application/json";
  response.body = std::move(body);
  return response;
}

ByteRange read_range(std::string_view header, std::int64_t size_bytes) {
  ByteRange whole{0, size_bytes, true, false};
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return whole;
  header.remove_prefix(kUnit.size());
  const std::size_t dash = header.find('-');
  if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) return whole;
  const std::string_view first = header.substr(0, dash), last = header.substr(dash + 1);
  const std::int64_t begin = read_count(first), end = read_count(last);
  if ((begin < 0 && !first.empty()) || (end < 0 && !last.empty()) || (begin < 0 && end < 0)) return whole;
  if (begin < 0) {  // "-500": the last 500
    if (end == 0 || size_bytes == 0) return {0, 0, false, true};
    return {std::max<std::int64_t>(0, size_bytes - end), size_bytes, false, false};
  }
  if (end >= 0 && end < begin) return whole;
  if (begin >= size_bytes) return {0, 0, false, true};
  return {begin, end < 0 ? size_bytes : std::min(end + 1, size_bytes), false, false};
}

std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 303: return "See Other";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "";
  }
}

bool decode_percent(std::string_view text, bool plus_is_space, std::string& decoded) {
  decoded.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
      if (low < 0) return false;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
    decoded += c;
  }
  return true;
}

bool read_form(std::string_view text, Fields& fields) {
  fields.clear();
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto& [name, value] = fields.emplace_back();
    if (!decode_percent(pair.substr(0, equals), true, name)) return false;
    if (equals < pair.size() && !decode_percent(pair.substr(equals + 1), true, value)) return false;
  }
  return true;
}

}  // namespace pupil::web
