// SPDX-License-Identifier: Apache-2.0
#include "evaluation/baselines/svm.h"

#include <libsvm/svm.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/file_system.h"
#include "base/temp_file.h"

namespace pupil::evaluation {
namespace {

class Svm final : public Classifier {
 public:
  Svm(const WindowTable& table, const SvmOptions& options)
      : standardiser_(table), width_(table.feature_count) {
    const std::size_t nodes_per_row = static_cast<std::size_t>(width_) + 1;
    nodes_.resize(table.window_count() * nodes_per_row);
    std::vector<svm_node*> rows;
    std::vector<double> labels(table.labels.begin(), table.labels.end());
    for (std::size_t n = 0; n < table.window_count(); ++n) {
      rows.push_back(&nodes_[n * nodes_per_row]);
      fill(table.row(n), rows.back());
    }
    svm_problem problem{static_cast<int>(table.window_count()), labels.data(), rows.data()};

    std::vector<int> weight_labels;
    std::vector<double> weights;
    fill_class_costs(table, weight_labels, weights);
    svm_parameter parameter{};
    parameter.svm_type = C_SVC;
    parameter.kernel_type = RBF;
    parameter.gamma = options.gamma / width_;
    parameter.C = options.cost;
    parameter.cache_size = 200;
    parameter.eps = 1e-3;
    parameter.shrinking = 1;
    parameter.nr_weight = static_cast<int>(weights.size());
    parameter.weight_label = weight_labels.data();
    parameter.weight = weights.data();
    if (const char* message = svm_check_parameter(&problem, &parameter)) {
      throw Error(std::string("svm: ") + message);
    }
    svm_set_print_string_function([](const char*) {});
    model_ = svm_train(&problem, &parameter);
    // The model keeps a copy of the parameters, with pointers into vectors that end here.
    model_->param.nr_weight = 0;
    model_->param.weight_label = nullptr;
    model_->param.weight = nullptr;
  }

  ~Svm() override { svm_free_and_destroy_model(&model_); }
  Svm(const Svm&) = delete;
  Svm& operator=(const Svm&) = delete;

  void score(std::span<const float> features, std::span<float> scores) const override {
    std::vector<svm_node> row(static_cast<std::size_t>(width_) + 1);
    fill(features, row.data());
    const int classes = model_->nr_class;
    std::vector<double> decisions(static_cast<std::size_t>(classes * (classes - 1) / 2));
    svm_predict_values(model_, row.data(), decisions.data());
    std::fill(scores.begin(), scores.end(), 0.0F);
    std::size_t pair = 0;
    for (int a = 0; a < classes; ++a) {
      for (int b = a + 1; b < classes; ++b, ++pair) {
        const double first = 1 / (1 + std::exp(-2 * decisions[pair]));
        scores[static_cast<std::size_t>(model_->label[a])] += static_cast<float>(first / (classes - 1));
        scores[static_cast<std::size_t>(model_->label[b])] += static_cast<float>((1 - first) / (classes - 1));
      }
    }
  }

  std::int64_t file_bytes() const override {
    const TempFile file(temporary_folder());
    if (svm_save_model(file.path().c_str(), model_) != 0) {
      throw DiskError("svm: cannot write " + file.path().string());
    }
    return static_cast<std::int64_t>(std::filesystem::file_size(file.path()));
  }

  // Support vectors [l, D], their factors [K - 1, l], a constant per pair, means and scales.
  std::int64_t packed_bytes() const override {
    const std::int64_t vectors = model_->l;
    const std::int64_t classes = model_->nr_class;
    return 4 * (vectors * width_ + vectors * (classes - 1) + classes * (classes - 1) / 2 + 2 * width_);
  }

 private:
  void fill(std::span<const float> features, svm_node* row) const {
    std::vector<float> standard(features.size());
    standardiser_.apply(features, standard);
    for (std::int32_t d = 0; d < width_; ++d) row[d] = {d + 1, standard[static_cast<std::size_t>(d)]};
    row[width_] = {-1, 0};
  }

  static void fill_class_costs(const WindowTable& table, std::vector<int>& labels,
                               std::vector<double>& costs) {
    const std::vector<std::int64_t> counts = class_counts(table);
    const std::vector<double> means = mean_class_weights(table);
    for (std::size_t k = 0; k < counts.size(); ++k) {
      if (counts[k] == 0) continue;
      labels.push_back(static_cast<int>(k));
      costs.push_back(means[k]);
    }
    if (labels.size() < 2) throw Error("svm: windows of at least two classes are needed");
  }

  Standardiser standardiser_;
  std::int32_t width_;
  std::vector<svm_node> nodes_;  // the model's support vectors point into it
  svm_model* model_ = nullptr;
};

}  // namespace

std::unique_ptr<Classifier> train_svm(const WindowTable& table, const SvmOptions& options) {
  table.check_for_training();
  return std::make_unique<Svm>(table, options);
}

}  // namespace pupil::evaluation
