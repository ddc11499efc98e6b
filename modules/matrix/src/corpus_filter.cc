#include "corpus_filter.h"

#include <algorithm>

#include "lakehouse/base/json_view.h"

namespace lakehouse::matrix {
namespace {

Error BadFilter(const std::string& message) {
  return Error(ErrorCode::kInvalidArgument, "metadata_filter: " + message).Named("bad_filter");
}

/// The values one of which a row must have, as canonical JSON.
Result<std::vector<std::string>> WantedValues(const JsonView& value, std::string_view column) {
  std::vector<std::string> wanted;
  const auto add = [&](JsonView one) -> Status {
    if (one.is_array() || one.is_object()) return BadFilter(std::string(column) + ": expected a value or a list of values");
    wanted.push_back(LH_TRY(CanonicalJson(one.ToJson())));
    return Ok{};
  };
  if (value.is_array()) {
    LH_TRY(value.ForEachElement(add));
  } else {
    LH_TRY(add(value));
  }
  return wanted;
}

std::string Listed(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "none" : all;
}

std::vector<bool> RowsOf(const CorpusImage& image, const std::vector<std::string>& ids) {
  std::vector<bool> rows(image.rows.size());
  const auto less = [](const CorpusRow& row, const std::string& wanted) { return row.id < wanted; };
  for (const std::string& id : ids)
    for (auto row = std::lower_bound(image.rows.begin(), image.rows.end(), id, less); row != image.rows.end() && row->id == id; ++row)
      rows[static_cast<std::size_t>(row - image.rows.begin())] = true;
  return rows;
}

}  // namespace

Result<CorpusFilter> CorpusFilter::Make(const CorpusImage& image, const CreateCorpusRequest& corpus, const std::optional<RawJson>& metadata,
                                        const std::vector<std::string>& exclude_ids,
                                        const std::optional<std::vector<std::string>>& only_ids) {
  CorpusFilter filter;
  const auto keep = [&](const std::vector<bool>& rows) { filter.Intersect(image, rows); };
  if (metadata && !metadata->text.empty()) {
    const JsonDocument document = LH_TRY(JsonDocument::Parse(metadata->text));
    if (!document.root().is_null() && !document.root().is_object()) return BadFilter("expected an object of columns and values");
    LH_TRY(document.root().ForEachMember([&](std::string_view name, JsonView value) -> Status {
      const auto column = std::find(corpus.filter_columns.begin(), corpus.filter_columns.end(), name);
      if (column == corpus.filter_columns.end())
        return BadFilter(std::string(name) + " is no filter column of corpus " + corpus.name + "; it has " + Listed(corpus.filter_columns));
      std::vector<bool> rows(image.rows.size());
      const auto& by_value = image.by_value[static_cast<std::size_t>(column - corpus.filter_columns.begin())];
      for (const std::string& wanted : LH_TRY(WantedValues(value, name)))
        if (const auto found = by_value.find(wanted); found != by_value.end())
          for (const std::uint32_t row : found->second) rows[row] = true;
      keep(rows);
      return Ok{};
    }));
  }
  if (!exclude_ids.empty()) {
    std::vector<bool> rows = RowsOf(image, exclude_ids);
    rows.flip();
    keep(rows);
  }
  if (only_ids) keep(RowsOf(image, *only_ids));
  filter.CountDocuments(image);
  return filter;
}

void CorpusFilter::Intersect(const CorpusImage& image, const std::vector<bool>& rows) {
  if (rows_.empty()) rows_.assign(image.rows.size(), true);
  for (std::size_t i = 0; i < rows.size(); ++i) rows_[i] = rows_[i] && rows[i];
}

void CorpusFilter::Keep(const CorpusImage& image, const std::vector<bool>& rows) {
  Intersect(image, rows);
  documents_ = 0;
  CountDocuments(image);
}

void CorpusFilter::CountDocuments(const CorpusImage& image) {
  if (rows_.empty()) return void(documents_ = image.documents);
  const std::string* last = nullptr;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (!rows_[i] || (last != nullptr && *last == image.rows[i].id)) continue;
    last = &image.rows[i].id;
    ++documents_;
  }
}

}  // namespace lakehouse::matrix
