// SPDX-License-Identifier: Apache-2.0
#include "corpus/lost_audio.h"

#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "corpus/database.h"
#include "corpus/store.h"

namespace pupil::corpus {
namespace {

constexpr std::string_view kSelectLost =
    "SELECT v.id, v.clip_id, v.kind = 0, v.hash, s.name, c.path, v.size_bytes FROM views v"
    " JOIN clips c ON c.id = v.clip_id JOIN sources s ON s.id = c.source_id ";

LostAudio read_row(const Query& query) {
  return {query.integer(0), query.integer(1), query.integer(2) != 0,
          query.text(3),    query.text(4),    query.text(5)};
}

}  // namespace

std::vector<LostAudio> list_lost_audio(Catalogue& catalogue) {
  auto query = catalogue.database().query(concat(kSelectLost, "ORDER BY v.clip_id, v.id"));
  std::vector<LostAudio> lost;
  while (query.step()) {
    if (!is_whole_audio(stored_audio_path(catalogue.project_dir(), query.text(3)), query.integer(6)))
      lost.push_back(read_row(query));
  }
  return lost;
}

void check_stored_audio(Catalogue& catalogue, const std::string& hash) {
  auto query = catalogue.database().query(concat(kSelectLost, "WHERE v.hash = ? ORDER BY v.id LIMIT 1"));
  const std::filesystem::path file = stored_audio_path(catalogue.project_dir(), hash);
  if (!query.bind(hash).step() || is_whole_audio(file, query.integer(6))) return;
  const LostAudio lost = read_row(query);
  throw Error(concat(file.string(), ": ", std::filesystem::exists(file) ? "torn" : "missing", "; it is the ",
                     lost.original ? "" : "separated ", "audio of ", lost.path, " (from ", lost.source,
                     "); collect that source again: pupil collect ", catalogue.project_dir().string()));
}

std::int64_t forget_lost_views(Catalogue& catalogue, const std::vector<LostAudio>& lost) {
  std::int64_t count = 0;
  Transaction transaction(catalogue);
  for (const LostAudio& view : lost) {
    if (view.original) continue;
    catalogue.database().query("DELETE FROM views WHERE id = ? AND kind <> 0").bind(view.view_id).run();
    ++count;
  }
  transaction.commit();
  return count;
}

}  // namespace pupil::corpus
