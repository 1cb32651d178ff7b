package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/emulator"
)

// everyScope lets Wade see the Zaps that were made elsewhere, and allows all that can be done with a Zap.
const everyScope = "profile zap zap:all zap:write zap:update zap:delete zap:runs connection:read connection:write"

// seed makes a seed file the emulator's state; it forgets who was signed in.
func (h *house) seed(file string) {
	h.t.Helper()
	read, err := emulator.ReadSeed(strings.NewReader(file))
	require.NoError(h.t, err)
	require.NoError(h.t, h.emulator.Seed(read))
}

// zapOf is the newest Zap that a user has at the emulator, or the one with the title.
func (h *house) zapOf(user int, title string) emulator.Zap {
	h.t.Helper()
	for _, zap := range h.emulator.Zaps(user) {
		if title == "" || zap.Title == title {
			return zap
		}
	}
	h.t.Fatalf("user %d has no Zap %q", user, title)
	return emulator.Zap{}
}

// draftsOf are what a user is building.
func (h *house) draftsOf(user int) []draft.Draft {
	h.t.Helper()
	drafts, err := h.drafts.List(h.t.Context(), strconv.Itoa(user))
	require.NoError(h.t, err)
	return drafts
}

// words are the texts of all elements, without the space around them.
func words(all *goquery.Selection) []string {
	texts := all.Map(func(_ int, one *goquery.Selection) string { return strings.Join(strings.Fields(one.Text()), " ") })
	if texts == nil {
		return []string{}
	}
	return texts
}

// codeIn is the code of the error that a part of a page tells of.
func (p page) codeIn(id string) string {
	return p.byTestID(id).Find("[data-code]").AttrOr("data-code", "")
}

// submit sends a form as it stands, with some values put in.
func (b *browser) submit(from page, form *goquery.Selection, values ...string) page {
	b.t.Helper()
	require.Equal(b.t, 1, form.Length(), "there is not one such form on %s:\n%s", from.url, from.Text())
	sent := url.Values{}
	form.Find("input, textarea").Each(func(_ int, control *goquery.Selection) {
		if name := control.AttrOr("name", ""); name != "" {
			sent.Set(name, control.AttrOr("value", control.Text()))
		}
	})
	for i := 0; i+1 < len(values); i += 2 {
		sent.Set(values[i], values[i+1])
	}
	action, err := from.url.Parse(form.AttrOr("action", ""))
	require.NoError(b.t, err)
	return b.post(action.String(), sent)
}

func titlesOn(page page) []string {
	return words(page.byTestID("zap").Find(`[data-testid="zap-link"]`))
}

func TestZapsAreListed(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	newest, second := h.zapOf(emulator.UserWade, ""), h.zapOf(emulator.UserWade, "Tickets from tasks, list 11")
	_, err := h.emulator.FireZap(second.ID)
	require.NoError(t, err)

	list := b.get("/zaps")
	require.Equal(t, http.StatusOK, list.status)
	rows := list.byTestID("zap")
	require.Equal(t, 12, rows.Length())
	assert.Equal(t, "Tickets from tasks, list 12", titlesOn(list)[0], "the newest first")
	assert.Zero(t, list.byTestID("zaps-cut").Length())
	assert.Zero(t, list.byTestID("page-next").Length()+list.byTestID("page-previous").Length())

	first := rows.First()
	assert.Equal(t, newest.ID, first.AttrOr("data-zap", ""))
	assert.Equal(t, "off", first.AttrOr("data-state", ""))
	assert.Contains(t, first.Find(`[data-testid="zap-updated"]`).Text(), "21 Nov 2026, 12:00 UTC")
	assert.Contains(t, rows.Eq(1).Find(`[data-testid="zap-last-run"]`).Text(), "22 Nov 2026, 12:00 UTC")
	assert.NotContains(t, first.Find(`[data-testid="zap-last-run"]`).Text(), "UTC", "it never ran")
	for _, app := range []string{"Taskery", "Brightdesk"} {
		assert.Contains(t, first.Find(`[data-testid="zap-apps"]`).Text(), app)
	}
	one := b.follow(list, first.Find(`[data-testid="zap-link"]`))
	assert.Equal(t, "/zaps/"+newest.ID, one.url.Path)
	assert.Equal(t, newest.Title, strings.TrimSpace(one.Find("h1").Text()))
	assert.Equal(t, 2, h.emulator.Count(emulator.OpZapsList), "one call for each page")
}

