package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// byClock, beside asProcess, makes this binary the program by another clock: one that runs so many times as fast as this
// machine's, from a moment on ("20@" and the nanoseconds of Unix). bench/quota lets minutes pass in seconds with it; the
// program itself knows no such thing.
const byClock = "ZAPEMBED_CLOCK"

// fastClock is what tells the time then, and what waits.
type fastClock struct {
	began time.Time
	speed int64
}

func readClock(text string) (fastClock, error) {
	speed, began, _ := strings.Cut(text, "@")
	times, speedErr := strconv.ParseInt(speed, 10, 64)
	nanoseconds, beganErr := strconv.ParseInt(began, 10, 64)
	if speedErr != nil || beganErr != nil || times < 1 {
		return fastClock{}, fmt.Errorf("%s: %q is not a speed and a moment such as 20@1790000000000000000", byClock, text)
	}
	return fastClock{began: time.Unix(0, nanoseconds), speed: times}, nil
}

func (c fastClock) now() time.Time {
	return c.began.Add(time.Since(c.began) * time.Duration(c.speed))
}

func (c fastClock) after(d time.Duration) <-chan time.Time {
	return time.After(d / time.Duration(c.speed))
}

// mainByClock is main, by the clock.
func mainByClock(text string) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serveByClock(ctx, text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serveByClock(ctx context.Context, text string) error {
	clock, err := readClock(text)
	if err != nil {
		return err
	}
	settings, err := readSettings(os.Environ())
	if err != nil {
		return err
	}
	app, err := newApp(settings, environment{logger: newLogger(settings, os.Stderr), now: clock.now, after: clock.after})
	if err != nil {
		return err
	}
	return app.run(ctx)
}

func TestFastClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now().Add(-time.Minute)
		clock, err := readClock(fmt.Sprintf("20@%d", began.UnixNano()))
		require.NoError(t, err)
		assert.True(t, began.Add(20*time.Minute).Equal(clock.now()))
		begun := time.Now()
		<-clock.after(20 * time.Second)
		assert.Equal(t, time.Second, time.Since(begun))
		assert.True(t, began.Add(20*time.Minute+20*time.Second).Equal(clock.now()))
	})
	for _, text := range []string{"", "20", "0@1", "x@1", "20@y"} {
		_, err := readClock(text)
		require.Error(t, err, text)
	}
}
