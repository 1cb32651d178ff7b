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
			Cause:    "The address was mistyped, or the page behind it is gone.",
		},
		"method-not-allowed": {
			Title:    "That cannot be done here",
			Sentence: "This address does not take requests of that kind.",
			Advice:   "Go back and use the buttons and links of the page.",
			Cause:    "A program, or an old page, sent a kind of request that this address never had.",
		},
		"bad-request": {
			Title:    "The request was not understood",
			Sentence: "Something in it is missing or has the wrong form.",
			Advice:   "Go back, load the page again and repeat what you did.",
			Cause:    "The page was open for long, or a program sent something else than what is documented.",
		},
		"too-large": {
			Title:    "That was too much",
			Sentence: "The request is larger than what is taken here.",
			Advice:   "Send less at once.",
			Cause:    "A value is very long, or a file was pasted into a field.",
		},
		"cross-origin": {
			Title:    "The request came from another site",
			Sentence: "For your safety, this is only done when our own pages ask for it.",
			Advice:   "Open the page here and do it again.",
			Cause:    "A page of another site sent the request, or a proxy changed its headers.",
		},
		"header-missing": {
			Title:    "The request lacks a header",
			Sentence: "Programs that call this address must send the header X-Zapembed.",
			Advice:   "Add the header “X-Zapembed: 1” and send the request again.",
			Cause:    "A program called the API without the header that only our own scripts send.",
		},
		"origin-missing": {
			Title:    "The request does not say where it comes from",
			Sentence: "Programs that call this address must send the header Origin, as browsers do.",
			Advice:   "Add the header “Origin” with the address of this site and send the request again.",
			Cause:    "A program called the API without saying from which site.",
		},
		"rate-limited": {
			Title:    "That was a lot at once",
			Sentence: "More requests came from here in the last minute than are answered.",
			Advice:   "Wait a minute, then go back and try again.",
			Cause:    "Many clicks or a program in a loop; or a proxy that makes many people look like one.",
		},
		"host-unknown": {
			Title:    "This name is not ours",
			Sentence: "The request was sent to a host name that is not served here.",
			Advice:   "Use the address you were given, without changes.",
			Cause:    "The address has another name of this server, or a proxy does not pass its name on.",
		},
		"internal": {
			Title:    "Something went wrong on our side",
			Sentence: "We could not finish what you asked for. It was not your doing.",
			Advice:   "Try again in a moment. If it stays, report it with the reference on this page.",
			Cause:    "A fault in this program. The log has it under the reference.",
		},
		"store-unavailable": {
			Title:    "We cannot reach our records",
			Sentence: "You are still signed in, but your data cannot be read at the moment.",
			Advice:   "Wait a minute and try again.",
			Cause:    "The database is being restarted, its disk is full, or the way to it is broken.",
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
			Cause:    "You have not signed in yet, or your sign-in has run out.",
		},
		"sign-in-ended": {
			Title:    "Zapier has ended your sign-in",
			Sentence: "Access was taken back at Zapier, or it has run out.",
			Advice:   "Sign in once more to go on.",
			Cause:    "You, or an administrator, took access back at Zapier; or it was not used for long.",
		},
		"sign-in-denied": {
			Title:    "You did not allow access",
			Sentence: "Zapier told us that you declined, so you are not signed in and nothing has changed.",
			Advice:   "Sign in again whenever you like.",
			Cause:    "“Deny” was pressed at Zapier.",
		},
		"sign-in-unknown": {
			Title:    "This sign-in is no longer open",
			Sentence: "It has been used already, or it has been open for too long.",
			Advice:   "Start again from here; it takes only a moment.",
			Cause:    "The sign-in took longer than ten minutes, or its last page was loaded twice.",
		},
		"sign-in-other-browser": {
			Title:    "This sign-in was started in another browser",
			Sentence: "For your safety it can only be finished where it began.",
			Advice:   "Go back to that browser, or start again in this one.",
			Cause:    "The link was opened in another browser, or cookies were deleted meanwhile.",
		},
		"sign-in-elsewhere": {
			Title:    "Signing in has to begin on our own page",
			Sentence: "This window was opened by another page, or by one of ours that is shut off from itself inside another page.",
			Advice:   "Sign in in this window instead. If you run the page around ours: its frame lacks “allow-same-origin”.",
			Cause:    "Another site opened the window, or a sandbox keeps our page in the frame apart.",
		},
		"sign-in-code-refused": {
			Title:    "Zapier did not accept the sign-in",
			Sentence: "Its code lasts two minutes and works once; this one had run out or was used.",
			Advice:   "Sign in again, and finish within two minutes.",
			Cause:    "More than two minutes went by between Zapier’s page and ours, or the page was loaded twice.",
		},
		"sign-in-provider": {
			Title:    "Zapier could not sign you in",
			Sentence: "Zapier did not answer as it should.",
			Advice:   "Wait a moment, then sign in again.",
			Cause:    "Zapier was out of order, or had no room for us, at the moment you came back from it.",
		},
		"sign-in-refused": {
			Title:    "Signing in is not set up correctly",
			Sentence: "Zapier does not accept the settings of this site.",
			Advice:   "Tell the people who run it; they find the reason in the log under the reference on this page.",
			Cause:    "The client id, the secret, the redirect URI or the scopes of this site are not what Zapier has on file.",
		},
	}
}

