package handlers_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wire is a real server around our handler that takes bytes as they are, and notes what reaches the handler.
type wire struct {
	server *httptest.Server
	// host is what PUBLIC_URL says.
	host string

	mu   sync.Mutex
	seen []string
}

func newWire(t *testing.T, h *house) *wire {
	t.Helper()
	public, err := url.Parse(h.url)
	require.NoError(t, err)
	w := &wire{host: public.Host}
	w.server = httptest.NewUnstartedServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.seen = append(w.seen, r.Method+" "+r.RequestURI)
		w.mu.Unlock()
		h.server.ServeHTTP(answer, r)
	}))
	w.server.Config.MaxHeaderBytes = 16 << 10
	w.server.Config.DisableGeneralOptionsHandler = true
	w.server.Start()
	t.Cleanup(w.server.Close)
	return w
}

// send gives the answers to the bytes and what the handler saw. There is no more to come when the bytes have been sent,
// so the server closes the connection once it has read them all.
func (w *wire) send(t *testing.T, raw string) (answers []*http.Response, seen []string) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, _ = io.WriteString(conn, raw) // a server that has read enough may have hung up
	_ = conn.(*net.TCPConn).CloseWrite()
	said, err := io.ReadAll(conn)
	var timeout net.Error
	require.False(t, errors.As(err, &timeout) && timeout.Timeout(), "the connection hangs")
	reader := bufio.NewReader(bytes.NewReader(said))
	for {
		if _, err := reader.Peek(1); err != nil {
			break
		}
		answer, err := http.ReadResponse(reader, nil)
		require.NoError(t, err, "%q", said)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err, "%q", said)
		answer.Body = io.NopCloser(bytes.NewReader(body))
		if answer.StatusCode >= 200 {
			answers = append(answers, answer)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	seen, w.seen = w.seen, nil
	return answers, seen
}

