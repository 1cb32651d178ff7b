package main

import (
	"net/http"
	"strings"
	"testing"
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
