// SPDX-License-Identifier: Apache-2.0
#include "nn/finite.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/test_folder.h"

namespace pupil::nn {
namespace {

TEST(Finite, TensorsAre) {
  const TestFolder folder;
  at::Tensor bad = at::ones({2, 3}, at::kHalf);
  bad[1][2] = NAN;
  write_safetensors(folder / "a", std::vector<NamedTensor>{{"good", at::ones({4})},
                                                           {"bad", bad},
                                                           {"wide", at::full({1}, 1e300, at::kDouble)},
                                                           {"ids", at::ones({2}, at::kLong)}});
  const TensorFile file = TensorFile::open(folder / "a");
  EXPECT_EQ(finite_tensor(file, "good").data_ptr(), file.tensor("good").data_ptr());
  EXPECT_EQ(finite_tensor(file, "ids").scalar_type(), at::kLong);
  EXPECT_THROW(finite_tensor(file, "wide"), Error);  // infinite as float32
  try {
    finite_tensor(file, "bad");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), "'bad' holds 1 NaN or infinite of its 6 numbers");
  }
}

}  // namespace
}  // namespace pupil::nn
