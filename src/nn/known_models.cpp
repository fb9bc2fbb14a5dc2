// SPDX-License-Identifier: Apache-2.0
// The models that `pupil models fetch` knows: public addresses, sizes and licences as their publishers state them.
// A checksum stands here when the file itself was seen; the others are recorded at first use (model_store.h).

#include "nn/model_store.h"

namespace pupil::nn {
namespace {

#define PUPIL_HF "https://huggingface.co/"
#define PUPIL_ZENODO "https://zenodo.org/records/"
#define PUPIL_EFFICIENTAT "https://github.com/fschmid56/EfficientAT/releases/download/v0.0.1/"

// The files of a CLAP in Hugging Face's layout.
std::vector<KnownFile> hugging_face_files(std::string_view repository) {
  static constexpr std::string_view kNames[] = {"config.json", "preprocessor_config.json", "vocab.json",
                                                "merges.txt", "pytorch_model.bin"};
  // The addresses live as long as the program: KnownFile holds views.
  static std::vector<std::string>* const addresses = new std::vector<std::string>;
  addresses->reserve(64);
  std::vector<KnownFile> files;
  for (const std::string_view name : kNames) {
    addresses->push_back(std::string(PUPIL_HF) + std::string(repository) + "/resolve/main/" +
                         std::string(name));
    files.push_back({name, addresses->back(), 0, ""});
  }
  return files;
}

KnownModel single_file(std::string_view name, std::string_view summary, std::string_view licence,
                       std::int64_t bytes, std::string_view file, std::string_view url,
                       std::string_view sha256 = "") {
  return {name, summary, licence, bytes, file, {{file, url, bytes, sha256}}};
}

// Recordings for a bank of negatives ([label] negative_bank), as archives: unpacked, with an index.csv beside them.
std::vector<KnownModel> make_known_recordings() {
  static constexpr KnownFile kFsd50k[] = {
      {"FSD50K.eval_audio.z01", PUPIL_ZENODO "4060432/files/FSD50K.eval_audio.z01?download=1", 0, ""},
      {"FSD50K.eval_audio.zip", PUPIL_ZENODO "4060432/files/FSD50K.eval_audio.zip?download=1", 0, ""},
      {"FSD50K.metadata.zip", PUPIL_ZENODO "4060432/files/FSD50K.metadata.zip?download=1", 0, ""}};
  static constexpr KnownFile kDemand[] = {
      {"DKITCHEN_16k.zip", PUPIL_ZENODO "1227121/files/DKITCHEN_16k.zip?download=1", 0, ""},
      {"DLIVING_16k.zip", PUPIL_ZENODO "1227121/files/DLIVING_16k.zip?download=1", 0, ""},
      {"NPARK_16k.zip", PUPIL_ZENODO "1227121/files/NPARK_16k.zip?download=1", 0, ""},
      {"OOFFICE_16k.zip", PUPIL_ZENODO "1227121/files/OOFFICE_16k.zip?download=1", 0, ""},
      {"PCAFETER_16k.zip", PUPIL_ZENODO "1227121/files/PCAFETER_16k.zip?download=1", 0, ""},
      {"STRAFFIC_16k.zip", PUPIL_ZENODO "1227121/files/STRAFFIC_16k.zip?download=1", 0, ""}};
  std::vector<KnownModel> recordings;
  recordings.push_back({"fsd50k-eval",
                        "recordings: 10,231 clips of 200 kinds of sounds, in two archives",
                        "CC, by clip",
                        6'200'000'000,
                        "FSD50K.eval_audio.zip",
                        {std::begin(kFsd50k), std::end(kFsd50k)}});
  recordings.push_back(single_file("musan", "recordings: speech, music and noise, 109 hours", "CC BY 4.0",
                                   11'000'000'000, "musan.tar.gz",
                                   "https://www.openslr.org/resources/17/musan.tar.gz"));
  recordings.push_back({"demand",
                        "recordings: six places, five minutes each",
                        "CC BY-SA 3.0",
                        600'000'000,
                        "",
                        {std::begin(kDemand), std::end(kDemand)}});
  return recordings;
}

std::vector<KnownModel> make_known_models() {
  std::vector<KnownModel> models;
  models.push_back({"clap-htsat-unfused", "CLAP, HTSAT-tiny; general sounds; clips to 10 s", "Apache-2.0",
                    615'000'000, "", hugging_face_files("laion/clap-htsat-unfused")});
  models.push_back({"clap-htsat-fused", "CLAP, HTSAT-tiny with feature fusion; longer clips", "Apache-2.0",
                    615'000'000, "", hugging_face_files("laion/clap-htsat-fused")});
  models.push_back({"larger_clap_general", "CLAP, HTSAT-base; general sounds, music and speech", "Apache-2.0",
                    776'000'000, "", hugging_face_files("laion/larger_clap_general")});
  models.push_back(single_file("clap-630k-audioset", "CLAP in LAION's layout, HTSAT-tiny", "CC0-1.0",
                               1'863'000'000, "630k-audioset-best.pt",
                               PUPIL_HF "lukewys/laion_clap/resolve/main/630k-audioset-best.pt"));
  models.push_back(single_file("clap-630k-audioset-fusion", "CLAP in LAION's layout, HTSAT-tiny with fusion",
                               "CC0-1.0", 1'863'000'000, "630k-audioset-fusion-best.pt",
                               PUPIL_HF "lukewys/laion_clap/resolve/main/630k-audioset-fusion-best.pt"));
  models.push_back(
      single_file("clap-music-speech-audioset", "CLAP in LAION's layout, HTSAT-base; AudioSep's text tower",
                  "CC0-1.0", 2'350'000'000, "music_speech_audioset_epoch_15_esc_89.98.pt",
                  PUPIL_HF "lukewys/laion_clap/resolve/main/music_speech_audioset_epoch_15_esc_89.98.pt"));
  models.push_back(
      single_file("audiosep-base", "AudioSep, its CLAP text tower inside", "MIT", 1'260'000'000,
                  "audiosep_base_4M_steps.ckpt",
                  PUPIL_HF "spaces/Audio-AGI/AudioSep/resolve/main/checkpoint/audiosep_base_4M_steps.ckpt"));
  models.push_back(single_file("efficientat-mn04", "AudioSet tagger, 1.0 M parameters, mAP 0.432", "MIT",
                               4'066'513, "mn04_as_mAP_432.pt", PUPIL_EFFICIENTAT "mn04_as_mAP_432.pt",
                               "899a8c6217063f6941793102a2780b3dd788ab11fce468d9cf5f0577c453321c"));
  models.push_back(single_file("efficientat-mn10", "AudioSet tagger, 4.9 M parameters, mAP 0.471", "MIT",
                               19'708'753, "mn10_as_mAP_471.pt", PUPIL_EFFICIENTAT "mn10_as_mAP_471.pt"));
  models.push_back(single_file("efficientat-mn40", "AudioSet tagger, 68 M parameters, mAP 0.484", "MIT",
                               274'000'000, "mn40_as_mAP_484.pt", PUPIL_EFFICIENTAT "mn40_as_mAP_484.pt"));
  for (KnownModel& recordings : make_known_recordings()) models.push_back(std::move(recordings));
  return models;
}

}  // namespace

std::span<const KnownModel> known_models() {
  static const std::vector<KnownModel> models = make_known_models();
  return models;
}

}  // namespace pupil::nn
