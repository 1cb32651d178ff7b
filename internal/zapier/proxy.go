package zapier

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxProxyBody bounds what is passed on to Zapier; MaxProxyAnswer what is passed back.
const (
	MaxProxyBody   = 1 << 20
	MaxProxyAnswer = 10 << 20
)

// What is not passed on, and why not.
var (
	// ErrNotProxied: the path is none of the calls that are passed on.
	ErrNotProxied = errors.New("zapier: the path is not passed on")
	// ErrMethodNotProxied: the path is one of them, with another method.
	ErrMethodNotProxied = errors.New("zapier: the method is not passed on")
	// ErrMalformedProxy: the query cannot be read, or the body is not said to be JSON.
	ErrMalformedProxy = errors.New("zapier: the query or the kind of body is not passed on")
)

// ProxiedCall is a call of Zapier's API that is passed on as it is.
type ProxiedCall struct {
	// Op names it as the Client's own call of it does.
	Op     string
	Method string
	// Path is that of api.md 2.1; a part in braces stands for any one part.
	Path string

	credential credential
	// pattern are the parts of Path, elements those of the path that was asked for, unescaped.
	pattern, elements []string
}

// ProxiedCalls lists every call that is passed on: all that the Client makes, and nothing else. Signing in is
// ours alone, and promotions need a token that no user has (api.md 2.20).
func ProxiedCalls() []ProxiedCall {
	get, post := http.MethodGet, http.MethodPost
	calls := []ProxiedCall{
		{Op: "v1-apps.list", Method: get, Path: "/v1/apps", credential: clientID},
		{Op: "categories.list", Method: get, Path: "/v1/categories", credential: nobody},
		{Op: "profiles.me", Method: get, Path: "/v1/profiles/me"},
		{Op: "zap-templates.list", Method: get, Path: "/v1/zap-templates", credential: clientID},
		{Op: "v1-zaps.list", Method: get, Path: "/v1/zaps"},
		{Op: "apps.list", Method: get, Path: "/v2/apps"},
		{Op: "authentications.list", Method: get, Path: "/v2/authentications"},
		{Op: "authentications.create", Method: post, Path: "/v2/authentications"},
		{Op: "actions.list", Method: get, Path: "/v2/actions"},
		{Op: "inputs.list", Method: post, Path: "/v2/actions/{action_id}/inputs"},
		{Op: "choices.list", Method: post, Path: "/v2/actions/{action_id}/inputs/{input_id}/choices"},
		{Op: "outputs.list", Method: post, Path: "/v2/actions/{action_id}/outputs"},
		{Op: "actions.test", Method: post, Path: "/v2/actions/{action_id}/test"},
		{Op: "action-runs.create", Method: post, Path: "/v2/action-runs"},
		{Op: "action-runs.get", Method: get, Path: "/v2/action-runs/{id}"},
		{Op: "zaps.list", Method: get, Path: "/v2/zaps"},
		{Op: "zaps.create", Method: post, Path: "/v2/zaps"},
		{Op: "zaps.update", Method: http.MethodPatch, Path: "/v2/zaps/{id}"},
		{Op: "zaps.delete", Method: http.MethodDelete, Path: "/v2/zaps/{id}"},
		{Op: "zaps.enable", Method: post, Path: "/v2/zaps/{id}/enable"},
		{Op: "zap-runs.list", Method: get, Path: "/v2/zap-runs"},
		{Op: "guess", Method: post, Path: "/v2/guess", credential: clientID},
		{Op: "whitelabel-apps.list", Method: get, Path: "/v2/whitelabel/apps"},
	}
	for i, call := range calls {
		calls[i].pattern = strings.Split(strings.TrimPrefix(call.Path, "/"), "/")
	}
	return calls
}

// proxiedCalls is the list once, for whoever asks with every request.
var proxiedCalls = ProxiedCalls()

// Credential says whom the call speaks for: "user token", "client id" or "none" (api.md 1.2).
func (p ProxiedCall) Credential() string {
	switch p.credential {
	case clientID:
		return "client id"
	case nobody:
		return "none"
	default:
		return "user token"
	}
}

// onlyReads reports whether a call is one of the list that changes nothing: a GET, what is asked about a step, and what asks
// for nobody.
func onlyReads(op string) bool {
	return slices.ContainsFunc(proxiedCalls, func(call ProxiedCall) bool {
		reads := call.Method == http.MethodGet || call.credential != userToken || asksAboutStep(strings.TrimPrefix(call.Path, "/"))
		return call.Op == op && reads
	})
}

