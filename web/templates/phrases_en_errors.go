package templates

import "maps"

// englishErrors joins the areas and gives each phrase its code.
func englishErrors() map[string]ErrorPhrase {
	phrases := make(map[string]ErrorPhrase)
	maps.Copy(phrases, englishRequestErrors())
	maps.Copy(phrases, englishSignInErrors())
	maps.Copy(phrases, englishZapierErrors())
	maps.Copy(phrases, englishAppErrors())
	maps.Copy(phrases, englishAttemptErrors())
	maps.Copy(phrases, englishZapErrors())
	maps.Copy(phrases, englishDraftErrors())
	for code, phrase := range phrases {
		phrase.Code = code
		phrases[code] = phrase
	}
	return phrases
}

// englishRequestErrors explain what was wrong with a request, or with us.
func englishRequestErrors() map[string]ErrorPhrase {
	return map[string]ErrorPhrase{
		"not-found": {
			Title:    "There is nothing here",
			Sentence: "The address does not lead to a page.",
			Advice:   "Check it for a slip, or start from the first page.",
		},
		"method-not-allowed": {
			Title:    "That cannot be done here",
			Sentence: "This address does not take requests of that kind.",
			Advice:   "Go back and use the buttons and links of the page.",
		},
		"bad-request": {
			Title:    "The request was not understood",
			Sentence: "Something in it is missing or has the wrong form.",
			Advice:   "Go back, load the page again and repeat what you did.",
		},
		"too-large": {
			Title:    "That was too much",
			Sentence: "The request is larger than what is taken here.",
			Advice:   "Send less at once.",
		},
		"cross-origin": {
			Title:    "The request came from another site",
			Sentence: "For your safety, this is only done when our own pages ask for it.",
			Advice:   "Open the page here and do it again.",
		},
		"header-missing": {
			Title:    "The request lacks a header",
			Sentence: "Programs that call this address must send the header X-Zapembed.",
			Advice:   "Add the header “X-Zapembed: 1” and send the request again.",
		},
		"origin-missing": {
			Title:    "The request does not say where it comes from",
			Sentence: "Programs that call this address must send the header Origin, as browsers do.",
			Advice:   "Add the header “Origin” with the address of this site and send the request again.",
		},
		"rate-limited": {
			Title:    "That was a lot at once",
			Sentence: "More requests came from here in the last minute than are answered.",
			Advice:   "Wait a minute and try again. Nothing is lost.",
		},
		"host-unknown": {
			Title:    "This name is not ours",
			Sentence: "The request was sent to a host name that is not served here.",
			Advice:   "Use the address you were given, without changes.",
		},
		"internal": {
			Title:    "Something went wrong on our side",
			Sentence: "We could not finish what you asked for. It was not your doing.",
			Advice:   "Try again in a moment. If it stays, report it with the reference on this page.",
		},
		"store-unavailable": {
			Title:    "We cannot reach our records",
			Sentence: "You are still signed in, but your data cannot be read at the moment.",
			Advice:   "Wait a minute and try again. Nothing is lost.",
		},
	}
}

// englishSignInErrors explain why somebody is not signed in.
func englishSignInErrors() map[string]ErrorPhrase {
	return map[string]ErrorPhrase{
		"sign-in-required": {
			Title:    "Please sign in first",
			Sentence: "This needs to know who you are, and you are not signed in.",
			Advice:   "Sign in with Zapier; you come back to where you were.",
		},
		"sign-in-ended": {
			Title:    "Zapier has ended your sign-in",
			Sentence: "Access was taken back at Zapier, or it has run out.",
			Advice:   "Sign in once more to go on.",
		},
		"sign-in-denied": {
			Title:    "You did not allow access",
			Sentence: "Zapier told us that you declined, so you are not signed in and nothing has changed.",
			Advice:   "Sign in again whenever you like.",
		},
		"sign-in-unknown": {
			Title:    "This sign-in is no longer open",
			Sentence: "It has been used already, or it has been open for too long.",
			Advice:   "Start again from here; it takes only a moment.",
		},
		"sign-in-other-browser": {
			Title:    "This sign-in was started in another browser",
			Sentence: "For your safety it can only be finished where it began.",
			Advice:   "Go back to that browser, or start again in this one.",
		},
		"sign-in-elsewhere": {
			Title:    "Signing in has to begin on our own page",
			Sentence: "This window was opened by another page, or by one of ours that is shut off from itself inside another page.",
			Advice:   "Try again to sign in in this window instead. If you run the page around ours: its frame lacks “allow-same-origin”.",
		},
		"sign-in-code-refused": {
			Title:    "Zapier did not accept the sign-in",
			Sentence: "Its code lasts two minutes and works once; this one had run out or was used.",
			Advice:   "Sign in again, and finish within two minutes.",
		},
		"sign-in-provider": {
			Title:    "Zapier could not sign you in",
			Sentence: "Zapier reported a problem of its own.",
			Advice:   "Wait a moment, then sign in again.",
		},
		"sign-in-refused": {
			Title:    "Signing in is not set up correctly",
			Sentence: "Zapier does not accept the settings of this site.",
			Advice:   "Tell the people who run it; they find the reason in the log under the reference on this page.",
		},
	}
}

