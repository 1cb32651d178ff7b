package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// maxAccountTitle is Zapier's limit, in characters (api.md 2.13).
const maxAccountTitle = 255

// typedAccount is what was typed into the form, and what is wrong with it.
type typedAccount struct {
	form, title, back string
	values            map[string]string
	// wrong has a sentence for each field that needs another value, problems what concerns no field.
	wrong    map[string]string
	problems []string
}

func readTypedAccount(own OwnApp, form url.Values) typedAccount {
	typed := typedAccount{
		form: form.Get("form"), title: strings.TrimSpace(form.Get("title")), back: cleanReturn(form.Get("return")),
		values: map[string]string{}, wrong: map[string]string{},
	}
	for _, field := range own.Fields {
		typed.values[field.Key] = draft.LineEnds(form.Get("f." + field.Key))
	}
	return typed
}

// filled leaves out what was left empty.
func (t typedAccount) filled() map[string]string {
	filled := map[string]string{}
	for key, value := range t.values {
		if value != "" {
			filled[key] = value
		}
	}
	return filled
}

// hasSecret reports whether something was typed that the form is not drawn with.
func (t typedAccount) hasSecret(own OwnApp) bool {
	return slices.ContainsFunc(own.Fields, func(field OwnField) bool { return field.secret() && t.values[field.Key] != "" })
}

// checkTyped reports whether something is wrong that Zapier need not be asked about.
func (s *Server) checkTyped(own OwnApp, typed *typedAccount) bool {
	words := s.cfg.Phrases.AddAccount
	if typed.title == "" {
		typed.problems = append(typed.problems, words.NameMissing)
	}
	if utf8.RuneCountInString(typed.title) > maxAccountTitle {
		typed.problems = append(typed.problems, words.NameTooLong)
	}
	for _, field := range own.Fields {
		if field.Required && strings.TrimSpace(typed.values[field.Key]) == "" {
			typed.wrong[field.Key] = words.Missing
		}
	}
	return len(typed.problems)+len(typed.wrong) > 0
}

// showNotAdded shows the form again with why nothing was added, as far as that is known.
func (s *Server) showNotAdded(w http.ResponseWriter, r *http.Request, a adding, typed typedAccount, err error) error {
	told := asError(err)
	if told.Status == http.StatusUnauthorized || told.Status == statusClientGone {
		return told
	}
	var failed *zapier.Error
	if errors.As(err, &failed) && zapier.Rejected(failed) {
		told = (&Error{Code: "account-rejected", Status: http.StatusUnprocessableEntity}).because(err)
		s.explainRefusal(a.own, &typed, failed.Problems)
	} else if typed.hasSecret(a.own) {
		typed.problems = append(typed.problems, s.cfg.Phrases.AddAccount.SecretsAgain)
	}
	s.logError(r, told)
	setRetryAfter(w, told)
	phrase := s.phrase(told)
	return s.showAddAccount(w, r, a, told.Status, typed, &phrase)
}

// explainRefusal puts Zapier's words where they belong.
func (s *Server) explainRefusal(own OwnApp, typed *typedAccount, problems []zapier.Problem) {
	for _, problem := range problems {
		words := typed.fit(own, cmp.Or(problem.Detail, problem.Title), s.cfg.Phrases.AddAccount.Refused)
		key, pointed := strings.CutPrefix(problem.Source.Pointer, "/data/authentication_fields/")
		key = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
		if _, there := typed.values[key]; pointed && there {
			typed.wrong[key] = words
			continue
		}
		typed.problems = append(typed.problems, words)
	}
}

// fit returns words of Zapier's, or others where those quote a secret: a third party may have said them.
func (t typedAccount) fit(own OwnApp, words, otherwise string) string {
	for _, field := range own.Fields {
		if field.secret() && quotes(words, strings.TrimSpace(t.values[field.Key])) {
			return otherwise
		}
	}
	return cmp.Or(words, otherwise)
}

// tellingPart is how much of a secret gives it away.
const tellingPart = 4

// quotes reports whether words hold the secret, however it is escaped in them: its longer runs of letters and digits
// stay as they are then.
func quotes(words, secret string) bool {
	if secret == "" {
		return false
	}
	for _, spelling := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
		if strings.Contains(words, spelling) {
			return true
		}
	}
	for run := range strings.FieldsFuncSeq(secret, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		if len(run) >= tellingPart && strings.Contains(words, run) {
			return true
		}
	}
	return false
}

func (s *Server) showAddAccount(w http.ResponseWriter, r *http.Request, a adding, status int, typed typedAccount, notice *templates.ErrorPhrase) error {
	view := templates.AddAccountPage{
		Page: s.newPage(r, a.State), App: appView(a.app), Title: typed.title, Form: typed.form, Return: typed.back,
		Problems: typed.problems, Notice: notice,
	}
	for _, field := range a.own.Fields {
		view.Controls = append(view.Controls, s.ownControl(field, typed))
	}
	return s.render(w, r, status, templates.AddAccount(view))
}

func (s *Server) ownControl(field OwnField, typed typedAccount) templates.Control {
	value := typed.values[field.Key]
	control := templates.Control{
		Kind: templates.ControlText, ID: field.Key, Label: cmp.Or(field.Label, humanize(field.Key)), Placeholder: field.Placeholder,
		Required: field.Required, Value: value, Error: typed.wrong[field.Key], Help: s.helpText(field.Help),
	}
	switch field.Type {
	case "password":
		control.Kind, control.Value = templates.ControlPassword, ""
	case "text":
		control.Kind = templates.ControlMultiline
	case "number":
		control.Kind = templates.ControlNumber
	case "integer":
		control.Kind = templates.ControlInteger
	case "boolean":
		control.Kind = templates.ControlSelect
		control.Choices = []templates.Choice{
			{ID: "true", Label: s.cfg.Phrases.Building.Yes, Selected: value == "true"},
			{ID: "false", Label: s.cfg.Phrases.Building.No, Selected: value == "false"},
		}
	}
	return control
}
