// SPDX-License-Identifier: Apache-2.0
// From the `input` of a source to the program that brings its audio.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::listen {

/// A sound card that can record, as the system names it. The number changes from boot to boot; the others do not.
struct SoundCard {
  int number = 0;
  int device = 0;           ///< of the card
  std::string id;           ///< "USB", for mic:USB
  std::string description;  ///< "USB PnP Sound Device"; may be empty
  std::string usb;          ///< "0d8c:0014:SERIAL", without a serial "0d8c:0014"; empty: not on USB
};

/// Cards with a capture device, by number. `system` is where /sys and /proc are looked for: "/" but in tests.
std::vector<SoundCard> list_sound_cards(const std::filesystem::path& system = "/");

enum class InputKind { microphone, pulse, pipewire, network, command, standard_input, file };

InputKind input_kind(std::string_view input);

/// A program and what is particular about it.
struct SourceCommand {
  std::vector<std::string> words;
  bool shell = false;
  bool live = true;   ///< its samples come at the pace of the clock
  bool once = false;  ///< ends when it is over; never started again
  std::string note;   ///< what it converts, and from where; empty: nothing to say
};

/// How to get `input` as raw signed 16-bit little-endian mono samples at `rate_hz`. `attempt` 0 is what is wanted;
/// attempt 1, where has_fallback(), what a camera may take that refuses attempt 0. Error, in one line: no such card
/// (it names those that are there), an empty name.
SourceCommand source_command(std::string_view input, std::int32_t rate_hz, int attempt = 0,
                             const std::filesystem::path& system = "/");

/// RTSP alone: first the audio track by itself, so that no video is sent; then everything.
bool has_fallback(std::string_view input);

/// `text` without user names, passwords and tokens of the URLs in it: "rtsp://***@camera/live".
std::string redacted(std::string_view text);

}  // namespace pupil::listen
