#pragma once
#include <string>
#include <string_view>

#include "lakehouse/base/result.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/catalog/sight.h"
#include "lakehouse/catalog/types.h"
#include "lakehouse/engine/session.h"

namespace lakehouse::query {

/// The rows of the view `source` as a rule leaves them: columns, rows, values. Where values are hidden the rows come in an order that
/// says nothing of the one before, because files are often sorted by what is hidden. For our own statements only: the text holds the key.
/// kUnprocessable, reason "profile_view_failed": the rule names a column that is not there.
Result<std::string> MaskedSelect(std::string_view source, const catalog::Schema& schema, const catalog::DatasetRule& rule,
                                 const Secret& key);

/// A row filter of a profile: an expression over the columns of one dataset, with functions that the gate allows. It must not read
/// other tables. kInvalidArgument: it is none; the message says why.
Status CheckRowFilter(const Context& context, engine::Session& session, std::string_view filter);

/// The rule as a text, for names of derived files: equal texts hide the same.
std::string TextOfRule(const catalog::DatasetRule& rule);

}  // namespace lakehouse::query
