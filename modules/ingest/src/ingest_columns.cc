#include <algorithm>

#include "column_names.h"
#include "column_plan.h"
#include "ingest_run.h"
#include "lakehouse/base/codec.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/catalog/schema.h"

/// The part of a run that decides what the columns are.
namespace lakehouse::ingest {
namespace {

/// A column that stays what it is keeps its id; no other gets one that the head has given.
void GiveFieldIds(const std::optional<catalog::Dataset>& head, std::vector<catalog::Column>& columns) {
  std::int32_t last = 0;
  if (head)
    for (const catalog::Column& column : head->head.schema.columns) last = std::max(last, column.field_id);
  for (catalog::Column& column : columns) {
    column.field_id = 0;
    if (!head) continue;
    for (const catalog::Column& known : head->head.schema.columns)
      if (known.name == column.name && known.type == column.type) column.field_id = known.field_id;
  }
  for (catalog::Column& column : columns)
    if (column.field_id == 0) column.field_id = ++last;
}

}  // namespace

catalog::Schema FingerprintedSchema(std::vector<catalog::Column> columns) {
  catalog::Schema schema{std::move(columns), {}};
  schema.fingerprint = catalog::FingerprintOf(schema.columns);
  return schema;
}

Status IngestRun::SettleColumns(const Context& context) {
  std::vector<catalog::Column> found;
  if (report_.format == "parquet") {
    found = LH_TRY(builder_->DescribeParquet(context, report_.load_path, report_.bytes, report_.notes));
    entry_.Update([&](Job& job) { job.notes = report_.notes; });
  } else {
    for (const PreparedColumn& column : report_.columns) found.push_back({column.name, column.type, 0, column.tag});
  }
  if (is_planned())
    LH_TRY(FollowChoices(std::move(found)));
  else if (keeps_schema())
    LH_TRY(FitToHead(std::move(found)));
  else
    columns_ = std::move(found);
  if (!keeps_schema()) GiveFieldIds(head_, columns_);
  if (request_.mode == Mode::kUpsert && documents_.empty()) {
    const auto key = std::find_if(columns_.begin(), columns_.end(),
                                  [&](const catalog::Column& c) { return FoldColumnName(c.name) == FoldColumnName(request_.key); });
    if (key == columns_.end())
      return Error(ErrorCode::kInvalidArgument, "the file has no column \"" + request_.key + "\", which was named as the key")
          .Named("no_key_column");
    key_ = *key;
  }
  return Ok{};
}

/// The head's columns are what is stored; what the file has must go into them.
Status IngestRun::FitToHead(std::vector<catalog::Column> found) {
  const catalog::Schema& schema = head_->head.schema;
  bool fits = report_.fits_target && found.size() == schema.columns.size();
  for (std::size_t i = 0; fits && i < found.size(); ++i) {
    fits = found[i].name == schema.columns[i].name && (!is_typed() || WidensTo(found[i].type, schema.columns[i].type));
    if (!is_typed() && FoldColumnName(found[i].name) == FoldColumnName(schema.columns[i].name)) fits = report_.fits_target;
  }
  if (!fits) return catalog::SchemaConflict(name_, schema, FingerprintedSchema(std::move(found)));
  if (request_.mode == Mode::kCreate)
    return Error(ErrorCode::kAlreadyExists,
                 "dataset \"" + name_ + "\" exists with this schema and other rows. Append to it, replace it, or choose another name.")
        .Named("dataset_exists");
  columns_ = schema.columns;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!columns_[i].tag) columns_[i].tag = found[i].tag;
  return Ok{};
}

/// Columns go where the sender said; what then fits is stored as the head has it.
Status IngestRun::FollowChoices(std::vector<catalog::Column> found) {
  std::vector<std::string> names, target;
  for (const catalog::Column& column : found) names.push_back(column.name);
  if (keeps_schema())
    for (const catalog::Column& column : head_->head.schema.columns) target.push_back(column.name);
  const bool is_json = report_.is_lines;  // members that no row has are null
  const ColumnPlan plan = LH_TRY(PlanColumns(names, request_.columns, target, request_.fill_missing || is_json));
  bool fits = plan.fits && report_.fits_target;
  for (std::size_t i = 0; i < plan.from.size() && fits && keeps_schema() && is_typed(); ++i)
    fits = plan.from[i] < 0 || WidensTo(found[static_cast<std::size_t>(plan.from[i])].type, head_->head.schema.columns[i].type);
  std::vector<catalog::Column> chosen;
  for (std::size_t i = 0; i < found.size(); ++i) {
    found[i].name = plan.names[i];
    if (!found[i].name.empty()) chosen.push_back(found[i]);
  }
  if (!fits) return catalog::SchemaConflict(name_, head_->head.schema, FingerprintedSchema(std::move(chosen)));
  from_ = plan.from;
  columns_ = keeps_schema() ? head_->head.schema.columns : std::move(chosen);
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (from_[i] >= 0 && !columns_[i].tag) columns_[i].tag = found[static_cast<std::size_t>(from_[i])].tag;
  return Ok{};
}

std::string IngestRun::ChoicesText() const {
  constexpr std::size_t kLongest = 4096;  // of what a snapshot's summary shall hold
  const std::string sheet = request_.sheet ? " sheet=" + *request_.sheet : "";
  if (!is_planned()) return sheet;
  const std::string text = EncodeJson(request_.columns) + (request_.fill_missing ? " missing=null" : "") +
                           (request_.reject_misfits ? " misfits=reject" : "") + sheet;
  return text.size() <= kLongest ? text : "sha256:" + Sha256Hex(text);
}

}  // namespace lakehouse::ingest