// englishZapierErrors explain calls that Zapier did not answer as it should.
func englishZapierErrors() map[string]ErrorPhrase {
	return map[string]ErrorPhrase{
		"zapier-rate-limited": {
			Title:    "No room at Zapier just now",
			Sentence: "Zapier takes only so many requests in a minute, and there is no room for this one yet.",
			Advice:   "Wait a little and try again.",
			Cause:    "Zapier takes 60 requests a minute from one address and 150 from one partner. Everybody here shares them.",
		},
		"zapier-unavailable": {
			Title:    "Zapier is not available",
			Sentence: "Zapier did not answer as it should.",
			Advice:   "Try again in a moment.",
			Cause:    "Zapier, or something on the way to it, is overloaded or being worked on.",
		},
		"zapier-timeout": {
			Title:    "Zapier took too long",
			Sentence: "We waited for an answer from Zapier, and none came.",
			Advice:   "Try again in a moment.",
			Cause:    "Zapier, or the App behind it, was slow: it has 30 seconds to answer.",
		},
		"zapier-busy": {
			Title:    "Many people are building Zaps just now",
			Sentence: "Zapier answers only so many requests a minute, so a few people at a time start a Zap. Once you are in, you can finish it.",
			Advice:   "Come back a little later.",
			Cause:    "More Zaps are being started than Zapier’s limits leave room for.",
		},
		"zapier-broken": {
			Title:    "Something went wrong at Zapier",
			Sentence: "Zapier met a fault of its own and could not finish what we asked for.",
			Advice:   "Try again in a moment.",
			Cause:    "A fault at Zapier, or in the App behind it.",
		},
		"zapier-unreachable": {
			Title:    "Zapier cannot be reached",
			Sentence: "There is no connection from here to Zapier, so nothing was sent.",
			Advice:   "Try again in a moment. If it stays, tell the people who run this site.",
			Cause:    "The network here is down, the name was not found, or a certificate is wrong.",
		},
		"zapier-cut-off": {
			Title:    "The connection to Zapier broke",
			Sentence: "It ended before Zapier’s answer was here.",
			Advice:   "Try again in a moment.",
			Cause:    "A fault in the network between here and Zapier, or a restart at Zapier.",
		},
		"zapier-not-json": {
			Title:    "Zapier’s answer could not be read",
			Sentence: "What came is no data: a web page, perhaps, or nothing, or half an answer.",
			Advice:   "Try again in a moment. If it stays, report it with the reference on this page.",
			Cause:    "Zapier is being worked on, the answer was cut on its way, or a proxy between here and Zapier answered in its place.",
		},
		"zapier-wrong-schema": {
			Title:    "Zapier’s answer is not what we expect",
			Sentence: "It could be read, and something in it is missing or has another form.",
			Advice:   "Report it with the reference on this page.",
			Cause:    "Zapier has changed its answers, or this site is to be updated.",
		},
		"zapier-too-large": {
			Title:    "Zapier’s answer is too large",
			Sentence: "It is larger than what is read here.",
			Advice:   "Ask for less at once if you can, or report it with the reference on this page.",
			Cause:    "A very long list, or an App that sends whole files.",
		},
		"zapier-resting": {
			Title:    "Zapier is out of order for the moment",
			Sentence: "Several requests in a row have failed, so we leave Zapier alone for a few seconds. Nothing was sent.",
			Advice:   "Wait a few seconds and try again.",
			Cause:    "An outage at Zapier, or of the network between here and Zapier.",
		},
		"zapier-rejected": {
			Title:    "Zapier did not accept the request",
			Sentence: "It answered that something we asked for makes no sense to it.",
			Advice:   "Go back and look over what was chosen. If it happens again, report it with the reference on this page.",
			Cause:    "A value is malformed or has become invalid meanwhile, for example because it was removed in the App.",
		},
		"zapier-not-found": {
			Title:    "Zapier does not have this any more",
			Sentence: "It answered that something we asked for does not exist.",
			Advice:   "Go back and choose anew.",
			Cause:    "It was deleted at Zapier, or renamed, while the page was open.",
		},
		"zapier-conflict": {
			Title:    "Zapier has something in the way of this",
			Sentence: "It answered that the request does not fit what is there already.",
			Advice:   "Load the page again, look at it as it is now, and do it again if you still want to.",
			Cause:    "The same was done twice, or somebody changed it at the same moment.",
		},
		"zapier-refused": {
			Title:    "Zapier does not allow this",
			Sentence: "Your sign-in does not include the permission that is needed.",
			Advice:   "Sign out, sign in again, and allow everything on the list.",
			Cause:    "A permission was left out when you signed in, or the thing belongs to somebody else.",
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
			Cause:    "The App was taken out of Zapier’s directory, or the address was mistyped.",
		},
		"app-needs-none": {
			Title:    "This App needs no account",
			Sentence: "It works without logging in, so there is nothing to connect.",
			Advice:   "Go to its page and use it as it is.",
			Cause:    "The App gives what it has to everybody.",
		},
		"authentication-gone": {
			Title:    "That account is not there any more",
			Sentence: "It is not among your accounts for this App; it may have been removed at Zapier.",
			Advice:   "Choose another one, or connect it again.",
			Cause:    "It was deleted at Zapier, or belongs to another Zapier account than the one you are signed in with.",
		},
		"authentication-expired": {
			Title:    "That account has expired",
			Sentence: "It cannot be used until you log in to it again.",
			Advice:   "Press Reconnect beside it.",
			Cause:    "The password was changed, access was taken back in the App, or it was not used for long.",
		},
		"account-unclear": {
			Title:    "We do not know whether the account was added",
			Sentence: "Zapier’s answer was lost, and the account is not in your list yet.",
			Advice:   "Look at your accounts for this App in a moment. If it is not there, fill in the form again and send it.",
			Cause:    "The connection to Zapier broke after the account was sent.",
		},
		"account-rejected": {
			Title:    "Zapier did not accept this account",
			Sentence: "Nothing was added. What you typed as a secret has to be typed again.",
			Advice:   "Correct it and send it again.",
			Cause:    "A value is wrong, or the App does not let this account in.",
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
			Cause:    "The attempt is older than a day, or it was begun in another browser.",
		},
		"attempt-cancelled": {
			Title:    "Cancelled",
			Sentence: "Nothing was connected, and nothing has changed.",
			Advice:   "Connect whenever you like.",
			Cause:    "“Cancel” was pressed, here or in another tab.",
		},
		"attempt-expired": {
			Title:    "That took too long",
			Sentence: "We waited for half an hour and saw no new account.",
			Advice:   "Try again. If you did connect it, it is in the list after you load the page again.",
			Cause:    "The account was not connected within the time there is for it.",
		},
		"attempt-failed": {
			Title:    "The account could not be connected",
			Sentence: "Something went wrong on the way to Zapier.",
			Advice:   "Try again in a moment.",
			Cause:    "Zapier’s link for this App leads to a host that this site does not know.",
		},
		"attempt-superseded": {
			Title:    "You started over",
			Sentence: "A newer attempt for this App has taken the place of this one.",
			Advice:   "Go on with the newer one, here or in your other tab.",
			Cause:    "You began anew, perhaps in another tab.",
		},
		"attempt-closed": {
			Title:    "The window was closed",
			Sentence: "It was closed before Zapier had opened, so nothing was connected.",
			Advice:   "Connect again whenever you like.",
			Cause:    "The window was closed very soon, or the browser did.",
		},
		"attempt-start-refused": {
			Title:    "This link does not work",
			Sentence: "It belongs to an attempt that is over, or it is not complete.",
			Advice:   "Close this window, go back to the App’s page and connect from there.",
			Cause:    "Part of the link is missing, or another page than ours led to it.",
		},
		"connected-already": {
			Title:    "Already connected",
			Sentence: "This link has done its work: the account is connected.",
			Advice:   "Close this window and go on in the page you came from.",
			Cause:    "The link was opened a second time.",
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
			Cause:    "It was deleted at Zapier, or belongs to another Zapier account than the one you are signed in with.",
		},
		"zap-title-missing": {
			Title:    "A Zap needs a name",
			Sentence: "The name was empty, so it stays as it was.",
			Advice:   "Type one and save it again.",
			Cause:    "The field was empty when it was sent.",
		},
		"zap-refused": {
			Title:    "Zapier did not accept the change",
			Sentence: "The Zap is as it was.",
			Advice:   "If an account of it has expired, reconnect that first.",
			Cause:    "An account of the Zap has expired, or your plan at Zapier does not cover it.",
		},
		"template-not-found": {
			Title:    "This template is not there any more",
			Sentence: "It has been taken out since the page was shown.",
			Advice:   "Choose another one, or start with an empty Zap.",
			Cause:    "Whoever made the template has withdrawn it.",
		},
		"description-missing": {
			Title:    "Nothing was described",
			Sentence: "A Zap can only be made of words that say what it does.",
			Advice:   "Say what starts it and what should happen then, and name the Apps.",
			Cause:    "The field was empty when it was sent.",
		},
		"guess-refused": {
			Title:    "Zapier could not make a Zap of this",
			Sentence: "Your words are kept below.",
			Advice:   "Say what starts it and what should happen then, and name the Apps.",
			Cause:    "The words name no App that Zapier knows, or do not say what should happen.",
		},
		"client-refused": {
			Title:    "Zapier does not know this site",
			Sentence: "It does not accept the settings of this site, so it gives nothing to start from.",
			Advice:   "Tell the people who run it; they find the reason in the log.",
			Cause:    "The client id of this site is not the one that Zapier gave.",
		},
		"zap-changed-since": {
			Title:    "The Zap was changed at Zapier meanwhile",
			Sentence: "Nothing has been saved. What is here was made of the Zap as it was before, and saving it replaces all steps.",
			Advice:   "Look at the Zap first. To replace it by what is here, press the button once more.",
			Cause:    "The Zap was edited, turned on or turned off at Zapier while you worked here.",
		},
		"zap-inputs-unknown": {
			Title:    "Zapier did not tell what was filled in",
			Sentence: "The steps of the Zap are here, the values in them are not. Saving replaces all steps, and their values with them.",
			Advice:   "Fill everything in again, or change the Zap at Zapier.",
			Cause:    "Zapier tells the values of a Zap only after a while.",
		},
		"draft-incomplete": {
			Title:    "Not everything could be filled in",
			Sentence: "Some Apps or actions were not found, so their steps are left empty.",
			Advice:   "Choose them yourself; all else is as it should be.",
			Cause:    "An App was renamed or taken out, or has no such action any more.",
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
			Cause:    "It was deleted, here or in another tab, or was not touched for 30 days.",
		},
		"draft-changed": {
			Title:    "This Zap was changed meanwhile",
			Sentence: "Somebody changed it since this page was shown, perhaps you in another tab. Nothing of that was lost, and what you just did was not done.",
			Advice:   "Look at it as it is now, and do it again if you still want to.",
			Cause:    "It was changed in another tab, or its Zap was being made just then.",
		},
		"draft-not-ready": {
			Title:    "Something is still missing",
			Sentence: "So nothing was sent to Zapier.",
			Advice:   "The list says what it is, and each line leads there.",
			Cause:    "A field that must be filled is empty, or a step has no account yet.",
		},
		"draft-full": {
			Title:    "There is no room for another step",
			Sentence: "A Zap has 20 steps at the most here.",
			Advice:   "Remove one that you do not need.",
			Cause:    "The Zap has as many steps as there may be.",
		},
		"draft-too-few-steps": {
			Title:    "A Zap needs at least two steps",
			Sentence: "So this one stays.",
			Advice:   "Add another step first, or choose another App for this one.",
			Cause:    "Something has to start a Zap, and something has to happen then.",
		},
		"draft-too-large": {
			Title:    "That is more than a draft can hold",
			Sentence: "What you did last was not kept; all from before is still here.",
			Advice:   "Shorten the longest values, or use fewer steps.",
			Cause:    "Very long values, or many of them.",
		},
		"step-not-found": {
			Title:    "This step is not there any more",
			Sentence: "It was removed, perhaps in another tab.",
			Advice:   "Go on with the steps that there are.",
			Cause:    "It was removed in another tab, or the address has a slip.",
		},
		"step-no-place": {
			Title:    "That does not fit this place",
			Sentence: "A trigger stands first in a Zap, and nothing that does something can come before it.",
			Advice:   "Leave the order as it is, or choose something else for the step.",
			Cause:    "The order would put a trigger behind, or something else in front.",
		},
		"action-not-found": {
			Title:    "This action is not offered any more",
			Sentence: "The App does not have it, or it does not fit this place.",
			Advice:   "Choose another one. What you filled in so far is kept until you do.",
			Cause:    "The App has withdrawn or renamed it.",
		},
		"form-refused": {
			Title:    "Zapier did not accept what is filled in",
			Sentence: "So the fields could not be read anew.",
			Advice:   "Look over the marked values and the account of this step, then press “Refresh fields”.",
			Cause:    "A value has become invalid, for example because it was removed in the App.",
		},
		"account-refused": {
			Title:    "The account of this step cannot be used",
			Sentence: "Zapier did not accept it, so the fields could not be read anew.",
			Advice:   "Go to the part “Account” of this step, and reconnect it or choose another one.",
			Cause:    "The account has expired, or was removed at Zapier.",
		},
		"test-unknown": {
			Title:    "We cannot tell what came of the test",
			Sentence: "Zapier’s answer was lost. What the test does may have been done all the same.",
			Advice:   "Look into the App before you test again.",
			Cause:    "The connection broke, or the App was slow, after the test was sent.",
		},
	}
}
