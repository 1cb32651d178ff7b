// Package toxic puts a wire between two programs of a test, which damages what passes when it is told to: Toxiproxy, in
// the test's own process.
package toxic

import (
	"encoding/json"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

const (
	// Ports lie below those that the system gives to outgoing connections, so that a wire that was cut finds its own free
	// again.
	lowestPort, ports = 10000, 10000
	portTries         = 20
)

// Damage is one of Toxiproxy's toxics. The zero value lets nobody in: the connection is refused.
type Damage struct {
	// Type is the toxic: latency, bandwidth, slow_close, timeout, reset_peer, slicer or limit_data.
	Type string `json:"type"`
	// Stream is upstream, towards the server, or downstream, which is the default.
	Stream string `json:"stream,omitempty"`
	// Attributes are the toxic's own.
	Attributes map[string]int `json:"attributes,omitempty"`
}

// Wire leads to a server. Its methods fail the test when they cannot do what they say.
type Wire struct {
	t        testing.TB
	server   *toxiproxy.ApiServer
	upstream string
	address  string

	mu    sync.Mutex
	proxy *toxiproxy.Proxy
}

// New lays a wire to the server at the address, which ends with the test. It is sound.
func New(t testing.TB, upstream string) *Wire {
	t.Helper()
	w := &Wire{t: t, server: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), upstream: upstream}
	var err error
	for range portTries {
		w.address = net.JoinHostPort("127.0.0.1", strconv.Itoa(lowestPort+rand.N(ports)))
		if err = w.lay(); err == nil {
			break
		}
	}
	require.NoError(t, err)
	t.Cleanup(w.cut)
	return w
}

// Address is where the wire begins.
func (w *Wire) Address() string { return w.address }

// Strike damages the wire. Whoever was connected is not any more.
func (w *Wire) Strike(damage Damage) {
	w.t.Helper()
	w.cut()
	if damage.Type != "" {
		require.NoError(w.t, w.lay(damage))
	}
}

// Mend makes the wire sound. Whoever was connected has to connect again.
func (w *Wire) Mend() {
	w.t.Helper()
	w.cut()
	require.NoError(w.t, w.lay())
}

// lay makes a new proxy each time: a toxic that is taken away from a connection can make Toxiproxy wait for ever.
func (w *Wire) lay(damages ...Damage) error {
	proxy := toxiproxy.NewProxy(w.server, "wire", w.address, w.upstream)
	for _, damage := range damages {
		encoded, err := json.Marshal(damage)
		if err != nil {
			return err
		}
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(string(encoded))); err != nil {
			return err
		}
	}
	if err := proxy.Start(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.proxy = proxy
	return nil
}

// cut ends the proxy and all connections.
func (w *Wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.proxy != nil {
		w.proxy.Stop()
	}
}
