// The state of a course between two steps, as a file.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace pupil::student {

struct Checkpoint {
  std::string configuration;  ///< training_configuration() of the course
  std::int64_t phase = 0;
  std::int64_t step = 0;  ///< steps done in all phases
  std::map<std::string, at::Tensor> tensors;
};

/// Replaces the file whole or not at all. Error: full disk and the like, or values that are not finite: a
/// broken course does not overwrite a good checkpoint.
void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// Where a checkpoint stands in which course, without its tensors.
struct CheckpointPlace {
  std::string configuration;
  std::int64_t phase = 0;
  std::int64_t step = 0;
};

/// None when there is no file. Error: damaged.
std::optional<CheckpointPlace> read_place(const std::filesystem::path& path);

/// None when there is no file. Error: damaged, or of another configuration (with what to do).
std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& path,
                                          const std::string& configuration);

}  // namespace pupil::student
