package templates

import "fmt"

func englishDraft() DraftPhrases {
	return DraftPhrases{
		Back:    "All Zaps",
		NewLead: "A new Zap. Nothing runs until you create it.",
		ChangeLead: func(zap string) string {
			return "Changes to “" + zap + "”. Nothing changes until you save them to the Zap."
		},
		NotReady: func(missing int) string {
			if missing == 1 {
				return "Not ready yet: one thing is missing."
			}
			return fmt.Sprintf("Not ready yet: %d things are missing.", missing)
		},

		NameLabel: "Name of the Zap",
		NameSave:  "Save the name",

		StepsTitle: "Steps",
		Account:    func(title string) string { return "Account: " + title },
		NoAccount:  "No account needed",
		First:      "When this happens",
		Then:       "Then do this",
		Number:     func(number int) string { return fmt.Sprintf("Step %d", number) },
		NoApp:      "Nothing chosen yet",
		Alias:      "In mappings it is called",

		Edit:      "Edit",
		Start:     "Set up",
		Test:      "Test",
		MoveUp:    "Move up",
		MoveDown:  "Move down",
		Remove:    "Remove",
		OfStep:    func(number int) string { return fmt.Sprintf("step %d", number) },
		Add:       "Add a step",
		AddBehind: func(number int) string { return fmt.Sprintf("Add a step after step %d", number) },
		Full:      "A Zap has no room for more steps than these.",

		CreateTitle: "Create the Zap",
		ChangeTitle: "Save to the Zap",
		Missing:     englishMissing,
		Ready:       "Everything is there.",
		CreateHint:  "It is turned on as soon as it is created.",
		Create:      "Create the Zap",
		Change:      "Save to the Zap",
		ChangeWarning: func(zap string) string {
			return "This replaces all steps of “" + zap + "” and turns it on, even if it is off now."
		},
		NotAllowed: "Your sign-in does not include this. Sign out, sign in again, and allow us to create and change Zaps.",

		RunningTitle:  "Zapier is working on your Zap",
		Running:       "It takes a few seconds and happens once, however often you ask.",
		RunningLook:   "See how far it is",
		UnknownTitle:  "We cannot tell whether the Zap was created",
		Unknown:       "Zapier’s answer was lost, and the Zap is not in your list so far. Wait a minute and look again.",
		UnknownPartly: "Zapier shows us only those of your Zaps that use our own App. So look for it at zapier.com before you create it once more.",
		Look:          "Look again",
		AgainWarning:  "If it does not turn up, you can create it once more. Should the first one appear later, you would have it twice.",
		Again:         "Create it once more",
		DoneTitle:     "Your Zap is on",
		Done:          func(title string) string { return "“" + title + "” runs at Zapier from now on." },
		OffTitle:      "Your Zap is made, and it is off",
		Off:           func(title string) string { return "“" + title + "” is at Zapier. It runs once it is turned on." },
		Editor:        "Open it at Zapier",
		SeeZap:        "See the Zap and its runs",
		RefusedTitle:  "Zapier did not accept the Zap",
		RefusedNew:    "Nothing was created.",
		RefusedChange: "The Zap is as it was.",
		RefusedAdvice: "Mend this and try again.",

		Delete: "Delete this draft",
	}
}

func englishMissing(missing int) string {
	if missing == 1 {
		return "One thing is missing"
	}
	return fmt.Sprintf("%d things are missing", missing)
}

func englishStage() StagePhrases {
	return StagePhrases{
		Back:      func(zap string) string { return "Back to “" + zap + "”" },
		Place:     func(number, count int) string { return fmt.Sprintf("Step %d of %d", number, count) },
		Trail:     "Parts of this step",
		App:       "App",
		Action:    "Action",
		Account:   "Account",
		Fields:    "Fields",
		Test:      "Test",
		NotYet:    "not yet",
		NotNeeded: "none needed",

		AppTitle:      "Which App comes next?",
		AppTitleFirst: "Which App starts the Zap?",
		AppLead:       "Choose where something is to be done or looked up.",
		AppLeadFirst:  "The Zap runs when something happens in this App.",
		Chosen:        "Chosen",

		ActionTitle:      func(app string) string { return "What should happen in " + app + "?" },
		ActionTitleFirst: func(app string) string { return "What starts the Zap in " + app + "?" },
		Instant:          "Instant",
		NoActionsTitle:   "Nothing fits here",
		NoActions:        func(app string) string { return app + " has nothing that can stand in this place of a Zap." },
		OtherApp:         "Choose another App",

		AccountTitle: func(app string) string { return "Which " + app + " account should it use?" },
		GoOn:         "Go on to the fields",
	}
}

