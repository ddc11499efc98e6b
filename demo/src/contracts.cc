#include "contracts.h"

#include <algorithm>
#include <set>

#include "contact.h"
#include "names.h"
#include "seeded_random.h"
#include "trades.h"

namespace lakehouse::demo {
namespace {

/// `count` for 100,000 workers, in proportion for other sizes, but enough to look at.
std::size_t InProportion(const DemoOptions& options, std::int64_t count, std::int64_t at_least) {
  return static_cast<std::size_t>(std::max(at_least, count * options.workers / 100'000));
}

WeightedChoice PlacesByWeight() {
  std::vector<std::uint32_t> weights;
  for (const Place& place : Places()) weights.push_back(place.weight);
  return WeightedChoice(weights);
}

/// Mostly one of the client's own sector.
std::uint16_t TradeFor(Sector sector, SeededRandom& random) {
  for (int attempt = 0; attempt < 40; ++attempt) {
    const std::uint32_t trade = random.Below(static_cast<std::uint32_t>(Trades().size()));
    const bool fits = Trades()[trade].sector == sector || random.InThousand(60);
    if (fits && random.Below(150) < Trades()[trade].weight) return static_cast<std::uint16_t>(trade);
  }
  return 0;
}

/// Where the client is, or elsewhere in its state, or anywhere.
std::uint16_t SiteFor(const Client& client, const WeightedChoice& places, SeededRandom& random) {
  const std::uint32_t kind = random.Below(1000);
  if (kind < 600) return client.place;
  for (int attempt = 0; attempt < 200 && kind < 850; ++attempt) {
    const std::uint32_t place = places.Draw(random);
    if (Places()[place].state == Places()[client.place].state) return static_cast<std::uint16_t>(place);
  }
  return static_cast<std::uint16_t>(places.Draw(random));
}

ContractStatus StatusOf(const Contract& contract, SeededRandom& random) {
  if (random.InThousand(35)) return ContractStatus::kCancelled;
  if (contract.start > Today()) return ContractStatus::kUpcoming;
  return contract.end > Today() ? ContractStatus::kRunning : ContractStatus::kClosed;
}

std::string_view ContractStatusName(ContractStatus status) {
  switch (status) {
    case ContractStatus::kUpcoming: return "upcoming";
    case ContractStatus::kRunning: return "running";
    case ContractStatus::kClosed: return "closed";
    case ContractStatus::kCancelled: return "cancelled";
  }
  return "";
}

std::string Requirements(const Trade& trade, SeededRandom& random) {
  std::string list;
  if (trade.certified_in_thousand > 300 || random.InThousand(200)) list = trade.certifications.front();
  const std::uint32_t first = random.Below(static_cast<std::uint32_t>(trade.skills.size()));
  for (std::uint32_t i = 0; i < 2; ++i) {
    if (!list.empty()) list += ';';
    list += trade.skills[(first + i) % trade.skills.size()];
  }
  if (random.InThousand(90)) list += ";steel-toe boots, own pair";
  return list;
}

}  // namespace

std::string ContractId(std::size_t index) { return Id("C", index + 1, 5); }
std::string ClientId(std::size_t index) { return Id("CL", index + 1, 4); }

std::vector<Client> MakeClients(const DemoOptions& options) {
  SeededRandom random(options.seed, "clients");
  static constexpr Sector kSectors[] = {Sector::kLogistics,     Sector::kLogistics,    Sector::kLogistics, Sector::kManufacturing,
                                        Sector::kManufacturing, Sector::kConstruction, Sector::kOffice,    Sector::kHealth,
                                        Sector::kFood,          Sector::kFood};
  const WeightedChoice places = PlacesByWeight();
  std::vector<Client> clients(InProportion(options, 400, 12));
  std::set<std::string> names;
  for (Client& client : clients) {
    client.sector = random.Pick(kSectors);
    client.name = random.Pick(CompanyNames());
    client.name += ' ';
    client.name += random.Pick(BusinessNames(client.sector));
    client.place = static_cast<std::uint16_t>(places.Draw(random));
    if (!names.insert(client.name).second || random.InThousand(60)) client.name += std::string(" of ") += Places()[client.place].city;
    if (random.InThousand(150)) client.name += ", Inc.";
    client.since = Today() - random.Between(200, 4200);
  }
  return clients;
}

std::vector<Contract> MakeContracts(const DemoOptions& options, const std::vector<Client>& clients) {
  SeededRandom random(options.seed, "contracts");
  const WeightedChoice places = PlacesByWeight();
  std::vector<Contract> contracts(InProportion(options, 3'000, 40));
  for (Contract& contract : contracts) {
    contract.client = static_cast<std::uint32_t>(random.MostlyLow(0, static_cast<std::int32_t>(clients.size()) - 1));
    const Client& client = clients[contract.client];
    contract.trade = TradeFor(client.sector, random);
    contract.place = SiteFor(client, places, random);
    contract.headcount = random.MostlyLow(1, 68);
    contract.nights = random.InThousand(220);
    const std::int64_t usual =
        static_cast<std::int64_t>(Trades()[contract.trade].hourly_cents) * Places()[contract.place].wage_percent / 100;
    contract.pay_cents = static_cast<std::int32_t>(usual * (random.Between(92, 108) + (contract.nights ? 8 : 0)) / 100 / 5 * 5);
    contract.bill_cents = contract.pay_cents * random.Between(132, 168) / 100 / 5 * 5;
    contract.start = Today() + 45 - random.Between(0, 1095);
    contract.end = contract.start + random.MostlyLow(14, 300);
    contract.status = StatusOf(contract, random);
  }
  std::stable_sort(contracts.begin(), contracts.end(), [](const Contract& a, const Contract& b) { return a.start < b.start; });
  return contracts;
}

std::string ClientsCsv(const DemoOptions& options, const std::vector<Client>& clients) {
  SeededRandom random(options.seed, "clients.csv");
  static constexpr std::string_view kTiers[] = {"A", "B", "B", "C", "C", "C", ""};
  static constexpr std::int32_t kTerms[] = {15, 30, 30, 30, 45, 60};
  CsvText csv("client_id,name,industry,city,state,zip,phone,since,tier,payment_terms_days", clients.size() * 120 + 128);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const Place& place = Places()[clients[i].place];
    csv.Field(ClientId(i));
    csv.Field(clients[i].name);
    csv.Field(SectorName(clients[i].sector));
    csv.Field(place.city);
    csv.Field(place.state);
    csv.Field(PostalCode(place, random));
    csv.Field(Phone(place, random));
    csv.Date(clients[i].since);
    csv.Field(random.Pick(kTiers));
    csv.Integer(random.Pick(kTerms));
    csv.EndRow();
  }
  return std::move(csv).Take();
}

std::string ContractsCsv(const DemoOptions& options, const std::vector<Contract>& contracts) {
  SeededRandom random(options.seed, "contracts.csv");
  CsvText csv(
      "contract_id,client_id,role,site_city,site_state,site_zip,headcount,pay_rate,bill_rate,start_date,end_date,shift,requirements,status",
      contracts.size() * 180 + 256);
  for (std::size_t i = 0; i < contracts.size(); ++i) {
    const Contract& contract = contracts[i];
    const Place& place = Places()[contract.place];
    csv.Field(ContractId(i));
    csv.Field(ClientId(contract.client));
    csv.Field(Trades()[contract.trade].role);
    csv.Field(place.city);
    csv.Field(place.state);
    csv.Field(PostalCode(place, random));
    csv.Integer(contract.headcount);
    csv.Cents(contract.pay_cents);
    csv.Cents(contract.bill_cents);
    csv.Date(contract.start);
    csv.Date(contract.end);
    csv.Field(contract.nights ? "nights" : random.InThousand(220) ? "evenings" : "days");
    csv.Field(Requirements(Trades()[contract.trade], random));
    csv.Field(ContractStatusName(contract.status));
    csv.EndRow();
  }
  return std::move(csv).Take();
}

}  // namespace lakehouse::demo
