// Package templates draws every page a person sees: templ components, the
// view models they draw (views.go) and the sentences they speak
// (phrases.go, one value per language).
//
// A component gets all it shows in its view model. It calls nothing, reads
// no configuration and knows none of our other packages, so that a page can
// be drawn, tested and restyled by itself. internal/handlers fills the models.
package templates

//go:generate go tool templ generate
