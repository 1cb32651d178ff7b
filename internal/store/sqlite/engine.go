package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	driver "modernc.org/sqlite"

	"github.com/zapembed/zapembed/internal/store"
)

const (
	// schemaVersion is kept in the file's user_version.
	schemaVersion = 1
	// busyTimeout is how long a call waits for another process's write.
	busyTimeout = 5 * time.Second
	// readers is the number of connections that read beside the one that writes.
	readers = 4
	// openTimeout bounds the first look at the file.
	openTimeout = 2 * busyTimeout
	// openPause is the pause between looks at a file that is locked.
	openPause = 10 * time.Millisecond
	// sqliteBusy is SQLite's code for a file that is locked.
	sqliteBusy = 5
)

const schema = `
CREATE TABLE IF NOT EXISTS records (
	key     TEXT    NOT NULL PRIMARY KEY,
	grp     TEXT    NOT NULL,
	value   BLOB    NOT NULL,
	version INTEGER NOT NULL,
	expires INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS records_by_group   ON records (grp, key) WHERE grp <> '';
CREATE INDEX IF NOT EXISTS records_by_expires ON records (expires);
CREATE TABLE IF NOT EXISTS leases (
	name    TEXT    NOT NULL PRIMARY KEY,
	owner   TEXT    NOT NULL,
	expires INTEGER NOT NULL
);
PRAGMA user_version = 1;
`

// Engine is a store.Engine on one SQLite file.
type Engine struct {
	// write has one connection: SQLite has one writer, and waiting for a
	// connection obeys a context where waiting for its lock does not.
	write *sql.DB
	read  *sql.DB
	// get is the statement of look-ups, which makes them in rounds.
	get     *sql.Stmt
	lookups *store.Lookups
	now     func() time.Time
	hub     *store.Hub
}

// Open opens the file at path and makes it if it is not there; the folder must
// exist. now is the clock that ends records and leases. An error is one
// sentence that names the file.
func Open(path string, now func() time.Time) (*Engine, error) {
	if path == "" {
		return nil, errors.New("the store needs the path of a file")
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("cannot use %s as the store: %w", path, err)
	}
	if err := prepare(full); err != nil {
		return nil, fmt.Errorf("cannot use %s as the store: %w", full, withoutPath(err))
	}
	e := &Engine{now: now, hub: store.NewHub()}
	e.lookups = store.NewLookups(readers, e.look)
	if err := e.open(full); err != nil {
		e.Close()
		return nil, fmt.Errorf("cannot use %s as the store: %w", full, err)
	}
	return e, nil
}

func (e *Engine) open(path string) error {
	var err error
	if e.write, err = connect(path, "_txlock=immediate", 1); err != nil {
		return err
	}
	if e.read, err = connect(path, "_pragma=query_only(1)", readers); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	for {
		err := e.begin(ctx)
		if !locked(err) {
			return err
		}
		select {
		case <-time.After(openPause):
		case <-ctx.Done():
			return err
		}
	}
}

// locked says that somebody else has the file. SQLite does not wait for who
// makes a journal of a new file at the same moment, as it waits for everything
// else.
func locked(err error) bool {
	refused, ok := errors.AsType[*driver.Error](err)
	return ok && refused.Code()&0xff == sqliteBusy
}

// begin looks at the file for the first time.
func (e *Engine) begin(ctx context.Context) error {
	if err := e.migrate(ctx); err != nil {
		return err
	}
	var err error
	e.get, err = e.read.PrepareContext(ctx, get)
	return err
}

func (e *Engine) migrate(ctx context.Context) error {
	var version int
	if err := e.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > schemaVersion {
		return fmt.Errorf("it was written by a newer version of the program (form %d, this one knows %d)", version, schemaVersion)
	}
	// Always run: it is the first write, so a file that cannot be written is
	// found now and not by the first visitor.
	tx, err := e.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return err
	}
	return tx.Commit()
}

func connect(path, option string, connections int) (*sql.DB, error) {
	// busy_timeout comes first: switching to WAL may have to wait too.
	// synchronous FULL makes a rotated refresh token outlive a power cut; the
	// old one is dead by then.
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() +
		fmt.Sprintf("?_pragma=busy_timeout(%d)", busyTimeout.Milliseconds()) +
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&" + option
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// prepare makes the file for its owner alone before SQLite opens it; the WAL
// and shared-memory files get the mode of the main file from SQLite. Files
// that are there already are only restricted, never opened: closing any
// descriptor of the file would drop the locks this process holds on it.
func prepare(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		return f.Close()
	}
	if !errors.Is(err, os.ErrExist) {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	return restrict(path, path+"-wal", path+"-shm")
}

func restrict(paths ...string) error {
	for _, p := range paths {
		info, err := os.Stat(p)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 == 0 {
			continue
		}
		if err := os.Chmod(p, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// withoutPath takes the path out of a file error: the sentence names it already.
func withoutPath(err error) error {
	if pathErr, ok := errors.AsType[*os.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// Ping says whether the file answers.
func (e *Engine) Ping(ctx context.Context) error {
	var one int
	if err := e.read.QueryRowContext(ctx, "SELECT 1 FROM sqlite_master LIMIT 1").Scan(&one); err != nil {
		return store.Unavailable("ping", err)
	}
	return nil
}

// Close closes the file and every subscription. Closing twice is fine.
func (e *Engine) Close() error {
	e.hub.Close()
	var errs []error
	for _, db := range []*sql.DB{e.read, e.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}
