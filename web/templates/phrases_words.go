package templates

import (
	"fmt"
	"time"
)

// WordPhrases are the words for what Zapier tells in codes, and the sentences that ask before a Zap is deleted.
type WordPhrases struct {
	// Moment is a time for people, in UTC.
	Moment func(at time.Time) string
	// RunStatus and ActionType are in words what Zapier says in one word of its own; one that nobody knows stays as it is.
	RunStatus, ActionType func(word string) string
	// StepTitle names a step; action or app may be "".
	StepTitle func(number int, action, app string) string
	// Untitled stands for the title of a Zap or draft that has none.
	Untitled string
	// Hidden stands for a value that looks like a secret.
	Hidden string
	// AllStatuses is the choice of runs of every status.
	AllStatuses string

	DeleteZap, DeleteZapButton string
	// DeleteZapSentence says what deleting does to the Zap of that title.
	DeleteZapSentence func(title string) string
}

func englishWords() WordPhrases {
	return WordPhrases{
		Moment:          func(at time.Time) string { return at.UTC().Format("2 Jan 2006, 15:04 UTC") },
		RunStatus:       englishRunStatus,
		ActionType:      englishActionType,
		StepTitle:       englishStepTitle,
		Untitled:        "Untitled Zap",
		Hidden:          "••••••",
		AllStatuses:     "All runs",
		DeleteZap:       "Delete this Zap?",
		DeleteZapButton: "Delete it for good",
		DeleteZapSentence: func(title string) string {
			return fmt.Sprintf("“%s” stops at once and is removed from your Zapier account. This cannot be taken back.", title)
		},
	}
}

func englishRunStatus(status string) string {
	words := map[string]string{
		"success":       "Succeeded",
		"error":         "Failed",
		"error_handled": "Failed, and handled",
		"halted":        "Stopped: a step found nothing",
		"filtered":      "Stopped by a filter",
		"skipped":       "Skipped",
		"held":          "Held back",
		"delayed":       "Waiting for its delay",
		"scheduled":     "Scheduled",
		"pending":       "Under way",
		"throttled":     "Slowed down",
		"":              "Not reached",
	}
	return wordOr(words, status)
}

func englishActionType(actionType string) string {
	words := map[string]string{
		"READ":             "Trigger",
		"READ_BULK":        "Trigger for many at once",
		"WRITE":            "Action",
		"SEARCH":           "Search",
		"SEARCH_OR_WRITE":  "Search, or create",
		"SEARCH_AND_WRITE": "Search, then change",
		"FILTER":           "Filter",
	}
	return wordOr(words, actionType)
}

func wordOr(words map[string]string, word string) string {
	if known, ok := words[word]; ok {
		return known
	}
	return word
}

func englishStepTitle(number int, action, app string) string {
	switch {
	case action != "" && app != "":
		return fmt.Sprintf("%d. %s in %s", number, action, app)
	case action+app != "":
		return fmt.Sprintf("%d. %s", number, action+app)
	default:
		return fmt.Sprintf("Step %d", number)
	}
}
