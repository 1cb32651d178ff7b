package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/zapembed/zapembed/internal/store"
)

// get is what requests ask for most, and so is prepared once.
const get = "SELECT grp, value, version, expires FROM records WHERE key = ? AND expires > ?"

// Get implements store.Engine.
func (e *Engine) Get(ctx context.Context, key string) (store.Record, error) {
	return e.lookups.Get(ctx, key)
}

// look makes the look-ups of a round in one transaction: to find out whether the
// file was changed takes about as long as to find a record.
func (e *Engine) look(round store.Round) {
	ctx := context.Background()
	if len(round.Lookups) == 1 {
		e.find(ctx, e.get, round.Lookups[0])
		return
	}
	tx, err := e.read.BeginTx(ctx, nil)
	if err != nil {
		for _, asked := range round.Lookups {
			asked.Err = store.Unavailable("get", err)
		}
		return
	}
	defer tx.Rollback() // nothing was changed
	statement := tx.StmtContext(ctx, e.get)
	for _, asked := range round.Lookups {
		e.find(ctx, statement, asked)
	}
}

func (e *Engine) find(ctx context.Context, statement *sql.Stmt, asked *store.Lookup) {
	r := store.Record{Key: asked.Key}
	var expires int64
	err := statement.QueryRowContext(ctx, asked.Key, e.millis()).Scan(&r.Group, &r.Value, &r.Version, &expires)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		asked.Err = store.ErrNotFound
	case err != nil:
		asked.Err = store.Unavailable("get", err)
	default:
		r.Expires = time.UnixMilli(expires)
		asked.Record = r
	}
}
