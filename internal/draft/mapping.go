package draft

import (
	"slices"
	"strings"
)

// BrokenReason says why a mapping leads nowhere.
type BrokenReason string

// The reasons. A mapping to a step whose outputs are not known as they are now is not broken: nobody knows yet, and
// ReadMapped finds out.
const (
	NotBroken BrokenReason = ""
	// NoSuchStep: the step is gone, or it never was there.
	NoSuchStep BrokenReason = "no-such-step"
	// LaterStep: the step runs after the one that wants its output, or is that one.
	LaterStep BrokenReason = "later-step"
	// NoSuchField: the step yields no such output.
	NoSuchField BrokenReason = "no-such-field"
	// Malformed: the braces are not closed, or there is no name between them.
	Malformed BrokenReason = "malformed"
)

// Part is a piece of a text: plain text, or a mapping. All parts together, Text and Token, are the text.
type Part struct {
	Text string
	// Token is the mapping as it stands in the text, "" for plain text.
	Token string
	// StepID, StepNumber and StepTitle are the step that is mapped, as far as it is known.
	StepID     string
	StepNumber int
	StepTitle  string
	// Field and FieldTitle are the output, and Sample what its value may look like.
	Field, FieldTitle, Sample string
	Broken                    BrokenReason
}

// Split takes a text apart where nobody knows the steps it may speak of: a Token that is not Malformed may lead anywhere.
func Split(text string) []Part {
	var parts []Part
	for _, p := range pieces(text) {
		switch {
		case !p.token:
			parts = append(parts, Part{Text: p.raw})
		case p.name == "":
			parts = append(parts, Part{Token: p.raw, Broken: Malformed})
		default:
			parts = append(parts, Part{Token: p.raw})
		}
	}
	return parts
}

// Parts takes a text of the step at a place apart.
func (d Draft) Parts(index int, text string) []Part {
	parts := Split(text)
	for i, part := range parts {
		if part.Token != "" && part.Broken == NotBroken {
			parts[i] = d.part(index, part.Token)
		}
	}
	return parts
}

func (d Draft) part(index int, token string) Part {
	at := d.resolve(index, strings.Trim(token, "{}"))
	part := Part{Token: token, Field: at.field, Broken: at.broken}
	if at.step < 0 {
		return part
	}
	source := d.Steps[at.step]
	part.StepID, part.StepNumber, part.StepTitle = source.ID, at.step+1, source.title()
	part.FieldTitle, part.Sample = at.field, source.Sample(at.field)
	if i := source.output(at.field); i >= 0 && source.Outputs[i].Title != "" {
		part.FieldTitle = source.Outputs[i].Title
	}
	return part
}

// Token is what to write into a later step's text for an output of this one.
func (s Step) Token(field string) string { return "{{" + s.Alias + "." + field + "}}" }

// Sample is what the value of an output may look like, "" if nobody knows.
func (s Step) Sample(field string) string {
	if sample := s.Samples[field]; sample != "" {
		return sample
	}
	if i := s.output(field); i >= 0 {
		return string(s.Outputs[i].Sample)
	}
	return ""
}

// title is what the step is called before people.
func (s Step) title() string {
	switch {
	case s.Action != nil:
		return s.Action.Title
	case s.App != nil:
		return s.App.Title
	}
	return ""
}

// output is where an output field is among those last read, or -1.
func (s Step) output(field string) int {
	for i := range s.Outputs {
		if s.Outputs[i].ID == field {
			return i
		}
	}
	return -1
}

// piece is a part of a text before anybody asks where it leads.
type piece struct {
	raw   string
	token bool
	// name is what stands between the braces of a token, "" when that can be no name.
	name string
}

// pieces finds the {{…}} of a text. A name is anything but braces; one that is never closed takes the rest.
func pieces(text string) []piece {
	var found []piece
	for text != "" {
		before, after, opened := strings.Cut(text, "{{")
		if before != "" {
			found = append(found, piece{raw: before})
		}
		if !opened {
			break
		}
		name, rest, closed := strings.Cut(after, "}}")
		if !closed {
			found = append(found, piece{raw: text[len(before):], token: true})
			break
		}
		raw := text[len(before) : len(text)-len(rest)]
		if strings.TrimSpace(name) == "" || strings.ContainsAny(name, "{}") {
			name = ""
		}
		found = append(found, piece{raw: raw, token: true, name: name})
		text = rest
	}
	return found
}

