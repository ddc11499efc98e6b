#pragma once
#include <string_view>
#include <utility>
#include <vector>

#include "lakehouse/base/result.h"

namespace lakehouse::text {

/// Told of a document's parts in order. Names come without their prefix ("w:p" is "p"). Views live as long as the call.
class XmlHandler {
 public:
  using Attributes = std::vector<std::pair<std::string_view, std::string_view>>;
  virtual ~XmlHandler() = default;
  virtual void Start(std::string_view name, const Attributes& attributes) = 0;
  virtual void End(std::string_view name) = 0;
  virtual void Text(std::string_view text) = 0;
  /// Checked now and then; true ends the reading as a success.
  virtual bool Enough() const { return false; }
};

/// The value of an attribute; empty: there is none.
std::string_view AttributeOf(const XmlHandler::Attributes& attributes, std::string_view name);

/// kUnprocessable reason "bad_xml": not well-formed, nested deeper than 256, or with a document type, which only attacks bring.
Status ReadXml(std::string_view xml, XmlHandler& handler);

}  // namespace lakehouse::text
