package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// The documentation is held to the program: what is listed there is what there is, in both directions.

// root leads from this package's folder, where its tests run, to the repository's.
const root = "../.."

func TestDocsListEverySetting(t *testing.T) {
	var want [][]string
	for _, field := range settingFields() {
		value := ""
		if field.defaultValue != "" {
			value = "`" + field.defaultValue + "`"
		}
		want = append(want, []string{"`" + field.name + "`", value, field.help})
	}
	page := readDoc(t, "docs/settings.md")
	assert.Equal(t, want, page.section(t, "Settings").rows())
	for _, field := range settingFields() {
		if field.file {
			assert.Contains(t, page.section(t, "Settings from files").text, "`"+field.name+"_FILE`")
		}
	}
}

// Who copies an example that is behind a proxy has named the proxy.
func TestDocsNameTheProxyInEveryExample(t *testing.T) {
	t.Parallel()
	examples := append(readDoc(t, "docs/settings.md").section(t, "Examples").blocks("sh"), readDoc(t, "README.md").section(t, "Point it at the real Zapier").blocks("sh")...)
	https := 0
	for _, example := range examples {
		if strings.Contains(example, "PUBLIC_URL=https://") && strings.Contains(example, "STORE_") {
			https++
			assert.Contains(t, example, "TRUSTED_PROXIES=")
		}
	}
	assert.Equal(t, 3, https)
}

func TestDocsListEveryRouteOfTheAPI(t *testing.T) {
	w := newWorld(t, worldOptions{prefix: "/prefix"})
	routes, err := w.app.pages.Routes()
	require.NoError(t, err)
	var want []string
	for _, route := range routes {
		if strings.Contains(route, " /api/") {
			want = append(want, route)
		}
	}
	require.NotEmpty(t, want)
	var documented []string
	for _, heading := range readDoc(t, "docs/api.md").headings() {
		if strings.Contains(heading, "/api/") {
			documented = append(documented, strings.Trim(heading, "`"))
		}
	}
	assert.ElementsMatch(t, want, documented)
}

func TestDocsListEveryCallThatIsPassedOn(t *testing.T) {
	var want, documented [][]string
	for _, call := range zapier.ProxiedCalls() {
		want = append(want, []string{"`" + call.Method + " " + call.Path + "`", call.Credential()})
	}
	for _, row := range readDoc(t, "docs/api.md").section(t, "Zapier's own API").rows() {
		documented = append(documented, row[:2])
	}
	assert.Equal(t, want, documented)
}

func TestDocsShowTheAnswersOfTheAPI(t *testing.T) {
	page := readDoc(t, "docs/api.md")
	for _, test := range []struct {
		heading string
		answer  any
		// table: the section explains each field in one.
		table bool
	}{
		{"An attempt", handlers.Attempt{}, true},
		{"`GET /api/session`", handlers.Session{}, true},
		{"Errors", handlers.Problem{}, false},
	} {
		t.Run(test.heading, func(t *testing.T) {
			section := page.section(t, test.heading)
			examples := section.blocks("json")
			require.Len(t, examples, 1)
			decoder := json.NewDecoder(strings.NewReader(examples[0]))
			decoder.DisallowUnknownFields()
			assert.NoError(t, decoder.Decode(reflect.New(reflect.TypeOf(test.answer)).Interface()))
			if test.table {
				assert.ElementsMatch(t, jsonFields(test.answer), section.codes(0))
			}
		})
	}
	var problem handlers.Problem
	require.NoError(t, json.Unmarshal([]byte(page.section(t, "Errors").blocks("json")[0]), &problem))
	phrase := templates.English().Error(problem.Code)
	assert.Equal(t, []string{phrase.Title, phrase.Sentence + " " + phrase.Advice, phrase.Cause, phrase.Advice},
		[]string{problem.Title, problem.Detail, problem.Cause, problem.Advice})
	checks := page.section(t, "`POST /api/attempts/{attempt}/check`").codes(0)
	for _, kind := range connect.Kinds() {
		assert.Contains(t, checks, string(kind))
	}
}

