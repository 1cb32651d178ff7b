package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

const (
	// keySize is the length of an AES-256 key.
	keySize = 32
	// sealFormat is the first byte of every sealed value. It changes when the
	// layout does, so that old records are recognised instead of guessed at.
	sealFormat = 1
	headerSize = 1 + len(keyID{})
)

// keyID names a key inside a sealed value without telling anything of it.
type keyID [4]byte

// Keyring seals values and opens them again. The first key seals, all keys
// open: to rotate, put a new key first and take the old one away once the
// longest-lived record has ended.
type Keyring struct {
	keys []sealingKey
}

type sealingKey struct {
	id   keyID
	aead cipher.AEAD
}

// NewKeyring makes a keyring of 32-byte keys. It refuses an empty list, a key
// of another length and a key that is given twice.
func NewKeyring(keys ...[]byte) (*Keyring, error) {
	if len(keys) == 0 {
		return nil, errors.New("store keys: there is none; give at least one 32-byte key in base64")
	}
	ring := &Keyring{}
	for i, key := range keys {
		k, err := newSealingKey(key)
		if err != nil {
			return nil, fmt.Errorf("store keys: key %d: %w", i+1, err)
		}
		if ring.find(k.id) != nil {
			return nil, fmt.Errorf("store keys: key %d is there twice", i+1)
		}
		ring.keys = append(ring.keys, k)
	}
	return ring, nil
}

// ParseKeys reads a keyring from text: 32-byte keys in standard base64,
// separated by commas, the sealing key first. Its errors say which key is
// wrong and never repeat it.
func ParseKeys(list string) (*Keyring, error) {
	var keys [][]byte
	for i, text := range strings.Split(list, ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			return nil, fmt.Errorf("store keys: key %d is empty; give 32-byte keys in base64, separated by commas", i+1)
		}
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("store keys: key %d is not base64", i+1)
		}
		keys = append(keys, key)
	}
	return NewKeyring(keys...)
}

// NewKey returns a new random key in the form ParseKeys reads.
func NewKey() string {
	key := make([]byte, keySize)
	rand.Read(key) // never fails: it ends the program instead
	return base64.StdEncoding.EncodeToString(key)
}

func newSealingKey(key []byte) (sealingKey, error) {
	if len(key) != keySize {
		return sealingKey{}, fmt.Errorf("it has %d bytes, not %d", len(key), keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealingKey{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealingKey{}, err
	}
	sum := sha256.Sum256(append([]byte("zapembed/key-id/1|"), key...))
	return sealingKey{id: keyID(sum[:len(keyID{})]), aead: aead}, nil
}

// Seal encrypts value with the first key. context is authenticated but not
// stored: Open needs the same.
func (k *Keyring) Seal(value []byte, context string) []byte {
	key := k.keys[0]
	sealed := append([]byte{sealFormat}, key.id[:]...)
	return key.aead.Seal(sealed, nil, value, []byte(context))
}

// Open decrypts what Seal made. ErrCorrupt when the key is not on the ring,
// when context is another one, or when a single bit was changed.
func (k *Keyring) Open(sealed []byte, context string) ([]byte, error) {
	if len(sealed) < headerSize || sealed[0] != sealFormat {
		return nil, fmt.Errorf("%w: unknown form", ErrCorrupt)
	}
	key := k.find(keyID(sealed[1:headerSize]))
	if key == nil {
		return nil, fmt.Errorf("%w: its key is not among the store keys", ErrCorrupt)
	}
	value, err := key.aead.Open(nil, nil, sealed[headerSize:], []byte(context))
	if err != nil {
		return nil, fmt.Errorf("%w: it was changed or moved", ErrCorrupt)
	}
	return value, nil
}

func (k *Keyring) find(id keyID) *sealingKey {
	for i := range k.keys {
		if k.keys[i].id == id {
			return &k.keys[i]
		}
	}
	return nil
}

// String says how many keys there are and nothing else: a configuration that
// is printed at start holds no key.
func (k *Keyring) String() string { return fmt.Sprintf("Keyring(%d keys)", len(k.keys)) }

// GoString is String, for %#v.
func (k *Keyring) GoString() string { return k.String() }
