package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/zapembed/zapembed/internal/cache"
	"github.com/zapembed/zapembed/internal/handlers"
	"github.com/zapembed/zapembed/internal/quota"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/zapier"
)

// upstream is the way of a call of the API to Zapier, outermost first. OAuth's own calls go by network alone.
func (a *app) upstream(world environment, keys *store.Keyring, network ways) http.RoundTripper {
	return a.kept(world, keys, a.steady(world, a.underLimits(world, keys, network)))
}

// kept gives answers again that are new enough, unless ZAPIER_CACHE is off.
func (a *app) kept(world environment, keys *store.Keyring, next http.RoundTripper) http.RoundTripper {
	if a.settings.Cache == "off" {
		return next
	}
	kept := cache.New(cache.Config{Next: next, Engine: a.engine, Keys: keys, Now: world.now, After: world.after, Logger: a.logger})
	a.connected = kept.Connected
	return kept
}

// steady sends what only reads again, and nothing while Zapier is sick.
func (a *app) steady(world environment, next http.RoundTripper) http.RoundTripper {
	return zapier.NewSteady(zapier.SteadyConfig{Next: next, Rest: world.rest, After: world.after, Disconnect: a.closeIdle, Changed: func(resting bool) {
		a.metrics.rests(resting)
		if resting {
			a.logger.Warn("Zapier fails again and again: calls rest for a moment, then one is tried")
			return
		}
		a.logger.Info("Zapier answers again")
	}})
}

// closeIdle closes the connections to Zapier that nobody uses.
func (a *app) closeIdle() {
	for _, disconnect := range a.disconnect {
		disconnect()
	}
}

// underLimits keeps calls under Zapier's limits, together with every other server on the store.
func (a *app) underLimits(world environment, keys *store.Keyring, network ways) http.RoundTripper {
	s := a.settings
	a.budget = quota.New(quota.Config{
		Engine: a.engine, Keys: keys, Client: a.oauth().ClientID, Addresses: s.egress,
		Limits: quota.Limits{IP: s.LimitIP, Partner: s.LimitPartner}, Replicas: s.replicas(),
		Now: world.now, Time: a.time, After: world.after, Logger: a.logger, Watch: a.metrics.room,
	})
	a.metrics.waiting = a.budget.Waiting
	return &quota.Transport{
		Budget: a.budget, Next: network.from, Caller: callerOf, RetryAfter: zapier.RetryAfter, Logger: a.logger,
	}
}

// callerOf says whose call has the context.
func callerOf(ctx context.Context) quota.Caller {
	purpose := zapier.PurposeOf(ctx)
	return quota.Caller{
		User: purpose.User, Background: purpose.Background, Patience: purpose.Patience, Errand: handlers.RequestID(ctx),
	}
}

// ways are the connections to Zapier, from each address that ZAPIER_EGRESS names.
type ways map[string]http.RoundTripper

// from is the way from an address.
func (w ways) from(address string) http.RoundTripper { return w[address] }

// newNetwork returns the ways to Zapier; each call is counted and traced. Where the world has a transport, all calls go through that.
func (a *app) newNetwork(world environment) (ways, error) {
	all := ways{}
	for _, address := range a.settings.egress {
		way := world.transport
		if way == nil {
			local, err := localAddress(a.settings.egress, address)
			if err != nil {
				return nil, err
			}
			own := newTransport(local)
			way, a.disconnect = own, append(a.disconnect, own.CloseIdleConnections)
		}
		all[address] = a.tracing.call(a.metrics.calls(way))
	}
	return all, nil
}

// localAddress is what connections are bound to; nil for a name, with which the machine chooses. A lone address of
// another machine is a name as well: that of the gateway which all calls go through.
func localAddress(egress []string, address string) (net.Addr, error) {
	if _, err := netip.ParseAddr(address); err != nil {
		return nil, nil
	}
	// A port on it is the proof that it is an address of this machine.
	proof, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	switch {
	case err == nil:
	case len(egress) == 1:
		return nil, nil
	default:
		return nil, fmt.Errorf("server: ZAPIER_EGRESS: %s is no address of this machine", address)
	}
	defer proof.Close()
	return &net.TCPAddr{IP: proof.Addr().(*net.TCPAddr).IP}, nil
}

// dialTimeout is how long a connection to Zapier may take.
const dialTimeout = 10 * time.Second

// newTransport makes the connections to Zapier, from the address given, or from whichever the machine takes. All calls
// go to one or two hosts, for which the standard library would keep two connections; a call beyond the limit waits for a
// free one as long as its own deadline says.
func newTransport(from net.Addr) *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = 256
	transport.MaxIdleConnsPerHost = 128
	transport.MaxConnsPerHost = 128
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second, LocalAddr: from}
	transport.DialContext = dialer.DialContext
	transport.ResponseHeaderTimeout = zapier.AnswerTimeout
	return transport
}
