package templates

import (
	"cmp"
	"net/url"

	"github.com/a-h/templ"
)

// zapLink is the address of a Zap's page.
func (p Page) zapLink(id string) templ.SafeURL {
	return p.Link("/zaps/" + url.PathEscape(id))
}

// path is the address of the Zap's page, below Base.
func (p ZapPage) path() string { return "/zaps/" + url.PathEscape(p.ID) }

// zapAction is where something is done with the Zap.
func (p ZapPage) zapAction(verb string) templ.SafeURL { return p.Link(p.path() + "/" + verb) }

// state is the Zap's state in one word, for scripts and styles, and stateText the same for people.
func (z ZapRow) state() string {
	if z.On {
		return "on"
	}
	return "off"
}

func (z ZapRow) stateText(phrases *Phrases) string {
	if z.On {
		return phrases.Zaps.On
	}
	return phrases.Zaps.Off
}

// state says for styles whether the run went well ("on"), badly ("bad"), or neither.
func (r RunRow) state() string {
	switch r.Status {
	case "success":
		return "on"
	case "error", "halted":
		return "bad"
	default:
		return "off"
	}
}

// path is the address of the draft, below Base.
func (d DraftRow) path() string { return "/drafts/" + url.PathEscape(d.ID) }

// path is the address of the form, below Base, and origin where the page was opened from.
func (p AddAccountPage) path() string { return "/apps/" + url.PathEscape(p.App.ID) + "/add-account" }

func (p AddAccountPage) origin() string {
	return cmp.Or(p.Return, "/apps/"+url.PathEscape(p.App.ID))
}

// refusals are the fields with an error, the title among them.
func (p AddAccountPage) refusals() []refusal {
	found := refusals(p.Controls, "")
	if p.TitleError == "" {
		return found
	}
	title := refusal{Control: Control{Label: p.Phrases.AddAccount.NameLabel}, at: "account-title"}
	return append([]refusal{title}, found...)
}

// titleAria binds the title to its hint, and to what is wrong with it.
func (p AddAccountPage) titleAria() templ.Attributes {
	attributes := templ.Attributes{"aria-required": "true", "aria-describedby": "account-title-help"}
	if p.TitleError != "" {
		attributes["aria-describedby"], attributes["aria-invalid"] = "account-title-error account-title-help", "true"
	}
	return attributes
}

// guessAria binds the description to its hint, and to what Zapier had against it.
func guessAria(page NewZapPage) templ.Attributes {
	if len(page.GuessRefused) == 0 {
		return templ.Attributes{"aria-describedby": "description-help"}
	}
	return templ.Attributes{"aria-describedby": "description-error description-help", "aria-invalid": "true"}
}
