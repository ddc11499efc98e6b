#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lakehouse/demo/demo.h"
#include "places.h"
#include "table_text.h"

namespace lakehouse::demo {

struct Client {
  std::string name;
  Sector sector = Sector::kLogistics;
  std::uint16_t place = 0;
  Day since = 0;
};

enum class ContractStatus : unsigned char { kUpcoming, kRunning, kClosed, kCancelled };

/// An order for so many people of one trade at one site.
struct Contract {
  std::uint32_t client = 0;
  std::uint16_t trade = 0;
  std::uint16_t place = 0;
  std::int32_t headcount = 0;
  std::int32_t pay_cents = 0;
  std::int32_t bill_cents = 0;
  Day start = 0;
  Day end = 0;
  bool nights = false;
  ContractStatus status = ContractStatus::kClosed;
};

std::string ContractId(std::size_t index);
std::string ClientId(std::size_t index);
std::vector<Client> MakeClients(const DemoOptions& options);
std::vector<Contract> MakeContracts(const DemoOptions& options, const std::vector<Client>& clients);
std::string ClientsCsv(const DemoOptions& options, const std::vector<Client>& clients);
std::string ContractsCsv(const DemoOptions& options, const std::vector<Contract>& contracts);

}  // namespace lakehouse::demo
