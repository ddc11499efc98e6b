#include "csv_prepare.h"

#include <algorithm>

#include "cell_type.h"
#include "column_names.h"
#include "csv_dialect.h"
#include "personal_data.h"
#include "record_reader.h"
#include "reject_file.h"

namespace lakehouse::ingest {
namespace {

constexpr std::int64_t kProgressRows = 8192;

struct ColumnFacts {
  unsigned types = kAnyCellType;  // that all values so far allow
  unsigned accepted = 0;          // of the target column; 0: anything
  std::int64_t values = 0;        // not empty
  std::int64_t misfits = 0;       // not of the target's type
  PersonalDataDetector personal;
};

class CsvPreparation {
 public:
  CsvPreparation(const PrepareRequest& request, std::string path, const TextSurvey& survey, const std::string& directory,
                 const PrepareProgress& progress, PrepareReport& report)
      : request_(request),
        path_(std::move(path)),
        check_utf8_(survey.invalid > 0),
        bytes_(survey.bytes),
        directory_(directory),
        progress_(progress),
        report_(report) {}

  Status Run() {
    guess_ = LH_TRY(GuessDialect(path_, request_.format == "tsv" || report_.format == "tsv"));
    report_.delimiter = std::string(1, guess_.dialect.delimiter);
    if (report_.delimiter == "\t") report_.format = "tsv";
    LH_TRY(Analyse());
    LH_TRY(Decide());
    const bool plain = !request_.plain_copy && !odd_.stray_quotes && !odd_.blank_lines && !odd_.cr && !(odd_.lf && odd_.crlf) &&
                       !guess_.dialect.backslash_escape && guess_.preamble_records == 0 && !surplus_ && bad_rows_ == 0 && !type_misfits_;
    report_.rows_read = rows_ + (report_.header ? 0 : 1);
    if (report_.rows_read == 0) report_.notes.emplace_back("the file has a header and no rows");
    report_.rows_loaded = report_.rows_read;
    if (plain || !report_.fits_target) return Ok{};
    return Copy();
  }

 private:
  enum class Fault { kNone, kTooFew, kTooMany, kNotUtf8 };

  Fault FaultOf(const CsvRecord& record) {
    const std::size_t cells = record.fields.size();
    if (cells < width_) return Fault::kTooFew;
    if (cells > width_) {
      for (std::size_t i = width_; i < cells; ++i)
        if (!record.fields[i].text.empty()) return Fault::kTooMany;
      surplus_ = true;
    }
    if (check_utf8_ && !IsUtf8(record.text)) return Fault::kNotUtf8;
    return Fault::kNone;
  }

  Status SkipPreamble(RecordReader& reader, CsvRecord& record) {
    for (std::int64_t i = 0; i < guess_.preamble_records; ++i) LH_TRY(reader.Next(record));
    return Ok{};
  }

  Status Analyse() {
    const UniqueFd fd = LH_TRY(OpenToRead(path_));
    FdReader source(fd.get());
    RecordReader reader(source, guess_.dialect);
    CsvRecord record;
    LH_TRY(SkipPreamble(reader, record));
    if (!LH_TRY(reader.Next(record))) return Error(ErrorCode::kUnprocessable, "the file has no line of text").Named("empty_file");
    std::string scratch;
    for (const CsvField& field : record.fields) first_.emplace_back(ValueOf(guess_.dialect, field, scratch));
    width_ = first_.size();
    longest_ = record.text.size();
    columns_.resize(width_);
    LH_TRY(FindTargets());
    for (std::size_t i = 0; i < width_; ++i)
      if (targets_[i] != nullptr) columns_[i].accepted = AcceptedCellTypes(targets_[i]->type);
    while (LH_TRY(reader.Next(record))) {
      if (++rows_ % kProgressRows == 0) LH_TRY(progress_(reader.consumed_bytes() / 2, bytes_));
      longest_ = std::max(longest_, record.text.size());
      if (FaultOf(record) != Fault::kNone) {
        ++bad_rows_;
        continue;
      }
      for (std::size_t i = 0; i < width_; ++i) LookAt(columns_[i], record.fields[i], scratch);
    }
    const auto is_blank = [](const std::string& cell) { return cell.find_first_not_of(" \t") == std::string::npos; };
    if (rows_ == 0 && std::all_of(first_.begin(), first_.end(), is_blank))
      return Error(ErrorCode::kUnprocessable, "the file has nothing but blank space").Named("empty_file");
    odd_ = reader.oddities();
    report_.longest_record_bytes = static_cast<std::int64_t>(longest_);
    return Ok{};
  }

