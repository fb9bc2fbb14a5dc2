// SPDX-License-Identifier: Apache-2.0
// Reading JSON: nlohmann's parser drives a small builder of our own values.

#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_set>

#include "base/error.h"
#include "base/json.h"
#include "base/read_file.h"
#include "base/stand_in.h"
#include "base/text.h"

namespace pupil {
namespace {

constexpr std::size_t kMaxJsonDepth = 200;
constexpr std::uintmax_t kMaxFileBytes = 256'000'000;

// Open containers are built apart and closed into their parent, so that no pointer into a growing
// vector is kept. An object that repeats a key is an error: which value counts would be a guess.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(std::int64_t value) override { return add(Json(value)); }
  bool number_unsigned(std::uint64_t value) override {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return add(Json(static_cast<std::int64_t>(value)));
    }
    return add(Json(static_cast<double>(value)));
  }
  bool number_float(double value, const std::string&) override { return add(Json(value)); }
  bool string(std::string& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(true); }
  bool start_array(std::size_t) override { return open(false); }
  bool key(std::string& value) override {
    open_.back().key = std::move(value);
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 3: ..."
    const std::string text = error.what();
    const std::size_t at = text.find("] ");
    throw Error(at == std::string::npos ? text : text.substr(at + 2));
  }

  Json take() { return std::move(root_); }

 private:
  struct Open {
    bool is_object = false;
    std::string key;
    Json::Array elements;
    Json::Object members;
  };

  bool open(bool is_object) {
    if (open_.size() >= kMaxJsonDepth) throw Error(concat("JSON: nested deeper than ", kMaxJsonDepth));
    open_.emplace_back().is_object = is_object;
    return true;
  }

  bool close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    if (!closed.is_object) return add(Json(std::move(closed.elements)));
    refuse_repeated_keys(closed.members);
    return add(Json(std::move(closed.members)));
  }

  static void refuse_repeated_keys(const Json::Object& members) {
    std::unordered_set<std::string_view> seen;
    for (const auto& [key, value] : members) {
      if (!seen.insert(key).second) throw Error(concat("JSON: key '", key, "' appears twice in one object"));
    }
  }

  bool add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().is_object) {
      open_.back().members.emplace_back(std::move(open_.back().key), std::move(value));
    } else {
      open_.back().elements.push_back(std::move(value));
    }
    return true;
  }

  std::vector<Open> open_;
  Json root_;
};

}  // namespace

Json parse_json(std::string_view text) {
  Builder builder;
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

Json read_json(const std::filesystem::path& path) {
  std::error_code code;
  const std::uintmax_t size = std::filesystem::file_size(path, code);
  if (code) throw Error(concat(path.string(), ": ", code.message()));
  if (size > kMaxFileBytes)
    throw Error(concat(path.string(), ": ", size, " bytes are too many for a JSON file"));
  const std::string text = read_text(path);
  return with_context(path.string(), [&] {
    refuse_stand_in(text, "JSON");
    return parse_json(text);
  });
}

}  // namespace pupil
