package rig

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// tick is the unit of CPU time in /proc/PID/stat.
	tick = 10 * time.Millisecond
	// patience is how long a program may take to be ready, or to end.
	patience = 20 * time.Second
)

// measuredCore is kept for what is measured, one program at a time.
const measuredCore = "0"

// otherCores are for everything else.
func otherCores() string {
	if runtime.NumCPU() < 3 {
		return "1"
	}
	return fmt.Sprintf("1-%d", runtime.NumCPU()-1)
}

// Missing says which of the programs are not installed, and how to get them.
func Missing(programs map[string]string) error {
	var missing []string
	for program, remedy := range programs {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, fmt.Sprintf("%s is missing: %s", program, remedy))
		}
	}
	if runtime.NumCPU() < 2 {
		missing = append(missing, "there must be two cores: one for what is measured, one for who measures")
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return errors.New(strings.Join(missing, "\n"))
	}
	return nil
}

// Process is a program that was started, with its output in a file.
type Process struct {
	cmd    *exec.Cmd
	output string
	ended  chan struct{}
}

// Measured starts a program on the core that is kept for what is measured,
// with one thread of Go code at a time.
func Measured(ctx context.Context, folder string, env []string, name string, args ...string) (*Process, error) {
	return start(ctx, folder, append(env, "GOMAXPROCS=1"), measuredCore, name, args...)
}

// Beside starts a program on the other cores.
func Beside(ctx context.Context, folder string, name string, args ...string) (*Process, error) {
	return start(ctx, folder, nil, otherCores(), name, args...)
}

// RunBeside runs a program on the other cores to its end and returns what it
// printed.
func RunBeside(ctx context.Context, name string, args ...string) (string, error) {
	return run(exec.CommandContext(ctx, "taskset", append([]string{"-c", otherCores(), name}, args...)...))
}

// RunMeasured is RunBeside on the core that is kept for what is measured.
func RunMeasured(ctx context.Context, name string, args ...string) (string, error) {
	return run(exec.CommandContext(ctx, "taskset", append([]string{"-c", measuredCore, name}, args...)...))
}

func run(cmd *exec.Cmd) (string, error) {
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return string(out), nil
}

func start(ctx context.Context, folder string, env []string, cores, name string, args ...string) (*Process, error) {
	output, err := os.CreateTemp(folder, filepath.Base(name)+"-*.log")
	if err != nil {
		return nil, err
	}
	defer output.Close()
	// taskset becomes the program, so that the process is the program's own.
	cmd := exec.CommandContext(ctx, "taskset", append([]string{"-c", cores, name}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, output, output
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd, output: output.Name(), ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // that it ended is what matters; why stands in its output
		close(p.ended)
	}()
	return p, nil
}

// Ready waits until the check succeeds, and says how the program failed if it
// ends before.
func (p *Process) Ready(check func() bool) error {
	deadline := time.After(patience)
	for !check() {
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended; it said:\n%s", p.cmd.Args[3], p.said())
		case <-deadline:
			return fmt.Errorf("%s is not ready after %s; it said:\n%s", p.cmd.Args[3], patience, p.said())
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// said is the end of what the program printed.
func (p *Process) said() string {
	content, _ := os.ReadFile(p.output) // without it there is nothing to show
	return string(content[max(0, len(content)-2000):])
}

// Stop ends the program and waits for that.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-p.ended:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// CPU is the time that the program has computed so far, in and for it.
func (p *Process) CPU() (time.Duration, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	return cpuOf(string(content))
}

// cpuOf reads a line of /proc/PID/stat. The program's name stands in brackets
// and may hold anything, brackets and spaces included.
func cpuOf(stat string) (time.Duration, error) {
	fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("not a line of /proc/PID/stat: %q", stat)
	}
	user, userErr := strconv.ParseInt(fields[11], 10, 64)
	system, systemErr := strconv.ParseInt(fields[12], 10, 64)
	if err := errors.Join(userErr, systemErr); err != nil {
		return 0, fmt.Errorf("not a line of /proc/PID/stat: %w", err)
	}
	return time.Duration(user+system) * tick, nil
}

// MostMemory is the most that the program has held in memory so far, in bytes.
func (p *Process) MostMemory() (int64, error) {
	text := field(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid), "VmHWM")
	kilobytes, err := strconv.ParseInt(strings.TrimSuffix(text, " kB"), 10, 64)
	return kilobytes << 10, err
}

// FreeAddress is one on 127.0.0.1 that nobody listens on at the moment. Its port is below those that Linux gives to
// outgoing connections, of which there are many here: none of them takes it before it is used.
func FreeAddress() (string, error) {
	for {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000)))
		if err == nil {
			return listener.Addr().String(), listener.Close()
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return "", err
		}
	}
}

// Listens reports whether somebody takes connections at the address.
func Listens(address string) bool {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// Redis starts a redis-server that keeps nothing on disk, on the other cores,
// and returns its address.
func Redis(ctx context.Context, folder string) (*Process, string, error) {
	address, err := FreeAddress()
	if err != nil {
		return nil, "", err
	}
	_, port, _ := net.SplitHostPort(address) // FreeAddress made it
	server, err := Beside(ctx, folder, "redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no")
	if err != nil {
		return nil, "", err
	}
	return server, address, server.Ready(func() bool { return Listens(address) })
}
