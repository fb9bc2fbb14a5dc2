// SPDX-License-Identifier: Apache-2.0
#include "review/review_page.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/error.h"
#include "corpus/reviews.h"
#include "model/model_writer.h"
#include "model/random_model.h"
#include "review/test_review.h"
#include "web/test_client.h"

namespace pupil::review {
namespace {

constexpr std::size_t kHeader = 56;  // of a WAV that audio::wav_bytes() makes
constexpr const char* kToken = "0123456789abcdef0123456789abcdef";

std::int16_t sample_at(const std::string& wav, std::size_t i) {
  return static_cast<std::int16_t>(static_cast<unsigned char>(wav[kHeader + 2 * i]) |
                                   static_cast<unsigned char>(wav[kHeader + 1 + 2 * i]) << 8);
}

class Page : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = new corpus::TestFolder;
    make_review_project(folder->path(), 6);
  }
  static void TearDownTestSuite() { delete folder; }

  Page() { start(); }
  ~Page() override {
    server->stop();
    auto catalogue = corpus::Catalogue::open(folder->path());
    for (const char* name : {"ann", "bob"})
      while (!corpus::undo_verdicts(catalogue, name).empty()) {
      }
  }

  void start(const SessionOptions& options = {.reviewer = "ann"}) {
    page.reset();
    if (server) server->stop();
    server = std::make_unique<web::Server>(web::ServerOptions{.access = {.token = kToken}});
    page = std::make_unique<ReviewPage>(*server, folder->path(), options);
    server->start();
  }

  std::string cookie() const { return concat("Cookie: pupil_token_", server->port(), "=", kToken, "\r\n"); }
  std::string get(const std::string& path, const std::string& more = "") const {
    return web::get(server->port(), path, cookie() + more);
  }
  std::string post(const std::string& path, const std::string& form) const {
    return web::post_form(server->port(), path, form, cookie());
  }
  static std::string body(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }
  static bool is(const std::string& answer, int status) {
    return answer.starts_with(concat("HTTP/1.1 ", status));
  }
  Json next(const std::string& who = "ann", int count = 1) const {
    const std::string answer = get(concat("/next?count=", count, "&reviewer=", who));
    EXPECT_TRUE(is(answer, 200)) << answer;
    return parse_json(body(answer));
  }
  static std::string id_of(const Json& next, std::size_t i = 0) {
    return concat(next.at("items").as_array().at(i).at("id").as_int());
  }
  std::size_t stored() const {
    auto catalogue = corpus::Catalogue::open(folder->path());
    return corpus::list_verdicts(catalogue).size();
  }

  static corpus::TestFolder* folder;
  std::unique_ptr<web::Server> server;
  std::unique_ptr<ReviewPage> page;
};
corpus::TestFolder* Page::folder = nullptr;

TEST_F(Page, AsksForTheTokenTheHostAndTheOrigin) {
  for (const char* path :
       {"/", "/project", "/next?count=1&reviewer=ann", "/sound/1/original/0/window", "/summary"}) {
    EXPECT_TRUE(is(web::get(server->port(), path), 401)) << path;
    EXPECT_TRUE(is(get(path, "Origin: http://evil.example\r\n"), 403)) << path;
    EXPECT_TRUE(is(web::ask(server->port(),
                            concat("GET ", path, " HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n",
                                   cookie(), "\r\n")),
                   421))
        << path;
  }
  EXPECT_TRUE(is(web::post_form(server->port(), "/verdict", "reviewer=ann&id=1&kind=none"), 401));
  EXPECT_EQ(stored(), 0U);
}

TEST_F(Page, IsThreeFilesThatLeaveTheMachineAlone) {
  for (const char* path : {"/", "/review.js", "/review.css"}) {
    const std::string answer = get(path);
    EXPECT_TRUE(is(answer, 200)) << path;
    EXPECT_EQ(body(answer).find("http"), std::string::npos) << path;
    EXPECT_NE(answer.find("default-src 'none'"), std::string::npos);
  }
  EXPECT_TRUE(is(get("/review.png"), 404));
}

