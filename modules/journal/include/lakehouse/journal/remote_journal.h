#pragma once
#include <memory>

#include "lakehouse/journal/journal.h"
#include "lakehouse/net/service.h"
#include "lakehouse/net/transport.h"

/// The two ends of a journal in another process. Only main and tests need this header.
namespace lakehouse::journal {

/// A journal behind the transport, which must outlive it.
std::unique_ptr<Journal> ConnectJournal(net::Transport& transport);
/// Serves this journal, which must outlive the service.
net::Service ServeJournal(Journal& journal);

}  // namespace lakehouse::journal
