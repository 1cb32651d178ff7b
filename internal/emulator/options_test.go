package emulator_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

func TestNewRefusesHalfConfigurations(t *testing.T) {
	t.Parallel()
	good := emulator.Client{ID: "a", Secret: "s", Title: "A", RedirectURIs: []string{redirectURI}}
	for _, row := range []struct {
		name    string
		options emulator.Options
		says    string
	}{
		{"no clients", emulator.Options{}, "no Clients"},
		{"no secret", emulator.Options{Clients: []emulator.Client{{ID: "a", Title: "A", RedirectURIs: []string{redirectURI}}}}, "needs an ID"},
		{"no redirect URI", emulator.Options{Clients: []emulator.Client{{ID: "a", Secret: "s", Title: "A"}}}, "redirect URI"},
		{"relative redirect URI", emulator.Options{Clients: []emulator.Client{{ID: "a", Secret: "s", Title: "A", RedirectURIs: []string{"/x"}}}}, "not an absolute URL"},
		{"redirect URI with fragment", emulator.Options{Clients: []emulator.Client{{ID: "a", Secret: "s", Title: "A", RedirectURIs: []string{"http://h/#x"}}}}, "without fragment"},
		{"App that is not there", emulator.Options{Clients: []emulator.Client{{ID: "a", Secret: "s", Title: "A", RedirectURIs: []string{redirectURI}, App: "x"}}}, "no App"},
		{"client twice", emulator.Options{Clients: []emulator.Client{good, good}}, "there twice"},
		{"origin with path", emulator.Options{WebURL: "http://h/x", Clients: []emulator.Client{good}}, "WebURL"},
		{"origin with slash", emulator.Options{APIURL: "http://h/", Clients: []emulator.Client{good}}, "APIURL"},
		{"two mistakes at once", emulator.Options{WebURL: "x"}, "no Clients"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			_, err := emulator.New(row.options)
			assert.ErrorContains(t, err, row.says)
		})
	}
}

func TestSameSeedSameIDs(t *testing.T) {
	t.Parallel()
	ids := func(seed uint64) []emulator.Authentication {
		e, err := emulator.New(emulator.Options{
			Seed: seed, Now: (&clock{}).Now,
			Clients: []emulator.Client{{ID: "a", Secret: "s", Title: "A", RedirectURIs: []string{redirectURI}}},
		})
		require.NoError(t, err)
		return e.Authentications(0, "")
	}
	assert.Equal(t, ids(3), ids(3))
	assert.NotEqual(t, ids(3), ids(4))
	assert.Equal(t, ids(0), ids(1), "without a seed the ids are those of seed 1")
}

func TestSeededState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	assert.Len(t, w.Authentications(emulator.UserWade, emulator.AppMany), emulator.ManyAuthentications)
	assert.Len(t, w.Authentications(emulator.UserWade, emulator.AppSingle), 1)
	expired := w.Authentications(emulator.UserWade, emulator.AppExpired)
	require.Len(t, expired, 1)
	assert.True(t, expired[0].Expired)
	same := w.Authentications(emulator.UserWade, emulator.AppSameTitle)
	require.Len(t, same, 2)
	assert.Equal(t, same[0].Title, same[1].Title)
	assert.NotEqual(t, same[0].ID, same[1].ID)
	for _, app := range []string{
		emulator.AppOAuth2, emulator.AppAPIKey, emulator.AppSession, emulator.AppBasic, emulator.AppDigest, emulator.AppNoAuthentication,
	} {
		assert.Empty(t, w.Authentications(0, app))
	}
}
