package templates

import (
	"fmt"
	"time"
)

// English returns the sentences in English, a new value each time, so that a
// partner may reword the one they got.
func English() *Phrases {
	return &Phrases{
		Lang:    "en",
		Brand:   "Zapembed",
		Layout:  englishLayout(),
		Home:    englishHome(),
		Apps:    englishApps(),
		App:     englishApp(),
		Attempt: englishAttempt(),
		SignIn:  englishSignIn(),
		Problem: englishProblem(),
		Words:   englishWords(),

		Building: englishBuilding(),

		Draft:      englishDraft(),
		Stage:      englishStage(),
		Fields:     englishFields(),
		Test:       englishTest(),
		NewZap:     englishNewZap(),
		Zaps:       englishZaps(),
		Zap:        englishZap(),
		AddAccount: englishAddAccount(),
		Confirm:    englishConfirm(),

		Errors: englishErrors(),
	}
}

func englishLayout() LayoutPhrases {
	return LayoutPhrases{
		PageTitle:        func(page string) string { return page + " · Zapembed" },
		SkipToContent:    "Skip to the content",
		Navigation:       "Main",
		Home:             "Home",
		Apps:             "Apps",
		Zaps:             "Zaps",
		SignOut:          "Sign out",
		SignedInAs:       func(name string) string { return "Signed in as " + name },
		EmulatorTitle:    "Practice mode",
		EmulatorSentence: "An emulator stands in for Zapier; everything in it is invented.",
		EmulatorOpen:     "Open the emulator",
		EmulatorControl:  "Make it misbehave",
		Footer:           "Your accounts are kept at Zapier.",
	}
}

func englishHome() HomePhrases {
	return HomePhrases{
		Title:    "Home",
		Headline: "Connect the Apps you already work with",
		Lead:     "Sign in with your Zapier account, pick an App and choose which of your accounts it should use. You never leave this page for long.",
		Steps: [3]StepPhrase{
			{Title: "Sign in", Sentence: "A window from Zapier asks who you are. No Zapier account yet? You can make one there."},
			{Title: "Pick an App", Sentence: "Search the directory for the Apps you use every day."},
			{Title: "Connect your account", Sentence: "You log in to the App at Zapier, and we tell you as soon as it is ready."},
		},
		Welcome:            func(name string) string { return "Hello, " + name },
		WelcomeLead:        "These are the Apps you have set up so far.",
		ChosenTitle:        "Your Apps",
		ChosenEmptyTitle:   "Nothing here yet",
		ChosenEmpty:        "Pick an App and connect an account. It will be listed here.",
		BrowseApps:         "Browse Apps",
		UsesAuthentication: func(title string) string { return "Uses " + title },
		UsesNone:           "Works without an account",
		BuildTitle:         "Let your Apps work together",
		Build:              "When something happens in one of them, a Zap does something about it in another.",
		BuildButton:        "Build a Zap",

		EverywhereTitle:  "Signed in elsewhere?",
		Everywhere:       "If you left a browser open somewhere, you can sign out of all of them from here, this one included.",
		EverywhereButton: "Sign out everywhere",
	}
}

func englishApps() AppsPhrases {
	return AppsPhrases{
		Title:            "Apps",
		Lead:             "Everything you can connect.",
		SearchLabel:      "Search Apps",
		Search:           "Search",
		CategoryLabel:    "Category",
		AllCategories:    "All categories",
		CategoriesUnread: "The categories could not be read. Load this page again in a moment to see them.",
		Range:            englishRange,
		SearchFailed:     "The search got no answer.",
		SearchAgain:      "Press Search to try again.",
		EmptyTitle:       "No App found",
		Empty: func(query string) string {
			if query == "" {
				return "There is no App in this category."
			}
			return fmt.Sprintf("No App matches “%s”. Try fewer letters or another category.", query)
		},
		ShowAll:  "Show all Apps",
		Paging:   "Pages",
		Previous: "Previous",
		Next:     "Next",
	}
}

func englishRange(first, last, total int) string {
	switch {
	case total == 0:
		return "No Apps"
	case total == 1:
		return "1 App"
	case first == 1 && last == total:
		return fmt.Sprintf("%d Apps", total)
	default:
		return fmt.Sprintf("Apps %d to %d of %d", first, last, total)
	}
}

func englishApp() AppPhrases {
	return AppPhrases{
		BackToApps:    "All Apps",
		Back:          "Back",
		AddWithKey:    "Add with a key instead of a window",
		AccountsTitle: "Your accounts",
		AccountsLead:  func(title string) string { return "Choose the " + title + " account to use." },
		EmptyTitle:    "No account yet",
		Empty: func(title string) string {
			return "Connect your " + title + " account. It takes about a minute, in a window from Zapier."
		},
		ConnectFirst:   "Connect an account",
		ConnectAnother: "Connect another account",
		OpensWindow:    "opens a window",
		Use:            "Use this",
		UseNamed:       func(title string) string { return "Use this: " + title },
		InUse:          "In use",
		Expired:        "Expired",
		New:            "New",
		ExpiredAdvice:  "Reconnect it before you use it.",
		Reconnect:      "Reconnect",
		ReconnectNamed: func(title string) string { return "Reconnect " + title },
		Identifier:     func(id string) string { return "No. " + id },
		NoneTitle:      "No account needed",
		NoneNeeded: func(title string) string {
			return title + " works without logging in anywhere, so there is nothing to connect."
		},
		NoneUse:          "Use it as it is",
		NoneInUse:        "Ready to use",
		ListUnknownTitle: "Your accounts could not be read",
		ListUnknown:      "Load this page again in a moment to see them.",
	}
}

