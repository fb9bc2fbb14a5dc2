// SPDX-License-Identifier: Apache-2.0
#include "pretrain/model_card.h"

#include "base/text.h"

namespace pupil::pretrain {
namespace {

std::string table(const char* head, const std::map<std::string, std::int64_t>& counts) {
  std::string text = concat("| ", head, " | recordings |\n|---|---|\n");
  for (const auto& [name, count] : counts) text += concat("| ", name, " | ", count, " |\n");
  return text + "\n";
}

std::string list(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "- " + line + "\n";
  return text + "\n";
}

}  // namespace

std::string card_text(const ModelCard& card) {
  std::string text = concat("# ", card.name, "\n\n", card.summary, "\n\n## Sizes\n\n", list(card.sizes));
  text += "## Learned from\n\n";
  if (!card.licences.empty()) text += table("licence", card.licences);
  if (!card.synthetic.empty()) text += card.synthetic + "\n\n";
  if (!card.tagger.empty()) text += concat("Tagger: ", card.tagger, "\n\n");
  if (!card.refused.empty())
    text += "Recordings that were at hand and left alone:\n\n" + table("reason", card.refused);
  text += concat("## Recipe\n\n    ", card.command, "\n\nSeed ", card.seed, ".\n\n## Limits\n\n",
                 list(card.limits));
  return text;
}

}  // namespace pupil::pretrain
