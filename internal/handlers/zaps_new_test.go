package handlers_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/emulator"
)

// started is the one draft that a form has just made, which it leads to.
func (h *house) started(answer page, user int) draft.Draft {
	h.t.Helper()
	require.Equal(h.t, http.StatusSeeOther, answer.status, answer.Text())
	drafts := h.draftsOf(user)
	require.Len(h.t, drafts, 1)
	path, _, _ := strings.Cut(answer.header.Get("Location"), "?")
	require.Equal(h.t, "/drafts/"+drafts[0].ID, path)
	return drafts[0]
}

// incomplete says that the draft is shown with the notice that not all of it was found.
func incomplete(answer page) bool {
	return strings.HasSuffix(answer.header.Get("Location"), "?notice=draft-incomplete")
}

// inWords is what a draft is made of: "App: TYPE key" for each step.
func inWords(d draft.Draft) []string {
	var steps []string
	for _, step := range d.Steps {
		said := "-"
		if step.App != nil {
			said = step.App.Title
		}
		if step.Action != nil {
			said += ": " + string(step.Action.Type) + " " + step.Action.Key
		}
		steps = append(steps, said)
	}
	return steps
}

func TestWaysToStart(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	list := b.get("/zaps")
	start := b.follow(list, list.byTestID("new-zap"))
	assert.Equal(t, "/zaps/new", start.url.Path)
	assert.Equal(t, 14, start.byTestID("template").Length())
	first := start.byTestID("template").First()
	assert.Contains(t, first.Text(), "SuperExampleCRM")
	assert.Contains(t, first.Text(), "PlatformAdManager")
	assert.Zero(t, start.byTestID("notice").Length()+start.byTestID("templates-unread").Length())

	blank := h.started(b.stopping().submit(start, start.byTestID("new-blank")), emulator.UserWade)
	assert.Empty(t, blank.Title)
	assert.Equal(t, []string{"-", "-"}, inWords(blank))
}

func TestStartFromATemplate(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	start := b.get("/zaps/new")
	card := start.byTestID("template").FilterFunction(func(_ int, one *goquery.Selection) bool {
		return strings.Contains(one.Text(), "Formella") && strings.Contains(one.Text(), "Gridwork")
	})
	answer := b.stopping().press(start, card.Find(`[data-testid="use-template"]`))
	made := h.started(answer, emulator.UserWade)
	assert.False(t, incomplete(answer))
	assert.Contains(t, made.Title, "Create Spreadsheet Rows in Gridwork Sheets")
	assert.Equal(t, []string{"Formella", "Gridwork Sheets"}, inWords(made))
	assert.NotEmpty(t, made.Steps[0].App.Image)
	assert.False(t, made.Steps[0].App.NeedsNone)
}

func TestTemplateThatIsNotThere(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	for _, id := range []string{"", "1", "x", "4100,4107", "<b>", strings.Repeat("9", 5000)} {
		unknown := b.post("/zaps/new/template", url.Values{"template": {id}})
		assert.Equal(t, http.StatusNotFound, unknown.status, id)
		assert.Equal(t, "template-not-found", unknown.errorCode(), id)
		assert.Equal(t, "/zaps/new", unknown.byTestID("retry").AttrOr("href", ""))
	}
	assert.Empty(t, h.draftsOf(emulator.UserWade))
}

// A template that was written by hand: an App that is gone, one twice, none at all, one that needs no account, a title
// with markup, an unpublished one.
const oddTemplates = `[
	{"id":1,"title":"<script>alert(1)</script>","status":"published","description":"<img src=x onerror=alert(2)>","description_plain":"Plain <b>words</b>","steps":[
		{"id":1,"uuid":"789F4549-03DF-4C86-8449-59C87B43B88F","title":"Taskery"},
		{"id":2,"uuid":"00000000-0000-4000-8000-000000000000","title":"Gone"},
		{"id":3,"uuid":"e85bcf45-505b-4acb-b7e8-4c3a81d49afb","title":"Filter"},
		{"id":4,"uuid":"","title":"Nothing"},
		{"id":5,"uuid":"789f4549-03df-4c86-8449-59c87b43b88f","title":"Taskery"}]},
	{"id":2,"title":"","status":"published","steps":[]},
	{"id":3,"title":"Not yet","status":"draft","steps":[]}
]`

