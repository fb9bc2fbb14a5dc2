// SPDX-License-Identifier: Apache-2.0
#include "web/server.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <thread>

#include "base/error.h"
#include "base/temp_file.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "web/test_client.h"

namespace pupil::web {
namespace {

std::string error_of(const ServerOptions& options) {
  try {
    const Server server(options);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

class ServerTest : public ::testing::Test {
 protected:
  Server& start(const ServerOptions& options = {}) {
    server_ = std::make_unique<Server>(options);
    server_->get("/", [](const Request&) { return Response::text(200, "home"); });
    server_->get("/file", [this](const Request&) {
      Response response;
      response.type = "audio/wav";
      response.file = folder_ / "clip.wav";
      return response;
    });
    server_->get("/sound", [](const Request&) {
      Response response;
      response.body = "0123456789";
      response.ranged = true;
      return response;
    });
    server_->get("/items/*", [](const Request& request) { return Response::text(200, request.path); });
    server_->get("/broken", [](const Request&) -> Response { throw Error("the disk is full"); });
    server_->get_open("/health", [](const Request&) { return Response::json("{}"); });
    server_->post("/form",
                  [](const Request& request) { return Response::text(200, request.form_value("name")); });
    stream_ = &server_->event_stream("/events", [] { return "{\"a\":1}"; });
    server_->start();
    return *server_;
  }
  std::uint16_t port() const { return server_->port(); }

  TestFolder folder_;
  std::unique_ptr<Server> server_;
  EventStream* stream_ = nullptr;
};

TEST_F(ServerTest, AnswersGetHeadAndPost) {
  start();
  EXPECT_NE(get(port(), "/").find("\r\n\r\nhome\n"), std::string::npos);
  EXPECT_TRUE(get(port(), "/").starts_with("HTTP/1.1 200 OK\r\n"));
  const std::string head = ask(port(), "HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 5"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_TRUE(post_form(port(), "/form", "name=a%26b").ends_with("\r\n\r\na&b\n"));
  EXPECT_TRUE(get(port(), "/items/x%20y").ends_with("/items/x y\n"));
  EXPECT_TRUE(get(port(), "/nothing").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(get(port(), "/items/").starts_with("HTTP/1.1 404 "));
  EXPECT_NE(post_form(port(), "/", "").find("Allow: GET, HEAD"), std::string::npos);
  EXPECT_TRUE(get(port(), "/broken").ends_with("the disk is full\n"));
}

TEST_F(ServerTest, SendsItsSafetyHeadersWithEveryAnswer) {
  start();
  for (const char* path : {"/", "/nothing", "/broken"}) {
    const std::string answer = get(port(), path);
    EXPECT_NE(answer.find("Content-Security-Policy: default-src 'none'"), std::string::npos) << path;
    EXPECT_NE(answer.find("X-Content-Type-Options: nosniff"), std::string::npos) << path;
  }
}

TEST_F(ServerTest, KeepsAConnectionAndAnswersInOrder) {
  start();
  TestClient client(port());
  std::string asked;
  for (int i = 0; i < 50; ++i) asked += concat("GET /items/", i, " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.send(asked);
  for (int i = 0; i < 50; ++i) EXPECT_NE(client.read_until(concat("\r\n\r\n/items/", i, "\n")), "") << i;
}

TEST_F(ServerTest, SendsPartsOfABodyThatIsRanged) {
  start();
  const std::string part = get(port(), "/sound", "Range: bytes=2-4\r\n");
  EXPECT_TRUE(part.starts_with("HTTP/1.1 206 "));
  EXPECT_NE(part.find("Content-Range: bytes 2-4/10\r\n"), std::string::npos);
  EXPECT_TRUE(part.ends_with("\r\n\r\n234"));
  EXPECT_TRUE(get(port(), "/sound").ends_with("\r\n\r\n0123456789"));
  EXPECT_NE(get(port(), "/sound").find("Accept-Ranges: bytes"), std::string::npos);
  EXPECT_TRUE(get(port(), "/sound", "Range: bytes=10-\r\n").starts_with("HTTP/1.1 416 "));
  EXPECT_TRUE(get(port(), "/", "Range: bytes=0-1\r\n").ends_with("\r\n\r\nhome\n")) << "not all are";
}

TEST_F(ServerTest, SendsPartsOfFiles) {
  start();
  std::string content;
  for (int i = 0; i < 300000; ++i) content += static_cast<char>('a' + i % 23);
  write_whole(folder_ / "clip.wav", content);
  EXPECT_TRUE(get(port(), "/file").ends_with("\r\n\r\n" + content));
  const std::string part = get(port(), "/file", "Range: bytes=100000-200000\r\n");
  EXPECT_TRUE(part.starts_with("HTTP/1.1 206 "));
  EXPECT_NE(part.find("Content-Range: bytes 100000-200000/300000\r\n"), std::string::npos);
  EXPECT_TRUE(part.ends_with("\r\n\r\n" + content.substr(100000, 100001)));
  EXPECT_NE(get(port(), "/file", "Range: bytes=300000-\r\n").find("Content-Range: bytes */300000"),
            std::string::npos);
  std::filesystem::remove(folder_ / "clip.wav");
  EXPECT_TRUE(get(port(), "/file").starts_with("HTTP/1.1 404 "));
  std::filesystem::create_symlink("/etc/passwd", folder_ / "clip.wav");
  EXPECT_TRUE(get(port(), "/file").starts_with("HTTP/1.1 404 "));
}

TEST_F(ServerTest, AnswersOneWhoSendsTooMuchBeforeItCloses) {
  start();
  TestClient client(port());
  client.send("POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
  client.send(std::string(1000000, 'x'));
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 413 "));
}

TEST_F(ServerTest, AsksBeforeItReadsABodyThatIsAnnounced) {
  start();
  TestClient client(port());
  client.send(
      "POST /form HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\n"
      "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 6\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("name=x");
  EXPECT_TRUE(client.read_all().ends_with("\r\n\r\nx\n"));
}

TEST_F(ServerTest, AsksForTheTokenOnlyWhereItMust) {
  start({.access = {.token = "0123456789abcdef"}});
  EXPECT_TRUE(get(port(), "/").starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(get(port(), "/events").starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(get(port(), "/health").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(get(port(), "/?token=0123456789abcdef").starts_with("HTTP/1.1 303 "));
  EXPECT_TRUE(get(port(), "/", concat("Cookie: pupil_token_", port(), "=0123456789abcdef\r\n"))
                  .starts_with("HTTP/1.1 200 "));
}

TEST_F(ServerTest, TellsEveryStreamInOrder) {
  start({.heartbeat_s = 0.5});
  std::deque<TestClient> clients;
  for (int i = 0; i < 20; ++i)
    clients.emplace_back(port()).send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  for (TestClient& client : clients)
    EXPECT_TRUE(client.read_until("event: hello\ndata: {\"a\":1}\n\n").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(stream_->has_clients());
  for (int i = 0; i < 100; ++i) stream_->send("number", concat(i));
  for (TestClient& client : clients) {
    for (int i = 0; i < 100; ++i)
      EXPECT_NE(client.read_until(concat("event: number\ndata: ", i, "\n\n")), "");
    EXPECT_NE(client.read_until(": heartbeat\n\n"), "");
  }
}

TEST_F(ServerTest, GoesOnWhileOneStreamIsNotRead) {
  start({.slow_bytes = 1000, .lost_bytes = 100000});
  TestClient slow(port()), quick(port());
  for (TestClient* client : {&slow, &quick}) {
    client->send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client->read_until("event: hello\ndata: {\"a\":1}\n\n");
  }
  const std::string text(50000, 'x');
  for (int i = 0; i < 400; ++i) {
    stream_->send("big", concat(i, text));
    EXPECT_NE(quick.read_until(concat("data: ", i, text, "\n\n")), "");
  }
  // 20 MB that nobody took: the system's buffers hold some, ours no more than 100 kB, then it was closed.
  const std::string taken = slow.read_all();
  EXPECT_LT(taken.size(), 15000000u);
}

TEST_F(ServerTest, LimitsConnectionsAndTime) {
  start({.max_connections = 4, .request_s = 0.3, .idle_s = 60});
  TestClient slow(port());
  slow.send("GET / HT");
  EXPECT_TRUE(slow.read_all().starts_with("HTTP/1.1 408 "));
  std::deque<TestClient> busy;
  for (int i = 0; i < 4; ++i) {
    busy.emplace_back(port()).send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    busy.back().read_until("event: hello");
  }
  EXPECT_TRUE(get(port(), "/").starts_with("HTTP/1.1 503 "));
}

// Who may not send a body, or sends it where nothing takes it, is told so before it has come: nothing of it is kept.
TEST_F(ServerTest, RefusesABodyBeforeItHasCome) {
  start({.access = {.token = "0123456789abcdef"}, .limits = {.body_bytes = 100'000'000}});
  const auto answer_to = [&](std::string_view path, std::string_view header) {
    TestClient client(port());
    client.send(concat("POST ", path, " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000000\r\n", header,
                       "\r\n"));
    return client.read_until("\r\n").substr(0, 12);
  };
  const std::string_view known = "Authorization: Bearer 0123456789abcdef\r\n";
  EXPECT_EQ(answer_to("/form", ""), "HTTP/1.1 401");
  EXPECT_EQ(answer_to("/nothing", known), "HTTP/1.1 404");
  EXPECT_EQ(answer_to("/file", known), "HTTP/1.1 405");
  EXPECT_EQ(answer_to("/form", concat(known, "Origin: http://evil.example\r\n")), "HTTP/1.1 403");
}

// A slow line may take long for a large body, but not for the headers.
TEST_F(ServerTest, GivesHeadersLessTimeThanBodies) {
  start({.head_s = 0.3, .request_s = 60});
  TestClient dripping(port()), sending(port());
  dripping.send("POST /form HTTP/1.1\r\nHost: localhost\r\n");
  sending.send(
      "POST /form HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
      "Content-Length: 6\r\n\r\nna");
  EXPECT_TRUE(dripping.read_all().starts_with("HTTP/1.1 408 "));
  sending.send("me=x");
  EXPECT_TRUE(sending.read_all().ends_with("\r\n\r\nx\n"));
}

// Requests that drip (slowloris) and answers that nobody takes hold their places for seconds, not for as long as they can be
// stretched.
TEST_F(ServerTest, GivesUpDrippingConnectionsForANewOne) {
  start({.max_connections = 6, .head_s = 60, .request_s = 60});
  write_whole(folder_ / "clip.wav", std::string(30'000'000, 'x'));
  std::deque<TestClient> slow;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) slow.emplace_back(port()).send("GET / HTTP/1.1\r\nX-");
  for (int i = 0; i < 3; ++i) {
    slow.emplace_back(port()).send("GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // The server has seen the requests before it: a connection without one is idle, and the first to be given up.
    EXPECT_EQ(slow.back().read_until("\r\n"), "HTTP/1.1 200 OK\r\n");
  }
  const std::string early = get(port(), "/");
  // On a busy machine they may have had their time already.
  if (std::chrono::steady_clock::now() - begin < std::chrono::seconds(1)) {
    EXPECT_TRUE(early.starts_with("HTTP/1.1 503 ")) << early;
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(2200));
  for (int i = 0; i < 3; ++i) slow[static_cast<std::size_t>(i)].send("a");
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(get(port(), "/").ends_with("home\n")) << i;
}

TEST_F(ServerTest, GivesAnIdleConnectionUpForANewOne) {
  start({.max_connections = 2});
  std::deque<TestClient> idle;
  for (int i = 0; i < 6; ++i) {
    idle.emplace_back(port()).send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_NE(idle.back().read_until("home\n"), "");
  }
}

// Requests with bytes changed, cut, doubled and put in, from a fixed seed: each is answered or closed, and the server goes on.
TEST_F(ServerTest, SurvivesAThousandMalformedRequests) {
  start();
  std::mt19937 random(7);
  const std::string seeds[] = {
      "GET /items/a?b=c HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-1\r\nConnection: close\r\n\r\n",
      "POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 6\r\n"
      "Connection: close\r\n\r\nname=x"};
  for (int i = 0; i < 1000; ++i) {
    std::string text = seeds[i % 2];
    for (unsigned change = 0; change <= random() % 4; ++change) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text.insert(at, 1, static_cast<char>(random())); break;
        case 2: text.erase(at, 1 + random() % 8); break;
        default: text.insert(at, text.substr(at, random() % 40)); break;
      }
      if (text.empty()) text.push_back('x');
    }
    TestClient client(port());
    client.send(text);
    client.end();
    const std::string answer = client.read_all();
    EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 ")) << text;
  }
  EXPECT_TRUE(get(port(), "/").ends_with("home\n"));
}

TEST(ServerErrors, SayWhatToDo) {
  const Server first(ServerOptions{});
  EXPECT_EQ(error_of({.port = first.port()}),
            concat("127.0.0.1:", first.port(),
                   ": Address already in use; another program has it: choose another port"));
  EXPECT_EQ(error_of({.address = "0.0.0.0"}),
            "0.0.0.0 is open to other machines: give a token, or take 127.0.0.1");
  EXPECT_NE(error_of({.address = "yard"}).find("not a numeric address"), std::string::npos);
}

}  // namespace
}  // namespace pupil::web
