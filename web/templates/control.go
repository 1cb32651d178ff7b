package templates

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// countMarker is what the script replaces by a number in a sentence that counts.
const countMarker = "{count}"

// longSelect is how many choices a select may have before it can be searched.
const longSelect = 12

// refusal is a control with an error, and the id its link leads to.
type refusal struct {
	Control
	at string
}

// refusals are the controls with an error, those of fieldsets included. Numbers are given as the form gives them.
func refusals(controls []Control, prefix string) []refusal {
	var found []refusal
	for i, control := range controls {
		n := numbered(prefix, i)
		if control.Error != "" {
			found = append(found, refusal{Control: control, at: "c-" + n})
		}
		found = append(found, refusals(control.Fields, n)...)
	}
	return found
}

// numbered is the number of a control, which its ids are made of: a field's own id may hold anything.
func numbered(prefix string, i int) string {
	if prefix == "" {
		return strconv.Itoa(i + 1)
	}
	return prefix + "-" + strconv.Itoa(i+1)
}

// FieldAnchor is the id of a field's control, for links to it. An id holds no space, and the key of a field may.
func FieldAnchor(field string) string { return "field-" + strings.Join(strings.Fields(field), "_") }

// hooks are what scripts, styles and links know a control by.
func (c Control) hooks() templ.Attributes {
	hooks := templ.Attributes{"data-kind": string(c.Kind)}
	if c.ID != "" {
		hooks["id"] = FieldAnchor(c.ID)
		hooks["data-field"] = c.ID
	}
	for name, on := range map[string]bool{"data-redraws": c.Redraws, "data-mappable": c.Mappable, "data-invalid": c.Error != ""} {
		if on {
			hooks[name] = true
		}
	}
	return hooks
}

// ariaGroup binds the rows of a list or of pairs to their help, chips, notes and error.
func (c Control) ariaGroup(n string) templ.Attributes {
	var by []string
	for _, part := range []struct {
		id    string
		there bool
	}{{"h-", c.Help != nil}, {"e-", c.Error != ""}, {"p-", c.Mappable}, {"d-", c.noted()}} {
		if part.there {
			by = append(by, part.id+n)
		}
	}
	if len(by) == 0 {
		return nil
	}
	return templ.Attributes{"aria-describedby": strings.Join(by, " ")}
}

// ariaRow says of a row whether its value is wrong. What there is to know is said once, by the group.
func (c Control) ariaRow() templ.Attributes {
	if c.Error == "" {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true"}
}

// aria is both for the control of a single value, which also says whether it is required. The attribute "required"
// would keep half a form from being saved.
func (c Control) aria(n string) templ.Attributes {
	attributes := templ.Attributes{}
	maps.Copy(attributes, c.ariaGroup(n))
	maps.Copy(attributes, c.ariaRow())
	if c.Required {
		attributes["aria-required"] = "true"
	}
	return attributes
}

// noted says whether there is anything to say below the control.
func (c Control) noted() bool {
	return c.Kept || c.Gone || len(c.Waits) > 0 || c.MoreChoices || c.ChoicesUnread || c.Redraws || c.Kind == ControlFile
}

// inputType is the type of a one-line control, with its placeholder where the type has one. The model makes a text box of what
// a browser could not show in another.
func inputType(kind ControlKind, placeholder string) templ.Attributes {
	switch kind {
	case ControlInteger:
		return templ.Attributes{"type": "number", "step": "1", "placeholder": placeholder}
	case ControlNumber:
		return templ.Attributes{"type": "number", "step": "any", "placeholder": placeholder}
	case ControlDateTime:
		return templ.Attributes{"type": "datetime-local"}
	case ControlFile:
		return templ.Attributes{"type": "url", "spellcheck": "false", "placeholder": placeholder}
	default:
		return templ.Attributes{"type": "text", "placeholder": placeholder}
	}
}

// lines is the content of a textarea. Its parser drops one line break at the beginning, so there is one to drop.
func (c Control) lines() string { return "\n" + c.Value }

// offersText: the control can be swapped for a text box.
func (c Control) offersText() bool {
	switch c.Kind {
	case ControlList:
		return c.Native != "" && c.Mappable && !c.Mapped
	case ControlSelect, ControlNumber, ControlInteger, ControlDateTime, ControlFile:
		return c.Mappable && !c.Mapped
	default:
		return false
	}
}

// optional: the select begins with nothing chosen.
func (c Control) optional() bool {
	return !c.Required || c.Value == ""
}

// text is what a choice reads as.
func (c Choice) text() string {
	if c.Label == "" {
		return c.ID
	}
	return c.Label
}

// search makes a long select one that can be searched, where scripts run.
func (c Control) search(phrases *Phrases) templ.Attributes {
	if len(c.Choices) <= longSelect {
		return nil
	}
	return templ.Attributes{
		"data-controller": "combobox",
		"data-count":      phrases.Fields.ChoicesFound(countMarker),
		"data-none":       phrases.Fields.ChoicesNone,
		"data-more":       phrases.Fields.ChoicesMore(countMarker),
	}
}

// rows are the values of a list with one empty row at the end for the next.
func (c Control) rows() []string {
	if count := len(c.Values); count > 0 && c.Values[count-1] == "" {
		return c.Values
	}
	return append(slices.Clone(c.Values), "")
}

// rowKind is how a row of a list is drawn; the one for the next value is behind those of Values.
func (c Control) rowKind(row int) ControlKind {
	if c.Native == "" || c.Mapped || row < len(c.TextRows) && c.TextRows[row] {
		return ControlText
	}
	return c.Native
}

// typesMore: a choice beyond those that were read can be typed.
func (c Control) typesMore() bool {
	return c.MoreChoices && !c.Mapped && (c.Kind == ControlSelect || c.Kind == ControlList)
}

// pairRows are those of pairs.
func (c Control) pairRows() []Pair {
	if count := len(c.Pairs); count > 0 && c.Pairs[count-1] == (Pair{}) {
		return c.Pairs
	}
	return append(slices.Clone(c.Pairs), Pair{})
}

// rowID is the id of a row's control: the first one's is the control's own, so that links find it.
func rowID(n string, row int) string {
	if row == 0 {
		return "c-" + n
	}
	return "c-" + n + "-r" + strconv.Itoa(row+1)
}

// removes is what the button that removes a row says.
func (c Control) removes(row int) string {
	return "remove:" + c.ID + ":" + strconv.Itoa(row)
}

// sorted are the names of a form's fixed fields, in an order that is the same each time.
func sorted(fields map[string]string) []string {
	return slices.Sorted(maps.Keys(fields))
}
