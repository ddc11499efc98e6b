#pragma once
#include <boost/describe/class.hpp>

#include "lakehouse/base/codec.h"
#include "lakehouse/engine/worker.h"
#include "prepare.h"

namespace lakehouse::ingest {

BOOST_DESCRIBE_STRUCT(TargetColumn, (), (name, type))
BOOST_DESCRIBE_STRUCT(DocumentSource, (),
                      (uri, path, kind, sha256, bytes, id, version, is_known, is_unchanged, text_path, info_path, recognised_pages,
                       unread_pages, page_reader, problem, problem_reason, notes))
BOOST_DESCRIBE_STRUCT(ListRequest, (), (path, file_name, format, stem, max_unpacked_bytes))
BOOST_DESCRIBE_STRUCT(DocumentListing, (), (format, sources))
BOOST_DESCRIBE_STRUCT(DocumentOutcome, (), (uri, rows, pages, problem, problem_reason, notes, personal))
BOOST_DESCRIBE_STRUCT(PrepareRequest, (),
                      (path, file_name, format, header, stem, target, choices, fill_missing, reject_misfits, widens, plain_copy,
                       max_unpacked_bytes, sheet, documents, keeps_nested, is_rows))
BOOST_DESCRIBE_STRUCT(PreparedMember, (), (path, tag, hits, seen))
BOOST_DESCRIBE_STRUCT(PreparedColumn, (), (name, type, tag, tag_hits, tag_seen, members))
BOOST_DESCRIBE_STRUCT(PrepareReport, (),
                      (format, compression, encoding, load_path, is_lines, copied, delimiter, header, preamble_lines, columns, fits_target,
                       bytes, longest_record_bytes, rows_read, rows_loaded, rows_rejected, rejects_path, notes, documents))

/// Frames of this module, beside the engine's.
enum IngestFrame : std::uint32_t {
  kPrepareRequest = engine::kFirstExtraType,  ///< a PrepareRequest as JSON; done: a PrepareReport as JSON
  kPrepareProgress,                           ///< i64 done, i64 total, in octets
  kListRequest,                               ///< a ListRequest as JSON; done: a DocumentListing as JSON
  kTidyRequest,                               ///< a stem: files of tmp/ that begin with it are removed
};

}  // namespace lakehouse::ingest
