package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/zapembed/zapembed/bench/rig"
	"github.com/zapembed/zapembed/internal/store"
)

// The names of those who are compared.
const (
	withRedis   = "Zapembed, Redis"
	withSQLite  = "Zapembed, SQLite"
	bare        = "bare ReverseProxy"
	withCookie  = "chi and CookieStore"
	oauth2Proxy = "oauth2-proxy, Redis"
)

// candidate is one of those who are compared, running, with a person signed in.
type candidate struct {
	name    string
	address string
	// path is where it has the list; headers are what its caller sends.
	path    string
	headers map[string]string
	process *rig.Process
}

// bench is what all candidates share.
type bench struct {
	folder   string
	self     string // this program, which also is the upstream and the baselines
	server   string // Zapembed
	upstream string
	redis    string
	started  []*rig.Process
}

// open builds the server, unless there is one already, and starts what stands
// around the candidates.
func open(ctx context.Context, server string) (*bench, error) {
	b := &bench{server: server}
	var err error
	if b.folder, err = os.MkdirTemp("", "zapembed-bench-"); err != nil {
		return nil, err
	}
	if err := b.open(ctx); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// asForProduction is how the Dockerfile builds the server.
func asForProduction() []string {
	return []string{"CGO_ENABLED=0", "go", "build", "-trimpath", "-ldflags=-s -w", "-tags=grpcnotrace"}
}

func (b *bench) open(ctx context.Context) error {
	var err error
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.server == "" {
		b.server = filepath.Join(b.folder, "server")
		build := append(asForProduction(), "-o", b.server, "github.com/zapembed/zapembed/cmd/server")
		if _, err := rig.RunBeside(ctx, "env", build...); err != nil {
			return err
		}
	}
	if b.upstream, err = rig.FreeAddress(); err != nil {
		return err
	}
	process, err := rig.Beside(ctx, b.folder, b.self, "upstream", b.upstream)
	if err != nil {
		return err
	}
	b.started = append(b.started, process)
	if err := process.Ready(func() bool { return rig.Listens(b.upstream) }); err != nil {
		return err
	}
	process, b.redis, err = rig.Redis(ctx, b.folder)
	if process != nil {
		b.started = append(b.started, process)
	}
	return err
}

// close ends everything, the last first.
func (b *bench) close() {
	for i := range b.started {
		b.started[len(b.started)-1-i].Stop()
	}
	_ = os.RemoveAll(b.folder) // what is left of it lies among temporary files
}

// run starts a candidate that listens on its address once it is ready.
func (b *bench) run(ctx context.Context, c candidate, env []string, program string, args ...string) (candidate, error) {
	var err error
	if c.process, err = rig.Measured(ctx, b.folder, env, program, args...); err != nil {
		return c, err
	}
	b.started = append(b.started, c.process)
	return c, c.process.Ready(func() bool { return rig.Listens(c.address) })
}

// zapembed starts the server as an operator would.
func (b *bench) zapembed(ctx context.Context, name, storeURL string) (candidate, error) {
	address, err := rig.FreeAddress()
	if err != nil {
		return candidate{}, err
	}
	origin := "http://" + address
	c := candidate{name: name, address: address, path: "/api/zapier" + listPath, headers: map[string]string{"X-Zapembed": "1", "Origin": origin}}
	if c, err = b.run(ctx, c, b.settings(address, storeURL), b.server); err != nil {
		return c, err
	}
	return c, c.signIn("/sign-in")
}

// settings of a server whose limits are out of the way, and which asks Zapier each time.
func (b *bench) settings(address, storeURL string) []string {
	return []string{
		"PUBLIC_URL=http://" + address, "LISTEN_ADDR=" + address, "STORE_URL=" + storeURL, "STORE_KEYS=" + store.NewKey(),
		"ZAPIER_CLIENT_ID=" + clientID, "ZAPIER_CLIENT_SECRET=" + clientSecret,
		"ZAPIER_API_URL=http://" + b.upstream, "ZAPIER_ORIGIN=http://" + b.upstream, "ZAPIER_IMAGE_ORIGINS=http://" + b.upstream,
		"RATE_LIMIT_IP=1000000000", "RATE_LIMIT_SESSION=1000000000", "ZAPIER_LIMIT_IP=0", "ZAPIER_LIMIT_PARTNER=0", "ZAPIER_CACHE=off",
	}
}

func (b *bench) redisURL(database int) string { return fmt.Sprintf("redis://%s/%d", b.redis, database) }

func (b *bench) bareProxy(ctx context.Context) (candidate, error) {
	address, err := rig.FreeAddress()
	if err != nil {
		return candidate{}, err
	}
	c := candidate{name: bare, address: address, path: listPath, headers: map[string]string{"Authorization": "Bearer " + accessToken}}
	return b.run(ctx, c, nil, b.self, "bare", address, b.upstream)
}

func (b *bench) cookieProxy(ctx context.Context) (candidate, error) {
	address, err := rig.FreeAddress()
	if err != nil {
		return candidate{}, err
	}
	c := candidate{name: withCookie, address: address, path: listPath, headers: map[string]string{}}
	if c, err = b.run(ctx, c, nil, b.self, "cookie", address, b.upstream); err != nil {
		return c, err
	}
	return c, c.signIn("/sign-in")
}

// oauth2Proxy passes the token on in the header that it has for that.
func (b *bench) oauth2Proxy(ctx context.Context, binary string) (candidate, error) {
	address, err := rig.FreeAddress()
	if err != nil {
		return candidate{}, err
	}
	origin := "http://" + b.upstream
	c := candidate{name: oauth2Proxy, address: address, path: listPath, headers: map[string]string{}}
	if c, err = b.run(ctx, c, nil, binary,
		"--http-address="+address, "--upstream="+origin+"/", "--redirect-url=http://"+address+"/oauth2/callback",
		"--provider=oidc", "--oidc-issuer-url="+origin, "--skip-oidc-discovery", "--oidc-jwks-url="+origin+"/jwks",
		"--login-url="+origin+"/v2/authorize", "--redeem-url="+origin+"/oauth/token/",
		"--client-id="+clientID, "--client-secret="+clientSecret, "--email-domain=*", "--pass-access-token",
		"--session-store-type=redis", "--redis-connection-url="+b.redisURL(1),
		"--cookie-secret=0123456789abcdef0123456789abcdef", "--cookie-secure=false",
	); err != nil {
		return c, err
	}
	return c, c.signIn("/oauth2/start")
}

// signIn goes where the redirects lead, as a browser would, and keeps the
// cookies for those who call.
func (c *candidate) signIn(path string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	client := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	answer, err := client.Get("http://" + c.address + path)
	if err != nil {
		return fmt.Errorf("%s: signing in: %w", c.name, err)
	}
	answer.Body.Close()
	var cookies []string
	for _, cookie := range jar.Cookies(&url.URL{Scheme: "http", Host: c.address, Path: "/"}) {
		cookies = append(cookies, cookie.Name+"="+cookie.Value)
	}
	if answer.StatusCode != http.StatusOK || len(cookies) == 0 {
		return fmt.Errorf("%s: signing in ended at %s with %s and %d cookies", c.name, answer.Request.URL.Path, answer.Status, len(cookies))
	}
	c.headers["Cookie"] = strings.Join(cookies, "; ")
	return nil
}

// url is the list that is asked for.
func (c *candidate) url() string { return "http://" + c.address + c.path + "?app=" + appID }

// probe asks once and looks at what comes: wrk takes a redirect to a sign-in
// page for an answer.
func (c *candidate) probe() error {
	request, err := http.NewRequest(http.MethodGet, c.url(), nil)
	if err != nil {
		return err
	}
	for name, value := range c.headers {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	want, wantErr := json.Marshal(authentications(10))
	if err := errors.Join(err, wantErr); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	if answer.StatusCode != http.StatusOK || string(body) != string(want) {
		return fmt.Errorf("%s: the list is not passed on, but %s:\n%.500s", c.name, answer.Status, body)
	}
	return nil
}