// FindProxied finds the call for a path as it was sent, escaped. A path that anything on the way could read in
// another way than we do is none. ErrNotProxied; ErrMethodNotProxied.
func FindProxied(method, escapedPath string) (ProxiedCall, error) {
	elements, ok := pathElements(escapedPath)
	if !ok {
		return ProxiedCall{}, ErrNotProxied
	}
	err := ErrNotProxied
	for i := range proxiedCalls {
		if !proxiedCalls[i].matches(elements) {
			continue
		}
		if proxiedCalls[i].Method == method {
			call := proxiedCalls[i]
			call.elements = elements
			return call, nil
		}
		err = ErrMethodNotProxied
	}
	return ProxiedCall{}, err
}

// pathElements splits a path before it unescapes the parts, so that an escaped slash divides nothing; it refuses
// parts that hold one, are dots, or have what no id has.
func pathElements(escapedPath string) ([]string, bool) {
	rest, rooted := strings.CutPrefix(escapedPath, "/")
	if !rooted || strings.Contains(strings.ToLower(rest), "%2e") {
		return nil, false
	}
	elements := make([]string, 0, strings.Count(rest, "/")+1)
	for part := range strings.SplitSeq(rest, "/") {
		element, err := url.PathUnescape(part)
		if err != nil || element == "" || element == "." || element == ".." || strings.ContainsFunc(element, unfit) {
			return nil, false
		}
		elements = append(elements, element)
	}
	return elements, true
}

// unfit finds what may divide or end a path for somebody on the way; a percent sign would be an escape that
// was escaped.
func unfit(c rune) bool {
	return strings.ContainsRune(`/\?#%;`, c) || c == utf8.RuneError || !unicode.IsGraphic(c)
}

func (p *ProxiedCall) matches(elements []string) bool {
	return len(elements) > 0 && slices.EqualFunc(p.pattern, elements, func(part, element string) bool {
		return strings.HasPrefix(part, "{") || part == element
	})
}

// ProxyRequest is what a browser sent. Of its headers three are passed on.
type ProxyRequest struct {
	RawQuery string
	Header   http.Header
	Body     []byte
}

// ProxyAnswer is what Zapier answered, as far as it is passed back.
type ProxyAnswer struct {
	Status int
	Header http.Header
	// Body gives at most MaxProxyAnswer bytes and fails if there are more. The caller closes it.
	Body io.ReadCloser
}

