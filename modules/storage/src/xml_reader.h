#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"

namespace lakehouse::storage {

/// One element of a small document. Attributes are checked and dropped: no answer of S3 says anything in them that we need.
struct XmlElement {
  std::string name;  ///< with its namespace prefix, if it has one
  std::string text;  ///< of this element alone, references resolved; blanks between children are dropped
  std::vector<XmlElement> children;

  /// The first child of this name, or null.
  const XmlElement* Find(std::string_view child) const;
  /// The text of the first child of this name; empty when there is none.
  std::string_view TextOf(std::string_view child) const;
};

struct XmlLimits {
  std::size_t max_octets = std::size_t{8} << 20U;
  std::size_t max_elements = 50'000;
  std::size_t max_depth = 16;
};

/// The root of a document of the kind that servers send: elements, text, the five named references and numeric ones, comments,
/// CDATA, one declaration. Strict: what is not well formed, has a DOCTYPE (so entities of its own) or is over a limit is
/// kCorruption with reason "bad_xml". Octets over 127 pass unseen: whoever needs UTF-8 checks the text.
Result<XmlElement> ReadXml(std::string_view octets, const XmlLimits& limits = {});

}  // namespace lakehouse::storage
