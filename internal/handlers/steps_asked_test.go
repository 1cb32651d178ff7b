package handlers_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// What was filled in is not lost by one press.
func TestValuesAreNotLostUnasked(t *testing.T) {
	h := newHouse(t, options{prefix: "/zaps"})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	z.send(z.draft+"/steps", nil)
	filled := z.step(2, "")
	before := z.revision()

	asked := z.send(filled+"/app", url.Values{"app": {emulator.AppBasic}})
	require.Equal(t, 1, asked.byTestID("confirm").Length(), asked.Text())
	assert.Contains(t, asked.Text(), "Ledgerleaf")
	assert.Equal(t, before, z.revision())
	kept := z.send(filled+"/app", url.Values{"app": {emulator.AppSession}})
	assert.Zero(t, kept.byTestID("confirm").Length(), "the same App loses nothing")

	asked = z.send(filled+"/remove", nil)
	require.Equal(t, 1, asked.byTestID("confirm").Length(), asked.Text())
	assert.Equal(t, 3, z.page().byTestID("step").Length())
	back := z.follow(asked, asked.byTestID("confirm-cancel"))
	assert.Equal(t, z.draft, z.below(back.url))
	assert.Equal(t, 3, back.byTestID("step").Length())

	asked = z.send(filled+"/app", url.Values{"app": {emulator.AppBasic}})
	changed := z.press(asked, asked.byTestID("confirm-submit"))
	assert.Equal(t, filled+"/action", z.below(changed.url))
	removed := z.send(filled+"/remove", nil)
	assert.Equal(t, 2, removed.byTestID("step").Length(), "an empty step goes at once")
}

func TestFilledStepIsRemovedWhenAsked(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	z.send(z.draft+"/steps", nil)
	asked := z.send(z.step(2, "remove"), nil)
	removed := z.press(asked, asked.byTestID("confirm-submit"))
	assert.Equal(t, z.draft, removed.url.Path)
	assert.Equal(t, 2, removed.byTestID("step").Length())
}
