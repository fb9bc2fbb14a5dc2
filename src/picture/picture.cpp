// SPDX-License-Identifier: Apache-2.0
// Everything is drawn through Picture::set(), which alone checks bounds. Rows count downwards from the top,
// mel bins upwards. Where a column stands for many values it shows their extremes (the strongest frame, the
// lowest and the highest sample), not their mean: short sounds stay visible.

#include "picture/picture.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/temp_file.h"
#include "base/text.h"

namespace pupil::picture {
namespace {

struct Glyph {
  char character;
  std::array<const char*, 7> rows;
};

constexpr Glyph kGlyphs[] = {
    {'0', {" ### ", "#   #", "#  ##", "# # #", "##  #", "#   #", " ### "}},
    {'1', {"  #  ", " ##  ", "  #  ", "  #  ", "  #  ", "  #  ", " ### "}},
    {'2', {" ### ", "#   #", "    #", "  ## ", " #   ", "#    ", "#####"}},
    {'3', {" ### ", "#   #", "    #", "  ## ", "    #", "#   #", " ### "}},
    {'4', {"   # ", "  ## ", " # # ", "#  # ", "#####", "   # ", "   # "}},
    {'5', {"#####", "#    ", "#### ", "    #", "    #", "#   #", " ### "}},
    {'6', {" ### ", "#    ", "#### ", "#   #", "#   #", "#   #", " ### "}},
    {'7', {"#####", "    #", "   # ", "  #  ", "  #  ", " #   ", " #   "}},
    {'8', {" ### ", "#   #", "#   #", " ### ", "#   #", "#   #", " ### "}},
    {'9', {" ### ", "#   #", "#   #", " ####", "    #", "    #", " ### "}},
    {'.', {"     ", "     ", "     ", "     ", "     ", " ##  ", " ##  "}},
    {'-', {"     ", "     ", "     ", "#####", "     ", "     ", "     "}},
    {'H', {"#   #", "#   #", "#   #", "#####", "#   #", "#   #", "#   #"}},
    {'z', {"     ", "     ", "#####", "   # ", "  #  ", " #   ", "#####"}},
    {'k', {"#    ", "#    ", "#  # ", "# #  ", "##   ", "# #  ", "#  # "}},
    {'s', {"     ", "     ", " ####", "#    ", " ### ", "    #", "#### "}},
    {'d', {"    #", "    #", " ####", "#   #", "#   #", "#   #", " ####"}},
    {'B', {"#### ", "#   #", "#   #", "#### ", "#   #", "#   #", "#### "}},
};
constexpr int kGlyphPitch = 6;

void append_bytes(png_structp png, png_bytep data, png_size_t size) {
  auto* out = static_cast<std::vector<std::byte>*>(png_get_io_ptr(png));
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  out->insert(out->end(), bytes, bytes + size);
}

// libpng must not return from here; it is C code, and Debian builds it so that exceptions pass.
void throw_error(png_structp, png_const_charp message) {
  throw Error(concat("PNG: ", message));
}

}  // namespace

Picture::Picture(int width, int height, Colour background)
    : width_(width),
      height_(height),
      pixels_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3) {
  fill(0, 0, width, height, background);
}

void Picture::set(int x, int y, Colour colour) {
  if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
  std::uint8_t* pixel = &pixels_[(static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) +
                                  static_cast<std::size_t>(x)) *
                                 3];
  pixel[0] = colour.red;
  pixel[1] = colour.green;
  pixel[2] = colour.blue;
}

void Picture::fill(int x, int y, int width, int height, Colour colour) {
  for (int row = y; row < y + height; ++row) {
    for (int column = x; column < x + width; ++column) set(column, row, colour);
  }
}

void Picture::text(int x, int y, std::string_view text, Colour colour) {
  for (const char character : text) {
    const auto glyph = std::find_if(std::begin(kGlyphs), std::end(kGlyphs),
                                    [&](const Glyph& candidate) { return candidate.character == character; });
    if (glyph != std::end(kGlyphs)) {
      for (int row = 0; row < 7; ++row) {
        for (int column = 0; column < 5; ++column) {
          if (glyph->rows[static_cast<std::size_t>(row)][column] == '#') set(x + column, y + row, colour);
        }
      }
    }
    x += kGlyphPitch;
  }
}

