package templates_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/zapembed/zapembed/web/templates"
)

// A sentence that was forgotten would show as nothing at all.
func TestNoPhraseIsEmpty(t *testing.T) {
	t.Parallel()
	assertFilled(t, "Phrases", reflect.ValueOf(*templates.English()))
}

func assertFilled(t *testing.T, path string, value reflect.Value) {
	t.Helper()
	switch value.Kind() {
	case reflect.Struct:
		for i := range value.NumField() {
			if !value.Type().Field(i).IsExported() { // no sentence
				continue
			}
			assertFilled(t, path+"."+value.Type().Field(i).Name, value.Field(i))
		}
	case reflect.Array:
		for i := range value.Len() {
			assertFilled(t, path, value.Index(i))
		}
	case reflect.Map:
		for _, key := range value.MapKeys() {
			assertFilled(t, path+"["+key.String()+"]", value.MapIndex(key))
		}
	case reflect.Func:
		if assert.False(t, value.IsNil(), path) {
			assertFilled(t, path+"()", call(value))
		}
	default:
		assert.False(t, value.IsZero(), path)
	}
}

// call calls a sentence with a value for each of its gaps.
func call(sentence reflect.Value) reflect.Value {
	var gaps []reflect.Value
	for i := range sentence.Type().NumIn() {
		gap := reflect.New(sentence.Type().In(i)).Elem()
		if gap.Kind() == reflect.String {
			gap.SetString("x")
		}
		gaps = append(gaps, gap)
	}
	return sentence.Call(gaps)[0]
}

func TestEveryErrorCodeHasAPhrase(t *testing.T) {
	t.Parallel()
	codes := []string{
		"not-found", "method-not-allowed", "bad-request", "too-large", "cross-origin", "header-missing", "origin-missing", "rate-limited", "host-unknown", "internal", "store-unavailable",
		"sign-in-required", "sign-in-ended", "sign-in-denied", "sign-in-unknown", "sign-in-other-browser", "sign-in-elsewhere", "sign-in-code-refused", "sign-in-provider", "sign-in-refused",
		"zapier-rate-limited", "zapier-busy", "zapier-resting", "zapier-unavailable", "zapier-broken", "zapier-timeout", "zapier-unreachable", "zapier-cut-off",
		"zapier-not-json", "zapier-wrong-schema", "zapier-too-large", "zapier-not-found", "zapier-conflict", "zapier-refused", "zapier-rejected",
		"app-not-found", "app-needs-none", "authentication-gone", "authentication-expired",
		"attempt-not-found", "attempt-cancelled", "attempt-expired", "attempt-failed", "attempt-superseded", "attempt-closed", "attempt-start-refused", "connected-already",
		"zap-not-found", "zap-title-missing", "zap-refused", "template-not-found", "description-missing", "guess-refused", "client-refused", "draft-incomplete", "zap-inputs-unknown", "zap-changed-since",
		"draft-not-found", "draft-changed", "draft-not-ready", "draft-full", "draft-too-few-steps", "draft-too-large",
		"step-not-found", "step-no-place", "action-not-found", "form-refused", "account-refused", "test-unknown",
		"account-rejected", "account-unclear",
	}
	english := templates.English()
	assert.Len(t, english.Errors, len(codes), "a phrase nobody can meet, or a code without one")
	for _, code := range codes {
		assert.Equal(t, code, english.Error(code).Code)
	}
	assert.Equal(t, english.Errors["internal"], english.Error("no such code"))
}

// A partner rewords the value they got; nobody else's pages may change by it.
func TestEnglishIsANewValueEachTime(t *testing.T) {
	t.Parallel()
	first := templates.English()
	delete(first.Errors, "internal")
	first.Brand = "Theirs"
	assert.Equal(t, "Zapembed", templates.English().Brand)
	assert.NotEmpty(t, templates.English().Error("internal").Title)
}

func TestRange(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name               string
		first, last, total int
		want               string
	}{
		{"nothing", 0, 0, 0, "No Apps"},
		{"one", 1, 1, 1, "1 App"},
		{"all on one page", 1, 9, 9, "9 Apps"},
		{"one page of several", 11, 20, 42, "Apps 11 to 20 of 42"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, templates.English().Apps.Range(tt.first, tt.last, tt.total))
		})
	}
}
