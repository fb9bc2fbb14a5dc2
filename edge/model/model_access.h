// SPDX-License-Identifier: Apache-2.0
// Access to the records and arrays of a model that load() has checked. Internal to the library.

#pragma once

#include <cstring>

#include "model/format.h"
#include "model/shapes.h"
#include "pupil/edge/model.h"

namespace pupil::edge {

struct ModelAccess {
  template <typename Record>
  static Record record(const Model& model, std::uint32_t offset) noexcept {
    Record record;
    std::memcpy(&record, model.file_.data() + offset, sizeof(Record));
    return record;
  }

  /// An array of the file, in place.
  template <typename Element>
  static const Element* array(const Model& model, std::uint32_t offset) noexcept {
    return reinterpret_cast<const Element*>(model.file_.data() + offset);
  }

  static format::Header header(const Model& model) noexcept { return record<format::Header>(model, 0); }
  static format::Input input(const Model& model) noexcept;
  static format::Class class_record(const Model& model, std::int32_t k) noexcept;
  static format::Metadata metadata(const Model& model, std::int32_t i) noexcept;
  static format::Layer layer(const Model& model, std::int32_t i) noexcept;
  static std::string_view text(const Model& model, format::TextRef ref) noexcept;

  /// The input tensor: the first step of deriving shapes layer by layer.
  static TensorShape input_shape(const Model& model) noexcept;

  static Model make(std::span<const std::byte> file) noexcept {
    Model model;
    model.file_ = file;
    return model;
  }
  static Status check(Model* model) noexcept;

 private:
  static Status check_layers(Model* model, const format::Header& header) noexcept;
};

}  // namespace pupil::edge
