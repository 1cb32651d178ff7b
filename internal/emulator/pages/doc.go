// Package pages is what people see of the emulator: templ components, their
// view models (views.go), one stylesheet and one small script.
//
// It knows nothing of the emulator's state, which is next door in the package
// emulator. The pages work without script, except that the last page of a
// connect popup cannot post its message without one. Elements that browser tests
// drive carry data-testid.
package pages

//go:generate go tool templ generate -path .
