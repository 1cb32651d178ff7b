package templates

// uses says what a chosen App works with.
func (c Chosen) uses(phrases *Phrases) string {
	if c.Authentication == "" {
		return phrases.Home.UsesNone
	}
	return phrases.Home.UsesAuthentication(c.Authentication)
}
