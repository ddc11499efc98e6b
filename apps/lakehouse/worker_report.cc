#include "worker_report.h"

#include <algorithm>

#include "lakehouse/base/json_writer.h"

namespace lakehouse::app {

std::string WorkersJson(const WorkerPools& pools) {
  JsonWriter writer;
  writer.Open('{');
  for (const auto& [name, pool] : pools) {
    if (pool == nullptr) continue;
    const auto report = pool->Inspect();
    writer.Key(name);
    writer.Open('{');
    for (const auto& [key, number] : {std::pair("fresh", report.fresh), std::pair("idle", report.idle), std::pair("busy", report.busy),
                                      std::pair("waiting", report.waiting)}) {
      writer.Key(key);
      writer.Integer(number);
    }
    writer.Key("memory_bytes");
    writer.Unsigned(report.memory_bytes);
    writer.Key("jail_lacks");
    writer.Open('[');
    for (const std::string& missing : report.jail.missing) writer.String(missing);
    writer.Close(']');
    writer.Close('}');
  }
  writer.Close('}');
  return std::move(writer).Take();
}

std::optional<std::vector<std::string>> JailLacksOf(const WorkerPools& pools) {
  bool known = false;
  std::vector<std::string> lacks;
  for (const auto& [name, pool] : pools) {
    if (pool == nullptr) continue;
    const auto report = pool->Inspect();
    known = known || report.started > 0;
    for (const std::string& wall : report.jail.missing)
      if (std::find(lacks.begin(), lacks.end(), wall) == lacks.end()) lacks.push_back(wall);
  }
  if (!known) return std::nullopt;
  return lacks;
}

}  // namespace lakehouse::app
