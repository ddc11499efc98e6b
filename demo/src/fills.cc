#include "fills.h"

#include <algorithm>
#include <map>
#include <span>

#include "places.h"
#include "seeded_random.h"
#include "trades.h"

namespace lakehouse::demo {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

/// Who could be sent: by trade, and by trade and state.
class Bench {
 public:
  explicit Bench(const std::vector<Worker>& workers) : workers_(workers), of_trade_(Trades().size()) {
    for (std::uint32_t i = 0; i < workers.size(); ++i) {
      of_trade_[workers[i].trade].push_back(i);
      of_state_[{workers[i].trade, Places()[workers[i].place].state}].push_back(i);
    }
  }

  /// The better of two who were hired by then, near the site if there are any; false when nobody was found.
  bool Choose(const Contract& contract, Day day, SeededRandom& random, std::uint32_t& chosen) const {
    const auto near = of_state_.find({contract.trade, Places()[contract.place].state});
    const bool far = near == of_state_.end() || random.InThousand(120);
    const std::span<const std::uint32_t> choices = far ? of_trade_[contract.trade] : near->second;
    if (choices.empty()) return false;
    int found = 0;
    for (int attempt = 0; attempt < 8 && found < 2; ++attempt) {
      const std::uint32_t one = random.Pick(choices);
      if (workers_[one].hired > day || workers_[one].last_active < day - 30) continue;
      if (found == 0 || workers_[one].quality > workers_[chosen].quality) chosen = one;
      ++found;
    }
    return found > 0;
  }

 private:
  const std::vector<Worker>& workers_;
  std::vector<std::vector<std::uint32_t>> of_trade_;
  std::map<std::pair<std::uint16_t, std::string_view>, std::vector<std::uint32_t>> of_state_;
};

/// How many of a contract's places are taken, in per mille: scarce trades, nights and low pay leave some open.
std::int32_t TakenInThousand(const Contract& contract, SeededRandom& random) {
  const Trade& trade = Trades()[contract.trade];
  const std::int64_t usual = static_cast<std::int64_t>(trade.hourly_cents) * Places()[contract.place].wage_percent / 100;
  const auto pay_percent = static_cast<std::int32_t>(contract.pay_cents * std::int64_t{100} / usual);
  std::int32_t taken = 900 - (trade.weight < 35 ? 160 : 0) - (contract.nights ? 130 : 0) + (pay_percent - 100) * 9;
  return std::clamp(taken + random.Between(-140, 140), 250, 1000);
}

Outcome DrawOutcome(const Worker& worker, const Contract& contract, SeededRandom& random) {
  const auto weakness = static_cast<std::uint32_t>(100 - worker.quality);
  const std::uint32_t chance = random.Below(1000);
  const std::uint32_t no_show = weakness * weakness / 60 + (contract.nights ? 25 : 0);
  const std::uint32_t quit = no_show + 20 + weakness;
  const std::uint32_t terminated = quit + weakness * weakness / 80;
  if (chance < no_show) return Outcome::kNoShow;
  if (chance < quit) return Outcome::kQuit;
  if (chance < terminated) return Outcome::kTerminated;
  if (contract.end > Today()) return Outcome::kInProgress;
  return random.Below(100) < static_cast<std::uint32_t>(worker.quality) / 3 ? Outcome::kExtended : Outcome::kCompleted;
}

std::int32_t DrawRating(const Worker& worker, Outcome outcome, SeededRandom& random) {
  if (random.InThousand(220)) return 0;
  switch (outcome) {
    case Outcome::kInProgress: return 0;
    case Outcome::kNoShow: return 1;
    case Outcome::kQuit:
    case Outcome::kTerminated: return random.Between(1, 3);
    case Outcome::kCompleted:
    case Outcome::kExtended: break;
  }
  return std::clamp((worker.quality + random.Between(-20, 25)) / 20 + 1, 2, 5);
}

/// A working week is five days of eight hours, more or less.
std::int32_t QuarterHours(Day from, Day to, SeededRandom& random) {
  const std::int32_t days = std::max(1, (to - from) * 5 / 7);
  return days * random.Between(28, 35);
}

Fill MakeFill(const Worker& worker, const Contract& contract, Day day, SeededRandom& random) {
  Fill fill;
  fill.filled_at = day * kSecondsPerDay + random.AboutMiddle(6 * 60, 19 * 60) * std::int64_t{60};
  fill.outcome = DrawOutcome(worker, contract, random);
  const Day last = std::min(contract.end, Today());
  Day left = last;
  if (fill.outcome == Outcome::kQuit || fill.outcome == Outcome::kTerminated) left = day + random.MostlyLow(1, std::max(1, last - day));
  if (fill.outcome != Outcome::kNoShow) fill.quarter_hours = QuarterHours(day, left, random);
  if (fill.outcome == Outcome::kExtended) fill.quarter_hours += random.Between(160, 900);
  fill.rating = DrawRating(worker, fill.outcome, random);
  return fill;
}

void FillContract(const Bench& bench, const std::vector<Worker>& workers, const Contract& contract, std::uint32_t index,
                  SeededRandom& random, std::vector<Fill>& fills) {
  const std::int32_t taken = (contract.headcount * TakenInThousand(contract, random) + 500) / 1000;
  const Day last = std::min(contract.end, Today());
  for (std::int32_t seat = 0; seat < taken; ++seat) {
    Day day = contract.start - 3 + random.MostlyLow(0, 12);
    // Whoever leaves early is replaced, as long as there is something left to do.
    for (int replacement = 0; replacement < 4 && day < last; ++replacement) {
      Fill fill;
      std::uint32_t worker = 0;
      if (!bench.Choose(contract, day, random, worker)) break;
      fill = MakeFill(workers[worker], contract, day, random);
      fill.contract = index;
      fill.worker = worker;
      fills.push_back(fill);
      const bool stays = fill.outcome == Outcome::kCompleted || fill.outcome == Outcome::kExtended || fill.outcome == Outcome::kInProgress;
      if (stays) break;
      day += 1 + fill.quarter_hours / 20 + random.MostlyLow(0, 6);
    }
  }
}

void AppendTime(std::string& text, std::int64_t seconds) {
  AppendDate(text, static_cast<Day>(seconds / kSecondsPerDay));
  const auto of_day = static_cast<std::uint64_t>(seconds % kSecondsPerDay);
  text += ' ';
  AppendDigits(text, of_day / 3600, 2);
  text += ':';
  AppendDigits(text, of_day / 60 % 60, 2);
  text += ":00";
}

}  // namespace

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kCompleted: return "completed";
    case Outcome::kExtended: return "extended";
    case Outcome::kInProgress: return "in progress";
    case Outcome::kNoShow: return "no-show";
    case Outcome::kQuit: return "quit";
    case Outcome::kTerminated: return "terminated";
  }
  return "";
}

