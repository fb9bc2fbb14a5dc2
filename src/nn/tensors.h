// SPDX-License-Identifier: Apache-2.0
// What is precompiled for the modules that compute with tensors (pupil_precompile() in cmake/pupil.cmake). Sources
// name what they use all the same: without precompiling they must compile as well.

#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>
