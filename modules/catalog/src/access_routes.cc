#include "lakehouse/catalog/access_routes.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "catalog_wire.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/net/query_params.h"

namespace lakehouse::catalog {

/// Bodies of the routes: what is left out has its default.
struct RedactionBody {
  std::string column;
  RedactionKind kind = RedactionKind::kNull;
  std::optional<std::int64_t> keep_prefix;
  std::optional<std::int64_t> keep_suffix;
};
struct SafeViewBody {
  std::string dataset;
  std::optional<std::vector<std::string>> columns;
  std::optional<std::string> row_filter;
  std::optional<std::vector<RedactionBody>> redactions;
};
struct ProfileBody {
  std::string name;
  std::optional<std::vector<std::string>> datasets;
  std::optional<std::vector<SafeViewBody>> views;
  std::optional<ProfileLimits> limits;
  std::optional<std::string> bucket;
  std::optional<bool> activate;
};
struct ActivateBody {
  std::int64_t version = 0;
};
struct NewKeyBody {
  std::string name;
  std::optional<std::string> profile;
  std::vector<Scope> scopes;
};
struct RotateBody {
  std::optional<std::int64_t> overlap_seconds;
};
BOOST_DESCRIBE_STRUCT(RedactionBody, (), (column, kind, keep_prefix, keep_suffix))
BOOST_DESCRIBE_STRUCT(SafeViewBody, (), (dataset, columns, row_filter, redactions))
BOOST_DESCRIBE_STRUCT(ProfileBody, (), (name, datasets, views, limits, bucket, activate))
BOOST_DESCRIBE_STRUCT(ActivateBody, (), (version))
BOOST_DESCRIBE_STRUCT(NewKeyBody, (), (name, profile, scopes))
BOOST_DESCRIBE_STRUCT(RotateBody, (), (overlap_seconds))

/// Answers.
struct ShownProfile {
  Profile profile;
  bool active = false;
};
struct ProfileList {
  std::vector<ShownProfile> profiles;
};
struct ShownKey {  ///< no digest: nobody needs it
  std::string id;
  std::string name;
  std::string profile;
  std::vector<Scope> scopes;
  std::int64_t created_micros = 0;
  std::optional<std::int64_t> old_until_micros;
  std::optional<std::int64_t> revoked_micros;
  std::optional<std::string> token;  ///< only where it was just made
};
struct KeyList {
  std::vector<ShownKey> keys;
};
BOOST_DESCRIBE_STRUCT(ShownProfile, (), (profile, active))
BOOST_DESCRIBE_STRUCT(ProfileList, (), (profiles))
BOOST_DESCRIBE_STRUCT(ShownKey, (), (id, name, profile, scopes, created_micros, old_until_micros, revoked_micros, token))
BOOST_DESCRIBE_STRUCT(KeyList, (), (keys))

namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::Route;

constexpr std::int64_t kMaxOverlapSeconds = 30 * 24 * 3600;

Profile ProfileOf(ProfileBody body) {
  Profile profile;
  profile.name = std::move(body.name);
  profile.datasets = std::move(body.datasets).value_or(std::vector<std::string>());
  profile.limits = body.limits.value_or(ProfileLimits());
  profile.bucket = std::move(body.bucket).value_or("");
  if (!body.views) return profile;
  for (SafeViewBody& view : *body.views) {
    SafeView& made = profile.views.emplace_back();
    made.dataset = std::move(view.dataset);
    made.columns = std::move(view.columns).value_or(std::vector<std::string>());
    made.row_filter = std::move(view.row_filter).value_or("");
    if (!view.redactions) continue;
    for (RedactionBody& redaction : *view.redactions)
      made.redactions.push_back(
          {std::move(redaction.column), redaction.kind, redaction.keep_prefix.value_or(0), redaction.keep_suffix.value_or(0)});
  }
  return profile;
}

ShownKey ShownOf(const ApiKey& key) {
  return {key.id, key.name, key.profile, key.scopes, key.created_micros, key.old_until_micros, key.revoked_micros, {}};
}

/// What the handlers share.
class AccessDesk {
 public:
  AccessDesk(Catalog& catalog, AccessBook& book, CheckFilter check_filter, const Clock& clock, Random& random)
      : catalog_(catalog), book_(book), check_filter_(std::move(check_filter)), clock_(clock), random_(random) {}

  Result<std::string> ListProfiles(const Context& context, const HttpRequest& request) {
    const auto access = LH_TRY(book_.Load(context));
    const auto wanted = request.path_params.find("name");
    ProfileList list;
    for (const Profile& profile : access->profiles()) {
      if (wanted != request.path_params.end() && wanted->second != profile.name) continue;
      const auto active = access->active().find(profile.name);
      list.profiles.push_back({profile, active != access->active().end() && active->second->version == profile.version});
    }
    if (wanted != request.path_params.end() && list.profiles.empty())
      return Error(ErrorCode::kNotFound, "there is no profile \"" + wanted->second + "\"").Named("profile_not_found");
    return EncodeJson(list);
  }

