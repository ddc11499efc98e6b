#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lakehouse/base/result.h"

/// The data that `lakehouse up --demo` shows: an invented staffing company, its people, its customers and their orders. Same options,
/// same bytes, on every machine. Names are combined at random, telephone numbers and addresses are of the reserved ranges: nobody real
/// is in it. It is dirty where such data is: see README.md.
namespace lakehouse::demo {

struct DemoOptions {
  std::uint64_t seed = 42;
  /// Rows of workers.csv, 1 to 10,000,000; the other tables grow in proportion.
  std::int64_t workers = 100'000;
};

/// A generated file and the dataset it becomes.
struct DemoDataset {
  std::string name;  ///< "workers"
  std::string file;  ///< "workers.csv", in the directory given to GenerateDemo
  std::string key;   ///< the column that names a row
};

/// A statement worth trying first.
struct DemoQuestion {
  std::string title;
  std::string sql;
};

/// A dataset that can be asked in words, and a question that it answers.
struct DemoCorpus {
  std::string name;
  std::string dataset;
  std::string id_column;
  std::vector<std::string> text_columns;
  std::vector<std::string> filter_columns;
  std::string question;
};

/// Smallest first, so that something is there to look at early.
std::vector<DemoDataset> DemoDatasets();
/// Over columns that GenerateDemo writes.
std::vector<DemoCorpus> DemoCorpora();
std::vector<DemoQuestion> DemoQuestions();

/// Writes the files of DemoDatasets() into `directory`, which is made when missing; files of these names are replaced. A second for
/// 100,000 workers. Not synced: what is lost is made again.
/// kInvalidArgument for options out of range; else the errors of base/file.h. Files written before an error stay.
Status GenerateDemo(const std::string& directory, const DemoOptions& options = {});

}  // namespace lakehouse::demo
