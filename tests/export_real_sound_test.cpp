// An exported network in onnxruntime against the device library on recordings: the same top label.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "audio/decoder.h"
#include "bench/peers/onnx_runtime.h"
#include "deploy/onnx_model.h"
#include "model/random_model.h"
#include "pupil/edge/network.h"
