// Package sqlite is the embedded store engine: one SQLite file beside the
// program, in WAL mode. It serves one machine; many replicas share package redis.
//
// What it promises beside the suite in storetest:
//
//   - What a call has written survives kill -9 and a power cut.
//   - The file, its WAL and its shared-memory file are readable by their owner
//     alone.
//   - Several processes may open one file: records and leases are shared.
//     Publish and Subscribe are not, they reach the subscribers of the same
//     Engine value. Who waits for another process looks again after a while.
package sqlite
