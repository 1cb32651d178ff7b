// Package contract has no code. Its tests hold the client (internal/zapier) and
// the emulator (internal/emulator) to a third opinion, the OpenAPI document that
// Zapier publishes: both are our own readings of the same prose, and could be
// wrong together.
//
// Every call of the client is made to the emulator, and each request and answer
// is validated against the schemas of the document; every field of what the calls
// take is filled in by one of them at least. Every answer the document
// declares is then provoked and validated too. Where the document is wrong, it is
// corrected by a named defect (defects_test.go), never by a check that looks away;
// a defect that nothing needs any more fails the tests. Objects are closed: a
// member that the schema does not declare is an error, though the document would
// let it pass.
package contract
