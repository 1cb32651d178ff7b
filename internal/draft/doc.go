// Package draft owns the Zap that a person is building: its steps, the values
// of their fields, the mappings between them, and the way to Zapier and back.
//
//	pure:     draft.go steps.go alias.go mapping.go fields.go inputs.go shape.go missing.go values.go
//	service:  service.go (the store), ask.go form.go outputs.go test_step.go publish.go request.go look.go from_zap.go (Zapier)
//
// A draft lives in the store, so that a reload, a second tab, another replica
// or a restarted server loses none. Each change of the person's counts its
// Revision up, and a change made on top of an older one is refused: two tabs
// cannot overwrite each other silently. What Zapier was asked for (forms,
// choices, outputs, tests) is kept beside it and does not count; it is thrown
// away when the step changed while Zapier answered.
//
// A mapping stands in the text of a value as {{alias.field}}, whatever becomes
// of the draft: Zapier wants {{field}} out of a Zap of two steps, and that is
// written when something goes out. A mapping whose step is removed or moved
// behind its reader is broken and says so; it is never rewritten by itself.
//
// A Zap is created once. Before the request goes out the draft is marked, so
// that a second press, tab or replica waits for the first; and when the answer
// is lost, the list of Zaps is looked at, not the request repeated.
package draft
