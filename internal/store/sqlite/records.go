package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/zapembed/zapembed/internal/store"
)

// insert makes a record, or takes the place of an expired one, and changes no
// row when a live one is there.
const insert = `
INSERT INTO records (key, grp, value, version, expires) VALUES (?1, ?2, ?3, 1, ?4)
ON CONFLICT (key) DO UPDATE SET grp = ?2, value = ?3, version = 1, expires = ?4
WHERE records.expires <= ?5`

// Create implements store.Engine.
func (e *Engine) Create(ctx context.Context, r store.Record) error {
	if err := r.Check(); err != nil {
		return err
	}
	return e.create(ctx, e.write, "create", r)
}

// execer is the write connection, by itself or in a transaction.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (e *Engine) create(ctx context.Context, on execer, op string, r store.Record) error {
	n, err := exec(ctx, on, op, insert, r.Key, r.Group, blob(r.Value), r.Expires.UnixMilli(), e.millis())
	if err == nil && n == 0 {
		return store.ErrExists
	}
	return err
}

// Update implements store.Engine.
func (e *Engine) Update(ctx context.Context, r store.Record) (int64, error) {
	if err := r.Check(); err != nil {
		return 0, err
	}
	n, err := exec(ctx, e.write, "update",
		"UPDATE records SET value = ?, version = version + 1, expires = ? WHERE key = ? AND version = ? AND expires > ?",
		blob(r.Value), r.Expires.UnixMilli(), r.Key, r.Version, e.millis())
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, e.missed(ctx, r.Key)
	}
	return r.Version + 1, nil
}

// missed tells a record that is gone from one that was changed.
func (e *Engine) missed(ctx context.Context, key string) error {
	if _, err := e.Get(ctx, key); err != nil {
		return err
	}
	return store.ErrConflict
}

// Touch implements store.Engine.
func (e *Engine) Touch(ctx context.Context, key string, expires time.Time) error {
	if err := (store.Record{Key: key, Expires: expires}).Check(); err != nil {
		return err
	}
	n, err := exec(ctx, e.write, "touch", "UPDATE records SET expires = ? WHERE key = ? AND expires > ?",
		expires.UnixMilli(), key, e.millis())
	if err == nil && n == 0 {
		return store.ErrNotFound
	}
	return err
}

// Rotate implements store.Engine.
func (e *Engine) Rotate(ctx context.Context, old string, next store.Record) error {
	if err := errors.Join(store.CheckName(old), next.Check(), store.CheckKind(old, next.Key)); err != nil {
		return err
	}
	tx, err := e.write.BeginTx(ctx, nil)
	if err != nil {
		return store.Unavailable("rotate", err)
	}
	defer tx.Rollback()
	n, err := exec(ctx, tx, "rotate", "DELETE FROM records WHERE key = ? AND version = ? AND expires > ?",
		old, next.Version, e.millis())
	if err != nil {
		return err
	}
	if n == 0 {
		return e.missed(ctx, old)
	}
	if err := e.create(ctx, tx, "rotate", next); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return store.Unavailable("rotate", err)
	}
	return nil
}

// Delete implements store.Engine.
func (e *Engine) Delete(ctx context.Context, key string) (bool, error) {
	if err := store.CheckName(key); err != nil {
		return false, err
	}
	n, err := exec(ctx, e.write, "delete", "DELETE FROM records WHERE key = ? AND expires > ?", key, e.millis())
	return n == 1, err
}

// List implements store.Engine.
func (e *Engine) List(ctx context.Context, group string) ([]store.Record, error) {
	if err := store.CheckName(group); err != nil {
		return nil, err
	}
	return e.query(ctx, "list",
		"SELECT key, grp, value, version, expires FROM records WHERE grp = ? AND grp <> '' AND expires > ? ORDER BY key",
		group, e.millis())
}

// walkPage is how many records Walk reads at a time. No page is open while the
// caller's function runs, so that it may write and take its time.
const walkPage = 100

// Walk implements store.Engine.
func (e *Engine) Walk(ctx context.Context, kind string, fn func(store.Record) error) error {
	if err := store.CheckName(kind); err != nil {
		return err
	}
	last, end := kind+":", kind+";" // the character after the colon
	for {
		page, err := e.query(ctx, "walk",
			"SELECT key, grp, value, version, expires FROM records WHERE key > ? AND key < ? AND expires > ? ORDER BY key LIMIT ?",
			last, end, e.millis(), walkPage)
		if err != nil {
			return err
		}
		for _, r := range page {
			if err := fn(r); err != nil {
				return err
			}
			last = r.Key
		}
		if len(page) < walkPage {
			return nil
		}
	}
}

func (e *Engine) query(ctx context.Context, op, query string, args ...any) ([]store.Record, error) {
	rows, err := e.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, store.Unavailable(op, err)
	}
	defer rows.Close()
	var records []store.Record
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, store.Unavailable(op, err)
		}
		records = append(records, r)
	}
	if err := rows.Err(); err != nil {
		return nil, store.Unavailable(op, err)
	}
	return records, nil
}

// DeleteGroup implements store.Engine.
func (e *Engine) DeleteGroup(ctx context.Context, group string) (int, error) {
	if err := store.CheckName(group); err != nil {
		return 0, err
	}
	n, err := exec(ctx, e.write, "delete group",
		"DELETE FROM records WHERE grp = ? AND grp <> '' AND expires > ?", group, e.millis())
	return int(n), err
}

// Sweep implements store.Engine. Expired leases go too, uncounted.
func (e *Engine) Sweep(ctx context.Context) (int, error) {
	now := e.millis()
	n, err := exec(ctx, e.write, "sweep", "DELETE FROM records WHERE expires <= ?", now)
	if err != nil {
		return 0, err
	}
	_, err = exec(ctx, e.write, "sweep", "DELETE FROM leases WHERE expires <= ?", now)
	return int(n), err
}

func (e *Engine) millis() int64 { return e.now().UnixMilli() }

// exec runs one statement and returns the number of rows it changed.
func exec(ctx context.Context, on execer, op, query string, args ...any) (int64, error) {
	res, err := on.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, store.Unavailable(op, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, store.Unavailable(op, err)
	}
	return n, nil
}

func scan(row interface{ Scan(...any) error }) (store.Record, error) {
	var r store.Record
	var expires int64
	err := row.Scan(&r.Key, &r.Group, &r.Value, &r.Version, &expires)
	r.Expires = time.UnixMilli(expires)
	return r, err
}

// blob keeps an empty value from being stored as NULL.
func blob(v []byte) []byte {
	if v == nil {
		return []byte{}
	}
	return v
}
