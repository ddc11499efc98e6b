// Any octets as a sidecar: refused, or safe to search. Checksums would keep a fuzzer outside, so they are made right first.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "aligned_buffer.h"
#include "kernel_choice.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/vector/row_source.h"
#include "sidecar_format.h"

namespace {

using namespace lakehouse;
using namespace lakehouse::vector;

void Reseal(std::byte* octets, std::size_t size) {
  SidecarHeader header;
  std::memcpy(&header, octets + 8, sizeof header);
  if (header.dimension <= kMaxDimension && header.calibration_points <= kMaxCalibrationPoints) {
    header.file_bytes = size;
    const SidecarLayout layout(header);
    if (layout.sums.offset + layout.sums.bytes == size) {
      std::memcpy(octets + 8, &header, sizeof header);
      std::uint32_t* sums = reinterpret_cast<std::uint32_t*>(octets + layout.sums.offset);
      std::size_t count = 0;
      for (std::size_t at = kSidecarHeaderBytes; at < layout.sums.offset; at += kSidecarCheckedBlock)
        sums[count++] =
            Crc32c({reinterpret_cast<const char*>(octets + at), std::min<std::size_t>(kSidecarCheckedBlock, layout.sums.offset - at)});
      sums[count] = Crc32c({reinterpret_cast<const char*>(sums), count * 4});
    }
  }
  const std::uint32_t sum = Crc32c({reinterpret_cast<const char*>(octets), kSidecarHeaderBytes - 4});
  std::memcpy(octets + kSidecarHeaderBytes - 4, &sum, 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kSidecarHeaderBytes || size > (1U << 20)) return 0;
  AlignedBuffer memory(size);
  std::memcpy(memory.data(), data, size);
  Reseal(memory.data(), size);
  const Kernels& kernels = KernelsFor(KernelChoice::kBest);
  const auto loaded = LoadSidecar({memory.data(), size}, nullptr, kernels);
  if (!loaded) return 0;
  const SidecarHeader& header = loaded->header;
  const std::vector<float> query(header.dimension, 1);
  RowStore rows(header.dimension);
  if (!rows.Append(std::vector<float>(std::size_t{header.rows} * header.dimension, .5F))) std::abort();
  LiveRows live;
  live.Reserve(header.rows);
  SearchScratch scratch;
  loaded->generation->space().PrepareQuery(query.data(), scratch.query);
  SearchResult result;
  const RowView view{.live = &live, .rows = header.rows};
  loaded->generation->SearchLists(rows, view, 10, {.probe = 1, .rescore = 20}, scratch, result);
  loaded->generation->SearchLists(rows, view, 10, {.probe = header.lists, .rescore = 20}, scratch, result);
  return 0;
}
