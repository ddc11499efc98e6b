// The executable of the workers that tests start.
#include "lakehouse/engine/worker.h"
#include "lakehouse/ingest/worker_handlers.h"

int main(int argc, char** argv) { return lakehouse::engine::WorkerMain(argc, argv, lakehouse::ingest::WorkerHandlers()); }
