// Command speed measures Zapembed beside what somebody would use instead, in
// one run and on one machine: a call of Zapier's API for a person who is
// signed in, through each of them, with the same upstream and the same load.
// Beside that it takes the time a start needs, and that of drawing the list
// of Apps. README.md of bench/ says how to run it and what came out.
package main