func TestZapsAreFiltered(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	for _, row := range []struct {
		query string
		found int
	}{
		{"", 12},
		{"query=LIST+1", 4},
		{"query=+1++tickets+", 4},
		{"query=list+12", 1},
		{"query=invoices", 0},
		{"state=on", 8},
		{"state=off", 4},
		{"state=purple", 12},
		{"query=list+1&state=on", 3},
		{"page=x&state=off", 4},
	} {
		list := b.get("/zaps?" + row.query)
		require.Equal(t, http.StatusOK, list.status, row.query)
		assert.Equal(t, row.found, list.byTestID("zap").Length(), row.query)
		assert.Equal(t, row.found == 0, list.byTestID("zaps-empty").Length() == 1, row.query)
		if _, state, asked := strings.Cut(row.query, "state="); asked && state != "purple" {
			assert.Equal(t, row.found, list.Find(`[data-testid="zap"][data-state="`+state+`"]`).Length(), row.query)
		}
	}
	kept := b.get("/zaps?query=" + url.QueryEscape(`"><script>x</script>`) + "&state=off")
	assert.Equal(t, `"><script>x</script>`, kept.Find(`[name="query"]`).AttrOr("value", ""))
	assert.NotContains(t, kept.body, "<script>x")
}

func TestZapsArePaged(t *testing.T) {
	h := newHouse(t, options{between: plainZaps(84)})
	b := h.signedIn(emulator.UserWade)
	page := b.get("/zaps?query=zap&state=off")
	seen, sizes := map[string]bool{}, []int{}
	for {
		titles := titlesOn(page)
		sizes = append(sizes, len(titles))
		for _, title := range titles {
			assert.False(t, seen[title], "%s is on two pages", title)
			seen[title] = true
		}
		assert.Contains(t, page.byTestID("zaps-range").Text(), "42")
		next := page.byTestID("page-next")
		if next.Length() == 0 {
			break
		}
		page = b.follow(page, next)
		assert.Equal(t, "off", page.url.Query().Get("state"))
		assert.Equal(t, "zap", page.url.Query().Get("query"))
	}
	assert.Equal(t, []int{20, 20, 2}, sizes)
	before := page.byTestID("page-previous").AttrOr("href", "")
	assert.Contains(t, before, "page=2")
	assert.Contains(t, before, "state=off")
}

func TestPageOfZapsThatIsNotThere(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade).stopping()
	for asked, first := range map[string]string{
		"/zaps?page=2":                    "/zaps",
		"/zaps?state=on&page=4":           "/zaps?state=on",
		"/zaps?query=nothing&page=999999": "/zaps?query=nothing",
	} {
		beyond := b.get(asked)
		if strings.Contains(asked, "999999") { // no page at all, so the first
			assert.Equal(t, http.StatusOK, beyond.status)
			continue
		}
		assert.Equal(t, http.StatusSeeOther, beyond.status, asked)
		assert.Equal(t, first, beyond.header.Get("Location"))
	}
}

// plainZaps answers for a person with so many Zaps, numbered from 0, of which little is told.
func plainZaps(count int) func(http.Handler) http.Handler {
	return answering("/v2/zaps", func(w http.ResponseWriter, r *http.Request) {
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		var entries []string
		for i := offset; i < min(offset+100, count); i++ {
			entries = append(entries, fmt.Sprintf(`{"id":"9%d","title":"Zap %d","is_enabled":%t}`, i, i, i%2 == 0))
		}
		next := "null"
		if offset+100 < count {
			next = fmt.Sprintf(`"/v2/zaps?limit=100&offset=%d"`, offset+100)
		}
		_, _ = fmt.Fprintf(w, `{"data":[%s],"links":{"next":%s},"meta":{"count":%d}}`, strings.Join(entries, ","), next, count)
	})
}

// A person's Zaps cannot be searched at Zapier, so there has to be an end to reading them.
func TestSoManyZapsAreRead(t *testing.T) {
	for zaps, cut := range map[int]bool{300: false, 301: true} {
		calls := 0
		h := newHouse(t, options{between: func(next http.Handler) http.Handler {
			inner := plainZaps(zaps)(next)
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/v2/zaps" {
					calls++
				}
				inner.ServeHTTP(w, r)
			})
		}})
		b := h.signedIn(emulator.UserWade)
		list := b.get("/zaps?page=15")
		assert.Equal(t, 20, list.byTestID("zap").Length())
		assert.Zero(t, list.byTestID("page-next").Length())
		assert.Equal(t, cut, list.byTestID("zaps-cut").Length() == 1, zaps)
		assert.LessOrEqual(t, calls, 4)
		calls = 0
		assert.Equal(t, http.StatusOK, b.get("/zaps/9299").status)
		assert.Equal(t, "zap-not-found", b.get("/zaps/9300").errorCode())
		assert.Equal(t, 6, calls, "nor is one looked for without an end")
	}
}