func TestDocsExplainEveryErrorCode(t *testing.T) {
	page := readDoc(t, "docs/errors.md")
	var documented []string
	for _, line := range page.lines() {
		if code, ok := strings.CutPrefix(line, "### "); ok {
			documented = append(documented, code)
		}
	}
	var codes []string
	for code := range templates.English().Errors {
		codes = append(codes, code)
	}
	assert.ElementsMatch(t, codes, documented)
	for _, code := range documented {
		explained := page.section(t, code).text
		for _, part := range []string{"- **Status:** ", "- **What to do:** ", "- **Again:** "} {
			assert.Contains(t, explained, part, code)
		}
		assert.Equal(t, handlers.Helps(code), strings.Contains(explained, "- **Again:** Yes"), code)
	}
}

func TestDocsListEveryHookOfThePages(t *testing.T) {
	drawn := map[string]bool{}
	views := map[string]bool{}
	for _, component := range slices.Concat(everyPage(), buildingPages()) {
		page := draw(t, component)
		page.Find("[data-testid]").Each(func(_ int, element *goquery.Selection) {
			drawn[element.AttrOr("data-testid", "")] = true
		})
		page.Find(`[data-testid="attempt"] [data-show]`).Each(func(_ int, element *goquery.Selection) {
			for view := range strings.FieldsSeq(element.AttrOr("data-show", "")) {
				views[view] = true
			}
		})
	}
	for _, written := range attributeIn(t, "web/templates/*.templ", "data-testid") {
		require.True(t, drawn[written], "no page of this test shows %s: draw one in everyPage", written)
	}
	hooks := readDoc(t, "docs/connect.md").section(t, "Hooks for browser tests")
	building := readDoc(t, "docs/building.md").section(t, "Hooks for browser tests")
	assert.ElementsMatch(t, keys(drawn), append(hooks.table("`data-testid`").codes(0), building.codes(0)...))
	// Picking is a view, not a state: the attempt is open meanwhile.
	delete(views, "picking")
	assert.ElementsMatch(t, keys(views), hooks.table("`data-state`").codes(0))
	region := draw(t, everyAttempt()).Find(byTestID("attempt"))
	for _, attribute := range hooks.table("Attribute").codes(0) {
		assert.NotEmpty(t, region.AttrOr(attribute, ""), attribute)
	}
}

func TestDocsNameEveryFileOfSentences(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "web/templates/phrases_*.go"))
	require.NoError(t, err)
	section := readDoc(t, "docs/styling.md").section(t, "Wording and translation")
	for _, file := range files {
		if name := filepath.Base(file); name != "phrases_test.go" && strings.Contains(readFile(t, "web/templates/"+name), "\nfunc english") {
			assert.Contains(t, section.text, "(../web/templates/"+name+")")
		}
	}
}

func TestDocsExplainOwnApps(t *testing.T) {
	section := readDoc(t, "docs/connect.md").section(t, "Your own App")
	example := section.blocks("json")
	require.Len(t, example, 1)
	got, err := readSettings([]string{"OWN_APPS=" + example[0]})
	require.NoError(t, err)
	require.Len(t, got.ownApps, 2)
	assert.Equal(t, jsonFields(ownAppJSON{}), section.table("Member").codes(0))
	assert.ElementsMatch(t, jsonFields(ownFieldJSON{}), section.table("Member of a field").codes(0))
	for scheme := range ownSchemes() {
		assert.Contains(t, section.table("Member").text, "`"+scheme+"`")
	}
	for _, kind := range handlers.OwnFieldTypes() {
		assert.Contains(t, section.table("Member of a field").text, "`"+kind+"`")
	}
}

