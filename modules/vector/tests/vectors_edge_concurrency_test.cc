#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "lakehouse/base/json_view.h"
#include "lakehouse/net/http_client.h"
#include "lakehouse/net/http_server.h"
#include "lakehouse/vector/vector_routes.h"
#include "vector_testing/vector_lake.h"

namespace lakehouse::vector {
namespace {

constexpr int kItems = 200, kWidth = 8;

/// Another point for every item, exact in float32.
std::vector<float> PointOf(int item) {
  return {static_cast<float>(item), static_cast<float>(item % 7), static_cast<float>(item % 11), static_cast<float>(item % 13), 1, 2, 3, 4};
}

std::string TextOf(const std::vector<float>& vector) {
  std::string text = "[";
  for (const float value : vector) text += (text.size() > 1 ? "," : "") + std::to_string(static_cast<int>(value));
  return text + "]";
}

/// Everything that runs in a server at once: searches that the event loops answer and those that workers do, a writer, folding and
/// rewriting in the background, retraining, and promotions that swap the index. Meant for the thread sanitizer.
TEST(VectorsConcurrency, SearchesOverSocketsAreRightBesideWriterRetrainerAndSwapper) {
  LocalVectorsOptions options;  // its own upkeep runs beside
  options.fold_bytes = 20'000;
  options.compact_rows = 100;
  options.sidecar_rows = 100;
  VectorLake lake(options);
  Must(lake.vectors->CreateIndex({}, {"notes", kWidth, "euclidean"}));
  std::vector<Item> items;
  for (int item = 0; item < kItems; ++item) items.push_back({"i" + std::to_string(item), PointOf(item), {}});
  Must(lake.vectors->Add({}, {"notes", items}));
  Must(lake.vectors->Maintain({}, {"notes", true, false}));

  std::atomic<int> at_once = 0;
  std::vector<net::Route> all = VectorRoutes(*lake.vectors);
  for (net::Route& route : all) {
    if (!route.handle_at_once) continue;
    route.handle_at_once = [&at_once, inner = route.handle_at_once](const Context& context, net::HttpRequest& request) {
      auto answer = inner(context, request);
      if (answer) ++at_once;
      return answer;
    };
  }
  net::RouteTable routes;
  routes.Mount("/v1", std::move(all));
  net::RequestLog requests;
  net::HttpServer::Options edge;
  edge.worker_threads = 3;
  edge.spool_directory = lake.directory.path();
  const auto server = Must(net::HttpServer::Start(edge, routes, lake.lake.log, lake.lake.metrics, requests));
  net::HttpClient client;

  std::atomic<bool> written = false;
  std::atomic<int> wrong = 0, searches = 0, swaps = 0;
  std::string first_wrong;
  std::mutex first_mutex;
  const auto complain = [&](const std::string& what) {
    const std::scoped_lock lock(first_mutex);
    if (wrong++ == 0) first_wrong = what;
  };
  const auto post = [&](const std::string& path, const std::string& body) {
    net::HttpClient::Request request;
    request.method = "POST";
    request.url = server->url() + "/v1/vectors/index/notes/" + path;
    request.headers = {{"Content-Type", "application/json"}};
    request.body = body;
    auto answer = client.Send({"", "t", Deadline::After(120'000), {}}, request);
    if (!answer || answer->status != 200) complain(path + ": " + (answer ? answer->body : answer.error().ToString()));
    return answer ? answer->body : std::string();
  };
  std::vector<std::thread> threads;
  for (int reader = 0; reader < 2; ++reader)
    threads.emplace_back([&, reader] {
      for (int n = reader; !written || n < 100; n += 2) {
        const int item = n * 37 % kItems & ~1;  // even ones stay; odd ones are replaced and removed meanwhile
        // With a filter it is for the workers.
        const std::string filter = n % 5 == 0 ? R"(,"filter":{"ids":["i)" + std::to_string(item) + R"(","i0"]})" : "";
        const std::string body = post("search", R"({"k":1,"vector":)" + TextOf(PointOf(item)) + filter + "}");
        if (body.find(R"({"results":[{"id":"i)" + std::to_string(item) + R"(","distance":0,)") != 0)
          complain("item " + std::to_string(item) + ": " + body);
        ++searches;
      }
    });
  threads.emplace_back([&] {
    for (unsigned round = 0; !written || swaps == 0; ++round) {
      const auto trained = lake.vectors->Maintain({}, {"notes", true, round % 2 == 0});
      if (!trained && trained.error().code() != ErrorCode::kConflict) complain("maintain: " + trained.error().ToString());
      const auto trial = lake.vectors->RunTrial({}, {"notes", {.lists = 2U + round % 3}, {}, 5});
      if (!trial) complain("trial: " + trial.error().ToString());
      if (!trial || wrong > 0) return;
      const auto promoted = lake.vectors->Promote({}, {"notes", trial->id, "", "", 0});
      if (promoted && !lake.vectors->Rollback({}, {"notes"})) complain("rollback");
      // Its own upkeep came between; nothing has happened.
      if (!promoted && promoted.error().code() != ErrorCode::kConflict) complain("promote: " + promoted.error().ToString());
      if (promoted) ++swaps;
    }
  });
  for (int batch = 0; batch < 30 || swaps == 0; ++batch) {
    std::string text;
    for (int n = 0; n < 8; ++n) {
      const int item = (batch * 8 + n) * 2 % kItems + 1;
      text += (n == 0 ? "" : ",") + (R"({"id":"i)" + std::to_string(item)) + R"(","vector":)" + TextOf(PointOf(item)) + "}";
    }
    post("add", R"({"items":[)" + text + "]}");
    post("delete", R"({"ids":["i)" + std::to_string(batch * 16 % kItems + 1) + R"("]})");
    if (wrong > 0) break;
  }
  written = true;
  for (std::thread& thread : threads) thread.join();
  server->Stop(0);
  EXPECT_EQ(wrong, 0) << first_wrong;
  EXPECT_GT(at_once, 0) << "none of " << searches << " searches was answered by an event loop";
  EXPECT_GT(swaps, 0);
}

}  // namespace
}  // namespace lakehouse::vector
