// Command quota simulates how many people one partner's share of Zapier serves:
// the real server and a proxy that just forwards, at the same emulator with
// Zapier's limits on, by a clock that runs many times as fast. See ../README.md.
package main
