#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lakehouse/catalog/types.h"

namespace lakehouse::catalog {

/// Whether a name fits a pattern: '*' stands for any characters, case does not count.
bool FitsPattern(std::string_view pattern, std::string_view name);

/// Columns of a dataset that a principal sees otherwise than they are; see Sight::RuleOf.
struct DatasetRule {
  std::vector<std::string> columns;      ///< folded; only these are there. Empty: all
  std::vector<std::string> row_filters;  ///< all must hold
  std::vector<Redaction> redactions;     ///< folded column names; the strongest for each column
  std::vector<std::string> must_exist;   ///< folded columns that views of exactly this dataset name: without them it must not be read
};

/// What one principal may see, at one version of its profile. A value; immutable.
class Sight {
 public:
  /// Everything: the administrator, and this product's own work.
  static Sight Everything(std::string principal);
  static Sight OfKey(std::string principal, bool is_admin, std::shared_ptr<const Profile> profile);

  const std::string& principal() const { return principal_; }
  /// May see what other principals do.
  bool is_admin() const { return is_admin_; }
  /// Its profile hides something.
  bool restricted() const;
  bool MaySee(std::string_view dataset) const;
  /// Every row and column as it is.
  bool SeesWhole(std::string_view dataset) const { return MaySee(dataset) && !RuleOf(dataset); }
  /// How it sees a dataset that it may see; nothing: whole. All views that fit apply together.
  std::optional<DatasetRule> RuleOf(std::string_view dataset) const;
  const ProfileLimits& limits() const;
  /// The bucket its profile binds it to; empty: none.
  const std::string& bucket() const;
  /// Another text for anything else that may be seen: for processes and caches that must not be shared.
  const std::string& label() const { return label_; }

 private:
  std::string principal_;
  bool is_admin_ = false;
  std::shared_ptr<const Profile> profile_;  ///< null: no profile
  std::string label_;
};

}  // namespace lakehouse::catalog
