#include "teacher/teacher.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "audio/decoder.h"
#include "base/error.h"

namespace pupil::teacher {
namespace {

const std::filesystem::path kShared = PUPIL_SHARED_DIR;

std::string error_of(auto work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

class TaggerAsTeacher : public testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path path = kShared / "weights/efficientat_mn04/mn04_as_mAP_432.pt";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "no EfficientAT weights at " << path;
    teacher_ = load_teacher(path, {});
  }
  std::unique_ptr<Teacher> teacher_;
};

TEST_F(TaggerAsTeacher, ScoresTheMappedClassesOfRealSounds) {
  const SoundClass classes[] = {{"voice", {}, {"Speech"}, ""}, {"keys", {}, {"Typing", "Computer keyboard"}, ""}};
  teacher_->set_classes(classes);
  std::vector<std::vector<float>> audio;
  for (const char* name : {"speech.wav", "typing.wav"}) {
    audio.push_back(audio::decode_file(kShared / "weights/efficientat_mn04" / name));
  }
  const std::vector<Heard> heard = teacher_->hear(audio);
  const std::vector<float> speech = teacher_->score(heard[0].embedding);
  const std::vector<float> typing = teacher_->score(heard[1].embedding);
  EXPECT_GT(speech[0], speech[1] + 2);
  EXPECT_GT(typing[1], typing[0] + 2);
}

TEST_F(TaggerAsTeacher, BadAudioIsAProblemOfItsOwnAndOfNoOther) {
  std::vector<std::vector<float>> audio(3, std::vector<float>(16000, 0.1f));
  audio[1][17] = std::numeric_limits<float>::quiet_NaN();
  audio.emplace_back();
  const std::vector<Heard> heard = teacher_->hear(audio);
  EXPECT_NE(heard[1].problem.find("17"), std::string::npos) << heard[1].problem;
  EXPECT_FALSE(heard[3].problem.empty());
  EXPECT_TRUE(heard[0].problem.empty());
  EXPECT_EQ(heard[0].embedding, heard[2].embedding);
}

TEST_F(TaggerAsTeacher, UnknownNamesAreNamedWithTheNearest) {
  const SoundClass classes[] = {{"bark", {}, {"Barck"}, ""}};
  const std::string error = error_of([&] { teacher_->set_classes(classes); });
  EXPECT_NE(error.find("class 'bark'"), std::string::npos) << error;
  EXPECT_NE(error.find("Bark"), std::string::npos) << error;
}

TEST(LoadTeacher, ClapIsRecognisedByContent) {
  const std::filesystem::path path = kShared / "golden/clap_tiny/unfused";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no golden CLAP at " << path;
  const std::unique_ptr<Teacher> teacher = load_teacher(path, {});
  EXPECT_EQ(teacher->kind(), "clap");
  EXPECT_EQ(teacher->sample_rate_hz(), 48000);
  EXPECT_FALSE(teacher->standardise());
}

TEST(LoadTeacher, OtherFilesAreRefused) {
  EXPECT_NE(error_of([] { load_teacher(PUPIL_SOURCE_DIR "/LICENSE", {}); }), "");
}

}  // namespace
}  // namespace pupil::teacher