// The example is what partners copy: it has to work as it stands.
func TestBrowserDocumentedExampleOfThePopup(t *testing.T) {
	front := reserve(t)
	address := "http://localhost:" + portOf(front)
	w := newWorld(t, worldOptions{env: map[string]string{"PUBLIC_URL": address + "/zaps"}})
	w.url = address + "/zaps"
	example := readDoc(t, "docs/connect.md").section(t, "Using popup.js by itself").blocks("html")
	require.Len(t, example, 1)
	partner := httptest.NewUnstartedServer(partnerSite(t, w, strings.Replace(example[0], "https://zapier.com", w.settings.Origin, 1)))
	require.NoError(t, partner.Listener.Close())
	partner.Listener = front
	partner.Start()
	t.Cleanup(partner.Close)

	p := w.wade("/apps")
	p.open(address + "/")
	p.wait(`!document.querySelector('#connect').disabled`)
	p.popup(func() { p.click("#connect") }).finish()
	p.wait(`document.querySelector('#result').value !== ''`)
	stored := w.stored(emulator.AppBasic)
	require.Len(t, stored, 1)
	assert.Equal(t, "connected "+stored[0].ID, eval[string](p, `document.querySelector('#result').value`))
}

// partnerSite is a product of a partner's own with Zapembed below a path of its host.
func partnerSite(t *testing.T, w *world, page string) http.Handler {
	t.Helper()
	server := &url.URL{Scheme: "http", Host: w.settings.ListenAddr}
	mux := http.NewServeMux()
	mux.Handle("/zaps/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(server)
		r.Out.Host = r.In.Host
	}})
	mux.HandleFunc("/popup.js", func(rw http.ResponseWriter, r *http.Request) {
		http.ServeFile(rw, r, filepath.Join(root, "web/static/js/popup.js"))
	})
	mux.HandleFunc("/{$}", func(rw http.ResponseWriter, _ *http.Request) {
		_, err := rw.Write([]byte("<!doctype html><title>Partner</title>" + page))
		assert.NoError(t, err)
	})
	return mux
}

func TestDocsListWhatSteersTheEmulator(t *testing.T) {
	zapier := documentedEmulator(t)
	var endpoints []string
	require.NoError(t, chi.Walk(zapier.Handler().(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if strings.HasPrefix(route, "/emulator/api/") {
			endpoints = append(endpoints, method+" "+route)
		}
		return nil
	}))
	page := readDoc(t, "docs/emulator.md")
	assert.ElementsMatch(t, endpoints, page.section(t, "The JSON endpoints").table("Endpoint").codes(0))
	assert.ElementsMatch(t, jsonFields(emulator.Popup{}), page.section(t, "Popups").codes(0))
	assert.ElementsMatch(t, jsonFields(emulator.Readings{}), page.section(t, "Readings").codes(0))

	require.NoError(t, zapier.Arm(emulator.Fault{Operation: emulator.OpAppsList, Status: http.StatusInternalServerError}))
	var armed []map[string]any
	require.NoError(t, json.Unmarshal(ask(t, zapier, "/emulator/api/faults"), &armed))
	faults := page.section(t, "Faults")
	assert.ElementsMatch(t, keys(armed[0]), faults.codes(0))
	operations := faults.rows()[0][1]
	assert.ElementsMatch(t, emulator.Operations(), codesIn(operations))

	var failures []string
	for _, failure := range emulator.Failures() {
		failures = append(failures, string(failure))
	}
	assert.ElementsMatch(t, failures, page.section(t, "Third parties").codes(0))
	seed := page.section(t, "Seed files").blocks("yaml")
	require.Len(t, seed, 1)
	file, err := emulator.ReadSeed(strings.NewReader(seed[0]))
	require.NoError(t, err)
	require.NoError(t, zapier.Seed(file))

	hooks := page.section(t, "Hooks for browser tests").codes(0)
	assert.ElementsMatch(t, attributeIn(t, "internal/emulator/pages/*.templ", "data-testid"), hooks)
}

