// SPDX-License-Identifier: Apache-2.0
#include "submit/submit_page.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cmath>
#include <memory>

#include "audio/decoder.h"
#include "audio/wav_writer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/test_project.h"
#include "submit/consent.h"
#include "web/test_client.h"

namespace pupil::submit {
namespace {

constexpr const char* kToken = "0123456789abcdef0123456789abcdef";
constexpr const char* kSecret = "00112233445566778899aabbccddeeff";

std::string tone_wav(double duration_s = 1, float level = 0.5F, float pitch = 0.3F) {
  std::vector<float> samples(static_cast<std::size_t>(duration_s * 16000));
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = level * std::sin(pitch * static_cast<float>(i));
  const std::vector<std::byte> bytes = audio::wav_bytes(samples, 16000);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string body(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

bool is(const std::string& answer, int status) {
  return answer.starts_with(concat("HTTP/1.1 ", status, " "));
}

class Page : public ::testing::Test {
 protected:
  void start() {
    page.reset();
    server.reset();
    web::ServerOptions server_options;
    server_options.access.token = kToken;
    SubmitPage::set_limits(&server_options, options.recording);
    server = std::make_unique<web::Server>(server_options);
    page = std::make_unique<SubmitPage>(*server, folder, options);
    server->start();
  }
  void SetUp() override {
    options.title = "yard";
    options.wanted = {"dog barking"};
    options.licences = default_licences();
    options.consent = default_consent();
    options.quota.sender_attempts = options.quota.attempts = 10'000;
    start();
  }
  void TearDown() override { server->stop(); }

  std::string headers(std::string_view secret = kSecret) const {
    return concat("Host: localhost\r\nConnection: close\r\nCookie: pupil_token_", server->port(), "=", kToken,
                  secret.empty() ? "" : "; pupil_sender=", secret, "\r\n");
  }
  std::string get(std::string_view path, std::string_view secret = kSecret) const {
    return web::ask(server->port(), concat("GET ", path, " HTTP/1.1\r\n", headers(secret), "\r\n"));
  }
  std::string post(std::string_view path, std::string_view sent, std::string_view secret = kSecret) const {
    return web::ask(server->port(), concat("POST ", path, " HTTP/1.1\r\n", headers(secret),
                                           "Content-Length: ", sent.size(), "\r\n\r\n", sent));
  }
  std::string query(std::string_view licence = "CC0-1.0") const {
    return concat("/send?licence=", licence, "&consent=", sha256_hex(options.consent));
  }
  std::string send(std::string_view sent, std::string_view secret = kSecret) const {
    return post(query(), sent, secret);
  }
  std::vector<corpus::Submission> stored() const {
    std::vector<std::string> warnings;
    return corpus::list_submissions(folder, &warnings);
  }
  // All but the lock.
  std::int64_t file_count() const {
    return std::distance(std::filesystem::directory_iterator(folder), {}) - 1;
  }

  corpus::TestFolder project;
  std::filesystem::path folder = corpus::submission_folder(project.path());
  SubmitOptions options;
  std::unique_ptr<web::Server> server;
  std::unique_ptr<SubmitPage> page;
};

TEST_F(Page, StoresWhatWasSentWithItsConsentBeforeItAnswers) {
  const std::string answer = send(tone_wav(1.5));
  ASSERT_TRUE(is(answer, 200)) << answer;
  EXPECT_EQ(parse_json(body(answer)).at("duration_s").as_double(), 1.5);
  ASSERT_EQ(stored().size(), 1U);
  EXPECT_EQ(file_count(), 2);
  const corpus::Submission one = stored().front();
  EXPECT_EQ(one.author, author_of(kSecret));
  EXPECT_EQ(one.licence, "CC0-1.0");
  EXPECT_EQ(one.consent, default_consent());
  EXPECT_EQ(audio::decode_file(folder / (one.hash + ".flac")).size(), 24000U);
}

TEST_F(Page, KeepsNothingOfTheFileButItsSound) {
  std::string wav = tone_wav();
  const std::string list = "INAMJohn Doe of Elm Street";
  const std::string chunk =
      std::string("LIST") + char(4 + list.size()) + std::string(3, '\0') + "INFO" + list;
  wav += chunk;
  ASSERT_TRUE(is(send(wav), 200));
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::vector<std::byte> bytes = file_bytes(entry.path());
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    EXPECT_EQ(text.find("John Doe"), std::string::npos) << entry.path();
    EXPECT_EQ(text.find(kSecret), std::string::npos) << entry.path();
  }
}

TEST_F(Page, GivesASenderANumberAndKnowsItAgain) {
  const std::string answer = get("/about", "");
  const std::size_t at = answer.find("Set-Cookie: pupil_sender=");
  ASSERT_NE(at, std::string::npos) << answer;
  const std::string secret = answer.substr(at + std::string("Set-Cookie: pupil_sender=").size(), 32);
  EXPECT_NE(answer.find("; HttpOnly; SameSite=Strict"), std::string::npos);
  const Json about = parse_json(body(answer));
  EXPECT_EQ(about.at("sender").as_string(), author_of(secret));
  EXPECT_EQ(about.at("sender").as_string().size(), std::string("sender-123456789012").size());
  EXPECT_EQ(about.at("consent_sha256").as_string(), sha256_hex(about.at("consent").as_string()));
  const std::string again = get("/about", secret);
  EXPECT_EQ(again.find("Set-Cookie"), std::string::npos);
  EXPECT_EQ(parse_json(body(again)).at("sender").as_string(), author_of(secret));
  EXPECT_NE(get("/about", "<script>").find("Set-Cookie"), std::string::npos) << "no number of ours";
}

TEST_F(Page, AsksForTheTokenTheHostAndTheOrigin) {
  const std::string request =
      concat(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(is(web::ask(server->port(), "GET /about" + request), 401));
  EXPECT_TRUE(is(web::ask(server->port(), concat("POST ", query(), request)), 401));
  const std::string wav = tone_wav();
  EXPECT_TRUE(is(web::ask(server->port(), concat("POST ", query(), " HTTP/1.1\r\n", headers(),
                                                 "Origin: http://evil.example\r\nContent-Length: ",
                                                 wav.size(), "\r\n\r\n", wav)),
                 403));
  EXPECT_EQ(file_count(), 0);
}

TEST_F(Page, TakesNothingWithoutConsentLicenceAndSender) {
  const std::string wav = tone_wav();
  EXPECT_TRUE(is(post("/send", wav), 409));
  EXPECT_TRUE(is(post(concat("/send?licence=CC0-1.0&consent=", sha256_hex("another text")), wav), 409));
  EXPECT_TRUE(is(post(query("CC-BY-NC-4.0"), wav), 400)) << "not offered";
  EXPECT_TRUE(is(post(query(""), wav), 400));
  EXPECT_TRUE(is(send(wav, ""), 400));
  EXPECT_TRUE(is(send(wav, "../../../etc/passwd"), 400));
  EXPECT_TRUE(is(get(query()), 405));
  EXPECT_EQ(file_count(), 0);
}

TEST_F(Page, SaysWhyARecordingIsNotTaken) {
  const std::string quiet = send(tone_wav(1, 0.004F));
  EXPECT_TRUE(is(quiet, 422));
  EXPECT_NE(quiet.find("too quiet"), std::string::npos);
  EXPECT_TRUE(is(send(tone_wav(0.2)), 422));
  EXPECT_TRUE(is(send("GIF89a"), 415));
  EXPECT_TRUE(is(send(""), 415));
  EXPECT_TRUE(is(send(std::string(10'000'001, 'x')), 413));
  EXPECT_EQ(file_count(), 0);
}

TEST_F(Page, TakesTheSameRecordingOnce) {
  EXPECT_TRUE(is(send(tone_wav()), 200));
  EXPECT_TRUE(is(send(tone_wav()), 409));
  EXPECT_TRUE(is(send(tone_wav(), "ffffffffffffffffffffffffffffffff"), 409));
  EXPECT_EQ(file_count(), 2);
}

TEST_F(Page, KeepsItsQuotaOverARestart) {
  options.quota.sender_files = 2;
  start();
  EXPECT_TRUE(is(send(tone_wav(1, 0.5F, 0.1F)), 200));
  start();
  EXPECT_TRUE(is(send(tone_wav(1, 0.5F, 0.2F)), 200));
  EXPECT_TRUE(is(send(tone_wav(1, 0.5F, 0.3F)), 429));
  EXPECT_TRUE(is(send(tone_wav(1, 0.5F, 0.3F), "ffffffffffffffffffffffffffffffff"), 200)) << "another sender";
  EXPECT_EQ(stored().size(), 3U);
}

TEST_F(Page, IsAloneInItsFolder) {
  web::Server other({});
  EXPECT_THROW(SubmitPage(other, folder, options), Error);
}

TEST_F(Page, TellsTheSenderWhenTheDiskIsFullAndKeepsNothing) {
  // A folder in the record's place: its file cannot be renamed there.
  ASSERT_TRUE(is(send(tone_wav()), 200));
  const std::string hash = stored().front().hash;
  std::filesystem::remove(folder / (hash + ".flac"));
  std::filesystem::remove(folder / (hash + ".json"));
  std::filesystem::create_directories(folder / (hash + ".flac") / "in the way");
  const std::string answer = send(tone_wav());
  EXPECT_TRUE(is(answer, 503)) << answer;
  EXPECT_NE(answer.find("Nothing was kept"), std::string::npos);
  EXPECT_EQ(answer.find(folder.string()), std::string::npos) << "no path of this machine";
  EXPECT_EQ(file_count(), 1) << "the folder in the way";
}

TEST_F(Page, IsAFewFilesThatLeaveTheMachineAlone) {
  for (const char* path : {"/", "/submit.js", "/submit.css", "/recorder.js"}) {
    const std::string answer = get(path);
    EXPECT_TRUE(is(answer, 200)) << path;
    EXPECT_EQ(body(answer).find("http:"), std::string::npos) << path;
    EXPECT_EQ(body(answer).find("//cdn"), std::string::npos) << path;
    EXPECT_NE(answer.find("default-src 'none'"), std::string::npos);
  }
}

TEST_F(Page, SurvivesAThousandMalformedRequests) {
  const std::string wav = tone_wav();
  const std::vector<std::string> heads = {"POST /send HTTP/1.1\r\n",
                                          "POST /send?licence=%zz HTTP/1.1\r\n",
                                          "PUT /send HTTP/1.1\r\n",
                                          "POST /send?consent=&consent= HTTP/1.1\r\n",
                                          "POST /send/../../etc/passwd HTTP/1.1\r\n",
                                          concat("POST ", query(), " HTTP/1.1\r\n"),
                                          "GET /about%00 HTTP/1.1\r\n"};
  const std::vector<std::string> lengths = {"Content-Length: 5\r\n",
                                            "Content-Length: -1\r\n",
                                            "Content-Length: 99999999999\r\n",
                                            "Content-Length: 5\r\nContent-Length: 6\r\n",
                                            "Transfer-Encoding: chunked\r\n",
                                            "Content-Length: 0x10\r\n",
                                            ""};
  int count = 0;
  for (int round = 0; count < 1000; ++round) {
    for (const std::string& head : heads) {
      for (const std::string& length : lengths) {
        const std::string sent =
            wav.substr(static_cast<std::size_t>(round * 7 % 60), static_cast<std::size_t>(count % 50));
        web::TestClient client(server->port());
        client.send(concat(head, headers(count % 3 == 0 ? "" : kSecret), length, "\r\n", sent));
        client.end();
        const std::string answer = client.read_all();
        EXPECT_FALSE(is(answer, 200)) << head << length;
        EXPECT_FALSE(is(answer, 500)) << head << length << answer;
        ++count;
      }
    }
  }
  EXPECT_EQ(file_count(), 0);
  EXPECT_TRUE(is(send(wav), 200)) << "and goes on";
}

}  // namespace
}  // namespace pupil::submit