// englishZapierErrors explain calls that Zapier did not answer as it should.
func englishZapierErrors() map[string]ErrorPhrase {
	return map[string]ErrorPhrase{
		"zapier-rate-limited": {
			Title:    "Zapier asks us to slow down",
			Sentence: "Too many requests were made in the last minute, by everybody together.",
			Advice:   "Wait a little, a minute at most, and try again. Nothing is lost.",
		},
		"zapier-unavailable": {
			Title:    "Zapier is not available",
			Sentence: "Zapier did not answer as it should.",
			Advice:   "Try again in a moment.",
		},
		"zapier-timeout": {
			Title:    "Zapier took too long",
			Sentence: "We waited for an answer from Zapier, and none came.",
			Advice:   "Try again in a moment.",
		},
		"zapier-unreadable": {
			Title:    "Zapier’s answer could not be read",
			Sentence: "It was not in the form we expect.",
			Advice:   "Try again in a moment. If it stays, report it with the reference on this page.",
		},
		"zapier-rejected": {
			Title:    "Zapier did not accept the request",
			Sentence: "It answered that something we asked for does not exist or makes no sense to it.",
			Advice:   "Go back and start from the list of Apps. If it happens again, report it with the reference below.",
		},
		"zapier-refused": {
			Title:    "Zapier does not allow this",
			Sentence: "Your sign-in does not include the permission that is needed.",
			Advice:   "Sign out, sign in again, and allow everything on the list.",
		},
	}
}

// englishAppErrors explain what is wrong with an App or the choice for it.
func englishAppErrors() map[string]ErrorPhrase {
	return map[string]ErrorPhrase{
		"app-not-found": {
			Title:    "This App is not in the directory",
			Sentence: "It may have been taken out, or the address has a slip.",
			Advice:   "Search for it among all Apps.",
		},
		"app-needs-none": {
			Title:    "This App needs no account",
			Sentence: "It works without logging in, so there is nothing to connect.",
			Advice:   "Go to its page and use it as it is.",
		},
		"authentication-gone": {
			Title:    "That account is not there any more",
			Sentence: "It is not among your accounts for this App; it may have been removed at Zapier.",
			Advice:   "Choose another one, or connect it again.",
		},
		"authentication-expired": {
			Title:    "That account has expired",
			Sentence: "It cannot be used until you log in to it again.",
			Advice:   "Press Reconnect beside it.",
		},
		"account-unclear": {
			Title:    "We do not know whether the account was added",
			Sentence: "Zapier’s answer was lost, and the account is not in your list yet.",
			Advice:   "Look at your accounts for this App in a moment. If it is not there, fill in the form again and send it.",
		},
		"account-rejected": {
			Title:    "Zapier did not accept this account",
			Sentence: "Nothing was added. What you typed as a secret has to be typed again.",
			Advice:   "Correct it and send it again.",
		},
	}
}

// englishAttemptErrors explain how an attempt to connect ended, and why a
// request about it could not be met.
func englishAttemptErrors() map[string]ErrorPhrase {
	return map[string]ErrorPhrase{
		"attempt-not-found": {
			Title:    "We do not know this attempt",
			Sentence: "It is over for a while, or it belongs to somebody else.",
			Advice:   "Go to the App’s page and connect from there.",
		},
		"attempt-cancelled": {
			Title:    "Cancelled",
			Sentence: "Nothing was connected, and nothing has changed.",
			Advice:   "Connect whenever you like.",
		},
		"attempt-expired": {
			Title:    "That took too long",
			Sentence: "We waited for half an hour and saw no new account.",
			Advice:   "Try again. If you did connect it, it is in the list after you load the page again.",
		},
		"attempt-failed": {
			Title:    "The account could not be connected",
			Sentence: "Something went wrong on the way to Zapier.",
			Advice:   "Try again in a moment.",
		},
		"attempt-superseded": {
			Title:    "You started over",
			Sentence: "A newer attempt for this App has taken the place of this one.",
			Advice:   "Go on with the newer one, here or in your other tab.",
		},
		"attempt-closed": {
			Title:    "The window was closed",
			Sentence: "It was closed before Zapier had opened, so nothing was connected.",
			Advice:   "Connect again whenever you like.",
		},
		"attempt-start-refused": {
			Title:    "This link does not work",
			Sentence: "It belongs to an attempt that is over, or it is not complete.",
			Advice:   "Close this window, go back to the App’s page and connect from there.",
		},
		"connected-already": {
			Title:    "Already connected",
			Sentence: "This link has done its work: the account is connected.",
			Advice:   "Close this window and go on in the page you came from.",
		},
	}
}

