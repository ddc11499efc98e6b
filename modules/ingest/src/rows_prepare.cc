#include "rows_prepare.h"

#include "byte_reader.h"
#include "record_reader.h"

namespace lakehouse::ingest {

Result<PrepareReport> PrepareRows(const PrepareRequest& request) {
  const UniqueFd fd = LH_TRY(OpenToRead(request.path));
  FdReader source(fd.get());
  RecordReader reader(source, {});
  std::vector<PersonalDataDetector> personal(request.target.size());
  CsvRecord record;
  std::string scratch;
  for (std::int64_t seen = 0; seen < PersonalDataDetector::kSample && LH_TRY(reader.Next(record)); ++seen)
    for (std::size_t i = 0; i < personal.size() && i < record.fields.size(); ++i) {
      const std::string_view value = ValueOf({}, record.fields[i], scratch);
      if (!value.empty() && value != "\\N") personal[i].Add(value);
    }
  PrepareReport report;
  report.format = "rows";
  report.load_path = request.path;
  for (std::size_t i = 0; i < personal.size(); ++i)
    report.columns.push_back(PreparedColumnOf(request.target[i].name, request.target[i].type, personal[i]));
  return report;
}

}  // namespace lakehouse::ingest