  Result<std::string> PutProfile(const Context& context, const HttpRequest& request) {
    ProfileBody body = LH_TRY_WHILE(DecodeJson<ProfileBody>(request.body), "read the body, which should be a profile");
    const bool activate = body.activate.value_or(true);
    ChangeAccessRequest change;
    change.change.profile = ProfileOf(std::move(body));
    for (const SafeView& view : change.change.profile->views)
      if (check_filter_ && !view.row_filter.empty())
        LH_TRY_WHILE(check_filter_(context, view.row_filter), "check the row filter for \"" + view.dataset + "\"");
    if (activate) change.change.activation = ProfileActivation{change.change.profile->name, 0};
    return Changed(context, change);
  }

  Result<std::string> Activate(const Context& context, const HttpRequest& request) {
    const ActivateBody body = LH_TRY(DecodeJson<ActivateBody>(request.body));
    ChangeAccessRequest change;
    change.change.activation = ProfileActivation{request.path_params.at("name"), body.version};
    return Changed(context, change);
  }

  Result<std::string> ListKeys(const Context& context) {
    KeyList list;
    for (const auto& [id, key] : LH_TRY(book_.Load(context))->keys()) list.keys.push_back(ShownOf(key));
    return EncodeJson(list);
  }

  Result<std::string> CreateKey(const Context& context, const HttpRequest& request) {
    NewKeyBody body = LH_TRY(DecodeJson<NewKeyBody>(request.body));
    const NewToken made = MakeToken(random_);
    ApiKey key;
    key.id = made.id;
    key.name = std::move(body.name);
    key.profile = std::move(body.profile).value_or("");
    key.scopes = std::move(body.scopes);
    key.created_micros = clock_.WallMicros();
    key.sha256 = Sha256Hex(made.token.Reveal());
    return Store(context, std::move(key), true, &made.token);
  }

  Result<std::string> RotateKey(const Context& context, const HttpRequest& request) {
    const RotateBody body = request.body.empty() ? RotateBody{} : LH_TRY(DecodeJson<RotateBody>(request.body));
    const std::int64_t overlap = body.overlap_seconds.value_or(0);
    if (overlap < 0 || overlap > kMaxOverlapSeconds)
      return Error(ErrorCode::kInvalidArgument, "overlap_seconds is 0 to 2,592,000: so long the token before is good too");
    ApiKey key = LH_TRY(Find(context, request));
    if (key.revoked_micros) return Error(ErrorCode::kInvalidArgument, "a revoked key stays revoked; create another one");
    const NewToken made = MakeToken(random_, key.id);
    key.old_sha256 = std::nullopt;
    key.old_until_micros = std::nullopt;
    if (overlap > 0) {
      key.old_sha256 = key.sha256;
      key.old_until_micros = clock_.WallMicros() + overlap * 1'000'000;
    }
    key.sha256 = Sha256Hex(made.token.Reveal());
    return Store(context, std::move(key), false, &made.token);
  }

  Result<std::string> RevokeKey(const Context& context, const HttpRequest& request) {
    ApiKey key = LH_TRY(Find(context, request));
    if (!key.revoked_micros) key.revoked_micros = clock_.WallMicros();
    return Store(context, std::move(key), false, nullptr);
  }

 private:
  Result<ApiKey> Find(const Context& context, const HttpRequest& request) {
    const auto access = LH_TRY(book_.Load(context));
    const auto found = access->keys().find(request.path_params.at("id"));
    if (found == access->keys().end()) return Error(ErrorCode::kNotFound, "there is no such key").Named("key_not_found");
    return found->second;
  }

  Result<std::string> Store(const Context& context, ApiKey key, bool is_new, const Secret* token) {
    ShownKey shown = ShownOf(key);
    if (token != nullptr) shown.token = token->Reveal();
    ChangeAccessRequest change;
    change.is_new = is_new;
    change.change.key = std::move(key);
    LH_TRY(Changed(context, change));
    return EncodeJson(shown);
  }

  /// In force at this process's edge before the answer leaves.
  Result<std::string> Changed(const Context& context, const ChangeAccessRequest& change) {
    const ChangeAccessResponse response = LH_TRY(catalog_.ChangeAccess(context, change));
    LH_TRY(book_.Load(context));
    return EncodeJson(response);
  }