func TestDocsListWhatTheEmulatorHolds(t *testing.T) {
	zapier := documentedEmulator(t)
	page := readDoc(t, "docs/emulator.md")
	landing, err := goquery.NewDocumentFromReader(bytes.NewReader(ask(t, zapier, "/")))
	require.NoError(t, err)
	var documented, shown [][]string
	for _, row := range zapier.Coverage() {
		operation, code := strings.TrimSpace(row.Method+" "+row.Path), ""
		if operation != "" {
			code = "`" + operation + "`"
		}
		documented = append(documented, []string{code, row.What, row.Level, row.Note})
		shown = append(shown, []string{operation, row.Level, row.Note})
	}
	assert.Equal(t, documented, page.section(t, "What it covers").rows())
	var drawn [][]string
	landing.Find(byTestID("coverage")).Each(func(_ int, row *goquery.Selection) {
		cells := row.Find("td").Map(func(_ int, cell *goquery.Selection) string { return cell.Text() })
		drawn = append(drawn, append([]string{strings.TrimSpace(row.AttrOr("data-operation", ""))}, cells...))
	})
	assert.Equal(t, shown, drawn)

	var apps struct{ Data []struct{ ID, Title string } }
	require.NoError(t, json.Unmarshal(ask(t, zapier, "/v2/apps?limit=100&client_id=partner"), &apps))
	titles := map[string]string{}
	for _, app := range apps.Data {
		titles[app.ID] = app.Title
	}
	living := page.section(t, "Who lives in it")
	for _, row := range living.table("App").rows() {
		assert.Equal(t, row[0], titles[codesIn(row[1])[0]], row)
	}
	people := map[string]int{
		emulator.EmailWade: emulator.UserWade, emulator.EmailNadia: emulator.UserNadia,
		emulator.EmailZoe: emulator.UserZoe, emulator.EmailTom: emulator.UserTom,
	}
	for _, row := range living.table("Person").rows() {
		assert.Equal(t, strconv.Itoa(people[codesIn(row[2])[0]]), codesIn(row[1])[0], row)
	}
	assert.Len(t, living.table("Person").rows(), len(people))
}

func TestDocsListEveryThemeProperty(t *testing.T) {
	var properties []string
	for _, found := range regexp.MustCompile(`(?m)^\t\t(--z-[a-z-]+):`).FindAllStringSubmatch(readFile(t, "web/static/css/zapembed.css"), -1) {
		properties = append(properties, found[1])
	}
	require.NotEmpty(t, properties)
	assert.ElementsMatch(t, properties, readDoc(t, "docs/styling.md").section(t, "Colours and shape").codes(0))
}

func TestDocsListEveryDependency(t *testing.T) {
	module, tools := readFile(t, "go.mod"), readFile(t, "tools/go.mod")
	page := readDoc(t, "docs/dependencies.md")
	direct := regexp.MustCompile(`(?m)^\t(\S+) v\S+$`)
	assert.ElementsMatch(t, matches(direct, module),
		append(page.section(t, "In the programs").codes(0), page.section(t, "In tests only").codes(0)...))
	tool := regexp.MustCompile(`(?m)^(?:tool |\t)(\S+/\S+)$`)
	fetched := regexp.MustCompile(`--package=([a-z]+)@`)
	locked := regexp.MustCompile(`(?m)^    "([a-z@/_-]+)": "\d`)
	assert.ElementsMatch(t, slices.Concat(matches(tool, module), matches(tool, tools), matches(tool, readFile(t, "tools/audit/go.mod")),
		matches(fetched, readFile(t, "Makefile")), matches(locked, readFile(t, "tools/package.json")), matches(locked, readFile(t, "tools/audit/package.json"))),
		page.section(t, "Tools").codes(0))
}

func TestReadmeNamesWhatThereIs(t *testing.T) {
	readme := readDoc(t, "README.md")
	mapped := readme.section(t, "Map of the folders").codes(0)
	for _, folder := range mapped {
		assert.DirExists(t, filepath.Join(root, folder))
	}
	for _, pattern := range []string{"*/*.go", "internal/*/doc.go", "web/*/doc.go", "cmd/*/main.go", "*/*.md", "tools/*", ".ci/*"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, file := range found {
			folder, err := filepath.Rel(root, filepath.Dir(file))
			require.NoError(t, err)
			assert.Contains(t, mapped, folder+"/")
		}
	}
	makefile := readFile(t, "Makefile")
	for _, command := range matches(regexp.MustCompile("(?m)(?:^|`)make ([a-z]+)"), readme.text) {
		assert.Contains(t, makefile, "\n"+command+":")
	}
}

func TestReadmeBuildsWhatTheImageHolds(t *testing.T) {
	command := regexp.MustCompile(`(CGO_ENABLED=0 go build .*)-o \S+ \./cmd/server`)
	built := matches(command, readFile(t, "Dockerfile"))
	require.Len(t, built, 1)
	assert.Equal(t, built, matches(command, readFile(t, "README.md")))
}

