package store_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
)

func mustParse(t *testing.T, list string) *store.Keyring {
	t.Helper()
	keys, err := store.ParseKeys(list)
	require.NoError(t, err)
	return keys
}

func TestParseKeysRefuses(t *testing.T) {
	t.Parallel()
	good := store.NewKey()
	short := base64.StdEncoding.EncodeToString(make([]byte, 16))
	for _, tc := range []struct {
		name, list, want string
	}{
		{"nothing", "", "key 1 is empty"},
		{"an empty place", good + ",", "key 2 is empty"},
		{"not base64", good + ",secret!", "key 2 is not base64"},
		{"too short", short, "key 1: it has 16 bytes, not 32"},
		{"twice the same", good + "," + good, "key 2 is there twice"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := store.ParseKeys(tc.list)
			require.ErrorContains(t, err, tc.want)
			assert.NotContains(t, err.Error(), good, "no key in the text")
			assert.NotContains(t, err.Error(), "secret", "no key in the text")
		})
	}
	_, err := store.NewKeyring()
	require.Error(t, err)
	mustParse(t, " "+good+" , "+store.NewKey())
}

// sealed under a key that stays on the ring, opened under any.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	oldKey, newKey := store.NewKey(), store.NewKey()
	oldRing, both, newRing := mustParse(t, oldKey), mustParse(t, newKey+","+oldKey), mustParse(t, newKey)

	sealed := oldRing.Seal([]byte("secret"), "here")
	opened, err := both.Open(sealed, "here")
	require.NoError(t, err, "a record of the old key survives the rotation")
	assert.Equal(t, "secret", string(opened))

	opened, err = newRing.Open(both.Seal([]byte("secret"), "here"), "here")
	require.NoError(t, err, "the first key seals")
	assert.Equal(t, "secret", string(opened))

	_, err = newRing.Open(sealed, "here")
	require.ErrorIs(t, err, store.ErrCorrupt, "the old key was removed")
}

// what was changed or moved does not open.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	keys := mustParse(t, store.NewKey())
	sealed := keys.Seal([]byte("secret"), "here")
	assert.NotContains(t, string(sealed), "secret")
	assert.NotEqual(t, sealed, keys.Seal([]byte("secret"), "here"), "never twice the same")

	_, err := keys.Open(sealed, "there")
	require.ErrorIs(t, err, store.ErrCorrupt)
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		_, err := keys.Open(changed, "here")
		require.ErrorIs(t, err, store.ErrCorrupt, "bit of byte %d", i)
		_, err = keys.Open(sealed[:i], "here")
		require.ErrorIs(t, err, store.ErrCorrupt, "cut to %d bytes", i)
	}
}

func TestKeyringPrintsNoKey(t *testing.T) {
	t.Parallel()
	keys := mustParse(t, store.NewKey()+","+store.NewKey())
	assert.Equal(t, "Keyring(2 keys) Keyring(2 keys) Keyring(2 keys)", fmt.Sprintf("%v %+v %#v", keys, keys, keys))
}
