package templates

// summary says which Apps are shown, or that there are none.
func (a Apps) summary() string {
	if len(a.Apps) == 0 {
		return a.Phrases.Apps.Empty(a.Query)
	}
	return a.Phrases.Apps.Range(a.First, a.Last, a.Total)
}