TEST_F(Page, StoresAVerdictBeforeItAnswers) {
  const std::string id = id_of(next());
  EXPECT_TRUE(is(post("/verdict", concat("reviewer=ann&id=", id, "&kind=accept")), 200));
  EXPECT_EQ(stored(), 1U);
  EXPECT_NE(id_of(next()), id);
  start();  // nothing was only in memory
  EXPECT_NE(id_of(next()), id);
  const Json undone = parse_json(body(post("/undo", "reviewer=ann")));
  EXPECT_EQ(concat(undone.at("item").at("id").as_int()), id);
  EXPECT_EQ(stored(), 0U);
  EXPECT_EQ(id_of(next()), id) << "it comes again";
  EXPECT_EQ(parse_json(body(post("/undo", "reviewer=ann"))).at("undone").as_int(), 0);
}

TEST_F(Page, ASkippedWindowStaysOpenAndAnUnsureOneGoesToOthers) {
  const std::string first = id_of(next());
  post("/skip", "reviewer=ann&id=" + first);
  const std::string second = id_of(next());
  EXPECT_NE(second, first);
  EXPECT_EQ(stored(), 0U);
  post("/verdict", concat("reviewer=ann&kind=unsure&id=", second));
  auto catalogue = corpus::Catalogue::open(folder->path());
  EXPECT_TRUE(corpus::list_reviews(catalogue).empty());
  const Json bobs = next("bob", 2);
  EXPECT_EQ(id_of(bobs, 0), first);
  EXPECT_EQ(id_of(bobs, 1), second);
  EXPECT_EQ(bobs.at("items").as_array()[1].at("others").as_array().size(), 1U);
}

TEST_F(Page, TwoPeopleGetDifferentWindowsAndSeeThatTheyDisagree) {
  const std::string anns = id_of(next("ann"));
  EXPECT_NE(id_of(next("bob")), anns) << "ann has it in hand";
  post("/verdict", concat("reviewer=ann&kind=accept&id=", anns));
  const Json answer = parse_json(body(post("/verdict", concat("reviewer=bob&kind=none&id=", anns))));
  ASSERT_EQ(answer.at("disagree").as_array().size(), 1U);
  EXPECT_EQ(answer.at("disagree").as_array()[0].at("reviewer").as_string(), "ann");
  const Json summary = parse_json(body(get("/summary")));
  EXPECT_EQ(summary.at("agreement").at("count").as_int(), 1);
  EXPECT_EQ(summary.at("agreement").at("agreed").as_int(), 0);
  EXPECT_EQ(stored(), 2U);
}

TEST_F(Page, ASecondOpinionIsAskedWhereItIsWanted) {
  start({.reviewer = "ann", .second = true});
  const std::string anns = id_of(next("ann"));
  post("/verdict", concat("reviewer=ann&kind=accept&id=", anns));
  const Json bobs = next("bob");
  EXPECT_EQ(id_of(bobs), anns);
  EXPECT_EQ(bobs.at("items").as_array()[0].at("others").as_array()[0].at("kind").as_string(), "accept");
  EXPECT_NE(id_of(next("ann")), anns);
}

TEST_F(Page, ABlindRepeatMeasuresAndChangesNothing) {
  std::size_t repeats = 0;
  for (int i = 0; i < 25; ++i) {
    const Json item = next().at("items").as_array().at(0);
    const std::int64_t repeat_of = item.at("repeat_of").as_int();
    repeats += repeat_of != 0;
    EXPECT_TRUE(item.at("others").as_array().empty());
    const std::string kind = repeat_of != 0 ? "unsure" : "none";
    EXPECT_TRUE(is(post("/verdict", concat("reviewer=ann&kind=", kind, "&id=", item.at("id").as_int(),
                                           repeat_of != 0 ? concat("&repeat_of=", repeat_of) : "")),
                   200));
  }
  EXPECT_GE(repeats, 1U);
  const Json summary = parse_json(body(get("/summary")));
  EXPECT_EQ(summary.at("reviewers").as_array()[0].at("repeated").at("agreed").as_int(), 0);
  auto catalogue = corpus::Catalogue::open(folder->path());
  EXPECT_EQ(corpus::list_reviews(catalogue).size(), 25 - repeats);
  EXPECT_TRUE(is(post("/verdict", "reviewer=bob&kind=none&id=1&repeat_of=1"), 400)) << "not bob's";
}

