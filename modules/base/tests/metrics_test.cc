#include "lakehouse/base/metrics.h"

#include <gmock/gmock.h>

#include <limits>

#include "lakehouse/base/task_group.h"

namespace lakehouse {
namespace {

using testing::HasSubstr;

TEST(MetricsTest, WritesCountersAndGaugesInTheTextFormat) {
  Metrics metrics;
  metrics.counter("lakehouse_net_requests_total", "Requests.", {{"route", "/v1/sql"}, {"code", "200"}}).Add(3);
  metrics.counter("lakehouse_net_requests_total", "Requests.", {{"route", "/v1/sql"}, {"code", "500"}}).Add();
  metrics.gauge("lakehouse_net_open_connections", "Open now.").Set(-2);
  EXPECT_EQ(metrics.ToText(),
            "# HELP lakehouse_net_open_connections Open now.\n"
            "# TYPE lakehouse_net_open_connections gauge\n"
            "lakehouse_net_open_connections -2\n"
            "# HELP lakehouse_net_requests_total Requests.\n"
            "# TYPE lakehouse_net_requests_total counter\n"
            "lakehouse_net_requests_total{code=\"200\",route=\"/v1/sql\"} 3\n"
            "lakehouse_net_requests_total{code=\"500\",route=\"/v1/sql\"} 1\n");
}

TEST(MetricsTest, GivesTheSameMetricForTheSameNameAndLabels) {
  Metrics metrics;
  Counter& counter = metrics.counter("a_total", "", {{"x", "1"}});
  for (int i = 0; i < 1'000; ++i) metrics.counter("a_total", "", {{"x", std::to_string(i)}});
  EXPECT_EQ(&metrics.counter("a_total", "", {{"x", "1"}}), &counter);
  EXPECT_NE(&metrics.counter("a_total", "", {{"x", "2"}}), &counter);
}

TEST(MetricsTest, EscapesLabelsAndHelp) {
  Metrics metrics;
  metrics.gauge("g", "one\ntwo \\ \"three\"", {{"l", "a\"b\\c\nd"}}).Set(1);
  EXPECT_THAT(metrics.ToText(), HasSubstr("# HELP g one\\ntwo \\\\ \"three\"\n"));
  EXPECT_THAT(metrics.ToText(), HasSubstr("g{l=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(MetricsTest, CountsHistogramsUpToEachBound) {
  Metrics metrics;
  Histogram& histogram = metrics.histogram("h_seconds", "Time.", {{"k", "v"}});
  for (const double seconds : {0.0005, 0.001, 0.0011, 2.0, 1000.0}) histogram.Observe(seconds);
  const std::string text = metrics.ToText();
  EXPECT_THAT(text, HasSubstr("# TYPE h_seconds histogram\n"));
  EXPECT_THAT(text, HasSubstr("h_seconds_bucket{k=\"v\",le=\"0.001\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("h_seconds_bucket{k=\"v\",le=\"0.0025\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("h_seconds_bucket{k=\"v\",le=\"1\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("h_seconds_bucket{k=\"v\",le=\"2.5\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("h_seconds_bucket{k=\"v\",le=\"60\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("h_seconds_bucket{k=\"v\",le=\"+Inf\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("h_seconds_sum{k=\"v\"} 1002.0026\n"));
  EXPECT_THAT(text, HasSubstr("h_seconds_count{k=\"v\"} 5\n"));
  EXPECT_EQ(histogram.count(), 5u);
}

TEST(MetricsTest, TakesNoHarmFromTimesThatAreNone) {
  Metrics metrics;
  Histogram& histogram = metrics.histogram("h_seconds", "");
  for (const double seconds : {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    histogram.Observe(seconds);
  EXPECT_THAT(metrics.ToText(), HasSubstr("h_seconds_bucket{le=\"0.001\"} 2\n"));
  EXPECT_THAT(metrics.ToText(), HasSubstr("h_seconds_bucket{le=\"60\"} 2\n"));
  EXPECT_THAT(metrics.ToText(), HasSubstr("h_seconds_bucket{le=\"+Inf\"} 3\n"));
}

TEST(MetricsTest, LosesNothingUnderManyThreads) {
  Metrics metrics;
  {
    TaskGroup group;
    for (int thread = 0; thread < 4; ++thread)
      group.Start("count", [&](const std::stop_token&) {
        for (int i = 0; i < 1'000; ++i) {
          metrics.counter("n_total", "").Add();
          metrics.histogram("h_seconds", "").Observe(0.5);
          if (i % 100 == 0) static_cast<void>(metrics.ToText());
        }
      });
  }
  EXPECT_EQ(metrics.counter("n_total", "").value(), 4'000u);
  EXPECT_EQ(metrics.histogram("h_seconds", "").count(), 4'000u);
}

TEST(MetricsDeathTest, AssertsOnNamesThatBreakTheRules) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Metrics metrics;
  EXPECT_DEATH(metrics.counter("no spaces", ""), "IsMetricName");
  EXPECT_DEATH(metrics.counter("1st", ""), "IsMetricName");
  EXPECT_DEATH(metrics.counter("a", "", {{"le", "1"}}), "le");
  metrics.counter("a_total", "");
  EXPECT_DEATH(metrics.gauge("a_total", ""), "two kinds");
}

}  // namespace
}  // namespace lakehouse