func oddTemplateHouse(t *testing.T, list string) *house {
	return newHouse(t, options{between: answering("/v1/zap-templates", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("offset") != "0" {
			list := "[]"
			_, _ = io.WriteString(w, list)
			return
		}
		_, _ = io.WriteString(w, list)
	})})
}

func TestTemplateWithAnAppThatIsGone(t *testing.T) {
	h := oddTemplateHouse(t, oddTemplates)
	b := h.signedIn(emulator.UserWade)
	start := b.get("/zaps/new")
	assert.Equal(t, 2, start.byTestID("template").Length(), "what is not published is not offered")
	assert.NotContains(t, start.body, "<script>alert")
	assert.NotContains(t, start.body, "<img src=x")
	assert.Contains(t, start.byTestID("template").First().Text(), "Plain <b>words</b>")
	assert.Contains(t, start.byTestID("template").Last().Text(), "Untitled Zap")

	answer := b.stopping().post("/zaps/new/template", url.Values{"template": {"1"}})
	made := h.started(answer, emulator.UserWade)
	assert.True(t, incomplete(answer), "it is said")
	assert.Equal(t, []string{"Taskery", "-", "Filter", "-", "Taskery"}, inWords(made))
	assert.True(t, made.Steps[2].App.NeedsNone)
	assert.Equal(t, "template-not-found", b.post("/zaps/new/template", url.Values{"template": {"3"}}).errorCode())
}

func TestTemplateOfVeryManySteps(t *testing.T) {
	step := `{"id":1,"uuid":"789f4549-03df-4c86-8449-59c87b43b88f","title":"Taskery"}`
	h := oddTemplateHouse(t, fmt.Sprintf(`[{"id":1,"title":"x","status":"published","steps":[%s]}]`, strings.Repeat(step+",", 40)+step))
	answer := h.signedIn(emulator.UserWade).stopping().post("/zaps/new/template", url.Values{"template": {"1"}})
	assert.Len(t, h.started(answer, emulator.UserWade).Steps, draft.MaxSteps)
	assert.True(t, incomplete(answer))
}

// A page that cannot have its templates has the rest; a template that cannot be read leaves nothing behind.
func TestTemplatesThatCannotBeRead(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	pick := url.Values{"template": {b.get("/zaps/new").byTestID("template").First().AttrOr("data-template", "")}}
	templateFaults := everyFault(emulator.OpTemplatesList)
	delete(templateFaults, "zapier-refused")
	templateFaults["client-refused"] = emulator.Fault{Operation: emulator.OpTemplatesList, Status: http.StatusUnauthorized}
	for code, fault := range templateFaults {
		require.NoError(t, h.emulator.Arm(fault))
		start := b.get("/zaps/new")
		assert.Equal(t, http.StatusOK, start.status)
		assert.Equal(t, code, start.codeIn("templates-unread"))
		assert.Equal(t, 2, start.byTestID("new-blank").Length()+start.byTestID("guess").Length(), "the other ways are there")

		require.NoError(t, h.emulator.Arm(fault))
		failed := b.post("/zaps/new/template", pick)
		assert.Equal(t, code, failed.errorCode())
		assert.Equal(t, "/zaps/new", failed.byTestID("retry").AttrOr("href", ""))
	}
	for code, fault := range everyFault(emulator.OpAppsList) {
		require.NoError(t, h.emulator.Arm(fault))
		assert.Equal(t, code, b.post("/zaps/new/template", pick).errorCode())
	}
	assert.Empty(t, h.draftsOf(emulator.UserWade))
}

