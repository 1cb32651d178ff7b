package redis

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/zapembed/zapembed/internal/store"
)

// walkPage is how many keys Walk asks Redis for at a time.
const walkPage = 100

// locate returns the beginning of all keys of a name's kind, and the rest of
// the name. Names without a kind share one place; no kind has its sign.
func (e *Engine) locate(name string) (space, rest string) {
	kind := store.Kind(name)
	if kind == "" {
		return e.prefix + ":{~}:", name
	}
	return e.prefix + ":{" + kind + "}:", name[len(kind)+1:]
}

func (e *Engine) record(name string) string {
	space, rest := e.locate(name)
	return space + "r:" + rest
}

// group is the key of a group; there is none for no group.
func (e *Engine) group(name string) []string {
	if name == "" {
		return nil
	}
	space, rest := e.locate(name)
	return []string{space + "g:" + rest}
}

// about begins the arguments of a script about what is of the kind of name.
// One server has all keys there are, and saves the question for them.
func (e *Engine) about(name string, args ...any) []any {
	space, _ := e.locate(name)
	declare := ""
	if _, cluster := e.client.(*goredis.ClusterClient); cluster {
		declare = "declare"
	}
	return append([]any{space, declare, name}, args...)
}

// change runs a script about the record called name and turns what it says
// into one of the errors of the package store.
func (e *Engine) change(ctx context.Context, op string, s script, keys []string, name string, args ...any) (int64, error) {
	said, err := e.write(ctx, op, s, keys, e.about(name, args...)...)
	if err != nil {
		return 0, err
	}
	switch said {
	case saysNotFound:
		return 0, store.ErrNotFound
	case saysConflict:
		return 0, store.ErrConflict
	case saysExists:
		return 0, store.ErrExists
	}
	return said, nil
}

// Create implements store.Engine.
func (e *Engine) Create(ctx context.Context, r store.Record) error {
	if err := r.Check(); err != nil {
		return err
	}
	keys := append([]string{e.record(r.Key)}, e.group(r.Group)...)
	_, err := e.change(ctx, "create", createScript, keys, r.Key, r.Value, e.ttl(r.Expires), r.Expires.UnixMilli(), r.Group)
	return err
}

// Update implements store.Engine.
func (e *Engine) Update(ctx context.Context, r store.Record) (int64, error) {
	if err := r.Check(); err != nil {
		return 0, err
	}
	keys := []string{e.record(r.Key)}
	return e.change(ctx, "update", updateScript, keys, r.Key, r.Value, e.ttl(r.Expires), r.Expires.UnixMilli(), r.Version)
}

// Touch implements store.Engine.
func (e *Engine) Touch(ctx context.Context, key string, expires time.Time) error {
	if err := (store.Record{Key: key, Expires: expires}).Check(); err != nil {
		return err
	}
	_, err := e.change(ctx, "touch", touchScript, []string{e.record(key)}, key, e.ttl(expires), expires.UnixMilli())
	return err
}

// Rotate implements store.Engine.
func (e *Engine) Rotate(ctx context.Context, old string, next store.Record) error {
	if err := errors.Join(store.CheckName(old), next.Check(), store.CheckKind(old, next.Key)); err != nil {
		return err
	}
	keys := append([]string{e.record(old), e.record(next.Key)}, e.group(next.Group)...)
	_, err := e.change(ctx, "rotate", rotateScript, keys, old,
		next.Key, next.Value, e.ttl(next.Expires), next.Expires.UnixMilli(), next.Group, next.Version)
	return err
}

// Delete implements store.Engine.
func (e *Engine) Delete(ctx context.Context, key string) (bool, error) {
	if err := store.CheckName(key); err != nil {
		return false, err
	}
	said, err := e.change(ctx, "delete", deleteScript, []string{e.record(key)}, key)
	return said == 1, err
}

// List implements store.Engine.
func (e *Engine) List(ctx context.Context, group string) ([]store.Record, error) {
	if err := store.CheckName(group); err != nil {
		return nil, err
	}
	found, err := e.records(ctx, e.client, "list", listScript, e.group(group), e.about(group)...)
	slices.SortFunc(found, func(a, b store.Record) int { return strings.Compare(a.Key, b.Key) })
	return found, err
}

// DeleteGroup implements store.Engine.
func (e *Engine) DeleteGroup(ctx context.Context, group string) (int, error) {
	if err := store.CheckName(group); err != nil {
		return 0, err
	}
	said, err := e.change(ctx, "delete group", deleteGroupScript, e.group(group), group)
	return int(said), err
}

// Walk implements store.Engine. It looks at every key of the server that holds
// the kind. Each page is read from that server alone, together with a key that
// never exists: while the kind moves to another one, or after it has, that is
// refused, and nobody takes the half that was still there for all.
func (e *Engine) Walk(ctx context.Context, kind string, fn func(store.Record) error) error {
	if err := store.CheckName(kind); err != nil {
		return err
	}
	space, rest := e.locate(kind + ":")
	keyed, named := space+"r:", strings.TrimSuffix(kind+":", rest)
	begin := keyed + rest    // no name has a character that means something in a pattern
	met := map[string]bool{} // a scan may come upon a key twice
	server, err := e.holder(ctx, "walk", begin)
	if err != nil {
		return err
	}
	for cursor := uint64(0); ; {
		var found []string
		err := e.bounded(ctx, "walk", func(ctx context.Context) (err error) {
			found, cursor, err = server.Scan(ctx, cursor, begin+"*", walkPage).Result()
			return err
		})
		if err != nil {
			return err
		}
		keys, names := []string{space + "never"}, []any{space, ""}
		for _, key := range found {
			if name := named + strings.TrimPrefix(key, keyed); !met[name] {
				met[name] = true
				keys, names = append(keys, key), append(names, name)
			}
		}
		page, err := e.records(ctx, server, "walk", getScript, keys, names...)
		if err != nil {
			return err
		}
		for _, r := range page {
			if err := fn(r); err != nil {
				return err
			}
		}
		if cursor == 0 {
			return nil
		}
	}
}

// holder is the one server that holds a key, and with it all keys of its kind.
func (e *Engine) holder(ctx context.Context, op, key string) (goredis.UniversalClient, error) {
	cluster, ok := e.client.(*goredis.ClusterClient)
	if !ok {
		return e.client, nil
	}
	var master *goredis.Client
	err := e.bounded(ctx, op, func(ctx context.Context) (err error) {
		master, err = cluster.MasterForKey(ctx, key)
		return err
	})
	return master, err
}

// Sweep implements store.Engine. Redis removes by itself what has ended.
func (e *Engine) Sweep(ctx context.Context) (int, error) { return 0, e.Ping(ctx) }

// records runs a script that finds records.
func (e *Engine) records(
	ctx context.Context, from goredis.UniversalClient, op string, s script, keys []string, args ...any,
) ([]store.Record, error) {
	rows, err := e.read(ctx, from, op, s, keys, args...)
	if err != nil {
		return nil, err
	}
	found := make([]store.Record, len(rows))
	for i, said := range rows {
		if found[i], err = row(said); err != nil {
			return nil, store.Unavailable(op, err)
		}
	}
	return found, nil
}

// row reads name, group, value, version and lifetime.
func row(said any) (store.Record, error) {
	fields, _ := said.([]any)
	if len(fields) != 5 {
		return store.Record{}, errors.New("a record has not the fields it should have")
	}
	name, _ := fields[0].(string)
	return scanned(name, fields[1:])
}
