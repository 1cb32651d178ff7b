package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// stopTimeout is how long requests under way may take to finish once the program is asked to stop.
	stopTimeout = 25 * time.Second
	// hangUpAfter is how long the emulator goes on meanwhile, for the requests that are waiting for it.
	hangUpAfter = 2 * time.Second
	// sweepEvery is the pause between removals of expired records.
	sweepEvery = time.Hour
)

// run serves until ctx ends, then lets requests under way finish and closes the store.
func (a *app) run(ctx context.Context) error {
	defer a.close()
	group, ctx := errgroup.WithContext(ctx)
	for _, one := range a.servers {
		group.Go(func() error {
			if err := one.server.Serve(one.listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("server: %s: %w", one.listener.Addr(), err)
			}
			return nil
		})
	}
	group.Go(func() error { return a.sweep(ctx) })
	group.Go(func() error {
		<-ctx.Done()
		a.drain()
		return a.stop()
	})
	return group.Wait()
}

// drain lets the proxy see at /readyz that it should send requests elsewhere, while those that it still sends are
// answered. Whoever cannot see it, because there is no ADMIN_ADDR, is not waited for.
func (a *app) drain() {
	a.ready.drain()
	if a.admin == nil || a.settings.DrainDelay == 0 {
		return
	}
	a.logger.Info("stopping: not ready any more, and still answering", "for", a.settings.DrainDelay)
	timer := time.NewTimer(a.settings.DrainDelay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-a.again:
	}
}

// stop is graceful: event streams end first, because they would hold everything else up, and the probes last, because
// whoever finds a server dead that is finishing its work kills it.
func (a *app) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	go func() {
		select {
		case <-a.again:
			cancel()
		case <-ctx.Done():
		}
	}()
	a.pages.Drain()
	if a.hangUp != nil {
		defer time.AfterFunc(hangUpAfter, a.hangUp).Stop()
	}
	err := a.public.server.Shutdown(ctx)
	a.sessions.Wait()
	a.drafts.Wait(ctx)
	if a.hangUp != nil {
		a.hangUp()
		err = errors.Join(err, a.outside.server.Shutdown(ctx))
	}
	if a.admin != nil {
		err = errors.Join(err, a.admin.server.Shutdown(ctx))
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return errors.New("server: some requests were cut off, as asked")
	default:
		return fmt.Errorf("server: some requests did not finish in %s", stopTimeout)
	}
}

// sweep removes expired records now and then.
func (a *app) sweep(ctx context.Context) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if _, err := a.engine.Sweep(ctx); err != nil {
				a.logger.WarnContext(ctx, "expired records could not be removed", "error", err)
			}
		}
	}
}

// close releases what newApp opened; what a graceful stop has closed already stays closed. The traces go last: what
// happened before is in them.
func (a *app) close() {
	for _, one := range a.servers {
		_ = one.server.Close()
		_ = one.listener.Close()
	}
	if a.engine != nil {
		if err := a.engine.Close(); err != nil {
			a.logger.Warn("the store did not close well", "error", err)
		}
	}
	a.closeIdle()
	a.tracing.close()
}
