// SPDX-License-Identifier: Apache-2.0
// A model of listen.toml in memory, and whether its file is another one by now.

#pragma once

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>

#include "device/model_file.h"
#include "listen/listen_config.h"
#include "listen/sink.h"

namespace pupil::listen {

/// Which file a path named when it was looked at.
struct FileMark {
  dev_t device = 0;
  ino_t inode = 0;
  off_t bytes = 0;
  timespec changed{};

  bool operator==(const FileMark& other) const {
    return device == other.device && inode == other.inode && bytes == other.bytes &&
           changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec;
  }
};

/// Nothing where there is no such file.
std::optional<FileMark> mark_of(const std::string& path);

/// Shared by the lanes of all sources. Threads: any may read.
class LoadedModel {
 public:
  /// Error: as ModelFile.
  LoadedModel(ModelSpec spec, const std::string& path);

  const edge::Model& model() const { return file_.model(); }
  const ModelSpec& spec() const { return spec_; }
  const std::string& path() const { return path_; }
  const std::string& sha256() const { return sha256_; }
  const FileMark& mark() const { return mark_; }
  std::int32_t rate_hz() const { return model().front_end().sample_rate_hz; }
  std::int32_t reported_count() const;
  std::int32_t class_named(std::string_view label) const;  ///< -1: none

  ListenedModel announced() const;

 private:
  ModelSpec spec_;
  std::string path_;
  FileMark mark_;
  device::ModelFile file_;
  std::string sha256_;
};

/// Takes over a model file that was replaced: once it has stayed as it is for two looks, so that a copy in progress is
/// left alone. What cannot be loaded is said once and the old model stays.
class ModelWatch {
 public:
  /// A model to take over; null: none. At most once a second.
  std::shared_ptr<const LoadedModel> look(const LoadedModel& current);

 private:
  std::optional<FileMark> seen_;
  std::optional<FileMark> refused_;
};

}  // namespace pupil::listen
