package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/zapembed/zapembed/internal/store"
)

// storePatience is how long a command waits for the store.
const storePatience = 5 * time.Second

// runConfig is `server config`: everything that would keep the server from starting, or else what it would start with.
func runConfig(ctx context.Context, c call) error {
	s, err := readSettings(c.environ)
	if err != nil {
		return err
	}
	if err := s.tryStore(ctx); err != nil {
		return err
	}
	table := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, field := range settingFields() {
		fmt.Fprintf(table, "%s\t%s\n", field.name, s.shown(field))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("server: the settings cannot be printed: %w", err)
	}
	for _, warning := range s.warnings() {
		fmt.Fprintf(c.stdout, "\nWarning: %s\n", warning)
	}
	fmt.Fprintln(c.stdout, "\nEverything is right, and the store answers.")
	return nil
}

// shown is the value of a setting as anybody may see it.
func (s settings) shown(field settingField) string {
	value := reflect.ValueOf(s).FieldByName(field.goName)
	switch {
	case field.secret && value.String() != "":
		return "(set, not shown)"
	case field.name == "STORE_URL":
		return redacted(s.StoreURL)
	case field.name == "REPLICAS":
		return strconv.Itoa(s.replicas())
	case strings.HasPrefix(field.name, "ZAPIER_LIMIT_") && value.Int() == 0:
		return "(unlimited)"
	}
	return cmp.Or(fmt.Sprint(value.Interface()), "(not set)")
}

// tryStore opens the store and asks whether it answers. A database file that is not there yet is not made: it would
// belong to whoever checks, and not to whoever runs the server.
func (s settings) tryStore(ctx context.Context) error {
	if s.storeFile != "" {
		switch _, err := os.Stat(s.storeFile); {
		case errors.Is(err, fs.ErrNotExist):
			return folderOf(s.storeFile)
		case err != nil:
			return fmt.Errorf("server: STORE_URL: %s cannot be looked at: %w", s.storeFile, errors.Unwrap(err))
		}
	}
	engine, err := openEngine(ctx, s, nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	return errors.Join(pinged(ctx, engine), engine.Close())
}

func folderOf(file string) error {
	folder := filepath.Dir(file)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fmt.Errorf("server: STORE_URL: %s is to be made in %s, which is no folder. Make it, and let the server's user write there", file, folder)
	}
	return nil
}

func pinged(ctx context.Context, engine store.Engine) error {
	if err := engine.Ping(ctx); err != nil {
		return fmt.Errorf("server: STORE_URL: the store does not answer: %w", err)
	}
	return nil
}
