package toxic_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/toxic"
)

// Each damage is what it is called, and is over when the wire is mended.
func TestDamages(t *testing.T) {
	t.Parallel()
	page := strings.Repeat("all is well. ", 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, page) }))
	t.Cleanup(server.Close)
	wire := toxic.New(t, server.Listener.Addr().String())
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}
	read := func(patience time.Duration) (string, error) {
		client.Timeout = patience
		answer, err := client.Get("http://" + wire.Address())
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		return string(body), err
	}
	const enough, brief = 20 * time.Second, 200 * time.Millisecond // brief is for answers that do not come in time
	timedOut := func(err error) bool {
		network, ok := err.(net.Error)
		return ok && network.Timeout()
	}
	for name, row := range map[string]struct {
		damage   toxic.Damage
		patience time.Duration
		seen     func(body string, err error) bool
	}{
		"refused":   {toxic.Damage{}, enough, func(_ string, err error) bool { return assert.ErrorIs(t, err, syscall.ECONNREFUSED) }},
		"reset":     {toxic.Damage{Type: "reset_peer"}, enough, func(_ string, err error) bool { return assert.ErrorIs(t, err, syscall.ECONNRESET) }},
		"half-open": {toxic.Damage{Type: "timeout", Stream: "upstream"}, brief, func(_ string, err error) bool { return timedOut(err) }},
		"late":      {toxic.Damage{Type: "latency", Attributes: map[string]int{"latency": 4000}}, brief, func(_ string, err error) bool { return timedOut(err) }},
		"cut off": {toxic.Damage{Type: "limit_data", Attributes: map[string]int{"bytes": 500}}, enough, func(_ string, err error) bool {
			return assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		}},
		"in slices": {toxic.Damage{Type: "slicer", Attributes: map[string]int{"average_size": 100}}, enough, func(body string, err error) bool {
			return err == nil && body == page
		}},
	} {
		transport.CloseIdleConnections()
		wire.Strike(row.damage)
		body, err := read(row.patience)
		assert.True(t, row.seen(body, err), "%s: %v", name, err)
		transport.CloseIdleConnections()
		wire.Mend()
		body, err = read(enough)
		require.NoError(t, err, name)
		assert.Equal(t, page, body)
	}
}
