#pragma once
#include <optional>
#include <string>

#include "lakehouse/catalog/catalog.h"
#include "lakehouse/ingest/ingest.h"

namespace lakehouse::ingest {

/// Keys of a snapshot's summary that ingest writes and reads.
inline constexpr const char* kSummarySource = "source";
inline constexpr const char* kSummaryDigest = "source_sha256";
inline constexpr const char* kSummaryColumns = "columns";  ///< where columns were sent elsewhere
inline constexpr const char* kSummaryFormat = "format";
inline constexpr const char* kSummaryGrows = "grows";       ///< column after which a source is read on
inline constexpr const char* kSummaryGrownTo = "grown_to";  ///< up to where it has been
inline constexpr const char* kSummaryRead = "rows_read";
inline constexpr const char* kSummaryLoaded = "rows_loaded";
inline constexpr const char* kSummaryRejected = "rows_rejected";

struct EarlierIngest {
  catalog::Snapshot snapshot;
  std::int64_t rows_read = 0, rows_loaded = 0, rows_rejected = 0;
  std::string format;
};

/// Up to where a source has been read into the dataset, as its history says; empty: nowhere. Nothing when the history does not tell, as
/// the rows came otherwise or an older version was restored.
Result<std::optional<std::string>> FindPosition(const Context& context, catalog::Catalog& catalog, const std::string& dataset,
                                                const std::string& source, const std::string& grows);

/// What makes an ingest the same as another: its octets, and where the columns went.
struct IngestedAs {
  std::string sha256;
  std::string choices;
};

/// The snapshot by which these bytes came into the dataset, when doing it again would change nothing: for create and append any since the
/// rows were last replaced or restored (rows deleted meanwhile stay deleted); for replace and upsert the head itself.
Result<std::optional<EarlierIngest>> FindEarlierIngest(const Context& context, catalog::Catalog& catalog, const catalog::Dataset& dataset,
                                                       const IngestedAs& wanted, Mode mode);

}  // namespace lakehouse::ingest
