package redis_test

import (
	"net"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store/redis/redistest"
)

// wire stands between an engine and its Redis and can be told to misbehave.
type wire struct {
	listener net.Listener
	server   string
	// lose is the number of answers to lose: the question arrives, and instead
	// of the answer the connection ends.
	lose atomic.Int64
	// cut connections stay open and carry nothing any more.
	cut atomic.Bool
	// questions counts what was sent to Redis, swallowed what a cut kept from it.
	questions, swallowed atomic.Int64
}

func newWire(t *testing.T, server *redistest.Server) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	w := &wire{listener: listener, server: server.Addr()}
	go w.serve()
	return w
}

func (w *wire) url() string { return "redis://" + w.listener.Addr().String() }

func (w *wire) serve() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", w.server)
		if err != nil {
			client.Close()
			continue
		}
		dead := &atomic.Bool{} // a cut is for the connections there are
		go w.carry(client, server, dead, false)
		go w.carry(server, client, dead, true)
	}
}

func (w *wire) carry(from, to net.Conn, dead *atomic.Bool, answers bool) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if w.cut.Load() {
			dead.Store(true)
		}
		if dead.Load() {
			w.swallowed.Add(1)
			continue
		}
		if !answers {
			w.questions.Add(1)
		}
		if answers && w.lose.Add(-1) >= 0 {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}
