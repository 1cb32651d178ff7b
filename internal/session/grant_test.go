package session

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

// a grant that somebody prints says nothing.
func TestGrantPrintsNoToken(t *testing.T) {
	t.Parallel()
	g := grant{Access: "canary-access", Refresh: "canary-refresh"}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		fmt.Fprintf(&out, verb, g)
		fmt.Fprintf(&out, verb, &g)
		fmt.Fprintf(&out, verb, []any{g})
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("text", "grant", g)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "grant", &g)
	assert.NotContains(t, out.String(), "canary")
}

func TestRefreshTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name   string
		token  oauth2.Token
		random string
		life   time.Duration
		early  time.Duration
	}{
		{"80 per cent at the latest", oauth2.Token{ExpiresIn: 36000}, "\x00\x00", 10 * time.Hour, 8 * time.Hour},
		{"75 per cent at the earliest", oauth2.Token{ExpiresIn: 36000}, "\xff\xff", 10 * time.Hour, 7*time.Hour + 30*time.Minute},
		{"a life that is not said is the documented one", oauth2.Token{}, "\x00\x00", 10 * time.Hour, 8 * time.Hour},
		{"the longest life there is", oauth2.Token{ExpiresIn: 1<<31 - 1}, "\x00\x00", (1<<31 - 1) * time.Second, (1<<31 - 1) * time.Second / 10 * 8},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			g, err := newGrant(&tc.token, nil, now, bytes.NewReader([]byte(tc.random)))
			require.NoError(t, err)
			assert.Equal(t, tc.life, g.Expires.Sub(now))
			assert.InDelta(t, tc.early, g.RefreshAt.Sub(now), float64(time.Second))
		})
	}
	_, err := newGrant(&oauth2.Token{}, nil, now, bytes.NewReader(nil))
	require.ErrorIs(t, err, io.EOF)
}