// Proxy passes a call on and the answer back, whatever Zapier's API says in it. What did not come from the API,
// such as a gateway's page, a redirect or no answer at all, is an *Error, and so is a 401 to a user's token that
// stays after a renewal. ErrMalformedProxy, and nothing was sent.
func (c *Client) Proxy(ctx context.Context, call ProxiedCall, sent ProxyRequest) (*ProxyAnswer, error) {
	ctx = inTheNameOf(ctx, c.user)
	req, err := c.proxyRequest(ctx, call, sent)
	if err != nil {
		return nil, err
	}
	if call.credential != userToken {
		return c.passOn(req, call, "")
	}
	if c.tokens == nil {
		return nil, ErrNoCredential
	}
	token, err := c.tokens.Token(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := c.passOn(req, call, token)
	if kind, ok := KindOf(err); !ok || kind != Unauthorized {
		return answer, err
	}
	renewed, renewErr := c.tokens.Renew(ctx, token)
	if renewErr != nil {
		return nil, renewErr
	}
	if renewed == token {
		return nil, err
	}
	again := req.Clone(ctx)
	if req.GetBody != nil {
		again.Body, _ = req.GetBody() // a bytes.Reader's never fails
	}
	return c.passOn(again, call, renewed)
}

// proxyRequest is made anew of what is known to be fit; nothing else of what was sent goes on.
func (c *Client) proxyRequest(ctx context.Context, call ProxiedCall, sent ProxyRequest) (*http.Request, error) {
	if !call.matches(call.elements) { // it is one of the list, not one that was found for a path
		return nil, ErrNotProxied
	}
	path, err := pathOf(call.Op, call.elements...)
	if err != nil {
		return nil, err
	}
	target := c.base.JoinPath(path)
	if target.RawQuery, err = c.proxyQuery(call, sent.RawQuery); err != nil {
		return nil, err
	}
	takesBody := call.Method == http.MethodPost || call.Method == http.MethodPatch
	var body io.Reader
	kind := jsonKind(sent.Header)
	if takesBody && len(sent.Body) > 0 {
		if kind == "" {
			return nil, ErrMalformedProxy
		}
		body = bytes.NewReader(sent.Body)
	}
	req, err := http.NewRequestWithContext(ctx, call.Method, "/", body)
	if err != nil {
		return nil, ErrMalformedProxy
	}
	req.URL, req.Host = target, target.Host
	req.Header.Set("Accept", cmp.Or(sent.Header.Get("Accept"), "application/json"))
	if language := sent.Header.Get("Accept-Language"); language != "" {
		req.Header.Set("Accept-Language", language)
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	return req, nil
}

// proxyQuery puts our client id where the call takes one, and drops every credential that was sent.
func (c *Client) proxyQuery(call ProxiedCall, raw string) (string, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return "", ErrMalformedProxy
	}
	for name := range query {
		switch strings.ToLower(name) {
		case "client_id", "client_secret", "access_token":
			delete(query, name)
		}
	}
	if call.credential == clientID {
		if c.clientID == "" {
			return "", ErrNoCredential
		}
		query.Set("client_id", c.clientID)
	}
	return query.Encode(), nil
}

// passOn makes one exchange; token is empty when the call needs none.
func (c *Client) passOn(req *http.Request, call ProxiedCall, token string) (*ProxyAnswer, error) {
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.do(req)
	if err != nil {
		return nil, transportError(req.Context(), call.Op, err)
	}
	answer, err := passBack(req.Context(), call, resp)
	if err != nil {
		resp.Body.Close()
	}
	return answer, err
}

// bufferedAnswer is how much of an answer is there before its status is passed back, so that most answers come
// whole or not at all.
const bufferedAnswer = 64 << 10

// passBack takes over what an answer may say. It begins to read the body: a short one that breaks off is an
// error.
func passBack(ctx context.Context, call ProxiedCall, resp *http.Response) (*ProxyAnswer, error) {
	start, err := readStart(resp)
	body := &proxiedBody{start: start, whole: len(start) < bufferedAnswer, rest: resp.Body, op: call.Op, left: MaxProxyAnswer}
	ok, kind, empty := resp.StatusCode/100 == 2, jsonKind(resp.Header), len(start) == 0
	switch {
	case err != nil:
		return nil, transportError(ctx, call.Op, err)
	case resp.StatusCode == http.StatusUnauthorized && call.credential == userToken,
		!ok && (resp.StatusCode < 400 || kind == "" || empty):
		resp.Body = body
		return nil, answerError(call.Op, resp)
	case kind == "" && !empty:
		return nil, &Error{Kind: NotJSON, Op: call.Op, Status: resp.StatusCode, cause: errNotJSON}
	case resp.ContentLength > MaxProxyAnswer:
		return nil, &Error{Kind: TooLarge, Op: call.Op, Status: resp.StatusCode}
	}
	answer := &ProxyAnswer{Status: resp.StatusCode, Header: passedBack(resp.Header), Body: body}
	if !empty {
		answer.Header.Set("Content-Type", kind)
	}
	if !empty && body.whole {
		answer.Header.Set("Content-Length", strconv.Itoa(len(start)))
	}
	return answer, nil
}

// readStart reads what is to be there before the status is passed back. The buffer grows with the answer, unless that
// says how long it is: one of full size for each would be most of what the program allocates.
func readStart(resp *http.Response) ([]byte, error) {
	var start bytes.Buffer
	if resp.ContentLength > 0 {
		start.Grow(int(min(resp.ContentLength, bufferedAnswer)) + bytes.MinRead)
	}
	_, err := start.ReadFrom(io.LimitReader(resp.Body, bufferedAnswer))
	return start.Bytes(), err
}

// passedBack picks the headers that are Zapier's to set beside the kind of body; all others are ours.
func passedBack(header http.Header) http.Header {
	picked := http.Header{}
	for _, name := range []string{"Age", "X-Zapembed-As-Of", "Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		if value := header.Get(name); value != "" {
			picked.Set(name, value)
		}
	}
	return picked
}

// jsonKind is the media type of a body if it is one of the two of api.md 2.21, else "".
func jsonKind(header http.Header) string {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || (kind != "application/json" && kind != "application/vnd.api+json") {
		return ""
	}
	return kind
}

// proxiedBody is the start of an answer and the rest of it. It fails beyond its limit: an answer that is cut off
// silently could look whole.
type proxiedBody struct {
	start []byte
	// whole: the start is all there is.
	whole bool
	rest  io.ReadCloser
	op    string
	left  int64
}

func (b *proxiedBody) Read(into []byte) (int, error) {
	if len(b.start) > 0 {
		n := copy(into, b.start)
		b.start, b.left = b.start[n:], b.left-int64(n)
		return n, nil
	}
	n, err := b.rest.Read(into)
	b.left -= int64(n)
	switch {
	case b.left < 0:
		return 0, &Error{Kind: TooLarge, Op: b.op}
	case err != nil && !errors.Is(err, io.EOF):
		return n, transportError(context.Background(), b.op, err)
	}
	return n, err
}

// WriteTo is for io.Copy: the start, which mostly is everything, leaves in one piece.
func (b *proxiedBody) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(b.start)
	b.start, b.left = b.start[n:], b.left-int64(n)
	if err != nil || b.whole {
		return int64(n), err
	}
	more, err := io.Copy(w, struct{ io.Reader }{b})
	return int64(n) + more, err
}

func (b *proxiedBody) Close() error { return b.rest.Close() }
