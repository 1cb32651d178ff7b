package templates_test

import (
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"

	"github.com/zapembed/zapembed/web/templates"
)

// field is the element of a control, by its field's id.
func field(t *testing.T, doc *goquery.Document, id string) *goquery.Selection {
	t.Helper()
	return one(t, doc, testID("control")+`[data-field="`+id+`"]`)
}

func TestFieldsForm(t *testing.T) {
	t.Parallel()
	page := testFields()
	page.Text = "a b"
	doc := render(t, templates.StepFields(page))
	form := one(t, doc, testID("fields-form"))
	assert.Equal(t, "/prefix/drafts/d%2F1/steps/s2/fields?text=a+b", attr(t, form, "action"))
	assert.Equal(t, "fields", attr(t, form, "data-controller"))
	_, lenient := form.Attr("novalidate")
	assert.True(t, lenient, "half a form can be saved")

	// What Enter presses must not be the removal of a row.
	enter := form.Find("button:not([type='button'])").First()
	assert.Equal(t, "do", attr(t, enter, "name"))
	assert.Equal(t, "save", attr(t, enter, "value"))
	assert.Equal(t, "-1", attr(t, enter, "tabindex"))

	live := one(t, form, `[data-live="fields"]`)
	for id, does := range map[string]string{"save": "save", "next": "next", "refresh": "refresh", "save-test": "test"} {
		button := one(t, live, testID(id))
		assert.Equal(t, "do", attr(t, button, "name"))
		assert.Equal(t, does, attr(t, button, "value"))
	}
	one(t, live, `input[name="revision"]`)
	assert.Equal(t, 1, form.Find("[data-problem][hidden] [data-sentence]").Length())
	assert.Zero(t, live.Find("[data-problem], "+testID("sources")).Length(), "what is swapped would lose them")

	present := live.Find(`input[name="present"]`).Map(func(_ int, input *goquery.Selection) string { return input.AttrOr("value", "") })
	assert.Equal(t, []string{"title", "body", "code", "secret", "size", "town", "list", "part", "when", "budget", "count", "file", "amount", "tags", "extra"}, present, "every field with a value, sets and words not")
}

func TestChoicesThatNobodyHasAskedFor(t *testing.T) {
	t.Parallel()
	form := troubledFields()
	form.Controls = []templates.Control{
		{Kind: templates.ControlSelect, ID: "shop", Label: "Shop", Value: "1", Choices: []templates.Choice{{ID: "1", Label: "1", Selected: true}}, ChoicesUnasked: true},
		{Kind: templates.ControlSelect, ID: "size", Label: "Size", Choices: []templates.Choice{{ID: "1", Label: "Large"}}},
	}
	doc := render(t, templates.StepFields(form))
	button := one(t, doc, testID("show-choices"))
	assert.Equal(t, "shop", attr(t, button.Closest(`[data-testid="control"]`), "data-field"), "where they are known there is none")
	assert.Equal(t, "do", attr(t, button, "name"))
	assert.Equal(t, "choices:shop", attr(t, button, "value"))
	assert.Contains(t, button.Text(), "Shop", "read out by itself it says of what")
	assert.Equal(t, 1, doc.Find(`[name="f.shop"] option[value="1"][selected]`).Length(), "what is chosen stands there all the same")
}

func TestControlKinds(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.StepFields(testFields()))
	tests := map[string]struct{ kind, name, attributes string }{
		"title":  {"text", "f.title", `input[type="text"][value="For {{lead.full_name}}"][placeholder="Any"]`},
		"secret": {"password", "f.secret", `input[type="password"][autocomplete="off"]:not([value])`},
		"when":   {"datetime", "f.when", `input[type="datetime-local"][value="2026-11-22T09:30"]`},
		"budget": {"number", "f.budget", `input[type="number"][step="any"][value="12.5"]`},
		"count":  {"integer", "f.count", `input[type="number"][step="1"][value="3"]`},
		"file":   {"file", "f.file", `input[type="url"][value="https://example.org/a.pdf"]`},
		"size":   {"select", "f.size", "select"},
		"body":   {"textarea", "f.body", "textarea:not(.code)"},
		"code":   {"code", "f.code", `textarea.code[spellcheck="false"]`},
		"amount": {"text", "f.amount", `input[type="text"][value="{{lead.full_name}}"]`},
	}
	for id, tt := range tests {
		control := field(t, doc, id)
		assert.Equal(t, tt.kind, attr(t, control, "data-kind"), id)
		assert.Equal(t, "field-"+id, attr(t, control, "id"), "what links from the review lead to")
		one(t, control, tt.attributes+`[name="`+tt.name+`"]`)
	}
	assert.Equal(t, "\nSecond line", field(t, doc, "body").Find("textarea").Text(), "a line break at the beginning is kept")
	assert.NotContains(t, doc.Find("html").Text(), "hunter2")
	assert.Contains(t, field(t, doc, "secret").Text(), "never shown")
	assert.Zero(t, field(t, doc, "guide").Find("input, label").Length())
	set := doc.Find(`[data-kind="set"]`)
	assert.Equal(t, "Schedule", one(t, set, "fieldset > legend").Text())
	assert.Equal(t, 3, set.Find(testID("control")).Length())
}

