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

// look makes the look-ups of a round, which is mostly one alone, and then the
// statement by itself is quickest. Only where a connection has to be waited for
// is that bounded. A look-up that others overtake on the way to the last free
// one waits for as long as they take; more do not follow it, since none is free
// while any is waited for.
func (e *Engine) look(round store.Round) {
	if len(round.Lookups) == 1 && e.read.Stats().InUse < readers {
		e.find(context.Background(), e.get, round.Lookups[0])
		return
	}
	e.lookTogether(round)
}

// lookTogether makes the look-ups of a round in one transaction: to find out
// whether the file was changed takes about as long as to find a record. It waits
// for a connection no longer than busyTimeout from the first question on, so that
// rounds do not pile up while the file stalls; then SQLite keeps to that itself.
func (e *Engine) lookTogether(round store.Round) {
	waits, cancel := context.WithDeadline(context.Background(), round.Begun.Add(busyTimeout))
	defer cancel()
	conn, err := e.read.Conn(waits)
	if err != nil {
		fail(round, err)
		return
	}
	defer conn.Close()
	ctx := context.Background() // to obey one that may end costs as much as a look-up
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		fail(round, err)
		return
	}
	defer tx.Rollback() // nothing was changed
	statement := tx.StmtContext(ctx, e.get)
	for _, asked := range round.Lookups {
		e.find(ctx, statement, asked)
	}
}

func fail(round store.Round, err error) {
	for _, asked := range round.Lookups {
		asked.Err = store.Unavailable("get", err)
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
