#pragma once
#include <string>
#include <vector>

#include "lakehouse/base/settings.h"
#include "lakehouse/catalog/upkeep.h"
#include "lakehouse/chat/http_chat.h"
#include "lakehouse/embed/provider.h"
#include "lakehouse/ingest/local_ingest.h"
#include "lakehouse/matrix/local_matrix.h"
#include "lakehouse/net/http_server.h"
#include "lakehouse/query/local_query.h"
#include "lakehouse/vector/local_vectors.h"

namespace lakehouse::app {

/// What the settings say of a service; the rest is the caller's.
net::HttpServer::Options HttpOptions(const Settings& settings);
vector::LocalVectorsOptions VectorOptions(const Settings& settings);
matrix::LocalMatrixOptions MatrixOptions(const Settings& settings);
/// Without its key. kInvalidArgument: chat.provider is nothing that is known.
Result<chat::HttpChatOptions> ChatOptions(const Settings& settings);
query::LocalQuery::Options QueryOptions(const Settings& settings);
ingest::IngestOptions IngestServiceOptions(const Settings& settings);
/// Of the embedding providers that are configured, without their keys.
std::vector<embed::ProviderOptions> ProvidersOptions(const Settings& settings);
catalog::LocalUpkeep::Options UpkeepOptions(const Settings& settings);
/// An array of {key, value, source, help, default_value, kind}.
std::string ConfigJson(const Settings& settings);

}  // namespace lakehouse::app
