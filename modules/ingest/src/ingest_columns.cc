#include <algorithm>
#include <boost/describe/class.hpp>
#include <cstdlib>

#include "column_names.h"
#include "column_plan.h"
#include "ingest_run.h"
#include "lakehouse/base/codec.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/catalog/schema.h"

/// The part of a run that decides what the columns are, and says what is known of them.
namespace lakehouse::ingest {
namespace {

/// Attributes of a dataset: what is known about people in it. A change's attributes are of bounded size.
constexpr const char* kSensitivityAttribute = "sensitivity";
constexpr const char* kPersonalAttribute = "personal_data";
constexpr std::size_t kMostPersonalBytes = 8 << 10;

struct PersonalColumn {
  std::string column;
  std::string kind;
  std::int64_t hits = 0;
  std::int64_t seen = 0;
  std::string suggested_redaction;
  std::optional<std::string> member{};  ///< of a nested column: "address.email"
};
BOOST_DESCRIBE_STRUCT(PersonalColumn, (), (column, kind, hits, seen, suggested_redaction, member))

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

bool IsExactAsDouble(const catalog::DataFile& file, std::int32_t field_id) {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  if (file.content != catalog::FileContent::kData) return true;
  for (const catalog::ColumnStatistics& facts : file.statistics) {
    if (facts.field_id != field_id) continue;
    if (facts.null_count == file.rows) return true;
    if (!facts.lower || !facts.upper) return false;
    const long long lower = std::strtoll(facts.lower->c_str(), nullptr, 10), upper = std::strtoll(facts.upper->c_str(), nullptr, 10);
    return lower >= -kMost && upper <= kMost;
  }
  return false;
}

/// Whether a typed column's values are the same as this other type.
bool GoesInto(const std::string& found, const std::string& stored, bool as_text_too) {
  if (WidensTo(found, stored)) return true;
  return as_text_too && catalog::IsWidening(found, stored) && !(found == "BIGINT" && stored == "DOUBLE");
}

/// Whether some of the dataset's columns get nothing, which no policy of the dataset makes good.
bool LacksColumns(const ColumnPlan& plan, bool may_be_missing) {
  return !may_be_missing && std::find(plan.from.begin(), plan.from.end(), -1) != plan.from.end();
}

}  // namespace

catalog::Schema FingerprintedSchema(std::vector<catalog::Column> columns) {
  catalog::Schema schema{std::move(columns), {}};
  schema.fingerprint = catalog::FingerprintOf(schema.columns);
  return schema;
}

Result<std::vector<catalog::Column>> IngestRun::FoundColumns(const Context& context) {
  std::vector<catalog::Column> found;
  if (report_.format == "parquet") {
    found = LH_TRY(builder_->DescribeParquet(context, report_.load_path, report_.bytes, report_.notes));
    if (request_.nested == Nested::kFlatten && HasStruct(found))
      return Error(ErrorCode::kInvalidArgument,
                   "nested is \"flatten\", and the Parquet file has columns of structs, which are kept as they are: leave nested out, or "
                   "save a query that names their members")
          .Named("nested_parquet");
    if (!keeps_schema() && HasStruct(found)) nested_ = Nested::kKeep;
    entry_.Update([&](Job& job) { job.notes = report_.notes; });
  } else {
    for (const PreparedColumn& column : report_.columns) found.push_back({column.name, column.type, 0, column.tag});
  }
  return found;
}

Status IngestRun::SettleColumns(const Context& context) {
  std::vector<catalog::Column> found = LH_TRY(FoundColumns(context));
  if (is_planned())
    LH_TRY(FollowChoices(std::move(found), context));
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

Error IngestRun::SchemaConflict(std::vector<catalog::Column> found) const {
  NestedDifference difference = SpreadNested(head_->head.schema.columns, found);
  return catalog::SchemaConflictOfFile(name_, FingerprintedSchema(std::move(difference.head)),
                                       FingerprintedSchema(std::move(difference.found)), difference.members);
}

/// The head's columns are what is stored; what the file has must go into them.
Status IngestRun::FitToHead(std::vector<catalog::Column> found) {
  const catalog::Schema& schema = head_->head.schema;
  bool fits = report_.fits_target && found.size() == schema.columns.size();
  for (std::size_t i = 0; fits && i < found.size(); ++i) {
    fits = found[i].name == schema.columns[i].name && (!is_typed() || WidensTo(found[i].type, schema.columns[i].type));
    if (!is_typed() && FoldColumnName(found[i].name) == FoldColumnName(schema.columns[i].name)) fits = report_.fits_target;
  }
  if (!fits) return SchemaConflict(std::move(found));
  if (request_.mode == Mode::kCreate)
    return Error(ErrorCode::kAlreadyExists,
                 "dataset \"" + name_ + "\" exists with this schema and other rows. Append to it, replace it, or choose another name.")
        .Named("dataset_exists");
  columns_ = schema.columns;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!columns_[i].tag) columns_[i].tag = found[i].tag;
  return Ok{};
}

/// The dataset's columns follow the file's where its policy lets them; else this conflict. A text is then read anew for the new types.
Status IngestRun::EvolveOr(Error conflict, const std::vector<catalog::Column>& found, const Context& context) {
  if (drift_.refuses() || !evolved_.empty() || request_.mode == Mode::kCreate) return conflict;
  std::optional<std::vector<catalog::DataFile>> files;
  const auto fits_double = [&](const catalog::Column& column) {
    if (!files) {
      auto resolved = parts_.catalog.Resolve(context, {{{name_, {.version = head_->head.version}}}});
      if (!resolved || resolved->tables.size() != 1) return false;
      files = std::move(resolved->tables[0].files);
    }
    return std::all_of(files->begin(), files->end(), [&](const catalog::DataFile& file) { return IsExactAsDouble(file, column.field_id); });
  };
  const auto evolved = EvolveColumns(head_->head.schema.columns, found, drift_, fits_double);
  if (!evolved) return conflict;
  evolved_ = *evolved;
  if (!is_typed()) LH_TRY(Prepare(context, false));
  LH_TRY(FollowChoices(LH_TRY(FoundColumns(context)), context));
  evolution_ = DescribeEvolution(head_->head.schema.columns, evolved_);
  entry_.Update([&](Job& job) { job.notes.push_back("the dataset's columns follow the file's: " + evolution_); });
  return Ok{};
}

/// Columns go where the sender said; what then fits is stored as the head has it.
Status IngestRun::FollowChoices(std::vector<catalog::Column> found, const Context& context) {
  std::vector<std::string> names, names_there;
  for (const catalog::Column& column : found) names.push_back(column.name);
  if (keeps_schema())
    for (const catalog::Column& column : target()) names_there.push_back(column.name);
  const bool is_json = report_.is_lines;  // members that no row has are null
  const ColumnPlan plan = LH_TRY(PlanColumns(names, request_.columns, names_there, request_.fill_missing || is_json));
  bool fits = plan.fits && report_.fits_target;
  for (std::size_t i = 0; i < plan.from.size() && fits && keeps_schema() && is_typed(); ++i)
    fits = plan.from[i] < 0 || GoesInto(found[static_cast<std::size_t>(plan.from[i])].type, target()[i].type, !drift_.refuses());
  std::vector<catalog::Column> chosen;
  for (std::size_t i = 0; i < found.size(); ++i) {
    found[i].name = plan.names[i];
    if (!found[i].name.empty()) chosen.push_back(found[i]);
  }
  if (!fits && keeps_schema() && LacksColumns(plan, request_.fill_missing || is_json)) return SchemaConflict(std::move(chosen));
  if (!fits) {
    Error conflict = SchemaConflict(chosen);
    return EvolveOr(std::move(conflict), chosen, context);
  }
  if (request_.mode == Mode::kCreate && head_)
    return Error(ErrorCode::kAlreadyExists,
                 "dataset \"" + name_ + "\" exists with this schema and other rows. Append to it, replace it, or choose another name.")
        .Named("dataset_exists");
  from_ = plan.from;
  if (keeps_schema())
    columns_ = target();
  else
    columns_ = std::move(chosen);
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (from_[i] >= 0 && !columns_[i].tag) columns_[i].tag = found[static_cast<std::size_t>(from_[i])].tag;
  return Ok{};
}

/// What somebody chose, and whatever the columns alone do not show, so that later loads do the same.
void IngestRun::RecordNested(catalog::SnapshotChange& change) const {
  if (!documents_.empty()) return;
  const bool is_shown = HasStruct(columns_) == (nested_ == Nested::kKeep);
  if (!request_.nested && nested_ == Nested::kFlatten && is_shown) return;
  const auto known = head_ ? head_->attributes.find(kNestedAttribute) : std::map<std::string, std::string>::const_iterator();
  if (!head_ || known == head_->attributes.end() || known->second != WireName(nested_))
    change.attributes[kNestedAttribute] = WireName(nested_);
}

/// What the dataset's columns hold about people, as far as this file showed it: kinds, counts and how a profile would hide them.
void IngestRun::DescribePersonalData(catalog::SnapshotChange& change) const {
  std::vector<PersonalColumn> found;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::size_t at = from_.empty() ? i : static_cast<std::size_t>(std::max(0, from_[i]));
    if ((!from_.empty() && from_[i] < 0) || at >= report_.columns.size() || !report_.columns[at].tag) continue;
    const PreparedColumn& column = report_.columns[at];
    if (column.members.empty())
      found.push_back({columns_[i].name, *column.tag, column.tag_hits, column.tag_seen, std::string(SuggestedRedaction(*column.tag))});
    // A nested column is hidden whole or not at all.
    for (const PreparedMember& member : column.members)
      found.push_back({columns_[i].name, member.tag, member.hits, member.seen,
                       columns_[i].type == "VARCHAR" ? std::string(SuggestedRedaction(member.tag)) : "null",
                       member.path.empty() ? std::nullopt : std::optional(member.path)});
  }
  if (found.empty()) return;
  // Columns about which this file says nothing keep what earlier ones showed.
  const auto before = head_ ? head_->attributes.find(kPersonalAttribute) : std::map<std::string, std::string>::const_iterator();
  if (head_ && before != head_->attributes.end())
    if (const auto known = DecodeJson<std::vector<PersonalColumn>>(before->second))
      for (const PersonalColumn& one : *known)
        if (std::none_of(found.begin(), found.end(), [&](const PersonalColumn& other) { return other.column == one.column; }))
          found.push_back(one);
  std::string text = EncodeJson(found);
  for (; text.size() > kMostPersonalBytes; text = EncodeJson(found)) found.pop_back();
  change.attributes[kPersonalAttribute] = text;
  // Somebody may have said otherwise, and knows better.
  if (!head_ || !head_->attributes.contains(kSensitivityAttribute)) change.attributes[kSensitivityAttribute] = "personal";
}

std::string IngestRun::ChoicesText() const {
  constexpr std::size_t kLongest = 4096;  // of what a snapshot's summary shall hold
  const std::string sheet = request_.sheet ? " sheet=" + *request_.sheet : "";
  if (!is_chosen()) return sheet;  // what the dataset allows is no other file
  const std::string text = EncodeJson(request_.columns) + (request_.fill_missing ? " missing=null" : "") +
                           (request_.reject_misfits ? " misfits=reject" : "") + sheet;
  return text.size() <= kLongest ? text : "sha256:" + Sha256Hex(text);
}

}  // namespace lakehouse::ingest
