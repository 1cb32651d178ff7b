package emulator

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"time"
)

// PartyTimeout is how long a third party may take to answer unless Options says
// otherwise (api.md 5, "Time limits").
const PartyTimeout = 30 * time.Second

// trial is one try of credentials at the third party of an App: Zapier's side of
// the wire. Every call in it is a real HTTP exchange.
type trial struct {
	app     App
	base    string // of the third party, without a slash at the end
	client  *http.Client
	context context.Context
	nonce   func() string
	secrets []string // never shown, not even in the details
	last    *exchange
}

// exchange is a call and what came of it, as the details show it.
type exchange struct {
	request, response string
	status            int
	header            http.Header
	body              []byte
	err               error
}

// newTrial makes one for a request from the popup. It outlives that request: a
// window that is closed meanwhile ends nothing.
func (e *Emulator) newTrial(r *http.Request, app App) *trial {
	return &trial{
		app: app, base: e.webURL + "/third-party/" + app.Slug, context: context.WithoutCancel(r.Context()),
		client: &http.Client{Timeout: e.partyTimeout, Transport: wayBack(r)},
		nonce:  func() string { return e.state.secret(16) },
	}
}

func (s *state) secret(n int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secrets.text(n)
}

// wayBack leads to the address on which a request came in, whatever name its URL
// has: the third parties are served there. So it works behind a proxy and under
// names that are not ours, and nothing ever leaves the machine.
func wayBack(r *http.Request) http.RoundTripper {
	transport := &http.Transport{DisableKeepAlives: true}
	local, known := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !known {
		return transport // no server is around this request, so its URL has to do
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, local.Network(), local.String())
	}
	transport.DialContext = dial
	// An emulator behind a proxy that ends TLS has an https name but speaks HTTP.
	transport.DialTLSContext = dial
	if r.TLS != nil {
		transport.DialTLSContext = nil
		// The peer is this very process, whoever its certificate is for.
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // see above
	}
	return transport
}

// get asks for a path of the third party; change puts the credentials in.
func (t *trial) get(path string, change func(*http.Request)) *failure {
	return t.do(http.MethodGet, path, "", nil, change)
}

func (t *trial) do(method, path, kind string, body []byte, change func(*http.Request)) *failure {
	request, err := http.NewRequestWithContext(t.context, method, t.base+path, bytes.NewReader(body))
	if err != nil {
		return t.failed(&exchange{err: err})
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "Zapier")
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	change(request)
	shown := request.Clone(t.context)
	shown.Body = nil
	head, _ := httputil.DumpRequest(shown, false) // fails on bodies only, and there is none
	t.last = &exchange{request: strings.TrimSpace(string(head))}
	if len(body) > 0 {
		t.last.request += "\n\n" + string(body)
	}
	t.answer(request)
	if t.last.err != nil || t.last.status >= http.StatusBadRequest {
		return t.failed(t.last)
	}
	return nil
}

func (t *trial) answer(request *http.Request) {
	response, err := t.client.Do(request)
	if err != nil {
		t.last.err = err
		return
	}
	defer response.Body.Close()
	head, _ := httputil.DumpResponse(response, false)
	t.last.status, t.last.header = response.StatusCode, response.Header
	t.last.body, t.last.err = io.ReadAll(io.LimitReader(response.Body, maxForm))
	t.last.response = strings.TrimSpace(string(head)) + "\n\n" + strings.TrimSpace(string(t.last.body))
}

// parse reads the last answer, whose values must be top-level strings if anybody
// is to use them (api.md 5, "tokens must be top-level keys").
func (t *trial) parse(wanted ...string) (map[string]string, *failure) {
	var parsed map[string]any
	if err := json.Unmarshal(t.last.body, &parsed); err != nil {
		t.last.err = errNotJSON
		return nil, t.failed(t.last)
	}
	values := map[string]string{}
	for name, value := range parsed {
		if text, is := value.(string); is {
			values[name] = text
		}
	}
	for _, name := range wanted {
		if values[name] == "" {
			t.last.err = fmt.Errorf("the answer has no %s", name)
			return nil, t.failed(t.last)
		}
	}
	return values, nil
}

var errNotJSON = errors.New("the answer is not JSON")

// sendForm posts a form, as RFC 6749 has it.
func (t *trial) sendForm(path string, form url.Values) *failure {
	return t.do(http.MethodPost, path, "application/x-www-form-urlencoded", []byte(form.Encode()), func(*http.Request) {})
}

// hide keeps values out of the details, also in the forms they travel in.
func (t *trial) hide(values ...string) {
	for _, value := range values {
		if value == "" {
			continue
		}
		quoted, _ := json.Marshal(value) // a string never fails
		t.secrets = append(t.secrets, value, url.QueryEscape(value), strings.Trim(string(quoted), `"`))
	}
}

// shortestSecret is what is hidden inside other text; a shorter value would rewrite the protocol around it.
const shortestSecret = 3

// censored is text without secrets, in the way Zapier's own logs have it (api.md 5). The longest go first, so that
// a secret inside another one does not leave the rest of it to be read.
func (t *trial) censored(text string) string {
	secrets := slices.Clone(t.secrets)
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, secret := range secrets {
		if len(secret) < shortestSecret {
			continue
		}
		sum := sha256.Sum256([]byte(secret))
		pairs = append(pairs, secret, fmt.Sprintf(":censored:%d:%s:", len(secret), hex.EncodeToString(sum[:])[:10]))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
