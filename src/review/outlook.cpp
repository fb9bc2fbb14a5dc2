// SPDX-License-Identifier: Apache-2.0
#include "review/outlook.h"

#include "base/error.h"
#include "base/log.h"
#include "base/read_file.h"
#include "base/text.h"

namespace pupil::review {
namespace {

ClassOutlook read_class(const Json& row) {
  return {row.at("name").as_string(),         row.at("verdicts").as_int(),
          row.at("accuracy_now").as_double(), row.at("accuracy_more").as_double(),
          row.at("gain_error").as_double(),   row.at("more_verdicts").as_int(),
          row.at("enough").as_bool()};
}

std::string percent(double share) {
  return fixed(100 * share, 0);
}

}  // namespace

std::vector<ClassOutlook> read_outlook(const std::filesystem::path& project_dir) {
  const std::filesystem::path file = project_dir / "label" / "verdicts.json";
  std::vector<ClassOutlook> outlook;
  if (!std::filesystem::exists(file)) return outlook;
  try {
    const Json json = parse_json(read_text(file));
    for (const Json& row : json.at("classes").as_array()) outlook.push_back(read_class(row));
  } catch (const Error& error) {
    log_warning(concat(file.string(), ": ", error.what(), "; pupil label writes it anew"));
    outlook.clear();
  }
  return outlook;
}

Json outlook_json(const std::vector<ClassOutlook>& outlook) {
  Json::Array rows;
  for (const ClassOutlook& one : outlook)
    rows.push_back(Json::Object{{"class", one.name},
                                {"verdicts", one.verdict_count},
                                {"accuracy_now", one.accuracy_now},
                                {"accuracy_more", one.accuracy_more},
                                {"gain_error", one.gain_error},
                                {"more_verdicts", one.more_count},
                                {"enough", one.enough},
                                {"text", outlook_text(one)}});
  return rows;
}

std::string outlook_text(const ClassOutlook& one) {
  if (one.enough) return concat(percent(one.accuracy_now), " % right; enough");
  return concat(one.more_count, " more would lift it from ", percent(one.accuracy_now), " to ",
                percent(one.accuracy_more), " % (+- ", percent(one.gain_error), ")");
}

}  // namespace pupil::review
