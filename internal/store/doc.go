// Package store keeps sealed records: sessions, pending sign-ins, grants and
// connect attempts all lie here, so that a restart, or another replica, loses
// none of them.
//
// It has three layers:
//
//   - [Engine] stores bytes under a key, with a version and a lifetime, and
//     offers leases and a "something changed" signal. It knows nothing of
//     what the bytes mean. Engines live in the folders below (sqlite
//     for one machine, redis for many), and all of them pass the suite in
//     storetest.
//   - [Keyring] seals those bytes with AES-256-GCM. The record's key is
//     authenticated with them, so a row that was copied over another does not
//     open.
//   - [Collection] is what the rest of the program uses: typed records of one
//     kind, encoded as JSON inside the seal.
//
// Three answers are kept apart because mixing them up signs people out:
// [ErrNotFound] (there is no such record), [ErrCorrupt] (there is one, but no
// key of ours opens it) and [ErrUnavailable] (the engine could not say; R-27).
//
// The package imports the standard library alone.
package store
