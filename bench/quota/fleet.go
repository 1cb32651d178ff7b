package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/zapembed/zapembed/bench/rig"
	"github.com/zapembed/zapembed/internal/store"
)

// fleet is our servers, each a process, on one Redis. People reach them in turn.
type fleet struct {
	folder, binary string
	redis          *rig.Process
	env            []string
	public         string
	servers        []*server
	turn           atomic.Int64
}

// server is one of them.
type server struct {
	*rig.Process
	address, admin string
	transport      *http.Transport
}

// newFleet starts a Redis; the servers come with launch.
func newFleet(ctx context.Context, folder, binary string) (*fleet, error) {
	address, err := rig.FreeAddress()
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(address) // rig made it
	f := &fleet{folder: folder, binary: binary, public: "http://localhost:" + port}
	redis, store, err := rig.Redis(ctx, folder)
	if err != nil {
		return nil, err
	}
	f.redis = redis
	f.env = append(f.settings(), "STORE_URL=redis://"+store)
	return f, nil
}

// settings are those of production, but for our own limits: all people come
// from one address here.
func (f *fleet) settings() []string {
	return []string{
		"ZAPEMBED_AS_PROCESS=1", "PUBLIC_URL=" + f.public, "STORE_KEYS=" + store.NewKey(),
		"ZAPIER_CLIENT_ID=" + clientID, "ZAPIER_CLIENT_SECRET=" + clientSecret,
		"RATE_LIMIT_IP=10000000", "RATE_LIMIT_SESSION=10000000", "DRAIN_DELAY=0s", "LOG_LEVEL=warn",
	}
}

// launch starts so many servers as env says for each.
func (f *fleet) launch(ctx context.Context, count int, env func(replica int) []string) error {
	for i := range count {
		s := &server{}
		var err, adminErr error
		s.address, err = rig.FreeAddress()
		s.admin, adminErr = rig.FreeAddress()
		if err := errors.Join(err, adminErr); err != nil {
			return err
		}
		s.transport = &http.Transport{MaxIdleConnsPerHost: 500, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.address)
		}}
		all := append(append([]string{}, f.env...), env(i)...)
		all = append(all, "LISTEN_ADDR="+s.address, "ADMIN_ADDR="+s.admin)
		if s.Process, err = rig.Anywhere(ctx, f.folder, all, f.binary); err != nil {
			return err
		}
		f.servers = append(f.servers, s)
	}
	for _, s := range f.servers {
		if err := s.Ready(s.ready); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) ready() bool {
	answer, err := http.Get("http://" + s.admin + "/readyz")
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// RoundTrip asks the server whose turn it is for what has our address, as a
// load balancer does.
func (f *fleet) RoundTrip(r *http.Request) (*http.Response, error) {
	if "http://"+r.URL.Host != f.public {
		return http.DefaultTransport.RoundTrip(r)
	}
	return f.servers[int(f.turn.Add(1))%len(f.servers)].transport.RoundTrip(r)
}

// stop ends the servers; the Redis stays.
func (f *fleet) stop() {
	for _, s := range f.servers {
		s.transport.CloseIdleConnections()
		s.Stop()
	}
	f.servers = nil
}

func (f *fleet) close() {
	f.stop()
	f.redis.Stop()
}

// cpu is what servers and Redis have computed so far.
func (f *fleet) cpu() (time.Duration, error) {
	sum, err := f.redis.CPU()
	for _, s := range f.servers {
		used, usedErr := s.CPU()
		sum, err = sum+used, errors.Join(err, usedErr)
	}
	return sum, err
}

// build makes the program: the tests' own, which can be the server by another
// clock. Nothing that is shipped can.
func build(ctx context.Context, folder string) (string, error) {
	binary := folder + "/server"
	_, err := rig.RunAnywhere(ctx, "go", "test", "-c", "-o", binary, "github.com/zapembed/zapembed/cmd/server")
	return binary, err
}

// egress is the address that a replica calls from.
func egress(replica int, shared bool) string {
	if shared {
		return "127.0.0.2"
	}
	return fmt.Sprintf("127.0.0.%d", 2+replica)
}

// said shows what the servers complained of.
func said(folder string) string {
	var all strings.Builder
	files, _ := os.ReadDir(folder) // without it there is nothing to show
	for _, file := range files {
		content, _ := os.ReadFile(folder + "/" + file.Name())
		for line := range strings.Lines(string(content)) {
			if strings.Contains(line, "level=ERROR") || strings.Contains(line, `"level":"ERROR"`) {
				all.WriteString(line)
			}
		}
	}
	return all.String()
}
