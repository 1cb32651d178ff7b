package redistest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

const (
	// patience bounds the wait for a server's answer; it is never met by one that works.
	patience = 20 * time.Second
	// Ports lie below those that the system gives to outgoing connections, so
	// that a server that was stopped finds its own free again.
	lowestPort, ports = 20000, 10000
	portTries         = 20
)

// Server is one redis-server, or one sentinel. Its methods fail the test when
// they cannot do what they say.
type Server struct {
	t       testing.TB
	name    string
	port    int
	args    []string
	process *exec.Cmd
	ended   chan struct{}
}

// Option changes how a server is started.
type Option func(*Server)

// Persistent makes the server write each command to its append-only file
// before it answers, so that its data outlives Stop. Redis's default, once a
// second, answers before it writes while the last second's is on its way to the disk.
func Persistent() Option {
	return func(s *Server) { s.args = append(s.args, "--appendonly", "yes", "--appendfsync", "always") }
}

// Config sets one directive of redis.conf.
func Config(directive string, values ...string) Option {
	return func(s *Server) { s.args = append(append(s.args, "--"+directive), values...) }
}

// Start starts a redis-server that ends with the test. Without Persistent it
// keeps nothing on disk.
func Start(t testing.TB, options ...Option) *Server {
	t.Helper()
	s := &Server{t: t, name: "redis-server", args: []string{"--dir", t.TempDir(), "--save", "", "--rdbcompression", "no"}}
	for _, option := range options {
		option(s)
	}
	s.start()
	return s
}

// start tries ports until the server has got one.
func (s *Server) start() {
	s.t.Helper()
	var err error
	for range portTries {
		s.port = lowestPort + rand.N(ports)
		if err = s.spawn(); err == nil {
			s.t.Cleanup(s.Stop)
			return
		}
		require.NotErrorIs(s.t, err, exec.ErrNotFound, "redis-server is missing: make setup installs it")
	}
	require.NoError(s.t, err)
}

// spawn starts the process and waits until it says that it serves.
func (s *Server) spawn() error {
	process := exec.Command("redis-server", append(slices.Clone(s.args), "--bind", "127.0.0.1", "--port", s.Port())...)
	process.Args[0] = s.name // as a sentinel is known by
	process.SysProcAttr = dieWithParent()
	log, err := process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := process.Start(); err != nil {
		return err
	}
	ready, ended := make(chan error, 1), make(chan struct{})
	go func() {
		ready <- untilReady(log)
		io.Copy(io.Discard, log) // so that it never waits for a reader
		process.Wait()
		close(ended)
	}()
	s.process, s.ended = process, ended
	select {
	case err = <-ready:
	case <-time.After(patience):
		err = fmt.Errorf("redis-server on port %d does not say that it is ready", s.port)
	}
	if err != nil {
		s.Stop()
	}
	return err
}

// untilReady reads the server's log up to the line that says that it serves.
func untilReady(log io.Reader) error {
	var said strings.Builder
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if line := lines.Text(); strings.Contains(line, "Ready to accept connections") || strings.Contains(line, "Sentinel ID is") {
			return nil
		}
		said.WriteString(lines.Text() + "\n")
	}
	return fmt.Errorf("redis-server ended before it was ready; it said:\n%s", said.String())
}

// Addr is the host and port of the server.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", s.Port()) }

// Port is the server's port.
func (s *Server) Port() string { return strconv.Itoa(s.port) }

// URL is what redis.Open takes.
func (s *Server) URL() string { return "redis://" + s.Addr() }

// Stop kills the server with -9, as a machine that fails would. Stopping twice is fine.
func (s *Server) Stop() {
	s.process.Process.Kill()
	<-s.ended
}

// Restart starts the server again after a Stop, at the same address, with what Persistent kept.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	require.NoError(s.t, s.spawn())
}

// Pause makes the server hang: connections stay open and nothing is answered.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume ends a Pause.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(what syscall.Signal) {
	s.t.Helper()
	require.NoError(s.t, s.process.Process.Signal(what))
}

// FlushAll throws all data away, as an operator may by mistake.
func (s *Server) FlushAll() {
	s.t.Helper()
	s.Do("flushall")
}

// Dump is everything that the server holds: keys, values and groups.
func (s *Server) Dump() string {
	s.t.Helper()
	var all strings.Builder
	keys, _ := s.Do("keys", "*").([]any)
	for _, key := range keys {
		fmt.Fprintf(&all, "%s %s\n", key, s.Do("dump", key))
	}
	return all.String()
}

// Do sends one command and returns its answer, which must not be an error.
func (s *Server) Do(command ...any) any {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	client := redis.NewClient(&redis.Options{Addr: s.Addr(), DisableIdentity: true, Protocol: 2})
	defer client.Close()
	answer, err := client.Do(ctx, command...).Result()
	require.NoError(s.t, err, "%v", command)
	return answer
}
