package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	// modifyTries bounds how often Modify starts over. Writers of one record
	// are a handful of tabs; whoever loses this often meets a bug, not a crowd.
	modifyTries = 20
	// modifyPause is the longest wait before the second try; it grows with
	// each one. Without it the losers of a round meet again in the next.
	modifyPause = 2 * time.Millisecond
)

// Collection holds typed, sealed records of one kind. An id may be any text,
// a bearer secret too: the engine sees its SHA-256 alone, so a copy of the
// database holds no usable cookie and no user id.
type Collection[T any] struct {
	engine Engine
	keys   *Keyring
	kind   string
}

// Item is one record with its lifetime.
type Item[T any] struct {
	Value   T
	Version int64
	Expires time.Time
}

// NewCollection returns the records of the given kind in engine, sealed with
// keys. kind is a short word of the alphabet of CheckName, other than that of
// every other collection on the engine.
func NewCollection[T any](engine Engine, keys *Keyring, kind string) *Collection[T] {
	return &Collection[T]{engine: engine, keys: keys, kind: kind}
}

// Create stores a new record. group may be empty. ErrExists when there is a
// live one.
func (c *Collection[T]) Create(ctx context.Context, id, group string, v T, expires time.Time) error {
	r, err := c.record(id, group, v, expires)
	if err != nil {
		return err
	}
	return c.engine.Create(ctx, r)
}

// Get returns the record's value and version. ErrNotFound, ErrCorrupt or
// ErrUnavailable otherwise.
func (c *Collection[T]) Get(ctx context.Context, id string) (T, int64, error) {
	item, err := c.Item(ctx, id)
	return item.Value, item.Version, err
}

// Item is Get with the record's lifetime.
func (c *Collection[T]) Item(ctx context.Context, id string) (Item[T], error) {
	r, err := c.engine.Get(ctx, c.name(id))
	if err != nil {
		return Item[T]{}, err
	}
	return c.open(r)
}

// Update replaces value and lifetime if the record is live and has the given
// version, and returns the new version. ErrNotFound or ErrConflict otherwise.
// An expires that is not in the future ends the record.
func (c *Collection[T]) Update(ctx context.Context, id string, v T, version int64, expires time.Time) (int64, error) {
	r, err := c.record(id, "", v, expires)
	if err != nil {
		return 0, err
	}
	r.Version = version
	return c.engine.Update(ctx, r)
}

// Touch sets the lifetime and leaves value and version.
func (c *Collection[T]) Touch(ctx context.Context, id string, expires time.Time) error {
	return c.engine.Touch(ctx, c.name(id), expires)
}

// Modify reads the record, lets fn change the value and writes it back, and
// starts over when somebody else was quicker, so fn may run several times. It
// returns the record as stored. expires gives the new lifetime; nil keeps the
// one there is. When fn returns an error nothing is written and Modify
// returns that error; ErrUnchanged is the one that means all is well.
// ErrConflict after 20 lost rounds.
func (c *Collection[T]) Modify(ctx context.Context, id string, fn func(*T) error, expires func(T) time.Time) (Item[T], error) {
	for try := range modifyTries {
		if err := pause(ctx, try); err != nil {
			break
		}
		item, err := c.modifyOnce(ctx, id, fn, expires)
		if !errors.Is(err, ErrConflict) {
			return item, err
		}
	}
	if err := ctx.Err(); err != nil {
		return Item[T]{}, Unavailable("modify", err)
	}
	return Item[T]{}, ErrConflict
}

func (c *Collection[T]) modifyOnce(ctx context.Context, id string, fn func(*T) error, expires func(T) time.Time) (Item[T], error) {
	item, err := c.Item(ctx, id)
	if err != nil {
		return Item[T]{}, err
	}
	switch err := fn(&item.Value); {
	case errors.Is(err, ErrUnchanged):
		return item, nil
	case err != nil:
		return Item[T]{}, err
	}
	if expires != nil {
		item.Expires = expires(item.Value)
	}
	item.Version, err = c.Update(ctx, id, item.Value, item.Version, item.Expires)
	if err != nil {
		return Item[T]{}, err
	}
	return item, nil
}

