package templates

import "github.com/a-h/templ"

// ControlKind says how a field is drawn.
type ControlKind string

// The kinds of control. Where a value is mapped, or is to be, a control of any other kind becomes ControlText.
const (
	ControlInfo      ControlKind = "info"     // words only
	ControlSet       ControlKind = "set"      // a fieldset around Fields
	ControlText      ControlKind = "text"     // one line
	ControlMultiline ControlKind = "textarea" // several lines
	ControlCode      ControlKind = "code"     // several lines in a fixed width
	ControlPassword  ControlKind = "password" // never shows its value
	ControlNumber    ControlKind = "number"   // type=number, step any
	ControlInteger   ControlKind = "integer"  // type=number, step 1
	ControlDateTime  ControlKind = "datetime" // type=datetime-local
	ControlFile      ControlKind = "file"     // type=url
	ControlSelect    ControlKind = "select"   // one of Choices
	ControlList      ControlKind = "list"     // rows of Values
	ControlPairs     ControlKind = "pairs"    // rows of Pairs
)

// Control is one field of a form, or a group of them.
type Control struct {
	Kind ControlKind
	// ID is the field's id; form names are made of it, see Name.
	ID, Label string
	// Help is safe HTML made of the field's Markdown; nil if there is none.
	Help        templ.Component
	Placeholder string
	Required    bool
	// Value is the text of a single value, mapping tokens as they are stored.
	Value string
	// Values are the rows of a list, Pairs those of pairs. One empty row for the next is drawn at the end, unless the last is empty.
	Values []string
	Pairs  []Pair
	// Native is the kind of a list's rows, "" for text; TextRows says of each of Values whether it is a text box all the same.
	TextRows []bool
	// Choices are those of a select. MoreChoices: there are more than could be read; ChoicesUnread: they could not be read at the last try;
	// ChoicesUnasked: nobody has wanted to see them yet.
	Choices                                    []Choice
	MoreChoices, ChoicesUnread, ChoicesUnasked bool
	// Waits are the labels of fields that have to be filled in before there are choices.
	Waits []string
	// Gone: the stored value is no longer among those read; Choices holds it still, and that is said.
	Gone bool
	// Kept: a password is stored and stays when the control is left empty.
	Kept bool
	// Mappable: outputs of earlier steps can be put in. Mapped: the control, or each row of a list, is a text box only
	// because of that, and Native says in which kind it would be otherwise.
	Mappable, Mapped bool
	Native           ControlKind
	// Parts are the value with its mappings as chips; for a list or pairs, those of all rows one after the other.
	Parts []Part
	// Redraws: when the value changes, the form has to be read again.
	Redraws bool
	// Error is what is wrong with the value, "" if nothing is known to be.
	Error string
	// Was tells the stored value from any other: the form sends it back as "was." and the id, so that what nobody
	// touched is known. "" is not sent.
	Was string
	// Fields are those of a fieldset.
	Fields []Control
}

// Name is the name of the control's value in the form: "f." and the field's id. Rows of pairs are named "k." and "v.".
func (c Control) Name() string { return "f." + c.ID }

// Pair is a row of an OBJECT field.
type Pair struct{ Key, Value string }

// Choice is one value of a select. Without a Label its ID is shown.
type Choice struct {
	ID, Label string
	Selected  bool
}

// Source is an earlier step whose outputs can be mapped.
type Source struct {
	StepID string
	// Title is the step in words: "1. New Lead in SuperExampleCRM". Name is what chips call it: "1. New Lead".
	Title, Name string
	Outputs     []Output
	// Unread says why the outputs are missing, "" when they are there.
	Unread string
}

// Output is one value that a step yields. Token is what to put into a value.
type Output struct {
	Token, Title, Sample string
}
