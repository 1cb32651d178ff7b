package session_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/store"
)

// kinds are all records of this package.
func kinds() []string { return []string{"session", "sign-in", "handover", "grant"} }

// whoever has a copy of the store, and the cookies of some of its
// users, has nothing of the others, and no cookie, token, code or name at all.
func TestDumpGivesNothing(t *testing.T) {
	t.Parallel()
	b := newCrossSiteBench(t)
	var secrets []string
	for _, user := range []string{"user-anna", "user-berta"} {
		br := b.newBrowser()
		br.signIn(user)
		require.Equal(t, "chosen", br.get("/choose?title=chosen-by-"+user).text)
		token, err := b.manager.Token(t.Context(), user)
		require.NoError(t, err)
		secrets = append(secrets, br.id(), token, user, strings.ToUpper(user), user+"@zapier.example", "chosen-by-",
			strings.Fields(br.get("/state").text)[0])
	}
	callback, err := url.Parse(b.newBrowser().begin("user-carla"))
	require.NoError(t, err)
	code := b.newBrowser().handOver("user-dora", alicesSecret)
	secrets = append(secrets, callback.Query().Get("state"), "user-carla", code, "user-dora", alicesSecret, "canary", "refresh")

	dump := b.place.Dump()
	for _, secret := range secrets {
		assert.NotContains(t, dump, secret)
		assert.NotContains(t, dump, base64.StdEncoding.EncodeToString([]byte(secret)))
		if raw, err := base64.RawURLEncoding.DecodeString(secret); err == nil && len(raw) > 8 {
			assert.NotContains(t, dump, string(raw), "the bytes of an id")
			assert.NotContains(t, dump, hex.EncodeToString(raw))
		}
	}
	sum := sha256.Sum256([]byte(secrets[0]))
	assert.Contains(t, dump, hex.EncodeToString(sum[:]), "what is looked for would be found")
	for _, kind := range kinds() {
		records := b.walk(kind)
		assert.NotEmpty(t, records, kind)
		for _, r := range records {
			assert.Regexp(t, "^"+kind+":[0-9a-f]{64}$", r.Key)
			assert.Regexp(t, "^("+kind+":[0-9a-f]{64})?$", r.Group)
		}
	}
}

// the copy behind another server, with other keys: the cookies that were
// stolen with it open nothing there.
func TestDumpWithOtherKeys(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	anna, berta := b.newBrowser(), b.newBrowser()
	anna.signIn("anna")
	berta.signIn("berta")
	var err error
	b.config.Keys, err = store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	b.manager = b.newManager(b.config)
	for _, br := range []*browser{anna, berta} {
		assert.Equal(t, "nobody", br.who())
	}
	for _, user := range []string{"anna", "berta"} {
		_, err := b.manager.Token(t.Context(), user)
		require.ErrorIs(t, err, session.ErrGrantEnded)
	}
}

// R-26, L15: somebody who can write to the store moves what is anna's to where
// mallory may read. It does not open there, as it does not when an engine
// answers one question with the answer to another.
func TestMovedRecordsDoNotOpen(t *testing.T) {
	t.Parallel()
	b := newCrossSiteBench(t)
	mallory := b.newBrowser()
	mallory.signIn("mallory")
	mallorys := map[string]string{}
	for _, kind := range []string{"session", "grant"} {
		records := b.walk(kind)
		require.Len(t, records, 1)
		mallorys[kind] = records[0].Key
	}
	b.newBrowser().signIn("anna")

	move := func(from, to store.Record) {
		to.Value = from.Value
		_, err := b.engine.Update(t.Context(), to)
		require.NoError(t, err)
	}
	for kind, key := range mallorys {
		records := b.walk(kind)
		require.Len(t, records, 2)
		if records[0].Key == key {
			records[0], records[1] = records[1], records[0]
		}
		move(records[0], records[1])
	}
	assert.Equal(t, "nobody", mallory.who())
	_, err := b.manager.Token(t.Context(), "mallory")
	require.ErrorIs(t, err, session.ErrGrantEnded)

	annas := b.newBrowser().handOver("anna", alicesSecret)
	mallorysCode := b.newBrowser().handOver("mallory", mallorysSecret)
	handovers := b.walk("handover")
	require.Len(t, handovers, 2)
	move(handovers[0], handovers[1])
	move(handovers[1], handovers[0])
	for code, secret := range map[string]string{annas: alicesSecret, mallorysCode: mallorysSecret} {
		assert.Equal(t, session.ErrSignInUnknown.Error(), b.newBrowser().redeem(code, secret).text)
	}

	mallory.signIn("mallory")
	assert.Equal(t, "mallory", mallory.who())
}
