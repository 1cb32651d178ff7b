package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/zapembed/zapembed/internal/store"
)

const (
	// callTimeout bounds a call as a whole, a second try of a read included.
	callTimeout = 3 * time.Second
	// openTimeout bounds the first meeting.
	openTimeout = 10 * time.Second
	// toleratedSkew is how far the clocks may be apart before Open warns.
	toleratedSkew = 5 * time.Second
	// maxTries bounds how often a script is run to learn its keys. A group has
	// to gain a record at each of them to get there.
	maxTries = 20
)

// Engine is a store.Engine on a Redis.
type Engine struct {
	client  goredis.UniversalClient
	lookups *store.Lookups
	prefix  string
	// answer is how long Redis may take for one.
	answer time.Duration
	// now is the clock of this machine. decides says that it is that of a test,
	// which counts in Redis, too.
	now      func() time.Time
	decides  bool
	hub      *store.Hub
	warnings []string

	stop    context.CancelFunc
	running sync.WaitGroup
	closing sync.Once
	closed  error
}

func init() {
	// The library would write to stderr past our log; what goes wrong reaches
	// us as an error in any case.
	logging.Disable()
}

// Open connects to the Redis at address; docs/storage.md lists the forms of
// the URL. now is the clock that ends records and leases; nil takes that of
// Redis, which all replicas share. An error is one sentence without a password.
func Open(ctx context.Context, address string, now func() time.Time) (*Engine, error) {
	if now == nil {
		return open(ctx, address, time.Now, false)
	}
	return open(ctx, address, now, true)
}

func open(ctx context.Context, address string, now func() time.Time, decides bool) (*Engine, error) {
	t, err := parse(address)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		client: goredis.NewUniversalClient(t.options), prefix: t.prefix, answer: t.options.ReadTimeout,
		now: now, decides: decides, hub: store.NewHub(),
	}
	e.lookups = store.NewLookups(messages, e.look)
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if err := e.meet(ctx); err != nil {
		e.Close()
		return nil, fmt.Errorf("cannot use Redis at %s as the store: %w", strings.Join(t.options.Addrs, ", "), err)
	}
	return e, nil
}

