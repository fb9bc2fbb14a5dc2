// SPDX-License-Identifier: Apache-2.0
#include "listen/source_command.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "listen/test_listen.h"

namespace pupil::listen {
namespace {

namespace fs = std::filesystem;

// Two cards, the second on USB; as a kernel shows them.
void make_cards(const fs::path& root) {
  const fs::path sound = root / "sys/class/sound";
  write_line(sound / "card0/id", "PCH");
  fs::create_directories(sound / "pcmC0D0p");
  fs::create_directories(sound / "pcmC0D2c");
  write_line(sound / "card1/id", "Mic");
  fs::create_directories(sound / "pcmC1D0c");
  const fs::path usb = root / "sys/devices/usb1/1-1";
  write_line(usb / "idVendor", "0d8c");
  write_line(usb / "idProduct", "0014");
  write_line(usb / "serial", "A1");
  fs::create_directories(usb / "1-1:1.0");
  fs::create_directory_symlink(usb / "1-1:1.0", sound / "card1/device");
  write_line(
      root / "proc/asound/cards",
      " 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n 1 [Mic            ]: USB-Audio - USB PnP Sound Device");
}

std::string words_of(const SourceCommand& command) {
  std::string text;
  for (const std::string& word : command.words) text += (text.empty() ? "" : " ") + word;
  return text;
}

TEST(SourceCommand, ListsCardsByWhatStaysTheSame) {
  const TestFolder root;
  make_cards(root.path());
  const std::vector<SoundCard> cards = list_sound_cards(root.path());
  ASSERT_EQ(cards.size(), 2U);
  EXPECT_EQ(cards[0].id, "PCH");
  EXPECT_EQ(cards[0].device, 2);
  EXPECT_EQ(cards[0].usb, "");
  EXPECT_EQ(cards[1].usb, "0d8c:0014:A1");
  EXPECT_EQ(cards[1].description, "USB PnP Sound Device");
}

TEST(SourceCommand, FindsACardByNameAndByUsb) {
  const TestFolder root;
  make_cards(root.path());
  for (const char* input : {"mic:Mic", "mic:usb:0d8c:0014", "mic:usb:0d8c:0014:A1"}) {
    EXPECT_EQ(words_of(source_command(input, 16000, 0, root.path())),
              "arecord -v -D plughw:CARD=Mic,DEV=0 -t raw -f S16_LE -c 1 -r 16000 --buffer-time=1000000 -")
        << input;
  }
  try {
    source_command("mic:usb:0d8c:0015", 16000, 0, root.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "no sound card 'usb:0d8c:0015': there is PCH, Mic (pupil listen --devices)");
  }
}

TEST(SourceCommand, AsksACameraForItsSoundAloneFirst) {
  const std::string url = "rtsp://camera/live";
  EXPECT_EQ(
      words_of(source_command(url, 16000)),
      "ffmpeg -nostdin -hide_banner -loglevel warning -rtsp_transport tcp -timeout 10000000 -allowed_media_types "
      "audio -i rtsp://camera/live -vn -sn -dn -ac 1 -ar 16000 -f s16le -");
  EXPECT_EQ(words_of(source_command(url, 16000, 1)).find("allowed_media"), std::string::npos);
  EXPECT_TRUE(has_fallback(url));
  EXPECT_FALSE(has_fallback("http://radio/live.mp3"));
}

TEST(SourceCommand, TellsAFileThatIsNotThere) {
  EXPECT_THROW(source_command("no-such-file.wav", 16000), Error);
  EXPECT_THROW(source_command("cmd:", 16000), Error);
}

TEST(Redacted, LeavesNoPasswordAndNoToken) {
  EXPECT_EQ(redacted("rtsp://user:p@ss@camera:554/live?channel=1&auth=abc failed"),
            "rtsp://***@camera:554/live?channel=***&auth=*** failed");
  EXPECT_EQ(redacted("a 'http://u@h/x' and https://h/y"), "a 'http://***@h/x' and https://h/y");
  EXPECT_EQ(redacted("nothing here"), "nothing here");
}

}  // namespace
}  // namespace pupil::listen