func TestZapsOfTwoPeople(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	wade, nadia := h.signedIn(emulator.UserWade), h.signedIn(emulator.UserNadia)
	wade.post("/zaps/new", nil)
	assert.Equal(t, 1, wade.get("/zaps").byTestID("draft").Length())

	list := nadia.get("/zaps")
	assert.Equal(t, []string{"Nadia's tasks"}, titlesOn(list))
	assert.Zero(t, list.byTestID("draft").Length(), "what somebody else is building is theirs")
	zap := h.zapOf(emulator.UserWade, "")
	for _, path := range []string{"/zaps/" + zap.ID, "/zaps/" + zap.ID + "/delete"} {
		foreign := nadia.get(path)
		assert.Equal(t, http.StatusNotFound, foreign.status, path)
		assert.Equal(t, "zap-not-found", foreign.errorCode(), path)
	}
	for _, change := range []string{"rename", "enable", "edit"} {
		foreign := nadia.post("/zaps/"+zap.ID+"/"+change, url.Values{"title": {"Mine"}})
		assert.Equal(t, http.StatusNotFound, foreign.status, change)
		assert.Equal(t, "zap-not-found", foreign.errorCode(), change)
	}
	nadia.post("/zaps/"+zap.ID+"/delete", nil)
	assert.Equal(t, zap, h.zapOf(emulator.UserWade, ""), "nothing of it has changed")
}

// With zap:account:all Zaps of others are listed too.
func TestSharedZaps(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope + " zap:account:all"})
	assert.Contains(t, titlesOn(h.signedIn(emulator.UserWade).get("/zaps?query=nadia")), "Nadia's tasks")
}

// offers are what pages offer only to those whose scopes allow it.
func offers(b *browser, zap string) map[string]bool {
	pages := []page{b.get("/zaps"), b.get("/zaps/" + zap)}
	offered := map[string]bool{}
	for _, id := range []string{"new-zap", "rename", "edit", "enable", "delete", "runs"} {
		offered[id] = pages[0].byTestID(id).Length()+pages[1].byTestID(id).Length() > 0
	}
	return offered
}

// What the scopes do not allow is not offered, and refused without a call.
func TestScopesOfZaps(t *testing.T) {
	for _, row := range []struct {
		without string
		missing []string
		try     []string
		// calls are what Zapier must not be asked for.
		calls []string
	}{
		{},
		{
			without: "zap:write", missing: []string{"new-zap"}, calls: []string{emulator.OpGuess, emulator.OpTemplatesList},
			try: []string{"GET /zaps/new", "POST /zaps/new", "POST /zaps/new/guess", "POST /zaps/new/template"},
		},
		{
			without: "zap:update", missing: []string{"rename", "edit", "enable"}, calls: []string{emulator.OpZapUpdate, emulator.OpZapEnable},
			try: []string{"POST /zaps/{zap}/rename", "POST /zaps/{zap}/edit", "POST /zaps/{zap}/enable"},
		},
		{
			without: "zap:delete", missing: []string{"delete"}, calls: []string{emulator.OpZapDelete},
			try: []string{"GET /zaps/{zap}/delete", "POST /zaps/{zap}/delete"},
		},
		{without: "zap:runs", missing: []string{"runs"}, calls: []string{emulator.OpZapRunsList}},
	} {
		t.Run("without "+row.without, func(t *testing.T) {
			scopes := slices.DeleteFunc(strings.Fields(everyScope), func(scope string) bool { return scope == row.without })
			h := newHouse(t, options{scopes: strings.Join(scopes, " ")})
			b := h.signedIn(emulator.UserWade)
			zap := h.zapOf(emulator.UserWade, "")
			for id, offered := range offers(b, zap.ID) {
				assert.Equal(t, !slices.Contains(row.missing, id), offered, id)
			}
			for _, try := range row.try {
				method, path, _ := strings.Cut(strings.ReplaceAll(try, "{zap}", zap.ID), " ")
				refused := b.do(b.request(method, path, nil))
				assert.Equal(t, http.StatusForbidden, refused.status, try)
				assert.Equal(t, "zapier-refused", refused.errorCode(), try)
			}
			for _, operation := range row.calls {
				assert.Zero(t, h.emulator.Count(operation), operation)
			}
			assert.Empty(t, h.draftsOf(emulator.UserWade))
		})
	}
}

// zap:pause alone turns a Zap on, and changes nothing else of it.
func TestScopePause(t *testing.T) {
	h := newHouse(t, options{scopes: "profile zap zap:all zap:pause"})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "")
	one := b.get("/zaps/" + zap.ID)
	assert.Zero(t, one.byTestID("rename").Length()+one.byTestID("edit").Length())
	b.submit(one, one.byTestID("enable"))
	assert.True(t, h.zapOf(emulator.UserWade, zap.Title).Enabled)
}

