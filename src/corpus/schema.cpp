// SPDX-License-Identifier: Apache-2.0
// The tables as steps from one version to the next. A new catalogue takes all of them: there is one way to
// the present tables, and it is the one that old catalogues take.
//
// 1. A step that was released is never edited; a change is a new step. user_version and application_id are
//    written in the step's own transaction.
// 2. clip_counts, truth_counts and result_counts are written by triggers alone. truth_counts has each clip
//    once under each of its labels, or under class 0 if it has none.
// 3. The triggers rely on clip_writer.cpp: a clip loses its labels before it changes its recording, licence
//    or length, or is deleted, and gets them back afterwards.

#include "corpus/schema.h"

#include "base/error.h"
#include "base/text.h"
#include "corpus/catalogue.h"

namespace pupil::corpus {
namespace {

// "pupl": what `file` and SQLite's own tools see in the header of a catalogue.
constexpr std::int64_t kApplicationId = 0x7075706c;

// Version 1. docs/catalogue.md explains the columns. A migration, once released, is never edited: a change is
// a new one.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL);
CREATE TABLE licences (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE classes (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO classes(id, name) VALUES (0, '');

CREATE TABLE configs (
  id INTEGER PRIMARY KEY, stage TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, text TEXT NOT NULL,
  used INTEGER NOT NULL);

CREATE TABLE recordings (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, split INTEGER NOT NULL CHECK (split BETWEEN 0 AND 2),
  given_splits INTEGER NOT NULL DEFAULT 0);

CREATE TABLE clips (
  id INTEGER PRIMARY KEY,
  recording_id INTEGER NOT NULL REFERENCES recordings(id),
  source_id INTEGER NOT NULL REFERENCES sources(id),
  path TEXT NOT NULL, size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, index_hash TEXT NOT NULL,
  given_split INTEGER CHECK (given_split BETWEEN 0 AND 2),
  author TEXT NOT NULL, licence_id INTEGER NOT NULL REFERENCES licences(id), url TEXT NOT NULL,
  duration_ms INTEGER NOT NULL,
  original_rate_hz INTEGER NOT NULL, original_channel_count INTEGER NOT NULL, original_codec TEXT NOT NULL,
  UNIQUE (source_id, path));
CREATE INDEX clips_recording ON clips(recording_id);

CREATE TABLE truths (
  id INTEGER PRIMARY KEY,
  clip_id INTEGER NOT NULL REFERENCES clips(id) ON DELETE CASCADE,
  class_id INTEGER NOT NULL REFERENCES classes(id),
  onset_s REAL, offset_s REAL);
CREATE INDEX truths_clip ON truths(clip_id, class_id);
CREATE INDEX truths_class ON truths(class_id, clip_id);

CREATE TABLE set_aside (
  id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL REFERENCES sources(id),
  path TEXT NOT NULL, size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
  reason TEXT NOT NULL, detail TEXT NOT NULL,
  other_clip_id INTEGER REFERENCES clips(id) ON DELETE SET NULL,
  config_id INTEGER NOT NULL REFERENCES configs(id) ON DELETE CASCADE,
  UNIQUE (source_id, path));
CREATE INDEX set_aside_reason ON set_aside(reason);
CREATE INDEX set_aside_other ON set_aside(other_clip_id);

CREATE TABLE views (
  id INTEGER PRIMARY KEY,
  clip_id INTEGER NOT NULL REFERENCES clips(id) ON DELETE CASCADE,
  kind INTEGER NOT NULL, state INTEGER NOT NULL,
  config_id INTEGER REFERENCES configs(id) ON DELETE CASCADE,
  query TEXT NOT NULL,
  hash TEXT NOT NULL, sample_rate_hz INTEGER NOT NULL, sample_count INTEGER NOT NULL, floor_dbfs REAL NOT NULL,
  energy_ratio REAL, removed_db REAL, score_change REAL,
  CHECK ((kind = 0) = (config_id IS NULL)));
CREATE UNIQUE INDEX views_original ON views(clip_id) WHERE kind = 0;
CREATE UNIQUE INDEX views_separated ON views(clip_id, config_id, query) WHERE kind <> 0;
CREATE INDEX views_hash ON views(hash);
CREATE INDEX views_config ON views(config_id) WHERE config_id IS NOT NULL;
CREATE TABLE levels (
  view_id INTEGER PRIMARY KEY REFERENCES views(id) ON DELETE CASCADE, blocks BLOB NOT NULL);
CREATE TABLE fingerprints (
  clip_id INTEGER PRIMARY KEY REFERENCES clips(id) ON DELETE CASCADE, words BLOB NOT NULL, landmarks BLOB NOT NULL);

CREATE TABLE windows (
  id INTEGER PRIMARY KEY,
  view_id INTEGER NOT NULL REFERENCES views(id) ON DELETE CASCADE,
  config_id INTEGER NOT NULL REFERENCES configs(id) ON DELETE CASCADE,
  start_sample INTEGER NOT NULL, length_samples INTEGER NOT NULL, activity_db REAL NOT NULL,
  UNIQUE (view_id, config_id, start_sample));
CREATE INDEX windows_config ON windows(config_id);

CREATE TABLE window_embeddings (
  id INTEGER PRIMARY KEY,
  config_id INTEGER NOT NULL REFERENCES configs(id) ON DELETE CASCADE,
  window_id INTEGER NOT NULL REFERENCES windows(id) ON DELETE CASCADE,
  "values" BLOB NOT NULL, UNIQUE (config_id, window_id));
CREATE INDEX window_embeddings_window ON window_embeddings(window_id);
CREATE TABLE view_embeddings (
  id INTEGER PRIMARY KEY,
  config_id INTEGER NOT NULL REFERENCES configs(id) ON DELETE CASCADE,
  view_id INTEGER NOT NULL REFERENCES views(id) ON DELETE CASCADE,
  "values" BLOB NOT NULL, UNIQUE (config_id, view_id));
CREATE INDEX view_embeddings_view ON view_embeddings(view_id);
CREATE TABLE scores (
  id INTEGER PRIMARY KEY,
  config_id INTEGER NOT NULL REFERENCES configs(id) ON DELETE CASCADE,
  window_id INTEGER NOT NULL REFERENCES windows(id) ON DELETE CASCADE,
  "values" BLOB NOT NULL, UNIQUE (config_id, window_id));
CREATE INDEX scores_window ON scores(window_id);
CREATE TABLE labels (
  id INTEGER PRIMARY KEY,
  config_id INTEGER NOT NULL REFERENCES configs(id) ON DELETE CASCADE,
  window_id INTEGER NOT NULL REFERENCES windows(id) ON DELETE CASCADE,
  verdict INTEGER NOT NULL, class_id INTEGER NOT NULL REFERENCES classes(id),
  soft BLOB NOT NULL, confidence REAL NOT NULL, margin REAL NOT NULL, entropy REAL NOT NULL,
  UNIQUE (config_id, window_id));
CREATE INDEX labels_window ON labels(window_id);

CREATE TABLE skips (
  id INTEGER PRIMARY KEY,
  config_id INTEGER NOT NULL REFERENCES configs(id) ON DELETE CASCADE,
  clip_id INTEGER REFERENCES clips(id) ON DELETE CASCADE,
  view_id INTEGER REFERENCES views(id) ON DELETE CASCADE,
  window_id INTEGER REFERENCES windows(id) ON DELETE CASCADE,
  reason TEXT NOT NULL, detail TEXT NOT NULL);
CREATE UNIQUE INDEX skips_clip ON skips(clip_id, config_id) WHERE clip_id IS NOT NULL;
CREATE UNIQUE INDEX skips_view ON skips(view_id, config_id) WHERE view_id IS NOT NULL;
CREATE UNIQUE INDEX skips_window ON skips(window_id, config_id) WHERE window_id IS NOT NULL;
CREATE INDEX skips_config ON skips(config_id);

CREATE TABLE reviews (
  id INTEGER PRIMARY KEY,
  clip_id INTEGER NOT NULL REFERENCES clips(id) ON DELETE CASCADE,
  start_ms INTEGER NOT NULL, length_ms INTEGER NOT NULL,
  class_id INTEGER NOT NULL REFERENCES classes(id),
  reviewer TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL,
  UNIQUE (clip_id, start_ms, length_ms));

CREATE TABLE runs (
  id INTEGER PRIMARY KEY, command TEXT NOT NULL, options_json TEXT NOT NULL, seed INTEGER NOT NULL,
  inputs_hash TEXT NOT NULL, revision TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT NOT NULL,
  outcome TEXT NOT NULL, summary_json TEXT NOT NULL);
)sql";

// Version 2: counts kept by triggers, so that `status` reads a few rows instead of a million.
// Durations are summed in whole milliseconds: sums stay exact however often rows come and go.
constexpr const char* kVersion2 = R"sql(
CREATE TABLE clip_counts (
  split INTEGER NOT NULL, source_id INTEGER NOT NULL, licence_id INTEGER NOT NULL,
  clip_count INTEGER NOT NULL, duration_ms INTEGER NOT NULL,
  PRIMARY KEY (split, source_id, licence_id)) WITHOUT ROWID;
CREATE TABLE truth_counts (
  split INTEGER NOT NULL, class_id INTEGER NOT NULL,
  clip_count INTEGER NOT NULL, duration_ms INTEGER NOT NULL,
  PRIMARY KEY (split, class_id)) WITHOUT ROWID;
CREATE TABLE result_counts (
  config_id INTEGER PRIMARY KEY REFERENCES configs(id) ON DELETE CASCADE, item_count INTEGER NOT NULL);

INSERT INTO clip_counts
  SELECT r.split, c.source_id, c.licence_id, count(*), sum(c.duration_ms)
  FROM clips c JOIN recordings r ON r.id = c.recording_id GROUP BY 1, 2, 3;
INSERT INTO truth_counts
  SELECT r.split, t.class_id, count(*), sum(c.duration_ms)
  FROM (SELECT DISTINCT clip_id, class_id FROM truths
        UNION ALL SELECT id, 0 FROM clips WHERE id NOT IN (SELECT clip_id FROM truths)) t
  JOIN clips c ON c.id = t.clip_id JOIN recordings r ON r.id = c.recording_id GROUP BY 1, 2;
INSERT INTO result_counts SELECT config_id, count(*) FROM windows GROUP BY 1;
INSERT INTO result_counts SELECT config_id, count(*) FROM window_embeddings GROUP BY 1;
INSERT INTO result_counts SELECT config_id, count(*) FROM scores GROUP BY 1;
INSERT INTO result_counts SELECT config_id, count(*) FROM labels GROUP BY 1;

-- A clip counts under class 0 (no label) until its first given label comes; labels are given and taken one by one.
CREATE TRIGGER clip_added AFTER INSERT ON clips BEGIN
  INSERT INTO clip_counts VALUES ((SELECT split FROM recordings WHERE id = NEW.recording_id),
                                  NEW.source_id, NEW.licence_id, 1, NEW.duration_ms)
    ON CONFLICT DO UPDATE SET clip_count = clip_count + 1, duration_ms = duration_ms + excluded.duration_ms;
  INSERT INTO truth_counts VALUES ((SELECT split FROM recordings WHERE id = NEW.recording_id), 0, 1, NEW.duration_ms)
    ON CONFLICT DO UPDATE SET clip_count = clip_count + 1, duration_ms = duration_ms + excluded.duration_ms;
END;
-- A clip changes its recording, licence or length only while it has no given labels (update_clip takes them first).
CREATE TRIGGER clip_moved AFTER UPDATE OF recording_id, licence_id, duration_ms ON clips BEGIN
  UPDATE clip_counts SET clip_count = clip_count - 1, duration_ms = duration_ms - OLD.duration_ms
    WHERE split = (SELECT split FROM recordings WHERE id = OLD.recording_id)
      AND source_id = OLD.source_id AND licence_id = OLD.licence_id;
  UPDATE truth_counts SET clip_count = clip_count - 1, duration_ms = duration_ms - OLD.duration_ms
    WHERE split = (SELECT split FROM recordings WHERE id = OLD.recording_id) AND class_id = 0;
  INSERT INTO clip_counts VALUES ((SELECT split FROM recordings WHERE id = NEW.recording_id),
                                  NEW.source_id, NEW.licence_id, 1, NEW.duration_ms)
    ON CONFLICT DO UPDATE SET clip_count = clip_count + 1, duration_ms = duration_ms + excluded.duration_ms;
  INSERT INTO truth_counts VALUES ((SELECT split FROM recordings WHERE id = NEW.recording_id), 0, 1, NEW.duration_ms)
    ON CONFLICT DO UPDATE SET clip_count = clip_count + 1, duration_ms = duration_ms + excluded.duration_ms;
END;
CREATE TRIGGER recording_moved AFTER UPDATE OF split ON recordings WHEN OLD.split <> NEW.split BEGIN
  INSERT INTO clip_counts
    SELECT OLD.split, source_id, licence_id, -count(*), -sum(duration_ms) FROM clips
    WHERE recording_id = NEW.id GROUP BY source_id, licence_id
    ON CONFLICT DO UPDATE SET clip_count = clip_count + excluded.clip_count,
                              duration_ms = duration_ms + excluded.duration_ms;
  INSERT INTO clip_counts
    SELECT NEW.split, source_id, licence_id, count(*), sum(duration_ms) FROM clips
    WHERE recording_id = NEW.id GROUP BY source_id, licence_id
    ON CONFLICT DO UPDATE SET clip_count = clip_count + excluded.clip_count,
                              duration_ms = duration_ms + excluded.duration_ms;
  INSERT INTO truth_counts
    SELECT OLD.split, class_id, -count(*), -sum(duration_ms) FROM (
      SELECT DISTINCT c.id, c.duration_ms, coalesce(t.class_id, 0) AS class_id
      FROM clips c LEFT JOIN truths t ON t.clip_id = c.id WHERE c.recording_id = NEW.id) GROUP BY class_id
    ON CONFLICT DO UPDATE SET clip_count = clip_count + excluded.clip_count,
                              duration_ms = duration_ms + excluded.duration_ms;
  INSERT INTO truth_counts
    SELECT NEW.split, class_id, count(*), sum(duration_ms) FROM (
      SELECT DISTINCT c.id, c.duration_ms, coalesce(t.class_id, 0) AS class_id
      FROM clips c LEFT JOIN truths t ON t.clip_id = c.id WHERE c.recording_id = NEW.id) GROUP BY class_id
    ON CONFLICT DO UPDATE SET clip_count = clip_count + excluded.clip_count,
                              duration_ms = duration_ms + excluded.duration_ms;
END;
CREATE TRIGGER truth_added AFTER INSERT ON truths
  WHEN NOT EXISTS (SELECT 1 FROM truths WHERE clip_id = NEW.clip_id AND class_id = NEW.class_id AND id <> NEW.id)
BEGIN
  UPDATE truth_counts SET clip_count = clip_count - 1,
      duration_ms = duration_ms - (SELECT duration_ms FROM clips WHERE id = NEW.clip_id)
    WHERE class_id = 0
      AND split = (SELECT r.split FROM clips c JOIN recordings r ON r.id = c.recording_id WHERE c.id = NEW.clip_id)
      AND NOT EXISTS (SELECT 1 FROM truths WHERE clip_id = NEW.clip_id AND id <> NEW.id);
  INSERT INTO truth_counts
    SELECT r.split, NEW.class_id, 1, c.duration_ms FROM clips c JOIN recordings r ON r.id = c.recording_id
    WHERE c.id = NEW.clip_id
    ON CONFLICT DO UPDATE SET clip_count = clip_count + 1, duration_ms = duration_ms + excluded.duration_ms;
END;
CREATE TRIGGER truth_removed AFTER DELETE ON truths
  WHEN NOT EXISTS (SELECT 1 FROM truths WHERE clip_id = OLD.clip_id AND class_id = OLD.class_id)
BEGIN
  UPDATE truth_counts SET clip_count = clip_count - 1,
      duration_ms = duration_ms - (SELECT duration_ms FROM clips WHERE id = OLD.clip_id)
    WHERE class_id = OLD.class_id
      AND split = (SELECT r.split FROM clips c JOIN recordings r ON r.id = c.recording_id WHERE c.id = OLD.clip_id);
  INSERT INTO truth_counts
    SELECT r.split, 0, 1, c.duration_ms FROM clips c JOIN recordings r ON r.id = c.recording_id
    WHERE c.id = OLD.clip_id AND NOT EXISTS (SELECT 1 FROM truths WHERE clip_id = OLD.clip_id)
    ON CONFLICT DO UPDATE SET clip_count = clip_count + 1, duration_ms = duration_ms + excluded.duration_ms;
END;
)sql";

// Version 3: what every file's source says of it is kept with the file, of duplicates too, so that a clip's
// labels, group, split and licence can be put together anew when any of its files' sources changes
// (clip_metadata.h has the text). A clip may be given several splits. Sizes of stored files, so that lost and
// torn ones are noticed; 0: not recorded.
constexpr const char* kVersion3 = R"sql(
ALTER TABLE clips RENAME COLUMN index_hash TO metadata;
ALTER TABLE clips ADD COLUMN given_splits INTEGER NOT NULL DEFAULT 0;
UPDATE clips SET given_splits = 1 << given_split WHERE given_split IS NOT NULL;
UPDATE clips SET metadata =
  (SELECT CASE WHEN r.name LIKE 'audio:%' THEN '' ELSE
            replace(replace(replace(r.name, '\', '\\'), char(10), '\n'), char(9), '\t') END
     FROM recordings r WHERE r.id = clips.recording_id) || char(10) ||
  CASE given_split WHEN 0 THEN 'train' WHEN 1 THEN 'val' WHEN 2 THEN 'test' ELSE '' END || char(10) ||
  replace(replace(replace(author, '\', '\\'), char(10), '\n'), char(9), '\t') || char(10) ||
  (SELECT replace(replace(replace(l.name, '\', '\\'), char(10), '\n'), char(9), '\t')
     FROM licences l WHERE l.id = clips.licence_id) || char(10) ||
  replace(replace(replace(url, '\', '\\'), char(10), '\n'), char(9), '\t') ||
  coalesce((SELECT group_concat(char(10) || t.line, '') FROM
    (SELECT replace(replace(replace(k.name, '\', '\\'), char(10), '\n'), char(9), '\t') || char(9) ||
            coalesce(onset_s, '') || char(9) || coalesce(offset_s, '') AS line
     FROM truths JOIN classes k ON k.id = class_id WHERE clip_id = clips.id ORDER BY truths.id) t), '');
ALTER TABLE clips DROP COLUMN given_split;
ALTER TABLE set_aside ADD COLUMN metadata TEXT NOT NULL DEFAULT '';
ALTER TABLE set_aside ADD COLUMN offset_s REAL NOT NULL DEFAULT 0;
ALTER TABLE views ADD COLUMN size_bytes INTEGER NOT NULL DEFAULT 0;
)sql";

// Version 4: a teacher's judgement of a separated view stands under the configuration it was made with, beside what
// the separator's own measures say (views.state). The old ones name no teacher: they go, and so does "destroyed"
// where it came from one (only good views were judged). And which weights a model's name stood for.
constexpr const char* kVersion4 = R"sql(
CREATE TABLE judgements (
  id INTEGER PRIMARY KEY,
  config_id INTEGER NOT NULL REFERENCES configs(id) ON DELETE CASCADE,
  view_id INTEGER NOT NULL REFERENCES views(id) ON DELETE CASCADE,
  score_change REAL, destroyed INTEGER NOT NULL CHECK (destroyed BETWEEN 0 AND 1),
  UNIQUE (config_id, view_id));
CREATE INDEX judgements_view ON judgements(view_id);
UPDATE views SET state = 0 WHERE kind <> 0 AND state = 2 AND score_change IS NOT NULL;
ALTER TABLE views DROP COLUMN score_change;
CREATE TABLE models (
  name TEXT PRIMARY KEY, stamp TEXT NOT NULL, hash TEXT NOT NULL, kind TEXT NOT NULL) WITHOUT ROWID;
)sql";

// Version 5: what was found on the web and what became of it, and how far each search has come. Clips may be deleted
// (a person's recordings are taken down); their given labels go before them (clip_removal.cpp).
constexpr const char* kVersion5 = R"sql(
CREATE TABLE web_items (
  id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL REFERENCES sources(id),
  url TEXT NOT NULL, fetch_url TEXT NOT NULL, preview_url TEXT NOT NULL, page_url TEXT NOT NULL,
  title TEXT NOT NULL, author TEXT NOT NULL, licence TEXT NOT NULL, licence_text TEXT NOT NULL,
  preferences TEXT NOT NULL, recording TEXT NOT NULL, labels TEXT NOT NULL,
  class_id INTEGER NOT NULL REFERENCES classes(id),
  duration_s REAL NOT NULL, begin_s REAL NOT NULL, end_s REAL NOT NULL,
  fate TEXT NOT NULL, detail TEXT NOT NULL, retrieved_at TEXT NOT NULL,
  UNIQUE (source_id, url));
CREATE INDEX web_items_fate ON web_items(fate, class_id);
CREATE INDEX web_items_author ON web_items(author);
CREATE TABLE web_queries (
  id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL REFERENCES sources(id),
  class_id INTEGER NOT NULL REFERENCES classes(id),
  query TEXT NOT NULL, cursor TEXT NOT NULL, finished INTEGER NOT NULL,
  request_count INTEGER NOT NULL, result_count INTEGER NOT NULL,
  UNIQUE (source_id, class_id, query));

CREATE INDEX clips_author ON clips(author);
CREATE TRIGGER clip_removed BEFORE DELETE ON clips BEGIN
  UPDATE clip_counts SET clip_count = clip_count - 1, duration_ms = duration_ms - OLD.duration_ms
    WHERE split = (SELECT split FROM recordings WHERE id = OLD.recording_id)
      AND source_id = OLD.source_id AND licence_id = OLD.licence_id;
  UPDATE truth_counts SET clip_count = clip_count - 1, duration_ms = duration_ms - OLD.duration_ms
    WHERE split = (SELECT split FROM recordings WHERE id = OLD.recording_id) AND class_id = 0;
END;
)sql";

// Version 6: the journal of all verdicts; reviews and rejections follow from it (review_journal.cpp). What reviews held was
// put by device or by hand and says what a stretch is. The index on reviews serves labelled windows, that on the journal
// the next window to show.
constexpr const char* kVersion6 = R"sql(
CREATE TABLE review_journal (
  id INTEGER PRIMARY KEY,
  clip_id INTEGER NOT NULL REFERENCES clips(id) ON DELETE CASCADE,
  start_ms INTEGER NOT NULL, length_ms INTEGER NOT NULL,
  kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 4),
  class_id INTEGER NOT NULL REFERENCES classes(id),
  called_id INTEGER NOT NULL REFERENCES classes(id),
  reviewer TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL,
  batch INTEGER NOT NULL,
  repeat_of INTEGER REFERENCES review_journal(id) ON DELETE CASCADE,
  undone INTEGER NOT NULL DEFAULT 0);
CREATE INDEX review_journal_stretch ON review_journal(clip_id, start_ms, length_ms);
CREATE INDEX review_journal_reviewer ON review_journal(reviewer, id);
CREATE INDEX review_journal_repeat ON review_journal(repeat_of) WHERE repeat_of IS NOT NULL;
CREATE TABLE rejections (
  id INTEGER PRIMARY KEY,
  clip_id INTEGER NOT NULL REFERENCES clips(id) ON DELETE CASCADE,
  start_ms INTEGER NOT NULL, length_ms INTEGER NOT NULL,
  class_id INTEGER NOT NULL REFERENCES classes(id),
  reviewer TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL,
  UNIQUE (clip_id, start_ms, length_ms));
INSERT INTO review_journal(id, clip_id, start_ms, length_ms, kind, class_id, called_id, reviewer, note, at, batch)
  SELECT id, clip_id, start_ms, length_ms, CASE class_id WHEN 0 THEN 3 ELSE 2 END, class_id, 0,
         CASE reviewer WHEN '' THEN 'unknown' ELSE reviewer END, note, at, id FROM reviews;
)sql";

// Version 7: what the teacher gives an item of the web, by which judge, whether it is to be none of the classes, the search
// that found it, and what it was recorded with. Items of earlier versions belong to no search.
constexpr const char* kVersion7 = R"sql(
ALTER TABLE web_items ADD COLUMN query_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE web_items ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE web_items ADD COLUMN hard_negative INTEGER NOT NULL DEFAULT 0;
ALTER TABLE web_items ADD COLUMN judge TEXT NOT NULL DEFAULT '';
ALTER TABLE web_items ADD COLUMN score REAL NOT NULL DEFAULT 0;
ALTER TABLE web_items ADD COLUMN accepted_windows INTEGER NOT NULL DEFAULT 0;
CREATE INDEX web_items_query ON web_items(query_id, fate);
)sql";

// The four tables of results are counted alike.
std::string result_triggers() {
  std::string sql;
  for (const std::string table : {"windows", "window_embeddings", "scores", "labels"}) {
    sql += concat("CREATE TRIGGER ", table, "_added AFTER INSERT ON ", table,
                  " BEGIN INSERT INTO result_counts VALUES (NEW.config_id, 1)"
                  " ON CONFLICT DO UPDATE SET item_count = item_count + 1; END;\n",
                  "CREATE TRIGGER ", table, "_removed AFTER DELETE ON ", table,
                  " BEGIN UPDATE result_counts SET item_count = item_count - 1 WHERE config_id = "
                  "OLD.config_id; END;\n");
  }
  return sql;
}

std::int64_t pragma(Database& database, const char* name) {
  auto query = database.query(concat("PRAGMA ", name));
  return query.step() ? query.integer(0) : 0;
}

void run_step(Database& database, int version) {
  const std::string steps[] = {
      kVersion1, kVersion2 + result_triggers(), kVersion3, kVersion4, kVersion5, kVersion6, kVersion7};
  database.execute(steps[version - 1]);
  database.execute(concat("PRAGMA application_id = ", kApplicationId, "; PRAGMA user_version = ", version));
}

void check_version(Database& database, const std::string& name, std::int64_t version) {
  if (version > kSchemaVersion) {
    throw Error(concat(name, ": written by a newer pupil (catalogue version ", version,
                       ", this program knows up to ", kSchemaVersion, "); update pupil"));
  }
  auto tables = database.query("SELECT count(*) FROM sqlite_master");
  tables.step();
  const bool empty = tables.integer(0) == 0;
  if (version == 0 && !empty) throw Error(name + ": a SQLite database, but not a catalogue of pupil");
  if (version > 0 && pragma(database, "application_id") != kApplicationId) {
    throw Error(name + ": a SQLite database of another program, not a catalogue of pupil");
  }
}

}  // namespace

void migrate_to(Database& database, const std::string& name, int target) {
  check_version(database, name, pragma(database, "user_version"));
  for (;;) {
    // Checked again inside the transaction: another process may have migrated meanwhile.
    if (pragma(database, "user_version") >= target) return;
    database.execute("BEGIN IMMEDIATE");
    try {
      const auto version = pragma(database, "user_version");
      if (version < target) run_step(database, static_cast<int>(version) + 1);
      database.execute("COMMIT");
    } catch (...) {
      if (database.in_transaction()) database.execute("ROLLBACK");
      throw;
    }
  }
}

void migrate(Database& database, const std::string& name) {
  migrate_to(database, name, kSchemaVersion);
}

void check_current(Database& database, const std::string& name) {
  const std::int64_t version = pragma(database, "user_version");
  check_version(database, name, version);
  if (version < kSchemaVersion) {
    throw Error(concat(
        name, ": of an older pupil (catalogue version ", version, ", this program reads ", kSchemaVersion,
        ") and not writable: look at it once where it can be brought up to date (pupil status)"));
  }
}

}  // namespace pupil::corpus
