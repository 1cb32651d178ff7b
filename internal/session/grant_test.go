package session

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
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

// L1: a claim and a call end before their lease does, and all that may follow
// them before a mark counts as left behind by somebody who died.
func TestLimitsFitTogether(t *testing.T) {
	t.Parallel()
	const claimLimit, skew = 3 * time.Second, 5 * time.Second
	assert.GreaterOrEqual(t, spendLimit, claimLimit+callLimit, "a slow claim leaves the call its time")
	assert.Greater(t, leaseTTL, spendLimit, "the lease outlives claim and call")
	assert.GreaterOrEqual(t, markLife, spendLimit+saveLimit+skew, "the mark outlives claim, call and the tries to save")
	assert.GreaterOrEqual(t, flightLimit, markLife+spendLimit+saveLimit, "who waits for the dead has time for a refresh of their own")
	for want, limit := range map[time.Duration]time.Duration{
		14 * time.Second: spendLimit, 15 * time.Second: leaseTTL, 25 * time.Second: markLife, 44 * time.Second: flightLimit,
	} {
		assert.Equal(t, want, limit, "as the table at the constants says")
	}
	assert.LessOrEqual(t, tokenClient(nil).Timeout, callLimit)
	assert.Greater(t, pendingLife, handoverLife)
	assert.Greater(t, anonymousLife, pendingLife, "the session that carries a sign-in outlives it")
}

// L1: who refreshes is left alone for as long as a mark lives, by clocks that differ a little.
func TestMarkOfARefresh(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	for began, want := range map[time.Duration]bool{
		0: true, -markLife + 1: true, -markLife: false, -time.Hour: false,
		time.Second: true, time.Hour: false, // a clock that is an hour ahead is wrong and stops nobody
	} {
		assert.Equal(t, want, grant{Spending: now.Add(began)}.beingSpent(now), began)
	}
	assert.False(t, grant{}.beingSpent(now))
}

// L9: x/oauth2 keeps a rotated token to itself, so no client and no source of
// its own is ever given to anybody: Token and Renew are the only way.
func TestNobodyRefreshesBesideTheManager(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"..", "../../cmd"} {
		require.NoError(t, filepath.WalkDir(folder, func(name string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			source, err := os.ReadFile(name)
			require.NoError(t, err)
			for _, call := range []string{"oauth2.NewClient(", "ReuseTokenSource", "oauth.Client(", "OAuth.Client(", "oauth2.Transport"} {
				assert.NotContains(t, string(source), call, name)
			}
			if !strings.HasSuffix(name, "exchange.go") {
				assert.NotContains(t, string(source), ".TokenSource(", name)
			}
			return nil
		}))
	}
}