  Catalog& catalog_;
  AccessBook& book_;
  const CheckFilter check_filter_;
  const Clock& clock_;
  Random& random_;
};

HttpResponse Answered(const Context& context, Result<std::string> json, int status = 200) {
  if (!json) return HttpResponse::FromError(json.error(), context.trace);
  HttpResponse response = HttpResponse::Json(status, std::move(json).Take());
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

}  // namespace

std::vector<Route> AccessRoutes(Catalog& catalog, AccessBook& book, CheckFilter check_filter, const Clock& clock, Random& random) {
  const auto desk = std::make_shared<AccessDesk>(catalog, book, std::move(check_filter), clock, random);
  std::vector<Route> routes;
  const auto add = [&](std::string method, std::string pattern, std::string summary, std::string description, net::Answer answer,
                       auto handle) {
    Route& route = routes.emplace_back();
    route.method = std::move(method);
    route.pattern = std::move(pattern);
    route.scope = net::RouteScope::kAdmin;
    route.handle = std::move(handle);
    route.summary = std::move(summary);
    route.description = std::move(description);
    route.tag = "access";
    route.answers = {std::move(answer)};
    route.service = "catalog";
    return &route;
  };
  const auto takes = [](Route* route, JsonSchema schema, std::string example, net::Fault fault) {
    route->body = net::BodyKind::kSmall;
    route->request_schema = std::move(schema);
    route->request_example = std::move(example);
    route->faults.push_back(std::move(fault));
  };
  const net::Param name = net::PathText("name", "the profile", "analyst");
  const net::Param id = net::PathText("id", "the key", "0123456789");
  const net::Fault no_profile{404, {"profile_not_found"}}, no_key{404, {"key_not_found"}};
  routes.reserve(8);

  add("GET", "/profiles", "Profiles in all their versions", "What API keys may see and use; the active version of each is marked.",
      {200, "By name and version", SchemaOf<ProfileList>()},
      [desk](const Context& c, HttpRequest& r) { return Answered(c, desk->ListProfiles(c, r)); });
  Route* one = add("GET", "/profiles/{name}", "One profile in all its versions", "", {200, "By version", SchemaOf<ProfileList>()},
                   [desk](const Context& c, HttpRequest& r) { return Answered(c, desk->ListProfiles(c, r)); });
  one->params = {name};
  one->faults = {no_profile};
  takes(
      add("POST", "/profiles", "A new version of a profile",
          "Datasets are names or patterns with *; none: all. A view hides of the datasets it fits: columns but those listed, rows for "
          "which "
          "row_filter does not hold, and values by redactions of kind null, hash or mask (keep_prefix, keep_suffix). It is in force at "
          "once, "
          "unless activate is false.",
          {200, "The version", SchemaOf<ChangeAccessResponse>()},
          [desk](const Context& c, HttpRequest& r) { return Answered(c, desk->PutProfile(c, r)); }),
      SchemaOf<ProfileBody>(),
      R"({"name":"analyst","datasets":["workers"],"views":[{"dataset":"workers","row_filter":"city = 'Chicago'","redactions":[{"column":"email","kind":"mask","keep_prefix":2}]}],"limits":{"timeout_ms":5000}})",
      no_profile);
  Route* activate =
      add("POST", "/profiles/{name}/activate", "Put another version of a profile into force",
          "Atomically, and so the way back too: activate the version before.", {200, "The version", SchemaOf<ChangeAccessResponse>()},
          [desk](const Context& c, HttpRequest& r) { return Answered(c, desk->Activate(c, r)); });
  activate->params = {name};
  takes(activate, SchemaOf<ActivateBody>(), R"({"version":1})", no_profile);

  add("GET", "/keys", "API keys", "Without their tokens, which nobody can read again.", {200, "By id", SchemaOf<KeyList>()},
      [desk](const Context& c, HttpRequest&) { return Answered(c, desk->ListKeys(c)); });
  takes(
      add("POST", "/keys", "Create an API key",
          "The token is in this answer and nowhere else. Scopes are read, write and admin; an admin key has no profile. What it may see is "
          "its profile's matter.",
          {201, "The key with its token", SchemaOf<ShownKey>()},
          [desk](const Context& c, HttpRequest& r) { return Answered(c, desk->CreateKey(c, r), 201); }),
      SchemaOf<NewKeyBody>(), R"({"name":"dashboard","scopes":["read"]})", no_profile);
  Route* rotate = add("POST", "/keys/{id}/rotate", "Give an API key another token",
                      "The one before ends at once, or after overlap_seconds, so that clients can change over.",
                      {200, "The key with its new token", SchemaOf<ShownKey>()},
                      [desk](const Context& c, HttpRequest& r) { return Answered(c, desk->RotateKey(c, r)); });
  rotate->params = {id};
  rotate->body_optional = true;
  takes(rotate, SchemaOf<RotateBody>(), R"({"overlap_seconds":3600})", no_key);
  Route* revoke =
      add("DELETE", "/keys/{id}", "Revoke an API key", "For good, from the next request on.", {200, "The key", SchemaOf<ShownKey>()},
          [desk](const Context& c, HttpRequest& r) { return Answered(c, desk->RevokeKey(c, r)); });
  revoke->params = {id};
  revoke->faults = {no_key};
  return routes;
}

}  // namespace lakehouse::catalog
