// SPDX-License-Identifier: Apache-2.0
#include "base/array_file.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <system_error>

#include "base/error.h"
#include "base/json.h"
#include "base/system_error.h"
#include "base/temp_file.h"
#include "base/text.h"

namespace pupil {
namespace {

void check(std::span<const NamedArray> arrays) {
  std::set<std::string_view> names;
  for (const NamedArray& array : arrays) {
    if (array.name == "__metadata__" || !names.insert(array.name).second) {
      throw Error(concat("array name '", array.name, "' is taken"));
    }
    std::int64_t bytes = array_type_bytes(array.type);
    for (const std::int64_t size : array.shape) bytes *= size;
    if (bytes != static_cast<std::int64_t>(array.bytes())) {
      throw Error(concat("array '", array.name, "': ", array.bytes(), " bytes, its shape needs ", bytes));
    }
  }
}

std::vector<const NamedArray*> by_falling_element_size(std::span<const NamedArray> arrays) {
  std::vector<const NamedArray*> order;
  for (const NamedArray& array : arrays) order.push_back(&array);
  std::stable_sort(order.begin(), order.end(), [](const NamedArray* a, const NamedArray* b) {
    return array_type_bytes(a->type) > array_type_bytes(b->type);
  });
  return order;
}

// Padded to a multiple of 8 bytes, so that the data begins aligned.
std::string header_text(std::span<const NamedArray* const> order,
                        const std::map<std::string, std::string>& metadata) {
  Json::Object header;
  if (!metadata.empty()) {
    Json::Object texts;
    for (const auto& [key, text] : metadata) texts.emplace_back(key, text);
    header.emplace_back("__metadata__", std::move(texts));
  }
  std::size_t offset = 0;
  for (const NamedArray* array : order) {
    const std::size_t end = offset + array->bytes();
    Json entry;
    entry.set("dtype", array_type_name(array->type));
    entry.set("shape", array->shape);
    entry.set("data_offsets", std::vector<std::size_t>{offset, end});
    header.emplace_back(array->name, std::move(entry));
    offset = end;
  }
  std::string text = Json(std::move(header)).dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

// Piece by piece.
void append_file(const std::filesystem::path& path, TempFile* file) {
  std::ifstream in(path, std::ios::binary);
  std::vector<char> piece(1 << 20);
  while (in) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    file->write(std::as_bytes(std::span(piece).first(static_cast<std::size_t>(in.gcount()))));
  }
  if (!in.eof()) throw_system_error(concat(path.string(), ": cannot be read"), errno);
}

}  // namespace

std::size_t NamedArray::bytes() const {
  if (data_file.empty()) return data.size();
  std::error_code failure;
  const std::uintmax_t size = std::filesystem::file_size(data_file, failure);
  if (failure) throw_system_error(data_file.string(), failure.value());
  return static_cast<std::size_t>(size);
}

std::string_view array_type_name(ArrayType type) {
  static constexpr std::string_view kNames[] = {"BOOL", "U8",  "I8",   "I16", "I32",
                                                "I64",  "F16", "BF16", "F32", "F64"};
  return kNames[static_cast<std::size_t>(type)];
}

std::int64_t array_type_bytes(ArrayType type) {
  static constexpr std::int64_t kBytes[] = {1, 1, 1, 2, 4, 8, 2, 2, 4, 8};
  return kBytes[static_cast<std::size_t>(type)];
}

void write_array_file(const std::filesystem::path& path, std::span<const NamedArray> arrays,
                      const std::map<std::string, std::string>& metadata) {
  with_context(path.string(), [&] {
    check(arrays);
    const std::vector<const NamedArray*> order = by_falling_element_size(arrays);
    const std::string header = header_text(order, metadata);
    TempFile file(path.parent_path());
    const std::uint64_t length = header.size();
    file.write(std::as_bytes(std::span(&length, 1)));
    file.write(std::as_bytes(std::span(header)));
    for (const NamedArray* array : order) {
      file.write(array->data);
      if (!array->data_file.empty()) append_file(array->data_file, &file);
    }
    file.commit(path);
  });
}

}  // namespace pupil