// englishZapErrors explain what is wrong with a Zap, or with starting one.
func englishZapErrors() map[string]ErrorPhrase {
	return map[string]ErrorPhrase{
		"zap-not-found": {
			Title:    "This Zap is not among yours",
			Sentence: "It may have been deleted, it may belong to another Zapier account, or the address has a slip.",
			Advice:   "Look for it in the list of your Zaps.",
		},
		"zap-title-missing": {
			Title:    "A Zap needs a name",
			Sentence: "The name was empty, so it stays as it was.",
			Advice:   "Type one and save it again.",
		},
		"zap-refused": {
			Title:    "Zapier did not accept the change",
			Sentence: "The Zap is as it was.",
			Advice:   "If an account of it has expired, reconnect that first.",
		},
		"template-not-found": {
			Title:    "This template is not there any more",
			Sentence: "It has been taken out since the page was shown.",
			Advice:   "Choose another one, or start with an empty Zap.",
		},
		"description-missing": {
			Title:    "Nothing was described",
			Sentence: "A Zap can only be made of words that say what it does.",
			Advice:   "Say what starts it and what should happen then, and name the Apps.",
		},
		"guess-refused": {
			Title:    "Zapier could not make a Zap of this",
			Sentence: "Your words are kept below.",
			Advice:   "Say what starts it and what should happen then, and name the Apps.",
		},
		"client-refused": {
			Title:    "Zapier does not know this site",
			Sentence: "It does not accept the settings of this site, so it gives nothing to start from.",
			Advice:   "Tell the people who run it; they find the reason in the log.",
		},
		"zap-changed-since": {
			Title:    "The Zap was changed at Zapier meanwhile",
			Sentence: "Nothing has been saved. What is here was made of the Zap as it was before, and saving it replaces all steps.",
			Advice:   "Look at the Zap first. To replace it by what is here, press the button once more.",
		},
		"zap-inputs-unknown": {
			Title:    "Zapier did not tell what was filled in",
			Sentence: "The steps of the Zap are here, the values in them are not. Saving replaces all steps, and their values with them.",
			Advice:   "Fill everything in again, or change the Zap at Zapier.",
		},
		"draft-incomplete": {
			Title:    "Not everything could be filled in",
			Sentence: "Some Apps or actions were not found, so their steps are left empty.",
			Advice:   "Choose them yourself; all else is as it should be.",
		},
	}
}

// englishDraftErrors explain what is wrong with a Zap that is being built, or with a step of it.
func englishDraftErrors() map[string]ErrorPhrase {
	return map[string]ErrorPhrase{
		"draft-not-found": {
			Title:    "This draft is not here",
			Sentence: "It may have been deleted, its 30 days may be over, or the address has a slip.",
			Advice:   "Look for it in the list of your Zaps, or start a new one.",
		},
		"draft-changed": {
			Title:    "This Zap was changed meanwhile",
			Sentence: "Somebody changed it since this page was shown, perhaps you in another tab. Nothing of that was lost, and what you just did was not done.",
			Advice:   "Look at it as it is now, and do it again if you still want to.",
		},
		"draft-not-ready": {
			Title:    "Something is still missing",
			Sentence: "So nothing was sent to Zapier.",
			Advice:   "The list says what it is, and each line leads there.",
		},
		"draft-full": {
			Title:    "There is no room for another step",
			Sentence: "A Zap has 20 steps at the most here.",
			Advice:   "Remove one that you do not need.",
		},
		"draft-too-few-steps": {
			Title:    "A Zap needs at least two steps",
			Sentence: "So this one stays.",
			Advice:   "Add another step first, or choose another App for this one.",
		},
		"draft-too-large": {
			Title:    "That is more than a draft can hold",
			Sentence: "What you did last was not kept; all from before is still here.",
			Advice:   "Shorten the longest values, or use fewer steps.",
		},
		"step-not-found": {
			Title:    "This step is not there any more",
			Sentence: "It was removed, perhaps in another tab.",
			Advice:   "Go on with the steps that there are.",
		},
		"step-no-place": {
			Title:    "That does not fit this place",
			Sentence: "A trigger stands first in a Zap, and nothing that does something can come before it.",
			Advice:   "Leave the order as it is, or choose something else for the step.",
		},
		"action-not-found": {
			Title:    "This action is not offered any more",
			Sentence: "The App does not have it, or it does not fit this place.",
			Advice:   "Choose another one. What you filled in so far is kept until you do.",
		},
		"form-refused": {
			Title:    "Zapier did not accept what is filled in",
			Sentence: "So the fields could not be read anew.",
			Advice:   "Look over the marked values and the account of this step, then press “Refresh fields”.",
		},
		"account-refused": {
			Title:    "The account of this step cannot be used",
			Sentence: "Zapier did not accept it, so the fields could not be read anew.",
			Advice:   "Go to the part “Account” of this step, and reconnect it or choose another one.",
		},
		"test-unknown": {
			Title:    "We cannot tell what came of the test",
			Sentence: "Zapier’s answer was lost. What the test does may have been done all the same.",
			Advice:   "Look into the App before you test again.",
		},
	}
}
