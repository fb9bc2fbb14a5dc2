// SPDX-License-Identifier: Apache-2.0
#include "listen/loaded_model.h"

#include <span>

#include "base/error.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/text.h"
#include "pupil/edge/events.h"

namespace pupil::listen {

std::optional<FileMark> mark_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return FileMark{found.st_dev, found.st_ino, found.st_size, found.st_mtim};
}

// The mark is taken before the file is read: one that is replaced in between is taken over at the next look.
LoadedModel::LoadedModel(ModelSpec spec, const std::string& path)
    : spec_(std::move(spec)), path_(path), mark_(mark_of(path).value_or(FileMark{})), file_(path) {
  Sha256 hash;
  hash.update(model().file());
  sha256_ = hash.hex();
}

std::int32_t LoadedModel::reported_count() const {
  return edge::reported_class_count(model());
}

std::int32_t LoadedModel::class_named(std::string_view label) const {
  for (std::int32_t k = 0; k < model().class_count(); ++k) {
    if (model().label(k) == label) return k;
  }
  return -1;
}

ListenedModel LoadedModel::announced() const {
  ListenedModel announced{spec_.name, sha256_, {}, spec_.shadow, spec_.sources};
  for (std::int32_t k = 0; k < reported_count(); ++k)
    announced.reported_classes.emplace_back(model().label(k));
  return announced;
}

std::shared_ptr<const LoadedModel> ModelWatch::look(const LoadedModel& current) {
  const std::optional<FileMark> now = mark_of(current.path());
  const bool settled = now && seen_ && *now == *seen_;
  seen_ = now;
  if (!settled || *now == current.mark() || (refused_ && *now == *refused_)) return nullptr;
  try {
    auto loaded = std::make_shared<const LoadedModel>(current.spec(), current.path());
    if (loaded->rate_hz() != current.rate_hz())
      throw Error(concat(current.path(), ": is for ", loaded->rate_hz(), " Hz, the one in use for ",
                         current.rate_hz(), " Hz: start again to take it over"));
    return loaded;
  } catch (const Error& error) {
    refused_ = now;
    log_info(concat("model ", current.spec().name, " stays as it was: ", error.what()));
    return nullptr;
  }
}

}  // namespace pupil::listen
