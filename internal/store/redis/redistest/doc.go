// Package redistest starts real Redis servers for tests: each its own process
// in a folder of its own, ready after some milliseconds and gone with the test.
package redistest