func TestControlSaysWhatThereIsToKnow(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.StepFields(testFields()))
	title := field(t, doc, "title")
	input := one(t, title, `input[type="text"]`)
	assert.Equal(t, "Title (required)", squeezed(one(t, title, "label")))
	assert.Equal(t, "true", attr(t, input, "aria-required"))
	_, strict := input.Attr("required")
	assert.False(t, strict)
	assert.Equal(t, "true", attr(t, input, "aria-invalid"))
	assert.Equal(t, "h-2 e-2 p-2", attr(t, input, "aria-describedby"), "help, error and chips")
	assert.Equal(t, "e-2", attr(t, one(t, title, testID("field-error")), "id"))
	assert.Contains(t, one(t, title, "#e-2").Text(), "Too long.")
	assert.Equal(t, "help", one(t, title, "#h-2 strong").Text())

	for id, words := range map[string]string{"size": "Other fields depend", "town": "first 13 choices", "list": "no longer offered", "part": "could not be read", "file": "web address"} {
		note := one(t, field(t, doc, id), "div.hint")
		assert.Contains(t, note.Text(), words)
		assert.Contains(t, attr(t, field(t, doc, id).Find("input[aria-describedby], select"), "aria-describedby"), attr(t, note, "id"), id)
	}
	assert.Contains(t, field(t, doc, "part").Text(), "Fill in this first, and save: Town")
	for id, hook := range map[string]string{"title": "data-invalid", "size": "data-redraws", "tags": "data-mappable"} {
		_, there := field(t, doc, id).Attr(hook)
		assert.True(t, there, hook)
		_, there = field(t, doc, "body").Attr(hook)
		assert.False(t, there, hook)
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.StepFields(testFields()))
	options := func(id string) []string {
		return field(t, doc, id).Find("option").Map(func(_ int, option *goquery.Selection) string { return option.AttrOr("value", "") })
	}
	assert.Equal(t, []string{"0", "1"}, options("size"), "a required one that is filled in cannot be emptied")
	assert.Equal(t, "", options("list")[0], "any other can")
	assert.Equal(t, "1", attr(t, one(t, field(t, doc, "size"), "option[selected]"), "value"))

	long := one(t, field(t, doc, "town"), `select[data-controller="combobox"]`)
	assert.Contains(t, attr(t, long, "data-count"), "{count}")
	assert.Contains(t, attr(t, long, "data-more"), "{count}")
	assert.NotEmpty(t, attr(t, long, "data-none"))
	assert.Equal(t, 1, doc.Find("select[data-controller]").Length(), "short ones stay as they are")
	assert.Equal(t, "text:town", attr(t, one(t, field(t, doc, "town"), testID("use-text")), "value"), "a choice beyond those read can be typed")
}

// A field is drawn as its own control, or as a text box that takes a mapping; one button leads to the other.
func TestControlsSwap(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.StepFields(testFields()))
	for id, want := range map[string]string{"size": "text:size", "when": "text:when"} {
		button := one(t, field(t, doc, id), testID("use-text"))
		assert.Equal(t, want, attr(t, button, "value"))
		assert.Contains(t, squeezed(button), "for ", "the ear learns which field")
	}
	back := one(t, field(t, doc, "amount"), testID("use-native"))
	assert.Equal(t, "native:amount", attr(t, back, "value"))
	assert.Contains(t, back.Text(), "Type a number instead")
	for _, id := range []string{"title", "body", "budget", "tags"} {
		assert.Zero(t, field(t, doc, id).Find(testID("use-text")+", "+testID("use-native")).Length(), id)
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.StepFields(testFields()))

	list := field(t, doc, "tags")
	assert.Equal(t, "Tags (required)", squeezed(one(t, list, "fieldset > legend")))
	values := list.Find(`input[name="f.tags"]`).Map(func(_ int, input *goquery.Selection) string { return input.AttrOr("value", "") })
	assert.Equal(t, []string{"one", "two", ""}, values, "an empty row for the next")
	removes := list.Find(testID("remove-row")).Map(func(_ int, button *goquery.Selection) string { return button.AttrOr("value", "") })
	assert.Equal(t, []string{"remove:tags:0", "remove:tags:1"}, removes)
	assert.Equal(t, "Remove row 2 of Tags", attr(t, list.Find(testID("remove-row")).Last(), "aria-label"))
	assert.Equal(t, "add:tags", attr(t, one(t, list, testID("add-row")), "value"))
	assert.Contains(t, attr(t, one(t, list, "fieldset"), "aria-describedby"), "h-")

	pairs := field(t, doc, "extra")
	assert.Equal(t, 2, pairs.Find(`input[name="k.extra"]`).Length())
	assert.Equal(t, "red", attr(t, pairs.Find(`input[name="v.extra"]`).First(), "value"))
	assert.Equal(t, "remove:extra:0", attr(t, one(t, pairs, testID("remove-row")), "value"))
	assert.Equal(t, 4, pairs.Find(`[aria-invalid="true"]`).Length())

	page := testFields()
	page.Controls = []templates.Control{{Kind: templates.ControlList, ID: "tags", Label: "Tags", Values: []string{"one", ""}}, {Kind: templates.ControlPairs, ID: "extra", Label: "Extra", Pairs: []templates.Pair{{Key: "a"}, {}}}}
	doc = render(t, templates.StepFields(page))
	assert.Equal(t, 2, doc.Find(`[name="f.tags"]`).Length(), "one empty row is enough")
	assert.Equal(t, 2, doc.Find(`[name="k.extra"]`).Length())
}

