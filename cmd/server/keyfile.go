package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/zapembed/zapembed/internal/store"
)

// keys reads the store's keys, from the settings or by ofFile from the file beside the database.
func (s settings) keys(ofFile func(path string) (string, error)) (*store.Keyring, error) {
	text, source := s.StoreKeys, "STORE_KEYS"
	if text == "" {
		source = s.storeFile + ".key"
		var err error
		if text, err = ofFile(source); err != nil {
			return nil, fmt.Errorf("server: %w", err)
		}
	}
	keys, err := store.ParseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("server: %s: %w", source, err)
	}
	return keys, nil
}

// keyFile returns the key in the file, which it makes when there is none, so that the emulator works
// with nothing configured and sessions outlive a restart. Only its owner may read it.
func keyFile(path string) (string, error) {
	content, err := readKeyFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return content, err
	}
	key := store.NewKey()
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("the key file %s cannot be made: %w", path, errors.Unwrap(err))
	}
	if _, err := file.WriteString(key + "\n"); err != nil {
		return "", errors.Join(fmt.Errorf("the key file %s cannot be written: %w", path, errors.Unwrap(err)), file.Close())
	}
	return key, file.Close()
}

// readKeyFile is keyFile for commands that come to see what a server has kept: a key made now would open nothing of it.
func readKeyFile(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("the key file %s cannot be read: %w", path, errors.Unwrap(err))
	}
	return strings.TrimSpace(string(content)), nil
}