func TestStartFromWords(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	start := b.get("/zaps/new")
	answer := b.stopping().submit(start, start.byTestID("guess"), "description", "When SuperExampleCRM has a lead, tell PlatformAdManager and then Pondside Chat")
	made := h.started(answer, emulator.UserWade)
	assert.False(t, incomplete(answer), answer.header.Get("Location"))
	assert.NotEmpty(t, made.Title)
	assert.Equal(t, []string{
		"SuperExampleCRM: READ new_lead", "PlatformAdManager: WRITE create_engagement_report", "Pondside Chat: WRITE create_message",
	}, inWords(made))
	assert.Equal(t, "New Lead", made.Steps[0].Action.Title)
}

func TestWordsThatAreNoZap(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	said := `What is the weather </textarea><script>alert(1)</script> like?`
	refused := b.post("/zaps/new/guess", url.Values{"description": {said}})
	assert.Equal(t, http.StatusUnprocessableEntity, refused.status)
	assert.Equal(t, "guess-refused", refused.codeIn("notice"))
	assert.Contains(t, refused.byTestID("guess-refused").Text(), "does not describe a workflow")
	assert.Equal(t, said, strings.TrimSpace(refused.Find(`textarea[name="description"]`).Text()), "the words are kept")
	assert.NotContains(t, refused.body, "<script>alert")
	assert.Equal(t, 14, refused.byTestID("template").Length(), "the other ways are there")
	assert.NotContains(t, h.logs.String(), "weather", "what somebody typed is nobody's log")

	for _, nothing := range []string{"", " \n\t"} {
		missing := b.post("/zaps/new/guess", url.Values{"description": {nothing}})
		assert.Equal(t, http.StatusUnprocessableEntity, missing.status)
		assert.Equal(t, "description-missing", missing.codeIn("notice"))
	}
	assert.Equal(t, 1, h.emulator.Count(emulator.OpGuess))
	assert.Empty(t, h.draftsOf(emulator.UserWade))
}

// Whichever call fails, the words are kept, the page says why, and no half of a draft is left behind.
func TestWordsWhenACallFails(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	said := "When Taskery has a task, tell Pondside Chat"
	for _, operation := range []string{emulator.OpGuess, emulator.OpAppsList, emulator.OpActionsList} {
		failures := everyFault(operation)
		if operation == emulator.OpGuess {
			failures["client-refused"] = emulator.Fault{Operation: operation, Status: http.StatusUnauthorized}
			delete(failures, "zapier-refused")
		}
		if operation == emulator.OpActionsList { // once with the client id, once with the token
			failures["zapier-refused"] = emulator.Fault{Operation: operation, Status: http.StatusForbidden, Times: 2}
		}
		for code, fault := range failures {
			require.NoError(t, h.emulator.Arm(fault))
			failed := b.post("/zaps/new/guess", url.Values{"description": {said}})
			assert.GreaterOrEqual(t, failed.status, 400)
			assert.Equal(t, code, failed.codeIn("notice"), operation)
			assert.Equal(t, said, strings.TrimSpace(failed.Find(`textarea[name="description"]`).Text()))
			assert.Equal(t, code == "zapier-rate-limited", failed.header.Get("Retry-After") == "60")
		}
	}
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpAppsList, Status: http.StatusUnauthorized, Times: 2}))
	assert.Equal(t, http.StatusUnauthorized, b.post("/zaps/new/guess", url.Values{"description": {said}}).status)
	assert.Empty(t, h.draftsOf(emulator.UserWade))
}

