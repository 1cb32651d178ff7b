package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// runHealth is `server health`, which a container's HEALTHCHECK calls: there is no curl in the image. It reads
// ADMIN_ADDR alone, since the server that runs has found all other settings right.
func runHealth(ctx context.Context, c call) error {
	address := env.ToMap(c.environ)["ADMIN_ADDR"]
	if address == "" {
		return errors.New("server: ADMIN_ADDR is not set, so there is nobody to ask. Set it to what the server has, for example 127.0.0.1:9090")
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("server: ADMIN_ADDR: %q is not an address and port such as 127.0.0.1:9090", address)
	}
	if ip, err := netip.ParseAddr(host); host == "" || (err == nil && ip.IsUnspecified()) {
		host = "127.0.0.1" // nobody can go to 0.0.0.0
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	target := "http://" + net.JoinHostPort(host, port) + "/readyz"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return fmt.Errorf("server: ADMIN_ADDR: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("server: nobody answers at %s. Is the server running, with the same ADMIN_ADDR?", target)
	}
	defer response.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(response.Body, 200)) // the status says enough
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("server: not ready: %s", strings.TrimSpace(string(said)))
	}
	fmt.Fprintln(c.stdout, "ready")
	return nil
}
