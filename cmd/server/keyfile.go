package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/zapembed/zapembed/internal/store"
)

// keyFile returns the key in the file, which it makes when there is none, so that the emulator works
// with nothing configured and sessions outlive a restart. Only its owner may read it.
func keyFile(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(content)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the key file %s cannot be read: %w", path, errors.Unwrap(err))
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
