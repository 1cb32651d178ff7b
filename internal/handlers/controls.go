package handlers

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// controls draws the form of a step: what Zapier says of a field, and what the draft has for it, as a control of the page.
type controls struct {
	server *Server
	draft  draft.Draft
	step   draft.Step
	index  int
	// asText is the field that the person wants as a text box, to put a mapping in.
	asText string
	// stored are the values that the draft has, which the step here may be ahead of; refused are rows that it cannot have.
	stored  zapier.Inputs
	refused refusedRows
}

func (c controls) all(fields []zapier.Field) []templates.Control {
	var drawn []templates.Control
	for _, field := range fields {
		if control, known := c.one(field); known {
			drawn = append(drawn, control)
		}
	}
	return drawn
}

// one is the control of an element of the form; kinds of a newer edition of the API are not shown.
func (c controls) one(field zapier.Field) (templates.Control, bool) {
	control := templates.Control{ID: field.ID, Label: label(field), Help: c.server.helpText(field.Description)}
	switch {
	case field.Kind == zapier.FieldInfo, field.Format == zapier.FormatReadOnly:
		control.Kind = templates.ControlInfo
		control.Label = field.Title
	case field.Kind == zapier.FieldSet:
		control.Kind, control.Label = templates.ControlSet, field.Title
		control.Fields = c.all(field.Fields)
	case field.Kind == zapier.FieldInput:
		c.fill(&control, field)
	default:
		return control, false
	}
	return control, true
}

// label is what to call a field that has no title.
func label(field zapier.Field) string {
	if field.Title != "" {
		return field.Title
	}
	return humanize(field.ID)
}

// fill draws what takes a value.
func (c controls) fill(control *templates.Control, field zapier.Field) {
	value := c.step.Inputs[field.ID]
	control.Placeholder = string(field.Placeholder)
	control.Required = field.IsRequired
	control.Redraws = c.step.Redraws(field.ID)
	control.Kind = kindFor(field, value)
	control.Mappable = c.index > 0 && control.Kind != templates.ControlPassword
	switch control.Kind {
	case templates.ControlList:
		control.Values = rowsOf(value)
		control.Parts = c.parts(control.Values...)
		c.settleRows(control, field)
	case templates.ControlPairs:
		control.Pairs, control.Error = c.pairs(field.ID)
		for _, pair := range control.Pairs {
			control.Parts = append(control.Parts, c.parts(pair.Value)...)
		}
	case templates.ControlPassword:
		control.Kept = textOf(value) != ""
	default:
		control.Value = textOf(value)
		control.Parts = c.parts(control.Value)
		c.settleKind(control, field)
	}
	if control.Kind != templates.ControlPassword {
		control.Was = fingerprint(c.stored[field.ID])
	}
	control.Error = cmp.Or(control.Error, c.step.Refused[field.ID], broken(control.Parts))
}

// pairs are the rows of an object, or those that were typed and are none, and what is wrong with them.
func (c controls) pairs(id string) (rows []templates.Pair, wrong string) {
	rows, refused := c.refused[id]
	if !refused {
		return pairsOf(c.step.Inputs[id]), ""
	}
	if confused(rows) == nameTwice {
		return rows, c.server.cfg.Phrases.Fields.NameTwice
	}
	return rows, c.server.cfg.Phrases.Fields.NameMissing
}

// broken is why the first mapping that leads nowhere does so.
func broken(parts []templates.Part) string {
	for _, part := range parts {
		if part.Broken != "" {
			return part.Broken
		}
	}
	return ""
}

// settleKind makes a text box of a control that could not show its value, or is to take a mapping; a value must
// never be lost because of the way it is drawn.
func (c controls) settleKind(control *templates.Control, field zapier.Field) {
	native := control.Kind
	switch {
	case native == templates.ControlText && strings.Contains(control.Value, "\n"):
		control.Kind = templates.ControlMultiline
	case isText(native):
	case strings.Contains(control.Value, "{{"), c.asText == control.ID && (control.Mappable || c.step.Choices[field.ID].More):
		control.Kind, control.Native, control.Mapped = templates.ControlText, native, true
	case native == templates.ControlSelect:
		c.offer(control, field)
	case control.Value != "" && !fits(native, control.Value):
		control.Kind = templates.ControlText
	}
}

// settleRows chooses what the rows of a list are, as settleKind does for a single value.
func (c controls) settleRows(control *templates.Control, field zapier.Field) {
	native := rowKind(field)
	if native == templates.ControlText {
		return
	}
	if native == templates.ControlSelect {
		c.offer(control, field)
	}
	control.Native = native
	control.Mapped = c.asText == control.ID && (control.Mappable || control.MoreChoices)
	for _, value := range control.Values {
		asText := control.Mapped || strings.Contains(value, "{{") || !fits(native, value)
		control.TextRows = append(control.TextRows, asText)
	}
}

// rowKind is what suits one row of a list.
func rowKind(field zapier.Field) templates.ControlKind {
	item := zapier.Field{Format: field.Format}
	if field.Items != nil {
		item.ValueType = field.Items.Type
	}
	switch kind := kindOf(item); kind {
	case templates.ControlSelect, templates.ControlNumber, templates.ControlInteger:
		return kind
	}
	return templates.ControlText
}

