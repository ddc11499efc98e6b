#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "index_state.h"
#include "kernel_choice.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/vector/vector_check.h"
#include "mapped_file.h"
#include "sidecar_format.h"

namespace lakehouse::vector {
namespace {

Error Mismatch(const std::string& what) {
  return Error(ErrorCode::kUnprocessable, "vector index sidecar: it belongs to " + what + "; drop it and build anew")
      .Named("sidecar_mismatch");
}

}  // namespace

Result<std::unique_ptr<VectorIndex>> VectorIndex::Open(const std::string& path, const SourceDigest& digest, const IndexSpec& spec,
                                                       const RowSource& rows, const IndexOptions& options) {
  LH_TRY(CheckSpec(spec));
  const auto file = LH_TRY_WHILE(MappedFile::Open(path, true), "open a vector index");
  LoadedSidecar loaded = LH_TRY_WHILE(LoadSidecar(file->octets(), std::const_pointer_cast<MappedFile>(file), KernelsFor(options.kernels)),
                                      "open vector index " + path);
  const SidecarHeader& header = loaded.header;
  if (header.digest != digest) return Mismatch("other rows, digest " + ToHex(header.digest));
  if (header.dimension != spec.dimension || static_cast<Metric>(header.metric) != spec.metric)
    return Mismatch("vectors of dimension " + std::to_string(header.dimension) + ", " +
                    std::string(WireName(static_cast<Metric>(header.metric))));
  if (header.rows > rows.size()) return Mismatch(std::to_string(header.rows) + " rows, the source has " + std::to_string(rows.size()));

  auto state = std::make_unique<State>(spec, rows, options);
  state->live.Reserve(header.rows);
  for (RowId row = 0; row < header.rows; ++row)
    if ((loaded.deleted_words[row / 64] >> (row % 64) & 1) != 0) (void)state->live.Delete(row);
  state->generation = loaded.generation.release();
  state->rows = header.rows;
  return std::unique_ptr<VectorIndex>(new VectorIndex(std::move(state)));
}

Status VectorIndex::Save(const std::string& path, const SourceDigest& digest) const {
  const State& state = *state_;
  const std::scoped_lock lock(state.writing);
  const Generation* generation = state.generation.load();
  if (generation == nullptr)
    return Error(ErrorCode::kUnprocessable, "save vector index: it is not trained yet; Retrain first").Named("nothing_to_save");
  return LH_TRY_WHILE(WriteSidecar(path, *generation, state.live, generation->space().seed(), digest), "save vector index " + path);
}

Result<std::string> InspectSidecar(std::string_view octets) {
  auto copy = std::make_shared<AlignedBuffer>(octets.size());
  if (!octets.empty()) std::memcpy(copy->data(), octets.data(), octets.size());
  const LoadedSidecar loaded = LH_TRY(LoadSidecar({copy->data(), octets.size()}, copy, PortableKernels()));
  const SidecarHeader& header = loaded.header;
  const auto line = [](std::string_view name, const std::string& value) { return std::string(name) + ": " + value + "\n"; };
  std::string text = "vector index sidecar, version " + std::to_string(header.version) + "\n";
  text += line("source sha256", ToHex(header.digest)) + line("dimension", std::to_string(header.dimension)) +
          line("metric", std::string(WireName(static_cast<Metric>(header.metric)))) + line("seed", std::to_string(header.seed)) +
          line("rows", std::to_string(header.rows)) + line("deleted", std::to_string(header.deleted)) +
          line("trained over", std::to_string(header.trained_live) + " of " + std::to_string(header.trained_rows)) +
          line("lists", std::to_string(header.lists)) + line("blocks", std::to_string(header.blocks));
  for (std::size_t i = 0; i < loaded.generation->calibration().size(); ++i) {
    const CalibrationPoint& point = loaded.generation->calibration()[i];
    text += "  probe " + std::to_string(point.probe) + ", rescore " + std::to_string(point.rescore) + ": recall@10 " +
            std::to_string(point.recall_at_10) + ", recall@100 " + std::to_string(point.recall_at_100) +
            (i == header.chosen_point ? " (default)" : "") + "\n";
  }
  if (header.chosen_point == header.calibration_points) text += "  default: exact\n";
  return text;
}

}  // namespace lakehouse::vector
