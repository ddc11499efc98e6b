#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lakehouse/base/guarded.h"
#include "lakehouse/catalog/catalog.h"
#include "lakehouse/catalog/dataset_name.h"

namespace lakehouse::query {

/// A catalog that knows what it was told: enough to read datasets at any state. It commits nothing. Thread-safe.
class FakeCatalog final : public catalog::Catalog {
 public:
  /// The next version of a dataset, visible from a new record on. Returns the record's sequence.
  std::int64_t Add(const std::string& name, catalog::Schema schema, std::vector<catalog::DataFile> files, std::int64_t time_micros = 0) {
    auto state = state_.Lock();
    std::vector<catalog::ResolvedTable>& versions = state->datasets[name];
    catalog::ResolvedTable table{.name = name, .snapshot = {}, .files = std::move(files)};
    table.snapshot.version = static_cast<std::int64_t>(versions.size()) + 1;
    table.snapshot.sequence = ++state->sequence;
    table.snapshot.time_micros = time_micros;
    table.snapshot.schema = std::move(schema);
    versions.push_back(std::move(table));
    return state->sequence;
  }
  /// The newest version, for making the next one from.
  catalog::ResolvedTable Head(const std::string& name) { return state_.Lock()->datasets.at(name).back(); }

  Result<catalog::ResolveResponse> Resolve(const Context& context, const catalog::ResolveRequest& request) override {
    LH_TRY(context.Check());
    auto state = state_.Lock();
    catalog::ResolveResponse response;
    response.sequence = state->sequence;
    for (const catalog::ResolveTable& wanted : request.tables) {
      const auto* versions = FindVersions(*state, wanted.name);
      const catalog::ResolvedTable* found = nullptr;
      for (std::size_t i = 0; versions != nullptr && i < versions->size(); ++i)
        if (Fits((*versions)[i], wanted.at)) found = &(*versions)[i];
      if (found == nullptr) return Missing(*state, wanted.name);
      response.tables.push_back(*found);
    }
    return response;
  }

  Result<catalog::ListDatasetsResponse> ListDatasets(const Context&, const catalog::ListDatasetsRequest& request) override {
    auto state = state_.Lock();
    catalog::ListDatasetsResponse response;
    for (const auto& [name, versions] : state->datasets) {
      if (name <= request.after) continue;
      if (static_cast<std::int64_t>(response.datasets.size()) == request.limit) {
        response.more = true;
        break;
      }
      response.datasets.push_back({.name = name, .head = versions.back().snapshot});
    }
    response.sequence = state->sequence;
    return response;
  }

  Result<catalog::CommitResponse> Commit(const Context&, const catalog::CommitRequest&) override { return No(); }
  Result<catalog::RegisterResponse> Register(const Context&, const catalog::RegisterRequest&) override { return No(); }
  Result<catalog::DescribeResponse> Describe(const Context&, const catalog::DescribeRequest&) override { return No(); }
  Result<catalog::HistoryResponse> History(const Context&, const catalog::HistoryRequest&) override { return No(); }
  Result<catalog::DiffResponse> Diff(const Context&, const catalog::DiffRequest&) override { return No(); }
  Result<catalog::ReadRecordsResponse> ReadRecords(const Context&, const catalog::ReadRecordsRequest&) override { return No(); }
  Result<catalog::StatusResponse> LoadStatus(const Context&, const catalog::StatusRequest&) override {
    return catalog::StatusResponse{.sequence = state_.Lock()->sequence};
  }
  Result<catalog::LoadProfileResponse> LoadProfile(const Context&, const catalog::LoadProfileRequest&) override { return No(); }
  Result<catalog::CollectGarbageResponse> CollectGarbage(const Context&, const catalog::CollectGarbageRequest&) override { return No(); }
  Result<catalog::ChangeAccessResponse> ChangeAccess(const Context&, const catalog::ChangeAccessRequest&) override { return No(); }
  Result<catalog::LoadAccessResponse> LoadAccess(const Context&, const catalog::LoadAccessRequest& request) override {
    auto state = state_.Lock();
    if (state->access.sequence == request.known_sequence) return catalog::LoadAccessResponse{.sequence = state->access.sequence};
    return state->access;
  }
  /// A key "key:<id>" that sees what this profile lets it see; the profile in place of the one before of its name.
  void LetSee(const std::string& id, catalog::Profile profile, std::vector<catalog::Scope> scopes = {catalog::Scope::kRead}) {
    auto state = state_.Lock();
    catalog::LoadAccessResponse& access = state->access;
    ++access.sequence;
    access.changed = true;
    profile.version = access.sequence;
    std::erase_if(access.active, [&](const auto& active) { return active.name == profile.name; });
    access.active.push_back({profile.name, profile.version});
    std::erase_if(access.keys, [&](const auto& key) { return key.id == id; });
    access.keys.push_back({.id = id, .name = id, .profile = profile.name, .scopes = std::move(scopes)});
    access.profiles.push_back(std::move(profile));
  }

 private:
  struct State {
    std::int64_t sequence = 0;
    std::map<std::string, std::vector<catalog::ResolvedTable>> datasets;
    catalog::LoadAccessResponse access;
  };

  static Error No() { return {ErrorCode::kUnimplemented, "the fake catalog only reads"}; }

  static const std::vector<catalog::ResolvedTable>* FindVersions(const State& state, const std::string& name) {
    for (const auto& [known, versions] : state.datasets)
      if (catalog::FoldName(known) == catalog::FoldName(name)) return &versions;
    return nullptr;
  }
  static bool Fits(const catalog::ResolvedTable& table, const catalog::SnapshotSelector& at) {
    if (at.version) return table.snapshot.version == *at.version;
    if (at.time_micros) return table.snapshot.time_micros <= *at.time_micros;
    return !at.sequence || table.snapshot.sequence <= *at.sequence;
  }
  static Error Missing(const State& state, const std::string& name) {
    catalog::NearestName nearest(name);
    for (const auto& [known, versions] : state.datasets) nearest.Consider(known);
    return {ErrorCode::kNotFound, "there is no dataset " + name + (nearest.best() ? "; did you mean " + *nearest.best() + "?" : "")};
  }

  Guarded<State> state_;
};

}  // namespace lakehouse::query