// offer fills in the choices of a select, or of the selects of a list, and keeps values that are not among them.
func (c controls) offer(control *templates.Control, field zapier.Field) {
	known, read := c.step.Choices[field.ID]
	if field.Format != zapier.FormatSelect {
		known.List, read = c.yesNo(), true
	}
	for _, choice := range known.List {
		control.Choices = append(control.Choices, templates.Choice{ID: string(choice.ID), Label: choice.Name()})
	}
	control.MoreChoices = known.More
	control.ChoicesUnread, control.ChoicesUnasked = known.Failed, !read
	for _, id := range known.Waits {
		control.Waits = append(control.Waits, c.labelOf(id))
	}
	for _, value := range append(slices.Clone(control.Values), control.Value) {
		c.keepChoice(control, value)
	}
	for i, choice := range control.Choices {
		control.Choices[i].Selected = choice.ID == control.Value
	}
}

// keepChoice adds a value that is not among the choices to them.
func (c controls) keepChoice(control *templates.Control, value string) {
	offered := slices.ContainsFunc(control.Choices, func(choice templates.Choice) bool { return choice.ID == value })
	if value == "" || offered || strings.Contains(value, "{{") {
		return
	}
	name := cmp.Or(c.step.Labels[control.ID], value)
	// Where not all choices were read, the value may well be among the others.
	if !control.MoreChoices && !control.ChoicesUnread && !control.ChoicesUnasked && len(control.Waits) == 0 {
		control.Gone, name = true, c.server.cfg.Phrases.Fields.GoneMark(name)
	}
	control.Choices = append(control.Choices, templates.Choice{ID: value, Label: name})
}

// labelOf is what another field of the form is called.
func (c controls) labelOf(id string) string {
	for _, field := range c.step.Fields() {
		if field.ID == id {
			return label(field)
		}
	}
	return humanize(id)
}

// yesNo are the choices of a switch that has none of its own; the ids are those of switches that have (api.md 2.9).
func (c controls) yesNo() []zapier.Choice {
	words := c.server.cfg.Phrases.Building
	return []zapier.Choice{{ID: "True", Label: zapier.Text(words.Yes)}, {ID: "False", Label: zapier.Text(words.No)}}
}

// parts shows the mappings of texts as chips, if there are any.
func (c controls) parts(texts ...string) []templates.Part {
	var parts []templates.Part
	for _, text := range texts {
		if strings.Contains(text, "{{") {
			parts = append(parts, c.server.parts(c.draft, c.index, text)...)
		}
	}
	return parts
}

// kindOf is the kind of control that suits a field, whatever its value (api.md 2.9).
func kindOf(field zapier.Field) templates.ControlKind {
	switch {
	case field.ValueType == zapier.ValueArray:
		return templates.ControlList
	case field.ValueType == zapier.ValueObject:
		return templates.ControlPairs
	}
	byFormat := map[zapier.Format]templates.ControlKind{
		zapier.FormatDateTime:  templates.ControlDateTime,
		zapier.FormatMultiline: templates.ControlMultiline,
		zapier.FormatPassword:  templates.ControlPassword,
		zapier.FormatCode:      templates.ControlCode,
		zapier.FormatFile:      templates.ControlFile,
		zapier.FormatSelect:    templates.ControlSelect,
	}
	if kind, ok := byFormat[field.Format]; ok {
		return kind
	}
	switch field.ValueType {
	case zapier.ValueNumber:
		return templates.ControlNumber
	case zapier.ValueInteger:
		return templates.ControlInteger
	case zapier.ValueBoolean:
		return templates.ControlSelect
	}
	return templates.ControlText
}

// kindFor is kindOf for a value that may have been filled in when the field was of another kind.
func kindFor(field zapier.Field, value any) templates.ControlKind {
	switch value.(type) {
	case []any:
		return templates.ControlList
	case map[string]any:
		return templates.ControlPairs
	}
	kind := kindOf(field)
	if textOf(value) != "" && kind == templates.ControlPairs {
		return templates.ControlText
	}
	return kind
}

// isText reports whether a control takes any text as it is.
func isText(kind templates.ControlKind) bool {
	return slices.Contains([]templates.ControlKind{templates.ControlText, templates.ControlMultiline, templates.ControlCode}, kind)
}

var (
	// These are what a browser takes as the value of type=number: anything else it would throw away.
	numberPattern  = regexp.MustCompile(`^-?(\d+|\d*\.\d+)([eE][-+]?\d+)?$`)
	integerPattern = regexp.MustCompile(`^-?\d+$`)
)

// fits reports whether a browser shows the value in a control of its own for that kind.
func fits(kind templates.ControlKind, value string) bool {
	switch kind {
	case templates.ControlNumber, templates.ControlInteger:
		pattern := numberPattern
		if kind == templates.ControlInteger {
			pattern = integerPattern
		}
		_, err := strconv.ParseFloat(value, 64)
		return err == nil && pattern.MatchString(value)
	case templates.ControlDateTime:
		_, err := time.Parse("2006-01-02T15:04", value)
		return err == nil
	case templates.ControlFile:
		return leadsOut(value)
	}
	return true
}

// textOf is the text of a single value.
func textOf(value any) string {
	text, _ := value.(string)
	return text
}

// rowsOf are the rows of a list.
func rowsOf(value any) []string {
	list, isList := value.([]any)
	if text := textOf(value); !isList && text != "" {
		return []string{text}
	}
	var rows []string
	for _, item := range list {
		rows = append(rows, textOf(item))
	}
	return rows
}

// pairsOf are the rows of pairs, by their names: an object keeps no order.
func pairsOf(value any) []templates.Pair {
	object, _ := value.(map[string]any)
	var pairs []templates.Pair
	for key, item := range object {
		pairs = append(pairs, templates.Pair{Key: key, Value: textOf(item)})
	}
	slices.SortFunc(pairs, func(a, b templates.Pair) int { return strings.Compare(a.Key, b.Key) })
	return pairs
}
