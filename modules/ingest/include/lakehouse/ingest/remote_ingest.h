#pragma once
#include <memory>

#include "lakehouse/ingest/ingest.h"
#include "lakehouse/net/service.h"
#include "lakehouse/net/transport.h"

namespace lakehouse::ingest {

/// An Ingest that runs elsewhere on this machine (it reads the file by its path); the transport must outlive it. As thread-safe as the
/// transport.
std::unique_ptr<Ingest> ConnectIngest(net::Transport& transport);
/// The serving end; the implementation must outlive it.
net::Service ServeIngest(Ingest& ingest);

}  // namespace lakehouse::ingest
