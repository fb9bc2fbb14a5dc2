// SPDX-License-Identifier: Apache-2.0
// Changes a FLAC file behind its sign and sets the checksums of the frames to fit (RFC 9639): CRC-8 of a frame's header, CRC-16
// of the frame. Other files are mutated blindly: their formats have none that a decoder insists on.

#include <string_view>
#include <vector>

#include "mutator.h"

namespace {

std::uint8_t crc8(std::string_view bytes) {
  unsigned crc = 0;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1 ^ ((crc & 0x80U) != 0 ? 0x07U : 0U)) & 0xffU;
  }
  return static_cast<std::uint8_t>(crc);
}

std::uint16_t crc16(std::string_view bytes) {
  unsigned crc = 0;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1 ^ ((crc & 0x8000U) != 0 ? 0x8005U : 0U)) & 0xffffU;
  }
  return static_cast<std::uint16_t>(crc);
}

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

// Bytes of a frame's header without its checksum: sync and codes, the coded number, block size and rate where they are written out.
std::size_t header_bytes(std::string_view frame) {
  std::size_t size = 4;
  unsigned first = byte_at(frame, size++);
  for (unsigned mask = 0x40; first >= 0xc0 && (first & mask) != 0 && mask > 1; mask >>= 1) ++size;
  const unsigned block = byte_at(frame, 2) >> 4, rate = byte_at(frame, 2) & 15;
  size += block == 6 ? 1 : block == 7 ? 2 : 0;
  size += rate == 12 ? 1 : rate == 13 || rate == 14 ? 2 : 0;
  return size;
}

bool begins_frame(std::string_view text) {
  return byte_at(text, 0) == 0xff && (byte_at(text, 1) & 0xfe) == 0xf8;
}

void set_checksums(std::string* file) {
  std::vector<std::size_t> frames;
  for (std::size_t at = 42; at + 6 < file->size(); ++at) {
    if (begins_frame(std::string_view(*file).substr(at))) frames.push_back(at);
  }
  frames.push_back(file->size());
  for (std::size_t i = 0; i + 1 < frames.size(); ++i) {
    const std::size_t begin = frames[i], end = frames[i + 1];
    const std::size_t header = header_bytes(std::string_view(*file).substr(begin));
    if (header + 3 > end - begin) continue;
    (*file)[begin + header] = static_cast<char>(crc8(std::string_view(*file).substr(begin, header)));
    const std::uint16_t sum = crc16(std::string_view(*file).substr(begin, end - begin - 2));
    (*file)[end - 2] = static_cast<char>(sum >> 8);
    (*file)[end - 1] = static_cast<char>(sum & 0xff);
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  constexpr std::string_view kSign = "fLaC";
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  if (seed % 2 == 0 || !file.starts_with(kSign)) return LLVMFuzzerMutate(data, size, max_size);
  std::string changed = std::string(kSign) + mutated(std::string(file.substr(kSign.size())), size);
  set_checksums(&changed);
  return put_or_mutate(changed, data, size, max_size);
}
