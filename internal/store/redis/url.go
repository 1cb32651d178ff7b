package redis

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/zapembed/zapembed/internal/store"
)

const (
	// defaultPrefix begins every key; a URL may choose another one.
	defaultPrefix = "zapembed"
	// socketTimeout bounds a dial, a write and the wait for an answer.
	socketTimeout = 2 * time.Second
	// poolSize is the most connections to one server, idleTime how long one is
	// kept for the next call.
	poolSize = 32
	idleTime = 5 * time.Minute
	// bufferSize is that of each connection, in each direction; a sealed session
	// is smaller. The library's 32 KiB would be most of what a server needs.
	bufferSize = 4 << 10
)

// parameters are the ones a URL may have. The library knows more: among them
// those that send reads to replicas, which lag behind and would not know a
// session that was just made, and the one that leaves certificates unchecked.
func parameters() []string {
	return []string{
		"prefix", "cluster", "addr", "master_name", "username", "password", "db",
		"dial_timeout", "read_timeout", "write_timeout", "pool_size",
	}
}

// target is what a URL says: where Redis is, and under which prefix our keys lie.
type target struct {
	prefix  string
	options *goredis.UniversalOptions
}

// Check says what is wrong with a URL, without connecting. Its error never
// repeats what may be a password.
func Check(address string) error {
	_, err := parse(address)
	return err
}

func parse(address string) (target, error) {
	u, err := url.Parse(address)
	if err != nil || strings.Contains(u.Path+u.RawQuery+u.Fragment, "@") {
		// The library's sentence would repeat what may be half of a password.
		return target{}, errors.New("the Redis URL does not have the form redis://user:password@host:port/0; " +
			"special characters of a password have to be percent-encoded")
	}
	t, err := read(u)
	if err != nil {
		return target{}, fmt.Errorf("the Redis URL cannot be used: %s", strings.TrimPrefix(err.Error(), "redis: "))
	}
	return t, nil
}

// read takes our own parameters out of the URL and leaves the rest to the
// library's parsers.
func read(u *url.URL) (target, error) {
	if u.Scheme != "redis" && u.Scheme != "rediss" {
		return target{}, errors.New("its scheme is neither redis nor rediss")
	}
	query := u.Query()
	for name := range query {
		if !slices.Contains(parameters(), name) {
			return target{}, fmt.Errorf("it has a parameter that is none of %s", strings.Join(parameters(), ", "))
		}
	}
	t := target{prefix: defaultPrefix}
	if query.Has("prefix") {
		if t.prefix = query.Get("prefix"); store.CheckName(t.prefix) != nil {
			return target{}, errors.New("prefix may have the characters A-Z a-z 0-9 : . _ -")
		}
	}
	sentinel := query.Has("master_name")
	cluster := !sentinel && (query.Has("addr") || query.Get("cluster") == "true")
	query.Del("prefix")
	query.Del("cluster")
	u.RawQuery = query.Encode()

	parser := single
	if sentinel {
		parser = failover
	} else if cluster {
		parser = clustered
	}
	options, err := parser(u.String())
	if err != nil {
		return target{}, err
	}
	t.options = limited(options)
	return t, nil
}

func single(address string) (*goredis.UniversalOptions, error) {
	o, err := goredis.ParseURL(address)
	if err != nil {
		return nil, err
	}
	return &goredis.UniversalOptions{
		Addrs: []string{o.Addr}, DB: o.DB, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig,
		DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout, PoolSize: o.PoolSize,
		MaxRetries: 1,
	}, nil
}

func failover(address string) (*goredis.UniversalOptions, error) {
	o, err := goredis.ParseFailoverURL(address)
	if err != nil {
		return nil, err
	}
	return &goredis.UniversalOptions{
		Addrs: o.SentinelAddrs, MasterName: o.MasterName, DB: o.DB, TLSConfig: o.TLSConfig,
		Username: o.Username, Password: o.Password, SentinelUsername: o.SentinelUsername, SentinelPassword: o.SentinelPassword,
		DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout, PoolSize: o.PoolSize,
		MaxRetries: 1,
	}, nil
}

func clustered(address string) (*goredis.UniversalOptions, error) {
	o, err := goredis.ParseClusterURL(address)
	if err != nil {
		return nil, err
	}
	if o.TLSConfig != nil {
		o.TLSConfig.MinVersion = tls.VersionTLS12
	}
	return &goredis.UniversalOptions{
		Addrs: o.Addrs, IsClusterMode: true, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig,
		DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout, PoolSize: o.PoolSize,
		MaxRetries: -1, // the cluster client tries again by itself
	}, nil
}

// limited adds what holds for every kind of Redis. MaxRetries is for reads: a
// write says of itself that it is not to be sent again.
func limited(o *goredis.UniversalOptions) *goredis.UniversalOptions {
	for _, timeout := range []*time.Duration{&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout} {
		if *timeout <= 0 {
			*timeout = socketTimeout
		}
	}
	if o.PoolSize <= 0 {
		o.PoolSize = poolSize
	}
	o.MaxActiveConns = o.PoolSize
	o.MaxIdleConns = o.PoolSize
	o.ConnMaxIdleTime = idleTime
	o.PoolTimeout = socketTimeout
	o.ReadBufferSize, o.WriteBufferSize = bufferSize, bufferSize
	o.PipelinePoolSize = -1 // Walk alone would use it
	o.DialerRetries = 1
	o.ContextTimeoutEnabled = true
	// Answers must never come out of step with their questions: nothing is sent
	// beside our own commands, and nothing arrives unasked (L15).
	o.DisableIdentity = true
	o.Protocol = 2
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o
}
