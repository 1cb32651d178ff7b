package handlers

import (
	"regexp"
	"strings"
)

var (
	// humps are where a new word begins in the middle of a key: "accessKey".
	humps = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	// joints separate the words of a key.
	joints = regexp.MustCompile(`[^a-z0-9]+`)
	// secretWords are how the keys of secrets look. Short ones have to be words of their own: an author is no secret.
	secretWords = regexp.MustCompile(`passw|passphrase|secret|token|credential|authorization|(api|private|access)_?key|(^|_)(pass|pwd|auth|pin|otp|bearer)(_|$)`)
)

// SecretKey reports whether a field looks by its key as if it held a secret, for where nothing else tells.
func SecretKey(key string) bool {
	words := strings.ToLower(humps.ReplaceAllString(key, "${1}_${2}"))
	return secretWords.MatchString(joints.ReplaceAllString(words, "_"))
}