// Without any scope for Zaps there is nothing to list, and the page says so beside what is being built.
func TestNoScopeForZaps(t *testing.T) {
	h := newHouse(t, options{scopes: "profile zap:write"})
	b := h.signedIn(emulator.UserWade)
	b.stopping().post("/zaps/new", nil)
	list := b.get("/zaps")
	assert.Equal(t, http.StatusOK, list.status)
	assert.Equal(t, "zapier-refused", list.codeIn("notice"))
	assert.Equal(t, 1, list.byTestID("draft").Length())
	assert.Zero(t, list.byTestID("zaps-empty").Length(), "it does not claim that there are none")
}

// everyFault are the ways in which a call fails, by the code that tells of each.
func everyFault(operation string) map[string]emulator.Fault {
	return map[string]emulator.Fault{
		"zapier-rate-limited": {Operation: operation, Status: http.StatusTooManyRequests},
		"zapier-refused":      {Operation: operation, Status: http.StatusForbidden},
		"zapier-broken":       {Operation: operation, Status: http.StatusInternalServerError},
		"zapier-timeout":      {Operation: operation, Status: http.StatusGatewayTimeout},
	}
}

func TestZapsThatCannotBeRead(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	b.stopping().post("/zaps/new", nil)
	for code, fault := range everyFault(emulator.OpZapsList) {
		require.NoError(t, h.emulator.Arm(fault))
		list := b.get("/zaps")
		assert.Equal(t, http.StatusOK, list.status, code)
		assert.Equal(t, code, list.codeIn("notice"))
		assert.Equal(t, 1, list.byTestID("draft").Length(), "what is being built is there, whatever Zapier says")
		assert.Zero(t, list.byTestID("zaps-empty").Length(), "it does not claim that there are none")
	}
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpZapsList, Status: http.StatusUnauthorized, Times: 2}))
	assert.Equal(t, http.StatusUnauthorized, b.get("/zaps").status)
}

func TestDraftsAreListed(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "")
	b.stopping().post("/zaps/new", nil)
	h.clock.Advance(60e9)
	b.stopping().post("/zaps/"+zap.ID+"/edit", nil)

	rows := b.get("/zaps").byTestID("draft")
	require.Equal(t, 2, rows.Length())
	change, blank := rows.First(), rows.Last()
	assert.Contains(t, change.Find(`[data-testid="draft-changes"]`).Text(), zap.Title)
	assert.Contains(t, change.Find(`[data-testid="draft-updated"]`).Text(), "22 Nov 2026, 12:01 UTC")
	assert.Contains(t, change.Find(`[data-testid="draft-expires"]`).Text(), "22 Dec 2026, 12:01 UTC")
	assert.Equal(t, "Untitled Zap", strings.TrimSpace(blank.Find(`[data-testid="draft-link"]`).Text()))
	assert.Zero(t, blank.Find(`[data-testid="draft-changes"]`).Length())
	assert.NotZero(t, blank.Find(`[data-testid="draft-gaps"]`).Length())
}

func TestZapsAskForSigningIn(t *testing.T) {
	h := newHouse(t, options{})
	stranger := h.browser()
	for path, back := range map[string]string{
		"GET /zaps?query=x":          "/zaps?query=x",
		"GET /zaps/new":              "/zaps/new",
		"GET /zaps/123":              "/zaps/123",
		"GET /zaps/123/delete":       "/zaps/123/delete",
		"POST /zaps/123/delete":      "/zaps/123",
		"POST /zaps/123/rename":      "/zaps/123",
		"POST /zaps/123/edit":        "/zaps/123",
		"POST /zaps/new":             "/zaps/new",
		"POST /zaps/new/guess":       "/zaps/new",
		"POST /zaps/new/template":    "/zaps/new",
		"POST /zaps/%3Cb%3E/enable":  "/apps",
		"GET /zaps/%3Cb%3E?status=x": "/zaps/%3Cb%3E?status=x",
	} {
		method, address, _ := strings.Cut(path, " ")
		asked := stranger.do(stranger.request(method, address, nil))
		assert.Equal(t, http.StatusUnauthorized, asked.status, path)
		link, err := url.Parse(asked.byTestID("sign-in").AttrOr("href", ""))
		require.NoError(t, err)
		assert.Equal(t, back, link.Query().Get("return_to"), path)
	}
	assert.Zero(t, h.emulator.Count(emulator.OpZapsList))
}
