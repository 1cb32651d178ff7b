// Package storetest is the suite that every store.Engine has to pass, whatever
// it is built on (security.md 3.4). An engine's own test calls [Run], [RunShared]
// and [RunOutage] and adds only what it promises beyond them.
//
// Time in the suite is a [Clock] that the tests move; no test waits for it.
package storetest