  /// Which column of the dataset each of the file's has to suit: the one at its place, or the one it was sent to.
  Status FindTargets() {
    targets_.assign(width_, nullptr);
    if (!request_.is_planned()) {
      for (std::size_t i = 0; i < width_ && i < request_.target.size(); ++i) targets_[i] = &request_.target[i];
      return Ok{};
    }
    is_header_ = request_.header.value_or(NamesWhatIsChosen());
    std::vector<std::string> names = first_, notes, target;
    if (!*is_header_)
      for (std::size_t i = 0; i < width_; ++i) names[i] = "column" + std::to_string(i);
    for (const std::string& name : names)
      if (!IsUtf8(name)) return Error(ErrorCode::kUnprocessable, "the header is not valid " + report_.encoding).Named("bad_encoding");
    names = LH_TRY(MakeColumnNames(names, notes));
    for (const TargetColumn& column : request_.target) target.push_back(column.name);
    plan_ = LH_TRY(PlanColumns(names, request_.choices, target, request_.fill_missing));
    for (std::size_t i = 0; i < width_ && !target.empty(); ++i)
      if (plan_->to[i] >= 0) targets_[i] = &request_.target[static_cast<std::size_t>(plan_->to[i])];
    return Ok{};
  }

  /// Who chooses by name has seen names: those of the first line, unless they are the ones made here.
  bool NamesWhatIsChosen() const {
    const auto is_there = [&](std::string_view name) {
      return std::any_of(first_.begin(), first_.end(),
                         [&](const std::string& cell) { return FoldColumnName(cell) == FoldColumnName(name); });
    };
    for (const auto& [source, target] : request_.choices)
      if (is_there(source)) return true;
    if (!request_.choices.empty()) return false;
    return std::any_of(request_.target.begin(), request_.target.end(), [&](const TargetColumn& column) { return is_there(column.name); });
  }

  void LookAt(ColumnFacts& column, const CsvField& field, std::string& scratch) {
    if (column.types == 0 && column.accepted == 0 && column.personal.full()) return;
    const std::string_view value = ValueOf(guess_.dialect, field, scratch);
    if (value.empty()) return;
    ++column.values;
    if (!column.personal.full()) column.personal.Add(value);
    if (column.types == 0 && column.accepted == 0) return;
    const unsigned types = CellTypesOf(value);
    column.types &= types;
    if (column.accepted != 0 && (types & column.accepted) == 0) ++column.misfits;
  }

  /// Is the first line a header? Then: names, types, and whether they go with the target.
  Status Decide() {
    report_.header = is_header_ ? *is_header_ : request_.header.value_or(FirstLineNames());
    if (!report_.header) {
      std::string scratch;
      for (std::size_t i = 0; i < width_; ++i) LookAt(columns_[i], CsvField{first_[i], false}, scratch);
    }
    std::vector<std::string> names = first_;
    if (!report_.header)
      for (std::size_t i = 0; i < width_; ++i) names[i] = "column" + std::to_string(i);
    for (std::string& name : names) {
      if (!IsUtf8(name)) return Error(ErrorCode::kUnprocessable, "the header is not valid " + report_.encoding).Named("bad_encoding");
    }
    names = LH_TRY(MakeColumnNames(names, report_.notes));
    if (!report_.header) report_.notes.emplace_back("the first line holds values, not names: the columns are called column0, column1…");
    bool same_names = names.size() == request_.target.size();
    for (std::size_t i = 0; i < width_; ++i) {
      const ColumnFacts& facts = columns_[i];
      report_.columns.push_back(PreparedColumnOf(names[i], facts.values == 0 ? "VARCHAR" : ColumnTypeOf(facts.types), facts.personal));
      same_names = same_names && names[i] == request_.target[i].name;
    }
    if (request_.target.empty()) return Ok{};
    if (plan_ ? !plan_->fits : !same_names) {
      report_.fits_target = false;
      if (!plan_) {
        NameTypesOfNamesakes();
        return Ok{};
      }
    }
    for (std::size_t i = 0; i < width_; ++i) {
      if (IsMisfit(i)) report_.fits_target = false;
      if (columns_[i].misfits > 0) type_misfits_ = true;
    }
    // What fits is loaded as the dataset has it; what does not is reported as it was found.
    for (std::size_t i = 0; i < width_; ++i)
      if (targets_[i] != nullptr && (report_.fits_target || !IsMisfit(i))) report_.columns[i].type = targets_[i]->type;
    return Ok{};
  }

  /// Whether the column as a whole is of another type than its target. A few odd values are not, unless they have one type with the rest.
  bool IsMisfit(std::size_t i) const {
    const ColumnFacts& facts = columns_[i];
    if (request_.reject_misfits || facts.misfits == 0) return false;
    return facts.misfits * 2 > facts.values || (request_.widens && ColumnTypeOf(facts.types) != "VARCHAR");
  }

  /// Of a file that is refused: a column whose values suit the dataset's column of its name is not told to differ from it.
  void NameTypesOfNamesakes() {
    for (std::size_t i = 0; i < width_; ++i)
      for (const TargetColumn& column : request_.target) {
        if (FoldColumnName(column.name) != FoldColumnName(report_.columns[i].name)) continue;
        const unsigned accepted = AcceptedCellTypes(column.type);
        if (columns_[i].values == 0 || accepted == 0 || (columns_[i].types & accepted) != 0) report_.columns[i].type = column.type;
      }
  }

