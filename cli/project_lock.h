// Who works on a project: one at a time where files are written that have no second copy (student, model,
// report).

#pragma once

#include <filesystem>
#include <string_view>

namespace pupil::cli {

/// Held from construction to destruction, and let go by the system when the process dies however it dies.
/// Stages that write to the catalogue alone need none: several of them may share a project, each with its
/// shard.
class ProjectLock {
 public:
  /// Locks DIR/.lock and writes there who holds it. Error when another does: "pupil run (process 123, since
  /// ...) is working on yard".
  ProjectLock(const std::filesystem::path& dir, std::string_view who);
  ~ProjectLock();
  ProjectLock(const ProjectLock&) = delete;
  ProjectLock& operator=(const ProjectLock&) = delete;

 private:
  int file_ = -1;
};

}  // namespace pupil::cli
