package templates

import "fmt"

// BuildingPhrases put in words what is known of a draft: what it lacks, what its mappings stand for, what types of Action are.
type BuildingPhrases struct {
	// The gaps of the Zap as a whole.
	GapTitle, GapSteps string
	// The gaps of a step; app is the App's title.
	GapApp     func(step int) string
	GapAction  func(step int, app string) string
	GapAccount func(step int, app string) string
	// GapAccountUnusable: the account that was chosen has expired or is gone.
	GapAccountUnusable func(step int, app string) string
	GapForm            func(step int) string
	// GapField: a required field is empty. GapMapping: a value leads to nothing.
	GapField, GapMapping func(step int, field string) string
	// GapSample: a test needs a sample of the token, and there is none.
	GapSample func(step int, token string) string

	// Refused says which field of which step Zapier's words are about.
	Refused func(step int, field, words string) string

	// Broken says why a mapping leads nowhere; reason is one of the draft's.
	Broken func(reason string) string

	// TypeGroup and TypeLead introduce the Actions of one type.
	TypeGroup, TypeLead func(actionType string) string

	// Yes and No are the choices of a field that has none of its own.
	Yes, No string
	// SourceNotReady says why an earlier step has no outputs yet.
	SourceNotReady string

	// RemoveStep and ChangeApp ask before a step's values are lost, which ValuesAreLost says.
	RemoveStep                        func(step int) string
	ChangeApp                         func(app string) string
	ValuesAreLost                     func(step int) string
	RemoveStepButton, ChangeAppButton string

	DeleteDraft, DeleteDraftButton string
	// DeleteDraftSentence says what deleting does to the draft of that title.
	DeleteDraftSentence func(title string) string
}

func englishBuilding() BuildingPhrases {
	return BuildingPhrases{
		GapTitle: "Give the Zap a name.",
		GapSteps: "A Zap needs at least two steps.",
		GapApp:   func(step int) string { return fmt.Sprintf("Step %d: choose an App.", step) },
		GapAction: func(step int, app string) string {
			return fmt.Sprintf("Step %d: choose what should happen in %s.", step, app)
		},
		GapAccount: func(step int, app string) string { return fmt.Sprintf("Step %d: choose an account for %s.", step, app) },
		GapAccountUnusable: func(step int, app string) string {
			return fmt.Sprintf("Step %d: the account for %s cannot be used. Choose another one, or reconnect it.", step, app)
		},
		GapForm:  func(step int) string { return fmt.Sprintf("Step %d: look over the fields.", step) },
		GapField: func(step int, field string) string { return fmt.Sprintf("Step %d: fill in “%s”.", step, field) },
		GapMapping: func(step int, field string) string {
			return fmt.Sprintf("Step %d: mend “%s”. A value in it leads nowhere.", step, field)
		},
		GapSample: func(step int, token string) string {
			return fmt.Sprintf("Step %d: there is no sample for %s. Test the step it comes from first.", step, token)
		},

		Refused: func(step int, field, words string) string {
			return fmt.Sprintf("Step %d, “%s”: %s", step, field, words)
		},

		Broken: englishBroken,

		TypeGroup: englishTypeGroup,
		TypeLead:  englishTypeLead,

		Yes:            "Yes",
		No:             "No",
		SourceNotReady: "This step is not set up yet.",

		RemoveStep:       func(step int) string { return fmt.Sprintf("Remove step %d?", step) },
		ChangeApp:        func(app string) string { return "Change the App to " + app + "?" },
		ValuesAreLost:    func(step int) string { return fmt.Sprintf("What is filled in at step %d is lost.", step) },
		RemoveStepButton: "Remove the step",
		ChangeAppButton:  "Change the App",

		DeleteDraft:       "Delete this draft?",
		DeleteDraftButton: "Delete the draft",
		DeleteDraftSentence: func(title string) string {
			return fmt.Sprintf("“%s” and all that was filled in is removed. A Zap that was created of it stays.", title)
		},
	}
}

func englishBroken(reason string) string {
	words := map[string]string{
		"no-such-step":  "The step it came from is gone.",
		"later-step":    "The step it comes from is not before this one.",
		"no-such-field": "The step it comes from has no such value.",
		"malformed":     "The braces do not match, or there is nothing between them.",
	}
	if known, ok := words[reason]; ok {
		return known
	}
	return "It leads nowhere."
}

func englishTypeGroup(actionType string) string {
	words := map[string]string{
		"READ":             "Triggers",
		"READ_BULK":        "Triggers for many at once",
		"WRITE":            "Actions",
		"SEARCH":           "Searches",
		"SEARCH_OR_WRITE":  "Search, or create",
		"SEARCH_AND_WRITE": "Search, then change",
		"FILTER":           "Filters",
	}
	return wordOr(words, actionType)
}

func englishTypeLead(actionType string) string {
	words := map[string]string{
		"READ":             "The Zap runs when this happens.",
		"READ_BULK":        "The Zap runs with many things at once.",
		"WRITE":            "Something is created or changed.",
		"SEARCH":           "Something that is there already is found.",
		"SEARCH_OR_WRITE":  "Something is found, or created when there is none.",
		"SEARCH_AND_WRITE": "Something is found and changed.",
		"FILTER":           "The Zap goes on only when your conditions are met.",
	}
	if known, ok := words[actionType]; ok {
		return known
	}
	return "Something is done."
}