// What a guess names and nobody finds stays empty, and that is said.
func TestGuessesThatAreNotFound(t *testing.T) {
	guess := func(prefilled string, apps ...string) string {
		var steps []string
		for _, app := range apps {
			steps = append(steps, fmt.Sprintf(`{"step":{"title":null,"app":%q,"api":"XAPI"},"alternatives":[]}`, app))
		}
		return fmt.Sprintf(`{"title":"Guessed","steps":[%s],"prefilled_url":%q}`, strings.Join(steps, ","), prefilled)
	}
	var guessed string
	h := newHouse(t, options{between: answering("/v2/guess", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, guessed) })})
	b := h.signedIn(emulator.UserWade).stopping()
	const link = "https://api.zapier.com/v1/embed/x/create?"
	both := link + "steps%5B0%5D%5Baction%5D=new_task&steps%5B0%5D%5Btype%5D=read&steps%5B1%5D%5Baction%5D=create_message&steps%5B1%5D%5Btype%5D=write"
	for name, row := range map[string]struct {
		guess      string
		steps      []string
		incomplete bool
	}{
		"all of it":               {guess(both, "Taskery", "Pondside Chat"), []string{"Taskery: READ new_task", "Pondside Chat: WRITE create_message"}, false},
		"an App nobody has":       {guess(both, "Nowhere", "Pondside Chat"), []string{"-", "Pondside Chat: WRITE create_message"}, true},
		"a part of a title":       {guess(both, "Task", "Pondside Chat"), []string{"-", "Pondside Chat: WRITE create_message"}, true},
		"no App":                  {guess(both, "", "Pondside Chat"), []string{"-", "Pondside Chat: WRITE create_message"}, true},
		"no link":                 {guess("", "Taskery", "Pondside Chat"), []string{"Taskery", "Pondside Chat"}, true},
		"a link that is none":     {guess("%zz://", "Taskery", "Pondside Chat"), []string{"Taskery", "Pondside Chat"}, true},
		"an action nobody has":    {guess(link+"steps[0][action]=x&steps[0][type]=read", "Taskery", "Taskery"), []string{"Taskery", "Taskery"}, true},
		"a type nobody has":       {guess(link+"steps[0][action]=new_task&steps[0][type]=dance", "Taskery", "Taskery"), []string{"Taskery", "Taskery"}, true},
		"a trigger that is none":  {guess(link+"steps[0][action]=create_task&steps[0][type]=write", "Taskery", "Taskery"), []string{"Taskery", "Taskery"}, true},
		"a trigger in the middle": {guess(link+"steps[0][action]=new_task&steps[0][type]=read&steps[1][action]=new_task&steps[1][type]=read", "Taskery", "Taskery"), []string{"Taskery: READ new_task", "Taskery"}, true},
		"no steps":                {guess(link), []string{"-", "-"}, false},
		"one step":                {guess(both, "Taskery"), []string{"Taskery: READ new_task", "-"}, false},
	} {
		guessed = row.guess
		answer := b.post("/zaps/new/guess", url.Values{"description": {"x"}})
		made := h.started(answer, emulator.UserWade)
		assert.Equal(t, row.steps, inWords(made), name)
		assert.Equal(t, row.incomplete, incomplete(answer), name)
		assert.Equal(t, "Guessed", made.Title)
		require.NoError(t, h.drafts.Delete(t.Context(), strconv.Itoa(emulator.UserWade), made.ID))
	}
}

// A start that is sent again leads to its draft, with all that is to be said of it, and asks Zapier nothing.
func TestStartThatIsSentAgainAsksNothing(t *testing.T) {
	h, door := doorHouse(t)
	b := h.signedIn(emulator.UserWade)
	page := b.get("/zaps/new")
	start := page.byTestID("new-blank").Find(`[name="start"]`)
	assert.Equal(t, "off", start.AttrOr("autocomplete", ""), "a page that is loaded again is another start")
	token := start.AttrOr("value", "")
	for path, typed := range map[string]url.Values{
		"/zaps/new/guess":    {"start": {token}, "description": {"When Taskery has a task, tell Pondside Chat"}},
		"/zaps/new/template": {"start": {token}, "template": {page.byTestID("template").First().AttrOr("data-template", "")}},
	} {
		first := b.stopping().post(path, typed)
		require.Equal(t, http.StatusSeeOther, first.status, first.Text())
		calls, entered := h.apiCalls(), len(door.entered)
		again := b.stopping().post(path, typed)
		assert.Equal(t, first.header.Get("Location"), again.header.Get("Location"))
		assert.Equal(t, calls, h.apiCalls(), path)
		assert.Len(t, door.entered, entered, "and is no start")
	}
}
