// SPDX-License-Identifier: Apache-2.0
// int8_onnx MODEL.pupil MODEL.onnx: the network with int8 weights, for onnxruntime on x86 with VNNI. There it is
// faster than what `pupil export` writes and exact, so that the comparison is with the best the peer can do.

#include <cstdio>
#include <exception>

#include "base/temp_file.h"
#include "deploy/onnx_model.h"

int main(int argc, char** argv) {
  using namespace pupil;
  if (argc != 3) {
    std::fprintf(stderr, "int8_onnx MODEL.pupil MODEL.onnx\n");
    return 2;
  }
  try {
    const auto network = deploy::QuantisedNetwork::read(argv[1]);
    write_whole(argv[2], deploy::onnx_bytes(network, deploy::OnnxWeights::int8));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "int8_onnx: %s\n", error.what());
    return 1;
  }
  return 0;
}