  bool FirstLineNames() const {
    if (!request_.target.empty() && first_.size() == request_.target.size()) {
      bool equal = true;
      for (std::size_t i = 0; i < first_.size(); ++i) equal = equal && FoldColumnName(first_[i]) == FoldColumnName(request_.target[i].name);
      if (equal) return true;
    }
    bool one_fits = false;
    for (std::size_t i = 0; i < first_.size(); ++i) {
      if (first_[i].empty()) continue;
      const unsigned types = CellTypesOf(first_[i]);
      if (types == 0) return true;
      one_fits = one_fits || columns_[i].values == 0 || (types & columns_[i].types) != 0;
    }
    return !one_fits;
  }

  Status Copy() {
    report_.copied = true;
    report_.load_path = directory_ + request_.stem + ".csv";
    const UniqueFd in = LH_TRY(OpenToRead(path_));
    const UniqueFd out = LH_TRY(OpenToWrite(report_.load_path));
    FdReader source(in.get());
    RecordReader reader(source, guess_.dialect);
    BufferedWriter writer(out.get(), report_.load_path);
    RejectFile rejects(directory_ + request_.stem + ".rejects.csv");
    CsvRecord record;
    LH_TRY(SkipPreamble(reader, record));
    std::int64_t row = 0;
    bool first = true;
    while (LH_TRY(reader.Next(record))) {
      if (std::exchange(first, false) && report_.header) {
        if (guess_.preamble_records > 0) {
          report_.preamble_lines = record.line - 1;
          report_.notes.push_back("the first " + std::to_string(record.line - 1) +
                                  " lines, before an empty line, are not part of the table: skipped");
        }
        continue;
      }
      if (++row % kProgressRows == 0) LH_TRY(progress_((bytes_ + reader.consumed_bytes()) / 2, bytes_));
      if (LH_TRY(Reject(record, rejects))) continue;
      WriteRow(record, writer.buffer());
      LH_TRY(writer.FlushWhenFull());
    }
    LH_TRY(writer.Finish());
    LH_TRY(rejects.Finish());
    report_.rejects_path = rejects.path();
    report_.rows_rejected = rejects.count();
    report_.rows_loaded = report_.rows_read - report_.rows_rejected;
    if (surplus_) report_.notes.emplace_back("empty cells beyond the last column were dropped");
    return Ok{};
  }

  Result<bool> Reject(const CsvRecord& record, RejectFile& rejects) {
    switch (FaultOf(record)) {
      case Fault::kNone: break;
      case Fault::kTooFew:
      case Fault::kTooMany:
        LH_TRY(rejects.Add(record.line, "", std::to_string(width_) + " cells expected, " + std::to_string(record.fields.size()) + " found",
                           record.text));
        return true;
      case Fault::kNotUtf8: LH_TRY(rejects.Add(record.line, "", "not valid UTF-8", record.text)); return true;
    }
    if (!type_misfits_) return false;
    for (std::size_t i = 0; i < width_; ++i) {
      if (columns_[i].accepted == 0) continue;
      const std::string_view value = ValueOf(guess_.dialect, record.fields[i], scratch_);
      if (value.empty() || (CellTypesOf(value) & columns_[i].accepted) != 0) continue;
      LH_TRY(rejects.Add(record.line, report_.columns[i].name, "no " + targets_[i]->type + ": " + CleanText(value, 100), record.text));
      return true;
    }
    return false;
  }

  void WriteRow(const CsvRecord& record, std::string& out) {
    const std::size_t from = out.size();
    for (std::size_t i = 0; i < width_; ++i) {
      if (i > 0) out += ',';
      AppendCell(out, ValueOf(guess_.dialect, record.fields[i], scratch_));
    }
    if (out.size() == from) out += "\"\"";  // a line without octets would be no row
    out += '\n';
  }

  const PrepareRequest& request_;
  std::string path_;
  bool check_utf8_;
  std::int64_t bytes_;
  const std::string& directory_;
  const PrepareProgress& progress_;
  PrepareReport& report_;

  CsvGuess guess_;
  std::vector<std::string> first_;
  std::optional<bool> is_header_;             // once it had to be decided before the rows were seen
  std::optional<ColumnPlan> plan_;            // of a planned file
  std::vector<const TargetColumn*> targets_;  // of each column; none: it suits any
  std::size_t width_ = 0;
  std::vector<ColumnFacts> columns_;
  CsvOddities odd_;
  std::size_t longest_ = 0;
  std::int64_t rows_ = 0, bad_rows_ = 0;
  bool surplus_ = false, type_misfits_ = false;
  std::string scratch_;
};

}  // namespace

Status PrepareCsv(const PrepareRequest& request, const std::string& text_path, const TextSurvey& survey, const std::string& directory,
                  const PrepareProgress& progress, PrepareReport& report) {
  return CsvPreparation(request, text_path, survey, directory, progress, report).Run();
}

}  // namespace lakehouse::ingest
