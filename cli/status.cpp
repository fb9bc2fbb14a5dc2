// pupil status: what a project holds.

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "commands.h"
#include "corpus/status.h"
#include "label_status.h"

namespace pupil::cli {
namespace {

struct StatusOptions {
  std::string dir;
  bool set_aside = false;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "folder of the project");
    v.flag("--set-aside", set_aside, "list every file that was set aside and why");
    v.flag("--json", json, "machine-readable output");
  }
};

double hours(double seconds) {
  return seconds / 3600.0;
}

Json rows_json(const std::vector<corpus::CountRow>& rows, const char* name) {
  Json list{Json::Array()};
  for (const corpus::CountRow& row : rows) {
    Json one;
    one.set(name, row.name);
    one.set("clips", row.clip_count);
    one.set("hours", hours(row.duration_s));
    list.push_back(one);
  }
  return list;
}

Json status_json(const corpus::CatalogueStatus& status) {
  Json json;
  json.set("clips", status.clip_count);
  json.set("recordings", status.recording_count);
  json.set("hours", hours(status.duration_s));
  Json labels{Json::Array()};
  for (const corpus::LabelSplitRow& row : status.labels) {
    Json one;
    one.set("label", row.label);
    for (int split = 0; split < 3; ++split) {
      one.set(corpus::split_name(static_cast<corpus::Split>(split)), row.clip_count[split]);
    }
    one.set("hours", hours(row.duration_s));
    labels.push_back(one);
  }
  json.set("labels", labels);
  json.set("splits", rows_json({std::begin(status.splits), std::end(status.splits)}, "split"));
  json.set("licences", rows_json(status.licences, "licence"));
  json.set("sources", rows_json(status.sources, "source"));
  Json aside{Json::Object()};
  for (const corpus::CountRow& row : status.set_aside) aside.set(row.name, row.clip_count);
  json.set("set_aside", aside);
  json.set("views", status.view_count);
  json.set("windows", status.window_count);
  json.set("embeddings", status.embedding_count);
  json.set("scores", status.score_count);
  json.set("window_labels", status.label_count);
  json.set("reviews", status.review_count);
  return json;
}

void print_rows(const char* title, const std::vector<corpus::CountRow>& rows, const char* nameless) {
  if (rows.empty()) return;
  std::printf("\n%-40s %10s %10s\n", title, "clips", "hours");
  for (const corpus::CountRow& row : rows) {
    std::printf("%-40s %10s %10.2f\n", row.name.empty() ? nameless : row.name.c_str(),
                with_thousands(row.clip_count).c_str(), hours(row.duration_s));
  }
}

void print_status(const corpus::CatalogueStatus& status) {
  std::printf("%s clips of %s recordings, %.2f hours, %s windows\n",
              with_thousands(status.clip_count).c_str(), with_thousands(status.recording_count).c_str(),
              hours(status.duration_s), with_thousands(status.window_count).c_str());
  if (status.clip_count > 0)
    std::printf("\n%-40s %10s %10s %10s %10s\n", "label", "train", "val", "test", "hours");
  for (const corpus::LabelSplitRow& row : status.labels) {
    std::printf("%-40s %10s %10s %10s %10.2f\n", row.label.empty() ? "(no given label)" : row.label.c_str(),
                with_thousands(row.clip_count[0]).c_str(), with_thousands(row.clip_count[1]).c_str(),
                with_thousands(row.clip_count[2]).c_str(), hours(row.duration_s));
  }
  print_rows("split", {std::begin(status.splits), std::end(status.splits)}, "");
  print_rows("licence", status.licences, "(not stated)");
  print_rows("source", status.sources, "");
  if (!status.set_aside.empty()) std::printf("\n%-40s %10s\n", "set aside", "files");
  for (const corpus::CountRow& row : status.set_aside) {
    std::printf("%-40s %10s\n", row.name.c_str(), with_thousands(row.clip_count).c_str());
  }
}

Json set_aside_json(const std::vector<corpus::SetAside>& files) {
  Json list{Json::Array()};
  for (const corpus::SetAside& file : files) {
    Json one;
    one.set("source", file.source);
    one.set("path", file.path);
    one.set("reason", corpus::set_aside_reason_name(file.reason));
    one.set("detail", file.detail);
    if (file.other_clip_id != 0) one.set("duplicate_of", file.other_clip_id);
    list.push_back(one);
  }
  return list;
}

void print_set_aside(const std::vector<corpus::SetAside>& files) {
  if (!files.empty()) std::printf("\n");
  for (const corpus::SetAside& file : files) {
    std::printf("%s: %s: %s\n", file.path.c_str(),
                std::string(corpus::set_aside_reason_name(file.reason)).c_str(), file.detail.c_str());
  }
}

}  // namespace

int run_status(const Command& command, Arguments arguments) {
  const StatusOptions options = parse_options<StatusOptions>(command, arguments);
  auto catalogue = corpus::Catalogue::open(options.dir);
  const corpus::CatalogueStatus status = corpus::read_status(catalogue);
  if (options.json) {
    Json json = status_json(status);
    json.set("labelling", label_status_json(catalogue, status));
    if (options.set_aside) json.set("set_aside_files", set_aside_json(corpus::list_set_aside(catalogue)));
    std::printf("%s\n", json.dump(2).c_str());
    return 0;
  }
  print_status(status);
  std::fputs(label_status_text(catalogue, status).c_str(), stdout);
  if (options.set_aside) print_set_aside(corpus::list_set_aside(catalogue));
  return 0;
}

}  // namespace pupil::cli
