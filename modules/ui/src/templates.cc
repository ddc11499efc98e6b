#include "templates.h"

#include <ctemplate/template_cache.h>
#include <ctemplate/template_dictionary.h>
#include <ctemplate/template_enums.h>

#include <cassert>

#include "embedded_lakehouse_ui.h"

namespace lakehouse::ui {
namespace {

struct Source {
  std::string_view name, text;
};
const Source kSources[] = {{"shell", kShellHtml},
                           {"fault", kFaultHtml},
                           {"explore", kExploreHtml},
                           {"dataset", kDatasetHtml},
                           {"swaps", kSwapsHtml},
                           {"schema", kSchemaHtml},
                           {"sample", kSampleHtml},
                           {"history", kHistoryHtml},
                           {"files", kFilesHtml},
                           {"lineage", kLineageHtml},
                           {"rules", kRulesHtml},
                           {"schedules", kSchedulesHtml},
                           {"upload", kUploadHtml},
                           {"sql", kSqlHtml},
                           {"result", kResultHtml},
                           {"tree", kTreeHtml},
                           {"columns", kColumnsHtml},
                           {"chart", kChartHtml},
                           {"system", kSystemHtml},
                           {"failures", kFailuresHtml},
                           {"jobs", kJobsHtml},
                           {"plan", kPlanHtml},
                           {"login", kLoginHtml},
                           {"requests", kRequestsHtml},
                           {"rows", kRowsHtml},
                           {"docs", kDocsHtml},
                           {"api", kApiHtml},
                           {"operation", kOperationHtml},
                           {"configuration", kConfigurationHtml},
                           {"vectors", kVectorsHtml},
                           {"buckets", kBucketsHtml},
                           {"care", kCareHtml},
                           {"ask", kAskHtml},
                           {"answered", kAnsweredHtml},
                           {"sentence", kSentenceHtml},
                           {"sources", kSourcesHtml},
                           {"source", kSourceHtml},
                           {"source_page", kSourcePageHtml},
                           {"documents", kDocumentsHtml},
                           {"document", kDocumentHtml},
                           {"building", kBuildingHtml}};

ctemplate::TemplateString Text(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

struct Templates::State {
  mutable ctemplate::TemplateCache cache;

  std::string Expand(std::string_view file, const ctemplate::TemplateDictionary& dictionary) const {
    std::string out;
    const bool known = cache.ExpandNoLoad(Text(file), ctemplate::STRIP_WHITESPACE, &dictionary, nullptr, &out);
    assert(known && "no such template");
    static_cast<void>(known);
    return out;
  }

  static void Fill(const View& view, ctemplate::TemplateDictionary& dictionary) {
    for (const View::Entry& entry : view.entries_) {
      const auto name = Text(entry.name);
      switch (entry.kind) {
        case View::Kind::kText: dictionary.SetValue(name, Text(entry.text)); break;
        case View::Kind::kInteger: dictionary.SetValue(name, std::to_string(entry.integer)); break;
        case View::Kind::kNumber: dictionary.SetValue(name, std::to_string(entry.number)); break;
        case View::Kind::kFlag: dictionary.ShowSection(entry.integer != 0 ? entry.name : "no_" + entry.name); break;
        case View::Kind::kRaw: break;
        case View::Kind::kList:
          for (const auto& item : entry.items) Fill(*item, *dictionary.AddSectionDictionary(name));
          break;
        case View::Kind::kInclude: break;
      }
    }
  }
};

Templates::Templates() : state_(std::make_unique<State>()) {
  for (const Source& source : kSources) {
    const bool parsed =
        state_->cache.StringToTemplateCache(Text(source.name), source.text.data(), source.text.size(), ctemplate::STRIP_WHITESPACE);
    assert(parsed && "a template does not parse; the library has said why on stderr");
    static_cast<void>(parsed);
  }
  state_->cache.Freeze();
}
Templates::~Templates() = default;

std::string Templates::Render(std::string_view file, const View& view) const {
  ctemplate::TemplateDictionary dictionary("page");
  State::Fill(view, dictionary);
  // A piece is expanded with the same names, then stands as it is in what includes it: inner pieces were named first.
  for (const View::Entry& entry : view.entries_)
    if (entry.kind == View::Kind::kInclude) dictionary.SetValue(Text(entry.name), state_->Expand(entry.text, dictionary));
  return state_->Expand(file, dictionary);
}

}  // namespace lakehouse::ui