func englishFields() FieldsPhrases {
	return FieldsPhrases{
		Title:    func(action string) string { return "Set up “" + action + "”" },
		Required: "required",
		For:      func(field string) string { return "for " + field },
		Redraws:  "Other fields depend on this one.",
		File:     "The web address of a file. Zapier fetches it when the Zap runs.",
		Kept:     "A value is kept, and never shown. Leave this empty to keep it.",
		NoChoice: "Choose…",
		GoneMark: func(choice string) string { return choice + " (no longer offered)" },
		Gone:     "What you chose earlier is no longer offered. It stays until you choose something else.",
		More: func(count int) string {
			return fmt.Sprintf("Only the first %d choices are listed; there are more.", count)
		},
		TypeValue:     "Type its value instead",
		Waits:         func(fields string) string { return "Fill in this first, and save: " + fields },
		ShowChoices:   "Show the choices",
		ChoicesUnread: "The choices could not be read just now. Press “Refresh fields” to try again.",

		UseText:   "Use a value from an earlier step",
		UseNative: englishNative,

		Row:         func(field string, row int) string { return fmt.Sprintf("%s, row %d", field, row) },
		Key:         "Name",
		Value:       "Value",
		AddRow:      "Add a row",
		RemoveRow:   "Remove",
		RemoveNamed: func(field string, row int) string { return fmt.Sprintf("Remove row %d of %s", row, field) },
		NameTwice:   "Nothing of these rows is saved yet: two of them have the same name. Change one of the names, or remove a row.",
		NameMissing: "Nothing of these rows is saved yet: a value has no name. Type a name beside it, or remove the row.",

		Save:        "Save",
		Next:        "Save and go to the Zap",
		Refresh:     "Refresh fields",
		SaveAndTest: "Save and test",
		RefreshHint: "Some fields decide which others there are. Refresh the fields after you change one of those; what you typed is saved.",
		Empty:       "There is nothing to fill in here.",

		Errors: func(count int) string {
			if count == 1 {
				return "One field needs a look"
			}
			return fmt.Sprintf("%d fields need a look", count)
		},
		ProblemsTitle: "This was not accepted",
		StaleTitle:    "This Zap was changed meanwhile",
		Stale:         "Perhaps you did it in another tab. What you typed here is still in the fields below, but it is not saved yet. Look it over and save it again.",
		DroppedTitle:  "Some fields are gone",
		Dropped:       "They do not belong to what you chose now, so their values were let go:",
		UnreadKept:    "What you filled in before is kept.",

		SourcesTitle:     "Values from earlier steps",
		SourcesLead:      "Go into a field, then press a value to put it there. Dragging works too.",
		SourcesLeadTyped: "Type the code of a value into a field, braces included.",
		SourceEmpty:      "This step yields no values.",
		PutIn:            "Put in",

		NoAnswer:       "That got no answer.",
		StillHere:      "What you typed is still here.",
		NoAnswerAdvice: "Try again in a moment.",
		TriedAgainAt:   func(when string) string { return fmt.Sprintf("It is tried again by itself at %s.", when) },

		Inserted:     func(value, field string) string { return value + " was put into " + field + "." },
		Nowhere:      "Go into a text field first, then press the value again.",
		Broken:       "No earlier step has this value.",
		ChoicesNone:  "Nothing matches what you typed.",
		ChoicesFound: func(count string) string { return "Matching choices: " + count },
		ChoicesMore:  func(count string) string { return count + " more. Type to narrow the list." },
	}
}

// englishNative says how a field is filled in when it is no longer a text box.
func englishNative(kind ControlKind) string {
	switch kind {
	case ControlSelect:
		return "Choose from the list instead"
	case ControlNumber, ControlInteger:
		return "Type a number instead"
	case ControlDateTime:
		return "Pick a date instead"
	case ControlFile:
		return "Type a web address instead"
	default:
		return "Type a fixed value instead"
	}
}

func englishTest() TestPhrases {
	return TestPhrases{
		Title:       "Test this step",
		Reads:       func(app string) string { return "This asks " + app + " for something real and changes nothing there." },
		WritesTitle: "This is not a rehearsal",
		Writes: func(app string) string {
			return app + " really does it: what the test creates or changes stays there."
		},
		Optional:     "A Zap can be created without testing it. A test shows that the step works, and gives later steps true samples.",
		ValuesTitle:  "What is sent",
		NoValues:     "No values.",
		Run:          "Test it now",
		RunWrites:    "Yes, do it now",
		MissingTitle: "Before you can test",
		ResultTitle:  "Result of the last test",
		At:           func(moment string) string { return "Tested " + moment + "." },
		Found: func(count int) string {
			switch count {
			case 0:
				return "It works; there was just nothing to find."
			case 1:
				return "It works. This came back:"
			default:
				return fmt.Sprintf("It works. %d things came back; this is the first:", count)
			}
		},
		FailedTitle:  "The test did not work",
		Failed:       "This came back:",
		FailedAdvice: "Look over the account and the fields, then test again.",
		Review:       "Go to the Zap",
		Fields:       "Change the fields",
	}
}

