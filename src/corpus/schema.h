// SPDX-License-Identifier: Apache-2.0
// The tables of the catalogue and how an older catalogue becomes a newer one.

#pragma once

#include <string>

#include "corpus/database.h"

namespace pupil::corpus {

/// Brings `database` from whatever version it has (0: empty) to kSchemaVersion, each step in a transaction of
/// its own. Error: a newer version, or a SQLite file that is no catalogue. `name` stands in the message.
void migrate(Database& database, const std::string& name);

/// As migrate() where nothing can be written. Error, besides: an older version.
void check_current(Database& database, const std::string& name);

/// As migrate(), but stops at `version`: how tests make an old catalogue.
void migrate_to(Database& database, const std::string& name, int version);

}  // namespace pupil::corpus
