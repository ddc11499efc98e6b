#pragma once
#include <memory>

#include "lakehouse/net/service.h"
#include "lakehouse/net/transport.h"
#include "lakehouse/vector/vectors.h"

/// The two ends of the vector service in another process. Only main and tests need this header.
namespace lakehouse::vector {

/// The service behind the transport, which must outlive it.
std::unique_ptr<Vectors> ConnectVectors(net::Transport& transport);
/// Serves this one, which must outlive the service.
net::Service ServeVectors(Vectors& vectors);

}  // namespace lakehouse::vector
