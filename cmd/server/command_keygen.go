package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/zapembed/zapembed/internal/store"
)

// runKeygen is `server keygen`: to the terminal as `openssl rand -base64 32` does, or into a file that several
// servers read.
func runKeygen(_ context.Context, c call) error {
	switch len(c.args) {
	case 0:
		fmt.Fprintln(c.stdout, store.NewKey())
		return nil
	case 1:
		key, err := keyFile(c.args[0])
		if err != nil {
			return fmt.Errorf("server: %w", err)
		}
		if _, err := store.ParseKeys(key); err != nil {
			return fmt.Errorf("server: %s: %w", c.args[0], err)
		}
		fmt.Fprintf(c.stdout, "The key is in %s\n", c.args[0])
		return nil
	}
	return errors.New("server: keygen takes one file at most")
}
