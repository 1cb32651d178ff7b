package main

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The list of calls is what the comparison stands on.
func TestForwardedZapTakes24Calls(t *testing.T) {
	t.Parallel()
	calls := 0
	for _, page := range stages() {
		calls += len(page)
	}
	assert.Equal(t, 24+len(guide()), calls, "the walk through a popup is none, once in each step")
}

func TestMostOfAMinuteSlides(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := func(seconds int, from string) call {
		return call{at: begin.Add(time.Duration(seconds) * time.Second), from: from}
	}
	address, partner := most([]call{at(0, "a"), at(30, "a"), at(59, "b"), at(60, "a"), at(61, "a"), at(200, "b")})
	assert.Equal(t, 3, address, "30, 60 and 61")
	assert.Equal(t, 4, partner, "with 59")
}

func TestPagesAndCallsAreToldApart(t *testing.T) {
	t.Parallel()
	for path, is := range map[string]bool{
		"/v1/profiles/me": true, "/v2/authentications": true, "/v2/nothing": true,
		"/v2/authorize": false, "/v2/authentications/redirect": false, "/oauth/token": false, "/third-party/x/me": false,
	} {
		assert.Equal(t, is, counted(path), path)
	}
}

func TestWaitsAreRead(t *testing.T) {
	t.Parallel()
	header := func(names ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(names); i += 2 {
			h.Set(names[i], names[i+1])
		}
		return h
	}
	for name, row := range map[string]struct {
		header http.Header
		body   string
		want   busy
	}{
		"in line":     {header("Refresh", "5", "Retry-After", "40"), `<div data-testid="waiting">`, busy{5 * time.Second, false}},
		"at the door": {header("Retry-After", "40"), `<div data-testid="error" data-code="zapier-busy"><p data-testid="waiting" data-again="7">`, busy{7 * time.Second, false}},
		"turned away": {header("Retry-After", "320"), `<div data-testid="error" data-code="zapier-busy">`, busy{320 * time.Second, true}},
		"no time":     {header(), `<div data-testid="error" data-code="store-unavailable">`, busy{patience, false}},
	} {
		document, err := goquery.NewDocumentFromReader(strings.NewReader(row.body))
		require.NoError(t, err)
		told, waits := busyAt(page{Document: document, status: http.StatusServiceUnavailable, header: row.header})
		assert.True(t, waits, name)
		assert.Equal(t, row.want, told, name)
	}
}

// scripted is a server that gives one answer after another, and the last one for ever.
type scripted struct {
	answers []string
	asked   []*http.Request
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	at := min(len(s.asked), len(s.answers)-1)
	s.asked = append(s.asked, r)
	return http.ReadResponse(bufio.NewReader(strings.NewReader(s.answers[at])), r)
}

// Who was turned away and came back has waited all the time.
func TestDoorCountsFromTheFirstPress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := startClock(1)
		n := &notes{clock: c, from: c.began, to: c.began.Add(time.Hour)}
		p := &person{browser: newBrowser("http://home.example", &scripted{answers: []string{
			"HTTP/1.1 503 Busy\r\nRetry-After: 320\r\n\r\n<div data-testid=\"error\" data-code=\"zapier-busy\">",
			"HTTP/1.1 503 Busy\r\nRetry-After: 40\r\n\r\n<div data-testid=\"error\" data-code=\"zapier-busy\"><p data-testid=\"waiting\" data-again=\"5\">",
			"HTTP/1.1 200 OK\r\n\r\n<p>in</p>",
		}}), clock: c, notes: n}
		_, err := p.enter(t.Context(), ask{target: p.home + "/zaps/new", form: url.Values{}})
		require.NoError(t, err)
		assert.Equal(t, []time.Duration{325 * time.Second}, n.doors)
		assert.Equal(t, 1, n.turned)
	})
}

// Who looks asks Zapier about every 20 seconds: a page that was loaded anew is no kept one.
func TestLookersLoadThePageAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := startClock(1)
		home := &scripted{answers: []string{"HTTP/1.1 200 OK\r\n\r\n<p>Zaps</p>"}}
		p := &person{browser: newBrowser("http://home.example", home), clock: c, notes: &notes{clock: c}}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		require.ErrorIs(t, p.look(ctx), context.DeadlineExceeded)
		assert.InDelta(t, 30, len(home.asked), 10)
		for _, r := range home.asked {
			assert.Equal(t, "/zaps", r.URL.Path)
			assert.Equal(t, "max-age=0", r.Header.Get("Cache-Control"))
		}
	})
}
