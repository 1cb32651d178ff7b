package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store/storetest"
)

// fleet is several servers on one store, each a process of its own, behind a small load balancer. Zapier is an
// emulator in the test itself, which outlives them all.
type fleet struct {
	*world
	replicas []*replica
	env      map[string]string
	// turn counts requests, so that each goes to the next replica.
	turn atomic.Uint64
}

// newFleet starts so many servers on the store at storeURL. More settings may follow.
func newFleet(t *testing.T, count int, storeURL string, more map[string]string) *fleet {
	t.Helper()
	f := &fleet{world: &world{t: t, clock: storetest.NewClockAt(time.Now())}}
	balancer := httptest.NewServer(http.HandlerFunc(f.balance))
	t.Cleanup(balancer.Close)
	f.url = "http://localhost:" + portOf(balancer.Listener)
	zapier := httptest.NewUnstartedServer(nil)
	origin := "http://" + zapier.Listener.Addr().String()
	zapier.Config.Handler = f.outsideZapier(origin, origin)
	zapier.Start()
	t.Cleanup(zapier.Close)

	f.env = outsideEnv(origin, origin)
	maps.Copy(f.env, map[string]string{"PUBLIC_URL": f.url, "STORE_URL": storeURL, "DRAIN_DELAY": "300ms"})
	maps.Copy(f.env, unlimitedRates())
	maps.Copy(f.env, more)
	for range count {
		r := newReplica(t)
		r.launch(f.env)
		f.replicas = append(f.replicas, r)
	}
	for _, r := range f.replicas {
		r.getsReady()
	}
	return f
}

// balance passes a request on to the replicas in turn: never twice in a row to the same one while there are others.
// One that does not say that it is ready gets none.
func (f *fleet) balance(w http.ResponseWriter, r *http.Request) {
	turn := int(f.turn.Add(1))
	for i := range f.replicas {
		next := f.replicas[(turn+i)%len(f.replicas)]
		if next.ready() {
			next.proxy.ServeHTTP(w, r)
			return
		}
	}
	http.Error(w, "no replica is ready", http.StatusBadGateway)
}

// replica is one server as an operator runs it.
type replica struct {
	t     *testing.T
	url   string // where it listens; browsers go to the balancer
	admin string
	proxy *httputil.ReverseProxy

	command *exec.Cmd
	ended   chan struct{}

	mu     sync.Mutex
	output bytes.Buffer
}

func newReplica(t *testing.T) *replica {
	t.Helper()
	r := &replica{t: t, url: "http://" + freeAddress(t), admin: "http://" + freeAddress(t)}
	target, err := url.Parse(r.url)
	require.NoError(t, err)
	r.proxy = &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host = p.In.Host
		},
		ErrorLog: log.New(io.Discard, "", 0), // replicas die here on purpose
	}
	t.Cleanup(r.kill)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s said:\n%s", r.url, r.said())
		}
	})
	return r
}

// freeAddress is one that nobody listens on at the moment. Its port lies below those that the system gives to whoever asks
// for any, so that nobody is given it before the program opens it, nor while that is started again.
func freeAddress(t *testing.T) string {
	t.Helper()
	const lowest, ports = 10000, 10000
	for {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(lowest+rand.N(ports)))
		if listener, err := net.Listen("tcp", address); err == nil {
			require.NoError(t, listener.Close())
			return address
		}
	}
}

// start runs the program and waits until it is ready.
func (r *replica) start(env map[string]string) {
	r.t.Helper()
	r.launch(env)
	r.getsReady()
}

func (r *replica) launch(env map[string]string) {
	r.t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), asProcess+"=1", "LISTEN_ADDR="+hostOf(r.url), "ADMIN_ADDR="+hostOf(r.admin))
	for name, value := range env {
		command.Env = append(command.Env, name+"="+value)
	}
	command.Stderr = r
	ended := make(chan struct{})
	r.command, r.ended = command, ended
	require.NoError(r.t, command.Start())
	go func() {
		_ = command.Wait() // how it ended is asked of its state
		close(ended)
	}()
}

func (r *replica) getsReady() {
	r.t.Helper()
	over := func() bool {
		select {
		case <-r.ended:
			return true
		default:
			return r.ready()
		}
	}
	require.Eventually(r.t, over, patience, tick, "%s does not become ready", r.url)
	require.True(r.t, r.ready(), "%s has ended", r.url)
}

func hostOf(address string) string { return address[len("http://"):] }

// Write keeps what the program says.
func (r *replica) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.output.Write(text)
}

func (r *replica) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.output.String()
}

// probes asks anew each time, so that no connection is held that a probe would keep open.
var probes = &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// ready is what a load balancer asks.
func (r *replica) ready() bool {
	answer, err := probes.Get(r.admin + "/readyz")
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// kill ends the process as a power cut would: nothing is said, nothing is finished.
func (r *replica) kill() { r.end(syscall.SIGKILL) }

// end sends the signal and waits for the process to end; its exit status follows, -1 if a signal ended it.
func (r *replica) end(signal os.Signal) int {
	if r.command == nil || r.command.Process == nil {
		return -1
	}
	_ = r.command.Process.Signal(signal) // it may have ended already
	select {
	case <-r.ended:
	case <-time.After(patience):
		r.t.Errorf("%s does not stop at %v", r.url, signal)
	}
	return r.command.ProcessState.ExitCode()
}

// tally counts the answers to people who ask at the same time, by status.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func (a *tally) note(what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.counts == nil {
		a.counts = map[string]int{}
	}
	a.counts[what]++
}

func (a *tally) all() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.counts)
}

// reaches waits until so many more answers have come.
func (a *tally) reaches(t *testing.T, more int) {
	t.Helper()
	sum := func() int {
		total := 0
		for _, n := range a.all() {
			total += n
		}
		return total
	}
	target := sum() + more
	require.Eventually(t, func() bool { return sum() >= target }, patience, tick)
}

// serverAt is one more server on the same store, in this process and by another clock.
func (f *fleet) serverAt(now func() time.Time) *replica {
	f.t.Helper()
	one := &world{t: f.t, environ: environment{logger: slog.New(slog.DiscardHandler), now: now}}
	r, env := newReplica(f.t), maps.Clone(f.env)
	env["LISTEN_ADDR"], env["ADMIN_ADDR"] = hostOf(r.url), hostOf(r.admin)
	one.configure(env)
	one.run()
	f.t.Cleanup(func() { one.stop() })
	return r
}

// dialed is a client whose connections all lead to one replica, although it asks for the public address.
func (f *fleet) dialed(r *replica) http.RoundTripper {
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, hostOf(r.url))
	}}
	f.t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func statusOf(answer *http.Response, err error) string {
	if err != nil {
		return fmt.Sprintf("error: %v", err)
	}
	answer.Body.Close()
	return answer.Status
}
