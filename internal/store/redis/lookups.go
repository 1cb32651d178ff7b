package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/zapembed/zapembed/internal/store"
)

// messages is how many messages of look-ups may be under way at once.
const messages = 2

// Get implements store.Engine. It is no script: with one record there is
// nothing that somebody could see half of.
func (e *Engine) Get(ctx context.Context, key string) (store.Record, error) {
	return e.lookups.Get(ctx, key)
}

// look sends the look-ups of a round in one message. Its time begins with the
// first question, so that nobody waits for longer, be it for an answer or for
// the rounds before.
func (e *Engine) look(round store.Round) {
	ctx, cancel := context.WithDeadline(context.Background(), round.Begun.Add(callTimeout))
	defer cancel()
	pipeline := e.client.Pipeline()
	answers := make([]*goredis.SliceCmd, len(round.Lookups))
	for i, asked := range round.Lookups {
		answers[i] = pipeline.HMGet(ctx, e.record(asked.Key), "group", "value", "version", "expires")
	}
	_, _ = pipeline.Exec(ctx) // each command has its own answer
	for i, asked := range round.Lookups {
		asked.Record, asked.Err = e.found(asked.Key, answers[i])
	}
}

func (e *Engine) found(key string, answer *goredis.SliceCmd) (store.Record, error) {
	fields, err := answer.Result()
	if err != nil {
		return store.Record{}, store.Unavailable("get", err)
	}
	if len(fields) != 4 || fields[1] == nil {
		return store.Record{}, store.ErrNotFound
	}
	r, err := scanned(key, fields)
	switch {
	case err != nil:
		return store.Record{}, store.Unavailable("get", err)
	case e.decides && !r.Expires.After(e.now()):
		return store.Record{}, store.ErrNotFound // Redis would end it by its own clock
	}
	return r, nil
}

// scanned reads the fields of a record: group, value, version and lifetime.
func scanned(key string, fields []any) (store.Record, error) {
	group, _ := fields[0].(string)
	value, _ := fields[1].(string)
	number := func(field any) (int64, error) {
		text, ok := field.(string)
		if !ok {
			return 0, errors.New("a record has not the fields it should have")
		}
		return strconv.ParseInt(text, 10, 64)
	}
	version, badVersion := number(fields[2])
	expires, badLifetime := number(fields[3])
	if err := errors.Join(badVersion, badLifetime); err != nil {
		return store.Record{}, fmt.Errorf("a record has a number that is none: %w", err)
	}
	return store.Record{Key: key, Group: group, Value: []byte(value), Version: version, Expires: time.UnixMilli(expires)}, nil
}
