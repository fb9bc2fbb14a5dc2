// SPDX-License-Identifier: Apache-2.0
#include "deploy/export.h"

#include <span>

#include "base/error.h"
#include "base/file_system.h"
#include "base/temp_file.h"
#include "cproject/c_array.h"
#include "deploy/onnx_model.h"
#include "model/golden.h"

namespace pupil::deploy {
namespace {

constexpr std::int32_t kGoldenWindows = 6;  // one of each synthetic sound

std::filesystem::path write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  with_context(path.string(), [&] { write_whole(path, bytes); });
  return path;
}

}  // namespace

ExportedFiles write_exports(const QuantisedNetwork& network, std::string_view name,
                            const std::filesystem::path& folder) {
  // Everything is made before anything is written: a network that cannot be ONNX leaves the old files alone.
  const std::string onnx = onnx_bytes(network);
  const std::string header = cproject::c_array_header(name, network.file());
  const std::vector<std::byte> golden =
      edge::write_golden(network.model(), edge::make_golden_cases(network.model(), kGoldenWindows));

  make_folders(folder);
  const std::string stem(name);
  ExportedFiles files;
  files.model = write_file(folder / (stem + ".pupil"), network.file());
  files.onnx = write_file(folder / (stem + ".onnx"), std::as_bytes(std::span(onnx)));
  files.c_array = write_file(folder / (stem + ".h"), std::as_bytes(std::span(header)));
  files.golden = write_file(folder / (stem + ".golden"), golden);
  return files;
}

}  // namespace pupil::deploy
