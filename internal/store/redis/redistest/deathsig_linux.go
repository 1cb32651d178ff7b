package redistest

import "syscall"

// dieWithParent makes the server end when the test process is killed, so that
// a run that was broken off leaves none behind.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
