#pragma once
#include "lakehouse/journal/journal.h"
#include "lakehouse/net/methods.h"

/// The JSON form of the journal's values and the table of its methods.
namespace lakehouse::journal {

BOOST_DESCRIBE_STRUCT(JournalEvent, (), (sequence, time_micros, commit_id, actor, entity, action, fields))
BOOST_DESCRIBE_STRUCT(HistoryRequest, (), (entity, limit))
BOOST_DESCRIBE_STRUCT(RecentRequest, (), (limit))
BOOST_DESCRIBE_STRUCT(EventsResponse, (), (events, more))
BOOST_DESCRIBE_STRUCT(StatsRequest, (), ())
BOOST_DESCRIBE_STRUCT(StatsResponse, (), (events, entities, unflushed, sequence, flushed_sequence, by_action))
BOOST_DESCRIBE_STRUCT(FlushRequest, (), ())
BOOST_DESCRIBE_STRUCT(FlushResponse, (), (events, key))

using JournalMethods = net::Methods<"journal", net::Method<"History", &Journal::History>, net::Method<"Recent", &Journal::Recent>,
                                    net::Method<"LoadStats", &Journal::LoadStats>, net::Method<"Flush", &Journal::Flush>>;

}  // namespace lakehouse::journal