// What two programs may read in two ways is one request here or none: nothing of a body becomes a request of its own,
// whoever stands before us (RFC 9112 11.2, A 4.2.1).
func TestRequestsAreNotSmuggled(t *testing.T) {
	w := newWire(t, newHouse(t, options{}))
	smuggled := "GET /api/smuggled HTTP/1.1\r\nHost: " + w.host + "\r\n\r\n"
	size := fmt.Sprint(len(smuggled))
	// start is a request line and Host; what follows is up to the row.
	start := "POST /api/session HTTP/1.1\r\nHost: " + w.host + "\r\n"
	chunked := "Transfer-Encoding: chunked\r\n\r\n"

	answers, seen := w.send(t, strings.ReplaceAll(start, "POST", "GET")+"\r\n"+smuggled)
	require.Len(t, seen, 2, "two honest requests are two: the test can see a second one")
	require.Len(t, answers, 2)

	rows := map[string]string{
		// Two ways to say where the body ends.
		"a length and chunks":             start + "Content-Length: " + size + "\r\n" + chunked + "0\r\n\r\n" + smuggled,
		"chunks and a length":             start + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(smuggled), smuggled) + smuggled,
		"a length of nothing and chunks":  start + "Content-Length: 0\r\n" + chunked + "0\r\n\r\n" + smuggled,
		"two lengths":                     start + "Content-Length: 0\r\nContent-Length: " + size + "\r\n\r\n" + smuggled,
		"two lengths the other way round": start + "Content-Length: " + size + "\r\nContent-Length: 0\r\n\r\n" + smuggled,
		"the same length twice":           start + "Content-Length: " + size + "\r\nContent-Length: " + size + "\r\n\r\n" + smuggled,
		"a list of lengths":               start + "Content-Length: 0, " + size + "\r\n\r\n" + smuggled,
		"a list of one length":            start + "Content-Length: " + size + ", " + size + "\r\n\r\n" + smuggled,
		"a body of GET":                   strings.Replace(start, "POST", "GET", 1) + "Content-Length: " + size + "\r\n\r\n" + smuggled,
		"a body of HEAD":                  strings.Replace(start, "POST /api/session", "HEAD /", 1) + "Content-Length: " + size + "\r\n\r\n" + smuggled,
		"a body of OPTIONS":               strings.Replace(start, "POST", "OPTIONS", 1) + "Content-Length: " + size + "\r\n\r\n" + smuggled,
		"a body of DELETE in chunks":      strings.Replace(start, "POST", "DELETE", 1) + chunked + "0\r\n\r\n" + smuggled,
		"a body of GET in chunks":         strings.Replace(start, "POST", "GET", 1) + chunked + "0\r\n\r\n" + smuggled,
		"a body that is waited for":       start + "Expect: 100-continue\r\nContent-Length: " + size + "\r\n\r\n" + smuggled,
		"a length that is hop-by-hop":     start + "Connection: Content-Length\r\nContent-Length: " + size + "\r\n\r\n" + smuggled,
		"chunks that are hop-by-hop":      start + "Connection: Transfer-Encoding\r\n" + chunked + "0\r\n\r\n" + smuggled,
		// Lengths that are none.
		"a length with a plus":       start + "Content-Length: +" + size + "\r\n\r\n" + smuggled,
		"a negative length":          start + "Content-Length: -" + size + "\r\n\r\n" + smuggled,
		"a length in hex":            start + "Content-Length: 0x2c\r\n\r\n" + smuggled,
		"a length with a space":      start + "Content-Length: 1 0\r\n\r\n" + smuggled,
		"an empty length":            start + "Content-Length:\r\n\r\n" + smuggled,
		"a fraction":                 start + "Content-Length: 0.5\r\n\r\n" + smuggled,
		"a length beyond 64 bits":    start + "Content-Length: 18446744073709551616\r\n\r\n" + smuggled,
		"a length in other digits":   start + "Content-Length: ٤\r\n\r\n" + smuggled,
		"a length in quotes":         start + "Content-Length: \"0\"\r\n\r\n" + smuggled,
		"a space before the colon":   start + "Content-Length : " + size + "\r\n\r\n" + smuggled,
		"an underscore":              start + "Content_Length: 0\r\nContent-Length: " + size + "\r\n\r\n" + smuggled,
		"an underscore and chunks":   start + "Transfer_Encoding: chunked\r\nContent-Length: " + size + "\r\n\r\n" + smuggled,
		"a length that is too short": start + "Content-Length: 1\r\nConnection: close\r\n\r\n" + smuggled,
		"a length that is too long":  start + "Content-Length: 1000\r\n\r\n" + smuggled,
		// Spellings of chunked that some take and some do not.
		"xchunked":                    start + "Transfer-Encoding: xchunked\r\nContent-Length: " + size + "\r\n\r\n" + smuggled,
		"chunked with a space before": start + "Transfer-Encoding : chunked\r\nContent-Length: " + size + "\r\n\r\n" + smuggled,
		"chunked after a tab":         start + "Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n" + smuggled,
		"chunked after a tab stop":    start + "Transfer-Encoding:\x0bchunked\r\nContent-Length: " + size + "\r\n\r\n" + smuggled,
		"chunked in capitals":         start + "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n" + smuggled,
		"chunked in quotes":           start + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" + smuggled,
		"chunked, identity":           start + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + smuggled,
		"identity, chunked":           start + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"identity":                    start + "Transfer-Encoding: identity\r\nContent-Length: " + size + "\r\n\r\n" + smuggled,
		"gzip, chunked":               start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"chunked twice":               start + "Transfer-Encoding: chunked\r\n" + chunked + "0\r\n\r\n" + smuggled,
		"chunked and another":         start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n\r\n0\r\n\r\n" + smuggled,
		"an empty encoding":           start + "Transfer-Encoding:\r\nContent-Length: " + size + "\r\n\r\n" + smuggled,
		"chunked with a comma":        start + "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"chunked with a NUL":          start + "Transfer-Encoding: chunked\x00\r\n\r\n0\r\n\r\n" + smuggled,
		"chunks in HTTP/1.0":          strings.Replace(start, "1.1", "1.0", 1) + "Content-Length: " + size + "\r\n" + chunked + "0\r\n\r\n" + smuggled,
		"chunks in HTTP/1.0, kept":    strings.Replace(start, "1.1", "1.0", 1) + "Connection: keep-alive\r\nContent-Length: " + size + "\r\n" + chunked + smuggled,
		// Lines that go on, and lines that end otherwise.
		"a folded encoding":           start + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"a folded length":             start + "Content-Length: 0\r\n 1\r\n\r\n" + smuggled,
		"a folded header hides one":   start + "X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: " + size + "\r\n\r\n" + smuggled,
		"a first line that is fold":   "POST /api/session HTTP/1.1\r\n Host: " + w.host + "\r\n\r\n" + smuggled,
		"a bare LF hides an encoding": start + "X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"a bare CR hides an encoding": start + "X: a\rTransfer-Encoding: chunked\r\nContent-Length: " + size + "\r\n\r\n" + smuggled,
		"bare LF throughout":          strings.ReplaceAll(start, "\r\n", "\n") + "Connection: close\n\n" + smuggled,
		"a header without a colon":    start + "Transfer-Encoding chunked\r\n\r\n" + smuggled,
		"a header without a name":     start + ": x\r\n\r\n" + smuggled,
		// Chunks that are odd.
		"a chunk with an extension":    start + chunked + "0;a=b\r\n\r\n" + smuggled,
		"a chunk with a long one":      start + chunked + "0;" + strings.Repeat("a", 20_000) + "\r\n\r\n" + smuggled,
		"an extension that hides a LF": start + chunked + "0;\n\r\n" + smuggled,
		"chunks that end with LF":      start + chunked + "0\n\n" + smuggled,
		"a chunk without its end":      start + chunked + "1\r\nA0\r\n\r\n" + smuggled,
		"a chunk with two ends":        start + chunked + "1\r\nA\r\n\r\n0\r\n\r\n" + smuggled,
		"a negative chunk":             start + chunked + "-1\r\n\r\n" + smuggled,
		"a chunk in 0x":                start + chunked + "0x0\r\n\r\n" + smuggled,
		"a chunk of a wrapped size":    start + chunked + "10000000000000000\r\n\r\n" + smuggled,
		"a chunk size of many noughts": start + chunked + strings.Repeat("0", 40) + "\r\n\r\n" + smuggled,
		"a chunk size with a space":    start + chunked + " 0 \r\n\r\n" + smuggled,
		"an empty chunk size":          start + chunked + "\r\n\r\n" + smuggled,
		"a trailer":                    start + "Trailer: Host\r\n" + chunked + "0\r\nHost: evil.example\r\n\r\n" + smuggled,
		"a trailer that is a request":  start + chunked + "0\r\n" + smuggled,
		// What is no header at all.
		"NUL in a value":            start + "X: a\x00b\r\n\r\n" + smuggled,
		"NUL in a name":             start + "X\x00Y: a\r\n\r\n" + smuggled,
		"NUL in the path":           strings.Replace(start, "/session", "/ses\x00sion", 1) + "\r\n" + smuggled,
		"a control character":       start + "X: a\x01\r\n\r\n" + smuggled,
		"a name with a space":       start + "X Y: a\r\n\r\n" + smuggled,
		"headers without end":       start + "X: " + strings.Repeat("a", 64<<10) + "\r\n\r\n" + smuggled,
		"very many headers":         start + strings.Repeat("X: a\r\n", 8000) + "\r\n" + smuggled,
		"a long request line":       "GET /" + strings.Repeat("a", 64<<10) + " HTTP/1.1\r\nHost: " + w.host + "\r\n\r\n" + smuggled,
		"two Hosts":                 start + "Host: " + w.host + "\r\n\r\n" + smuggled,
		"no Host":                   "GET /api/session HTTP/1.1\r\n\r\n" + smuggled,
		"two blanks":                "GET  /api/session HTTP/1.1\r\nHost: " + w.host + "\r\n\r\n" + smuggled,
		"a tab in the request line": "GET\t/api/session\tHTTP/1.1\r\nHost: " + w.host + "\r\n\r\n" + smuggled,
		"two versions":              "GET /api/session HTTP/1.1 HTTP/1.1\r\nHost: " + w.host + "\r\n\r\n" + smuggled,
		"a version that is none":    "GET /api/session HTTP/3.0\r\nHost: " + w.host + "\r\n\r\n" + smuggled,
		"no version":                "GET /api/session\r\n\r\n" + smuggled,
		"an empty line first":       "\r\n" + start + "\r\n" + smuggled,
		"a TLS greeting":            "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + smuggled,
		"HTTP/2 at once":            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + smuggled,
		"HTTP/2 by upgrade":         start + "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nContent-Length: " + size + "\r\n\r\n" + smuggled,
		"a WebSocket":               start + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\nContent-Length: " + size + "\r\n\r\n" + smuggled,
	}
	for name, raw := range rows {
		t.Run(name, func(t *testing.T) {
			answers, seen := w.send(t, raw)
			assert.LessOrEqual(t, len(seen), 1)
			assert.LessOrEqual(t, len(answers), 1)
			assert.NotContains(t, strings.Join(seen, " "), "smuggled")
			for _, answer := range answers {
				assert.GreaterOrEqual(t, answer.StatusCode, 200)
				assert.NotEqual(t, http.StatusInternalServerError, answer.StatusCode)
				if len(seen) == 0 {
					assert.GreaterOrEqual(t, answer.StatusCode, 400, "Go's own refusal")
				}
			}
		})
	}
}
