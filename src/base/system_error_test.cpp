// SPDX-License-Identifier: Apache-2.0
#include "base/system_error.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/error.h"

namespace pupil {
namespace {

TEST(SystemError, TheMachinesFailuresAreDiskErrors) {
  for (const int reason : {EIO, EMFILE, ENFILE, ENOMEM, ENOSPC, EDQUOT, EROFS, ESTALE}) {
    EXPECT_THROW(throw_system_error("a.wav", reason), DiskError) << reason;
  }
}

TEST(SystemError, TheFilesOwnAreNot) {
  for (const int reason : {ENOENT, EACCES, EISDIR, ELOOP, ENOTDIR, EINVAL}) {
    try {
      throw_system_error("a.wav", reason);
    } catch (const DiskError&) {
      ADD_FAILURE() << reason;
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find("a.wav: "), 0U);
    }
  }
}

}  // namespace
}  // namespace pupil