func TestDocsLinksResolve(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root, "docs/*.md"))
	require.NoError(t, err)
	pages = append(pages, filepath.Join(root, "README.md"), filepath.Join(root, "SECURITY.md"))
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, page := range pages {
		name, err := filepath.Rel(root, page)
		require.NoError(t, err)
		t.Run(name, func(t *testing.T) {
			for _, target := range matches(link, strings.Join(readDoc(t, name).lines(), "\n")) {
				if strings.Contains(target, "://") {
					continue
				}
				file, anchor, _ := strings.Cut(target, "#")
				resolved := name
				if file != "" {
					resolved = filepath.Join(filepath.Dir(name), file)
				}
				if assert.FileExists(t, filepath.Join(root, resolved), target) && anchor != "" {
					assert.Contains(t, readDoc(t, resolved).anchors(), anchor, target)
				}
			}
		})
	}
}

// --- pages of the program ---------------------------------------------------

// everyPage draws each component in the states that differ in what they hold.
func everyPage() []templ.Component {
	signedIn := somePage()
	signedOut := signedIn
	signedOut.User = nil
	framed := signedOut
	framed.Framed, framed.CrossSite = true, true
	kept := signedIn
	kept.KeptSince = time.Now
	app := templates.App{ID: "app", Title: "App"}
	phrase := signedIn.Phrases.Error("authentication-gone")
	return []templ.Component{
		templates.HomePage(templates.Home{Page: signedOut}),
		templates.HomePage(templates.Home{Page: signedIn, Chosen: []templates.Chosen{{App: app}}}),
		templates.AppsPage(templates.Apps{Page: signedIn, Apps: []templates.App{app}}),
		everyAttempt(),
		templates.AppDetail(templates.AppPage{Page: signedIn, App: app, NeedsNone: true, Notice: &phrase}),
		templates.Error(templates.ErrorPage{Page: signedOut, Error: phrase, SignIn: true, Retry: "/"}),
		templates.Error(templates.ErrorPage{Page: signedOut, Error: phrase, InWindow: true}),
		templates.Error(templates.ErrorPage{Page: kept, Error: phrase, Wait: &templates.Wait{Place: 1}, Repeat: &templates.Repeat{Action: "/"}}),
		templates.Error(templates.ErrorPage{Page: signedOut, Error: phrase, Wait: &templates.Wait{}, InWindow: true, Anyway: "/"}),
		templates.SignedInWindow(templates.SignedIn{Page: signedIn, ReturnTo: "/"}),
		templates.SignedInWindow(templates.SignedIn{Page: signedOut, Handover: "code"}),
		templates.HomePage(templates.Home{Page: framed}),
	}
}

// everyAttempt is an App's page whose region has all its panels, and candidates.
func everyAttempt() templ.Component {
	list := []templates.Authentication{{ID: "1", Title: "One", Expired: true}, {ID: "2", Title: "Two"}}
	return templates.AppDetail(templates.AppPage{
		Page: somePage(), App: templates.App{ID: "app", Title: "App"}, Authentications: list,
		Attempt: &templates.Attempt{
			ID: "attempt", State: templates.AttemptWaiting, Start: "/start", Window: "window",
			AuthenticationID: "2", Candidates: list,
		},
	})
}

func somePage() templates.Page {
	return templates.Page{
		Phrases: templates.English(), Assets: "/static/hash", Emulator: "http://127.0.0.1:8081",
		User: &templates.User{Name: "Wade Example"},
	}
}

func draw(t *testing.T, component templ.Component) *goquery.Document {
	t.Helper()
	var drawn bytes.Buffer
	require.NoError(t, component.Render(context.Background(), &drawn))
	document, err := goquery.NewDocumentFromReader(&drawn)
	require.NoError(t, err)
	return document
}

func documentedEmulator(t *testing.T) *emulator.Emulator {
	t.Helper()
	zapier, err := emulator.New(emulator.Options{Clients: []emulator.Client{{
		ID: "partner", Secret: "partner-secret", Title: "Partner", RedirectURIs: []string{"http://localhost:8080/sign-in/callback"},
	}}})
	require.NoError(t, err)
	return zapier
}

