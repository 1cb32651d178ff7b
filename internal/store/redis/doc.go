// Package redis is the store engine for several replicas: one Redis, or
// Valkey, that they share, by itself, behind Sentinel or as a Cluster.
//
// What it promises beside the suite in storetest:
//
//   - Each write is one script, so nobody sees half of it, and a write whose
//     answer was lost is not sent again: the caller is told that the engine is
//     unavailable, and a read tells which of the two it was.
//   - Everything has a physical lifetime in Redis. Nothing stays for good,
//     even if this program never runs again.
//   - One clock runs for all replicas, that of Redis, unless a test gives
//     another. Redis is told how long something lasts and not until when, so
//     that it need not agree with the clock of whoever says it.
//   - Signals reach the subscribers of every engine on the same Redis. After a
//     connection was lost everybody is woken, for what may have been missed.
//   - No call takes longer than about three seconds.
//   - Look-ups of single records go together when there are many: see store.Lookups.
//
// # Keys
//
// All begin with a prefix, "zapembed" unless the URL says otherwise. KIND is
// what stands before the first colon of a name:
//
//	zapembed:{KIND}:r:REST   a record: a hash of value, version, expires, group
//	zapembed:{KIND}:g:REST   a group: the records that belong to it, by lifetime
//	zapembed:l:NAME          a lease: a hash of owner and expires
//	zapembed:changed         the channel of all signals; the message is the topic
//
// The braces make a Cluster keep all records of a kind in one place, which is
// what lets a script work on two of them. There each script is given all keys
// that it touches, and refused when they are not all in one place. The record
// is the truth and the group only an index: what it names counts when the
// record agrees.
package redis
