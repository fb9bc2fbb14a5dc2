// SPDX-License-Identifier: Apache-2.0
#include "corpus/models.h"

#include "corpus/database.h"

namespace pupil::corpus {

std::optional<ModelRecord> find_model(Catalogue& catalogue, const std::string& name) {
  auto query = catalogue.database().query("SELECT name, stamp, hash, kind FROM models WHERE name = ?");
  if (!query.bind(name).step()) return std::nullopt;
  return ModelRecord{query.text(0), query.text(1), query.text(2), query.text(3)};
}

void put_model(Catalogue& catalogue, const ModelRecord& model) {
  if (find_model(catalogue, model.name) == model) return;
  catalogue.database()
      .query(
          "INSERT INTO models(name, stamp, hash, kind) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
          " stamp = excluded.stamp, hash = excluded.hash, kind = excluded.kind")
      .bind(model.name)
      .bind(model.stamp)
      .bind(model.hash)
      .bind(model.kind)
      .run();
}

}  // namespace pupil::corpus
