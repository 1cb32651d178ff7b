// Command sessions measures what a session costs as there are more of them:
// bytes in the store, and the time that a request needs to find the session
// and the access token of its person. They are made through internal/session,
// by signing in, so that everything a session brings with it is counted.
package main
