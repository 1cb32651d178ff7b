package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/emulator"
)

// The names that users meet.
const (
	realOrigin = "https://zapier.com"
	realAPI    = "https://api.zapier.com"
)

// The exact origin decides whose message counts, so one journey runs under the literal names, over TLS: Chromium
// and the server are told that both names live at the emulator.
func TestBrowserUnderTheRealNames(t *testing.T) {
	certificate := selfSigned(t, "zapier.com", "api.zapier.com")
	listener := reserve(t)
	w := newWorld(t, worldOptions{
		env:       outsideEnv(realOrigin, realAPI),
		transport: transportTo(t, listener.Addr().String(), certificate),
	})
	server := httptest.NewUnstartedServer(w.outsideZapier(realOrigin, realAPI))
	require.NoError(t, server.Listener.Close())
	server.Listener = listener
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.StartTLS()
	t.Cleanup(server.Close)

	rules := fmt.Sprintf("MAP zapier.com %[1]s, MAP api.zapier.com %[1]s", listener.Addr())
	browser := &chromium{flags: []chromedp.ExecAllocatorOption{
		chromedp.Flag("host-resolver-rules", rules),
		chromedp.Flag("ignore-certificate-errors-spki-list", fingerprint(t, certificate)),
	}}
	t.Cleanup(browser.close)
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{KeepOpen: true}))

	p := newTab(t, browser)
	w.signIn(p, emulator.UserWade, appPath(emulator.AppBasic))
	popup := p.openPopup()
	popup.wait(`location.origin === 'https://zapier.com'`)
	popup.connect()
	p.state("connected")
	assert.Equal(t, connect.ByMessage, p.attempt().By)
}

func selfSigned(t *testing.T, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// fingerprint is how Chromium names a key that it is to accept.
func fingerprint(t *testing.T, certificate tls.Certificate) string {
	t.Helper()
	sum := sha256.Sum256(certificate.Leaf.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// transportTo reaches every host at one address and trusts one certificate.
func transportTo(t *testing.T, address string, certificate tls.Certificate) http.RoundTripper {
	t.Helper()
	trusted := x509.NewCertPool()
	trusted.AddCert(certificate.Leaf)
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: trusted},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}