// place is where a mapping leads.
type place struct {
	// step is the place of the step that is mapped, -1 if there is none.
	step  int
	field string
	// known: the step is known to yield the field.
	known  bool
	broken BrokenReason
}

// resolve finds out where a name between braces leads from the step at index. Spaces around it belong to it only if
// an output has them.
func (d Draft) resolve(index int, name string) place {
	at := d.lookUp(index, name)
	if trimmed := strings.TrimSpace(name); !at.known && trimmed != name {
		return d.lookUp(index, trimmed)
	}
	return at
}

func (d Draft) lookUp(index int, name string) place {
	alias, field, qualified := d.cut(name)
	step := slices.IndexFunc(d.Steps, func(s Step) bool { return qualified && s.Alias == alias })
	if !qualified && len(d.Steps) == minSteps && index == 1 {
		step = 0
	}
	at := place{step: step, field: field}
	switch {
	case step < 0:
		at.broken = NoSuchStep
	case step >= index:
		at.broken = LaterStep
	case d.Steps[step].OutputsRead.IsZero():
		// nobody knows: what was read before something changed counts no longer
	case d.Steps[step].output(field) >= 0:
		at.known = true
	default:
		at.broken = NoSuchField
	}
	return at
}

// cut splits a name into the alias of a step and the id of an output, which may itself hold dots. In a draft of two
// steps a name may also be an output alone, so that only what is, or was, an alias here counts as one.
func (d Draft) cut(name string) (alias, field string, qualified bool) {
	alias, field, found := strings.Cut(name, ".")
	if found && field != "" && (d.aliased(alias) || len(d.Steps) > minSteps && validAlias.MatchString(alias)) {
		return alias, field, true
	}
	return "", name, false
}

func (d Draft) aliased(alias string) bool {
	return alias != "" && (slices.Contains(d.Retired, alias) ||
		slices.ContainsFunc(d.Steps, func(s Step) bool { return s.Alias == alias }))
}

// canonical writes the mappings of a text of the step at index as {{alias.field}}, as far as they lead to a step.
func (d Draft) canonical(index int, text string) string {
	return rewrite(text, func(p piece) string {
		name := p.name
		if !d.lookUp(index, name).known {
			name = strings.TrimSpace(name)
		}
		if at := d.lookUp(index, name); at.step >= 0 && d.Steps[at.step].Alias != "" {
			return d.Steps[at.step].Token(at.field)
		}
		return "{{" + name + "}}"
	})
}

// outgoing writes the mappings of a text as Zapier wants them: {{field}} out of a Zap of two steps. A field with a dot
// could be taken for an alias there, so that its step is named all the same.
func (d Draft) outgoing(index int, text string) string {
	return rewrite(text, func(p piece) string {
		at := d.resolve(index, p.name)
		if at.step >= 0 && len(d.Steps) == minSteps && !strings.Contains(at.field, ".") {
			return "{{" + at.field + "}}"
		}
		return p.raw
	})
}

// rewrite puts something in the place of each mapping of a text.
func rewrite(text string, token func(piece) string) string {
	var out strings.Builder
	for _, p := range pieces(text) {
		if p.name == "" {
			out.WriteString(p.raw)
			continue
		}
		out.WriteString(token(p))
	}
	return out.String()
}

// qualify makes all mappings of a draft canonical: for when "the step before" is about to mean another step, or a
// step got its alias.
func (d *Draft) qualify() {
	for i := range d.Steps {
		d.Steps[i].Inputs = d.mapped(i, d.canonical)
	}
}

// mentioned are the aliases that mappings use.
func (d Draft) mentioned() map[string]bool {
	found := map[string]bool{}
	for i := range d.Steps {
		for _, text := range d.texts(i) {
			for _, p := range pieces(text) {
				if alias, _, qualified := d.cut(strings.TrimSpace(p.name)); qualified {
					found[alias] = true
				}
			}
		}
	}
	return found
}