TEST_F(Page, AlikeOnesAreDecidedAndTakenBackTogether) {
  const std::string id = id_of(next());
  Json near;
  for (int i = 0; i < 100; ++i) {
    near = parse_json(body(get("/neighbours/" + id)));
    if (near.at("ready").as_bool()) break;
    ::usleep(20'000);
  }
  ASSERT_TRUE(near.at("ready").as_bool());
  std::set<std::int64_t> clips = {(std::stoll(id) - 1) / 5};  // five windows each
  double last = 1;
  for (const Json& one : near.at("accepted").as_array()) {
    EXPECT_TRUE(clips.insert((one.at("id").as_int() - 1) / 5).second) << "one of each other recording";
    EXPECT_LE(one.at("cosine").as_double(), last) << "the nearest first";
    last = one.at("cosine").as_double();
  }
  EXPECT_GE(clips.size(), 3U);
  EXPECT_GT(near.at("accepted").as_array()[0].at("cosine").as_double(), 0.5);
  ASSERT_GE(near.at("alike").as_array().size(), 2U);
  std::string ids;
  for (const Json& one : near.at("alike").as_array()) ids += concat(ids.empty() ? "" : ",", one.as_int());
  const Json answer =
      parse_json(body(post("/verdict", concat("reviewer=ann&kind=accept&id=", id, "&alike=", ids))));
  EXPECT_EQ(answer.at("stored").as_int(), static_cast<std::int64_t>(near.at("alike").as_array().size()) + 1);
  EXPECT_EQ(parse_json(body(post("/undo", "reviewer=ann"))).at("undone").as_int(),
            answer.at("stored").as_int());
  EXPECT_EQ(stored(), 0U);
}

TEST_F(Page, SoundIsCutBySampleAndInParts) {
  const std::string whole = body(get("/sound/1/original/0/window"));
  EXPECT_EQ(whole.size(), kHeader + 2 * 16000);
  const std::string part = get("/sound/1/original/0/window", "Range: bytes=44-143\r\n");
  EXPECT_TRUE(is(part, 206));
  EXPECT_EQ(body(part), whole.substr(44, 100));
  EXPECT_NE(part.find("Content-Range: bytes 44-143/32056"), std::string::npos);
  EXPECT_TRUE(is(get("/sound/1/original/0/window", "Range: bytes=99999-\r\n"), 416));
  EXPECT_EQ(body(get("/sound/1/original/0/clip")).size(), kHeader + 2 * 48000);
}

// What the separator lifted out and what it removed give the original, sample by sample.
TEST_F(Page, RemovedIsOriginalLessSeparated) {
  const std::string original = body(get("/sound/1/original/0/clip")),
                    separated = body(get("/sound/1/separated/0/clip")),
                    removed = body(get("/sound/1/removed/0/clip"));
  ASSERT_EQ(original.size(), removed.size());
  bool kept = false, taken = false;
  for (std::size_t i = 0; i < 48000; ++i) {
    EXPECT_NEAR(sample_at(original, i), sample_at(separated, i) + sample_at(removed, i), 1) << i;
    kept = kept || sample_at(separated, i) != 0;
    taken = taken || sample_at(removed, i) != 0;
  }
  EXPECT_TRUE(kept && taken);
}

// The student gets the very samples that are played.
TEST_F(Page, TheStudentScoresTheShownWindow) {
  EXPECT_TRUE(parse_json(body(get("/student/1"))).at("scores").as_array().empty()) << "there is no model";
  std::filesystem::create_directories(folder->path() / "model");
  const auto file = edge::write_model(edge::random_model(edge::named_sketch("tiny"), 1));
  write_whole(folder->path() / "model/yard.pupil", std::span(file));
  start();
  get("/project");
  std::filesystem::remove_all(folder->path() / "model");
  const std::string wav = body(get("/sound/1/original/0/context"));
  edge::Model model;
  ASSERT_EQ(model.load(file), edge::Status::ok);
  std::vector<std::byte> state(edge::Streamer::state_bytes(model, {}));
  edge::Streamer stream;
  ASSERT_EQ(stream.init(model, {}, state), edge::Status::ok);
  std::vector<float> samples;
  for (std::int64_t i = 0; i < model.window_samples(); ++i)
    samples.push_back(static_cast<float>(sample_at(wav, static_cast<std::size_t>(i))) / 32768.0F);
  std::size_t used = 0;
  bool scored = false;
  ASSERT_EQ(stream.push(samples, &used, &scored), edge::Status::ok);
  const Json answer = parse_json(body(get("/student/1")));
  ASSERT_EQ(answer.at("scores").as_array().size(), stream.scores().size());
  for (std::size_t k = 0; k < stream.scores().size(); ++k)
    EXPECT_NEAR(answer.at("scores").as_array()[k].at("score").as_double(), stream.scores()[k], 1e-6);
}

TEST_F(Page, HostileNamesComeAsData) {
  const Json about = parse_json(body(get("/project")));
  EXPECT_EQ(about.at("classes").as_array()[2].as_string(), kHostileClass);
  bool seen = false;
  const Json all = next("ann", 48);
  for (const Json& item : all.at("items").as_array())
    seen = seen || item.at("path").as_string().find("a <b>&\"'") != std::string::npos;
  EXPECT_TRUE(seen);
  EXPECT_TRUE(
      is(post("/verdict", concat("reviewer=ann&kind=class&class=",
                                 "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27%20%26%20co", "&id=", id_of(all))),
         200));
  EXPECT_EQ(stored(), 1U);
}

TEST_F(Page, RefusesInWordsWhatMeansNothing) {
  const std::string id = id_of(next());
  for (const std::string& form :
       {concat("reviewer=&kind=none&id=", id), concat("reviewer=a%0Ab&kind=none&id=", id),
        concat("kind=none&id=", id), concat("reviewer=ann&kind=maybe&id=", id),
        concat("reviewer=ann&kind=class&class=bird&id=", id), concat("reviewer=ann&kind=class&id=", id),
        std::string("reviewer=ann&kind=none&id=99999"), std::string("reviewer=ann&kind=none&id=-1"),
        std::string("reviewer=ann&kind=none&id=1e3"), concat("reviewer=ann&kind=none&id=", id, "&alike=1,,2"),
        concat("reviewer=ann&kind=none&id=", id, "&alike=99999"),
        concat("reviewer=ann&kind=none&id=", id, "&repeat_of=7"), std::string()})
    EXPECT_TRUE(is(post("/verdict", form), 400)) << form;
  for (const char* path :
       {"/sound/1/original/0/week", "/sound/1/stolen/0/window", "/sound/1/separated/9/window",
        "/sound/x/original/0/window", "/neighbours/x", "/student/99999", "/next?count=1"})
    EXPECT_TRUE(is(get(path), 400)) << path;
  EXPECT_TRUE(is(get("/sound/1/original"), 404));
  EXPECT_EQ(stored(), 0U);
}

TEST_F(Page, SurvivesRequestsOfAnyBytes) {
  std::mt19937 random(1);
  const std::string words[] = {"GET ",
                               "POST ",
                               "/verdict",
                               "/next?",
                               "/sound/",
                               "1/original/0/",
                               "reviewer=ann",
                               "&kind=none",
                               "&id=",
                               " HTTP/1.1\r\n",
                               "Host: localhost\r\n",
                               cookie(),
                               "Content-Length: 9\r\n",
                               "Range: bytes=",
                               "\r\n",
                               "%00",
                               "../",
                               "\xff\xfe",
                               "9999999999999999999"};
  for (int i = 0; i < 1000; ++i) {
    std::string text;
    for (unsigned parts = random() % 12; parts > 0; --parts) text += words[random() % std::size(words)];
    for (unsigned flips = random() % 3; flips > 0 && !text.empty(); --flips)
      text[random() % text.size()] = static_cast<char>(random());
    web::TestClient client(server->port());
    ASSERT_TRUE(client.connected());
    client.send(text);
    client.end();
    client.read_all();
  }
  EXPECT_TRUE(is(get("/project"), 200));
}

TEST_F(Page, ShowsOnlyTheClassAsked) {
  start({.reviewer = "ann", .label = "cat"});
  const Json cats = next("ann", 48);
  EXPECT_GE(cats.at("items").as_array().size(), 8U);
  for (const Json& item : cats.at("items").as_array()) EXPECT_EQ(item.at("called").as_string(), "cat");
}

TEST(ReviewPageErrors, SaysWhatToDoFirst) {
  const corpus::TestFolder folder;
  corpus::Catalogue::create(folder.path());
  try {
    check_reviewable(folder.path(), {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("pupil label"), std::string::npos);
  }
}

}  // namespace
}  // namespace pupil::review
