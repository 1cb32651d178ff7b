// Package rig is what the programs of bench/ stand on: the description of the
// machine, programs run as processes on a core of their own, and what such a
// process has used. It reads /proc, so it measures on Linux.
package rig
