#include "workers.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "contact.h"
#include "names.h"
#include "places.h"
#include "remarks.h"
#include "seeded_random.h"
#include "trades.h"

namespace lakehouse::demo {
namespace {

constexpr std::int32_t kLongestTenureDays = 3300;

/// Which trades there are in a place: its own sector's three times as often.
class TradesOfPlaces {
 public:
  TradesOfPlaces() {
    for (int sector = 0; sector < kSectors; ++sector) {
      std::vector<std::uint32_t> weights;
      for (const Trade& trade : Trades()) weights.push_back(trade.weight * (static_cast<int>(trade.sector) == sector ? 3 : 1));
      of_sector_.emplace_back(weights);
    }
  }
  std::uint32_t Draw(const Place& place, SeededRandom& random) const {
    return of_sector_[static_cast<std::size_t>(place.sector)].Draw(random);
  }

 private:
  static constexpr int kSectors = static_cast<int>(Sector::kFood) + 1;
  std::vector<WeightedChoice> of_sector_;
};

WorkerStatus DrawStatus(std::int32_t quality, std::int32_t tenure, SeededRandom& random) {
  const std::uint32_t chance = random.Below(1000);
  if (chance < (quality < 35 ? 110U : 6U)) return WorkerStatus::kDoNotReturn;
  if (chance < 300) return WorkerStatus::kPlaced;
  if (chance < 340) return WorkerStatus::kOnLeave;
  return chance < (tenure > 1500 ? 620U : 430U) ? WorkerStatus::kInactive : WorkerStatus::kActive;
}

std::int32_t DaysSinceActive(WorkerStatus status, SeededRandom& random) {
  switch (status) {
    case WorkerStatus::kPlaced: return random.Between(0, 3);
    case WorkerStatus::kActive: return random.MostlyLow(0, 75);
    case WorkerStatus::kOnLeave: return random.Between(14, 150);
    case WorkerStatus::kInactive:
    case WorkerStatus::kDoNotReturn: return random.MostlyLow(95, 1500);
  }
  return 0;
}

std::int32_t Wage(const Trade& trade, const Place& place, std::int32_t tenure, std::int32_t quality, SeededRandom& random) {
  const std::int32_t percent = place.wage_percent * (100 + std::min(tenure / 240, 12) + (quality - 60) / 12 + random.Between(-6, 6));
  const std::int64_t cents = static_cast<std::int64_t>(trade.hourly_cents) * percent / 10'000;
  return static_cast<std::int32_t>(cents / 5 * 5);
}

std::string_view WorkerStatusName(WorkerStatus status) {
  switch (status) {
    case WorkerStatus::kActive: return "active";
    case WorkerStatus::kPlaced: return "placed";
    case WorkerStatus::kOnLeave: return "on leave";
    case WorkerStatus::kInactive: return "inactive";
    case WorkerStatus::kDoNotReturn: return "do not return";
  }
  return "";
}

void AppendListed(std::string& list, std::string_view item) {
  if (!list.empty()) list += ';';
  list += item;
}

/// Between three and six of the trade's, in the order they came up, and now and then one that goes with any.
std::string Skills(const Trade& trade, SeededRandom& random) {
  std::array<std::uint8_t, 16> order{};
  const auto known = static_cast<std::uint32_t>(trade.skills.size());
  for (std::uint32_t i = 0; i < known; ++i) order[i] = static_cast<std::uint8_t>(i);
  const auto wanted = std::min(static_cast<std::uint32_t>(random.Between(3, 6)), known);
  std::string list;
  for (std::uint32_t i = 0; i < wanted; ++i) {
    std::swap(order[i], order[i + random.Below(known - i)]);
    AppendListed(list, trade.skills[order[i]]);
  }
  if (random.InThousand(280)) AppendListed(list, random.Pick(EverydaySkills()));
  return list;
}

std::string Certifications(const Trade& trade, SeededRandom& random) {
  std::string list;
  std::uint32_t chance = trade.certified_in_thousand;
  for (const std::string_view certification : trade.certifications) {
    if (random.InThousand(chance)) AppendListed(list, certification);
    chance = 240;
  }
  return list;
}

/// "4.2", or what stands there when nobody knows.
std::string Rating(const Worker& worker, SeededRandom& random) {
  if (Today() - worker.hired < 45 || random.InThousand(55)) return "";
  if (random.InThousand(12)) return "N/A";
  const std::int32_t tenths = std::clamp(17 + worker.quality * 36 / 100 + random.Between(-4, 4), 10, 50);
  std::string rating = "0.0";
  rating[0] = static_cast<char>('0' + tenths / 10);
  rating[2] = static_cast<char>('0' + tenths % 10);
  return rating;
}

std::string_view ShiftPreference(SeededRandom& random) {
  static constexpr std::string_view kShifts[] = {"days", "days", "days", "days", "evenings", "evenings", "nights", "weekends", "any", ""};
  return random.Pick(kShifts);
}

std::vector<std::string> AllFolded(std::span<const std::string_view> names) {
  std::vector<std::string> folded;
  for (const std::string_view name : names) folded.push_back(Folded(name));
  return folded;
}

}  // namespace

std::string WorkerId(std::size_t index) { return Id("W", index + 1, 6); }

std::vector<Worker> MakeWorkers(const DemoOptions& options) {
  SeededRandom random(options.seed, "workers");
  std::vector<std::uint32_t> weights;
  for (const Place& place : Places()) weights.push_back(place.weight);
  const WeightedChoice places(weights);
  const TradesOfPlaces trades;
  std::vector<Worker> workers(static_cast<std::size_t>(options.workers));
  for (Worker& worker : workers) {
    worker.given_name = static_cast<std::uint16_t>(random.Below(static_cast<std::uint32_t>(GivenNames().size())));
    worker.family_name = static_cast<std::uint16_t>(random.Below(static_cast<std::uint32_t>(FamilyNames().size())));
    worker.place = static_cast<std::uint16_t>(places.Draw(random));
    const Place& place = Places()[worker.place];
    worker.trade = static_cast<std::uint16_t>(trades.Draw(place, random));
    worker.quality = random.AboutMiddle(15, 100);
    std::int32_t tenure = random.MostlyLow(2, kLongestTenureDays);
    if (worker.quality < 45) tenure = std::max(2, tenure / 2);  // those for whom it goes badly do not stay
    worker.hired = Today() - tenure;
    worker.status = DrawStatus(worker.quality, tenure, random);
    worker.last_active = Today() - std::min(tenure, DaysSinceActive(worker.status, random));
    worker.hourly_cents = Wage(Trades()[worker.trade], place, tenure, worker.quality, random);
  }
  return workers;
}

std::string WorkersCsv(const DemoOptions& options, const std::vector<Worker>& workers) {
  SeededRandom random(options.seed, "workers.csv");
  const std::vector<std::string> folded_given = AllFolded(GivenNames());
  const std::vector<std::string> folded_family = AllFolded(FamilyNames());
  CsvText csv(
      "worker_id,first_name,last_name,role,skills,certifications,city,state,zip,phone,email,hourly_rate,hire_date,status,rating,"
      "shift_preference,last_active,notes",
      workers.size() * 340 + 4096);
  std::string last_email, spaced;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const Worker& worker = workers[i];
    const Place& place = Places()[worker.place];
    const Trade& trade = Trades()[worker.trade];
    // A space after it, as a form that does not trim leaves it.
    const auto typed = [&](std::string_view text, std::uint32_t in_thousand) -> std::string_view {
      if (!random.InThousand(in_thousand)) return text;
      spaced.assign(text) += ' ';
      return spaced;
    };
    csv.Field(WorkerId(i));
    csv.Field(typed(GivenNames()[worker.given_name], 5));
    csv.Field(typed(FamilyNames()[worker.family_name], 9));
    csv.Field(trade.role);
    csv.Field(Skills(trade, random));
    csv.Field(Certifications(trade, random));
    csv.Field(typed(place.city, 3));
    csv.Field(place.state);
    csv.Field(PostalCode(place, random));
    csv.Field(Phone(place, random));
    // Some people are in the table twice over, or share a mailbox.
    if (!random.InThousand(3)) last_email = Email(folded_given[worker.given_name], folded_family[worker.family_name], random);
    csv.Field(last_email);
    if (random.InThousand(4)) {
      csv.Field("");
    } else {
      csv.Cents(worker.hourly_cents);
    }
    csv.Date(worker.hired);
    csv.Field(WorkerStatusName(worker.status));
    csv.Field(Rating(worker, random));
    csv.Field(ShiftPreference(random));
    csv.Date(worker.last_active);
    csv.Field(random.InThousand(170) ? WorkerRemark(worker, random) : "");
    csv.EndRow();
  }
  return std::move(csv).Take();
}

}  // namespace lakehouse::demo