std::vector<std::byte> Picture::png() const {
  std::vector<std::byte> out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, throw_error, nullptr);
  png_infop info = png_create_info_struct(png);
  try {
    png_set_write_fn(png, &out, append_bytes, nullptr);
    png_set_IHDR(png, info, static_cast<png_uint_32>(width_), static_cast<png_uint_32>(height_), 8,
                 PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < height_; ++y) {
      png_write_row(png, &pixels_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) * 3]);
    }
    png_write_end(png, nullptr);
  } catch (...) {
    png_destroy_write_struct(&png, &info);
    throw;
  }
  png_destroy_write_struct(&png, &info);
  return out;
}

Colour heat_colour(float value) {
  static constexpr float kStops[][3] = {{4, 5, 30},    {50, 15, 95},   {110, 25, 110}, {170, 45, 95},
                                        {220, 85, 60}, {245, 145, 35}, {250, 205, 70}, {252, 250, 190}};
  constexpr int kLast = static_cast<int>(std::size(kStops)) - 1;
  const float position = std::clamp(value, 0.0f, 1.0f) * static_cast<float>(kLast);
  const int below = std::min(static_cast<int>(position), kLast - 1);
  const float share = position - static_cast<float>(below);
  const auto blend = [&](int channel) {
    return static_cast<std::uint8_t>(kStops[below][channel] * (1 - share) +
                                     kStops[below + 1][channel] * share);
  };
  return {blend(0), blend(1), blend(2)};
}

void draw_spectrogram(Picture& picture, int x, int y, int width, int height, std::span<const float> frames,
                      int mel_count, float range, std::optional<float> brightest) {
  const int frame_count = static_cast<int>(frames.size()) / mel_count;
  if (frame_count == 0) return;
  const float top = brightest ? *brightest : *std::max_element(frames.begin(), frames.end());
  for (int column = 0; column < width; ++column) {
    // The strongest of the frames that fall into one column: short clicks must not vanish in long pictures.
    const int first = static_cast<int>(static_cast<std::int64_t>(column) * frame_count / width);
    const int last =
        std::max(first + 1, static_cast<int>(static_cast<std::int64_t>(column + 1) * frame_count / width));
    for (int row = 0; row < height; ++row) {
      const int bin = (height - 1 - row) * mel_count / height;
      float value = -1e30f;
      for (int t = first; t < last; ++t)
        value = std::max(value, frames[static_cast<std::size_t>(t * mel_count + bin)]);
      picture.set(x + column, y + row, heat_colour(1.0f + (value - top) / range));
    }
  }
}

void draw_waveform(Picture& picture, int x, int y, int width, int height, std::span<const float> samples,
                   Colour colour) {
  const auto row_of = [&](float value) {
    return y + static_cast<int>(std::lround((1.0f - std::clamp(value, -1.0f, 1.0f)) * 0.5f *
                                            static_cast<float>(height - 1)));
  };
  const std::size_t count = samples.size();
  for (int column = 0; column < width && count > 0; ++column) {
    const std::size_t first = static_cast<std::size_t>(column) * count / static_cast<std::size_t>(width);
    const std::size_t last =
        std::max(first + 1, (static_cast<std::size_t>(column) + 1) * count / static_cast<std::size_t>(width));
    const auto [low, high] =
        std::minmax_element(samples.begin() + static_cast<std::ptrdiff_t>(first),
                            samples.begin() + static_cast<std::ptrdiff_t>(std::min(last, count)));
    const int top = row_of(*high);
    picture.fill(x + column, top, 1, row_of(*low) - top + 1, colour);
  }
}

void write_png(const Picture& picture, const std::filesystem::path& path) {
  write_whole(path, picture.png());
}

}  // namespace pupil::picture
