#pragma once
#include <boost/describe/class.hpp>

#include "lakehouse/base/codec.h"
#include "lakehouse/ingest/ingest.h"
#include "lakehouse/net/methods.h"

namespace lakehouse::ingest {

BOOST_DESCRIBE_STRUCT(DatabaseTable, (), (url, table, password, incremental, batch_rows))
BOOST_DESCRIBE_STRUCT(IngestRequest, (),
                      (name, mode, key, path, database, file_name, sha256, format, sheet, header, idempotency_key, owned, keep, preview,
                       columns, fill_missing, reject_misfits, new_schema, nested, bucket, base_fingerprint, base_version))
BOOST_DESCRIBE_STRUCT(JobError, (), (code, message, context, details, http_status, kind))
BOOST_DESCRIBE_STRUCT(JobColumn, (), (name, type, tag))
BOOST_DESCRIBE_STRUCT(RejectedRow, (), (line, column, reason, text))
BOOST_DESCRIBE_STRUCT(FileReport, (), (uri, format, state, reason, sha256, version, rows, pages, notes, personal))
BOOST_DESCRIBE_STRUCT(ExpectationResult, (), (rule, column, mostly, refuses, checked, failed, passed))
BOOST_DESCRIBE_STRUCT(Job, (),
                      (id, kind, state, stage, name, file_name, format, bytes_total, bytes_done, rows_read, rows_loaded, rows_rejected,
                       eta_seconds, started_micros, finished_micros, version, sequence, dataset_id, fingerprint, existing, object_keys,
                       columns, sample, rejects, notes, files, expectations, rejects_dataset, error))
BOOST_DESCRIBE_STRUCT(StartResponse, (), (job))
BOOST_DESCRIBE_STRUCT(JobRequest, (), (id))
BOOST_DESCRIBE_STRUCT(JobResponse, (), (job))
BOOST_DESCRIBE_STRUCT(WaitRequest, (), (id, wait_ms))
BOOST_DESCRIBE_STRUCT(ListJobsRequest, (), (limit, under_way))
BOOST_DESCRIBE_STRUCT(ListJobsResponse, (), (jobs))
BOOST_DESCRIBE_STRUCT(RescuedUpload, (),
                      (id, name, mode, file_name, principal, sha256, size_bytes, accepted_micros, why, attempts, last_error, held))
BOOST_DESCRIBE_STRUCT(ListRescuedRequest, (), ())
BOOST_DESCRIBE_STRUCT(ListRescuedResponse, (), (available, uploads, error))
BOOST_DESCRIBE_STRUCT(SettleRescuedRequest, (), (id, action))
BOOST_DESCRIBE_STRUCT(SettleRescuedResponse, (), (upload))
BOOST_DESCRIBE_STRUCT(DeleteRowsRequest, (), (name, key, values, actor, reason))
BOOST_DESCRIBE_STRUCT(Schedule, (), (name, kind, url, dataset, mode, key, table, secret, incremental, every, cron, zone, paused, nested))
BOOST_DESCRIBE_STRUCT(ScheduledFile, (), (name, state, rows, rejected, job, error))
BOOST_DESCRIBE_STRUCT(ScheduleRun, (), (started_micros, finished_micros, state, files, failed_files, rows, jobs, error, reports))
BOOST_DESCRIBE_STRUCT(ScheduleState, (), (schedule, running, next_micros, runs))
BOOST_DESCRIBE_STRUCT(ListSchedulesRequest, (), ())
BOOST_DESCRIBE_STRUCT(ListSchedulesResponse, (), (schedules))
BOOST_DESCRIBE_STRUCT(PutScheduleRequest, (), (schedule))
BOOST_DESCRIBE_STRUCT(ScheduleRequest, (), (name))
BOOST_DESCRIBE_STRUCT(ScheduleResponse, (), (schedule))
BOOST_DESCRIBE_STRUCT(DatasetRules, (), (drift, expectations))
BOOST_DESCRIBE_STRUCT(LoadRulesRequest, (), (name))
BOOST_DESCRIBE_STRUCT(RefusedLoad, (), (time_micros, job, file_name, code, message, results))
BOOST_DESCRIBE_STRUCT(LoadRulesResponse, (), (name, rules, version, results, checked_version, refused))
BOOST_DESCRIBE_STRUCT(PutRulesRequest, (), (name, drift, expectations))
BOOST_DESCRIBE_STRUCT(CompactRequest, (), (name))
BOOST_DESCRIBE_STRUCT(SaveQueryRequest, (), (name, mode, sql))

using IngestMethods = net::Methods<"ingest", net::Method<"Start", &Ingest::Start>, net::Method<"DeleteRows", &Ingest::DeleteRows>,
                                   net::Method<"SaveQuery", &Ingest::SaveQuery>, net::Method<"Compact", &Ingest::Compact>,
                                   net::Method<"LoadRules", &Ingest::LoadRules>, net::Method<"PutRules", &Ingest::PutRules>,
                                   net::Method<"ListSchedules", &Ingest::ListSchedules>, net::Method<"PutSchedule", &Ingest::PutSchedule>,
                                   net::Method<"DropSchedule", &Ingest::DropSchedule>, net::Method<"RunSchedule", &Ingest::RunSchedule>,
                                   net::Method<"Keep", &Ingest::Keep>, net::Method<"Wait", &Ingest::Wait>,
                                   net::Method<"Cancel", &Ingest::Cancel>, net::Method<"ListJobs", &Ingest::ListJobs>,
                                   net::Method<"ListRescued", &Ingest::ListRescued>, net::Method<"SettleRescued", &Ingest::SettleRescued>>;

}  // namespace lakehouse::ingest
