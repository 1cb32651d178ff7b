package zapier

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	// maxBody bounds an answer: far above the largest list page, far below what would hurt.
	maxBody = 4 << 20
	// callTimeout bounds one call: up to 10 s of patience until there is room under the limits (Purpose), AnswerTimeout,
	// and a little for the answer's end. What is sent is bounded by AnswerTimeout alone, however long it waited before.
	callTimeout = 45 * time.Second
)

// Tokens gives the access token of one user (api.md 1.2).
type Tokens interface {
	// Token returns an access token that should be good now.
	Token(ctx context.Context) (string, error)
	// Renew returns another token after Zapier refused the rejected one with 401.
	Renew(ctx context.Context, rejected string) (string, error)
}

// ErrNoCredential is a call on a client that lacks the credential the call needs: see As and WithClientID.
var ErrNoCredential = errors.New("zapier: the client has no credential for this call")

// Client calls the Workflow API. Its methods are safe for concurrent use.
type Client struct {
	base *url.URL
	// transport and no http.Client: that would follow redirects, and costs every call some copies.
	transport http.RoundTripper
	user      string
	tokens    Tokens
	clientID  string
	// instead is tried where the client id is refused for a call that takes either; all copies know where.
	instead Tokens
	refused *refusals
}

// New returns a client of the API at apiURL, for example https://api.zapier.com, that
// sends its requests through transport (nil: http.DefaultTransport). It holds no credential yet: see As
// and WithClientID.
func New(apiURL string, transport http.RoundTripper) (*Client, error) {
	base, err := url.Parse(apiURL)
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return nil, fmt.Errorf("zapier: %q is not the address of an API; it looks like https://api.zapier.com", apiURL)
	}
	base.Path = cmp.Or(base.Path, "/")
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &Client{base: base, transport: transport, refused: newRefusals()}, nil
}

// As returns a copy of the client that speaks for the user behind tokens. The name of the user goes nowhere but into
// the Purpose of each call.
func (c *Client) As(user string, tokens Tokens) *Client {
	person := *c
	person.user, person.tokens = user, tokens
	return &person
}

// AsPartner returns a copy of the client that makes the calls which take either credential with the partner's client id,
// though they are still that user's: the answers are the same for everybody. It has no token, so it can make no others.
// Where Zapier refuses the client id, which says nothing about the user, such a call is made once more with the token, and
// where that helps, for a minute with the token alone. A client without a client id stays as it is.
func (c *Client) AsPartner() *Client {
	if c.clientID == "" || c.tokens == nil {
		return c
	}
	partner := *c
	partner.tokens, partner.instead = nil, c.tokens
	return &partner
}

// WithClientID returns a copy of the client that also makes the calls which identify the partner instead of
// a user (api.md 1.2). Where a call takes either, the user's token is sent alone: Zapier lets it win.
func (c *Client) WithClientID(id string) *Client {
	partner := *c
	partner.clientID, partner.refused = id, newRefusals()
	return &partner
}

// call sends req under the credential it needs and decodes the answer into out (nil: the answer is not looked at).
func (c *Client) call(ctx context.Context, req request, out any) error {
	ctx = inTheNameOf(ctx, c.user)
	who := req.credential
	switch {
	case who == tokenOrClientID && c.tokens != nil:
		who = userToken
	case who == tokenOrClientID:
		who = clientID
	}
	switch {
	case who == userToken && c.tokens == nil, who == clientID && c.clientID == "":
		return fmt.Errorf("%w: %s", ErrNoCredential, req.op)
	case who == userToken:
		return c.callAsUser(ctx, c.tokens, req, out)
	case who == clientID:
		return c.callAsPartner(ctx, req, out)
	}
	return c.send(ctx, req, "", out)
}

// callAsPartner sends the client id, and the user's token instead where that is refused and the call takes either.
func (c *Client) callAsPartner(ctx context.Context, req request, out any) error {
	either := c.instead != nil && req.credential == tokenOrClientID
	if either && c.refused.lately(req.path) {
		return c.callAsUser(ctx, c.instead, req, out)
	}
	err := c.send(ctx, req.with("client_id", c.clientID), "", out)
	if !either || !refusedCredential(err) {
		return err
	}
	err = c.callAsUser(ctx, c.instead, req, out)
	if err == nil {
		c.refused.note(req.path)
	}
	return err
}

