package rig

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
)

// allCores are for programs that are not kept apart.
func allCores() string { return fmt.Sprintf("0-%d", runtime.NumCPU()-1) }

// Anywhere starts a program that may use every core.
func Anywhere(ctx context.Context, folder string, env []string, name string, args ...string) (*Process, error) {
	return start(ctx, folder, env, allCores(), name, args...)
}

// RunAnywhere runs a program on every core to its end and returns what it printed.
func RunAnywhere(ctx context.Context, name string, args ...string) (string, error) {
	return run(exec.CommandContext(ctx, name, args...))
}
