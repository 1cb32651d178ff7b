package handlers

import (
	"cmp"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5/middleware"
)

// withClientIP finds out who is asking. Only the proxies that the operator named are asked, and only through
// X-Forwarded-For: another spelling of it, and X-Forwarded-Proto, -Host and -Prefix, say nothing to anybody here,
// because PUBLIC_URL says it already.
func (s *Server) withClientIP(next http.Handler) http.Handler {
	if len(s.cfg.TrustedProxies) == 0 {
		return middleware.ClientIPFromRemoteAddr(next)
	}
	var proxies []string
	for _, proxy := range s.cfg.TrustedProxies {
		proxies = append(proxies, proxy.String())
	}
	return middleware.ClientIPFromXFF(proxies...)(next)
}

// clientIP is the client's address, or "unknown" when not even the connection has one, which is none of TCP.
func (s *Server) clientIP(r *http.Request) string {
	return cmp.Or(middleware.GetClientIP(r.Context()), s.farthestHop(r), "unknown")
}

// farthestHop is the farthest address that a chain of named proxies leads to, where the middleware finds no client at
// its end: people in the network of the proxies, or behind one that adds ports or writes rubbish. They must not all
// share one limit. It goes no further than to the first address that is no proxy's, or to rubbish: what stands before
// that, anybody may have written.
func (s *Server) farthestHop(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	found := peer.Addr().Unmap()
	for _, said := range slices.Backward(strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")) {
		if said = strings.TrimSpace(said); said == "" {
			continue
		}
		hop, ok := parseHop(said)
		if !ok {
			break
		}
		if found = hop; !s.trusts(hop) {
			break
		}
	}
	return found.String()
}

// parseHop reads an address, with a port or without, in its one spelling.
func parseHop(said string) (netip.Addr, bool) {
	hop, err := netip.ParseAddr(said)
	if err != nil {
		withPort, portErr := netip.ParseAddrPort(said)
		hop, err = withPort.Addr(), portErr
	}
	return hop.Unmap().WithZone(""), err == nil
}

func (s *Server) trusts(hop netip.Addr) bool {
	return slices.ContainsFunc(s.cfg.TrustedProxies, func(proxy netip.Prefix) bool { return proxy.Contains(hop) })
}
