package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/store"
)

// runSessionsList is `server sessions list`. Tokens and ids of sessions are not shown: nobody needs them to
// end one.
func runSessionsList(ctx context.Context, c call) error {
	return withRegistry(ctx, c, func(o operator) error {
		all, unread, err := o.list(ctx)
		if err != nil {
			return err
		}
		anonymous := len(all)
		all = slices.DeleteFunc(all, func(one session.Listed) bool { return one.User.ID == "" })
		anonymous -= len(all)
		slices.SortFunc(all, func(a, b session.Listed) int {
			return cmp.Or(cmp.Compare(a.User.ID, b.User.ID), a.Created.Compare(b.Created))
		})
		table := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tName\tE-mail\tSigned in\tEnds if unused")
		for _, one := range all {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", one.User.ID, oneLine(one.User.Name), oneLine(one.User.Email), moment(one.Created), moment(one.Expires))
		}
		if err := table.Flush(); err != nil {
			return fmt.Errorf("server: the list cannot be printed: %w", err)
		}
		fmt.Fprintf(c.stdout, "\n%d signed in, %d anonymous\n", len(all), anonymous)
		c.tellUnread(unread)
		return nil
	})
}

// runSessionsRevoke is `server sessions revoke`. Whom it hit is logged by their id at Zapier, whatever they were
// called on the command line; that it hit nobody is an error, because somebody may still be signed in.
func runSessionsRevoke(ctx context.Context, c call) error {
	everybody := c.flags.Lookup("all").Value.String() == "true"
	if everybody != (len(c.args) == 0) || len(c.args) > 1 {
		return errors.New("server: say whose sessions to end: an id or an e-mail address as `server sessions list` shows it, or -all")
	}
	return withRegistry(ctx, c, func(o operator) error {
		if everybody {
			ended, err := o.registry.RevokeAll(ctx)
			return c.tellEnded(ended, o.report(ctx, "everybody", ended, err))
		}
		all, unread, err := o.list(ctx)
		if err != nil {
			return err
		}
		total := 0
		for _, id := range usersCalled(all, c.args[0]) {
			ended, err := o.registry.Revoke(ctx, id)
			total += ended
			if err = o.report(ctx, audit.User(id), ended, err); err != nil {
				return c.tellEnded(total, err)
			}
		}
		c.tellUnread(unread)
		return c.tellEnded(total, nil)
	})
}

// usersCalled are the ids of the users whom who may mean. Without a session there may still be a grant, under an id.
func usersCalled(all []session.Listed, who string) []string {
	var ids []string
	for _, one := range all {
		if one.User.ID != "" && (one.User.ID == who || strings.EqualFold(one.User.Email, who)) {
			ids = append(ids, one.User.ID)
		}
	}
	if len(ids) == 0 {
		return []string{who}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (c call) tellUnread(unread int) {
	if unread > 0 {
		fmt.Fprintf(c.stdout, "%d more that no key of STORE_KEYS opens: whose they are cannot be said, and no server with these keys lets them in\n", unread)
	}
}

func (c call) tellEnded(ended int, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("server: %d sessions were ended, then: %w", ended, err)
	case ended == 0:
		return errors.New("server: no session was there to end. Is the name as `server sessions list` shows it, and are these the settings of the servers?")
	}
	fmt.Fprintf(c.stdout, "%d sessions ended\n", ended)
	return nil
}

// operator is who looks into the store of the servers.
type operator struct {
	registry *session.Registry
	store    *countingEngine
	logger   *slog.Logger
}

// list returns the sessions and how many more there are that no key opens. If that is all of them, the keys are not those
// of the servers.
func (o operator) list(ctx context.Context) (all []session.Listed, unread int, err error) {
	o.store.walked = 0
	if all, err = o.registry.List(ctx); err != nil {
		return nil, 0, fmt.Errorf("server: the sessions cannot be read: %w", err)
	}
	if unread = o.store.walked - len(all); unread > 0 && len(all) == 0 {
		return nil, 0, fmt.Errorf("server: STORE_KEYS opens none of the %d sessions in the store: these are not the keys of the servers", unread)
	}
	return all, unread, nil
}

// report logs that sessions ended, even if not all did.
func (o operator) report(ctx context.Context, who string, ended int, err error) error {
	if ended > 0 {
		audit.Log(ctx, o.logger, audit.SessionsRevoked, "user", who, "sessions", ended)
	}
	return err
}

// countingEngine counts the records that were met on a walk, those that no key opens included.
type countingEngine struct {
	store.Engine
	walked int
}

func (e *countingEngine) Walk(ctx context.Context, kind string, fn func(store.Record) error) error {
	return e.Engine.Walk(ctx, kind, func(r store.Record) error {
		e.walked++
		return fn(r)
	})
}

// withRegistry opens the store of the settings for as long as do takes. Other servers may be using it meanwhile. It makes
// neither a database nor a key: who asks in the wrong folder is told so, and not that nobody is signed in.
func withRegistry(ctx context.Context, c call, do func(operator) error) error {
	s, err := readSettings(c.environ)
	if err != nil {
		return err
	}
	if s.storeFile != "" {
		if _, err := os.Stat(s.storeFile); err != nil {
			return fmt.Errorf("server: STORE_URL: there is no database %s (%w). Give this command the settings of the servers", s.storeFile, errors.Unwrap(err))
		}
	}
	keys, err := s.keys(readKeyFile)
	if err != nil {
		return err
	}
	engine, err := openEngine(ctx, s, nil)
	if err != nil {
		return err
	}
	counted := &countingEngine{Engine: engine}
	o := operator{registry: session.NewRegistry(counted, keys), store: counted, logger: newLogger(s, c.stderr)}
	return errors.Join(do(o), engine.Close())
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// oneLine is what a person chose to be called, without what could move a terminal's cursor.
func oneLine(text string) string {
	shown := []rune(text)
	return string(slices.DeleteFunc(shown, func(c rune) bool { return c < ' ' || (c >= 0x7f && c < 0xa0) }))
}