func TestChips(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.StepFields(testFields()))
	chips := one(t, field(t, doc, "title"), "p[data-chips]")
	assert.Equal(t, "For ", chips.Find(".chip-text").Text())
	good := one(t, chips, ".chip:not([data-broken])")
	assert.Equal(t, newName, attr(t, good, "data-token"))
	for part, want := range map[string]string{"step": "1. New Lead", "field": "Full Name", "sample": "Ada"} {
		assert.Equal(t, want, one(t, good, ".chip-"+part).Text())
	}
	broken := one(t, chips, ".chip[data-broken]")
	assert.Equal(t, "{{old.email}}", one(t, broken, "code").Text())
	assert.Equal(t, "The step is gone.", one(t, broken, ".chip-why").Text())

	none := one(t, field(t, doc, "tags"), "p[data-chips][hidden]")
	assert.Empty(t, none.Text(), "the script fills it")
	assert.Zero(t, field(t, doc, "body").Find("[data-chips]").Length())
}

func TestSources(t *testing.T) {
	t.Parallel()
	sources := one(t, render(t, templates.StepFields(testFields())), testID("sources"))
	assert.Equal(t, "details", goquery.NodeName(sources))
	assert.Equal(t, "mapping", attr(t, sources, "data-controller"))
	assert.NotEmpty(t, attr(t, sources, "data-broken"))
	assert.Contains(t, attr(t, sources, "data-inserted"), "{value}")

	output := sources.Find(testID("output")).First()
	for name, want := range map[string]string{"type": "button", "draggable": "true", "data-token": newName, "data-step": "1. New Lead", "data-field": "Full Name", "data-sample": "Ada"} {
		assert.Equal(t, want, attr(t, output, name), name)
	}
	typed := sources.Find(".without-script code").First()
	assert.Equal(t, newName, typed.Text(), "without script the token is there to be typed")
	unread := one(t, sources, "[data-unread]")
	assert.Equal(t, "s0", attr(t, unread, "data-step"))
	assert.Contains(t, unread.Text(), "not set up yet")
	assert.Contains(t, sources.Find(testID("source")).Last().Text(), "yields no values")

	page := testFields()
	page.Sources = nil
	assert.Zero(t, render(t, templates.StepFields(page)).Find(testID("sources")).Length())
}

func TestFormTellsWhatHappened(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.StepFields(troubledFields()))
	live := one(t, doc, `[data-live="fields"]`)
	_, stale := live.Attr("data-stale")
	assert.True(t, stale)
	one(t, live, testID("stale"))
	assert.Equal(t, "zapier-timeout", attr(t, one(t, live, testID("unread")), "data-code"))
	assert.Equal(t, "Not in your plan.", one(t, live, testID("problem")).Text())
	assert.Contains(t, one(t, live, testID("dropped")).Text(), "Colour, Shape")

	wrong := one(t, live, testID("errors"))
	assert.Contains(t, wrong.Text(), "3 fields need a look")
	assert.Equal(t, []string{"#c-2", "#c-10-3", "#c-14"}, links(wrong.Find("a")), "sets included")
	for _, link := range links(wrong.Find("a")) {
		one(t, live, link)
	}
	spoken := attr(t, live, "data-announce")
	for _, words := range []string{"changed meanwhile", "Zapier took too long", "Not in your plan.", "3 fields need a look", "Colour, Shape"} {
		assert.Contains(t, spoken, words)
	}

	page := testFields()
	page.Controls = page.Controls[:1]
	live = one(t, render(t, templates.StepFields(page)), `[data-live="fields"]`)
	assert.Empty(t, attr(t, live, "data-announce"), "nothing happened, nothing is said")
	_, stale = live.Attr("data-stale")
	assert.False(t, stale)
	assert.Zero(t, live.Find(".notice, .note").Length())

	page.Controls = nil
	assert.Contains(t, render(t, templates.StepFields(page)).Text(), templates.English().Fields.Empty)
	page.Unread = troubledFields().Unread
	assert.NotContains(t, render(t, templates.StepFields(page)).Text(), templates.English().Fields.Empty, "a form that was not read is not an empty one")
}
