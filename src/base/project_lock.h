// SPDX-License-Identifier: Apache-2.0
// Who works on a project. Every command that writes into one holds its lock; those that only read need none.

#pragma once

#include <filesystem>
#include <string_view>

namespace pupil {

/// Held from construction to destruction, and let go by the system when the process dies however it dies.
class ProjectLock {
 public:
  enum class Kind {
    exclusive,  ///< nobody else
    shared,     ///< beside others of this kind: shards of a stage, trainings in folders of their own
  };

  /// Locks DIR/.lock, writes there who holds it and, exclusive, removes temporary files that killed processes left in DIR.
  /// Error when another holds it: "yard is being worked on by pupil run (process 123, since ...)".
  ProjectLock(const std::filesystem::path& dir, std::string_view who, Kind kind = Kind::exclusive);
  ~ProjectLock();
  ProjectLock(const ProjectLock&) = delete;
  ProjectLock& operator=(const ProjectLock&) = delete;

 private:
  int file_ = -1;
};

}  // namespace pupil