func englishNewZap() NewZapPhrases {
	return NewZapPhrases{
		Title:          "Build a Zap",
		Lead:           "A Zap waits for something to happen in one App, and does something about it in another.",
		BlankTitle:     "Step by step",
		Blank:          "Choose the Apps and what should happen yourself.",
		BlankButton:    "Start with an empty Zap",
		GuessTitle:     "In your own words",
		GuessLabel:     "What should the Zap do?",
		GuessHint:      "For example: when there is a new lead in SuperExampleCRM, create a report in PlatformAdManager.",
		GuessButton:    "Draft it for me",
		TemplatesTitle: "From a template",
		TemplatesEmpty: "There are no templates at the moment.",
		Use:            "Use this",
		UseNamed:       func(title string) string { return "Use this: " + title },
	}
}

func englishZaps() ZapsPhrases {
	return ZapsPhrases{
		Title: "Zaps",
		Lead:  "What runs for you, and what you are still building.",
		Build: "Build a Zap",

		DraftsTitle:      "Being built",
		DraftUpdated:     func(moment string) string { return "Changed " + moment },
		DraftExpires:     func(moment string) string { return "Kept until " + moment },
		DraftGaps:        englishGaps,
		DraftUnknown:     "Perhaps created: look again",
		DraftChanges:     func(zap string) string { return "Changes to “" + zap + "”" },
		DraftDelete:      "Delete",
		DraftDeleteNamed: func(title string) string { return "Delete the draft “" + title + "”" },

		ListTitle:   "Your Zaps",
		SearchLabel: "Search Zaps",
		StateLabel:  "State",
		Search:      "Search",
		AnyState:    "On and off",
		On:          "On",
		Off:         "Off",
		Range:       englishZapRange,
		EmptyTitle:  "No Zap here",
		Empty:       "Zaps you create are listed here.",
		EmptySearch: "No Zap matches. Try fewer letters, or both states.",
		ShowAll:     "Show all Zaps",
		Cut:         "You have more Zaps than are listed here: Zapier was asked for the first 300.",
		LastRun:     func(moment string) string { return "Last ran well " + moment },
		Updated:     func(moment string) string { return "Changed " + moment },
		NeverRan:    "Has not run yet",
		Uses:        "Apps:",
	}
}

func englishGaps(count int) string {
	switch count {
	case 0:
		return "Ready to create"
	case 1:
		return "1 thing missing"
	default:
		return fmt.Sprintf("%d things missing", count)
	}
}

func englishZapRange(first, last, total int) string {
	switch {
	case total == 0:
		return "No Zaps"
	case total == 1:
		return "1 Zap"
	case first == 1 && last == total:
		return fmt.Sprintf("%d Zaps", total)
	default:
		return fmt.Sprintf("Zaps %d to %d of %d", first, last, total)
	}
}

func englishZap() ZapPhrases {
	return ZapPhrases{
		Back:            "All Zaps",
		Editor:          "Open it at Zapier",
		OpensTab:        "opens a new tab",
		StepsTitle:      "Steps",
		ChangeTitle:     "Change it",
		RenameLabel:     "Name of the Zap",
		Rename:          "Rename",
		Enable:          "Turn it on",
		EnableHint:      "It is off and does not run.",
		Edit:            "Edit its steps",
		EditWarning:     "You edit a draft first. Saving it to the Zap replaces all its steps and turns it on, even if it is off now.",
		Delete:          "Delete this Zap",
		RunsTitle:       "Runs",
		RunsFilterLabel: "Which runs",
		RunsShow:        "Show",
		RunsEmptyTitle:  "No runs",
		RunsEmpty:       "There were none in the last 30 days.",
		RunStart:        func(moment string) string { return "Started " + moment },
		RunEnd:          func(moment string) string { return "Ended " + moment },
		RunSteps:        "Steps:",
		RunIn:           "What came in",
		RunOut:          "What went out",
		RunData:         "Data",
	}
}

func englishAddAccount() AddAccountPhrases {
	return AddAccountPhrases{
		Title:     func(app string) string { return "Add a " + app + " account" },
		Lead:      "What you type goes to Zapier and is kept there. Nothing of it stays here.",
		NameLabel: "Name of the account",
		NameHint:  "So that you know it again in the list.",
		Add:       "Add the account",

		Missing:     "Fill this in.",
		Refused:     "Zapier did not accept this.",
		NameMissing: "Give the account a name.",
		NameTooLong: "The name is too long. It can have 255 characters.",

		SecretsAgain: "Type passwords and keys again: they are not kept here. The rest is as you left it.",
	}
}

func englishConfirm() ConfirmPhrases {
	return ConfirmPhrases{Cancel: "No, go back"}
}
