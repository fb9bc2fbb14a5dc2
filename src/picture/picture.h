// SPDX-License-Identifier: Apache-2.0
// Pictures for people: waveforms and spectrograms, drawn into pixels and written as PNG (libpng).

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::picture {

struct Colour {
  std::uint8_t red, green, blue;
};

/// An image of `width` x `height` pixels, 8 bits a channel, row by row from the top.
class Picture {
 public:
  Picture(int width, int height, Colour background);

  int width() const { return width_; }
  int height() const { return height_; }

  /// Pixels outside the picture are ignored, here and below.
  void set(int x, int y, Colour colour);
  void fill(int x, int y, int width, int height, Colour colour);
  /// Digits, and the letters and signs of axis labels, in a 5 x 7 raster; other characters are left blank.
  /// (x, y) is the upper left corner; a character takes 6 pixels of width.
  void text(int x, int y, std::string_view text, Colour colour);

  /// The PNG file's bytes.
  std::vector<std::byte> png() const;

 private:
  int width_;
  int height_;
  std::vector<std::uint8_t> pixels_;  // [height, width, 3]
};

/// Dark blue over purple and orange to light yellow for 0 to 1 (clamped): equal steps look equal, also printed
/// grey.
Colour heat_colour(float value);

/// Draws log-mel frames [T, mel_count] into the box, time to the right, low mel bins at the bottom; the
/// strongest value is the brightest, `range` below it is the darkest. `brightest`, where given, takes the place of
/// the strongest value, so that two pictures can be compared.
void draw_spectrogram(Picture& picture, int x, int y, int width, int height, std::span<const float> frames,
                      int mel_count, float range, std::optional<float> brightest = {});

/// Draws the waveform: for each column the lowest and highest sample, full scale [-1, 1] being the box.
void draw_waveform(Picture& picture, int x, int y, int width, int height, std::span<const float> samples,
                   Colour colour);

/// Writes the file whole or not at all. Error when it cannot be written.
void write_png(const Picture& picture, const std::filesystem::path& path);

}  // namespace pupil::picture
