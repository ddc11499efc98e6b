#include "lakehouse/text/xml.h"

#include <expat.h>

#include <memory>
#include <string>
#include <type_traits>

namespace lakehouse::text {
namespace {

constexpr int kMaxXmlDepth = 256;
constexpr std::size_t kAtOnce = std::size_t{1} << 20;

std::string_view LocalName(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

struct Reading {
  XML_Parser parser;
  XmlHandler& handler;
  XmlHandler::Attributes attributes;
  int depth = 0;
  std::string refused;
};

void Stop(Reading& reading, const char* why) {
  reading.refused = why;
  XML_StopParser(reading.parser, XML_FALSE);
}

void OnStart(void* user, const XML_Char* name, const XML_Char** pairs) {
  Reading& reading = *static_cast<Reading*>(user);
  if (++reading.depth > kMaxXmlDepth) return Stop(reading, "nested too deep");
  reading.attributes.clear();
  for (; pairs[0] != nullptr; pairs += 2) reading.attributes.emplace_back(LocalName(pairs[0]), pairs[1]);
  reading.handler.Start(LocalName(name), reading.attributes);
  if (reading.handler.Enough()) Stop(reading, "");
}

void OnEnd(void* user, const XML_Char* name) {
  Reading& reading = *static_cast<Reading*>(user);
  --reading.depth;
  reading.handler.End(LocalName(name));
}

void OnText(void* user, const XML_Char* text, int length) {
  static_cast<Reading*>(user)->handler.Text(std::string_view(text, static_cast<std::size_t>(length)));
}

void OnDocumentType(void* user, const XML_Char*, const XML_Char*, const XML_Char*, int) {
  Stop(*static_cast<Reading*>(user), "it declares a document type");
}

}  // namespace

std::string_view AttributeOf(const XmlHandler::Attributes& attributes, std::string_view name) {
  for (const auto& [key, value] : attributes)
    if (key == name) return value;
  return {};
}

Status ReadXml(std::string_view xml, XmlHandler& handler) {
  const std::unique_ptr<std::remove_pointer_t<XML_Parser>, void (*)(XML_Parser)> parser(XML_ParserCreate(nullptr), XML_ParserFree);
  if (!parser) return Error(ErrorCode::kResourceExhausted, "no memory for reading XML").Named("out_of_memory");
  Reading reading{parser.get(), handler, {}, 0, {}};
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), OnStart, OnEnd);
  XML_SetCharacterDataHandler(parser.get(), OnText);
  XML_SetStartDoctypeDeclHandler(parser.get(), OnDocumentType);
  for (std::size_t at = 0;; at += kAtOnce) {
    const std::string_view piece = xml.substr(std::min(at, xml.size()), kAtOnce);
    const bool is_last = at + kAtOnce >= xml.size();
    if (XML_Parse(parser.get(), piece.data(), static_cast<int>(piece.size()), is_last ? 1 : 0) != XML_STATUS_OK) break;
    if (is_last) return Ok{};
  }
  if (handler.Enough()) return Ok{};
  std::string why = reading.refused;
  if (why.empty()) why = XML_ErrorString(XML_GetErrorCode(parser.get()));
  return Error(ErrorCode::kUnprocessable,
               "not well-formed XML at line " + std::to_string(XML_GetCurrentLineNumber(parser.get())) + ": " + why)
      .Named("bad_xml");
}

}  // namespace lakehouse::text