// pause waits before another try, a little at random, and not before the first.
func pause(ctx context.Context, try int) error {
	if try == 0 {
		return nil
	}
	timer := time.NewTimer(rand.N(modifyPause * time.Duration(try)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Take returns the value and removes the record. Of many callers exactly one
// gets it, the others ErrNotFound. Use it for what is used once; a record that
// others Update meanwhile may be taken as it was before.
func (c *Collection[T]) Take(ctx context.Context, id string) (T, error) {
	var zero T
	item, err := c.Item(ctx, id)
	if err != nil {
		return zero, err
	}
	won, err := c.engine.Delete(ctx, c.name(id))
	if err != nil {
		return zero, err
	}
	if !won {
		return zero, ErrNotFound
	}
	return item.Value, nil
}

// Rotate replaces the record old, which must have the given version, by a new
// one under another id, in one step: there is no moment with both or none.
func (c *Collection[T]) Rotate(ctx context.Context, old string, version int64, id, group string, v T, expires time.Time) error {
	r, err := c.record(id, group, v, expires)
	if err != nil {
		return err
	}
	r.Version = version
	return c.engine.Rotate(ctx, c.name(old), r)
}

// Delete removes the record and says whether this call was the one that did.
func (c *Collection[T]) Delete(ctx context.Context, id string) (bool, error) {
	return c.engine.Delete(ctx, c.name(id))
}

// List returns the live records of a group. One that cannot be opened is left
// out, as if it were gone: it must not hide the others.
func (c *Collection[T]) List(ctx context.Context, group string) ([]Item[T], error) {
	records, err := c.engine.List(ctx, c.name(group))
	if err != nil {
		return nil, err
	}
	items := make([]Item[T], 0, len(records))
	for _, r := range records {
		if item, err := c.open(r); err == nil {
			items = append(items, item)
		}
	}
	return items, nil
}

// DeleteGroup removes the records of a group and says how many there were.
func (c *Collection[T]) DeleteGroup(ctx context.Context, group string) (int, error) {
	return c.engine.DeleteGroup(ctx, c.name(group))
}

// DeleteWhere is DeleteGroup for those records of the group that fn says true
// of. One that cannot be opened is left.
func (c *Collection[T]) DeleteWhere(ctx context.Context, group string, fn func(T) bool) (int, error) {
	records, err := c.engine.List(ctx, c.name(group))
	if err != nil {
		return 0, err
	}
	deleted := 0
	for _, r := range records {
		item, err := c.open(r)
		if err != nil || !fn(item.Value) {
			continue
		}
		was, err := c.engine.Delete(ctx, r.Key)
		if err != nil {
			return deleted, err
		}
		if was {
			deleted++
		}
	}
	return deleted, nil
}

// Walk calls fn for every live record of the collection, in no order. One that
// cannot be opened is left out. An error of fn ends the walk and is returned.
// It reads everything: for operators, never for requests.
func (c *Collection[T]) Walk(ctx context.Context, fn func(Item[T]) error) error {
	return c.engine.Walk(ctx, c.kind, func(r Record) error {
		item, err := c.open(r)
		if err != nil {
			return nil
		}
		return fn(item)
	})
}

func (c *Collection[T]) record(id, group string, v T, expires time.Time) (Record, error) {
	if id == "" {
		return Record{}, fmt.Errorf("%w: a record needs an id", ErrInvalid)
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return Record{}, fmt.Errorf("store: encode %s: %w", c.kind, err)
	}
	key := c.name(id)
	r := Record{Key: key, Value: c.keys.Seal(plain, sealContext(key)), Expires: expires}
	if group != "" {
		r.Group = c.name(group)
	}
	return r, nil
}

func (c *Collection[T]) open(r Record) (Item[T], error) {
	item := Item[T]{Version: r.Version, Expires: r.Expires}
	plain, err := c.keys.Open(r.Value, sealContext(r.Key))
	if err != nil {
		return Item[T]{}, err
	}
	if err := json.Unmarshal(plain, &item.Value); err != nil {
		return Item[T]{}, fmt.Errorf("%w: it does not decode", ErrCorrupt)
	}
	return item, nil
}

// name is the engine's name for an id or a group.
func (c *Collection[T]) name(id string) string {
	sum := sha256.Sum256([]byte(id))
	return c.kind + ":" + hex.EncodeToString(sum[:])
}

// sealContext ties a sealed value to its record: copied to another key, or to
// another kind, which is part of the key, it does not open.
func sealContext(key string) string { return "zapembed/record/1|" + key }
