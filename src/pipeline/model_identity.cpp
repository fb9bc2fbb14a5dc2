// SPDX-License-Identifier: Apache-2.0
#include "pipeline/model_identity.h"

#include <sys/stat.h>

#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "nn/model_store.h"
#include "teacher/teacher.h"

namespace pupil::pipeline {
namespace {

void add_stamp(const std::filesystem::path& file, std::vector<std::string>* lines) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  const auto ns = [](const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  };
  lines->push_back(concat(file.string(), " ", std::int64_t{status.st_size}, " ", ns(status.st_mtim), " ",
                          ns(status.st_ctim), "\n"));
}

std::string stamp_of(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  for (const std::filesystem::path& file : nn::model_files(std::filesystem::weakly_canonical(path)))
    add_stamp(file, &lines);
  Sha256 hash;
  for (const std::string& line : lines) hash.update(line);
  return hash.hex();
}

std::string hash_of(const std::filesystem::path& path) {
  Sha256 hash;
  for (const nn::FileCheck& check : nn::verify_model(path)) hash.update(check.sha256);
  return hash.hex();
}

}  // namespace

corpus::ModelRecord identify_model(const Project& project, corpus::Catalogue& catalogue,
                                   const std::string& model, ModelUse use) {
  auto known = corpus::find_model(catalogue, model);
  std::filesystem::path path;
  try {
    path = nn::resolve_model(model, project.dir, nn::cache_dir());
  } catch (const Error&) {
    if (known) return *std::move(known);
    throw;
  }
  if (known && known->stamp == stamp_of(path)) return *std::move(known);
  return read_model(project, model, use);
}

corpus::ModelRecord read_model(const Project& project, const std::string& model, ModelUse use) {
  const std::filesystem::path path = nn::resolve_model(model, project.dir, nn::cache_dir());
  return {model, stamp_of(path), hash_of(path),
          use == ModelUse::teacher ? std::string(teacher::teacher_kind(path)) : ""};
}

void check_weights(const Project& project, const std::string& model, ModelUse use,
                   const std::string& link_text) {
  if (read_model(project, model, use).hash == parse_json(link_text).at("weights").as_string()) return;
  throw Error(concat(nn::resolve_model(model, project.dir, nn::cache_dir()).string(),
                     ": not the weights that the plan was made with: bring the same to every machine"));
}

}  // namespace pupil::pipeline
