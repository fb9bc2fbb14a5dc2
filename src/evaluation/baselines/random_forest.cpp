// SPDX-License-Identifier: Apache-2.0
#include "evaluation/baselines/random_forest.h"

#include <algorithm>
#include <opencv2/ml.hpp>
#include <string>
#include <vector>

#include "base/error.h"

namespace pupil::evaluation {
namespace {

class Forest final : public Classifier {
 public:
  Forest(const WindowTable& table, const ForestOptions& options) : forest_(cv::ml::RTrees::create()) {
    const cv::Mat samples(static_cast<int>(table.window_count()), table.feature_count, CV_32F,
                          const_cast<float*>(table.features.data()));
    const cv::Mat labels(static_cast<int>(table.window_count()), 1, CV_32S,
                         const_cast<std::int32_t*>(table.labels.data()));
    forest_->setMaxDepth(options.max_depth);
    forest_->setMinSampleCount(options.min_windows);
    forest_->setActiveVarCount(0);
    forest_->setTermCriteria({cv::TermCriteria::MAX_ITER, options.tree_count, 0});
    forest_->setPriors(priors(table));
    cv::theRNG().state = options.seed;
    if (!forest_->train(cv::ml::TrainData::create(samples, cv::ml::ROW_SAMPLE, labels))) {
      throw Error("random forest: training failed");
    }
  }

  void score(std::span<const float> features, std::span<float> scores) const override {
    const cv::Mat sample(1, static_cast<int>(features.size()), CV_32F, const_cast<float*>(features.data()));
    cv::Mat votes;  // row 0: class numbers, row 1: the trees that chose them
    forest_->getVotes(sample, votes, 0);
    std::fill(scores.begin(), scores.end(), 0.0F);
    const auto trees = static_cast<float>(forest_->getRoots().size());
    for (int c = 0; c < votes.cols; ++c) {
      scores[static_cast<std::size_t>(votes.at<int>(0, c))] = static_cast<float>(votes.at<int>(1, c)) / trees;
    }
  }

  std::int64_t file_bytes() const override {
    cv::FileStorage storage(".yml", cv::FileStorage::WRITE | cv::FileStorage::MEMORY);
    storage << "forest"
            << "{";
    forest_->write(storage);
    storage << "}";
    return static_cast<std::int64_t>(storage.releaseAndGetString().size());
  }

  // A split: feature 2, threshold 4, place of the right child 4 (the left one follows). A leaf: class 2.
  std::int64_t packed_bytes() const override {
    std::int64_t bytes = 0;
    for (const cv::ml::DTrees::Node& node : forest_->getNodes()) bytes += node.split < 0 ? 2 : 10;
    return bytes;
  }

 private:
  // Factors of the classes' counts, in the order of rising labels, classes that do not occur left out.
  static cv::Mat priors(const WindowTable& table) {
    const std::vector<std::int64_t> counts = class_counts(table);
    const std::vector<double> means = mean_class_weights(table);
    std::vector<double> present;
    for (std::size_t k = 0; k < counts.size(); ++k) {
      if (counts[k] > 0) present.push_back(means[k]);
    }
    if (present.size() < 2) throw Error("random forest: windows of at least two classes are needed");
    return cv::Mat(present, true).reshape(1, 1);
  }

  cv::Ptr<cv::ml::RTrees> forest_;
};

}  // namespace

std::unique_ptr<Classifier> train_random_forest(const WindowTable& table, const ForestOptions& options) {
  table.check_for_training();
  try {
    return std::make_unique<Forest>(table, options);
  } catch (const cv::Exception& failure) {
    throw Error("random forest: " + failure.err);
  }
}

}  // namespace pupil::evaluation
