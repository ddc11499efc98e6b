#include "vector_requests.h"

#include <functional>
#include <initializer_list>
#include <limits>

#include "lakehouse/base/json_view.h"

namespace lakehouse::vector {
namespace {

Error BadBody(const std::string& where, const std::string& expected) {
  return Error(ErrorCode::kInvalidArgument, where + ": expected " + expected);
}

/// How one field of an object is taken.
struct Field {
  std::string_view name;
  std::function<Status(const JsonView& value, const std::string& where)> take;
  bool required = false;
};

Field Required(Field field) {
  field.required = true;
  return field;
}

Status TakeFields(const JsonView& object, const std::string& where, std::initializer_list<Field> fields) {
  if (!object.is_object()) return BadBody(where.empty() ? "the body" : where, "an object");
  const auto place_of = [&](std::string_view name) { return where.empty() ? std::string(name) : where + "." + std::string(name); };
  LH_TRY(object.ForEachMember([&](std::string_view name, JsonView value) -> Status {
    const std::string place = place_of(name);
    for (const Field& field : fields)
      if (field.name == name) return value.is_null() ? Status(Ok{}) : field.take(value, place);
    std::string known;
    for (const Field& field : fields) known += (known.empty() ? "" : ", ") + std::string(field.name);
    return Error(ErrorCode::kInvalidArgument, place + " is not known here; there are " + known);
  }));
  for (const Field& field : fields)
    if (const auto value = object.Find(field.name); field.required && (!value || value->is_null()))
      return Error(ErrorCode::kInvalidArgument, place_of(field.name) + ": it is asked for, and it is missing");
  return Ok{};
}

Status ReadBody(const net::HttpRequest& request, std::initializer_list<Field> fields) {
  const JsonDocument document = LH_TRY(JsonDocument::Parse(request.body));
  return TakeFields(document.root(), "", fields);
}

Field Text(std::string_view name, std::string& out) {
  return {name, [&out](const JsonView& value, const std::string& where) -> Status {
            const auto text = value.AsString();
            if (!text) return BadBody(where, "a text");
            out = std::string(*text);
            return Ok{};
          }};
}

Field Flag(std::string_view name, bool& out) {
  return {name, [&out](const JsonView& value, const std::string& where) -> Status {
            const auto flag = value.AsBool();
            if (!flag) return BadBody(where, "true or false");
            out = *flag;
            return Ok{};
          }};
}

template <typename T>
Field Count(std::string_view name, T& out) {
  return {name, [&out](const JsonView& value, const std::string& where) -> Status {
            const auto number = value.AsInteger();
            if (!number || *number < 0 || *number > std::numeric_limits<std::uint32_t>::max())
              return BadBody(where, "an integer from 0 on");
            out = static_cast<std::uint32_t>(*number);
            return Ok{};
          }};
}

template <typename T>
Field Share(std::string_view name, T& out) {
  return {name, [&out](const JsonView& value, const std::string& where) -> Status {
            const double number = value.AsNumber().value_or(-1);
            if (!(number >= 0 && number <= 1)) return BadBody(where, "a number from 0 to 1");
            out = number;
            return Ok{};
          }};
}

Status TakeVector(const JsonView& value, const std::string& where, std::vector<float>& out) {
  out.clear();
  if (!value.AppendFloatsTo(out)) return BadBody(where, "an array of numbers");
  return Ok{};
}

Field Vector(std::string_view name, std::vector<float>& out) {
  return {name, [&out](const JsonView& value, const std::string& where) { return TakeVector(value, where, out); }};
}

/// Elements one by one, with their places.
Status TakeElements(const JsonView& array, const std::string& where,
                    const std::function<Status(const JsonView&, const std::string&)>& take) {
  if (!array.is_array()) return BadBody(where, "an array");
  std::size_t position = 0;
  return array.ForEachElement([&](JsonView element) { return take(element, where + "[" + std::to_string(position++) + "]"); });
}

Field VectorList(std::string_view name, std::vector<std::vector<float>>& out) {
  return {name, [&out](const JsonView& value, const std::string& where) {
            return TakeElements(value, where, [&](const JsonView& element, const std::string& place) {
              return TakeVector(element, place, out.emplace_back());
            });
          }};
}

Status TakeTexts(const JsonView& value, const std::string& where, std::vector<std::string>& out) {
  return TakeElements(value, where, [&](const JsonView& element, const std::string& place) -> Status {
    const auto text = element.AsString();
    if (!text) return BadBody(place, "a text");
    out.emplace_back(*text);
    return Ok{};
  });
}

Status TakeItem(const JsonView& value, const std::string& where, Item& item) {
  return TakeFields(
      value, where,
      {Text("id", item.id), Vector("vector", item.vector), {"metadata", [&](const JsonView& metadata, const std::string& place) -> Status {
                                                              if (!metadata.is_object()) return BadBody(place, "an object");
                                                              item.metadata = RawJson{metadata.ToJson()};
                                                              return Ok{};
                                                            }}});
}

Field Filter(std::optional<SearchFilter>& out) {
  return {"filter", [&out](const JsonView& value, const std::string& where) -> Status {
            SearchFilter& filter = out.emplace();
            return TakeFields(
                value, where,
                {{"ids", [&](const JsonView& ids, const std::string& place) { return TakeTexts(ids, place, filter.ids.emplace()); }},
                 {"metadata", [&](const JsonView& metadata, const std::string& place) -> Status {
                    if (!metadata.is_object()) return BadBody(place, "an object");
                    filter.metadata = RawJson{metadata.ToJson()};
                    return Ok{};
                  }}});
          }};
}

Status TakeConfig(const JsonView& value, const std::string& where, IndexConfig& config) {
  return TakeFields(value, where, {Share("target_recall", config.target_recall), Count("lists", config.lists), Count("seed", config.seed)});
}

std::string NameIn(const net::HttpRequest& request) { return request.path_params.at("name"); }

Status ReadSearchBody(const net::HttpRequest& request, Field what, SearchOptions& options) {
  return ReadBody(request, {std::move(what), Count("k", options.k), Flag("exact", options.exact), Share("min_recall", options.min_recall),
                            Filter(options.filter)});
}

}  // namespace

Result<CreateIndexRequest> ReadCreate(const net::HttpRequest& request) {
  CreateIndexRequest create;
  LH_TRY(ReadBody(request, {Text("name", create.name), Count("dimension", create.dimension), Text("metric", create.metric),
                            Text("distance", create.metric), Text("bucket", create.bucket.emplace())}));
  if (create.bucket->empty()) create.bucket.reset();
  return create;
}

Result<AddRequest> ReadAdd(const net::HttpRequest& request) {
  AddRequest add{NameIn(request), {}};
  LH_TRY(ReadBody(request, {Required({"items", [&](const JsonView& items, const std::string& where) {
                                        return TakeElements(items, where, [&](const JsonView& item, const std::string& place) -> Status {
                                          if (add.items.size() == kMaxItemsPerRequest)
                                            return Error(ErrorCode::kTooLarge, "items: 10,000 are the most in one request");
                                          return TakeItem(item, place, add.items.emplace_back());
                                        });
                                      }})}));
  return add;
}

Result<RemoveRequest> ReadRemove(const net::HttpRequest& request) {
  RemoveRequest remove{NameIn(request), {}};
  LH_TRY(ReadBody(request,
                  {Required({"ids", [&](const JsonView& ids, const std::string& where) { return TakeTexts(ids, where, remove.ids); }})}));
  return remove;
}

Result<SearchRequest> ReadSearch(const net::HttpRequest& request) {
  SearchRequest search;
  search.name = NameIn(request);
  LH_TRY(ReadSearchBody(request, Required(Vector("vector", search.vector)), search.options));
  return search;
}

Result<SearchBatchRequest> ReadSearchBatch(const net::HttpRequest& request) {
  SearchBatchRequest search;
  search.name = NameIn(request);
  LH_TRY(ReadSearchBody(request, Required(VectorList("vectors", search.vectors)), search.options));
  return search;
}

Result<MergeRequest> ReadMerge(const net::HttpRequest& request) {
  MergeRequest merge;
  merge.source = NameIn(request);
  LH_TRY(ReadBody(request, {Required(Text("dest", merge.dest)), Flag("clear_source", merge.clear_source)}));
  return merge;
}

Result<MaintainRequest> ReadMaintain(const net::HttpRequest& request) {
  MaintainRequest maintain;
  maintain.name = NameIn(request);
  if (!request.body.empty()) LH_TRY(ReadBody(request, {Flag("retrain", maintain.retrain), Flag("compact", maintain.compact)}));
  return maintain;
}

Result<TrialRequest> ReadTrial(const net::HttpRequest& request) {
  TrialRequest trial;
  LH_TRY(ReadBody(request,
                  {Text("index_name", trial.name),
                   VectorList("queries", trial.queries),
                   Count("k", trial.k),
                   {"config", [&](const JsonView& value, const std::string& where) { return TakeConfig(value, where, trial.config); }}}));
  return trial;
}

Result<AutotuneRequest> ReadAutotune(const net::HttpRequest& request) {
  AutotuneRequest autotune;
  LH_TRY(ReadBody(request, {Text("index_name", autotune.name),
                            VectorList("queries", autotune.queries),
                            Share("min_recall", autotune.min_recall),
                            Count("budget", autotune.budget),
                            {"grid", [&](const JsonView& value, const std::string& where) {
                               return TakeElements(value, where, [&](const JsonView& element, const std::string& place) {
                                 return TakeConfig(element, place, autotune.grid.emplace_back());
                               });
                             }}}));
  return autotune;
}

}  // namespace lakehouse::vector