// meet sees whether Redis answers and begins to listen to its signals.
func (e *Engine) meet(ctx context.Context) error {
	running, stop := context.WithCancel(context.Background())
	e.stop = stop
	if err := e.client.Ping(ctx).Err(); err != nil {
		return err
	}
	e.warnings = append(evicts(ctx, e.client), e.skewed(ctx)...)
	listening := make(chan error, 1)
	e.running.Go(func() { e.follow(running, listening) })
	select {
	case err := <-listening:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Warnings are sentences for the operator about what Open found: a setting of
// Redis that may lose what is stored, or clocks that differ.
func (e *Engine) Warnings() []string { return e.warnings }

// evicts warns of a Redis that throws things away. One that does not tell its
// settings is believed to be right.
func evicts(ctx context.Context, client goredis.UniversalClient) []string {
	info, err := client.Info(ctx, "memory").Result()
	if err != nil {
		return nil
	}
	policy, limited := "noeviction", false
	for line := range strings.Lines(info) {
		switch name, value, _ := strings.Cut(strings.TrimSpace(line), ":"); name {
		case "maxmemory":
			limited = value != "0"
		case "maxmemory_policy":
			policy = value
		}
	}
	if !limited || policy == "noeviction" {
		return nil
	}
	return []string{"Redis may throw sessions away when its memory is full: its maxmemory-policy is " +
		policy + " and should be noeviction"}
}

// skewed warns of a clock that differs from that of Redis. Lifetimes and leases
// do not suffer, because Redis is told how long and not until when. But what a
// caller keeps in a value, and does not ask Time about, is checked by the clock
// of each server, and by that of Redis servers can tell that theirs differ.
func (e *Engine) skewed(ctx context.Context) []string {
	if e.decides {
		return nil
	}
	now := e.now()
	its, err := e.Time(ctx)
	if err != nil {
		return nil
	}
	apart, where := now.Sub(its), "ahead of"
	if apart.Abs() <= toleratedSkew {
		return nil
	}
	if apart < 0 {
		where = "behind"
	}
	return []string{fmt.Sprintf("the clock of this machine is %s %s that of Redis: they should agree, "+
		"because a server checks some limits by its own", apart.Abs().Round(time.Second), where)}
}

// Ping says whether Redis answers.
func (e *Engine) Ping(ctx context.Context) error {
	return e.bounded(ctx, "ping", func(ctx context.Context) error { return e.client.Ping(ctx).Err() })
}

// Time is what time it is by the clock of Redis, the same for all servers: in a Cluster that of one node of it.
func (e *Engine) Time(ctx context.Context) (now time.Time, err error) {
	if e.decides {
		return e.now(), nil
	}
	node, err := e.holder(ctx, "time", e.prefix+":time")
	if err != nil {
		return now, err
	}
	err = e.bounded(ctx, "time", func(ctx context.Context) (err error) {
		now, err = node.Time(ctx).Result()
		return err
	})
	return now, err
}

// Close gives up the connections and every subscription. Closing twice is fine.
func (e *Engine) Close() error {
	e.closing.Do(func() {
		e.stop()
		e.closed = e.client.Close()
		e.hub.Close()
		e.running.Wait()
	})
	return e.closed
}

// once is a command that is never sent again: when its answer was lost,
// nobody knows whether it was obeyed.
type once struct{ *goredis.Cmd }

// NoRetry is asked by the library.
func (once) NoRetry() bool { return true }

// write runs a script that changes something and returns the number it says.
func (e *Engine) write(ctx context.Context, op string, s script, keys []string, args ...any) (said int64, err error) {
	err = e.bounded(ctx, op, func(ctx context.Context) error {
		cmd, err := e.ask(ctx, e.client, s, keys, args, func(cmd *goredis.Cmd) goredis.Cmder { return once{cmd} })
		if err != nil {
			return err
		}
		said, err = cmd.Int64()
		return err
	})
	return said, err
}

// read runs a script that changes nothing and returns the rows it found.
func (e *Engine) read(ctx context.Context, from goredis.UniversalClient, op string, s script, keys []string, args ...any) (rows []any, err error) {
	err = e.bounded(ctx, op, func(ctx context.Context) error {
		cmd, err := e.ask(ctx, from, s, keys, args, func(cmd *goredis.Cmd) goredis.Cmder { return cmd })
		if err != nil {
			return err
		}
		rows, err = cmd.Slice()
		return err
	})
	return rows, err
}

// ask runs a script, and again with the keys that it turns out to need: which
// group a record belongs to, and which records a group has, is known to Redis
// alone. It did nothing until it had all of them.
func (e *Engine) ask(
	ctx context.Context, server goredis.UniversalClient, s script, keys []string, args []any, as func(*goredis.Cmd) goredis.Cmder,
) (*goredis.Cmd, error) {
	for range maxTries {
		cmd, err := e.run(ctx, server, s, keys, args, as)
		if err != nil {
			return nil, err
		}
		lacking := undeclared(cmd.Val())
		if len(lacking) == 0 {
			return cmd, nil
		}
		keys = slices.Concat(keys, lacking)
	}
	return nil, errRestless
}

// undeclared returns the keys that a script asks for. What it says otherwise
// is a number or rows.
func undeclared(said any) (keys []string) {
	list, _ := said.([]any)
	for _, each := range list {
		if key, ok := each.(string); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

// run names the script, and sends its text when Redis does not know it: a
// refusal that is certain, unlike an answer that is lost.
func (e *Engine) run(
	ctx context.Context, server goredis.UniversalClient, s script, keys []string, args []any, as func(*goredis.Cmd) goredis.Cmder,
) (*goredis.Cmd, error) {
	line := make([]any, 0, 4+len(keys)+len(args))
	line = append(line, "evalsha", s.sum, len(keys))
	for _, key := range keys {
		line = append(line, key)
	}
	line = append(append(line, e.time()), args...)
	cmd := goredis.NewCmd(ctx, line...)
	err := server.Process(ctx, as(cmd))
	if goredis.HasErrorPrefix(err, "NOSCRIPT") {
		line[0], line[1] = "eval", s.source
		cmd = goredis.NewCmd(ctx, line...)
		err = server.Process(ctx, as(cmd))
	}
	return cmd, err
}

// bounded calls fn within our limits. Every trouble is Unavailable, and a
// caller who is gone is told so, whatever the socket says.
func (e *Engine) bounded(ctx context.Context, op string, fn func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return store.Unavailable(op, err)
	}
	limited, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := fn(limited)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return store.Unavailable(op, ctx.Err())
	}
	return store.Unavailable(op, err)
}

// time is the first argument of a script.
func (e *Engine) time() any {
	if !e.decides {
		return ""
	}
	return e.now().UnixMilli()
}

// ttl is a lifetime for a script, in milliseconds: how long it is by the clock
// of whoever set its end. So a clock of Redis that differs ends nothing early
// or late, and what a caller ends "now" is over.
func (e *Engine) ttl(expires time.Time) int64 { return expires.UnixMilli() - e.now().UnixMilli() }

var errRestless = errors.New("the group changes all the time")