func englishAttempt() AttemptPhrases {
	return AttemptPhrases{
		Region:                  "Connecting an account",
		IdleTitle:               "Ready when you are",
		Idle:                    "Zapier opens in a window of its own. Log in to the App there; this page notices when you are done.",
		IdleWithoutScript:       "Zapier opens in a new tab. When you are done there, come back and press the button below.",
		OpenedTitle:             "Finish in the Zapier window",
		Opened:                  "Log in to the App and allow access. This page goes on by itself.",
		WaitingTitle:            "Still waiting for Zapier",
		Waiting:                 "There is no hurry. Finish in Zapier’s window and come back here, or open it again.",
		OtherAccount:            "Did you use another Zapier account in that window?",
		OtherAccountTip:         "Then the new account belongs to that one, and it cannot be seen from here. In Zapier’s window choose the account you signed in here with, or sign out here and sign in with that one.",
		BlockedTitle:            "Your browser kept the window shut",
		Blocked:                 "Pop-up windows seem to be blocked here. Open Zapier with this link instead.",
		BlockedOpen:             "Open Zapier",
		BlockedSameTab:          "Continue in this tab",
		BlockedSameTabHint:      "If you continue in this tab, come back with your browser’s Back button when you are done.",
		PickTitle:               "Which one did you connect?",
		Pick:                    "Several new accounts have appeared. Pick the one you want to use.",
		PickNamed:               func(title string) string { return "Use " + title },
		ConnectedTitle:          "Connected",
		Connected:               func(title string) string { return title + " is connected and in use now." },
		ConnectedUnnamed:        "Your account is connected and in use now.",
		ConnectedForStep:        func(title string) string { return title + " is connected." },
		ConnectedForStepUnnamed: "Your account is connected.",
		Check:                   "I have connected it",
		Cancel:                  "Cancel",
		Restart:                 "Start over",
		Reopen:                  "Open the window again",
		TryAgain:                "Try again",
		Paused: func(seconds string) string {
			return "We cannot ask Zapier just now. We look again in " + seconds + " seconds; nothing is lost."
		},
		AskingAgain: "We ask again by ourselves.",
		NothingNew:  "Nothing new at Zapier yet. Finish in Zapier’s window first.",
		Offline:     "We cannot be reached at the moment. Check your network; this page keeps trying.",
		SignedOut:   "You have been signed out here.",
		SignInAgain: "Sign in again",
	}
}

func englishSignIn() SignInPhrases {
	return SignInPhrases{
		SignIn:         "Sign in with Zapier",
		Hint:           "You can make a Zapier account on the way.",
		OpenedTitle:    "Finish in the Zapier window",
		Closed:         "The Zapier window is closed, and you are not signed in.",
		Opened:         "This page goes on by itself once you have signed in. If you closed the window, just sign in again.",
		BlockedTitle:   "Your browser kept the window shut",
		Blocked:        "Pop-up windows seem to be blocked here. Go on with one of these links.",
		BlockedOpen:    "Open the sign-in window",
		BlockedSameTab: "Sign in in this tab",
		KeptOutTitle:   "Your browser does not let this page keep you signed in here",
		KeptOut:        "It stores nothing for a page that stands inside a page of another site. In a window of its own everything works.",
		Lost:           "You signed in at Zapier, but this page did not hear of it in time. Sign in once more.",
		OwnWindowHint:  "If that does not work on this page:",
		OwnWindow:      "Go on in a window of its own",
		HandedTitle:    "You are signed in at Zapier",
		Handed:         "This window closes by itself, and the page you came from goes on. If it stays open, that page cannot be reached from here: go on in this window.",
		HandedLink:     "Go on in this window",
		DoneTitle:      "You are signed in",
		Done:           "This window closes by itself. If it stays open, follow the link.",
		DoneLink:       "Go on",
	}
}

func englishProblem() ProblemPhrases {
	return ProblemPhrases{
		TryAgain:    "Try again",
		GoBack:      "Go back",
		GoHome:      "Go to the first page",
		SignInAgain: "Sign in again",
		CloseWindow: "Close this window",
		CloseHint:   "Then go on in the page you came from.",

		Details:      "What is behind it",
		Cause:        "Likely cause",
		Helps:        "Does trying again help?",
		HelpsYes:     "Yes, after a while.",
		HelpsNo:      "No, something has to change first.",
		Code:         "Code",
		Answered:     "Zapier’s answer",
		AnsweredWith: func(status int) string { return fmt.Sprintf("Status %d", status) },
		Time:         "Time",
		Reference:    "Reference for a report",
		LookFirst:    "It may have been done all the same. Look first, and send it again only if it was not.",
		Clock:        func(at time.Time) string { return at.UTC().Format("15:04:05 UTC") },
		AgainAt:      func(when string) string { return fmt.Sprintf("You can try again at %s.", when) },

		InLine:   englishInLine,
		GoesOnIn: func(seconds string) string { return fmt.Sprintf("This page goes on by itself in %s s.", seconds) },
		GoesOnAt: func(when string) string { return fmt.Sprintf("This page goes on by itself at %s.", when) },
		RoomAt: func(when string) string {
			return fmt.Sprintf("There should be room at %s. Press the button then.", when)
		},
		Anyway:    "Go on without waiting",
		SendAgain: "Send it again",

		NothingLost: "Nothing is lost.",
		TypedLost:   "What you typed may be lost: it is not repeated here, since there may be a password in it. Go back and look at the form.",

		KeptTitle: "Some of this is from before.",
		Kept: func(when string) string {
			return fmt.Sprintf("There was no new answer from Zapier just now; this is what we knew at %s.", when)
		},
	}
}

func englishInLine(place int) string {
	if place == 1 {
		return "You are next."
	}
	return fmt.Sprintf("You are number %d in line.", place)
}
