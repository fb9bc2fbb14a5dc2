// SPDX-License-Identifier: Apache-2.0
#include "cproject/c_array.h"

#include <cctype>

#include "base/text.h"
#include "pupil/edge/model.h"

namespace pupil::cproject {
namespace {

constexpr std::size_t kBytesPerLine = 24;

std::string c_name(std::string_view name) {
  std::string out;
  for (const char letter : name) {
    const auto code = static_cast<unsigned char>(letter);
    out += code < 128 && std::isalnum(code) != 0 ? letter : '_';
  }
  if (out.empty() || std::isdigit(static_cast<unsigned char>(out[0])) != 0) out.insert(0, "m_");
  return out;
}

std::string upper(std::string text) {
  for (char& letter : text) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return text;
}

std::string byte_lines(std::span<const std::byte> bytes) {
  std::string out;
  out.reserve(bytes.size() * 4 + bytes.size() / kBytesPerLine + 1);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    append_text(out, static_cast<unsigned>(bytes[i]));
    out += i % kBytesPerLine == kBytesPerLine - 1 || i + 1 == bytes.size() ? ",\n" : ",";
  }
  return out;
}

}  // namespace

std::string c_array_header(std::string_view name, std::span<const std::byte> model_file) {
  const std::string array = c_name(name) + "_pupil";
  const std::string guard = upper(array) + "_H";
  const std::string alignment = concat(edge::kModelAlignment);
  return concat(
      "/* The pupil model '", c_name(name), "', made by `pupil export`. Include it in one source file:\n",
      " *   C++  pupil::edge::Model model;\n", " *        model.load({reinterpret_cast<const std::byte*>(",
      array, "), ", array, "_bytes});\n",
      " *   C    array and size are the model's file for the functions of pupil.h.\n",
      " * It is used in place; const keeps it in flash. */\n", "#ifndef ", guard, "\n#define ", guard,
      "\n\n#include <stddef.h>\n\n", "#ifdef __cplusplus\n#define ", array, "_ALIGN alignas(", alignment,
      ")\n#else\n#define ", array, "_ALIGN _Alignas(", alignment, ")\n#endif\n\n", "static const size_t ",
      array, "_bytes = ", model_file.size(), ";\n", array, "_ALIGN static const unsigned char ", array,
      "[] = {\n", byte_lines(model_file), "};\n\n", "#undef ", array, "_ALIGN\n\n#endif\n");
}

}  // namespace pupil::cproject