func refusedCredential(err error) bool {
	kind, _ := KindOf(err)
	return kind == Unauthorized || kind == Forbidden
}

// callAsUser answers a 401 once with a renewed token: Zapier's tokens may die before their time, and a refused
// call has had no effect.
func (c *Client) callAsUser(ctx context.Context, tokens Tokens, req request, out any) error {
	token, err := tokens.Token(ctx)
	if err != nil {
		return err
	}
	err = c.send(ctx, req, token, out)
	if kind, ok := KindOf(err); !ok || kind != Unauthorized {
		return err
	}
	renewed, renewErr := tokens.Renew(ctx, token)
	if renewErr != nil {
		return renewErr
	}
	if renewed == token {
		return err
	}
	return c.send(ctx, req, renewed, out)
}

// send makes one exchange; token is empty when the call needs none.
func (c *Client) send(ctx context.Context, req request, token string, out any) error {
	httpReq, err := c.newRequest(ctx, req)
	if err != nil {
		return err
	}
	if token != "" {
		httpReq.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.do(httpReq)
	if err != nil {
		return transportError(ctx, req.op, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return answerError(req.op, resp)
	}
	if out == nil {
		_, _ = io.CopyN(io.Discard, resp.Body, maxErrorBody) // so that the connection can serve again
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return transportError(ctx, req.op, err)
	case len(body) > maxBody:
		return &Error{Kind: TooLarge, Op: req.op, Status: resp.StatusCode}
	}
	if !req.array {
		body = unwrap(body)
	}
	if err := json.Unmarshal(body, out); err != nil {
		resp.Body.(*bounded).Unfit()
		return notExpected(req.op, resp.StatusCode, body)
	}
	return nil
}

// do makes an exchange and bounds all of it, up to the end of the answer. A Timeout of http.Client's would do the same,
// with a goroutine for each call.
func (c *Client) do(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), callTimeout)
	resp, err := c.transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = &bounded{resp.Body, cancel}
	return resp, nil
}

// bounded is the body of an answer whose time ends when it is closed.
type bounded struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b *bounded) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

// Unfit tells whoever keeps the answer (package cache) that it cannot be read, and is not worth giving again.
func (b *bounded) Unfit() {
	if kept, ok := b.ReadCloser.(interface{ Unfit() }); ok {
		kept.Unfit()
	}
}

func (c *Client) newRequest(ctx context.Context, req request) (*http.Request, error) {
	target := c.base.JoinPath(req.path)
	target.RawQuery = req.query.Encode()
	var body io.Reader
	if req.body != nil {
		encoded, err := json.Marshal(req.body)
		if err != nil {
			return nil, fmt.Errorf("zapier: %s: the inputs cannot be written as JSON", req.op)
		}
		body = bytes.NewReader(encoded)
	}
	httpReq, err := http.NewRequestWithContext(ctx, req.method, target.String(), body)
	if err != nil {
		return nil, fmt.Errorf("zapier: %s: making the request", req.op)
	}
	httpReq.Header.Set("Accept", "application/json")
	if body != nil {
		httpReq.Header.Set("Content-Type", "application/json")
	}
	return httpReq, nil
}

// StaticToken is a Tokens of one access token that cannot be renewed: for the moment of
// signing in, before the token belongs to anybody.
type StaticToken string

// Token returns the token itself.
func (t StaticToken) Token(context.Context) (string, error) { return string(t), nil }

// Renew returns the rejected token: there is no other.
func (t StaticToken) Renew(_ context.Context, rejected string) (string, error) {
	return rejected, nil
}

// String hides the token from logs and error texts.
func (t StaticToken) String() string { return "token:hidden" }

// GoString hides the token from %#v as String does from %v.
func (t StaticToken) GoString() string { return t.String() }
