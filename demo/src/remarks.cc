#include "remarks.h"

#include <span>
#include <string_view>
#include <utility>

#include "lakehouse/base/json_writer.h"
#include "names.h"
#include "phrases.h"
#include "places.h"
#include "trades.h"

namespace lakehouse::demo {
namespace {

using Words = std::pair<std::string_view, std::string>;

/// The phrase with every {name} in it replaced.
void AppendPhrase(std::string& text, std::string_view phrase, std::span<const Words> words) {
  while (!phrase.empty()) {
    const std::size_t open = phrase.find('{');
    text += phrase.substr(0, open);
    if (open == std::string_view::npos) return;
    const std::size_t close = phrase.find('}', open);
    const std::string_view name = phrase.substr(open + 1, close - open - 1);
    for (const auto& [known, value] : words) {
      if (known == name) text += value;
    }
    phrase.remove_prefix(close + 1);
  }
}

std::span<const std::string_view> PhrasesFor(Outcome outcome) {
  switch (outcome) {
    case Outcome::kCompleted: return CompletedPhrases();
    case Outcome::kExtended: return ExtendedPhrases();
    case Outcome::kInProgress: return RunningPhrases();
    case Outcome::kNoShow: return NoShowPhrases();
    case Outcome::kQuit: return QuitPhrases();
    case Outcome::kTerminated: return TerminatedPhrases();
  }
  return CompletedPhrases();
}

std::string DateText(Day day) {
  std::string text;
  AppendDate(text, day);
  return text;
}

std::string NoteText(const Worker& worker, const Client& client, const Contract& contract, const Fill& fill, SeededRandom& random) {
  const Trade& trade = Trades()[contract.trade];
  const Words words[] = {
      {"first", std::string(GivenNames()[worker.given_name])},
      {"last", std::string(FamilyNames()[worker.family_name])},
      {"role", std::string(trade.role)},
      {"skill", std::string(random.Pick(trade.skills))},
      {"paper", std::string(trade.certifications.front())},
      {"client", client.name},
      {"city", std::string(Places()[contract.place].city)},
      {"shift", contract.nights ? "night shift" : "day shift"},
      {"hours", std::to_string(fill.quarter_hours / 4)},
  };
  std::string text;
  AppendPhrase(text, random.Pick(PhrasesFor(fill.outcome)), words);
  if (random.InThousand(650)) AppendPhrase(text += ' ', random.Pick(DetailPhrases()), words);
  if (random.InThousand(550)) AppendPhrase(text += ' ', random.Pick(NextStepPhrases()), words);
  return text;
}

}  // namespace

std::string WorkerRemark(const Worker& worker, SeededRandom& random) {
  const Trade& trade = Trades()[worker.trade];
  std::string text;
  const Words words[] = {
      {"first", std::string(GivenNames()[worker.given_name])}, {"skill", std::string(random.Pick(trade.skills))},
      {"paper", std::string(trade.certifications.front())},    {"date", DateText(worker.last_active - random.Between(0, 40))},
      {"miles", std::to_string(random.Between(2, 12) * 5)},
  };
  AppendPhrase(text, random.Pick(RemarkPhrases()), words);
  return text;
}

std::string NotesNdjson(const DemoOptions& options, const std::vector<Worker>& workers, const std::vector<Client>& clients,
                        const std::vector<Contract>& contracts, const std::vector<Fill>& fills) {
  SeededRandom random(options.seed, "notes");
  static constexpr std::string_view kAuthors[] = {"t.okafor", "m.lindqvist", "r.delgado", "s.whitfield",
                                                  "j.park",   "a.brennan",   "k.osei",    "d.navarro"};
  static constexpr std::string_view kKinds[] = {"call", "call", "call", "email", "site visit", "text message"};
  std::string text;
  const auto wanted = static_cast<std::size_t>(8'000 * options.workers / 100'000 + 20);
  text.reserve(wanted * 380);
  // In order of time: one in so many fills is written about, those that went wrong more often.
  std::size_t written = 0;
  for (std::size_t i = 0; i < fills.size() && written < wanted; ++i) {
    const Fill& fill = fills[i];
    const bool went_wrong = fill.outcome == Outcome::kNoShow || fill.outcome == Outcome::kQuit || fill.outcome == Outcome::kTerminated;
    if (random.Below(1000) >= (went_wrong ? 280U : 120U)) continue;
    const Contract& contract = contracts[fill.contract];
    JsonWriter json;
    json.Open('{');
    json.Key("note_id");
    json.String(Id("N", ++written, 5));
    json.Key("written_on");
    json.String(DateText(static_cast<Day>(fill.filled_at / 86'400) + random.MostlyLow(0, 9)));
    json.Key("author");
    json.String(random.Pick(kAuthors));
    json.Key("kind");
    json.String(random.Pick(kKinds));
    json.Key("worker_id");
    json.String(WorkerId(fill.worker));
    // Some forget to say which order it was about.
    if (!random.InThousand(90)) {
      json.Key("contract_id");
      json.String(ContractId(fill.contract));
    }
    json.Key("text");
    json.String(NoteText(workers[fill.worker], clients[contract.client], contract, fill, random));
    json.Close('}');
    text += std::move(json).Take();
    text += '\n';
  }
  return text;
}

}  // namespace lakehouse::demo