std::vector<Fill> MakeFills(const DemoOptions& options, const std::vector<Worker>& workers, const std::vector<Contract>& contracts) {
  SeededRandom random(options.seed, "fills");
  const Bench bench(workers);
  std::vector<Fill> fills;
  for (std::uint32_t i = 0; i < contracts.size(); ++i) {
    const ContractStatus status = contracts[i].status;
    if (status == ContractStatus::kUpcoming || status == ContractStatus::kCancelled) continue;
    FillContract(bench, workers, contracts[i], i, random, fills);
  }
  std::stable_sort(fills.begin(), fills.end(), [](const Fill& a, const Fill& b) { return a.filled_at < b.filled_at; });
  return fills;
}

std::string FillsCsv(const std::vector<Fill>& fills) {
  CsvText csv("fill_id,contract_id,worker_id,filled_at,hours,outcome,rating", fills.size() * 72 + 64);
  std::string time;
  for (std::size_t i = 0; i < fills.size(); ++i) {
    const Fill& fill = fills[i];
    csv.Field(Id("F", i + 1, 6));
    csv.Field(ContractId(fill.contract));
    csv.Field(WorkerId(fill.worker));
    time.clear();
    AppendTime(time, fill.filled_at);
    csv.Field(time);
    csv.Cents(std::int64_t{25} * fill.quarter_hours);
    csv.Field(OutcomeName(fill.outcome));
    if (fill.rating == 0) {
      csv.Field("");
    } else {
      csv.Integer(fill.rating);
    }
    csv.EndRow();
  }
  return std::move(csv).Take();
}

}  // namespace lakehouse::demo