func ask(t *testing.T, zapier *emulator.Emulator, path string) []byte {
	t.Helper()
	answer := httptest.NewRecorder()
	zapier.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	require.Equal(t, http.StatusOK, answer.Code, path)
	return answer.Body.Bytes()
}

// attributeIn lists the plain values of an attribute in templates, each once.
func attributeIn(t *testing.T, pattern, attribute string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pattern))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	values := map[string]bool{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, value := range matches(regexp.MustCompile(attribute+`="([^"]+)"`), string(content)) {
			values[value] = true
		}
	}
	return keys(values)
}

// jsonFields are the names of a struct's fields in JSON.
func jsonFields(value any) []string {
	var names []string
	kind := reflect.TypeOf(value)
	for i := range kind.NumField() {
		name, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

func keys[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	return names
}

// matches are the first groups of all matches.
func matches(pattern *regexp.Regexp, text string) []string {
	var found []string
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}

// --- pages of the documentation ---------------------------------------------

// doc is a page of the documentation, or a part of one.
type doc struct{ text string }

func readFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(content)
}

func readDoc(t *testing.T, name string) doc {
	t.Helper()
	return doc{readFile(t, name)}
}

// lines are those outside of code blocks, where a "#" is a heading.
func (d doc) lines() []string {
	var lines []string
	code := false
	for line := range strings.SplitSeq(d.text, "\n") {
		fence := strings.HasPrefix(line, "```")
		if !code && !fence {
			lines = append(lines, line)
		}
		code = code != fence
	}
	return lines
}

func headingOf(line string) (heading string, ok bool) {
	title := strings.TrimLeft(line, "#")
	return strings.TrimSpace(title), title != line && strings.HasPrefix(title, " ")
}

func (d doc) headings() []string {
	var headings []string
	for _, line := range d.lines() {
		if heading, ok := headingOf(line); ok {
			headings = append(headings, heading)
		}
	}
	return headings
}

// anchors are what GitHub makes of the headings.
func (d doc) anchors() []string {
	var anchors []string
	for _, heading := range d.headings() {
		anchors = append(anchors, strings.Map(func(c rune) rune {
			switch {
			case c == ' ':
				return '-'
			case unicode.IsLetter(c), unicode.IsDigit(c), c == '-', c == '_':
				return unicode.ToLower(c)
			default:
				return -1
			}
		}, heading))
	}
	return anchors
}

// section is what stands under a heading, up to the next one of any rank.
func (d doc) section(t *testing.T, heading string) doc {
	t.Helper()
	var part []string
	inside, code, found := false, false, false
	for line := range strings.SplitSeq(d.text, "\n") {
		code = code != strings.HasPrefix(line, "```")
		if title, ok := headingOf(line); ok && !code {
			inside = title == heading
			found = found || inside
			continue
		}
		if inside {
			part = append(part, line)
		}
	}
	require.True(t, found, "no heading %q", heading)
	return doc{strings.Join(part, "\n")}
}

// table is the one table whose header begins with that cell.
func (d doc) table(first string) doc {
	header := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(first) + ` \|.*\n\| ---.*\n(?:\|.*\n?)+`)
	return doc{header.FindString(d.text)}
}

// rows are the cells of all tables' rows, without their headers.
func (d doc) rows() [][]string {
	var rows [][]string
	inside := false
	for _, line := range d.lines() {
		switch {
		case !strings.HasPrefix(line, "|"):
			inside = false
		case strings.HasPrefix(line, "| ---"):
			inside = true
		case inside:
			cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			rows = append(rows, cells)
		}
	}
	return rows
}

// codes are the words set as code in one column of all tables.
func (d doc) codes(column int) []string {
	var codes []string
	for _, row := range d.rows() {
		codes = append(codes, codesIn(row[column])...)
	}
	return codes
}

func codesIn(cell string) []string { return matches(regexp.MustCompile("`([^`]+)`"), cell) }

// blocks are the code blocks of one language.
func (d doc) blocks(language string) []string {
	return matches(regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$"), d.text)
}
